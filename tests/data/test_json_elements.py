import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.json_elements import JsonElement, read_json
from striate.errors import DataError

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), values, max_size=4), st.sampled_from([None, 0, 2]))
@settings(max_examples=40, deadline=None)
def test_the_same_as_json(document, indent):
    found = read_json(json.dumps(document, indent=indent).encode(), "a.json")
    plain = {k: [e.value for e in v] if isinstance(v, list) else v for k, v in found.items()}
    assert plain == document


def test_lines():
    found = read_json(b'\xef\xbb\xbf\n{"a": [\n{"x":\n1}, 2,\r\n"3\\n"], "b": {"c": [1]}}', "a.json")
    assert found["a"] == [JsonElement({"x": 1}, 3), JsonElement(2, 4), JsonElement("3\n", 5)]
    assert found["b"] == {"c": [1]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Expecting"),
        (b"[1]", r"line 1: expected '\{'"),
        (b'{"a": [1,\n 2', "line 2: expected ','"),
        (b'{"a": [1,\n\n nope]}', "line 3: Expecting value"),
        (b'{"a": 1} 2', "more text after the end"),
        (b"{1: 2}", "a key must be a string"),
        (b'{"a": "\xff"}', "must be UTF-8 text; byte 7 isn't"),
        (b'{"a": ' + b"[" * 200_000, "nested too deeply"),
        (b'{"a": ' + b"1" * 9_999 + b"}", "can't be read as JSON: Exceeds the limit"),
    ],
)
def test_bad_documents(data, message):
    with pytest.raises(DataError, match=message if data else "can't be read as JSON"):
        read_json(data, "a.json")
