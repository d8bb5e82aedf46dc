"""`striate faces`: what is typed, printed, written and refused; with toys, and on the astronaut with real networks."""

import json
from dataclasses import replace

import numpy as np
import pytest
from skimage.data import astronaut

from striate.data import image_size, write_image
from striate.faces import Encoder, LivenessChecker
from striate.models.published import MTCNN, find_source
from striate.tasks import Recogniser
from tests.faces.astronauts import five_astronauts
from tests.tasks.test_faces import write_pairs
from tests.toy_faces import ADA, BOB, EVE, TAU, ToyChecker, ToyEncoder, picture, toy_recogniser, write_people


@pytest.fixture
def toys(monkeypatch):
    """Toy faces in place of real ones."""

    def open_toys(encoder, *, choose, device):
        calibration = {"uncalibrated": None, "strict": replace(TAU, distance=0.0)}.get(encoder, TAU)
        if encoder == "whole":
            return Recogniser(ToyEncoder(canonical=None), choose=choose)
        return toy_recogniser(ToyEncoder(calibration), choose=choose)

    monkeypatch.setattr(Recogniser, "open", open_toys)
    monkeypatch.setattr(LivenessChecker, "open", lambda model, device: ToyChecker())


@pytest.fixture
def pictures(tmp_path):
    """ada.png, ada2.png, bob.png, party.png, wall.png, torn.png"""
    named = {"ada": (ADA,), "ada2": (ADA,), "bob": (BOB,), "party": (BOB, EVE, ADA), "wall": ()}
    for seed, (name, colours) in enumerate(named.items()):
        write_image(tmp_path / f"{name}.png", picture(*colours, noise=seed + 1))
    (tmp_path / "torn.png").write_bytes(b"no image")
    return tmp_path


@pytest.fixture
def gallery(striate, toys, pictures):
    """The folder of a gallery of Ada and Bob."""
    write_people("people", Ada=ADA, Bob=BOB)
    assert striate("faces", "enroll", "people", "--gallery", "gallery").code == 0
    return "gallery"


