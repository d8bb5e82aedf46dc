"""`striate data shard`, and every verb on what it wrote."""

import json
from pathlib import Path

import pytest


def test_shards_are_the_same_data(striate, trained):
    code, out, err = striate("data", "shard", trained.data, "--out", "s", "--images", "20", "--json")
    assert (code, err) == (0, "")
    written = json.loads(out)
    assert sum(written["images"].values()) == 84
    assert list(written["images"])[:3] == ["test-000000.tar", "train-000000.tar", "train-000001.tar"]
    folder, shards = (json.loads(striate("data", "show", data, "--json").out) for data in (trained.data, "s"))
    assert written["fingerprint"] == folder["fingerprint"]
    own = {"root": "s", "kind": "shards"}
    assert shards == {**folder, **own}
    found = json.loads(striate("evaluate", trained.model, "s", "--json").out)
    assert (found["part"], found["n"], found["fingerprint"]) == ("test", 18, folder["fingerprint"])
    assert striate("data", "show", "s").out.startswith("s: shards, 3 classes\n")


def test_a_training_on_shards_gives_the_same_weights(striate, trained, same_weights):
    assert striate("data", "shard", trained.data, "--out", "s", "--images", "7").code == 0
    settings = ("--model", "lenet5", "--epochs", "2", "--batch-size", "8", "--precision", "fp32")
    for data, out, workers in ((trained.data, "a", 0), ("s", "b", 0), ("s/shards.txt", "c", 2)):
        assert striate("train", data, "--out", out, "--workers", workers, *settings).code == 0
    assert same_weights("a/model.safetensors", "b/model.safetensors")
    assert same_weights("a/model.safetensors", "c/model.safetensors")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("--size 12", "size must be a number and kB, MB, GB or TB, such as 256MB, got '12'"),
        ("--size 0MB", "shard_bytes must be at least 1, got 0"),
    ],
)
def test_bad_wishes(striate, trained, wrong, message):
    code, out, err = striate("data", "shard", trained.data, "--out", "s", *wrong.split())
    assert (code, out) == (1, "")
    assert message in err
    assert not Path("s").exists()


def test_what_is_said(striate, trained, write_png, stripes):
    for name in ("a/0", "a/1", "b/2", "b/3"):
        Path("d", name).parent.mkdir(parents=True, exist_ok=True)
        write_png(Path(f"d/{name}.png"), stripes(0, int(name[-1])))
    Path("d/b/x.png").write_bytes(b"")
    assert striate("data", "shard", "d", "--out", "s").code == 1
    code, out, err = striate("data", "shard", "d", "--out", "s", "--skip-bad", "--size", "1.5 mb")
    assert code == 0
    assert out.startswith("s: 4 images in 1 shards\nfingerprint: ")
    assert err == "left out: b/x.png: empty file (0 bytes)\n"
    code, _, err = striate("data", "shard", "d", "--out", "s", "--skip-bad")
    assert code == 1
    assert "s is there already; shards go into a new folder" in err
