"""All layouts of data, what is wrong with them, and how val is cut."""

import pickle
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from striate.errors import ArgumentError, DataError
from striate.recordings import open_recordings
from tests.recordings.dicom_files import made, save

RNG = np.random.default_rng(0)


def signal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape or (2, 30)).astype(np.float32)


def write(name: str, values: np.ndarray | None = None) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    np.save(name, signal() if values is None else values)


def folders(root: str = "d", per_class: int = 5) -> str:
    for i in range(per_class):
        write(f"{root}/sick/{i}.npy")
        write(f"{root}/well/{i}.npy")
    return root


def text(name: str, content: str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(content)
    return name


def counts(dataset) -> dict[str, list[int]]:
    return {name: part.counts(dataset.num_classes).tolist() for name, part in dataset.parts.items()}


def test_class_folders():
    dataset = open_recordings(folders())
    assert (dataset.kind, dataset.shape, dataset.classes) == ("class folders of signals", "signal", ("sick", "well"))
    assert counts(dataset) == {"train": [4, 4], "val": [1, 1]}
    assert (dataset.channels, dataset.channel_names, dataset.spacings) == (2, (), ((0.0,),))
    assert dataset.sizes == ((30,), (30,), (30,))
    part = pickle.loads(pickle.dumps(dataset.parts["val"]))
    np.testing.assert_array_equal(part.load(0).values, np.load(f"d/{part.items[0].path}"))
    assert part.groups == ()


def test_folders_of_parts_and_sizes():
    for part, length in (("train", 30), ("val", 40), ("Testing", 50)):
        for name in ("a", "b"):
            write(f"d/{part}/{name}/1.npy", signal(2, length))
    dataset = open_recordings("d")
    assert counts(dataset) == {"train": [1, 1], "val": [1, 1], "test": [1, 1]}
    assert dataset.sizes == ((30,), (40,), (50,))
    assert dataset.cut_seed is None


def test_several_formats_in_one_folder():
    folders()
    text("d/sick/9.csv", "time,a,b\n0,1,2\n1,3,4\n2,5,6\n")
    text("d/labels.csv", "who,what\n1,2\n")
    text("d/well/README.md", "how they were made")
    dataset = open_recordings("d", val_share=0)
    assert counts(dataset) == {"train": [6, 5]}
    assert set(dataset.spacings) == {(0.0,), (1.0,)}


def test_series_and_frames_are_one_recording_each():
    for name in ("sick/ann", "well/bob"):
        for z in range(3):
            save(f"d/{name}/{z}.dcm", made(z, RNG.integers(0, 9, (3, 4)).astype(np.int16)))
    dataset = open_recordings("d", val_share=0)
    assert dataset.kind == "class folders of volumes"
    assert [item.path for item in dataset.parts["train"].items] == ["sick/ann", "well/bob"]
    assert dataset.parts["train"].load(1).size == (3, 3, 4)


def test_a_table_with_groups():
    folders()
    rows = "".join(f"{kind}/{i}.npy,{kind},person {i}\n" for i in range(5) for kind in ("sick", "well"))
    text("d/labels.csv", "path,label,subject\n" + rows)
    for path in ("d", "d/labels.csv"):
        dataset = open_recordings(path)
        assert dataset.kind == "CSV table of signals"
        assert counts(dataset) == {"train": [4, 4], "val": [1, 1]}
        train, val = (set(dataset.parts[name].groups) for name in ("train", "val"))
        assert not train & val
        assert train | val == {f"person {i}" for i in range(5)}


def test_a_table_with_parts():
    folders(per_class=2)
    rows = ("sick/0.npy,sick,train", "well/0.npy,well,train", "sick/1.npy,sick,test", "well\\1.npy,well,valid")
    text("d/labels.csv", "path,label,part\n" + "\n".join(rows))
    assert counts(open_recordings("d")) == {"train": [1, 1], "val": [0, 1], "test": [1, 0]}


def test_arrays_of_parts():
    x = signal(12, 30)
    np.savez("a.npz", x_train=x[:8], y_train=[0, 1] * 4, x_test=x[8:], y_test=[0, 1] * 2, labels=["sick", "well"])
    dataset = open_recordings("a.npz")
    assert (dataset.kind, dataset.classes, dataset.channels) == ("arrays in an .npz of signals", ("sick", "well"), 1)
    assert counts(dataset) == {"train": [3, 3], "val": [1, 1], "test": [2, 2]}
    part = pickle.loads(pickle.dumps(dataset.parts["test"]))
    assert part.items[1].path == "x_test/1"
    np.testing.assert_array_equal(part.load(1).values[0], x[9])
    assert part.load(1).values.base is not x


def test_numbers_are_indices_even_where_names_are_numbers():
    x = signal(12, 30)
    np.savez("a.npz", x_train=x[:8], y_train=[0, 1] * 4, x_test=x[8:], y_test=[1] * 4, labels=["1", "2"])
    assert counts(open_recordings("a.npz"))["test"] == [0, 4]
    np.savez("a.npz", x_train=x[:8], y_train=["1", "2"] * 4, x_test=x[8:], y_test=["1"] * 4, labels=["1", "2"])
    assert counts(open_recordings("a.npz"))["test"] == [4, 0]


ARRAYS = [  # of x, what is stated, kind, channels, size
    ((6, 30), {}, "signal", 1, (30,)),
    ((6, 2, 30), {}, "signal", 2, (30,)),
    ((6, 4, 5, 6), {}, "volume", 1, (4, 5, 6)),
    ((6, 2, 4, 5, 6), {}, "volume", 2, (4, 5, 6)),
    ((6, 4, 5, 6), {"kind": "clip"}, "clip", 1, (4, 5, 6)),
    ((6, 2, 4, 5, 6), {"kind": "clip"}, "clip", 2, (4, 5, 6)),
]


@pytest.mark.parametrize(("shape", "stated", "kind", "channels", "size"), ARRAYS)
def test_what_arrays_of_many_are(shape, stated, kind, channels, size):
    np.savez("a.npz", x=signal(*shape), y=list("ababab"), groups=[1, 1, 2, 2, 3, 3], spacing=2, **stated)
    dataset = open_recordings("a.npz")
    assert (dataset.shape, dataset.channels, dataset.sizes[0]) == (kind, channels, size)
    assert dataset.spacings == ((2.0,) * len(size),)
    assert counts(dataset) == {"train": [2, 2], "val": [1, 1]}
    np.savez("b.npz", x=signal(*shape), y=list("ababab"))
    assert open_recordings("b.npz", **stated).shape == kind


def test_one_npz_in_a_folder():
    Path("d").mkdir()
    np.savez("d/a.npz", x=signal(6, 30), y=list("ababab"))
    assert open_recordings("d").classes == ("a", "b")


def ucr(name: str, rows: list[list[float]]) -> None:
    text(name, "".join("\t".join(map(str, row)) + "\n" for row in rows))


def test_ucr():
    nan = float("nan")
    ucr("d/Beats_TRAIN.tsv", [[1, 0.1, 0.2, 0.3], [-1, 0.4, 0.5, nan], [1.0, 1, 2, 3], [-1, 4, 5, 6]])
    ucr("d/Beats_TEST.tsv", [[1, 7, 8, 9]])
    for path in ("d", "d/Beats_TRAIN.tsv", "d/Beats_TEST.tsv"):
        dataset = open_recordings(path)
        assert (dataset.kind, dataset.classes) == ("UCR files of signals", ("1", "-1"))
        assert counts(dataset) == {"train": [1, 1], "val": [1, 1], "test": [1, 0]}
        assert dataset.sizes[0] == (2,)  # filled up with NaN at its end
    np.testing.assert_array_equal(dataset.parts["test"].load(0).values, [[7, 8, 9]])


@pytest.mark.parametrize("separator", ["\t", ",", "  "])
def test_older_ucr_files(separator):
    text("Old_TRAIN.txt", "".join(separator.join(row) + "\n" for row in (["1", "2", "3"], ["2", "3", "4"])))
    assert open_recordings("Old_TRAIN.txt", val_share=0).parts["train"].load(1).values.tolist() == [[3, 4]]


def test_real_ucr_files(real_data):
    with zipfile.ZipFile(real_data / "ucr.zip") as archive:
        archive.extractall()
    sizes = {"ECG200": (96, 100, 100), "GunPoint": (150, 50, 150)}
    for name, (length, train, test) in sizes.items():
        dataset = open_recordings(f"ucr/{name}", val_share=0)
        assert {part: len(p) for part, p in dataset.parts.items()} == {"train": train, "test": test}
        assert dataset.sizes == ((length,),) * 3
        assert not dataset.twins


def test_twins_and_fingerprint():
    folders()
    write("d/well/copy.npy", np.load("d/sick/0.npy"))
    dataset = open_recordings("d", val_share=0)
    (twins,) = dataset.twins
    assert [place.path for place in twins.places] == ["sick/0.npy", "well/copy.npy"]
    assert twins.conflict
    np.save("d/sick/0.npy", np.load("d/sick/0.npy") + 1)
    other = open_recordings("d", val_share=0)
    assert not other.twins
    assert other.fingerprint != dataset.fingerprint
    assert open_recordings("d", seed=3, val_share=0.5).fingerprint == other.fingerprint


def test_seeds_cut_otherwise():
    folders(per_class=20)
    cuts = {tuple(i.path for i in open_recordings("d", seed=s).parts["val"].items) for s in (0, 0, 1, 2)}
    assert len(cuts) == 3


def test_bad_files_are_listed_or_left_out():
    folders()
    write("d/sick/gap.npy", np.float32([[1, np.nan], [0, 0]]))
    write("d/sick/one.npy", signal(1, 30))
    write("d/well/volume.npy", signal(2, 3, 4))
    Path("d/well/broken.npy").write_bytes(b"?")
    with pytest.raises(DataError, match="4 of the recordings in d can't be used") as e:
        open_recordings("d")
    for line in (
        "sick/gap.npy: nan at [0, 1] is no number",
        "sick/one.npy: a signal of 1 channels, where most are signals of 2",
        "well/volume.npy: a volume of 1 channels",
        "well/broken.npy: can't be read as an .npy file",
    ):
        assert line in str(e.value)
    dataset = open_recordings("d", skip_bad=True)
    assert {problem.path for problem in dataset.skipped} == {p.path for p in e.value.problems}
    assert sum(map(len, dataset.parts.values())) == 10


def test_some_channels():
    folders()
    write("d/sick/one.npy", signal(1, 30))
    dataset = open_recordings("d", channels=[0])
    assert dataset.channels == 1
    assert dataset.parts["val"].load(0).channels == 1
    with pytest.raises(DataError, match=r"sick/one\.npy: channels must be numbers below 1, as they have no names"):
        open_recordings("d", channels=[1])


@pytest.mark.parametrize("skip_bad", [False, True])
def test_a_channel_that_none_has_is_told_once(skip_bad):
    folders()
    with pytest.raises(DataError) as e:
        open_recordings("d", channels=["7"], skip_bad=skip_bad)
    assert str(e.value).splitlines() == [
        "no recording in d can be used",
        "  sick/0.npy and 9 more: channels must be numbers below 2, as they have no names, got '7'",
    ]


def test_a_models_classes():
    folders()
    assert open_recordings("d", classes=["well", "sick", "other"]).classes == ("well", "sick", "other")
    with pytest.raises(DataError, match="no class named 'sick'"):
        open_recordings("d", classes=["well", "other"])


def npz(**arrays: object) -> str:
    np.savez("a.npz", **arrays)
    return "a.npz"


X = signal(4, 30)
BAD = {
    "nothing": (lambda: "missing", "no such file or folder: missing"),
    "an empty folder": (lambda: Path("d").mkdir() or "d", "no recordings in d: expected folders named for"),
    "another file": (lambda: text("a.md", "x"), "a.md is no data set of recordings: expected class folders"),
    "one recording": (lambda: write("a.npy") or "a.npy", "a.npy is no data set of recordings"),
    "one class": (lambda: write("d/a/1.npy") or "d", "only one class in d: 'a'"),
    "no class folders": (lambda: write("d/1.npy") or "d", "recordings without labels in d (1 .npy): expected"),
    "tables in no class folders": (lambda: text("d/1.csv", "1\n2\n") and "d", "without labels in d (1 .csv): expected"),
    "an empty class": (lambda: Path(folders(), "none").mkdir() or "d", "none: no recordings in this class folder"),
    "beside classes": (lambda: write("d/1.npy") or folders(), "1.npy: lies in no class folder"),
    "one of a class": (lambda: folders(per_class=1), "at least two different recordings"),
    "a line of a file": (
        lambda: text(f"{folders()}/sick/9.csv", "a\n1\nb\n") and "d",
        "\n  sick/9.csv, line 3: column 1",
    ),
    "two train folders": (lambda: folders("d/train") and folders("d/Training") and "d", "several folders for one part"),
    "only test of a class": (
        lambda: write("d/train/a/1.npy") or write("d/train/b/1.npy") or write("d/test/c/1.npy") or "d",
        "c: no good recording to train on",
    ),
    "no label column": (lambda: text("a.csv", "path,name\na.npy,b\n"), "a.csv: no column label"),
    "no rows": (lambda: text("a.csv", "path,label\n"), "a.csv has no rows"),
    "climbing": (lambda: text("a.csv", "path,label\n../a.npy,b\n"), "a.csv, line 2: '../a.npy': goes up with '..'"),
    "absolute": (lambda: text("a.csv", "path,label\n/a.npy,b\n"), "a.csv, line 2: '/a.npy': an absolute path"),
    "missing": (lambda: text("a.csv", "path,label\na.npy,b\n"), "a.csv, line 2: 'a.npy': no such file or folder"),
    "zero byte": (lambda: text("a.csv", "path,label\na\0.npy,b\n"), "line 2"),
    "twice": (
        lambda: write("a.npy") or text("a.csv", "path,label\na.npy,b\na.npy,c\n"),
        "a.csv, line 3: 'a.npy': stands on line 2 already",
    ),
    "no label": (
        lambda: write("a.npy") or text("a.csv", "path,label\na.npy,\n"),
        "'a.npy': the label is empty",
    ),
    "no group": (
        lambda: write("a.npy") or text("a.csv", "path,label,group\na.npy,b,\n"),
        "line 2: 'a.npy': the group is empty",
    ),
    "a part": (lambda: write("a.npy") or text("a.csv", "path,label,part\na.npy,b,x\n"), "the part is none of train"),
    "columns": (lambda: text("a.csv", "path,label\na.npy\n"), "line 2: 'a.npy': 1 columns where the first line has 2"),
    "other arrays": (lambda: npz(a=X), "the arrays are a; expected x_train,y_train"),
    "no labels": (lambda: npz(x=X), "the arrays are x; expected"),
    "both": (lambda: npz(x=X, y=[0, 1, 0, 1], x_test=X, y_test=[0, 1, 0, 1]), "holds x and x_train, x_val or x_test"),
    "few labels": (lambda: npz(x=X, y=[0, 1]), "4 recordings in x, but 2 in y"),
    "few groups": (lambda: npz(x=X, y=[0, 1, 0, 1], groups=[1]), "4 recordings in x, but 1 in groups"),
    "a scalar": (lambda: npz(x=np.float32(1), y=[1]), "a row of x: -1 axes"),
    "labels of two axes": (lambda: npz(x=X, y=[[0, 1], [0, 1]]), "y has 2 axes"),
    "beyond the labels": (lambda: npz(x=X, y=[0, 1, 2, 1], labels=["a", "b"]), "y holds '2', which is neither a name"),
    "wide steps": (lambda: npz(x=X, y=[0, 1, 0, 1], spacing=[1, 2, 3]), "x/0 and 3 more: a spacing of (1.0, 2.0, 3.0)"),
    "an empty table": (lambda: text("A_TRAIN.tsv", "\n"), "A_TRAIN.tsv: the file is empty"),
    "words": (lambda: text("A_TRAIN.tsv", "1\t2\t3\n1\tx\t3\n"), "A_TRAIN.tsv, line 2: 'x' is no number"),
    "lengths": (lambda: text("A_TRAIN.tsv", "1\t2\t3\n1\t3\n"), "A_TRAIN.tsv, line 2: 2 numbers, where the first line"),
    "only labels": (lambda: text("A_TRAIN.tsv", "1\n2\n"), "1 numbers, where a label and a signal are expected"),
    "a gap": (
        lambda: text("A_TRAIN.tsv", "1\tnan\t3\n"),
        "line 1: nan at sample 0: a gap; NaN may only fill",
    ),
    "all NaN": (lambda: text("A_TRAIN.tsv", "1\tnan\tnan\n"), "line 1: the signal is nothing but NaN"),
    "no class": (lambda: text("A_TRAIN.tsv", "nan\t1\t3\n"), "line 1: the label is no number"),
    "two sets": (
        lambda: text("d/A_TRAIN.tsv", "1\t2\n") and text("d/B_TRAIN.tsv", "1\t2\n") and "d",
        "several data sets: A_TRAIN.tsv, B_TRAIN.tsv; name one",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_data(case):
    make, message = BAD[case]
    with pytest.raises(DataError, match=re.escape(message)):
        open_recordings(make())


def test_links_out_of_the_folder_are_not_followed():
    write("secret/a.npy")
    Path("d").mkdir()
    Path("d/link").symlink_to(Path("secret").resolve())
    text("d/labels.csv", "path,label\nlink/a.npy,b\n")
    with pytest.raises(DataError, match="a link that leads out of the data's folder"):
        open_recordings("d/labels.csv")


@pytest.mark.parametrize("share", [-0.1, 1, float("nan")])
def test_bad_shares(share):
    with pytest.raises(ArgumentError, match="val_share must be in"):
        open_recordings(folders(), val_share=share)
