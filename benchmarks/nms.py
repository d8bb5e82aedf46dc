"""How fast non-max suppression is, and the overlaps of many boxes, against the same written plainly.

The plain way is the one that torchvision documents and runs, which is quadratic: sort by score; for each box that is
left, compute its overlaps with all after it, and drop those above the threshold. It is written with NumPy here, a row
at a time. Both give the same boxes, which is checked in every round.

Boxes are random, in an image of 1000 x 1000:

- spread: sides of 10 to 200 pixels, as many small as large, anywhere; most of them stay;
- a heap: sides of 90 to 110, their centres within 50 pixels; nearly all go, and the plain way is at its best.

Overlaps: the largest IoU of each of 100,000 boxes among 10,000 others, some rows at a time, against the whole table at
once for as many rows as fit a gigabyte; and how much memory the process grew by meanwhile.

Time is the processor's, one thread. Medians over the rounds; the plain way on 100,000 spread boxes is run once.

Run: python benchmarks/nms.py [--rounds 3]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from striate.ops import box_area, iou_blocks, nms

KINDS = {"spread": (1000.0, 10.0, 200.0), "a heap": (50.0, 90.0, 110.0)}  # extent of centres, shortest, longest side
THRESHOLD = 0.5


def random_boxes(count: int, kind: str, rng: np.random.Generator) -> torch.Tensor:
    extent, shortest, longest = KINDS[kind]
    sides = np.exp(rng.uniform(np.log(shortest), np.log(longest), (count, 2)))
    centres = rng.uniform(0, extent, (count, 2))
    return torch.from_numpy(np.concatenate([centres - sides / 2, centres + sides / 2], axis=1).astype(np.float32))


def plain_nms(boxes: NDArray[np.float32], scores: NDArray[np.float32], threshold: float) -> NDArray[np.int64]:
    order = np.argsort(-scores, kind="stable")
    left, top, right, bottom = np.ascontiguousarray(boxes[order].T)
    areas = (right - left) * (bottom - top)
    dropped, kept = np.zeros(len(order), dtype=bool), []
    for i in range(len(order)):
        if dropped[i]:
            continue
        kept.append(order[i])
        width = np.minimum(right[i], right[i + 1 :]) - np.maximum(left[i], left[i + 1 :])
        height = np.minimum(bottom[i], bottom[i + 1 :]) - np.maximum(top[i], top[i + 1 :])
        shared = width.clip(min=0) * height.clip(min=0)
        dropped[i + 1 :] |= shared / (areas[i] + areas[i + 1 :] - shared) > np.float32(threshold)
    return np.array(kept)


def seconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def suppression(rounds: int) -> None:
    for count in (1_000, 10_000, 100_000):
        for kind in KINDS:
            ours, plain = [], []
            for seed in range(1 if count == 100_000 and kind == "spread" else rounds):
                rng = np.random.default_rng(seed)
                boxes, scores = random_boxes(count, kind, rng), torch.from_numpy(rng.random(count, dtype=np.float32))
                kept: list[object] = []
                ours.append(seconds(lambda b=boxes, s=scores, k=kept: k.append(nms(b, s, THRESHOLD).numpy())))
                plain.append(
                    seconds(lambda b=boxes, s=scores, k=kept: k.append(plain_nms(b.numpy(), s.numpy(), THRESHOLD)))
                )
                assert np.array_equal(*kept)
            fast, slow = statistics.median(ours), statistics.median(plain)
            times = f"striate {1e3 * fast:.1f} ms, plain {1e3 * slow:.1f} ms, {slow / fast:.1f} times as fast"
            print(f"nms, {count} boxes, {kind}, {len(kept[0])} stay: {times}", flush=True)


def largest_memory() -> float:
    """In MB, of this process so far, as Linux tells it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1e3


def best_overlaps(many: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    best = torch.empty(len(many))
    for rows, block in iou_blocks(many, others):
        best[rows] = block.amax(dim=1)
    return best


def whole_table(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    sides = (torch.minimum(a[:, None, 2:], b[:, 2:]) - torch.maximum(a[:, None, :2], b[:, :2])).clamp(min=0)
    shared = sides[..., 0] * sides[..., 1]
    return shared / (box_area(a)[:, None] + box_area(b) - shared)


def overlaps() -> None:
    rng = np.random.default_rng(0)
    many, others = random_boxes(100_000, "spread", rng), random_boxes(10_000, "spread", rng)
    few = many[:2_000]  # tables of sides and of areas: a gigabyte
    best: list[torch.Tensor] = []
    before = largest_memory()
    ours = seconds(lambda: best.append(best_overlaps(many, others)))
    grown = largest_memory() - before
    plain = seconds(lambda: best.append(whole_table(few, others).amax(dim=1))) * len(many) / len(few)
    torch.testing.assert_close(best[0][: len(few)], best[1])
    times = f"striate {ours:.1f} s, whole tables {plain:.1f} s, {plain / ours:.1f} times as fast"
    print(f"iou, 100000 x 10000 boxes, {grown:.0f} MB more: {times}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    overlaps()
    suppression(arguments.rounds)


if __name__ == "__main__":
    main()
