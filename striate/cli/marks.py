"""`striate data show` where boxes or points are marked."""

from pathlib import Path
from typing import TYPE_CHECKING

from striate.cli.findings import image_findings, print_findings
from striate.cli.output import print_json, print_table

if TYPE_CHECKING:
    from striate.data import MarkSummary


def show_marks(data: Path, marked: str, *, seed: int, as_json: bool) -> None:
    """Print what the data is, and what should be mended.

    Args:
        data: the data.
        marked: "boxes" or "points".
        seed: by which a val part is cut.
        as_json: all of it as JSON.
    """
    from striate.data import open_boxes, open_points, summarize_marks

    if marked == "boxes":
        summary = summarize_marks(open_boxes(data, seed=seed, skip_bad=True))
    else:
        summary = summarize_marks(open_points(data, seed=seed, skip_bad=True))
    if as_json:
        print_json(summary.to_dict())
        return
    _print_head(summary)
    if summary.boxes:
        _print_boxes(summary)
    if summary.points:
        print_table(
            ("point", "seen", "hidden", "not marked"),
            [(name, *counts.values()) for name, counts in summary.points.items()],
            right=("seen", "hidden", "not marked"),
        )
    print_findings(
        {
            **image_findings(summary.images),
            "Remarks": [str(remark) for remark in summary.remarks],
            "Not kept": [f"{count} times: {name}" for name, count in summary.unread.items()],
        }
    )


def _print_head(s: "MarkSummary") -> None:
    images = s.images
    cut = f"; val was cut out of train by seed {images.cut_seed}" if images.cut_seed is not None else ""
    what = f"{len(images.classes)} classes" if images.classes else f"{len(s.points)} points"
    print(f"{images.root}: {images.kind}, {what}{cut}")
    if images.sizes:
        sides = (images.sizes.min_hw, images.sizes.median_hw, images.sizes.max_hw)
        low, median, high = ("x".join(map(str, hw)) for hw in sides)
        print(f"height x width: {low} to {high}, median {median}")
    counts = (f"{n} {part} ({s.empty[part]} with nothing on them)" for part, n in images.images.items())
    print("images: " + ", ".join(counts))
    flags = "".join(f", {n} {flag}" for flag, n in s.flags.items())
    if s.boxes:
        print(f"boxes: {sum(sum(some.values()) for some in s.boxes.values())}, at most {s.most} on an image{flags}")
    print(f"fingerprint: {images.fingerprint}\n")


def _print_boxes(s: "MarkSummary") -> None:
    """A row a class; widths and heights of the smallest, the middle and the largest sides."""
    sizes = {name: ["x".join(f"{side:g}" for side in wh) for wh in of] for name, of in s.box_sizes.items()}
    rows = [
        (name, *(counts[name] for counts in s.boxes.values()), *sizes.get(name, ("", "", "")))
        for name in s.images.classes
    ]
    columns = (*s.boxes, "least w x h", "median", "most")
    print_table(("boxes of", *columns), rows, right=columns)
