"""Whole trainings of encoders, small ones: they learn, and what they write says what they did."""

import html
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import striate
from striate.data import IdentityLoader, Item, Part, RelatedPart, open_identities, pairs_of, write_image
from striate.errors import ArgumentError, CollapseError, DataError, OutputError, UnknownNameError
from striate.faces import Encoder, join_views
from striate.faces.encoder_weights import EncoderWeights
from striate.models import load_model, read_header, save_model
from striate.tasks import evaluate_encoder, load_classifier
from striate.tasks.verify import measure_encodings, pair_distances
from striate.tasks.verify_report import worst_pairs
from striate.tasks.verify_run import VerifyRun
from striate.training import PairUnit

NAMES = ("ant", "bee", "cat", "dog", "eel", "fly")
SMALL = {
    "task": "verify",
    "model": "lenet5",
    "epochs": 4,
    "batch_size": 16,
    "dim": 16,
    "precision": "fp32",
    "distort": "none",
}
LOSSES = ("triplet", "contrastive", "pair", "chi-square")


def record_of(run):
    start, *epochs, result = map(json.loads, Path(run, "record.jsonl").read_text().splitlines())
    return start, epochs, result


def same_weights(first, second):
    a, b = (load_model(Path(run, "model.safetensors"))[0].state_dict() for run in (first, second))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def pair_rows(names=NAMES, part=lambda name: ""):
    """Of each kind of stripes the same pairs, and one picture with the next kind's."""
    rows = []
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        ending = f",{part(name)}" if part(name) else ""
        rows += [f"{name}/{i}.png,{name}/{i + 1}.png,1{ending}" for i in range(6)]
        if part(name) == part(other):
            rows += [f"{name}/{i}.png,{other}/{i}.png,0{ending}" for i in range(6)]
    return rows


@pytest.fixture
def data(write_stripes):
    return write_stripes("d", NAMES, 12)


@pytest.mark.parametrize("loss", LOSSES)
def test_they_learn_what_they_never_saw(data, loss):
    run = striate.train(data, out="run", loss=loss, lr=3e-3, **{**SMALL, "epochs": 6})
    list(run)
    start, epochs, _result = record_of("run")
    assert f"--task verify --loss {loss} --dim 16" in " ".join(start["command"])
    assert [set(epoch["figures"]) for epoch in epochs] == [{"auc", "loss", "eer", "accuracy", "one_shot"}] * 6
    figures = run.outcome.figures["val"]
    assert figures.distances.auc == pytest.approx(max(epoch["figures"]["auc"] for epoch in epochs), rel=1e-4)
    assert figures.distances.auc > 0.9
    assert figures.one_shot.accuracy > 0.9
    assert figures.n_identities == 2
    assert (figures.unit is None) == (loss in ("triplet", "contrastive"))
    if figures.unit:
        assert figures.unit.auc > 0.9


def test_the_model_file(data):
    run = striate.train(data, out="run", loss="pair", **SMALL)
    list(run)
    header = read_header("run/model.safetensors")
    assert (header.task, header.preset.labels, header.arguments["num_classes"]) == ("verify", (), 16)
    assert header.thresholds == {"distance": run.outcome.figures["val"].distances.threshold}
    assert header.record["plan"]["loss"] == "pair"
    unit = PairUnit.from_dict(header.record["pair_unit"])
    assert torch.equal(unit.weight, run.siamese.unit.weight)


def test_evaluation_gives_the_recorded_figures(write_stripes):
    """Encoded one image after the other, and again with the training's own cut."""
    data = write_stripes("d", NAMES, 12)
    run = striate.train(data, out="run", loss="chi-square", **SMALL)
    list(run)
    evaluation = striate.evaluate("run", data, part="val")
    assert list(evaluation.remarks) == ["the model was trained on this data; its best epoch was chosen on these images"]
    found, recorded = evaluation.figures, run.outcome.figures["val"]
    assert found.distances.threshold == recorded.distances.threshold
    assert found.distances.auc == pytest.approx(recorded.distances.auc, abs=1e-3)
    assert found.one_shot.accuracy == pytest.approx(recorded.one_shot.accuracy, abs=0.01)
    assert found.unit.auc == pytest.approx(recorded.unit.auc, abs=1e-3)
    others = striate.evaluate("run", write_stripes("other", ("one", "two", "three"), 6, first=50))
    assert (others.part, others.remarks, others.figures.n_identities) == ("all", (), 3)
    assert set(others.to_dict()) >= {"auc", "eer", "accuracy", "one_shot", "pair_unit", "part"}


