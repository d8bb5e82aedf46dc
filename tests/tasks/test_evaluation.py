import re
import shutil

import pytest

import striate
from striate.errors import ArgumentError, DataError
from striate.tasks import Evaluation


@pytest.fixture(scope="module")
def classifier(trained):
    return striate.load(trained.model)


def test_figures_are_those_of_the_training(trained):
    """The test part, measured again from the file, in other batches."""
    found = striate.evaluate(trained.model, trained.data)
    assert isinstance(found, Evaluation)
    assert (found.part, found.figures.n, found.remarks) == ("test", 18, ())
    recorded = striate.load(trained.model).record["figures"]["test"]
    assert found.figures.accuracy == recorded["accuracy"]
    assert found.figures.log_loss == pytest.approx(recorded["log_loss"], rel=1e-5)
    assert found.to_dict().keys() >= {"n", "accuracy", "interval", "confusion", "part", "fingerprint", "remarks"}


@pytest.mark.parametrize(
    ("part", "n", "remark"),
    [
        ("train", 48, "the model was trained on this data; it learned from these images"),
        ("val", 18, "the model was trained on this data; its best epoch was chosen on these images"),
        ("all", 84, "the model was trained on this data; it learned from many of these images"),
    ],
)
def test_its_own_data_is_a_trap_and_it_says_so(classifier, trained, part, n, remark):
    found = striate.evaluate(classifier, trained.data, part=part)
    assert (found.figures.n, found.part, found.remarks) == (n, part, (remark,))


def test_data_that_was_cut_is_cut_again(write_stripes):
    """Without a val part of its own, the data's val is the very one that the training held back, whatever its seed."""
    data = write_stripes("d", ("a", "b"), per_class=10)
    run = striate.train(data, out="run", model="lenet5", epochs=1, seed=3)
    list(run)
    found = striate.evaluate("run/model.safetensors", data, part="val")
    assert found.figures.n == 4
    assert found.figures.log_loss == pytest.approx(run.outcome.figures["val"].log_loss, rel=1e-5)
    assert found.remarks == ("the model was trained on this data; its best epoch was chosen on these images",)
    everything = striate.evaluate("run/model.safetensors", data, part="all")
    assert everything.figures.n == 20
    assert "it learned from" in everything.remarks[0]
    by_itself = striate.evaluate("run/model.safetensors", data)
    assert by_itself.remarks, "the data has no part that the model does not know"


def test_which_part_is_taken(classifier, trained, write_stripes):
    """test, else val, else all; the data of others is never cut."""
    new = write_stripes("new", classifier.labels, per_class=3, first=500)
    assert (striate.evaluate(classifier, new).part, striate.evaluate(classifier, new).figures.n) == ("all", 9)
    for part in ("train", "val"):
        shutil.copytree(trained.data / part, f"divided/{part}")
    assert striate.evaluate(classifier, "divided").part == "val"
    with pytest.raises(ArgumentError, match="part must be one of the data's, train, val, or all, got 'test'"):
        striate.evaluate(classifier, "divided", part="test")


def test_some_classes_are_enough(classifier, write_stripes):
    found = striate.evaluate(classifier, write_stripes("one", ("across",), per_class=3, first=500))
    assert [score.n for score in found.figures.per_class] == [3, 0, 0]
    assert len(found.figures.confusion) == 3


def test_unknown_classes(classifier, write_stripes):
    with pytest.raises(DataError, match="up: no class named 'up'"):
        striate.evaluate(classifier, write_stripes("up", ("across", "up"), per_class=2))


def test_leaks_conflicts_and_skipped_files_are_remarked(classifier, trained):
    shutil.copytree(trained.data, "d")
    shutil.copy("d/train/along/0.png", "d/test/along/again.png")
    shutil.copy("d/test/across/1.png", "d/test/aslant/other.png")
    (trained.data.cwd() / "d/test/along/bad.png").write_bytes(b"")
    with pytest.raises(DataError, match=re.escape("test/along/bad.png: empty file (0 bytes)")):
        striate.evaluate(classifier, "d")
    found = striate.evaluate(classifier, "d", skip_bad=True)
    assert found.figures.n == 20
    assert found.remarks == (
        "skipped test/along/bad.png: empty file (0 bytes)",
        "leak: 1 images stand in more than one part, for example train:train/along/0.png, test:test/along/again.png",
        "conflict: 1 images have two different labels, for example test/across/1.png, test/aslant/other.png",
    )


def test_progress(classifier, trained):
    seen = []
    striate.evaluate(classifier, trained.data, part="train", on_images=lambda done, total: seen.append((done, total)))
    assert seen == [(16, 48), (32, 48), (48, 48)]
