import pytest

from striate.errors import ArgumentError
from striate.layers import conv, conv_norm, max_pool
from striate.layers.dims import KINDS, kinds


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_every_kind_is_of_its_dimensions(dims: int) -> None:
    assert all(kind.__name__.endswith(f"{dims}d") for kind in kinds(dims))
    assert len(KINDS) == 3


@pytest.mark.parametrize("dims", [0, 4, -1, "2"])
def test_other_dimensions_are_refused(dims: int) -> None:
    for make in (lambda: conv(dims, 1, 1, 3), lambda: conv_norm(dims, 1, 1, 3), lambda: max_pool(dims, 2)):
        with pytest.raises(ArgumentError, match=f"dims must be 1, 2 or 3, got {dims!r}"):
            make()
