"""Windows of annotated records against a slow cutting, and what must not be in train and val at once."""

import pickle
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.errors import ArgumentError, DataError
from striate.recordings import BACKGROUND, Annotations, Cut, open_recordings
from striate.recordings.cut import cut_windows

RATE = 100


def write(name: str, seconds: float = 60, *, beat: float = 0.9, gap: tuple[int, int] = (0, 0)) -> np.ndarray:
    """A record with a beat N every `beat` seconds, every fifth a V, and a mark of another kind after each."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    length = int(seconds * RATE)
    signal = np.random.default_rng(len(name)).normal(size=(length, 1))
    signal[gap[0] : gap[1]] = np.nan
    beats = np.arange(RATE // 2, length - RATE // 2, int(beat * RATE))
    marks = [(int(s), "V" if i % 5 == 4 else "N") for i, s in enumerate(beats)]
    marks = sorted([*marks, *((s + 10, "t") for s, _ in marks)])
    folder, stem = str(Path(name).parent), Path(name).name
    wfdb.wrsamp(stem, fs=RATE, units=["mV"], sig_name=["II"], p_signal=signal, fmt=["16"], write_dir=folder)
    wfdb.wrann(stem, "atr", np.array([s for s, _ in marks]), [m for _, m in marks], fs=RATE, write_dir=folder)
    return wfdb.rdrecord(name).p_signal[:, 0].astype(np.float32)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 99), st.sampled_from("NVt")), max_size=12),
    st.integers(1, 120),
    st.sets(st.integers(0, 99), max_size=3),
    st.floats(0, 3),
    st.integers(0, 30),
)
def test_as_a_slow_cutting(marked, length, gaps, background, apart):
    marked = sorted(marked)
    marks = Annotations(np.array([s for s, _ in marked], np.int64), tuple(m for _, m in marked), 100.0)
    usable = np.array([i not in gaps for i in range(100)])
    cut = Cut(length / 100, ("N", "V"), background, apart / 100)
    windows = list(cut_windows(cut, marks, usable, np.random.default_rng(0)))

    def whole(middle: int) -> bool:
        start = middle - length // 2
        return start >= 0 and start + length <= 100 and all(usable[start : start + length])

    events = [w for w in windows if w.label != BACKGROUND]
    assert events == [(s, m) for s, m in marked if m in "NV" and whole(s)]
    elsewhere = [w.middle for w in windows if w.label == BACKGROUND]
    near = apart / 100 * 100  # as many samples as those seconds are, rounded alike: .29 s are less than 29 of them
    free = [i for i in range(100) if whole(i) and all(abs(i - s) > near for s, m in marked if m in "NV")]
    assert set(elsewhere) <= set(free)
    assert len(set(elsewhere)) == len(elsewhere) == min(round(background * len(events)), len(free))


def test_windows_are_what_lies_around_the_marks():
    signal = write("r/a")
    write("r/b")
    dataset = open_recordings("r", cut=Cut(0.51, ("N", "V")))
    assert (dataset.kind, dataset.classes, dataset.channel_names) == ("windows of signals", ("N", "V"), ("II",))
    assert dataset.spacings == ((1 / RATE,),)
    assert dataset.sizes == ((51,),) * 3
    part = next(p for p in dataset.parts.values() if p.groups[0] == "a")
    for i, item in enumerate(part.items):
        middle = int(item.path.partition("@")[2])
        np.testing.assert_array_equal(part.load(i).values[0], signal[middle - 25 : middle + 26])
    again = pickle.loads(pickle.dumps(part))
    np.testing.assert_array_equal(again.load(3).values, part.load(3).values)


def test_records_stay_whole():
    for name in "abcde":
        write(f"r/{name}", 20)
    dataset = open_recordings("r", cut=Cut(0.5, ("N", "V"), background=1))
    groups = {name: set(part.groups) for name, part in dataset.parts.items()}
    assert groups["train"] | groups["val"] == set("abcde")
    assert not groups["train"] & groups["val"]
    assert len(groups["val"]) == 1
    assert dataset.cut_seed == 0
    assert dataset.fingerprint == open_recordings("r", seed=5, cut=Cut(0.5, ("N", "V"), background=1)).fingerprint


@pytest.mark.parametrize("seed", range(4))
def test_of_one_record_no_sample_is_in_two_parts(seed):
    write("r/a", 120, beat=0.3)
    cut = Cut(0.5, ("N", "V"), background=1, apart_s=0.05)
    dataset = open_recordings("r", seed=seed, cut=cut)
    used = {name: np.zeros(120 * RATE, bool) for name in dataset.parts}
    for name, part in dataset.parts.items():
        for item in part.items:
            start = int(item.path.partition("@")[2]) - 25
            used[name][start : start + 50] = True
    assert used["train"].sum() > 3 * used["val"].sum() > 0
    assert not (used["train"] & used["val"]).any()
    assert dataset.parts["val"].counts(3).all()


def test_the_datas_own_parts():
    write("r/train/a")
    write("r/val/b")
    write("r/test/c")
    dataset = open_recordings("r", cut=Cut(0.5, ("N", "V")))
    assert {name: set(part.groups) for name, part in dataset.parts.items()} == {
        "train": {"train/a"},
        "val": {"val/b"},
        "test": {"test/c"},
    }
    assert dataset.cut_seed is None


def test_the_same_background_each_time_and_for_each_record_another():
    write("r/a")
    write("r/b")
    middles = [
        {i.path for p in open_recordings("r", seed=s, cut=Cut(0.2, ("N",), 1)).parts.values() for i in p.items}
        for s in (0, 1)
    ]
    assert middles[0] == middles[1]
    a, b = ({m.partition("@")[2] for m in middles[0] if m.startswith(name)} for name in "ab")
    assert a != b


def test_windows_at_a_gap_are_left_out():
    write("r/a", gap=(500, 510))
    write("r/b")
    whole = open_recordings("r", cut=Cut(0.5, ("N", "V")), val_share=0).parts["train"]
    middles = [int(i.path.partition("@")[2]) for i, g in zip(whole.items, whole.groups, strict=True) if g == "a"]
    assert middles
    assert not any(475 < m < 535 for m in middles)
    assert len(middles) < sum(g == "b" for g in whole.groups)


def test_one_record_by_its_name():
    write("r/a")
    write("r/b")
    dataset = open_recordings("r/a.hea", cut=Cut(0.5, ("N", "V")))
    assert all(g.startswith("a, block ") for part in dataset.parts.values() for g in part.groups)


BAD = {
    "no cut": (
        {"cut": None},
        "2 records in no class folders; --window and --symbols cut them; their annotations are",
    ),
    "no such symbol": ({"cut": Cut(0.5, ("N", "A"))}, "no annotation 'A'; there are 132 t, 106 N, 26 V"),
    "longer than the records": ({"cut": Cut(100.0, ("N", "V"))}, "no recording in r can be used"),
    "one class": ({"cut": Cut(0.5, ("N",))}, "at least two; --task events learns to find each 'N' in records"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_cuts(case):
    options, message = BAD[case]
    write("r/a")
    write("r/b")
    with pytest.raises(DataError, match=re.escape(message)):
        open_recordings("r", **options)


def test_no_records_to_cut():
    Path("r").mkdir()
    with pytest.raises(DataError, match="no records"):
        open_recordings("r", cut=Cut(0.5, ("N",)))
    np.save("a.npy", np.zeros(5))
    with pytest.raises(DataError, match="windows are cut from WFDB records"):
        open_recordings("a.npy", cut=Cut(0.5, ("N",)))
    write("r/a")
    Path("r/a.atr").unlink()
    with pytest.raises(DataError, match=r"a\.atr: no such file"):
        open_recordings("r", cut=Cut(0.5, ("N",)))
    with pytest.raises(DataError, match="and they have no annotations"):
        open_recordings("r")


def test_too_short_to_hold_anything_back():
    write("r/a", 4)
    with pytest.raises(DataError, match="of one group, 'a, block 1 of 1': none can be held back"):
        open_recordings("r", cut=Cut(0.5, ("N",), 1))


@pytest.mark.parametrize(
    "arguments",
    [(0, "N"), (-1, "N"), (float("nan"), "N"), (float("inf"), "N"), (1, ""), (1, "NN"), (1, ("N", BACKGROUND))]
    + [(1, "N", -1), (1, "N", float("nan")), (1, "N", 1, -1), (1, "N", 1, float("nan"))],
)
def test_bad_arguments(arguments):
    window, symbols, *rest = arguments
    with pytest.raises(ArgumentError):
        Cut(window, tuple(symbols), *rest)


def test_real_records(real_data):
    with zipfile.ZipFile(real_data / "mitbih.zip") as archive:
        archive.extractall()
    dataset = open_recordings("mitbih", cut=Cut(0.8, ("N",), background=1), channels=["MLII"])
    assert dataset.channel_names == ("MLII",)
    train, val = dataset.parts["train"], dataset.parts["val"]
    assert (set(train.groups), set(val.groups)) == ({"100"}, {"113"})
    assert train.counts(2).tolist() == [2234, 2234]
    beats = np.mean([val.load(i).values[0] for i in range(200) if val.items[i].labels == (1,)], axis=0)
    assert beats.argmax() == pytest.approx(144 + 15, abs=3)  # these marks stand 42 ms before the peaks