def test_the_page_of_worst_mistakes(data):
    list(striate.train(data, out="run", **{**SMALL, "epochs": 1, "lr": 1e-6}))
    evaluation = evaluate_encoder(striate.load("run"), data, part="train", out="worst.png")
    page = cv2.imread("worst.png")
    assert 3 <= evaluation.mistakes <= 24
    assert page.shape[1] == 2 * (3 * (336 + 16) + 16)
    assert (page[33:60] < 255).any(axis=(1, 2)).all(), "a pair of images begins where the page does"
    for out, error, message in (
        ("worst.txt", ArgumentError, "out must be a file ending in .png"),
        ("nowhere/worst.png", OutputError, "no folder"),
        (Path(data, "ant/0.png"), OutputError, "would be drawn over"),
    ):
        with pytest.raises(error, match=message):
            evaluate_encoder(striate.load("run"), data, out=out)


def test_pairs_that_share_images_are_remarked():
    """Of 5 images in 6 pairs, and of 4 in two: the second kind are independent of one another."""
    encodings = np.eye(5, dtype=np.float32)
    items = [Item(str(i), (i % 2,)) for i in range(5)]
    shared = measure_encodings(encodings, Part(items, None))
    assert shared.pairs_share_images
    assert shared.to_dict()["pairs_share_images"] is True
    assert re.search(r"\(95 % interval .* to .*, too short: the pairs share images\) of 8 pairs", str(shared))
    assert str(shared).endswith("5 images of 2 identities")
    assert re.search(r"one-shot identification .*% among 2 identities, of which guessing names 50 %;", str(shared))
    rows = {"rows": np.array([[0, 2], [1, 4]]), "identities": np.array([[0, 0], [0, 1]])}
    apart = measure_encodings(encodings, RelatedPart(items, None, **rows))
    assert not apart.pairs_share_images
    assert "share" not in str(apart)
    assert "guessing" not in str(apart)


def test_the_licence_that_an_encoder_inherits_says_whose_it_is(data):
    list(striate.train(data, out="run", **{**SMALL, "epochs": 1}))
    assert striate.load("run").notice == ""
    network, header = load_model("run/model.safetensors")
    save_model("pets.safetensors", network, replace(header, licence="Apache-2.0"))
    wanted = "weights pets.safetensors: Apache-2.0, as those that its training began with"
    assert striate.load("pets.safetensors").notice == wanted


def test_load_gives_encodings_of_unit_length(data):
    list(striate.train(data, out="run", **{**SMALL, "epochs": 1}))
    encodings = striate.load("run").encode([np.zeros((28, 28, 1), np.uint8), np.full((40, 30, 1), 200, np.uint8)])
    assert encodings.shape == (2, 16)
    assert np.linalg.norm(encodings, axis=1) == pytest.approx(1)
    with pytest.raises(ArgumentError, match="trained to verify"):
        load_classifier("run")


def test_the_report(data):
    list(striate.train(data, out="run", **{**SMALL, "epochs": 1}))
    page = Path("run/report.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link)|src=\"(?!data:)|https?://(?!www\.w3\.org)", page), "asks nothing of a server"
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    for words in (
        "one-shot identification",
        "equal error rate",
        "accuracy, 95\xa0% interval ",
        "AUC",
        "false accepts",
        "6 identities",
        "as if no two pairs had an image or an identity in common. These have images in common, so they are too short.",
        "each with its distance",
    ):
        assert words in text, words


def test_the_same_again(data):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        list(striate.train(data, out=out, seed=seed, **{**SMALL, "epochs": 1}))
    assert same_weights("a", "b")
    assert not same_weights("a", "c")


@pytest.mark.parametrize(
    "options",
    [
        {"mining": "random"},
        {"loss": "chi-square", "recipe": {"ema_decay": 0.9}},
        {"model": "resnet20", "distort": "mirror, rotate 15", "freeze": "stage1"},
        {"turned": True, "spliced": True, "epochs": 2},
    ],
)
def test_a_run_that_is_left_can_be_resumed(data, options):
    """Same epochs, weights, threshold and figures, to the bit."""
    wishes = {**SMALL, "epochs": 3, **options}
    list(striate.train(data, out="whole", **wishes))
    for epoch in striate.train(data, out="run", **wishes):
        if epoch.epoch == wishes["epochs"] - 1:
            break
    assert not Path("run/model.safetensors").exists()
    list(striate.train(data, out="run", resume=True))
    (_, epochs, result), (_, own, own_result) = record_of("whole"), record_of("run")
    assert [(e["loss"], e["figures"]) for e in own] == [(e["loss"], e["figures"]) for e in epochs]
    assert own_result == result
    assert same_weights("run", "whole")


