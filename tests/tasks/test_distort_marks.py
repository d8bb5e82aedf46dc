import numpy as np
import pytest
from PIL import Image

from striate.errors import ArgumentError
from striate.tasks import draw_distortions
from striate.tasks.distort_marks import marked_rows
from tests.squares import write_squares


def is_coloured(picture, x, y):
    """Squares are red or blue, the noise around them is grey."""
    pixel = picture[int(y), int(x)].astype(int)
    return pixel.max() - pixel.min() > 80


@pytest.mark.parametrize("distort", [None, "mirror, crop 0.4-1, rotate 20", "none"])
def test_boxes_lie_on_their_squares(tmp_path, distort):
    data = write_squares(tmp_path / "data", most=2, hw=(48, 64)) / "boxes.csv"
    rows, _ = marked_rows(data, "detect", distort=distort, images=8, views=3, seed=0)
    views = [view for row in rows for view in row.views]
    middles = [(v.image, *((box[:2] + box[2:]) / 2)) for v in views for box in v.boxes]
    assert len(views) == 8 * 4
    assert len(middles) > 20
    assert all(is_coloured(*middle) for middle in middles)


def test_points_surround_their_square(tmp_path):
    data = write_squares(tmp_path / "data") / "points.csv"
    rows, _ = marked_rows(data, "landmarks", distort="mirror, rotate 20", images=6, views=3, seed=0)
    points = [(view.image, view.points) for row in rows for view in row.views[1:] if len(view.points)]
    assert len(points) > 6
    assert all(is_coloured(image, *xy.mean(axis=0)) for image, xy in points)


def test_the_page(tmp_path):
    data = write_squares(tmp_path / "data")
    draw_distortions(data / "boxes.csv", tmp_path / "page.png", images=2, views=2)
    with Image.open(tmp_path / "page.png") as page:
        assert np.asarray(page).std() > 0


def test_unknown_words_are_refused(tmp_path):
    data = write_squares(tmp_path / "data")
    with pytest.raises(ArgumentError, match="did you mean 'mirror'"):
        draw_distortions(data / "boxes.csv", tmp_path / "page.png", distort="miror")
    assert not (tmp_path / "page.png").exists()
