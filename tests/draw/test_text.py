import xml.etree.ElementTree as ET
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.draw.text import columns, percent, printable, shorten, shorten_path, thousands

anything = st.text(st.characters())  # surrogates and control characters too


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("cat", "cat"),
        ("Größe кот 猫 قط 👩‍🔬", "Größe кот 猫 قط 👩‍🔬"),  # every script, and the joiner inside an emoji
        ("a\x00b\x1b[31m", "a�b�[31m"),
        ("two\r\nlines\tand", "two  lines and"),
        ("photo\udce9.jpg", "photo�.jpg"),  # a Latin-1 byte in a file name
        ("evil\u202egpj.exe", "evil�gpj.exe"),  # would read "evilexe.jpg"
        ("\ufffe\uffff", "��"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown


@given(anything)
def test_printable_is_fit_for_xml_and_utf8(text):
    shown = printable(text)
    shown.encode("utf-8")
    assert ET.fromstring(f"<a>{escape(shown)}</a>").text in (shown, None)
    assert printable(shown) == shown
    assert len(shown) == len(text)


@given(anything, st.integers(1, 30))
def test_shortened_fits(text, width):
    assert columns(shorten(text, width)) <= width
    assert columns(shorten_path(text, width)) <= width
    if columns(printable(text)) <= width:
        assert shorten(text, width) == shorten_path(text, width) == printable(text)


def test_the_end_of_a_path_stays():
    assert shorten_path("a/very/long/path/to/0001.jpg", 12) == "…to/0001.jpg"
    assert shorten("猫猫猫猫", 5) == "猫猫…"


def test_numbers():
    assert percent(1, 0) == "100\xa0%"
    assert thousands(-1234) == "-1\u202f234"
    assert thousands(999) == "999"
