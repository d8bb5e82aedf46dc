"""Lists of pairs in each layout, from folders and zips; those that are refused; pairs that are drawn."""

import contextlib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data import draw_pairs, open_pairs
from striate.data.pairs_lists import parse_pairs
from striate.errors import ArgumentError, DataError

PEOPLE = {"Ada": 3, "Bob": 2, "Eve_O'Neil": 1}
IMAGES = [f"{name}/{name}_{i:04d}.jpg" for name, n in PEOPLE.items() for i in range(1, n + 1)]


@pytest.fixture
def faces(tmp_path, write_pictures):
    return write_pictures(tmp_path / "faces", IMAGES)


def in_words(pairs):
    """Each pair as its two images' paths, whether they are same, and the fold."""
    folds = [None] * len(pairs) if pairs.fold is None else pairs.fold.tolist()
    sides = ([pairs.images[i] for i in side] for side in (pairs.first, pairs.second))
    return list(zip(*sides, pairs.same.tolist(), folds, strict=True))


A1, A2, A3, B1, B2, E1 = IMAGES
SAME, DIFFERENT = "Ada\t1\t2\nBob\t1\t2\n", "Ada\t1\tBob\t2\nBob\t1\tEve_O'Neil\t1\n"
WANTED = [(A1, A2, True, None), (B1, B2, True, None), (A1, B2, False, None), (B1, E1, False, None)]


@pytest.mark.parametrize(
    "text",
    [
        f"2\n{SAME}{DIFFERENT}",  # pairsDevTrain.txt
        f"{SAME}{DIFFERENT}",  # no first line
        f"\n2\n\n{SAME}{DIFFERENT}\n\n",  # blank lines
        f"2\n{SAME}{DIFFERENT}".replace("\t", "  "),
        f"2\n{SAME}{DIFFERENT}".replace("\n", "\r\n"),
        f"\ufeff2\n{SAME}{DIFFERENT}",
        f"a,b,same\n{A1},{A2},1\n{B1},{B2},1\n{A1},{B2},0\n{B1},{E1},0\n",
        f"Same, B ,a\nTRUE,{A2}, {A1}\nyes,{B2},{B1}\nfalse,{B2},{A1}\nDifferent,{E1},{B1}\n",
        f"a,b,same,by\n{A1},./{A2},1,x\n{B1.replace('/', chr(92))},{B2},1,y\n{A1},{B2},0,\n{B1},{E1},0,z\n",
    ],
)
def test_layouts(faces, text):
    for suffix in ("txt", "csv"):  # what is in it tells, not its name
        listed = faces / f"list.{suffix}"
        listed.write_text(text, encoding="utf-8")
        pairs = open_pairs(listed)
        assert in_words(pairs) == WANTED
        assert len(pairs.images) == len(set(pairs.images)) == 5  # A3 is in no pair
        assert pairs.load(0).shape == (24, 32, 3)


def test_folds(faces):
    (faces / "pairs.txt").write_text("2\t1\nAda 1 2\nAda 1 Bob 2\nBob 1 2\nBob 1 Ada 3\n")
    assert open_pairs(faces / "pairs.txt").fold.tolist() == [0, 0, 1, 1]
    (faces / "pairs.csv").write_text(f"a,b,same,fold\n{A1},{A2},1,7\n{A1},{B1},0,3\n")
    assert open_pairs(faces / "pairs.csv").fold.tolist() == [7, 3]


def test_where_images_are_found(faces, tmp_path, zip_folder, monkeypatch):
    """In a folder, a zip or the one folder in either; the list beside them, elsewhere, or named as one in the data."""
    (faces / "pairs.txt").write_text(f"2\n{SAME}{DIFFERENT}")
    (tmp_path / "apart.csv").write_text(f"a,b,same\n{A1},{A2},1\n{A1},{B2},0\n")
    plain, wrapped = zip_folder(faces, tmp_path / "plain.zip"), zip_folder(faces, tmp_path / "wrapped.zip", "lfw")
    for data, prefix in ((faces, ""), (plain, ""), (wrapped, "lfw/")):
        pairs = open_pairs(tmp_path / "apart.csv", data)
        assert [pair[:2] for pair in in_words(pairs)] == [(prefix + A1, prefix + A2), (prefix + A1, prefix + B2)]
        np.testing.assert_array_equal(pairs.load(0), open_pairs(faces / "pairs.txt").load(0))
        assert len(open_pairs(f"{prefix}pairs.txt", data)) == 4
    monkeypatch.chdir(faces)
    assert len(open_pairs("pairs.txt")) == 4


