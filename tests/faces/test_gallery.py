"""A gallery: enrolled people are found, removed ones are gone from all files, and nobody else can read these."""

import os
import random
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import striate.faces.gallery_file as gallery_file
from striate.errors import ArgumentError, GalleryError, OutputError, ShapeError
from striate.faces import Gallery
from striate.faces.gallery_entries import Entries
from striate.faces.gallery_matrix import map_matrix
from striate.faces.gallery_search import nearest_people
from tests.faces.galleries import DIM, assert_same, digest, digests, files_with, open_gallery, plain_search, unit

STORE, MATRIX = Path("gallery", "gallery.sqlite"), Path("gallery", "search.matrix")


@pytest.fixture
def gallery():
    with open_gallery() as made:
        yield made


def enroll(gallery, *names, images=1):
    """Random images of each, which follow from the name."""
    for name in names:
        seed = int.from_bytes(digest(name)[:4])
        gallery.enroll(name, unit(images, gallery.dim, seed=seed), digests(images, of=name))


def encoding(name):
    return unit(1, DIM, seed=int.from_bytes(digest(name)[:4]))


def nearest(gallery, name):
    candidate = gallery.identify(encoding(name), top=1, threshold=0.1)[0].recognised
    return candidate and candidate.name


def change_store(statement, *values):
    with closing(sqlite3.connect(STORE)) as connection, connection:
        connection.execute(statement, values)


def test_identify_is_a_plain_search(gallery):
    names = [f"person {i % 40}" for i in range(100)]
    rows, queries = unit(100, DIM), unit(6, DIM, seed=1)
    assert gallery.enroll_many(names, rows, digests(100)) == 100
    for top in (1, 5, 40, 99):
        for query, found in zip(queries, gallery.identify(queries, top=top, threshold=0.5), strict=True):
            assert_same(found, plain_search(names, rows, query, top))
            assert found.threshold == 0.5


def test_ties_come_in_the_order_of_names(gallery):
    for name in ("Zoë", "Bob", "Ada", "Eve"):
        gallery.enroll(name, unit(1, DIM), digests(1))
    found = gallery.identify(unit(1, DIM), top=3, threshold=0.5)[0]
    assert [candidate.name for candidate in found.ranked] == ["Ada", "Bob", "Eve"]


def test_nobody(gallery):
    (found,) = gallery.identify(unit(1, DIM), threshold=0.5)
    assert (found.ranked, found.recognised) == ((), None)
    assert gallery.identify(np.empty((0, DIM)), threshold=0.5) == []
    assert gallery.enroll("Ada", np.empty((0, DIM)), []) == 0
    assert gallery.people() == {}
    assert gallery.check() == ()


def test_an_image_counts_once_for_a_person(gallery):
    assert gallery.enroll("Ada", unit(3, DIM), digests(2) + digests(1)) == 2
    assert gallery.enroll("Ada", unit(2, DIM, seed=9), digests(2)) == 0  # the first encoding stays
    assert gallery.enroll("Bob", unit(1, DIM), digests(1)) == 1  # another may be on it too
    assert gallery.people() == {"Ada": 2, "Bob": 1}
    assert gallery.identify(unit(3, DIM)[:2], threshold=0)[0].recognised.name == "Ada"


def test_names_are_compared_as_they_are_stored(gallery):
    enroll(gallery, "Zoe\u0308", " Zo\u00eb ", "zoë")
    assert gallery.people() == {"Zoë": 2, "zoë": 1}
    gallery.remove("Zoe\u0308 ")
    assert gallery.people() == {"zoë": 1}


