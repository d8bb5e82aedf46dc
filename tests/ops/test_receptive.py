import pytest

from striate.ops import Field


# (f, stride, padding) of each layer, and the known field of the last: Araujo et al., Distill 2019, table 1.
@pytest.mark.parametrize(
    ("layers", "size", "stride"),
    [
        ([], 1, 1),
        # AlexNet to its last pooling (v2, as there)
        ([(11, 4, 0), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0)], 195, 32),
        # VGG-16
        (2 * ([(3, 1, 1)] * 2 + [(2, 2, 0)]) + 3 * ([(3, 1, 1)] * 3 + [(2, 2, 0)]), 212, 32),
    ],
)
def test_known_networks(layers, size, stride):
    field = Field()
    for f, s, p in layers:
        field = field.then(f, s, p)
    assert (field.size, field.stride) == (size, stride)


def test_half_padding_keeps_the_first_centre():
    assert Field().then(3, 1, 1).then(5, 1, 2).offset == 0.5


def test_dilation_and_cropping():
    assert Field().then(3, dilation=4) == Field(9, 1, 4.5)
    assert Field().then(1, 2, -1) == Field(1, 2, 1.5)  # every second pixel from the second


def test_extent_of_neighbours_is_a_stride_apart():
    field = Field(7, 2, 0.5)
    assert field.extent() == (-3, 4)
    assert field.extent(3) == (3, 10)


def test_whole_is_clipped_to_the_image_and_leaves_out_what_no_output_sees():
    assert Field(11, 4, 5.5).whole(55, 228) == Field(227, 0, 113.5)  # the last of 228 pixels is not seen
    assert Field(99, 32, 0.5).whole(7, 224) == Field(224, 0, 112.0)


def test_union_covers_branches_that_are_padded_unevenly():
    assert Field(3, 2, 1.5).union(Field(3, 2, 2.5)) == Field(4, 2, 2.0)
    assert Field(1, 2, 0.5).union(Field(5, 2, 0.5)) == Field(5, 2, 0.5)
