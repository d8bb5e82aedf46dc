"""The collapse alarm: it is raised by a training that collapses, and by nothing else."""

import pytest
import torch

from striate.errors import CollapseError
from striate.models import create_model
from striate.training import Recipe, fit
from striate.training.collapse import CollapseAlarm, spread
from striate.training.mining import MINERS
from striate.training.relations import relate
from striate.training.siamese import Siamese, SiameseLoss, TripletCost

RELATED = relate(torch.tensor([0, 0, 1, 1]))


def encodings(distance):
    """Two pairs, of which the one is so far from the other."""
    turned = torch.tensor([distance, (1 - distance**2) ** 0.5])
    one, other = torch.tensor([0.0, 1.0]), turned / turned.norm()
    return torch.stack([one, one, other, other])


def test_the_spread_is_the_mean_distance_of_what_differs():
    e = torch.nn.functional.normalize(torch.randn(4, 3))
    wanted = sum((e[i] - e[j]).norm().item() for i in (0, 1) for j in (2, 3)) / 4
    assert spread(e, RELATED) == pytest.approx(wanted)


def test_one_step_apart_starts_the_count_again():
    alarm, cost = CollapseAlarm(patience=3), torch.tensor(0.2)
    for distance in (0.001, 0.001, 0.5, 0.001, 0.001):
        alarm.watch(encodings(distance), RELATED, cost)
    with pytest.raises(CollapseError, match=r"for 3 steps .* 0.001 apart.*loss stays at 0.2; give a lower"):
        alarm.watch(encodings(0.001), RELATED, cost)


def test_batches_of_one_identity_say_nothing():
    alarm = CollapseAlarm(patience=1)
    alarm.watch(encodings(0.001), relate(torch.tensor([0, 0, 0, 0])), torch.tensor(0.0))
    assert alarm.steps == 0


class Noise:
    """Batches of pictures that can't be told apart, in identities that mean nothing."""

    def __len__(self):
        return 200

    def epoch(self, epoch, start_step=0):
        for step in range(start_step, 200):
            generator = torch.Generator().manual_seed(step)
            yield Pictures(torch.randn(16, 1, 32, 32, generator=generator), torch.arange(16) // 4)


class Pictures:
    def __init__(self, images, targets):
        self.images, self.targets = images, targets


def test_a_run_that_collapses_raises_it():
    """Hard negatives and a rate that is too high: every encoding becomes the same, as in the papers."""
    torch.manual_seed(0)
    siamese = Siamese(create_model("lenet5", num_classes=16))
    loss = SiameseLoss(TripletCost(MINERS["hard"]), CollapseAlarm())
    recipe = Recipe.usual("adam", epochs=1, lr=0.003, schedule="constant")
    with pytest.raises(CollapseError, match=r"the loss stays at 0\.2.*--mining semi-hard"):
        list(fit(siamese, Noise(), lambda network: {"auc": 0.5}, loss=loss, recipe=recipe, monitor="auc", device="cpu"))


def test_a_resumed_run_counts_on(tmp_path):
    """Raised where it would have been without the interruption."""
    seen = []

    def note(step):
        seen.append(step.step)
        if seen == [1, 2, 3]:
            raise KeyboardInterrupt

    def run():
        encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(32 * 32, 4), torch.nn.Threshold(1e9, 1.0))
        loss = SiameseLoss(TripletCost(MINERS["random"]), CollapseAlarm(patience=6))  # all encodings are alike
        recipe, figures = Recipe(epochs=1), lambda network: {"auc": 0.5}
        options = {
            "loss": loss,
            "recipe": recipe,
            "monitor": "auc",
            "device": "cpu",
            "folder": tmp_path,
            "resume": True,
        }
        list(fit(encoder, Noise(), figures, on_step=note, **options))

    with pytest.raises(KeyboardInterrupt):
        run()
    with pytest.raises(CollapseError, match="for 6 steps"):
        run()
    assert seen == [1, 2, 3, 4, 5]