@pytest.mark.usefixtures("toys", "pictures")
class TestVerify:
    @pytest.mark.parametrize(("second", "word"), [("ada2.png", "same"), ("bob.png", "different")])
    def test_answers(self, striate, second, word):
        result = striate("faces", "verify", "ada.png", second)
        assert result.code == 0
        assert result.out.startswith(f"{word}: distance ")
        assert "threshold 0.5000" in result.out
        assert "for a false-accept rate of 0.01" in result.err

    def test_json(self, striate):
        result = striate("faces", "verify", "ada.png", "ada2.png", "--json")
        answer = json.loads(result.out)
        assert answer["same"] is True
        assert answer["threshold"] == 0.5
        assert answer["threshold_from"] == str(TAU)
        assert [image["obstacle"] for image in answer["images"]] == [None, None]
        assert len(answer["images"][0]["face"]["points"]) == 5

    def test_no_face_is_an_answer_with_an_exit_code_of_its_own(self, striate):
        result = striate("faces", "verify", "ada.png", "wall.png")
        assert (result.code, result.out) == (3, "no answer: wall.png: no face found\n")
        assert "threshold" not in result.err
        answer = json.loads(striate("faces", "verify", "wall.png", "ada.png", "--json").out)
        assert (answer["same"], answer["threshold"], answer["threshold_from"]) == (None, None, None)
        assert answer["images"][0]["obstacle"] == "no face found"

    def test_liveness(self, striate):
        result = striate("faces", "verify", "ada.png", "bob.png", "--liveness")
        assert (result.code, result.out) == (3, "no answer: bob.png: its face is not live\n")

    def test_whole_images_need_no_options_of_faces(self, striate):
        assert striate("faces", "verify", "ada.png", "bob.png", "--encoder", "whole").code == 0

    def test_ones_own_model_of_live_faces(self, striate):
        assert striate("faces", "verify", "ada.png", "bob.png", "--liveness-model", "run").code == 3

    def test_of_several_faces_one_counts(self, striate):
        assert striate("faces", "verify", "bob.png", "party.png").out.startswith("same")
        assert striate("faces", "verify", "bob.png", "party.png", "--faces", "central").out.startswith("different")
        assert striate("faces", "verify", "bob.png", "party.png", "--faces", "every").code == 2

    def test_which_of_several_is_told(self, striate):
        assert "faces, the" not in striate("faces", "verify", "bob.png", "ada.png").err
        result = striate("faces", "verify", "bob.png", "party.png", "--json")
        assert "\nparty.png: 3 faces, the largest one counts; --faces central takes another\n" in result.err
        assert [image["faces_found"] for image in json.loads(result.out)["images"]] == [1, 3]

    @pytest.mark.parametrize("second", ["ada2.png", "wall.png"])
    def test_the_picture(self, striate, second):
        striate("faces", "verify", "ada.png", second, "--out", "pair.png")
        assert image_size("pair.png") == (320, 648)

    # What is typed, the exit code, and what the message says.
    @pytest.mark.parametrize(
        ("arguments", "code", "message"),
        [
            (("ada.png", "missing.png"), 1, "missing.png: no such file"),
            (("ada.png", "torn.png"), 1, "torn.png: "),
            (("ada.png", "."), 1, "a folder, not a file"),
            (("ada.png",), 2, "Missing argument"),
            (("ada.png", "bob.png", "--encoder", "uncalibrated"), 1, "has no threshold: `striate faces calibrate"),
            (("ada.png", "bob.png", "--encoder", "whole", "--liveness"), 2, "--liveness is of faces; toy encodes"),
            (
                ("ada.png", "bob.png", "--encoder", "whole", "--liveness-model", "run"),
                2,
                "--liveness-model is of faces",
            ),
            (("ada.png", "bob.png", "--encoder", "whole", "--faces", "central"), 2, "--faces is of faces"),
            (("ada.png", "bob.png", "--out", "ada.png"), 1, "would be drawn over"),
            (("ada.png", "bob.png", "--out", "pair.txt"), 1, "path must be a file ending in"),
            (("ada.png", "bob.png", "--out", "nowhere/pair.png"), 1, "can't write"),
            (("ada.png", "bob.png", "--faces", "smallest"), 2, "Invalid value"),
        ],
    )
    def test_bad_input(self, striate, arguments, code, message):
        result = striate("faces", "verify", *arguments)
        assert result.code == code
        assert message in result.err
        assert "Traceback" not in result.err


