from dataclasses import replace
from html.parser import HTMLParser

import pytest

from striate.draw import Run, comparison_curves, comparison_rows, render_comparison
from striate.errors import ArgumentError


def test_rows_share_their_columns_and_are_ranked(history):
    better = replace(history, val_score=(0.7, 0.9, 0.75))
    rows = comparison_rows([Run("a", history, {"seconds": 3}), Run("b", better, {"parameters": 10})])
    assert [row["run"] for row in rows] == ["b", "a"]
    assert rows[0].keys() == rows[1].keys()
    assert (rows[0]["seconds"], rows[0]["parameters"]) == (None, 10)
    assert (rows[1]["validation accuracy"], rows[1]["best epoch"], rows[1]["validation loss"]) == (0.8, 2, 0.6)


def test_of_errors_the_lowest_comes_first(history):
    runs = [Run("a", history, lower_is_better=True), Run("b", replace(history, val_score=(0.7, 0.1, 0.75)), {}, True)]
    assert [row["run"] for row in comparison_rows(runs)] == ["b", "a"]


@pytest.mark.parametrize("count", [1, 2, 30])
def test_curves_name_every_run(history, texts, count):
    runs = [Run(f"run {i}", replace(history, train_score=())) for i in range(count)]
    shown = texts(comparison_curves(runs))
    assert {run.name for run in runs} | {"Loss", "Accuracy"} <= set(shown)


def test_hostile_names_are_text(history, texts):
    names = ["_hidden", "<script>x</script>", "$a$ 猫"]
    runs = [Run(name, history, {"<i>": "<img src=x>"}) for name in names]
    assert set(names) <= set(texts(comparison_curves(runs)))
    page = render_comparison(runs)
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)
    parser.feed(page)
    assert {"svg", "table"} <= set(tags)
    assert not {"script", "img", "i"} & set(tags)


def test_a_title_and_notes(history):
    page = render_comparison([Run("a", history)], "An ensemble", ["<b>3</b> members", "They agree."])
    assert "<h1>An ensemble</h1>" in page
    assert "<p>&lt;b&gt;3&lt;/b&gt; members</p>" in page
    assert "<p>They agree.</p>" in page
    assert "<h1>1 runs compared</h1>" in render_comparison([Run("a", history)])


@pytest.mark.parametrize("draw", [comparison_curves, comparison_rows, render_comparison])
def test_needs_a_run(draw):
    with pytest.raises(ArgumentError, match="runs must be at least one"):
        draw([])
