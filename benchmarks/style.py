"""How long a step of style transfer takes: striate's against a plain loop on the same features, with the same costs.

"plain" is what tutorials do: L-BFGS over the pixels, a network in eval mode that ends at the last layer that is looked
at, forward hooks, Gram matrices by a matrix product, the layout (N, C, H, W), and nothing set for the process.
"striate" is `striate.tasks.stylize_goal.Goal` in a process that `prepare_process` has prepared: channels last, batch
norms folded, ReLUs in place. Both evaluate cost and gradient once a step; the cost at the start is printed, too.

What is set for a process can't be undone in it, so each way runs in processes of its own, which take turns. Printed are
the medians of the seconds of a step, and the median of the rounds' ratios. With one thread, as by default,
time is the processor's, which other work on the machine changes little; with more it is the clock's on the wall.

The networks are the stages of VGG-19 that its preset looks at, with random weights (which cost what others do), and
EfficientNet-Lite0. With `--bf16` striate's in bfloat16 stands beside, which only some processors have instructions for.

Run: python benchmarks/style.py [--size 256] [--rounds 3] [--threads 1] [--bf16]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STEPS, UNTIMED = 8, 3
NETWORKS = ("vgg19", "efficientnet_lite0")


def pictures(size: int) -> Any:
    """Content and style, (1, 3, H, W) in 0–1: smooth noise."""
    import torch

    chance = torch.Generator().manual_seed(0)
    coarse = torch.rand(2, 3, 12, 16, generator=chance)
    smooth = torch.nn.functional.interpolate(coarse, (size * 3 // 4, size), mode="bicubic").clamp(0, 1)
    return smooth[:1].clone(), smooth[1:].clone()


def random_vgg(folder: str) -> Path:
    """A file of weights for VGG-19's first three stages, by torchvision's names."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    numbers, channels, tensors = (0, 2, 5, 7, 10, 12, 14, 16), (3, 64, 64, 128, 128, 256, 256, 256, 256), {}
    for number, c_in, c_out in zip(numbers, channels, channels[1:], strict=False):
        tensors[f"features.{number}.weight"] = torch.randn(c_out, c_in, 3, 3) * (2 / (9 * c_in)) ** 0.5
        tensors[f"features.{number}.bias"] = torch.zeros(c_out)
    path = Path(folder, "vgg19.safetensors")
    save_file(tensors, path)
    return path


def timed(x: Any, backward: Callable[[], float]) -> dict[str, Any]:
    """Seconds of each step of L-BFGS, and the first cost."""
    import torch

    optimizer = torch.optim.LBFGS([x], max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0)
    costs, seconds = [], []

    def closure() -> float:
        costs.append(backward())
        return costs[-1]

    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    for _ in range(STEPS + UNTIMED):
        start = clock()
        optimizer.step(closure)
        seconds.append(clock() - start)
    return {"seconds": statistics.median(seconds[UNTIMED:]), "cost": costs[0]}


