"""Draws the blocks of the families for their pages: `python docs/blocks.py`.

A block is a flow: boxes from left to right, and branches, which are flows above each other between a fork and a join.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
INK, MUTED, PAPER = "#1f2933", "#66727f", "#ffffff"
# The first word of a box that has one of these in its label decides its colour.
FILLS = {"pool": "#fde8d7", "average": "#fde8d7", "add": "#e7ecf1", "stack": "#e7ecf1", "dense": "#e3f1ea"}
CONVOLUTION, PLAIN = "#dcebf7", "#f4f6f8"
BOX_WIDTH, LINE, PAD, GAP, ROW_GAP, FONT = 112, 17, 8, 26, 16, 13


@dataclass(frozen=True)
class Branches:
    """Flows side by side; an empty one is the input itself."""

    flows: tuple["Flow", ...]
    join: str  # "add" or "stack"


Flow = Sequence["str | Branches"]


def branches(*flows: Flow, join: str) -> Branches:
    return Branches(tuple(flows), join)


BLOCKS: dict[str, Flow] = {
    "lenet": ["5×5 conv\n6", "2×2 pool", "5×5 conv\n16", "2×2 pool", "dense\n120", "dense\n84", "dense\n10"],
    "alexnet": ["conv\nReLU", "LRN", "3×3 pool\nstride 2"],
    "vgg": ["3×3 conv\nReLU", "3×3 conv\nReLU", "2×2 pool\nstride 2"],
    "airbench": ["3×3 conv", "2×2 pool\nstride 2", "batch norm\nGELU", "3×3 conv", "batch norm\nGELU"],
    "nin": ["k×k conv\nReLU", "1×1 conv\nReLU", "1×1 conv\nReLU", "3×3 pool\nstride 2"],
    "resnet-basic": [branches(["3×3 conv\nnorm, ReLU", "3×3 conv\nnorm"], [], join="add"), "ReLU"],
    "resnet-bottleneck": [
        branches(["1×1 conv, n\nnorm, ReLU", "3×3 conv, n\nnorm, ReLU", "1×1 conv, 4n\nnorm"], [], join="add"),
        "ReLU",
    ],
    "googlenet": [
        branches(
            ["1×1 conv\n64"],
            ["1×1 conv\n96", "3×3 conv\n128"],
            ["1×1 conv\n16", "5×5 conv\n32"],
            ["3×3 pool\nstride 1", "1×1 conv\n32"],
            join="stack",
        )
    ],
    "inception-v2": [
        branches(
            ["1×1 conv"],
            ["1×1 conv", "3×3 conv"],
            ["1×1 conv", "3×3 conv", "3×3 conv"],
            ["3×3 pool\nstride 1", "1×1 conv"],
            join="stack",
        )
    ],
    "inception-v3": [
        branches(
            ["1×1 conv\n192"],
            ["1×1 conv", "1×7 conv", "7×1 conv\n192"],
            ["1×1 conv", "7×1, 1×7 conv", "7×1, 1×7 conv\n192"],
            ["3×3 average\nstride 1", "1×1 conv\n192"],
            join="stack",
        )
    ],
    "inception-v4": [
        branches(
            ["1×1 conv\n384"],
            ["1×1 conv\n192", "1×7 conv\n224", "7×1 conv\n256"],
            ["1×1 conv\n192", "7×1, 1×7 conv\n192, 224", "7×1, 1×7 conv\n224, 256"],
            ["3×3 average\nstride 1", "1×1 conv\n128"],
            join="stack",
        )
    ],
    "inception-resnet": [
        branches(
            [
                branches(["1×1 conv"], ["1×1 conv", "1×7 conv", "7×1 conv"], join="stack"),
                "1×1 conv\nno activation",
                "scale\n0.1 to 0.2",
            ],
            [],
            join="add",
        ),
        "ReLU",
    ],
    "mobilenet": [
        branches(
            ["1×1 conv, 6n\nnorm, ReLU6", "3×3 conv, each\nchannel alone\nnorm, ReLU6", "1×1 conv, n\nnorm"],
            [],
            join="add",
        )
    ],
    "squeezenet": ["1×1 conv, s\nReLU", branches(["1×1 conv, e\nReLU"], ["3×3 conv, e\nReLU"], join="stack")],
    "dlib": [
        branches(
            ["3×3 conv\nscale, shift\nReLU", "3×3 conv\nscale, shift"],
            ["2×2 average\n(where it\nhalves)"],
            join="add",
        ),
        "ReLU",
    ],
}


def size_of(flow: Flow) -> tuple[int, int]:
    """Width and height of a flow, in pixels."""
    parts = [size_of_part(part) for part in flow]
    width = sum(w for w, _ in parts) + GAP * max(len(parts) - 1, 0)
    return width, max([h for _, h in parts], default=LINE)


def size_of_part(part: "str | Branches") -> tuple[int, int]:
    if isinstance(part, str):
        return BOX_WIDTH, LINE * (part.count("\n") + 1) + 2 * PAD
    sizes = [size_of(flow) for flow in part.flows]
    height = sum(h for _, h in sizes) + ROW_GAP * (len(sizes) - 1)
    return max(w for w, _ in sizes) + 2 * GAP + JOIN, height


JOIN = 46  # the width of an "add" or "stack"


def draw(flow: Flow, x: float, y: float, out: list[str]) -> None:
    """A flow whose middle line is y, from x on."""
    for number, part in enumerate(flow):
        if number:
            arrow(x, y, x + GAP, y, out)
            x += GAP
        width, _ = size_of_part(part)
        if isinstance(part, str):
            box(part, x, y, out)
        else:
            draw_branches(part, x, y, width, out)
        x += width


def draw_branches(part: Branches, x: float, y: float, width: float, out: list[str]) -> None:
    join_x = x + width - JOIN
    top = y - size_of_part(part)[1] / 2
    for flow in part.flows:
        flow_width, height = size_of(flow)
        middle = top + height / 2
        line([(x, y), (x + GAP / 2, y), (x + GAP / 2, middle), (x + GAP, middle)], out)
        draw(flow, x + GAP, middle, out)
        end = x + GAP + flow_width
        line([(end, middle), (join_x - GAP / 2, middle), (join_x - GAP / 2, y)], out)
        top += height + ROW_GAP
    arrow(join_x - GAP / 2, y, join_x, y, out)
    out.append(rectangle(join_x, y - 14, JOIN, 28, FILLS[part.join]) + text(part.join, join_x + JOIN / 2, y))


def box(label: str, x: float, y: float, out: list[str]) -> None:
    lines = label.split("\n")
    _, height = size_of_part(label)
    fill = next((FILLS[word] for word in FILLS if word in label), CONVOLUTION if "conv" in label else PLAIN)
    out.append(rectangle(x, y - height / 2, BOX_WIDTH, height, fill))
    for number, one in enumerate(lines):
        out.append(text(one, x + BOX_WIDTH / 2, y + LINE * (number - (len(lines) - 1) / 2)))


def rectangle(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" fill="{fill}" stroke="{MUTED}"/>'


def text(words: str, x: float, y: float) -> str:
    return f'<text x="{x:g}" y="{y:g}">{escape(words)}</text>'


def line(points: Sequence[tuple[float, float]], out: list[str]) -> None:
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    out.append(f'<polyline points="{path}" fill="none" stroke="{MUTED}" stroke-width="1.4"/>')


def arrow(x: float, y: float, to_x: float, to_y: float, out: list[str]) -> None:
    line([(x, y), (to_x, to_y)], out)
    out.append(f'<path d="M{to_x:g},{to_y:g} l-7,-4 v8 z" fill="{MUTED}"/>')


def svg(flow: Flow) -> str:
    """The picture of a block, with an arrow in and an arrow out."""
    width, height = size_of(flow)
    out: list[str] = []
    margin, middle = 14, height / 2 + 14
    first = margin if isinstance(flow[0], Branches) else margin + GAP
    if isinstance(flow[0], str):
        arrow(margin, middle, first, middle, out)
    draw(flow, first, middle, out)
    arrow(first + width, middle, first + width + GAP, middle, out)
    full_width, full_height = first + width + GAP + margin, height + 28
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full_width:g} {full_height:g}"'
    style = f'font-family="system-ui, sans-serif" font-size="{FONT}" text-anchor="middle" dominant-baseline="central"'
    paper = f'<rect width="100%" height="100%" rx="6" fill="{PAPER}"/>'
    size = f'width="{full_width:g}" height="{full_height:g}"'
    return f'{head} {size} {style} fill="{INK}">\n' + "\n".join([paper, *out]) + "\n</svg>\n"


if __name__ == "__main__":
    for name, block in BLOCKS.items():
        (IMAGES / f"block-{name}.svg").write_text(svg(block), encoding="utf-8")
