"""Tables of signals: what they may look like, what is wrong with them and on which line."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from striate.errors import DataError
from striate.recordings import read_recording

FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)
TWO = [[1, 2, 3], [4, 5, 6]]
GOOD = {  # name: text, values, spacing, channel names
    "a.csv": ("1,4\n2,5\n3,6\n", TWO, 0, ()),
    "one.csv": ("1\n2\n3", TWO[:1], 0, ()),
    "names.csv": ("left,right\n1,4\n2,5\n3,6\n", TWO, 0, ("left", "right")),
    "tabs.tsv": ("left\tright\n1\t4\n2\t5\n3\t6\n", TWO, 0, ("left", "right")),
    "semicolons.csv": ("left;right\n1;4\n2;5\n3;6\n", TWO, 0, ("left", "right")),
    "windows.csv": ("\ufeffleft,right\r\n1,4\r\n2,5\r\n3,6\r\n", TWO, 0, ("left", "right")),
    "blank lines.csv": ("\n1,4\n\n2,5\n   \n3,6\n\n", TWO, 0, ()),
    "quoted.csv": ('"a, b","c"\n"1","4"\n"2","5"\n"3","6"\n', TWO, 0, ("a, b", "c")),
    "seconds.csv": ("time,a,b\n0,1,4\n0.1,2,5\n0.2,3,6\n", TWO, 0.1, ("a", "b")),
    "ms.csv": ("a,Time [ms],b\n1,5,4\n2,9,5\n3,13,6\n", TWO, 0.004, ("a", "b")),
    "rounded.csv": ("t,a\n0.000,1\n0.003,2\n0.006,3\n0.008,4\n0.011,5\n", [[1, 2, 3, 4, 5]], 0.00275, ("a",)),
    "only times.csv": ("time\n1\n2\n3\n", TWO[:1], 0, ("time",)),
    "one row.csv": ("time,a\n0,7\n", [[7]], 0, ("a",)),
    "exponents.csv": ("1e3\n -2.5E-1 \n+.5", [[1000, -0.25, 0.5]], 0, ()),
    "no name.csv": ("a,\n1,4\n2,5\n3,6\n", TWO, 0, ("a", "column 2")),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_tables(name):
    text, values, spacing, names = GOOD[name]
    Path(name).write_bytes(text.encode())
    recording = read_recording(name)
    assert recording.values.tolist() == np.float32(values).tolist()
    assert recording.channel_names == names
    assert recording.spacing == (pytest.approx(spacing),)


BAD = {
    "empty.csv": (b"", "the file is empty"),
    "blank.csv": (b"\n \n", "the file is empty"),
    "names.csv": (b"a,b\n", "names of columns, but no values"),
    "latin.csv": ("grün\n1\n".encode("latin-1"), "must be UTF-8 text; byte 2 isn't"),
    "words.csv": (b"1,2\n\n3,four\n", "line 3: column 2 is 'four', not a number"),
    "half named.csv": (b"a,1\n2,3\n", "line 1: column 1 is 'a', not a number"),
    "a gap.csv": (b"a,b\n1,2\n3,\n", "line 3: column 2 is empty"),
    "short row.csv": (b"1,2\n3\n5,6\n", "line 2: 1 cells where the first row has 2"),
    "long row.csv": (b"1,2\n3,4,5\n", "line 2: 3 cells where the first row has 2"),
    "underscore.csv": (b"1\n1_000\n", "line 2: column 1 is '1_000'"),
    "nan.csv": (b"a,b\n1,2\n\n3,nan\n", "nan in column 2, line 4, is no number"),
    "nan beside times.csv": (b"time,a\n0,1\n1,nan\n", "nan in column 2, line 3, is no number"),
    "inf.csv": (b"1\ninf\n-inf\n", "inf in column 1, line 2, is not a finite number in float32; 2 of the values"),
    "huge.csv": (b"1\n1e39\n", "1e+39 in column 1, line 2, is not a finite number in float32"),
    "missing sample.csv": (b"t,a\n0,1\n1,2\n2,3\n4,4\n5,5\n", "line 5: 2 s after the line before, where 1 s is usual"),
    "twice.csv": (b"t,a\n0,1\n1,2\n1,3\n2,4\n3,5\n", "line 4: 0 s after the line before"),
    "backwards.csv": (b"t,a\n3,1\n2,2\n1,3\n", "its times don't rise"),
    "times of nothing.csv": (b"t,a\n0,1\nnan,2\n2,3\n", "its times don't rise"),
    "two times.csv": (b"time,t,a\n0,0,1\n1,1,2\n", "several columns of times: time, t"),
    "a date.csv": (b"time,a\n2020-01-01,1\n", "line 2: column 1 is '2020-01-01', not a number"),
    "open quote.csv": (b'1,2\n"3,4\n5,6\n', "line 2"),
    "zeros.csv": (b"\0\0\n\0\n", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_tables(name):
    text, message = BAD[name]
    Path(name).write_bytes(text)
    with pytest.raises(DataError, match=re.escape(name) + ".*" + re.escape(message)):
        read_recording(name)


def test_too_many_lines(monkeypatch):
    monkeypatch.setattr("striate.recordings.signal_table.MAX_LINES", 2)
    Path("a.csv").write_bytes(b"1\r2\r\n3\n4")
    with pytest.raises(DataError, match="more than the 2 lines"):
        read_recording("a.csv")
    Path("a.csv").write_bytes(b"1\r2\r\n3")
    assert read_recording("a.csv").values.tolist() == [[1, 2, 3]]


def test_too_many_columns():
    Path("a.csv").write_text(",".join("1" * 5000) + "\n")
    with pytest.raises(DataError, match="5,000 columns; up to 4,096"):
        read_recording("a.csv")


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 4)), elements=FINITE))
def test_what_is_written_is_read(values):
    np.savetxt("a.csv", values, delimiter=",", fmt="%.9g")
    np.testing.assert_array_equal(read_recording("a.csv").values, values.T)
