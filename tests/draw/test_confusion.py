import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.draw import confused_pairs, confusion_map
from striate.errors import ShapeError

SVG = "{http://www.w3.org/2000/svg}"


def counts(k, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 3, (k, k)) + np.diag(rng.integers(5, 50, k))


@pytest.mark.parametrize("k", [1, 2, 10, 15])
def test_few_classes_show_names_and_numbers(k, texts):
    cells = counts(k)
    shown = texts(confusion_map(cells, [f"class {i}" for i in range(k)]))
    assert all(shown.count(f"class {i}") == 2 for i in range(k))
    numbers = sorted(int(t) for t in shown if t.isdigit())
    assert numbers == sorted(cells[cells > 0].tolist())


def test_some_classes_show_names_alone(texts):
    shown = texts(confusion_map(counts(40), [f"class {i}" for i in range(40)]))
    assert shown.count("class 39") == 2
    assert not any(t.isdigit() for t in shown)


@pytest.mark.parametrize("k", [41, 100, 1000])
def test_many_classes_show_their_place(k, texts):
    svg = confusion_map(counts(k), ["x"] * k)
    shown = texts(svg)
    assert "predicted (number of the class)" in shown
    assert len([t for t in shown if t.isdigit()]) <= 2 * 11
    assert len(svg) < 1_500_000


def test_colours_are_one_small_picture(parse_svg):
    images = list(parse_svg(confusion_map(counts(100), ["x"] * 100)).iter(f"{SVG}image"))
    assert ("100", "100") in [(image.get("width"), image.get("height")) for image in images]


def test_big_counts_are_short(texts):
    assert "12k" in texts(confusion_map([[12345, 0], [0, 999]], ["a", "b"]))


def test_a_class_without_images_stays_blank(texts):
    shown = texts(confusion_map([[3, 0], [0, 0]], ["there", "absent"]))
    assert shown.count("absent") == 2
    assert "0" not in shown


@settings(max_examples=12, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=40), min_size=2, max_size=2))
def test_any_name_can_be_drawn(names):
    import xml.etree.ElementTree as ET

    ET.fromstring(confusion_map([[2, 1], [0, 3]], names).encode("utf-8"))


def test_hostile_names_are_text(texts, parse_svg):
    names = ["<script>alert(1)</script>", "$5 & \\frac{", 'a" onload="x', "]]>--<!--", "犬猫", "\x00\udce9"]
    svg = confusion_map(counts(6), names)
    assert not list(parse_svg(svg).iter(f"{SVG}script"))
    assert "<script>" not in svg
    shown = texts(svg)
    assert {"$5 & \\frac{", 'a" onload="x', "]]>--<!--", "犬猫", "��"} <= set(shown)


def slow_pairs(cells, labels):
    pairs = [
        (-int(cells[i][j]), i, j)
        for i in range(len(labels))
        for j in range(len(labels))
        if i != j and cells[i][j]
    ]  # fmt: skip
    return [(labels[i], labels[j], -n) for n, i, j in sorted(pairs)]


@pytest.mark.parametrize("k", [1, 2, 7, 50])
def test_confused_pairs_equal_a_slow_rewrite(k):
    cells, labels = counts(k), [str(i) for i in range(k)]
    pairs = confused_pairs(cells, labels, limit=9)
    assert [(p.true, p.predicted, p.count) for p in pairs] == slow_pairs(cells, labels)[:9]
    assert all(p.share == pytest.approx(p.count / cells[int(p.true)].sum()) for p in pairs)


def test_nothing_confused():
    assert confused_pairs([[3, 0], [0, 0]], ["a", "b"]) == ()


@pytest.mark.parametrize("draw", [confusion_map, confused_pairs])
@pytest.mark.parametrize(("cells", "labels"), [(np.zeros((2, 3)), ["a", "b"]), (np.zeros((0, 0)), []), ([1, 2], ["a"])])
def test_bad_input(draw, cells, labels):
    with pytest.raises(ShapeError, match="confusion must be"):
        draw(cells, labels)
