"""Turned identities: eight views of each, which are the dihedral group's."""

import numpy as np
import pytest

from striate.data import Item, Loader, Part, open_identities, turn_identities, turned_views
from striate.preset import Preset


class Corner:
    """A picture of 4 x 6 pixels, no two of them alike."""

    def load(self, path, channels=3, at_least_hw=None):
        self.asked = at_least_hw
        return np.arange(24, dtype=np.uint8).reshape(4, 6, 1).repeat(channels, axis=2)


def views():
    part = turn_identities(Part([Item("x", (2,))], Corner()), num_identities=5)
    return part, [part.load(i, 1)[..., 0] for i in range(len(part))]


def test_the_views_are_those_of_the_square():
    part, seen = views()
    plain = np.arange(24).reshape(4, 6)
    wanted = [np.rot90(base, turns) for base in (plain, plain[:, ::-1]) for turns in range(4)]
    assert all(np.array_equal(a, b) for a, b in zip(seen, wanted, strict=True))
    assert len({view.tobytes() + bytes(view.shape) for view in seen}) == 8
    assert [item.labels for item in part.items] == [(5 * view + 2,) for view in range(8)]


@pytest.mark.parametrize(("view", "asked"), [(0, (3, 5)), (1, (5, 3)), (6, (3, 5)), (7, (5, 3))])
def test_the_size_that_is_asked_for_is_that_before_the_turn(view, asked):
    part, _ = views()
    part.load(view, 1, (3, 5))
    assert part.store.store.asked == asked


def test_files_are_checked_as_they_lie(write_stripes):
    part = open_identities(write_stripes("d", ("ant", "bee"), 2), val_share=0).parts["train"]
    turned = turn_identities(part, 2)
    assert (len(turned), len({item.labels for item in turned.items})) == (32, 16)
    path = part.items[0].path
    assert turned.store.digest(f"5@{path}") == part.store.digest(path)
    assert turned.store.check(f"5@{path}") == part.store.check(path)
    preset = Preset((28, 28), 1, (128.0,), (64.0,))
    (batch,) = Loader(turned, preset, batch_size=32).epoch(0)
    assert batch.images[4 + 0, 0].numpy() == pytest.approx(np.rot90(batch.images[0, 0].numpy()), abs=1e-5)


def test_all_views_of_an_image_stand_together():
    _, seen = views()
    both = turned_views(Part([Item("x", (2,)), Item("y", (7,))], Corner()))
    assert [item.labels for item in both.items] == [(2,)] * 8 + [(7,)] * 8
    assert all(np.array_equal(both.load(8 + i, 1)[..., 0], view) for i, view in enumerate(seen))
    assert len(turned_views(Part([], Corner()))) == 0