def test_the_threshold(gallery):
    enroll(gallery, "Ada")
    with pytest.raises(ArgumentError, match="none is set in the gallery"):
        gallery.identify(unit(1, DIM))
    gallery.set_threshold(0.7)
    assert (gallery.threshold, gallery.identify(unit(1, DIM))[0].threshold) == (0.7, 0.7)
    assert gallery.identify(unit(1, DIM), threshold=0.2)[0].threshold == 0.2
    gallery.set_threshold(None)
    assert gallery.threshold is None


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((unit(1, DIM + 1),), ShapeError),
        ((unit(DIM),), ShapeError),
        ((np.full((1, DIM), np.nan),), ArgumentError),
        ((3 * unit(1, DIM),), ArgumentError),
    ],
)
def test_encodings_that_are_refused(gallery, arguments, error):
    with pytest.raises(error):
        gallery.identify(*arguments, threshold=1)
    with pytest.raises(error):
        gallery.enroll("Ada", *arguments, digests(1))
    with pytest.raises(ArgumentError, match="top must be at least 1"):
        gallery.identify(unit(1, DIM), top=0, threshold=1)
    assert gallery.people() == {}


def test_a_batch_is_enrolled_whole_or_not_at_all(gallery):
    with pytest.raises(ArgumentError, match="name must be"):
        gallery.enroll_many(["Ada", "", "Bob"], unit(3, DIM), digests(3))
    assert gallery.people() == {}


def test_it_is_there_again_when_opened_again():
    with open_gallery() as gallery:
        enroll(gallery, "Ada", "Bob", images=2)
        gallery.set_threshold(0.4)
    with Gallery.existing("gallery") as again:
        assert (again.encoder, again.dim, again.threshold) == ("toy", DIM, 0.4)
        assert again.people() == {"Ada": 2, "Bob": 2}
        assert nearest(again, "Bob") == "Bob"


def test_another_encoder_is_refused():
    with open_gallery() as gallery:
        enroll(gallery, "Ada")
    with pytest.raises(GalleryError, match=r"gallery holds encodings of 8 numbers by the encoder toy; .* by other\)"):
        open_gallery(encoder="other")
    with pytest.raises(GalleryError, match="here: 16 numbers by toy"):
        open_gallery(dim=16)
    Gallery.existing("gallery", encoder="toy").close()


@pytest.mark.parametrize("dim", [DIM, 16])
def test_a_gallery_of_nobody_becomes_that_of_another_encoder(dim):
    with open_gallery() as old:
        enroll(old, "Ada")
        old.set_threshold(0.4)
        old.remove("Ada")
    with open_gallery(encoder="other", dim=dim) as gallery:
        assert (gallery.encoder, gallery.dim, gallery.threshold) == ("other", dim, None)
        assert gallery.check() == ()
        enroll(gallery, "Bob")
        gallery.set_threshold(0.3)
        assert gallery.identify(unit(1, dim), threshold=2)[0].ranked[0].name == "Bob"
        assert gallery.check() == ()
    with pytest.raises(GalleryError, match="by the encoder other"):
        open_gallery()
    with Gallery.existing("gallery", encoder="other") as again:
        assert (again.people(), again.threshold) == ({"Bob": 1}, 0.3)


def test_to_open_an_existing_gallery_of_nobody_takes_nothing_over():
    open_gallery().close()
    with pytest.raises(GalleryError, match="by the encoder toy"):
        Gallery.existing("gallery", encoder="other", dim=16)
    with Gallery.existing("gallery") as gallery:
        assert (gallery.encoder, gallery.dim) == ("toy", DIM)


@pytest.mark.parametrize(
    "use",
    [
        lambda gallery: gallery.enroll("Ada", encoding("Ada"), digests(1)),
        lambda gallery: gallery.set_threshold(0.4),
        lambda gallery: gallery.identify(encoding("Bob"), threshold=1),
        lambda gallery: gallery.remove("Bob"),
        lambda gallery: gallery.export("people.jsonl"),
        lambda gallery: gallery.check(),
        lambda gallery: gallery._store.add([Entries.of(["Ada"], digests(1), encoding("Ada"), DIM)]),
    ],
    ids=["enroll", "set_threshold", "identify", "remove", "export", "check", "in the transaction"],
)
def test_who_had_the_gallery_open_cannot_mix_encoders(gallery, use):
    nearest(gallery, "Bob")
    with open_gallery(encoder="other") as other:
        enroll(other, "Bob")
        with pytest.raises(GalleryError, match="another encoder has taken it over: open the gallery again"):
            use(gallery)
        assert (other.people(), other.threshold) == ({"Bob": 1}, None)
        assert nearest(other, "Bob") == "Bob"


