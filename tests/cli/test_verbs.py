"""What every verb owes: help with an example that works, and one JSON document where a program calls it."""

import csv
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer

from striate.cli.app import app

VERBS = (
    ("train",),
    ("evaluate",),
    ("predict",),
    ("table",),
    ("models",),
    ("compare",),
    ("anchors",),
    ("distort",),
    ("edges",),
    ("windows",),
    ("stylize",),
    ("explain",),
    ("patches",),
    ("cache", "prune"),
    ("data", "show"),
    ("data", "suspects"),
    ("data", "shard"),
    ("data", "convert"),
    ("weights", "list"),
    ("weights", "show"),
    ("weights", "fetch"),
    *(("faces", verb) for verb in ("verify", "calibrate", "evaluate", "enroll", "identify")),
    *(("faces", verb) for verb in ("list", "remove", "export", "import", "check")),
)


def find_command(words):
    command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    return command


def test_no_verb_is_left_out():
    commands = typer.main.get_command(app).commands
    names = {(v, *sub) for v, c in commands.items() for sub in [(n,) for n in getattr(c, "commands", ())] or [()]}
    assert names == set(VERBS)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_has_an_example_that_the_command_line_takes(striate, verb):
    code, out, err = striate(*verb, "--help")
    assert (code, err) == (0, "")
    assert "Example: " in out
    command = find_command(verb)
    for example in re.findall(r"`striate (.*?)`", command.help):
        words = [word.strip("'") for word in example.split()]
        assert tuple(words[: len(verb)]) == verb
        command.make_context(verb[-1], words[len(verb) :])  # raises at an unknown option or a missing argument


def test_nothing_typed_shows_the_help(striate):
    assert "Usage: " in striate().out


def one_json(result):
    """The document on stdout; nothing else may stand there."""
    code, out, err = result
    assert code == 0, err
    assert not set(err) & set("{}[]")
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_evaluate(striate, trained):
    found = one_json(striate("evaluate", trained.model, trained.data, "--json"))
    assert {"n", "accuracy", "interval", "top5", "per_class", "confusion", "part", "fingerprint"} <= set(found)
    assert (found["n"], found["part"]) == (18, "test")
    low, high = found["interval"]
    assert low <= found["accuracy"] <= high
    assert np.array(found["confusion"]).sum() == 18
    assert np.trace(found["confusion"]) == round(18 * found["accuracy"])
    assert [c["label"] for c in found["per_class"]] == ["across", "along", "aslant"]
    out = striate("evaluate", trained.model, trained.data).out
    assert f"accuracy {found['accuracy']:.2%}" in out
    assert all(re.search(rf"^{label} +6 ", out, re.MULTILINE) for label in ("across", "along", "aslant"))


def test_predict(striate, trained):
    found = one_json(
        striate("predict", trained.model, trained.data / "test", "--top", "2", "--json", "--csv", "out.csv")
    )
    assert len(found) == 18
    for entry in found:
        assert set(entry) == {"path", "labels"}
        assert [set(one) for one in entry["labels"]] == [{"label", "probability"}] * 2
        assert entry["labels"][0]["label"] == Path(entry["path"]).parent.name
    with Path("out.csv").open(newline="") as f:
        rows = list(csv.DictReader(f))
    assert [row["path"] for row in rows] == [entry["path"] for entry in found]
    assert float(rows[0]["probability2"]) == pytest.approx(found[0]["labels"][1]["probability"], abs=1e-6)


def test_predict_in_words(striate, trained):
    """A glob in quotes is ours to expand, a file named twice is answered once, and three classes are all there are."""
    image = trained.data / "test/along/0.png"
    code, out, err = striate("predict", trained.model, f"{image.parent}/[0-2].png", image, "--top", "9")
    assert (code, err) == (0, "")
    assert [line for line in out.splitlines() if line.endswith(".png")] == [f"{image.parent}/{i}.png" for i in range(3)]
    assert len(out.splitlines()) == 3 * (1 + 3)


def test_train(striate, trained):
    found = one_json(
        striate("train", trained.data, "--out", "run", "--model", "lenet5", "--epochs", "1", "--workers", "0", "--json")
    )
    assert found["model"] == "run/model.safetensors"
    assert Path(found["report"]).is_file()
    assert {name: figures["n"] for name, figures in found["figures"].items()} == {"val": 18, "test": 18}
    assert found["remarks"] == []


def test_train_without_out_makes_a_folder_for_each(striate, trained):
    for _ in range(2):
        code, out, err = striate("train", trained.data, "--model", "lenet5", "--epochs", "1", "--workers", "0")
        assert code == 0
    assert "lenet5, 1 epoch of adamw" in err
    assert "val: accuracy" in out
    assert "(the best epoch was chosen on it)" in out
    assert "test: accuracy" in out
    assert "(nothing was chosen on it)" in out
    assert sorted(p.name for p in Path("runs").iterdir()) == ["data", "data-2"]


def test_table(striate, trained):
    found = one_json(striate("table", "lenet5", "--json"))
    assert found["parameters"] == 61_706
    code, out, _ = striate("table", trained.model)
    assert code == 0
    assert "stages.conv1" in out
    assert "11,689,512" in striate("table", "resnet18", "--input", "3x64x64").out