def test_other_suffixes(tmp_path, write_pictures):
    root = write_pictures(tmp_path / "d", ["Ada/Ada_0001.png", "Ada/Ada_0002.webp", "Ada/Ada_0002.jpg"])
    (root / "pairs.txt").write_text("Ada 1 2\n")
    assert open_pairs(root / "pairs.txt").images == ("Ada/Ada_0001.png", "Ada/Ada_0002.jpg")


# list, what is said of it; {0} is the list's first line, and so on
BAD_LISTS = [
    ("", "list.txt is empty: expected lines NAME 1 2"),
    ("\n \n", "list.txt is empty"),
    ("one two\n", "list.txt is no list of pairs: expected lines NAME 1 2 and NAME 1 OTHER 2"),
    ("1 2 3 4 5\n", "list.txt is no list of pairs"),
    ("a,b,same\n", "list.txt has no rows: expected a line a,b,same and then one line a pair"),
    ("a,b\nx,y\n", "list.txt has no column same; its columns are a, b"),
    ("a,a,b,same\nx,x,y,1\n", "list.txt has several columns 'a'"),
    ('a,b,same\n"x,y,1\nz,w,0\n', "line 2: a stray quote"),
    ("3\nAda 1 2\nAda 1 Bob 1\n", "list.txt, line 1: promises 2 x 3 pairs and has 2"),
    ("10 300\nAda 1 2\n", "list.txt, line 1: promises 10 x 2 x 300 pairs and has 1"),
    ("999999 999999\nAda 1 2\n", "promises 999999 x 2 x 999999 pairs and has 1"),
    ("0\n", "promises 2 x 0 pairs and has 0"),
    ("1\nAda 1 Bob 1\nAda 1 2\n", "list.txt, line 2: stands among same pairs, by the first line, and is none"),
    ("Ada 1 2\nAda 1\n", "list.txt, line 2: expected NAME 1 2 or NAME 1 OTHER 2, got 'Ada 1'"),
    ("Ada 1 2\nAda x 2\n", "list.txt, line 2: an image's number must be digits, got 'x'"),
    ("Ada 1 ²\n", "an image's number must be digits, got '²'"),
    ("Ada 1 9999999999999\n", "an image's number must be digits"),
    ("Ada 1 2\n../Ada 1 2\n", "list.txt, line 2: a name must be that of a folder, got '../Ada'"),
    (".. 1 2\n", "line 1: '../.._0001': goes up with '..'"),
    ("Ada 1 9\nBob 1 2\nEve 1 Bob 1\n", "2 of 3 pairs in list.txt can't be used"),
    ("Ada 1 9\nBob 1 2\nEve 1 Bob 1\n", "list.txt, line 3: 'Eve/Eve_0001': no such image"),
    ("Ada 1 1\n", "'Ada/Ada_0001.jpg': an image with itself"),
    ("Ada 1 2\nBob 1 2\nAda 2 1\n", "list.txt, line 3: these two images stand on line 1 already"),
    (f"a,b,same\n{A1},{A2},1\n{A1},{A2},0\n", "line 3: these two images stand on line 2 already"),
    (f"a,b,same\n{A1},{A2},maybe\n", "line 2: same must be 1 or 0, got 'maybe'"),
    (f"a,b,same,fold\n{A1},{A2},1,\n", "line 2: fold must be a number, got ''"),
    (f"a,b,same\n{A1},{A2}\n", "line 2: 2 columns where the first line has 3"),
    (f"a,b,same\n,{A2},1\n", "line 2: '': the path is empty"),
    (f"a,b,same\n/etc/passwd,{A2},1\n", "'/etc/passwd': an absolute path"),
    (f"a,b,same\n..\\x.jpg,{A2},1\n", "goes up with '..'"),
    (f"a,b,same\nAda,{A2},1\n", "'Ada': no such image"),  # a folder
    (f"a,b,same\nlist.txt,{A2},1\n", "'list.txt': no such image"),
    ("a,b,same\n" + "\n".join(f"{i}.jpg,{A1},1" for i in range(50)), "… and 30 more"),
]


@pytest.mark.parametrize(("text", "message"), BAD_LISTS)
def test_bad_lists(faces, text, message):
    (faces / "list.txt").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as e:
        open_pairs(faces / "list.txt")
    assert message in str(e.value)