def test_a_gallery_that_is_taken_over_in_the_middle_of_a_search_is_noticed(gallery, monkeypatch):
    enroll(gallery, "Ada")

    def search(*arguments):
        gallery.remove("Ada")
        with open_gallery(encoder="other") as other:
            enroll(other, "Bob")
        return nearest_people(*arguments)

    monkeypatch.setattr("striate.faces.gallery.nearest_people", search)
    with pytest.raises(GalleryError, match="another encoder has taken it over"):
        gallery.identify(encoding("Ada"), threshold=1)


def test_of_encoders_that_open_an_empty_gallery_at_once_one_fills_it():
    """Every thread opens it by itself, as a process would; those of the encoder that got it all succeed."""
    open_gallery().close()
    start, filled, refused = threading.Barrier(8), [], []

    def work(number):
        encoder, dim = [("a", DIM), ("b", 16)][number % 2]
        start.wait()
        try:
            with open_gallery(encoder=encoder, dim=dim) as mine:
                enroll(mine, f"person {number}")
            filled.append((encoder, f"person {number}"))
        except GalleryError as e:
            refused.append(str(e))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({encoder for encoder, _ in filled}) == 1
    assert all("holds encodings of" in message or "has taken it over" in message for message in refused)
    with Gallery.existing("gallery", encoder=filled[0][0]) as gallery:
        assert sorted(gallery.people()) == sorted(name for _, name in filled)
        assert gallery.check() == ()


@pytest.mark.parametrize("folder", ["nowhere", "empty", "photos", "file"])
def test_what_is_no_gallery(folder):
    Path("empty").mkdir()
    Path("photos").mkdir()
    Path("photos", "a.jpg").touch()
    Path("file").touch()
    with pytest.raises(GalleryError, match=f"no gallery in {folder}"):
        Gallery.existing(folder)
    if folder in ("photos", "file"):
        with pytest.raises(
            (ArgumentError, OutputError), match=r"folder must be a gallery, empty|can't make a gallery in"
        ):
            open_gallery(folder)
    else:
        open_gallery(folder).close()
    assert not Path("nowhere").exists() or folder == "nowhere"


def test_only_the_owner_can_read_it():
    mask = os.umask(0)
    try:
        with open_gallery() as gallery:
            enroll(gallery, "Ada")
            nearest(gallery, "Ada")
            enroll(gallery, "Bob")
            gallery.remove("Ada")
            gallery.export("people.jsonl")
            names = {path.name for path in Path("gallery").iterdir()}
            modes = {path.stat().st_mode & 0o777 for path in [*Path("gallery").iterdir(), Path("people.jsonl")]}
            assert gallery.check() == ()
    finally:
        os.umask(mask)
    assert {"gallery.sqlite", "gallery.sqlite-wal", "gallery.sqlite-shm", "search.matrix"} <= names
    assert modes == {0o600}
    assert Path("gallery").stat().st_mode & 0o777 == 0o700
    Path("gallery").chmod(0o755)
    with open_gallery() as gallery:
        assert [str(problem) for problem in gallery.check()] == [
            "gallery: others than its owner may use it; chmod go= mends that"
        ]


def test_an_empty_folder_that_others_may_enter_is_closed_to_them():
    Path("gallery").mkdir(mode=0o755)
    with open_gallery() as gallery:
        assert gallery.check() == ()
    assert Path("gallery").stat().st_mode & 0o777 == 0o700


