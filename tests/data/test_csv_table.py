"""Tables that are fine; test_bad_input.py has those that aren't."""

import pytest

from striate.data import open_data


@pytest.fixture
def root(write_pictures):
    return write_pictures("d", [f"{i}.png" for i in range(12)])


def table(root, lines):
    (root / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    return root / "list.csv"


def test_parts_by_column(root):
    parts = ["train"] * 4 + ["VALID"] * 2 + ["test"] * 3
    rows = [f"{i}.png,{'ab'[i % 2]},{part}" for i, part in enumerate(parts)]
    for column in ("part", "split"):
        dataset = open_data(table(root, [f"path,label,{column}", *rows]))
        assert {name: len(part) for name, part in dataset.parts.items()} == {"train": 4, "val": 2, "test": 3}
        assert dataset.cut_seed is None


def test_columns_in_any_order_and_others_beside_them(root):
    dataset = open_data(table(root, ["id,label,path", *(f"{i},{'ab'[i % 2]},{i}.png" for i in range(12))]))
    assert (dataset.kind, dataset.classes, dataset.multilabel) == ("CSV table", ("a", "b"), False)


def test_several_labels(root):
    labels = ["cat;dog", " dog ; cat ", "cat", "", "dog;", "dog;dog", *["bird"] * 6]
    dataset = open_data(
        table(root, ["path,label", *(f"{i}.png,{label}" for i, label in enumerate(labels))]), val_share=0
    )
    assert dataset.multilabel
    assert dataset.classes == ("bird", "cat", "dog")
    assert [i.labels for i in dataset.parts["train"].items] == [(1, 2), (1, 2), (1,), (), (2,), (2,), *[(0,)] * 6]
    assert dataset.parts["train"].counts(3).tolist() == [6, 3, 4]


def test_a_folder_with_a_table_is_read_by_it(root):
    table(root, ["path,label", *(f"{i}.png,{'ab'[i % 2]}" for i in range(12))])
    assert open_data(root).kind == "CSV table"


def test_a_table_of_something_else_is_left_alone(insects):
    (insects / "sizes.csv").write_text("class,area\nants,3\n")
    assert open_data(insects).kind == "class folders"


def test_classes_in_two_forms_of_one_accent_are_one(root):
    names = ("\u00e9", "e\u0301", "x")
    dataset = open_data(table(root, ["path,label", *(f"{i}.png,{names[i % 3]}" for i in range(12))]))
    assert dataset.classes == ("x", "\u00e9")