class BothShares:
    """The batches of two processes as those of one: nothing is known of who is who between the two."""

    def __init__(self, run):
        P, K = run.plan.num_identities, run.plan.num_images
        part, preset = run.dataset.parts["train"], run.plan.preset
        ways = {"num_identities": P, "num_images": K, "pipeline": run.plan.pipeline, "world_size": 2}
        self.loaders = [IdentityLoader(part, preset, rank=rank, **ways) for rank in range(2)]

    def __len__(self):
        return len(self.loaders[0])

    def epoch(self, epoch, start_step=0):
        for batches in zip(*(loader.epoch(epoch, start_step) for loader in self.loaders), strict=True):
            targets = [torch.stack([torch.full_like(b.targets, rank), b.targets], 1) for rank, b in enumerate(batches)]
            yield batches[0]._replace(images=torch.cat([b.images for b in batches]), targets=torch.cat(targets))

    def start(self):
        pass

    close = start


PROCESS = """
import torch

import striate
from striate.training import leave

torch.set_num_threads(1)
list(striate.train("d", out="two", device="cpu", **{options}))
leave()
"""


@pytest.mark.slow
def test_two_processes_learn_from_both_shares(data, monkeypatch):
    """Each takes identities of its own at every step; encoder and pair classifier are those of one process."""
    options = {**SMALL, "loss": "pair", "batch_size": 8, "epochs": 2}
    Path("train.py").write_text(PROCESS.replace("{options}", repr(options)))
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "train.py")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *launcher], check=True, env=environment, capture_output=True, timeout=120)
    monkeypatch.setattr(VerifyRun, "_train_loader", lambda run: BothShares(run))
    list(striate.train(data, out="one", device="cpu", **options))
    (one, header), (two, other) = (load_model(Path(run, "model.safetensors")) for run in ("one", "two"))
    for name, tensor in one.state_dict().items():
        torch.testing.assert_close(two.state_dict()[name], tensor, rtol=1e-4, atol=1e-5)
    assert other.record["pair_unit"]["weight"] == pytest.approx(header.record["pair_unit"]["weight"], rel=1e-4)
    (_, epochs, _), (_, own, _) = record_of("one"), record_of("two")
    assert [epoch["loss"] for epoch in own] == pytest.approx([epoch["loss"] for epoch in epochs], rel=1e-4)


def test_a_batch_has_no_more_images_of_an_identity_than_there_are(data):
    run = striate.train(data, out="run", **{**SMALL, "batch_size": 100_000})
    assert (run.plan.num_identities, run.plan.num_images, run.plan.batch_size) == (4, 12, 48)
    assert "batches of 4 identities with 12 images each; 2 identities are held back" in run.plan.reasons


def test_turned_identities_fill_more_batches(data):
    ways = ({}, {"turned": True}, {"turned": True, "spliced": True})
    runs = [striate.train(data, out=f"run-{len(way)}", **way, **SMALL) for way in ways]
    assert [run.plan.num_identities for run in runs] == [4, 4, 4]
    assert {"--turned", "--spliced"} <= set(runs[2].start["command"])
    assert "True" not in runs[2].start["command"]
    plain, turned, spliced = (len(run._train_loader()) for run in runs)
    assert turned == 8 * plain
    assert spliced >= 2 * turned  # as many images again, and two of each pair at least


@pytest.mark.parametrize("loss", ["triplet", "pair"])
def test_an_encoder_of_turned_things_encodes_all_views(data, loss):
    """Its squared distances are the means of those of equal views, and it is measured by them, loaded or not."""
    run = striate.train(data, out="run", turned=True, loss=loss, **SMALL)
    list(run)
    encoder, header = striate.load("run"), read_header("run/model.safetensors")
    images = [cv2.imread(f"{data}/{name}/0.png", cv2.IMREAD_GRAYSCALE)[..., None] for name in NAMES[:3]]
    joined = encoder.encode(images)  # (3, 8 * 16)
    assert encoder.dim == joined.shape[1] == 8 * SMALL["dim"]
    network, _ = load_model("run/model.safetensors")
    plain = Encoder(EncoderWeights(network, header.preset, replace(encoder.encoder_preset, turned=False), ""))
    views = np.stack([plain.encode([np.rot90(x[:, ::-1] if v > 3 else x, v % 4) for x in images]) for v in range(8)])
    for i, k in ((0, 1), (0, 2), (1, 2)):
        apart = [np.square(view[i] - view[k]).sum() for view in views]
        assert np.square(joined[i] - joined[k]).sum() == pytest.approx(np.mean(apart), abs=1e-6)
    assert encoder.identity != plain.identity
    evaluation = evaluate_encoder(encoder, data, part="val")
    val = run.outcome.figures["val"]
    assert evaluation.figures.distances.auc == pytest.approx(val.distances.auc)
    assert evaluation.figures.one_shot.accuracy == pytest.approx(val.one_shot.accuracy)
    assert (evaluation.figures.unit is None) == (loss == "triplet")