def test_the_removed_are_gone_from_every_file(gallery):
    names = [f"somebody {i}" for i in range(60)]
    enroll(gallery, *names, images=5)
    nearest(gallery, names[0])
    gone = names[::3]
    pieces = [
        piece for name in gone for piece in (name.encode() + b"\0", encoding(name).tobytes(), *digests(5, of=name))
    ]
    assert files_with("gallery", *pieces)
    old = MATRIX.open("rb")
    gallery.remove(*gone)
    assert files_with("gallery", *pieces) == []
    assert not any(old.read())  # who still has the old matrix finds zeros
    old.close()
    assert list(gallery.people()) == sorted(set(names) - set(gone))
    assert nearest(gallery, gone[0]) is None
    assert nearest(gallery, names[1]) == names[1]
    assert gallery.check() == ()


def test_copies_that_sqlite_left_behind_are_gone_too(gallery):
    """Where rows move between pages their old bytes may stay: without VACUUM one of these people is still found."""
    rng, there = random.Random(1), []
    for _ in range(25):
        some = [f"{rng.getrandbits(64):016x}{'x' * rng.randrange(180)}" for _ in range(120)]
        gallery.enroll_many(some, unit(120, DIM), [digest(name) for name in some])
        there += some
        gone = [there.pop(rng.randrange(len(there))) for _ in range(60)]
        gallery.remove(*gone)
        assert files_with("gallery", *(piece for name in gone for piece in (name[:16].encode(), digest(name)))) == []


def test_a_removal_of_somebody_unknown_removes_nobody(gallery):
    enroll(gallery, "Ada", "Bob")
    with pytest.raises(ArgumentError, match="name must be somebody's in the gallery, got 'Eve'"):
        gallery.remove("Ada", "Eve")
    assert list(gallery.people()) == ["Ada", "Bob"]


def test_who_was_removed_can_come_again(gallery):
    enroll(gallery, "Ada", "Bob")
    gallery.remove("Bob")
    enroll(gallery, "Eve")  # gets the ids that Bob had
    assert nearest(gallery, "Eve") == "Eve"
    assert nearest(gallery, "Bob") is None
    enroll(gallery, "Bob")
    assert nearest(gallery, "Bob") == "Bob"
    gallery.remove("Ada", "Bob", "Eve", "Bob")
    assert gallery.people() == {}
    assert gallery.identify(unit(1, DIM), threshold=1)[0].ranked == ()


