import re
import shutil

import numpy as np
import pytest

import striate
from striate.errors import ArgumentError, DataError
from striate.models import create_model
from striate.preset import Preset
from striate.runtime import Engine
from striate.tasks import Classifier, Ensemble, Evaluation


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
    recorded = run.outcome.figures["val"]  # by temperatures that had not seen the image; the model's own has seen all
    assert (found.figures.confusion, found.figures.n) == (recorded.confusion, recorded.n)
    assert found.figures.log_loss == pytest.approx(recorded.log_loss, rel=0.1)
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
    for copy in ("across/twin.png", "aslant/other.png"):
        shutil.copy("d/test/across/1.png", f"d/test/{copy}")
    (trained.data.cwd() / "d/test/along/bad.png").write_bytes(b"")
    with pytest.raises(DataError, match=re.escape("test/along/bad.png: empty file (0 bytes)")):
        striate.evaluate(classifier, "d")
    found = striate.evaluate(classifier, "d", skip_bad=True)
    assert found.figures.n == 21
    assert found.remarks == (
        "skipped test/along/bad.png: empty file (0 bytes)",
        "leak: 1 image in more than one part, such as train:train/along/0.png and test:test/along/again.png",
        "conflict: 1 image under different labels, such as test/across/1.png and test/aslant/other.png",
    )


def test_progress(classifier, trained):
    seen = []
    striate.evaluate(classifier, trained.data, part="train", on_images=lambda done, total: seen.append((done, total)))
    assert seen == [(16, 48), (32, 48), (48, 48)]


def test_several_crops(classifier, trained):
    """The figures are those of all crops; what one crop would have said stands beside them."""
    found = striate.evaluate(classifier, trained.data, crops=10)
    once = striate.evaluate(classifier, trained.data)
    paths = sorted((trained.data / "test").glob("*/*.png"))
    rows = classifier.probabilities(paths, crops=10)
    targets = [classifier.labels.index(path.parent.name) for path in paths]
    assert found.figures.accuracy == (rows.argmax(1) == targets).mean()
    assert found.figures.log_loss == pytest.approx(-np.log(rows[np.arange(18), targets]).mean(), rel=1e-4)
    assert [(c.name, c.score) for c in found.contenders] == [
        ("one crop", once.figures.accuracy),
        ("10 crops", found.figures.accuracy),
    ]
    assert (once.contenders, once.gains) == ((), ())
    assert "contenders" not in once.to_dict()
    assert found.to_dict()["gains"][0]["change"]["n"] == 18
    assert found.remarks == ("every second crop is mirrored, and training showed no mirrored images (try 5 crops)",)
    assert striate.evaluate(classifier, trained.data, crops=5).remarks == ()


def test_several_networks(classifier, trained, write_stripes):
    """The trained network and one that knows nothing, of another size; and what they were trained on is told."""
    idle = Classifier(
        Engine(
            create_model("lenet5", num_classes=3, in_channels=1),
            Preset((32, 32), 1, (128.0,), (70.0,), labels=classifier.labels[::-1], short_side=36),
        ),
        classifier.task,
        name="idle",
    )
    ensemble = Ensemble([classifier, idle])
    found = striate.evaluate(ensemble, trained.data, crops=2, part="val")
    assert [c.name for c in found.contenders] == [
        str(trained.model),
        "idle",
        "mean of the members",
        "ensemble of 2, one crop",
        "ensemble of 2, 2 crops",
    ]
    assert found.contenders[-1].score == found.figures.accuracy
    assert found.contenders[0].score == striate.evaluate(classifier, trained.data, crops=2, part="val").figures.accuracy
    assert [(g.name, g.over) for g in found.gains] == [("2 crops", "one crop"), ("ensemble of 2", str(trained.model))]
    assert found.remarks[0] == (
        "1 of 2 members were trained on this data; their best epochs were chosen on these images"
    )
    new = write_stripes("new", classifier.labels, per_class=2, first=900)
    assert striate.evaluate([trained.model, trained.run], new).remarks == ()


def test_members_that_held_back_other_images(write_stripes):
    """No part of the data is held back from all of them then."""
    data = write_stripes("d", ("a", "b"), per_class=6)
    for seed in (0, 1, 2):
        list(striate.train(data, out=f"run{seed}", model="lenet5", epochs=1, seed=seed, cut_seed=min(seed, 1)))
    (remark,) = striate.evaluate(["run0", "run1"], data, part="val").remarks
    assert remark.startswith("members held different images of this data back")
    (remark,) = striate.evaluate(["run1", "run2"], data, part="val").remarks
    assert remark.startswith("2 of 2 members were trained on this data; their best epochs were chosen")


def test_progress_over_members_and_crops(classifier, trained):
    seen = []
    ensemble = Ensemble([classifier, classifier])
    striate.evaluate(ensemble, trained.data, crops=9, on_images=lambda done, total: seen.append((done, total)))
    assert seen[0] == (9, 18 * 2 * 10)  # two even batches of the first member, one crop
    assert seen[-1] == (360, 360)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
