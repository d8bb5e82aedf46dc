import math

import jinja2
import pytest

from striate.draw.page import cell, render


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ("", "–"),
        ("fp32", "fp32"),
        (0, "0"),
        (1234567, "1\u202f234\u202f567"),
        (True, "yes"),
        (0.123456, "0.1235"),
        (math.nan, "–"),
        ((3, 224, 224), "3×224×224"),
        ([], ""),
    ],
)
def test_cell(value, shown):
    assert cell(value) == shown


def test_a_missing_value_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render("report.html")
