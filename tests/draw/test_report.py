import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from striate.draw import DataSummary, Panel, PartResult, Report, StartWeights, Tile, render_report
from striate.errors import ArgumentError

HOSTILE = "<script>alert(1)</script>"
ODD_NAMES = [
    HOSTILE,
    '" onerror="x',
    "a&amp;b",
    "{{ 7 * 7 }}",
    "猫 кот قط",
    "nul\x00\udce9\u202e",
    "]]>--><!--",
    "'",
    "",
    "x" * 300,
]


class Page(HTMLParser):
    """Tags, attributes and text of a page, as a browser would see them."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


def make_report(history, labels, n=50):
    k = len(labels)
    confusion = np.ones((k, k), int) + np.diag([n] * k)
    rows = [SimpleNamespace(label=label, n=n + k, precision=0.9, recall=0.8, f1=0.85) for label in labels]
    result = PartResult("test", "", 1000, 0.9, (0.88, 0.92), {"balanced accuracy": 0.89}, {"log loss": 0.3})
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    return Report(
        title=f"lenet5 on {labels[0]}",
        labels=labels,
        results=[result, replace(result, part="val", remark="the best epoch was chosen on it")],
        history=history,
        per_class=rows,
        confusion=confusion.tolist(),
        bins=[SimpleNamespace(low=0.9, high=1.0, n=5, confidence=0.95, accuracy=0.8)],
        mistakes=[Tile(image, f"test/{label}/1.jpg", label, labels[0], 0.97) for label in labels[:12]],
        mistakes_made=100,
        data=DataSummary(
            f"photos {labels[0]}", "folders", "abc123",
            counts={"train": [4] * k, "test": [1] * k}, sizes={"train": 4 * k, "test": k},
            leaks=[(f"train/{labels[0]}.png", "test/b.png")] * 30, skipped=[(f"{labels[0]}.jpg", "0 bytes")],
        ),
        layers=[{"layer": "conv1", "shape": (6, 28, 28), "parameters": 456, "multiply_adds": 352800, "field": 5}],
        command=f"striate train '{labels[0]}' --out runs/1",
        facts={"seed": 0, "torch": "2.13.0", "resumed": False},
        weights=StartWeights("efficientnet_lite0", "a package", "Apache-2.0"),
    )  # fmt: skip


def check_self_contained(page):
    """No script, no event, and nothing that a browser would fetch."""
    parsed = Page(page)
    forbidden = {"script", "link", "iframe", "object", "embed", "base", "form", "foreignobject"}
    assert not forbidden & set(parsed.tags)
    for name, value in parsed.attributes:
        assert not name.startswith("on"), name
        if name in ("src", "href", "xlink:href", "srcset", "data", "action"):
            assert value.startswith(("#", "data:image/")), value
    assert not re.search(r"url\(\s*['\"]?(?!#)", page)
    assert "@import" not in page
    assert "default-src 'none'" in page
    return parsed


@pytest.mark.parametrize("k", [1, 2, 10, 100])
def test_one_page_for_any_number_of_classes(history, k):
    page = render_report(make_report(history, [f"class {i}" for i in range(k)]))
    parsed = check_self_contained(page)
    assert page.startswith("<!doctype html>")
    assert parsed.tags.count("svg") == 5
    assert parsed.tags.count("img") == min(k, 12)
    assert all(value for name, value in parsed.attributes if name == "alt")
    ids = [value for name, value in parsed.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    targets = {value[1:] for name, value in parsed.attributes if name in ("href", "xlink:href") and value[0] == "#"}
    assert targets <= set(ids)


def test_says_which_number_is_which(history):
    text = re.sub(r"[ \n]+", " ", "".join(Page(render_report(make_report(history, ["a", "b"]))).text))
    assert "90.0\xa0%" in text
    assert "95\xa0% interval 88.0\xa0% to 92.0\xa0%, 1\u202f000 images" in text
    assert "used neither for training nor for any choice" in text
    assert "the best epoch was chosen on it" in text
    for fact in ("Epoch 2 of 3 was kept", "abc123", "30 images lie in several parts", "1 file was left out", "6×28×28",
                 "352\u202f800", "--out runs/1", "2.13.0", "Apache-2.0"):  # fmt: skip
        assert fact in text, fact


def test_intervals_of_further_shares(history):
    report = make_report(history, ["a", "b"])
    result = replace(report.results[0], shares={"accuracy": 0.7, "error": 0.2}, intervals={"accuracy": (0.65, 0.752)})
    text = " ".join(Page(render_report(replace(report, results=[result]))).text)
    assert "accuracy, 95\xa0% interval 65.0\xa0% to 75.2\xa0%" in text
    assert text.count("95\xa0% interval") == 2, "of the score, and of the share that has one"


def test_says_when_the_figure_flatters(history):
    report = make_report(history, ["a", "b"])
    page = render_report(replace(report, results=report.results[1:]))
    assert "may flatter the network a little" in page
    assert "Which number is which" not in page


def test_names_from_the_data_are_text(history):
    page = render_report(make_report(history, ODD_NAMES))
    page.encode("utf-8")
    parsed = check_self_contained(page)
    assert HOSTILE in parsed.text
    assert "{{ 7 * 7 }}" in parsed.text
    assert "a&amp;b" in parsed.text
    assert "猫 кот قط" in parsed.text
    assert "nul���" in parsed.text
    assert "<script" not in page


def test_several_classes_an_image(history):
    report = make_report(history, ["a", "b"])
    rows = [SimpleNamespace(**vars(row), average_precision=0.77) for row in report.per_class]
    page = render_report(replace(report, per_class=rows, confusion=(), bins=()))
    check_self_contained(page)
    assert "77.0\xa0%" in page
    assert 'id="confusion"' not in page
    assert 'id="calibration"' not in page


def test_what_is_missing_is_left_out(history):
    report = replace(make_report(history, ["a"]), per_class=(), mistakes=(), mistakes_made=0, layers=(), weights=None)
    bare = replace(report, data=replace(report.data, leaks=(), skipped=()))
    page = render_report(bare)
    check_self_contained(page)
    assert "every image of the test part was judged right" in page
    assert "No image lies in two parts" in page
    for section in ("network", "classes"):
        assert f'id="{section}"' not in page
    assert "Start weights" not in page


def test_a_class_without_images_has_no_figures(history):
    report = make_report(history, ["there", "absent"])
    absent = SimpleNamespace(label="absent", n=0, precision=0.0, recall=0.0, f1=0.0)
    page = render_report(replace(report, per_class=[report.per_class[0], absent]))
    classes = page[page.index('id="classes"') :]
    row = classes[classes.index("<bdi>absent</bdi></th>") :].split("</tr>")[0]
    assert row.count("–") == 3
    assert "%" not in row


def places_report(history, labels, counted="boxes"):
    """As tasks on boxes and points have it: sections of their own, no confused classes, a score without interval."""
    report = make_report(history, labels)
    chart = '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="a chart"></svg>'
    panels = [
        Panel("Classes", "How often.", chart, ("class", "AP"), [(label, "7.0%") for label in labels]),
        Panel("B", ""),
    ]
    return replace(
        report,
        results=[replace(report.results[0], interval=None)],
        per_class=(),
        confusion=(),
        bins=(),
        panels=panels,
        mistakes=[replace(tile, probability=None) for tile in report.mistakes],
        mistakes_lead="Dashed boxes are the labels.",
        mistakes_made=0,
        counted=counted,
    )


def test_sections_of_a_task(history):
    page = render_report(places_report(history, ODD_NAMES))
    check_self_contained(page)
    text = " ".join(Page(page).text)
    assert HOSTILE in text
    for words in ("How often.", "Dashed boxes are the labels.", "7.0%", "Boxes of each class", "smallest class"):
        assert words in text, words
    assert re.findall(r'id="(panel\d)"', page) == re.findall(r'href="#(panel\d)"', page) == ["panel1", "panel2"]
    second = page[page.index('id="panel2"') :].split("</section>")[0]
    assert not re.search("<table|<figure", second), "what a panel does not have is left out"
    assert "mistakes on the test part" not in text, "the sentence is the task's own"
    assert 'id="confusion"' not in page


def test_points_are_called_points(history):
    report = replace(places_report(history, ["nose", "chin"], "points"), nouns=("point", "points"))
    text = " ".join(Page(render_report(report)).text)
    for words in ("2 points", "smallest point", "Points of each name"):
        assert words in text, words
    assert "smallest class" not in text


def test_pictures_of_marks_are_large(history):
    """Boxes and points have to be seen; classes can be told on a smaller picture."""
    image = np.random.default_rng(0).integers(0, 256, (500, 1000, 3)).astype(np.uint8)
    sides = []
    for report in (make_report(history, ["a"]), places_report(history, ["a"])):
        page = render_report(replace(report, mistakes=[replace(report.mistakes[0], image=image)]))
        section = page[page.index('<section id="mistakes"') :].split("</section>")[0]
        encoded = re.search(r'src="data:image/\w+;base64,([^"]+)"', section)[1]
        pixels = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
        sides.append((pixels.shape[:2], "tiles large" in section))
    assert sides == [((160, 320), False), ((320, 640), True)]


def test_same_page_for_the_same_report(history):
    assert render_report(make_report(history, ["a", "b"])) == render_report(make_report(history, ["a", "b"]))


def test_needs_a_result(history):
    with pytest.raises(ArgumentError, match="results must be at least one part"):
        replace(make_report(history, ["a"]), results=())
