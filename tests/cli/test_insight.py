import json

from striate.data import read_image, write_image


def test_explain(striate, trained, stripes, tmp_path):
    write_image(tmp_path / "one.png", stripes(0, 500))
    code, out, err = striate("explain", trained.model, tmp_path / "one.png", "--out", tmp_path / "why.png", "--json")
    assert code == 0, err
    assert json.loads(out)["layer"].startswith("stages.conv2")
    assert "maps of stages.conv2" in err  # the layer is named
    assert read_image(tmp_path / "why.png").std() > 10


def test_patches(striate, trained, tmp_path):
    page = tmp_path / "page.png"
    options = ("--layer", "conv2", "--unit", 3, "--unit", 1, "--patches", 4, "--reconstruct", "deconvnet")
    code, out, err = striate("patches", trained.model, trained.data, "--out", page, *options, "--json")
    assert code == 0, err
    (layer,) = json.loads(out)["layers"]
    assert [unit["unit"] for unit in layer["units"]] == [3, 1]
    assert "for units of stages.conv2" in err
    assert read_image(page).std() > 10


def test_bad_names(striate, trained, tmp_path):
    for verb, option, message in (
        ("explain", ("--method", "gradcam"), "did you mean 'grad-cam'"),
        ("patches", ("--layer", "conv3"), "no layer named 'conv3'"),
    ):
        code, _, err = striate(verb, trained.model, trained.data, "--out", tmp_path / "page.png", *option)
        assert code == 1
        assert message in err
        assert not (tmp_path / "page.png").exists()


def test_where_a_page_can_not_be_written_is_told_before_anything_is_computed(striate, stripes, tmp_path):
    write_image(tmp_path / "photos.png", stripes(0, 500))
    for verb, place, message in (
        ("explain", tmp_path / "page.jpg", "out must be a file ending in .png"),
        ("patches", tmp_path / "nowhere" / "page.png", "no folder"),
        ("explain", tmp_path / "photos.png", "would be drawn over"),
        ("patches", tmp_path / "photos.png", "would be drawn over"),
    ):
        data = tmp_path if verb == "patches" else tmp_path / "photos.png"
        code, _, err = striate(verb, "no such model", data, "--out", place)
        assert code == 1
        assert message in err
    assert read_image(tmp_path / "photos.png").shape[:2] == (28, 28)
