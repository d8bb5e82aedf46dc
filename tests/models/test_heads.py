"""The table of heads, and what a name that is not in it, or an option of another head, meets with."""

import pytest

from striate.errors import UnknownNameError
from striate.models import blueprint, create_model, find_entry
from striate.models.heads import head_options


def test_no_head_is_the_usual_one():
    assert head_options(None) == head_options("classify")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"head": "clasify"}, "no head named 'clasify'; did you mean 'classify'"),
        ({"head": "classify", "hiden": (5,)}, "no option of lenet5 named 'hiden'; did you mean 'hidden'"),
    ],
)
def test_bad_names(options, message):
    for build in (find_entry("lenet5").build, lambda **arguments: create_model("lenet5", **arguments)):
        with pytest.raises(UnknownNameError, match=message):
            blueprint(build, **options)