@pytest.mark.usefixtures("toys")
class TestPairs:
    def test_calibrate_writes_an_encoder(self, striate, tmp_path):
        write_pairs(tmp_path)
        result = striate("faces", "calibrate", "pairs.csv", "--far", "0.1", "--out", "encoder.json")
        assert result.code == 0
        assert result.out.startswith("threshold ")
        assert "18 of 18" in result.out
        written = json.loads((tmp_path / "encoder.json").read_text(encoding="utf-8"))
        assert written["threshold"]["far"] == 0.1
        assert written["threshold"]["different"] == 48
        assert written["threshold"]["data"] == "pairs.csv"

    def test_calibrate_as_json(self, striate, tmp_path):
        write_pairs(tmp_path)
        write_image(tmp_path / "A" / "0.png", picture())
        answer = json.loads(striate("faces", "calibrate", "pairs.csv", "--far", "0.1", "--json").out)
        assert answer["far_asked"] == 0.1
        assert answer["pairs_left_out"] == 11

    def test_pairs_are_drawn_from_folders_of_people(self, striate, tmp_path):
        write_pairs(tmp_path)
        (tmp_path / "pairs.csv").unlink()
        result = striate("faces", "calibrate", tmp_path, "--far", "0.1", "--different", "40", "--json")
        assert json.loads(result.out)["n_different"] == 40

    def test_evaluate(self, striate, tmp_path):
        write_pairs(tmp_path)
        result = striate("faces", "evaluate", "pairs.csv", ".", "--out", "measured")
        assert result.code == 0
        assert "accuracy over 2 folds" in result.out
        assert "100.00%" in result.out
        assert (tmp_path / "measured" / "verification.html").exists()
        answer = json.loads(striate("faces", "evaluate", "pairs.csv", "--json").out)
        assert answer["accuracy"] == 1
        assert answer["threshold_from"] == "the encoder"
        assert answer["ten_fold"]["mean"] == 1

    def test_evaluate_without_a_threshold_says_that_it_flatters(self, striate, tmp_path):
        result = striate("faces", "evaluate", write_pairs(tmp_path), "--encoder", "uncalibrated")
        assert result.code == 0
        assert "flattered" in result.err

    # What is typed, the exit code, and what the message says.
    @pytest.mark.parametrize(
        ("verb", "arguments", "code", "message"),
        [
            ("calibrate", ("pairs.csv",), 1, "48 different pairs can show (a rate of 0.001 takes 2,995;"),
            ("calibrate", ("pairs.csv",), 1, "; of folders --different 2995 draws them"),
            ("calibrate", (".", "--different", "4000"), 1, ". has 48 different pairs: 4,000 can't be drawn of them"),
            ("calibrate", ("pairs.csv", "--far", "0"), 1, "far must be in (0, 1)"),
            ("calibrate", ("pairs.csv", "--far", "much"), 2, "Invalid value"),
            ("calibrate", ("pairs.csv", "--far", "0.1", "--out", "encoder.txt"), 2, "must end in .json"),
            ("calibrate", ("pairs.csv", "--different", "9"), 2, "goes with folders of people"),
            ("calibrate", ("A",), 1, ""),
            ("evaluate", ("missing.csv",), 1, "missing.csv"),
            ("evaluate", ("pairs.csv", "elsewhere"), 1, "elsewhere"),
            ("evaluate", ("empty.csv", "."), 1, "empty"),
        ],
    )
    def test_bad_input(self, striate, tmp_path, verb, arguments, code, message):
        write_pairs(tmp_path)
        (tmp_path / "empty.csv").touch()
        result = striate("faces", verb, *arguments)
        assert result.code == code
        assert message in result.err.replace("\n", " ")
        assert "Traceback" not in result.err