def test_a_pair_classifier_decides_by_all_views():
    unit, rng = PairUnit("difference", dim=4), np.random.default_rng(0)
    views = rng.normal(size=(2, 8, 4))
    views = (views / np.linalg.norm(views, axis=2, keepdims=True)).astype(np.float32)
    part = Part([Item("a", (0,)), Item("b", (0,)), Item("c", (1,))], None)
    encodings = join_views(np.concatenate([views[:1], views[:1], views[1:]]).reshape(24, 4))
    logits = [float(unit(*torch.from_numpy(views[:, v : v + 1])).detach()) for v in range(8)]
    found = measure_encodings(encodings, part, unit=unit).unit
    assert found.roc.distances[-1] == pytest.approx(1 / (1 + np.exp(np.mean(logits))), rel=1e-5)


def test_what_a_resumed_run_refuses(data, write_stripes):
    next(iter(striate.train(data, out="run", **SMALL)))
    for other, message in (
        ({"task": "detect"}, "task must be the run's own, 'verify'"),
        ({"dim": 8}, "dim must be the run's own, 16"),
        ({"mining": "hard"}, "mining must be the run's own, 'semi-hard'"),
        ({"loss": "pair"}, "loss must be the run's own, 'triplet', when it is resumed, got 'pair'"),
        ({"freeze": "all", "hidden": (8,)}, "freeze must be the run's own, 'none'"),
        ({"last_stage": "conv1"}, "last_stage must be left out, as when the run began"),
    ):
        with pytest.raises(ArgumentError, match=message):
            striate.train(data, out="run", resume=True, **other)
    striate.train(data, out="run", resume=True, loss="triplet", mining="semi-hard", optimizer="adamw", **SMALL)
    write_stripes("other", NAMES, 11)
    with pytest.raises(ArgumentError, match="other images or labels"):
        striate.train("other", out="run", resume=True)


def test_the_threshold_is_chosen_on_val_and_kept_for_test(write_stripes):
    write_stripes("d/train", NAMES[:3], 8)
    write_stripes("d/val", NAMES[3:5], 8, first=20)
    write_stripes("d/test", NAMES[3:6], 8, first=40)
    run = striate.train("d", out="run", **SMALL)
    list(run)
    val, test = run.outcome.figures["val"], run.outcome.figures["test"]
    assert test.distances.threshold == val.distances.threshold
    assert (test.n_identities, val.n_identities) == (3, 2)
    assert set(run.outcome.remarks) == {"val"}


def test_one_collapses_and_says_so():
    """Hard negatives, and pictures of noise, of which no two are alike: to answer the same to all costs least."""
    rng = np.random.default_rng(0)
    for name in NAMES:
        Path("noise", name).mkdir(parents=True)
        for i in range(12):
            write_image(f"noise/{name}/{i}.png", rng.integers(0, 256, (28, 28, 1), dtype=np.uint8))
    with pytest.raises(CollapseError, match=r"the loss stays at 0\.2.*give a lower learning rate"):
        list(striate.train("noise", out="run", mining="hard", **{**SMALL, "lr": 3e-3, "epochs": 60}))
    assert Path("run/record.jsonl").exists()
    assert not Path("run/model.safetensors").exists()


# Lists


@pytest.fixture
def pairs(data):
    rows = pair_rows(part=lambda name: "val" if name in NAMES[4:] else "train")
    path = Path(data, "pairs.csv")
    path.write_text(
        "\n".join(["a,b,same,part", *rows, "eel/0.png,fly/1.png,0,val", "eel/3.png,fly/3.png,0,val"]) + "\n"
    )
    return path


def test_a_list_of_pairs_teaches(pairs):
    run = striate.train(pairs, out="run", **{**SMALL, "epochs": 4})
    assert (run.plan.loss, run.plan.mining) == ("contrastive", None)
    assert "contrastive loss: a list of pairs has no triplets, from which an encoder usually learns" in run.plan.reasons
    epochs = list(run)
    assert epochs[0].loss > max(0.01, epochs[-1].loss)
    assert "one_shot" not in epochs[-1].figures
    figures = run.outcome.figures["val"]
    assert figures.one_shot is None
    part = open_identities(pairs).parts["val"]
    assert (figures.distances.n_same, figures.distances.n_different) == (
        pairs_of(part).same.sum(),
        (~pairs_of(part).same).sum(),
    )