def test_a_removal_waits_for_readers_and_says_what_remains(gallery, monkeypatch):
    monkeypatch.setattr(gallery_file, "PATIENCE_SECONDS", 0.2)
    with open_gallery() as hasty:
        enroll(hasty, "Ada", "Bob")
        with closing(sqlite3.connect(STORE)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM people").fetchone()
            with pytest.raises(GalleryError, match=r"removed, .*another process keeps reading .*gallery\.sqlite\."):
                hasty.remove("Bob")
            assert nearest(hasty, "Bob") is None
            assert files_with("gallery", encoding("Bob").tobytes())
            assert "bytes of the removed are left" in str(hasty.check()[0])
    with open_gallery() as again:
        assert files_with("gallery", encoding("Bob").tobytes(), b"Bob") == []
        assert again.check() == ()


@pytest.mark.parametrize("where", ["gallery_index.write_matrix", "gallery_matrix.overwrite"])
def test_a_removal_without_room_on_the_disk_says_what_remains(gallery, monkeypatch, where):
    enroll(gallery, "Ada", "Bob")

    def no_room(*arguments):
        raise OutputError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(f"striate.faces.{where}", no_room)
        with pytest.raises(OutputError, match=r"removed, .* not all of their bytes are overwritten yet: no space left"):
            gallery.remove("Bob")
        with open_gallery() as reader:  # neither can it finish the removal
            assert list(reader.people()) == ["Ada"]
    open_gallery().close()
    assert files_with("gallery", encoding("Bob").tobytes()) == []
    assert gallery.check() == ()


def test_a_removal_that_was_interrupted_is_finished(gallery, monkeypatch):
    enroll(gallery, "Ada", "Bob")
    with monkeypatch.context() as patch:
        patch.setattr(Gallery, "_erase", lambda self: None)
        gallery.remove("Bob")
    Path("gallery", ".search.matrix.killed").write_bytes(encoding("Bob").tobytes())
    open_gallery().close()
    assert files_with("gallery", encoding("Bob").tobytes()) == []
    assert gallery.check() == ()


def test_others_see_what_one_writes(gallery):
    with open_gallery() as other:
        for name in ("Ada", "Bob", "Eve"):
            enroll(gallery, name)
            assert nearest(other, name) == name
        gallery.remove("Bob")
        assert nearest(other, "Bob") is None
        assert nearest(other, "Eve") == "Eve"
        enroll(other, "Bob")
        assert nearest(gallery, "Bob") == "Bob"


@pytest.mark.parametrize(
    "remove", [Gallery.remove, lambda other, name: other._store.remove([name])], ids=["all", "begun"]
)
def test_a_removal_in_the_middle_of_a_search_is_noticed(gallery, monkeypatch, remove):
    enroll(gallery, "Ada", "Bob")
    with open_gallery() as other:
        search = gallery._store.names

        def names(people):
            if "Bob" in other.people():
                remove(other, "Bob")
            return search(people)

        monkeypatch.setattr(gallery._store, "names", names)
        assert [c.name for c in gallery.identify(encoding("Bob"), threshold=1)[0].ranked] == ["Ada"]


def test_a_matrix_that_is_overwritten_in_the_middle_of_a_search_is_noticed(gallery, monkeypatch):
    enroll(gallery, "Ada", "Bob")
    nearest(gallery, "Ada")
    with open_gallery() as other:
        rewrites = iter([other._index.rewrite])

        def search(*arguments):
            next(rewrites, lambda: None)()
            return nearest_people(*arguments)

        monkeypatch.setattr("striate.faces.gallery.nearest_people", search)
        assert nearest(gallery, "Bob") == "Bob"


def broken_matrix(how):
    whole = MATRIX.read_bytes()
    broken = {
        "gone": None,
        "empty": b"",
        "cut off": whole[:-1],
        "only a header": whole[:64],
        "half a header": whole[:30],
        "a flipped bit of N": whole[:33] + bytes([whole[33] ^ 1]) + whole[34:],
        "another mark": b"S" + whole[1:],
        "text": b"matrix" * 100,
    }[how]
    MATRIX.unlink()
    if broken is not None:
        MATRIX.write_bytes(broken)


@pytest.mark.parametrize(
    "how",
    ["gone", "empty", "cut off", "only a header", "half a header", "a flipped bit of N", "another mark", "text"],
)
def test_a_broken_matrix_is_made_anew(how):
    with open_gallery() as gallery:
        enroll(gallery, "Ada", "Bob")
    whole = MATRIX.read_bytes()
    broken_matrix(how)
    with open_gallery() as gallery:
        assert nearest(gallery, "Bob") == "Bob"
        assert MATRIX.read_bytes() == whole


def test_a_matrix_of_another_generation_or_another_store_is_made_anew(gallery):
    enroll(gallery, "Ada", "Bob")
    old = MATRIX.read_bytes()
    gallery.remove("Ada")
    MATRIX.write_bytes(old)
    with open_gallery() as other:
        assert nearest(other, "Ada") is None
    assert map_matrix(MATRIX, DIM).generation == 1
    with open_gallery("twin") as twin:  # as many images and removals, and other people
        enroll(twin, "Eve", "Mallory")
        twin.remove("Eve")
        nearest(twin, "Mallory")
    shutil.copy("twin/search.matrix", MATRIX)
    with open_gallery() as other:
        assert nearest(other, "Bob") == "Bob"
        assert nearest(other, "Mallory") is None


def test_a_matrix_grows_in_place_and_is_what_would_be_written_anew(gallery):
    enroll(gallery, "Ada")
    first = MATRIX.stat().st_ino
    enroll(gallery, "Bob", "Eve", images=3)
    assert MATRIX.stat().st_ino == first
    grown = MATRIX.read_bytes()
    MATRIX.unlink()
    nearest(gallery, "Ada")
    assert MATRIX.read_bytes() == grown


def test_a_matrix_that_cannot_be_written_does_not_undo_what_is_stored(gallery, monkeypatch):
    enroll(gallery, "Ada")

    def no_room(*arguments):
        raise OutputError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("striate.faces.gallery_index.append_records", no_room)
        assert gallery.enroll("Bob", encoding("Bob"), digests(1)) == 1
        with pytest.raises(OutputError):
            nearest(gallery, "Bob")
    assert nearest(gallery, "Bob") == "Bob"


def test_rows_that_a_killed_writer_did_not_count_are_written_over(gallery):
    enroll(gallery, "Ada")
    with MATRIX.open("ab") as f:
        f.write(b"x" * 100)
    enroll(gallery, "Bob")
    assert nearest(gallery, "Bob") == "Bob"
    assert gallery.check() == ()


def test_check_finds_a_changed_row_of_the_matrix(gallery):
    enroll(gallery, "Ada", "Bob", "Eve")
    with MATRIX.open("r+b") as f:
        f.seek(70)
        f.write(b"\1")
    (problem,) = gallery.check()
    assert str(problem).endswith("search.matrix: disagrees with the store among rows 0 to 2; made anew")
    assert gallery.check() == ()


def test_check_finds_a_changed_encoding(gallery):
    enroll(gallery, "Ada", "Bob")
    change_store("UPDATE images SET encoding = ? WHERE id = 2", encoding("Eve").tobytes())
    (problem,) = gallery.check()
    cure = "remove Bob and enroll their images again"
    assert problem.message == f"image 2, of Bob, is damaged: its checksum disagrees; {cure}"
    change_store("UPDATE images SET encoding = ? WHERE id = 2", bytes(4 * DIM))
    of_bob = f"image 2, of Bob, is damaged: its encoding is not of unit length; {cure}"
    assert gallery.check()[-1].message == of_bob
    MATRIX.unlink()
    with pytest.raises(GalleryError, match=f"^gallery: {of_bob}$"):
        nearest(gallery, "Ada")


@pytest.mark.parametrize("damaged", [bytes(4 * DIM), b"\xff" * 4 * DIM, encoding("Eve").tobytes()[:-4] + bytes(4)])
def test_a_removal_is_whole_beside_a_damaged_image(gallery, damaged):
    enroll(gallery, "Ada", "Bob", "Eve", images=2)
    nearest(gallery, "Ada")
    change_store("UPDATE images SET encoding = ? WHERE id = 3", damaged)  # Bob's
    pieces = [b"Ada\0", encoding("Ada").tobytes(), *digests(2, of="Ada")]
    old = MATRIX.open("rb")
    gallery.remove("Ada")
    assert files_with("gallery", *pieces) == []
    assert not any(old.read())
    old.close()
    assert list(gallery.people()) == ["Bob", "Eve"]
    assert {p.message for p in gallery.check()} == {
        f"image 3, of Bob, is damaged: {what}; remove Bob and enroll their images again"
        for what in ("its checksum disagrees", "its encoding is not of unit length")
    }
    with pytest.raises(GalleryError, match="image 3, of Bob, is damaged"):
        gallery.export("people.jsonl")
    assert not Path("people.jsonl").exists()
    with pytest.raises(GalleryError, match="image 3, of Bob, is damaged"):
        nearest(gallery, "Eve")
    gallery.remove("Bob")  # what the messages say mends it
    assert nearest(gallery, "Eve") == "Eve"
    assert gallery.check() == ()
    enroll(gallery, "Bob")
    assert nearest(gallery, "Bob") == "Bob"


def test_a_removal_that_a_damaged_image_once_stopped_is_finished(gallery, monkeypatch):
    enroll(gallery, "Ada", "Bob")
    nearest(gallery, "Ada")
    with monkeypatch.context() as patch:
        patch.setattr(Gallery, "_erase", lambda self: None)
        gallery.remove("Ada")
    change_store("UPDATE images SET encoding = ? WHERE id = 2", bytes(4 * DIM))
    open_gallery().close()
    assert files_with("gallery", encoding("Ada").tobytes()) == []


def use():
    with Gallery.existing("gallery") as gallery:
        nearest(gallery, "Ada")
        gallery.people()
        assert gallery.check() == ()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "there is no gallery in"),
        (lambda data: b"not a database" * 100, "is damaged .file is not a database"),
        (lambda data: data[:5000], "is damaged"),
        (lambda data: data[:100] + b"\xff" * 3996 + data[4096:], "is damaged"),
        (lambda data: data.replace(b"NOT NULL,", b"NOT NUL\xff,"), "is damaged"),  # quoted by SQLite, and no UTF-8
    ],
    ids=["empty", "text", "cut off", "no schema", "a schema that can't be printed"],
)
def test_a_broken_store_says_so(damage, message):
    with open_gallery() as gallery:
        enroll(gallery, "Ada")
    STORE.write_bytes(damage(STORE.read_bytes()))
    with pytest.raises(GalleryError, match=message):
        use()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("PRAGMA user_version = 2", "has the format 2; this striate reads up to 1"),
        ("CREATE TRIGGER t AFTER INSERT ON people BEGIN DELETE FROM people; END", "is not a gallery that striate made"),
        ("CREATE VIEW v AS SELECT * FROM people", "is not a gallery that striate made"),
        ("PRAGMA application_id = 0", "is not a gallery that striate made"),
        ("DELETE FROM facts", "0 rows of facts"),
        ("UPDATE facts SET dim = 'many'", "is damaged|not a gallery"),
        ("DROP TABLE facts", "is not a gallery that striate made"),
    ],
)
def test_a_store_that_others_made_is_refused(statement, message):
    open_gallery().close()
    change_store(statement)
    with pytest.raises(GalleryError, match=message):
        Gallery.existing("gallery")