def test_links_that_lead_out_are_refused(faces, tmp_path, write_pictures):
    secret = write_pictures(tmp_path / "secret", ["s.jpg"]) / "s.jpg"
    (faces / "Ada" / "Ada_0009.jpg").symlink_to(secret)
    (faces / "list.txt").write_text("Ada 1 9\n")
    with pytest.raises(DataError, match="a link that leads out of the data's folder"):
        open_pairs(faces / "list.txt")


def test_bad_places(faces, tmp_path):
    listed = faces / "list.txt"
    listed.write_bytes(b"Ada 1 2\xff\n")
    with pytest.raises(DataError, match=r"list.txt must be UTF-8 text; byte 7 isn't"):
        open_pairs(listed)
    with pytest.raises(DataError, match=r"none\.txt: no such file"):
        open_pairs(faces / "none.txt")
    with pytest.raises(DataError, match=r"none\.txt is neither a file nor one in .*: no such file"):
        open_pairs("none.txt", faces)
    with pytest.raises(DataError, match=r"neither a file nor one in .*: goes up with '\.\.'"):
        open_pairs("../none.txt", faces)
    with pytest.raises(DataError, match="no such file or folder"):
        open_pairs(listed, tmp_path / "none")
    with pytest.raises(DataError, match=r"list\.txt is neither a folder nor a \.zip"):
        open_pairs(listed, listed)
    (tmp_path / "a.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match="can't be read as a zip"):
        open_pairs(listed, tmp_path / "a.zip")


@given(st.text(alphabet="Ada 12\t\n,\"'/.\\ü\x00", max_size=60))
def test_any_text_is_a_list_or_refused(text):
    with contextlib.suppress(DataError):
        assert parse_pairs(text, "list").pairs


@pytest.mark.parametrize("n_different", [None, 1, 5, 11])
def test_drawn_pairs(faces, tmp_path, zip_folder, n_different):
    pairs = draw_pairs(faces, n_different=n_different, seed=3)
    found = {frozenset(pair[:2]): pair[2] for pair in in_words(pairs)}
    assert len(found) == len(pairs)  # none twice
    same = {frozenset(pair) for pair in combinations(IMAGES, 2) if pair[0].split("/")[0] == pair[1].split("/")[0]}
    assert {pair for pair, is_same in found.items() if is_same} == same
    assert all(len(pair) == 2 for pair in found)
    assert len(found) - len(same) == (n_different or len(same))
    assert pairs.load(0).shape == (24, 32, 3)
    assert in_words(draw_pairs(faces, n_different=n_different, seed=3)) == in_words(pairs)
    zipped = draw_pairs(zip_folder(faces, tmp_path / "faces.zip", "faces"), n_different=n_different, seed=3)
    assert in_words(zipped) == in_words(pairs)


def test_each_different_pair_is_drawn_equally_often(faces):
    counts = dict.fromkeys(map(frozenset, combinations(IMAGES, 2)), 0)
    for seed in range(550):
        pair = in_words(draw_pairs(faces, n_different=1, seed=seed))[-1]
        counts[frozenset(pair[:2])] += 1
    drawn = [count for count in counts.values() if count]
    assert len(drawn) == 11  # of 15 pairs, 4 are same
    assert 25 < min(drawn) <= max(drawn) < 80  # 50 each, give or take 7


def test_pairs_that_cannot_be_drawn(faces, tmp_path, write_pictures, monkeypatch):
    for n in (0, -1, 12):
        with pytest.raises(ArgumentError, match=rf"has 11 different pairs: {n} can't be drawn of them"):
            draw_pairs(faces, n_different=n)
    with pytest.raises(DataError, match="has no two images of anybody"):
        draw_pairs(write_pictures(tmp_path / "singles", ["a/1.png", "b/1.png"]))
    with pytest.raises(DataError, match="has no images of two people"):
        draw_pairs(write_pictures(tmp_path / "one", ["a/1.png", "a/2.png"]))
    monkeypatch.setattr("striate.data.pairs_drawn.MOST_PAIRS", 7)
    with pytest.raises(ArgumentError, match="has 4 same pairs; with 4 more these are over 7"):
        draw_pairs(faces)


def test_faces_in_the_wild(real_data):
    data = real_data / "lfw-view1.zip"
    for name in ("pairsDevTrain.txt", "pairsDevTest.txt"):
        pairs = open_pairs(name, data)
        assert (len(pairs), pairs.same.sum(), pairs.fold) == (1000, 500, None)
        for first, second, same, _ in in_words(pairs):
            assert (Path(first).parent == Path(second).parent) == same
        assert pairs.load(0).shape == (250, 250, 3)