def test_a_list_of_triplets_teaches(data):
    rows = [f"{n}/{i}.png,{n}/{i + 1}.png,{m}/{i}.png" for n in NAMES for m in NAMES for i in range(4) if n != m]
    path = Path(data, "triplets.csv")
    path.write_text("\n".join(["anchor,positive,negative", *rows]) + "\n")
    run = striate.train(path, out="run", val_share=0.4, **{**SMALL, "epochs": 3})
    epochs = list(run)
    assert epochs[-1].loss < epochs[0].loss
    assert run.plan.mining == "random"  # which finds the list's own negatives alone


def test_a_list_of_pairs_has_no_triplets(pairs):
    for wishes, message in (
        ({"loss": "triplet"}, "loss triplet learns from three images.*give contrastive, pair or chi-square"),
        ({"mining": "hard"}, "a list says itself"),
    ):
        with pytest.raises(ArgumentError, match=message):
            striate.train(pairs, out="run", **wishes, **SMALL)
    run = striate.train(pairs, out="run", loss="pair", **SMALL)
    assert not any("contrastive" in reason for reason in run.plan.reasons)


# What can't be


# (wishes, what the message says)
REFUSED = [
    ({"loss": "modern"}, "no loss of encoders named 'modern'"),
    ({"mining": "soft"}, "no mining named 'soft'"),
    ({"loss": "pair", "mining": "hard"}, "mining chooses triplets"),
    ({"views": 3}, "views is of classification of images: leave it out for verify"),
    ({"freeze": "auto"}, "freeze must be none"),
    ({"recipe": {"mixup": 0.2}}, "mixup in the recipe"),
    ({"batch_size": 3}, "batch_size must be at least 4"),
    ({"dim": 1}, "dim must be an integer of at least 2, got 1"),
    ({"mosaic": 1.0}, "mosaic is of detectors: leave it out for verify"),
    ({"window": 1.0}, "window is of signals with annotations: leave it out for verify"),
    ({"task": "classify", "dim": None, "mining": "hard"}, "mining is of encoders"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_wishes_that_are_refused(data, change, message):
    with pytest.raises(ArgumentError, match=message):
        striate.train(data, out="run", **{**SMALL, **change})
    assert not Path("run").exists()


def test_triplets_need_two_images_of_an_identity(write_stripes):
    write_stripes("d/train", NAMES[:3], 1)
    write_stripes("d/val", NAMES[3:5], 3)
    with pytest.raises(DataError, match="the train part of d needs two images"):
        striate.train("d", out="run", **SMALL)


def test_distances_are_those_of_a_loop(data):
    encodings = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
    part = open_identities(data, val_share=0).parts["train"]
    pairs = pairs_of(part)._replace(first=np.arange(5), second=np.arange(5) + 7)
    wanted = [np.sqrt(sum((a - b) ** 2 for a, b in zip(encodings[i], encodings[i + 7], strict=True))) for i in range(5)]
    assert pair_distances(encodings, pairs) == pytest.approx(wanted)


def test_an_unknown_task_is_told():
    with pytest.raises(UnknownNameError, match="verfy"):
        striate.train(".", task="verfy", out="../run")


def test_worst_pairs_are_the_worst():
    """Same things farther apart than τ, the farthest first; different ones nearer; an image once of each kind."""

    class Grey:
        def load(self, path, channels=3, at_least_hw=None):
            return np.full((20, 30 if path == "0" else 400, channels), 7, np.uint8)

    angles = np.array([0.0, 1.0, 2.0, 0.2, 1.1, 3.0])  # on the half circle
    encodings = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    part = Part([Item(str(i), (label,)) for i, label in enumerate([0, 0, 0, 1, 1, 1])], Grey())
    tiles = worst_pairs(part, encodings, threshold=0.5, channels=1)
    shown = [(tile.true, f"{tile.path} and {tile.other}", tile.predicted) for tile in tiles]
    assert shown == [
        ("the same", "3 and 5", "different, 1.97"),
        ("the same", "0 and 2", "different, 1.68"),
        ("different", "1 and 4", "the same, 0.10"),
        ("different", "0 and 3", "the same, 0.20"),
    ]
    assert tiles[1].image.shape == (20, 30 + 8 + 160, 1)
    assert worst_pairs(part, encodings, threshold=0.0, channels=1)[-1].true == "the same"
