import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.draw import fonts, lettering
from striate.draw.boxes import with_number
from striate.draw.fonts import font_of, writable
from striate.draw.text import columns

# A text, and how it is written where there is DejaVu alone.
TEXTS = [
    ("Zoë", "Zoë"),
    ("مريم", "مريم"),
    ("Ωж", "Ωж"),
    ("李", r"\u674e"),
    ("Zoë 李小龙", r"Zoë \u674e\u5c0f\u9f99"),
    ("한", r"\ud55c"),
    ("👍", r"\U0001f44d"),
    ("a\udce9\x00", "a��"),
    ("", ""),
    ("\N{TAG SPACE}", ""),  # not seen, and no font has it
]


@pytest.fixture
def beside_dejavu(monkeypatch):
    """As on a machine that has these other fonts alone."""
    caches = (fonts.fonts, fonts.font_files, fonts._charts, lettering._font, lettering.chip)

    def beside_dejavu(*names):
        monkeypatch.setattr(fonts, "OTHER_FONTS", names)
        for cache in caches:
            cache.cache_clear()

    yield beside_dejavu
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize(("text", "shown"), TEXTS)
def test_letters_that_no_font_has(beside_dejavu, text, shown):
    beside_dejavu()
    assert writable(text) == shown


def test_another_font_is_taken_where_the_machine_has_one(beside_dejavu):
    beside_dejavu()
    assert writable("a\u1d81") == r"a\u1d81"
    beside_dejavu("no such font", "STIXGeneral")
    assert writable("a\u1d81") == "a\u1d81"
    assert [font_of(letter) for letter in "a\u1d81"] == [0, 1]


def test_names_that_differ_are_drawn_differently(beside_dejavu):
    beside_dejavu()
    first, second = (lettering.chip(name, 12, (0, 0, 0)) for name in ("李", "王"))
    assert first.shape != second.shape or (first != second).any()


def test_a_label_with_its_number_is_no_longer_than_any_other(beside_dejavu):
    beside_dejavu()
    text = with_number("李" * 20, "0.40")
    assert text.endswith("…\N{LEFT-TO-RIGHT MARK} 0.40")
    assert columns(text) <= columns(with_number("x" * 40, "0.40"))


@given(st.text())
def test_what_is_writable_has_a_font(text):
    shown = writable(text)
    assert all(font_of(letter) is not None for letter in shown)
    assert writable(shown) == shown
