"""How many processes are started; that they work, stop and end with their parent: `test_loader.py`."""

import pytest

from striate.data.workers import WORTH_WORKERS, workers_for


@pytest.mark.parametrize(
    ("images", "asked", "expected"),
    [(0, 2, 0), (WORTH_WORKERS - 1, 2, 0), (WORTH_WORKERS, 2, 2), (WORTH_WORKERS, 0, 0)],
)
def test_few_images_are_not_worth_a_process(images, asked, expected):
    assert workers_for(images, asked) == expected
