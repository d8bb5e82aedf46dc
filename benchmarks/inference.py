"""How fast networks answer: striate as its command line runs them, against a plain eager loop.

What is timed: the network alone on images (N, 3, 224, 224) of random numbers, which cost what others do; decoding and
preparing are in `distort.py`. "plain" is what most scripts do: eval mode, no_grad, the layout (N, C, H, W), and nothing
set for the process. "striate" is `Engine.run` on the network that `striate.load` makes, in a process that
`prepare_process` has prepared. Both have weights from the same seed and compute in fp32 and, where the processor has
instructions for it, in bf16 (autocast).

What is set for a process can't be undone in it, so each way runs in processes of its own, which take turns. A process
times every case for a second and counts the median. Printed are the medians of the rounds, the median of the rounds'
ratios, and striate's share of the highest rate at which torch multiplies matrices in that precision here (the best of
some shapes, in a process that is prepared too). Multiplications and additions are counted, the network's as in its
table: two for each multiply-add.

By default there is one thread, and time is the processor's, which other work on the machine changes little. With
`--threads 0`, as many as torch takes, time is the clock's on the wall, and nothing else may run: threads of the plain
loop spin while they wait for each other, and a single busy core makes them ten times slower.

Run: python benchmarks/inference.py [--rounds 3] [--threads 1]
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

NETWORKS, BATCHES, SIDE = ("resnet18", "efficientnet_lite0"), (1, 16), 224
SHAPES = ((512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (3136, 256, 1152))  # the last as in ResNet-18
SECONDS = 1.0
CPUINFO = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
PRECISIONS = ("fp32", "bf16") if "bf16" in CPUINFO else ("fp32",)
CASES = [f"{network} {precision} {batch}" for network in NETWORKS for precision in PRECISIONS for batch in BATCHES]


def times(call: Callable[[], object]) -> list[float]:
    """Seconds of each call, over about a second and at least three calls, after one that doesn't count."""
    import torch

    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    call()
    seconds: list[float] = []
    end = time.perf_counter() + SECONDS
    while len(seconds) < 3 or time.perf_counter() < end:
        start = clock()
        call()
        seconds.append(clock() - start)
    return seconds


def plain_rate(name: str, precision: str, batch: int) -> float:
    """Images a second."""
    import torch

    from striate.models import create_model

    torch.manual_seed(0)
    network, images = create_model(name).eval(), torch.rand(batch, 3, SIDE, SIDE)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        return batch / statistics.median(times(lambda: network(images)))


def striate_rate(name: str, precision: str, batch: int) -> float:
    """Images a second."""
    import torch

    from striate.models import create_model
    from striate.preset import Preset
    from striate.runtime import Engine, folded

    torch.manual_seed(0)
    preset = Preset(size_hw=(SIDE, SIDE))
    engine = Engine(folded(create_model(name)), preset, precision=precision)  # type: ignore[arg-type]
    images = torch.rand(batch, 3, SIDE, SIDE)
    return batch / statistics.median(times(lambda: engine.run([images])))


def peak_rate(precision: str) -> float:
    """The highest rate of matrix products, in 10⁹ operations a second."""
    import torch

    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    rates = []
    for n, m, k in SHAPES:
        a, b, out = torch.rand(n, k).to(dtype), torch.rand(k, m).to(dtype), torch.empty(n, m, dtype=dtype)
        rates.append(2e-9 * n * m * k / min(times(lambda a=a, b=b, out=out: torch.mm(a, b, out=out))))  # type: ignore[misc]
    return max(rates)


def measure(way: str, threads: int) -> dict[str, float]:
    """Every figure of a way, in this process."""
    if way != "plain":
        from striate.cli.process import prepare_process

        prepare_process()
    import torch

    torch.set_num_threads(threads or torch.get_num_threads())
    if way == "peak":
        return {precision: peak_rate(precision) for precision in PRECISIONS}
    rate = plain_rate if way == "plain" else striate_rate
    cases = [(case, *case.split()) for case in CASES]
    return {case: rate(name, precision, int(batch)) for case, name, precision, batch in cases}


def apart(way: str, threads: int) -> dict[str, float]:
    """Every figure of a way, in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--threads", str(threads)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return figures


def machine(threads: int) -> str:
    """The processor, its threads, and how busy it is."""
    import torch

    names = [line.split(":")[1].strip() for line in CPUINFO.splitlines() if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    busy = f", load {os.getloadavg()[0]:.1f} before the start" if hasattr(os, "getloadavg") else ""
    return f"{name}, {threads or torch.get_num_threads()} threads{busy}"


def print_table(plain: list[dict[str, float]], striate: list[dict[str, float]], peak: dict[str, float]) -> None:
    from striate.tasks import network_table

    operations = {name: 2e-9 * network_table(name).multiply_adds for name in NETWORKS}
    print(", ".join(f"{precision} matrix products reach {rate:.0f} GFLOP/s" for precision, rate in peak.items()))
    print(f"{'network, precision, batch':28}{'plain/s':>9}{'striate/s':>11}{'ratio':>7}{'of peak':>9}")
    for case in CASES:
        name, precision, _ = case.split()
        rates = [statistics.median(figures[case] for figures in rounds) for rounds in (plain, striate)]
        ratio = statistics.median(b[case] / a[case] for a, b in zip(plain, striate, strict=True))
        share = rates[1] * operations[name] / peak[precision]
        print(f"{case:28}{rates[0]:9.1f}{rates[1]:11.1f}{ratio:7.2f}{share:9.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Inference throughput against a plain eager loop.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="0: as many as torch takes")
    parser.add_argument("--way", choices=("plain", "striate", "peak"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(measure(arguments.way, arguments.threads)))
        return
    print(machine(arguments.threads), flush=True)
    peak = apart("peak", arguments.threads)
    rounds = [(apart("plain", arguments.threads), apart("striate", arguments.threads)) for _ in range(arguments.rounds)]
    print_table([plain for plain, _ in rounds], [striate for _, striate in rounds], peak)


if __name__ == "__main__":
    main()