class TestPeople:
    def test_enroll_and_list(self, striate, gallery):
        listed = striate("faces", "list", "--gallery", gallery)
        assert listed.out.split() == ["name", "images", "Ada", "2", "Bob", "2"]
        again = striate("faces", "enroll", "people", "--gallery", gallery)
        assert "0 of 4 images enrolled, 4 were there already; 2 people in gallery" in again.out

    def test_one_shot(self, striate, gallery):
        write_image("eve.png", picture(EVE))
        assert striate("faces", "enroll", "eve.png", "--name", "Eve", "--gallery", gallery).code == 0
        names = [
            line.split(":")[0].strip()
            for line in striate("faces", "identify", "party.png", "--gallery", gallery).out.splitlines()
        ]
        assert names == ["party.png", "Bob", "Eve", "Ada"]

    def test_identify(self, striate, gallery):
        result = striate(
            "faces", "identify", "party.png", "wall.png", "--gallery", gallery, "--top", "2", "--out", "drawn"
        )
        assert result.code == 0
        lines = [line.split(" distance")[0] for line in result.out.splitlines()]
        assert lines == [
            "party.png",
            "  Bob:",
            "    Ada:",
            "  not recognised",
            lines[4],
            lines[5],
            "  Ada:",
            "    Bob:",
            "wall.png",
            "  no face found",
        ]
        assert image_size("drawn/party.png") == (320, 960)

    def test_one_image_is_drawn_as_a_picture(self, striate, gallery):
        result = striate("faces", "identify", "party.png", "--gallery", gallery, "--out", "answer.jpg")
        assert result.code == 0
        assert "drawn: answer.jpg\n" in result.err
        assert image_size("answer.jpg") == (320, 960)
        result = striate("faces", "identify", "party.png", "wall.png", "--gallery", gallery, "--out", "two.png")
        assert (result.code, result.out) == (1, "")
        assert result.err == "error: out must be a folder, as there are 2 images, got 'two.png'\n"

    def test_identify_as_json(self, striate, gallery):
        (answer,) = json.loads(striate("faces", "identify", "party.png", "--gallery", gallery, "--json").out)
        assert [person["recognised"] for person in answer["people"]] == ["Bob", None, "Ada"]
        assert [person["liveness"] for person in answer["people"]] == ["not checked"] * 3

    def test_the_threshold_is_the_gallerys_unless_an_encoder_is_named(self, striate, gallery):
        def recognised(*arguments):
            result = striate("faces", "identify", "party.png", "--gallery", gallery, "--json", *arguments)
            return json.loads(result.out)[0]["people"][2]["recognised"], result.err

        assert recognised()[0] == "Ada"
        who, told = recognised("--encoder", "strict")
        assert who is None
        assert "threshold: 0.0000 (0.4000 to 0.6000), for a false-accept rate" in told
        assert recognised("--encoder", "uncalibrated")[0] == "Ada"
        striate("faces", "enroll", "bob.png", "--name", "Bob", "--gallery", gallery, "--encoder", "strict")
        who, told = recognised()
        assert who is None
        assert "threshold: 0.0000, the gallery's" in told

    def test_ctrl_c_says_what_stays(self, striate, gallery, monkeypatch):
        def stop(*arguments, **options):
            raise KeyboardInterrupt

        monkeypatch.setattr("striate.tasks.enroll_people", stop)
        result = striate("faces", "enroll", "people", "--gallery", gallery)
        assert result.code == 130
        assert "what was enrolled stays" in result.err
        assert "Traceback" not in result.err

    def test_identify_one_face(self, striate, gallery):
        result = striate("faces", "identify", "party.png", "--gallery", gallery, "--faces", "largest", "--json")
        assert [person["recognised"] for person in json.loads(result.out)[0]["people"]] == ["Bob"]

    def test_identify_with_liveness(self, striate, gallery):
        assert "  not live" in striate("faces", "identify", "party.png", "--gallery", gallery, "--liveness").out

    def test_a_gallery_of_nobody_says_so(self, striate, gallery):
        assert "nobody is enrolled" not in striate("faces", "identify", "ada.png", "--gallery", gallery).err
        striate("faces", "remove", "Ada", "Bob", "--gallery", gallery)
        result = striate("faces", "identify", "ada.png", "--gallery", gallery)
        assert (result.code, result.out) == (0, "ada.png\n  not recognised\n")
        assert "nobody is enrolled in gallery\n" in result.err

    def test_no_face_anywhere(self, striate, gallery):
        assert striate("faces", "identify", "wall.png", "--gallery", gallery).code == 3

    def test_broken_images(self, striate, gallery):
        result = striate("faces", "identify", "ada.png", "torn.png", "--gallery", gallery)
        assert (result.code, result.out) == (1, "")
        assert "torn.png" in result.err
        result = striate("faces", "identify", "ada.png", "torn.png", "--gallery", gallery, "--skip-bad")
        assert result.code == 0
        assert "skipped torn.png" in result.err
        arguments = ("identify", "ada.png", "wall.png", "torn.png", "--gallery", gallery, "--skip-bad", "--json")
        ada, wall, torn = json.loads(striate("faces", *arguments).out)
        assert ada.keys() == wall.keys() == torn.keys()
        assert (ada["skipped"], wall["skipped"], torn["people"]) == (None, None, [])
        assert (torn["path"], torn["skipped"]) == ("torn.png", result.err.split("skipped torn.png: ")[1].split("\n")[0])

    def test_the_json_says_where_the_threshold_is_from(self, striate, gallery):
        def rows(*options):
            return json.loads(striate("faces", "identify", "party.png", "--gallery", gallery, "--json", *options).out)

        assert rows()[0]["threshold_from"] == str(TAU)
        assert rows("--encoder", "uncalibrated")[0]["threshold_from"] == "0.5000, the gallery's"
        bob, eve, _ = rows("--liveness")[0]["people"]
        assert bob.keys() == eve.keys()
        assert (bob["liveness"], bob["recognised"], bob["threshold"], bob["candidates"]) == ("not live", None, None, [])

    def test_narrow_faces_are_remarked_on(self, striate, gallery, monkeypatch):
        assert "pixels wide" not in striate("faces", "identify", "party.png", "--gallery", gallery).err
        monkeypatch.setattr("striate.tasks.faces_small.SURE_WIDTH", 60)
        narrow = "only 59 pixels wide; below 60 more answers are wrong"
        result = striate("faces", "identify", "party.png", "ada.png", "--gallery", gallery, "--json")
        assert "\nparty.png: 2 faces are only 58 to 59 pixels wide; below 60 more answers are wrong\n" in result.err
        assert "ada.png: " not in result.err
        party, _ = json.loads(result.out)
        assert [person["remark"] for person in party["people"]][:2] == [None, f"a face is {narrow}"]
        arguments = ("party.png", "--faces", "central", "--json")
        result = striate("faces", "verify", "ada.png", *arguments)
        assert f"party.png: a face is {narrow}\n" in result.err
        assert json.loads(result.out)["images"][1]["remark"] == f"a face is {narrow}"
        result = striate("faces", "enroll", *arguments, "--name", "Eve", "--gallery", gallery)
        assert f"party.png: a face is {narrow}\n" in result.err
        assert json.loads(result.out)["remarks"] == [{"path": "party.png", "remark": f"a face is {narrow}"}]

    def test_what_is_not_enrolled_is_listed(self, striate, gallery):
        result = striate("faces", "enroll", ".", "--name", "Ada", "--gallery", gallery, "--json")
        answer = json.loads(result.out)
        assert {row["path"]: row["why"] for row in answer["refused"]}["wall.png"] == "no face found"
        assert "torn.png" in result.err

    @pytest.mark.parametrize(
        ("which", "word", "other"), [("largest", "largest", "central"), ("central", "most central", "largest")]
    )
    def test_which_of_several_is_enrolled_is_told(self, striate, gallery, which, word, other):
        arguments = ("party.png", "ada.png", "--name", "Bob", "--gallery", gallery, "--faces", which, "--json")
        result = striate("faces", "enroll", *arguments)
        told = [line for line in result.err.splitlines() if "faces, the" in line]
        assert told == [f"party.png: 3 faces, the {word} one counts; --faces {other} takes another"]
        assert json.loads(result.out)["several_faces"] == [{"path": "party.png", "faces_found": 3}]

    def test_nothing_to_enroll(self, striate, gallery):
        result = striate("faces", "enroll", "wall.png", "torn.png", "--name", "Ada", "--gallery", gallery)
        assert result.code == 1
        assert "none of 2 images could be enrolled" in result.err
        assert "wall.png: no face found" in result.err

    def test_where_nobody_is_enrolled_the_threshold_stays(self, striate, gallery):
        arguments = ("enroll", "wall.png", "--name", "Ada", "--gallery", gallery, "--encoder", "strict")
        assert striate("faces", *arguments).code == 1
        assert json.loads(striate("faces", "list", "--gallery", gallery, "--json").out)["threshold"] == 0.5

    def test_an_image_that_is_named_twice_is_one(self, striate, gallery, tmp_path):
        result = striate("faces", "enroll", "people", "people", "--gallery", gallery)
        assert result.out.startswith("0 of 4 images enrolled, 4 were there already")
        (tmp_path / "walls" / "Ada").mkdir(parents=True)
        write_image("walls/Ada/1.png", picture())
        result = striate("faces", "enroll", "walls", "walls", "--gallery", gallery)
        assert (result.code, "none of 1 images could be enrolled" in result.err) == (1, True)

    def test_a_first_enrolment_of_nobody_does_not_bind_the_gallery(self, striate, toys, pictures, monkeypatch):
        assert striate("faces", "enroll", "wall.png", "--name", "Ada", "--gallery", "new").code == 1
        monkeypatch.setattr(ToyEncoder, "identity", "another encoder")
        assert striate("faces", "enroll", "ada.png", "--name", "Ada", "--gallery", "new").code == 0
        assert json.loads(striate("faces", "list", "--gallery", "new", "--json").out)["encoder"] == "another encoder"

    def test_remove(self, striate, gallery):
        assert striate("faces", "remove", "Ada", "--gallery", gallery).out == "removed Ada; 1 person left\n"
        assert json.loads(striate("faces", "list", "--gallery", gallery, "--json").out)["people"] == {"Bob": 2}
        result = striate("faces", "remove", "Bob", "Ada", "--gallery", gallery)
        assert result.code == 1
        assert "Ada" in result.err
        assert json.loads(striate("faces", "remove", "Bob", "--gallery", gallery, "--json").out) == {
            "removed": ["Bob"],
            "people": 0,
        }

    def test_export_and_import(self, striate, gallery):
        assert striate("faces", "export", "people.jsonl", "--gallery", gallery).code == 0
        assert striate("faces", "import", "people.jsonl", "--gallery", gallery).err == ""
        result = striate("faces", "import", "people.jsonl", "--gallery", "other")
        assert (result.code, result.out) == (0, "4 images added; 2 people\n")
        assert "threshold: 0.5000, the file's" in result.err
        assert striate("faces", "identify", "ada.png", "--gallery", "other").out.splitlines()[1].startswith("  Ada")

    def test_list_names_the_encoder(self, striate, gallery):
        assert (
            "2 people in gallery, by the encoder toys of unit length"
            in striate("faces", "list", "--gallery", gallery).err
        )
        answer = json.loads(striate("faces", "list", "--gallery", gallery, "--json").out)
        assert (answer["encoder"], answer["encoder_name"]) == ("toys of unit length", None)

    def test_an_export_of_another_encoder_is_refused(self, striate, gallery, monkeypatch):
        striate("faces", "export", "people.jsonl", "--gallery", gallery)
        monkeypatch.setattr(ToyEncoder, "identity", "another encoder")
        assert striate("faces", "enroll", "ada.png", "--name", "Ada", "--gallery", "other").code == 0
        result = striate("faces", "import", "people.jsonl", "--gallery", "other")
        assert (result.code, result.out) == (1, "")
        assert "other holds encodings of 3 numbers by the encoder another encoder; " in result.err
        assert "--encoder" not in result.err

    def test_a_broken_export_makes_no_gallery(self, striate, gallery, tmp_path):
        striate("faces", "export", "people.jsonl", "--gallery", gallery)
        torn = tmp_path / "people.jsonl"
        torn.write_bytes(torn.read_bytes()[:-9])
        result = striate("faces", "import", "people.jsonl", "--gallery", "other")
        assert (result.code, result.out) == (1, "")
        assert "people.jsonl, line 5: not JSON" in result.err
        assert not (tmp_path / "other").exists()

    def test_check(self, striate, gallery, tmp_path):
        assert striate("faces", "check", "--gallery", gallery).out == "sound: 2 people, 4 images\n"
        matrix = tmp_path / gallery / "search.matrix"
        data = bytearray(matrix.read_bytes())
        data[-4 * 28] ^= 1  # in the first of four records of 28 bytes
        matrix.write_bytes(data)
        result = striate("faces", "check", "--gallery", gallery)
        assert result.code == 1
        assert "made anew" in result.out
        assert striate("faces", "check", "--gallery", gallery).code == 0

    def test_the_usual_gallery_is_the_users_own(self, striate, toys, pictures, monkeypatch, tmp_path):
        monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / "data" / name)
        assert striate("faces", "enroll", "ada.png", "--name", "Ada").code == 0
        assert (tmp_path / "data" / "striate" / "faces" / "gallery.sqlite").exists()
        assert "Ada" in striate("faces", "list").out

    # What is typed, the exit code, and what the message says.
    @pytest.mark.parametrize(
        ("arguments", "code", "message"),
        [
            (("identify", "ada.png", "--gallery", "nowhere"), 1, "no gallery"),
            (("identify", "missing.png", "--gallery", "gallery"), 1, "missing.png: no such file"),
            (("identify", "ada.png", "--gallery", "gallery", "--top", "0"), 2, "Invalid value"),
            (("enroll", "ada.png", "--gallery", "gallery"), 1, "whose images are these?"),
            (("enroll", "missing", "--name", "Ada", "--gallery", "gallery"), 1, "no such file"),
            (("enroll", "ada.png", "--name", " ", "--gallery", "gallery"), 1, "name must be"),
            (("enroll", "ada.png", "--name", "Ada", "--gallery", "people"), 1, "folder must be"),
            (("list", "--gallery", "nowhere"), 1, "no gallery"),
            (("remove", "Zoe", "--gallery", "gallery"), 1, "Zoe"),
            (("check", "--gallery", "people"), 1, "no gallery"),
            (("export", "gallery/gallery.sqlite", "--gallery", "gallery"), 1, "outside of the gallery's folder"),
            (("export", "nowhere/people.jsonl", "--gallery", "gallery"), 1, "can't write"),
            (("import", "ada.png", "--gallery", "other"), 1, "ada.png"),
            (("import", "missing.jsonl", "--gallery", "other"), 1, "missing.jsonl"),
        ],
    )
    def test_bad_input(self, striate, gallery, arguments, code, message):
        result = striate("faces", *arguments)
        assert result.code == code
        assert message in result.err
        assert "Traceback" not in result.err

    def test_debug_shows_the_traceback(self, gallery, monkeypatch):
        import sys

        from striate.cli import main
        from striate.errors import GalleryError

        monkeypatch.setattr(sys, "argv", ["striate", "faces", "list", "--gallery", "nowhere", "--debug"])
        with pytest.raises(GalleryError):
            main()


@pytest.mark.skipif(
    not (find_source("dlib_face").is_installed() and MTCNN["onet"].is_installed()),
    reason="the extra 'faces' is not installed",
)
class TestAstronaut:
    def test_one_person_many_pictures(self, striate):
        write_image("one.png", astronaut())
        write_image("five.png", five_astronauts())
        write_image("grey.png", astronaut().mean(axis=2).astype(np.uint8))
        assert striate("faces", "verify", "one.png", "grey.png").out.startswith("same")
        striate("faces", "enroll", "one.png", "--name", "Eileen Collins", "--gallery", "crew")
        (answer,) = json.loads(striate("faces", "identify", "five.png", "--gallery", "crew", "--json").out)
        assert [person["recognised"] for person in answer["people"]] == ["Eileen Collins"] * 5

    def test_liveness_without_its_weights_is_an_error_not_a_pass(self, striate):
        write_image("one.png", astronaut())
        result = striate("faces", "verify", "one.png", "one.png", "--liveness")
        assert (result.code, result.out) == (1, "")
        assert "striate weights fetch minifasnet" in result.err

    def test_the_embedded_threshold_says_where_it_comes_from(self):
        assert "Labeled Faces in the Wild" in str(Encoder.open("dlib_face", device="cpu").calibration)
