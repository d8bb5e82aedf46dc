"""The 1000 classes of ImageNet-1k in the order of the published networks' logits.

The order is that of the sorted synset numbers; a label is the first word of its synset. Two words name two
classes each (a crane is a bird and a machine, a maillot is tights and a swimsuit): those four say which in brackets.

Russakovsky et al., ImageNet Large Scale Visual Recognition Challenge, 2015, arXiv:1409.0575.

Example:
    >>> LABELS[0], SYNSETS[0]
    ('tench', 'n01440764')
    >>> [label for label in LABELS if label.startswith("crane")]
    ['crane (bird)', 'crane (machine)']
"""

from importlib.resources import files


def _read_classes() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The packaged list, one "n01440764 tench" a line, as (synsets, labels)."""
    text = files("striate.models").joinpath("imagenet_classes.txt").read_text(encoding="utf-8")
    synsets, labels = zip(*(line.split(" ", 1) for line in text.splitlines()), strict=True)
    return synsets, labels


SYNSETS, LABELS = _read_classes()