def plain(network: str, size: int, weights: Path | None) -> dict[str, Any]:
    """A tutorial's loop."""
    import torch
    from torch import nn

    from striate.models import create_model
    from striate.tasks import STYLE_PRESETS

    preset = STYLE_PRESETS[network]
    if weights:  # only the stages that are looked at have any
        model = create_model(network)
        fill_stages(model, weights)
    else:
        model = create_model(network, weights=network)
    model.eval().requires_grad_(False)
    last = max(list(model.stages).index(layer.split(".")[1]) for layer in preset.layers if layer != "input")
    body = nn.Sequential(*list(model.stages.values())[: last + 1])
    if preset.pooling == "average":
        for module in list(body.modules()):
            for name, child in module.named_children():
                if isinstance(child, nn.MaxPool2d):
                    setattr(module, name, nn.AvgPool2d(2))
    values: dict[str, Any] = {}
    for name, module in model.named_modules():
        if name in preset.layers:
            module.register_forward_hook(lambda _, args, out, name=name: values.__setitem__(name, out))
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (preset.mean, preset.std))

    def activations(picture: Any) -> dict[str, Any]:
        seen = picture
        if preset.upsample > 1:
            seen = nn.functional.interpolate(picture, scale_factor=preset.upsample, mode="bilinear")
        body((seen * 255 - mean) / std)
        return {**values, "input": picture}

    def gram(a: Any) -> Any:
        flat = a.view(a.shape[1], -1)
        return flat @ flat.t() / flat.shape[1]

    content, style = pictures(size)
    with torch.no_grad():
        wanted = activations(content)[preset.content]
        grams = {name: gram(a) for name, a in activations(style).items() if name in preset.style}
    alpha = preset.content_weight / (wanted.square().sum() / 2)
    lambdas = {name: weight / grams[name].square().sum() for name, weight in preset.style.items()}
    x = content.clone().requires_grad_()

    def backward() -> float:
        x.grad = None
        found = activations(x)
        cost = alpha * (found[preset.content] - wanted).square().sum() / 2
        for name, scale in lambdas.items():
            cost = cost + scale * (gram(found[name]) - grams[name]).square().sum()
        for axis in (2, 3):
            cost = cost + preset.variation_weight * x.diff(dim=axis).square().sum() / x[0, 0].numel()
        cost.backward()
        return float(cost.detach())

    return timed(x, backward)


def fill_stages(model: Any, weights: Path) -> None:
    """The first stages' weights from a file that has no others."""
    from striate.models import find_entry
    from striate.models.tensor_file import read_tensors

    rename = find_entry(model.name).published["torchvision"]
    model.load_state_dict({rename(name): t for name, t in read_tensors(weights).items()}, strict=False)


def ours(network: str, size: int, weights: Path | None, precision: Any) -> dict[str, Any]:
    """The goal of `striate stylize`."""
    from striate.tasks import STYLE_PRESETS
    from striate.tasks.stylize_goal import Goal
    from striate.tasks.stylize_network import StyleNetwork
    from striate.tasks.stylize_tiles import TiledNetwork, lay_grid

    preset = STYLE_PRESETS[network]
    style_network = StyleNetwork(preset, weights=weights, precision=precision)
    content, style = pictures(size)
    tiled = TiledNetwork(
        style_network,
        lay_grid(style_network),
        (content.shape[2], content.shape[3]),
        size,
    )
    goal = Goal(tiled, content, tiled.mean_grams(style, list(preset.style)), 1.0)
    x = content.clone().requires_grad_()
    return timed(x, lambda: goal.backward(x).total)


def run_here(way: str, network: str, size: int, threads: int) -> None:
    """Time one way in this process and print it."""
    if way != "plain":
        from striate.cli.process import prepare_process

        prepare_process()
    import torch

    if threads:
        torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        weights = random_vgg(folder) if network == "vgg19" else None
        precision = "bf16" if way == "bf16" else "fp32"
        found = plain(network, size, weights) if way == "plain" else ours(network, size, weights, precision)
    print(json.dumps(found))


def run(way: str, network: str, size: int, threads: int) -> dict[str, Any]:
    """Time one way in a process of its own."""
    words = ["--way", way, "--network", network, "--size", str(size), "--threads", str(threads)]
    done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256, help="pixels of the long side, a multiple of 16")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="0: as many as torch takes")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--network", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        run_here(options.way, options.network, options.size, options.threads)
        return
    ways = ("plain", "striate", *(["bf16"] if options.bf16 else []))
    for network in NETWORKS:
        rounds = [{w: run(w, network, options.size, options.threads) for w in ways} for _ in range(options.rounds)]
        costs = ", ".join(f"{w} {rounds[0][w]['cost']:.5g}" for w in ways)
        print(f"{network}, {options.size * 3 // 4}x{options.size} pixels; first cost {costs}")
        for way in ways:
            seconds = statistics.median(r[way]["seconds"] for r in rounds)
            ratio = statistics.median(r["plain"]["seconds"] / r[way]["seconds"] for r in rounds)
            print(f"  {way:8} {seconds:.3f} s a step, {ratio:.2f} times as fast as plain")


if __name__ == "__main__":
    main()
