"""Faces found, chosen, checked and encoded together; pairs, people and what has no answer."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from striate.data import image_size, open_pairs, write_image
from striate.errors import ArgumentError, DataError, GalleryError, ImageError, OutputError, ShapeError
from striate.faces import Gallery, every, largest, most_central
from striate.metrics import pairs_needed
from striate.results import Match
from striate.tasks import (
    Recogniser,
    calibrate_encoder,
    draw_identified,
    draw_verified,
    enroll_people,
    evaluate_pairs,
    faces_photographs,
    identify_people,
    images_of_people,
    measure_pairs,
    open_gallery,
    recognition_threshold,
    verify_images,
    write_evaluation,
)
from tests.toy_faces import ADA, BOB, EVE, TAU, ToyChecker, ToyEncoder, picture, toy_recogniser, write_people


def colour_of(sighting):
    return tuple(np.argsort(-sighting.encoding)[:1].tolist())


class TestLook:
    def test_the_faces_of_all_images_are_encoded_in_one_batch(self):
        encoder = ToyEncoder()
        sightings = toy_recogniser(encoder, choose=every).look([picture(ADA, BOB), picture(), picture(EVE)])
        assert [len(some) for some in sightings] == [2, 0, 1]
        assert [s.encoding.argmax() for some in sightings for s in some] == [0, 1, 2]
        assert encoder.batches == [3]

    @pytest.mark.parametrize(
        ("choose", "seen"),
        [(every, [0, 1, 2]), (largest, [0]), (most_central, [1])],
    )
    def test_which_faces_count(self, choose, seen):
        (sightings,) = toy_recogniser(choose=choose).look([picture(ADA, BOB, EVE)])
        assert [s.encoding.argmax() for s in sightings] == seen
        assert {s.faces_found for s in sightings} == {3}

    @pytest.mark.parametrize("channels", [1, 4])
    def test_grey_and_transparent_images_become_colour_chips(self, channels):
        image = picture(ADA)
        other = image[..., :1] if channels == 1 else np.concatenate([image, np.full_like(image[..., :1], 255)], axis=2)
        ((sighting,),) = toy_recogniser().look([other])
        assert sighting.encoding.shape == (3,)

    def test_whole_images_need_no_finder(self):
        recogniser = Recogniser(ToyEncoder(canonical=None))
        ((sighting,),) = recogniser.look([picture(BOB)])
        assert sighting.face is None
        assert sighting.encoding.argmax() == 1
        facts = {"face": None, "faces_found": 0, "liveness": "not checked", "live_probability": None, "remark": None}
        assert sighting.to_dict() == facts

    def test_what_does_not_go_together_is_refused(self):
        with pytest.raises(ArgumentError, match="finder must be given"):
            Recogniser(ToyEncoder())
        whole = Recogniser(ToyEncoder(canonical=None))
        for checked in (
            lambda: Recogniser(whole.encoder, checker=ToyChecker()),
            lambda: whole.checked_by(ToyChecker()),
        ):
            with pytest.raises(ArgumentError, match=r"liveness is of faces; toy encodes whole images$"):
                checked()
        with pytest.raises(
            ArgumentError, match=r"choose must be a function of faces, such as `striate.faces.every`, got"
        ):
            toy_recogniser(choose="every")

    @pytest.mark.parametrize("image", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 2), np.uint8), np.zeros((9, 9, 3))])
    def test_what_is_no_image_is_refused(self, image):
        with pytest.raises(ShapeError, match="image must be uint8"):
            toy_recogniser().look([image])

    def test_files_come_in_order_and_batches_are_bounded(self, tmp_path, monkeypatch):
        monkeypatch.setattr(faces_photographs, "_MOST", 2)
        files = []
        for i, colours in enumerate([(ADA,), (), (BOB, EVE), (EVE,), (ADA,)]):
            files.append(str(tmp_path / f"{i}.png"))
            write_image(files[-1], picture(*colours))
        done, encoder = [], ToyEncoder()
        looked = list(toy_recogniser(encoder).look_at(files, on_images=lambda *n: done.append(n)))
        assert [one.path for one in looked] == files
        assert [len(one.sightings) for one in looked] == [1, 0, 1, 1, 1]
        assert encoder.batches == [1, 2, 1]
        assert done == [(2, 5), (4, 5), (5, 5)]

    def test_large_images_are_not_held_together(self, tmp_path, monkeypatch):
        monkeypatch.setattr(faces_photographs, "_MOST_PIXELS", 60 * 60 * 2)
        files = [str(tmp_path / f"{i}.png") for i in range(3)]
        for file in files:
            write_image(file, picture(ADA, BOB))
        encoder = ToyEncoder()
        assert len(list(toy_recogniser(encoder).look_at(files))) == 3
        assert encoder.batches == [1, 1, 1]

    def test_a_broken_file_is_told_or_raised(self, tmp_path):
        (tmp_path / "bad.png").write_bytes(b"no image")
        write_image(tmp_path / "good.png", picture(ADA))
        files = [str(tmp_path / name) for name in ("bad.png", "good.png", "missing.png")]
        bad = []
        looked = list(toy_recogniser().look_at(files, on_bad=lambda path, error: bad.append(path)))
        assert [one.path for one in looked] == [files[1]]
        assert bad == [files[0], files[2]]
        with pytest.raises(ImageError, match=r"bad\.png"):
            list(toy_recogniser().look_at(files))


class TestVerify:
    @pytest.mark.parametrize(
        ("first", "second", "same"),
        [((ADA,), (ADA,), True), ((ADA,), (BOB,), False), ((ADA, BOB), (ADA, EVE), True)],
    )
    def test_same_and_different(self, first, second, same):
        verified = verify_images(toy_recogniser(), picture(*first), picture(*second))
        assert verified.match.same is same
        assert verified.match.threshold == TAU.distance
        assert verified.obstacles == ("", "")

    def test_the_distance_is_that_of_the_encodings(self):
        verified = verify_images(toy_recogniser(), picture(ADA), picture(BOB))
        a, b = (sighting.encoding.astype(np.float64) for sighting in verified.sightings)
        assert verified.match.distance == pytest.approx(np.sqrt(((a - b) ** 2).sum()))

    # Which images have no face, and what is said of each.
    @pytest.mark.parametrize(
        ("first", "second", "obstacles"),
        [
            ((), (ADA,), ("no face found", "")),
            ((ADA,), (), ("", "no face found")),
            ((), (), ("no face found", "no face found")),
        ],
    )
    def test_no_face_is_an_answer(self, first, second, obstacles):
        verified = verify_images(toy_recogniser(), picture(*first), picture(*second))
        assert verified.match is None
        assert verified.obstacles == obstacles
        assert verified.to_dict()["same"] is None

    def test_a_face_that_is_not_live_is_not_compared(self):
        verified = verify_images(toy_recogniser(checker=ToyChecker()), picture(ADA), picture(BOB))
        assert verified.match is None
        assert verified.obstacles == ("", "its face is not live")
        assert [image["liveness"] for image in verified.to_dict()["images"]] == ["live", "not live"]

    def test_without_an_answer_all_keys_are_there(self):
        answers = [verify_images(toy_recogniser(), picture(ADA), picture(*others)).to_dict() for others in ((ADA,), ())]
        assert answers[0].keys() == answers[1].keys()
        assert answers[0]["images"][1].keys() == answers[1]["images"][1].keys()
        assert (answers[1]["distance"], answers[1]["threshold"], answers[1]["images"][1]["liveness"]) == (None,) * 3

    def test_without_a_threshold_there_is_no_answer(self):
        with pytest.raises(ArgumentError, match="striate faces calibrate PAIRS DATA --encoder toy"):
            verify_images(toy_recogniser(ToyEncoder(None)), picture(ADA), picture(ADA))

    @pytest.mark.parametrize("first", [(ADA,), ()])
    def test_both_are_drawn(self, tmp_path, first):
        images = (picture(*first), np.repeat(np.repeat(picture(BOB), 3, axis=0), 3, axis=1))
        verified = verify_images(toy_recogniser(), *images)
        draw_verified(tmp_path / "pair.png", images, verified)
        assert image_size(tmp_path / "pair.png") == (320, 320 + 8 + 320)


def write_pairs(root, people="ABC", images=4):
    """Folders of people in colours of their own, and a list of all their pairs."""
    colours = dict(zip(people, [ADA, BOB, EVE], strict=False))
    paths = []
    for seed, (name, i) in enumerate(itertools.product(people, range(images))):
        (root / name).mkdir(parents=True, exist_ok=True)
        write_image(root / name / f"{i}.png", picture(colours[name], noise=seed + 1))
        paths.append(f"{name}/{i}.png")
    rows = [f"{a},{b},{int(a[0] == b[0])},{i % 2}" for i, (a, b) in enumerate(itertools.combinations(paths, 2))]
    (root / "pairs.csv").write_text("\n".join(["a,b,same,fold", *rows]) + "\n", encoding="utf-8")
    return root / "pairs.csv"


class TestPairs:
    def test_distances_are_those_of_a_plain_loop(self, tmp_path):
        pairs = open_pairs(write_pairs(tmp_path))
        measured = measure_pairs(toy_recogniser(), pairs)
        for i in range(0, len(pairs), 5):
            images = [pairs.load(int(index[i])) for index in (pairs.first, pairs.second)]
            (a,), (b,) = toy_recogniser().look(images)
            assert measured.distances[i] == pytest.approx(np.linalg.norm(a.encoding.astype(float) - b.encoding))
        assert measured.pairs_left_out == 0

    def test_pairs_without_a_face_are_left_out_and_listed(self, tmp_path):
        listed = write_pairs(tmp_path)
        write_image(tmp_path / "A" / "0.png", picture())
        measured = measure_pairs(toy_recogniser(), open_pairs(listed))
        assert measured.left_out_dict()["images_left_out"] == [{"path": "A/0.png", "why": "no face found"}]
        assert measured.pairs_left_out == 11
        assert len(measured.distances) == 66 - 11
        evaluation = evaluate_pairs(toy_recogniser(), open_pairs(listed))
        assert evaluation.remarks[-1] == "left out: 11 pairs, for images without an encoding"
        one = replace(evaluation, measured=replace(measured, pairs_left_out=1))
        assert one.remarks[-1] == "left out: 1 pair, for images without an encoding"

    def test_broken_images_are_refused_or_left_out(self, tmp_path):
        listed = write_pairs(tmp_path)
        (tmp_path / "A" / "0.png").write_bytes(b"no image")
        (tmp_path / "B" / "0.png").write_bytes(b"")
        with pytest.raises(DataError, match=r"(?s)2 of 12 images.*A/0\.png.*B/0\.png"):
            measure_pairs(toy_recogniser(), open_pairs(listed))
        assert measure_pairs(toy_recogniser(), open_pairs(listed), skip_bad=True).pairs_left_out == 21

    def test_no_pair_at_all(self, tmp_path):
        listed = write_pairs(tmp_path, people="A", images=2)
        for file in (tmp_path / "A").iterdir():
            write_image(file, picture())
        (tmp_path / "B").mkdir()
        write_image(tmp_path / "B" / "0.png", picture(BOB))
        listed.write_text("a,b,same\nA/0.png,A/1.png,1\nA/0.png,B/0.png,0\n", encoding="utf-8")
        with pytest.raises(DataError, match=r"(?s)no same and no different pair left\n  A/0\.png: no face found"):
            measure_pairs(toy_recogniser(), open_pairs(listed))

    @pytest.mark.parametrize(("same", "kind"), [(1, "different"), (0, "same")])
    def test_pairs_of_one_kind_are_refused_before_anything_is_encoded(self, tmp_path, same, kind):
        write_pairs(tmp_path).write_text(f"a,b,same\nA/0.png,B/0.png,{same}\n", encoding="utf-8")
        encoder = ToyEncoder()
        with pytest.raises(DataError, match=f"^there is no {kind} pair$"):
            evaluate_pairs(toy_recogniser(encoder), open_pairs(tmp_path / "pairs.csv"))
        assert encoder.batches == []

    def test_a_threshold_is_chosen(self, tmp_path):
        calibration, _ = calibrate_encoder(toy_recogniser(ToyEncoder(None)), open_pairs(write_pairs(tmp_path)), far=0.1)
        assert 0.2 < calibration.threshold < 2
        assert calibration.tar == 1
        assert calibration.far <= 0.1

    def test_too_few_pairs_are_refused_before_anything_is_encoded(self, tmp_path):
        encoder = ToyEncoder()
        with pytest.raises(
            ArgumentError, match=f"48 different pairs can show .a rate of 0.01 takes {pairs_needed(0.01)};"
        ):
            calibrate_encoder(toy_recogniser(encoder), open_pairs(write_pairs(tmp_path)), far=0.01)
        assert encoder.batches == []

    @pytest.mark.parametrize(("same", "missing"), [(1, "different"), (0, "same")])
    def test_a_list_of_one_kind_calibrates_nothing(self, tmp_path, same, missing):
        listed = write_pairs(tmp_path)
        listed.write_text(f"a,b,same\nA/0.png,B/0.png,{same}\n", encoding="utf-8")
        with pytest.raises(DataError, match=f"there is no {missing} pair"):
            calibrate_encoder(toy_recogniser(), open_pairs(listed), far=0.001)

    @pytest.mark.parametrize("calibration", [TAU, None])
    def test_an_evaluation_and_its_page(self, tmp_path, calibration):
        evaluation = evaluate_pairs(toy_recogniser(ToyEncoder(calibration)), open_pairs(write_pairs(tmp_path)))
        assert evaluation.verification.accuracy == 1
        assert evaluation.ten_fold.mean == 1
        assert bool(evaluation.remarks) is (calibration is None)
        page = write_evaluation(tmp_path / "out", evaluation, "<b>toys</b>").read_text(encoding="utf-8")
        assert "&lt;b&gt;toys" in page
        assert "100.00%" in page
        assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["distances.svg", "roc.svg", "verification.html"]


class TestPeople:
    def test_who_is_who(self, tmp_path):
        root = write_people(tmp_path / "people", Ada=ADA, Bob=BOB)
        (root / "Bob" / "more").mkdir()
        write_image(root / "Bob" / "more" / "2.png", picture(BOB))
        found = [(image.name, image.path.relative_to(root).as_posix()) for image in images_of_people([root])]
        assert found == [
            ("Ada", "Ada/0.png"),
            ("Ada", "Ada/1.png"),
            *(("Bob", f"Bob/{i}.png") for i in (0, 1, "more/2")),
        ]
        assert {image.name for image in images_of_people([root], "Eve")} == {"Eve"}

    # What is wrong with the paths, and with the name.
    @pytest.mark.parametrize(
        ("path", "name", "error", "message"),
        [
            ("missing", None, DataError, "no such folder"),
            ("people/Ada", None, DataError, "no person's folder"),
            ("people/Ada/0.png", None, DataError, "not a folder"),
            ("empty", None, DataError, "a folder without folders"),
            ("empty", "Ada", DataError, "without images"),
            ("people", "", ArgumentError, "name must be"),
            ("people", "a\nb", ArgumentError, "name must be"),
        ],
    )
    def test_whose_images_are_these(self, tmp_path, monkeypatch, path, name, error, message):
        monkeypatch.chdir(tmp_path)
        write_people("people", Ada=ADA)
        (tmp_path / "empty").mkdir()
        with pytest.raises(error, match=message):
            images_of_people([path], name)

    def test_an_image_is_of_one_person(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        write_people("people", Ada=ADA)
        (tmp_path / "people" / "Ada" / "young").mkdir()
        write_image(tmp_path / "people" / "Ada" / "young" / "1.png", picture(ADA))
        (tmp_path / "people" / "Ada" / "0.png").rename(tmp_path / "people" / "Ada" / "young" / "0.png")
        (tmp_path / "people" / "Ada" / "1.png").unlink()
        with pytest.raises(DataError, match=r"young.0.png: is of Ada by one folder, of young by another\n(.*\n?){1}$"):
            images_of_people(["people", "people/Ada"])
        assert len(images_of_people(["people", "people"])) == 4  # twice the same is enrolled once

    def test_enrolled_identified_and_not_recognised(self, tmp_path):
        recogniser = toy_recogniser(choose=every)
        root = write_people(tmp_path / "people", Ada=ADA, Bob=BOB)
        write_image(tmp_path / "party.png", picture(BOB, EVE, ADA))
        write_image(tmp_path / "wall.png", picture())
        with open_gallery(recogniser, tmp_path / "gallery") as gallery:
            assert enroll_people(toy_recogniser(), gallery, images_of_people([root])).added == 4
            again = enroll_people(toy_recogniser(), gallery, images_of_people([root]))
            assert (again.added, again.known) == (0, 4)
            assert gallery.threshold == TAU.distance
            encodings = len(recogniser.encoder.batches)
            answers, bad = identify_people(recogniser, gallery, [tmp_path / "party.png", tmp_path / "wall.png"])
        names = [person.candidates.recognised and person.candidates.recognised.name for person in answers[0].people]
        assert names == ["Bob", None, "Ada"]
        assert answers[1].people == ()
        assert bad == []
        assert len(recogniser.encoder.batches) == encodings + 1
        draw_identified(answers, tmp_path / "drawn")
        assert sorted(p.name for p in (tmp_path / "drawn").iterdir()) == ["party.png", "wall.png"]
        draw_identified(answers[:1], tmp_path / "party.jpg")
        assert image_size(tmp_path / "party.jpg") == (320, 960)
        with pytest.raises(ArgumentError, match="out must be a folder, as there are 2 images, got"):
            draw_identified(answers, tmp_path / "named.png")
        with pytest.raises(OutputError, match="would be drawn over"):
            draw_identified(answers[:1], tmp_path / "party.png")
        (tmp_path / "folder.png").mkdir()
        draw_identified(answers, tmp_path / "folder.png")
        assert len(list((tmp_path / "folder.png").iterdir())) == 2

    def test_what_can_not_be_enrolled_is_listed(self, tmp_path):
        root = write_people(tmp_path / "people", Ada=ADA, Bob=BOB)
        write_image(root / "Ada" / "wall.png", picture())
        (root / "Ada" / "torn.png").write_bytes(b"no image")
        recogniser = toy_recogniser(checker=ToyChecker())
        with open_gallery(recogniser, tmp_path / "gallery") as gallery:
            enrolment = enroll_people(recogniser, gallery, images_of_people([root]))
            assert gallery.people() == {"Ada": 2}
        why = {problem.path.rpartition("people")[2][1:]: problem.message for problem in enrolment.refused}
        assert why.keys() == {"Ada/torn.png", "Ada/wall.png", "Bob/0.png", "Bob/1.png"}
        assert why["Ada/wall.png"] == "no face found"
        assert why["Bob/0.png"] == "its face is not live"

    def test_who_is_not_live_is_not_looked_up(self, tmp_path):
        recogniser = toy_recogniser(choose=every, checker=ToyChecker())
        write_image(tmp_path / "two.png", picture(ADA, BOB))
        with open_gallery(recogniser, tmp_path / "gallery") as gallery:
            gallery.enroll("Bob", recogniser.look([picture(BOB)])[0][0].encoding[None], [bytes(32)])
            ((answer,), _) = identify_people(recogniser, gallery, [tmp_path / "two.png"])
        live, not_live = answer.people
        assert live.candidates.recognised is None
        assert not_live.candidates is None
        assert not_live.to_dict()["recognised"] is None

    def test_an_empty_gallery_recognises_nobody(self, tmp_path):
        recogniser = toy_recogniser()
        write_image(tmp_path / "ada.png", picture(ADA))
        with open_gallery(recogniser, tmp_path / "gallery") as gallery:
            ((answer,), _) = identify_people(recogniser, gallery, [tmp_path / "ada.png"])
        assert answer.people[0].candidates.ranked == ()

    def test_the_gallerys_threshold_counts(self, tmp_path):
        """It is the encoder's that filled it first; another one neither replaces nor precedes it unless it is given."""
        write_image(tmp_path / "ada.png", picture(ADA))
        write_image(tmp_path / "ada2.png", picture(ADA, noise=1))
        other = toy_recogniser(ToyEncoder(replace(TAU, distance=0.0)))
        with open_gallery(other, tmp_path / "gallery") as gallery:
            for recogniser in (toy_recogniser(ToyEncoder(None)), toy_recogniser(), other):
                enroll_people(recogniser, gallery, images_of_people([tmp_path / "ada.png"], "Ada"))
            assert gallery.threshold == TAU.distance
            assert recognition_threshold(other, gallery) == TAU.distance
            for threshold, recognised in ((None, True), (0.0, False)):
                ((answer,), _) = identify_people(other, gallery, [tmp_path / "ada2.png"], threshold=threshold)
                assert bool(answer.people[0].candidates.recognised) is recognised
            gallery.set_threshold(None)
            assert recognition_threshold(other, gallery) == 0
            with pytest.raises(ArgumentError, match="has no threshold"):
                identify_people(toy_recogniser(ToyEncoder(None)), gallery, [tmp_path / "ada2.png"])

    def test_what_was_enrolled_before_a_stop_stays(self, tmp_path, monkeypatch):
        monkeypatch.setattr("striate.tasks.faces_photographs._MOST", 8)
        for i in range(48):
            write_image(tmp_path / f"{i:02}.png", picture(ADA, noise=i + 1))

        def stop(done, count):
            if done == 40:
                raise KeyboardInterrupt

        with open_gallery(toy_recogniser(), tmp_path / "gallery") as gallery:
            with pytest.raises(KeyboardInterrupt):
                enroll_people(toy_recogniser(), gallery, images_of_people([tmp_path], "Ada"), on_images=stop)
            assert gallery.people() == {"Ada": 32}

    def test_another_encoders_gallery_is_refused(self, tmp_path):
        with Gallery.open(tmp_path / "gallery", encoder="another", dim=3) as gallery:
            gallery.enroll("Ada", [[1, 0, 0]], [bytes(32)])
        with pytest.raises(GalleryError, match="of another"):
            open_gallery(toy_recogniser(), tmp_path / "gallery")


def test_a_match_is_written_on_whole_images(tmp_path):
    recogniser = Recogniser(ToyEncoder(canonical=None))
    images = (picture(ADA), picture(BOB))
    verified = verify_images(recogniser, *images)
    assert verified.match == Match(verified.match.distance, 0.5)
    draw_verified(tmp_path / "pair.png", images, verified)
    assert (tmp_path / "pair.png").stat().st_size > 0
