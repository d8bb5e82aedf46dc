"""How fast networks answer: striate as its command line runs them, against a plain eager loop.

What is timed: the network alone on images (N, 3, 224, 224) of random numbers, which cost what others do; decoding and
preparing are in `distort.py`. "plain" is what most scripts do: eval mode, no_grad, the layout (N, C, H, W), and
nothing set for the process. "striate" is `Engine.run` on the network that `striate.load` makes, in a process that
`prepare_process` has prepared. Both have all threads, fp32, and weights from the same seed.

What is set for a process can't be undone in it, so each way runs in a process of its own. They take turns, round by
round; each round counts its median over some seconds. Printed are the medians over the rounds, the ratio, and
the share of the largest rate at which torch multiplies fp32 matrices here (1024 to 4096 a side, in the same run).

Run: python benchmarks/inference.py [--rounds 3]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

CASES = [(name, batch) for name in ("resnet18", "efficientnet_lite0") for batch in (1, 16)]
SIDE, SECONDS = 224, 2.0


def median_seconds(call: Callable[[], object]) -> float:
    """Of one call, over about two seconds and at least five calls, after two that don't count."""
    call(), call()
    seconds: list[float] = []
    end = time.perf_counter() + SECONDS
    while len(seconds) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def plain_rate(name: str, batch: int) -> float:
    """Images a second of a plain eager loop."""
    import torch

    from striate.models import create_model

    torch.manual_seed(0)
    network, images = create_model(name).eval(), torch.rand(batch, 3, SIDE, SIDE)
    with torch.no_grad():
        return batch / median_seconds(lambda: network(images))


def striate_rate(name: str, batch: int) -> float:
    """Images a second of the engine in a prepared process."""
    from striate.cli.process import prepare_process

    prepare_process()
    import torch

    from striate.models import create_model
    from striate.preset import Preset
    from striate.runtime import Engine, folded

    torch.manual_seed(0)
    engine = Engine(folded(create_model(name)), Preset(size_hw=(SIDE, SIDE)))
    images = torch.rand(batch, 3, SIDE, SIDE)
    return batch / median_seconds(lambda: engine.run([images]))


def peak_gflops(*_: object) -> float:
    """The largest rate of fp32 matrix products, 2 n³ operations each."""
    import torch

    rates = []
    for n in (1024, 2048, 4096):
        a, b = torch.rand(n, n), torch.rand(n, n)
        rates.append(2e-9 * n**3 / median_seconds(lambda a=a, b=b: a @ b))  # type: ignore[misc]
    return max(rates)


WAYS = {"plain": plain_rate, "striate": striate_rate, "peak": peak_gflops}


def apart(way: str, name: str = "-", batch: int = 0) -> float:
    """The figure of a way, measured in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--network", name, "--batch", str(batch)]
    return float(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def main() -> None:
    """Take turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--network", help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(WAYS[asked.way](asked.network, asked.batch)))
        return
    from striate.tasks import network_table

    peak = statistics.median(apart("peak") for _ in range(asked.rounds))
    print(f"{os.cpu_count()} cores; fp32 matrix products reach {peak:.0f} GFLOP/s")
    print(f"{'network':20} {'batch':>5} {'plain/s':>8} {'striate/s':>9} {'ratio':>6} {'share of peak':>13}")
    for name, batch in CASES:
        rates = [(apart("plain", name, batch), apart("striate", name, batch)) for _ in range(asked.rounds)]
        plain, striate = (statistics.median(column) for column in zip(*rates, strict=True))
        ratio = statistics.median(b / a for a, b in rates)
        gflop = 2e-9 * network_table(name).multiply_adds
        print(
            f"{name:20} {batch:5} {plain:8.1f} {striate:9.1f} {ratio:6.2f} {striate * gflop / peak:13.1%}", flush=True
        )


if __name__ == "__main__":
    main()
