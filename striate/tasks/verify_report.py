"""Assemble the report of an encoder's training."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from striate.data import Dataset, Part, PartName, Pixels, pairs_of
from striate.draw import Panel, PartResult, Report, Tile, roc_curve
from striate.draw.pixels import shrink, side_by_side
from striate.explain import table
from striate.models import Network
from striate.tasks.report import history_of, layer_row, start_weights, summary_of
from striate.tasks.verify import Encodings, VerifyFigures, pair_distances
from striate.tasks.verify_plan import VerifyPlan
from striate.tasks.verify_validation import MONITOR
from striate.training import Epoch

MOST = 12  # mistakes of each kind
_OF_UNIT = "accuracy of the pair classifier"
_SIDE = 160  # pixels of a picture's


def make_verify_report(
    dataset: Dataset,
    plan: VerifyPlan,
    encoder: Network,
    start: Mapping[str, Any],
    epochs: Sequence[Epoch],
    figures: Mapping[PartName, VerifyFigures],
    found: Mapping[PartName, Encodings],
    result: Mapping[str, Any],
    remarks: Mapping[PartName, str],
) -> Report:
    """The report of a run; its headline is test where the data has one, else val.

    Args:
        dataset, plan, encoder: what learned from what, and how.
        start: the first line of the record.
        epochs: what the training yielded.
        figures, found: of each measured part the figures and the encodings.
        result: what the record says of the end.
        remarks: by part, what it served for beside being measured.
    """
    first: PartName = "test" if "test" in figures else "val"
    threshold = result["thresholds"]["distance"]
    facts = {name: value for name, value in result.items() if name not in ("figures", "thresholds")}
    return Report(
        title=f"verify: {plan.network} on {dataset.root}",
        labels=dataset.classes,
        results=[
            _part_result(name, figures[name], remarks.get(name, ""))
            for name in sorted(figures, key=lambda n: n != first)
        ],
        history=history_of(epochs, MONITOR, "AUC"),
        per_class=(),
        confusion=(),
        bins=(),
        mistakes=worst_pairs(dataset.parts[first], found[first], threshold, plan.preset.channels),
        mistakes_made=0,
        data=summary_of(dataset),
        layers=[layer_row(row) for row in table(encoder, (plan.preset.channels, *plan.preset.size_hw)).rows],
        command=shlex.join(start["command"]),
        facts={"seed": plan.recipe.seed, **facts, "threshold": threshold, **start["versions"]},
        weights=start_weights(plan.weights),
        panels=[_roc_panel(figures[first], first)],
        mistakes_lead=(
            f"The worst mistakes on the {first} part, as pairs: those that show the same and are farther apart than "
            f"the threshold {threshold:.3f}, and those that differ and are nearer; each with its distance."
        ),
        nouns=("identity", "identities"),
    )


def worst_pairs(part: Part, encodings: Encodings, threshold: float, channels: int) -> list[Tile]:
    """The same things that are farthest apart, and the different ones that are nearest; none that is told rightly.

    An image comes once of each kind, as an odd one is far from all that show the same.

    Args:
        part: the images.
        encodings: (N, D) of them.
        threshold: τ.
        channels: of the pictures.
    """
    pairs = pairs_of(part)
    distances = pair_distances(encodings, pairs)
    tiles = []
    for same, order in ((True, np.argsort(-distances)), (False, np.argsort(distances))):
        seen: set[int] = set()
        for i in order[(pairs.same == same)[order] & ((distances <= threshold) != same)[order]].tolist():
            first, second = int(pairs.first[i]), int(pairs.second[i])
            if len(seen) == 2 * MOST or {first, second} & seen:
                continue
            seen |= {first, second}
            tiles.append(
                Tile(
                    image=_beside(*(shrink(part.load(i, channels), _SIDE) for i in (first, second))),
                    path=part.items[first].path,
                    other=part.items[second].path,
                    true="the same" if same else "different",
                    predicted=f"{'different' if same else 'the same'}, {distances[i]:.2f}",
                )
            )
    return tiles


def _beside(left: Pixels, right: Pixels) -> Pixels:
    """Two images as one, nearer to each other than pairs are on a page, however large they are drawn there."""
    return side_by_side(left, right, gap=max(1, max(*left.shape[:2], *right.shape[:2]) // 20))


def _part_result(name: PartName, figures: VerifyFigures, remark: str) -> PartResult:
    found = figures.distances
    shares = {"accuracy": found.accuracy, "equal error rate": found.eer}
    intervals = {"accuracy": found.interval}
    if figures.one_shot:
        shares["one-shot identification"] = figures.one_shot.accuracy
    if figures.unit:
        shares[_OF_UNIT], intervals[_OF_UNIT] = figures.unit.accuracy, figures.unit.interval
    numbers = {"threshold": found.threshold, "pairs": found.n_same + found.n_different}
    return PartResult(name, remark, figures.n, found.auc, None, shares, numbers, intervals)


def _roc_panel(figures: VerifyFigures, name: str) -> Panel:
    found = figures.distances
    tars = found.to_dict()["tar_at_far"]
    short = " These have images in common, so they are too short." if figures.pairs_share_images else ""
    return Panel(
        title="Verification",
        lead=(
            f"{found.n_same} pairs of images of the {name} part that show the same, and {found.n_different} that "
            "don't, at every threshold; the point is the threshold of the model file. Intervals of "
            f"accuracy hold 95 %, as if no two pairs had an image or an identity in common.{short}"
        ),
        chart=roc_curve(found.roc.far, found.roc.tar, (found.rates.far, found.rates.tar)),
        columns=("false accepts", "true accepts"),
        rows=[(f"{float(far):.2%}", f"{tar:.2%}") for far, tar in tars.items()],
    )