def test_table_of_stages_and_of_two_networks(striate, trained):
    stages = one_json(striate("table", "resnet18", "--stages", "--json"))
    assert [row["layer"] for row in stages["rows"]] == ["input", "stem", "stage1", "stage2", "stage3", "stage4", "head"]
    both = one_json(striate("table", "resnet50", "--against", "resnet34", "--json"))
    assert [(t["model"], t["parameters"]) for t in both] == [("resnet50", 25_557_032), ("resnet34", 21_797_672)]
    code, out, err = striate("table", "resnet50", "--against", "resnet34")
    assert code == 0
    assert "25,557,032" in out
    assert "21,797,672" in out
    assert "1.17 times the parameters of resnet34, 1.12 times its multiply-adds" in err
    assert striate("table", trained.model, "--against", "lenet5").code == 0
    code, out, err = striate("table", "resnet50", "--against", "resnet43")
    assert (code, out) == (1, "")
    assert "did you mean" in err


def test_models_and_weights(striate):
    names = [entry["name"] for entry in one_json(striate("models", "resnet*", "--json"))]
    assert {"resnet18", "resnet152", "resnet20"} <= set(names)
    assert all(name.startswith("resnet") for name in names)
    assert "efficientnet_lite0" in striate("models").out
    sources = one_json(striate("weights", "list", "--json"))
    assert {"efficientnet_lite0", "mobilenet_v2"} <= {source["name"] for source in sources}
    shown = one_json(striate("weights", "show", "efficientnet_lite0", "--json"))
    assert (shown["licence"], len(shown["sha256"])) == ("Apache-2.0", 64)
    for verb in (("weights", "list"), ("weights", "show", "efficientnet_lite0")):
        assert "Apache-2.0" in striate(*verb).out


def test_compare(striate, trained):
    (row,) = one_json(striate("compare", trained.run, "--out", "c.html", "--json"))
    assert row["run"] == str(trained.run)
    assert row["epochs"] == 6
    assert "<svg" in Path("c.html").read_text(encoding="utf-8")
    assert "validation accuracy" in striate("compare", trained.run).out


def test_data_show(striate, trained, write_png, stripes):
    found = one_json(striate("data", "show", trained.data, "--json"))
    assert found["images"] == {"train": 48, "val": 18, "test": 18}
    assert found["classes"] == ["across", "along", "aslant"]
    assert found["bad"] == []
    for name in ("train/a/0", "train/a/1", "train/b/2", "train/b/3", "test/a/0"):
        Path("d", name).parent.mkdir(parents=True, exist_ok=True)
        write_png(Path(f"d/{name}.png"), stripes(0, int(name[-1])))
    Path("d/train/b/x.png").write_bytes(b"")
    found = one_json(striate("data", "show", "d", "--json"))
    assert [problem["path"] for problem in found["bad"]] == ["train/b/x.png"]
    assert [twin["leak"] for twin in found["twins"]] == [True]
    code, out, _ = striate("data", "show", "d")
    assert code == 0
    assert "Bad files (1)\n  train/b/x.png: empty file (0 bytes)" in out
    assert "Leaks: the same image in several parts (1)\n  train:train/a/0.png = test:test/a/0.png" in out


def test_distort(striate, trained):
    """Two rows of an image and three views, the same bytes every time."""
    command = ("distort", trained.data, "--images", "2", "--views", "3", "--distort", "rotate 20, erase 1")
    for out in ("a.png", "b.png"):
        code, printed, err = striate(*command, "--out", out)
        assert (code, printed) == (0, "")
        assert "3 views of each" in err
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    assert cv2.imread("a.png").shape == (2 * (46 + 2 * 190 + 8), 2 * (4 * 158 + 24), 3)
    assert striate("distort", trained.data, "--out", "c.png")[0] == 0  # what suits the data
    for wrong, message in (("--distort rotat --out d.png", "got 'rotat'"), ("--out d.jpg", "a file ending in .png")):
        code, _, err = striate("distort", trained.data, *wrong.split())
        assert code == 1
        assert message in err
    assert not Path("d.png").exists()


@pytest.mark.parametrize("filter", ["plain", "sobel", "scharr"])
def test_edges(striate, filter):
    picture = np.zeros((20, 30), np.uint8)
    picture[:, 15:] = 200  # one edge, from dark to light
    cv2.imwrite("half.png", picture)
    assert striate("edges", "half.png", "--filter", filter, "--out", "signed.png")[0] == 0
    assert striate("edges", "half.png", "--filter", filter, "--absolute", "--out", "absolute.png")[0] == 0
    assert striate("edges", "half.png", "--filter", filter, "--angle", "90", "--out", "turned.png")[0] == 0
    signed, absolute, turned = (cv2.imread(f"{n}.png", cv2.IMREAD_GRAYSCALE) for n in ("signed", "absolute", "turned"))
    assert signed.shape == absolute.shape == (18, 28)  # no padding: the border has no edges to tell of
    assert np.unique(np.nonzero(absolute)[1]).tolist() == [13, 14]  # the two columns whose window sees both sides
    assert (signed[:, 13:15] < 100).all()  # against the filter's direction
    assert np.unique(turned).size == 1  # nothing changes downwards


def test_the_version(striate):
    assert re.fullmatch(r"striate \d+\.\d+.*\n", striate("--version").out)