def test_a_making_that_was_interrupted_is_finished():
    Path("gallery").mkdir()
    STORE.touch()
    Path("gallery", "lock").touch()
    with open_gallery() as gallery:
        enroll(gallery, "Ada")
        assert nearest(gallery, "Ada") == "Ada"


def test_a_writer_that_waited_too_long_says_so(gallery, monkeypatch):
    monkeypatch.setattr("striate.faces.gallery_folder.PATIENCE_SECONDS", 0.1)
    waited = pytest.raises(GalleryError, match=r"another process has been writing to .*gallery for 0.1 s")
    with open_gallery() as hasty, gallery._writing(), waited:
        hasty.enroll("Ada", unit(1, DIM), digests(1))
    assert gallery.people() == {}


@pytest.mark.parametrize("name", ["lock", "search.matrix"])
def test_a_file_that_cannot_be_used_is_named(gallery, name):
    with open_gallery("other") as other:
        Path("other", name).unlink(missing_ok=True)
        Path("other", name).mkdir()
        with pytest.raises(OutputError, match=f"can't use .*{name}"):
            other.identify(unit(1, DIM), threshold=1)


def test_a_gallery_that_was_closed_is_not_called_damaged(gallery):
    gallery.close()
    with pytest.raises(GalleryError, match="it was closed here"):
        gallery.people()


def test_threads_share_a_gallery(gallery):
    def work(number):
        for i in range(5):
            enroll(gallery, f"{number} {i}")
            assert nearest(gallery, f"{number} {i}") == f"{number} {i}"

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(gallery.people()) == 20
    assert gallery.check() == ()
