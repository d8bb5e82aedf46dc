import pytest
import skimage.data
import torch

from striate.errors import ArgumentError, ShapeError
from striate.ops import cross_correlate, edge_filter, edges, learn_filter


@pytest.fixture(scope="module")
def photos():
    camera = torch.from_numpy(skimage.data.camera())
    return torch.stack([camera[100:148, 200:248], camera[300:348, 120:168]])  # (2, 48, 48) uint8


@pytest.mark.parametrize(
    "wanted",
    [
        edge_filter("plain"),
        edge_filter("scharr", 90),
        edge_filter("sobel", 45),
        edge_filter("sobel", 70),
        edge_filter("sobel", 73),
        torch.tensor([[0.3, -1.7, 2.2], [5.0, 0.1, -0.4], [-3.0, 1.0, 0.9]]),  # has no name
    ],
    ids=["plain", "scharr90", "sobel45", "sobel70", "sobel73", "nameless"],
)
def test_a2_nine_numbers_are_recovered(photos, wanted):
    learned = learn_filter(photos, cross_correlate(photos.double(), wanted.double()))
    assert torch.allclose(learned, wanted.double(), atol=1e-5)


def test_one_photograph_of_6x6_is_enough():
    image = torch.rand(6, 6, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(learn_filter(image, edges(image, "scharr")), edge_filter("scharr").double(), atol=1e-3)


def test_equals_least_squares_where_no_filter_is_perfect(photos):
    targets = edges(photos, "sobel", absolute=True).double()
    learned = learn_filter(photos, targets)
    windows = torch.nn.functional.unfold(photos.double()[:, None], 3).transpose(1, 2).reshape(-1, 9)
    best = torch.linalg.lstsq(windows, targets.reshape(-1, 1)).solution.reshape(3, 3)
    assert torch.allclose(learned, best, atol=1e-4)


def test_other_sizes_padding_and_colour():
    wanted = torch.randn(5, 5, generator=torch.Generator().manual_seed(0)).double()
    images = torch.rand(2, 20, 20, generator=torch.Generator().manual_seed(2))
    targets = cross_correlate(images, wanted, padding="same")
    assert torch.allclose(learn_filter(images, targets, 5, padding="same"), wanted, atol=1e-4)
    colour = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    red_only = torch.stack([edge_filter("plain"), torch.zeros(3, 3), torch.zeros(3, 3)])
    learned = learn_filter(colour, cross_correlate(colour, red_only))
    assert torch.allclose(learned, red_only.double(), atol=1e-4)


def test_a_blank_image_teaches_nothing_and_breaks_nothing():
    assert not learn_filter(torch.zeros(8, 8), torch.zeros(6, 6)).any()


def test_works_where_gradients_are_switched_off():
    image = torch.rand(12, 12, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(learn_filter(image, edges(image)), edge_filter().double(), atol=1e-4)


@pytest.mark.parametrize(
    ("images", "targets", "error", "message"),
    [
        (torch.zeros(6), torch.zeros(4), ShapeError, "images must be"),
        (torch.zeros(0, 6, 6), torch.zeros(0, 4, 4), ShapeError, "not empty"),
        (torch.zeros(6, 6), torch.zeros(6, 6), ShapeError, r"targets must be of shape \(4, 4\)"),
        (torch.zeros(5, 6, 6), torch.zeros(4, 4, 4), ShapeError, r"\(5, 4, 4\)"),
        (torch.zeros(2, 2), torch.zeros(1, 1), ShapeError, "does not fit"),
        (torch.full((6, 6), torch.nan), torch.zeros(4, 4), ArgumentError, "images must be finite"),
        (torch.zeros(6, 6), torch.full((4, 4), torch.inf), ArgumentError, "targets must be finite"),
    ],
)
def test_bad_arguments(images, targets, error, message):
    with pytest.raises(error, match=message):
        learn_filter(images, targets)


def test_at_least_one_step():
    with pytest.raises(ArgumentError, match="max_steps"):
        learn_filter(torch.zeros(6, 6), torch.zeros(4, 4), max_steps=0)
