"""Reading held against Pillow, which shares no code with OpenCV's decoders; writing by reading back."""

import io
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from striate.data import image_size, read_image, write_image
from striate.data.image import check_image
from striate.errors import ArgumentError, ImageError, OutputError


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def by_pillow(data: bytes, mode: str = "RGB") -> np.ndarray:
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert(mode))


@pytest.fixture
def photo(picture) -> Image.Image:
    return Image.fromarray(picture(0, 21, 34))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_formats_equal_pillow(photo, form, mode):
    data = encoded(photo.convert(mode), form)
    pixels = read_image(data)
    assert (pixels.shape, pixels.dtype) == ((21, 34, 3), np.uint8)
    assert pixels.flags.c_contiguous
    assert np.array_equal(pixels, by_pillow(data))
    assert image_size(data) == (21, 34)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(photo, form, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(photo, form, exif=exif)
    assert np.array_equal(read_image(data), by_pillow(data))
    assert image_size(data) == read_image(data).shape[:2] == ((34, 21) if orientation >= 5 else (21, 34))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_a_reduced_jpeg(picture, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(picture(1, 160, 320)), "JPEG", exif=exif, quality=95)
    tall = orientation >= 5
    reduced = read_image(data, at_least_hw=(80, 40) if tall else (40, 80))
    assert reduced.shape == ((80, 40, 3) if tall else (40, 80, 3))
    oracle = Image.fromarray(by_pillow(data)).reduce(4)
    assert np.abs(reduced.astype(int) - np.asarray(oracle)).mean() < 2  # mirrored it would be 20


@pytest.mark.parametrize(
    ("at_least", "expected"),
    [
        ((375, 500), (375, 500)),  # its own size
        ((376, 500), (375, 500)),  # larger than the image: never enlarged
        ((188, 250), (188, 250)),  # half, the odd side rounded up
        ((189, 250), (375, 500)),  # one row too many for a half
        ((94, 1), (94, 125)),
        ((1, 1), (47, 63)),  # an eighth is the least
    ],
)
def test_reduction_keeps_at_least_the_size_asked_for(picture, at_least, expected):
    data = encoded(Image.fromarray(picture(0, 375, 500)), "JPEG")
    assert read_image(data, at_least_hw=at_least).shape[:2] == expected
    assert read_image(data, at_least_hw=at_least, channels=1).shape == (*expected, 1)


def test_only_jpeg_is_reduced(photo):
    assert read_image(encoded(photo, "PNG"), at_least_hw=(1, 1)).shape[:2] == (21, 34)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_alpha_lies_on_white(photo, form):
    rgba = photo.convert("RGBA")
    rgba.putalpha(Image.linear_gradient("L").resize(rgba.size))
    data = encoded(rgba, form, **({"lossless": True, "exact": True} if form == "WEBP" else {}))
    white = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    assert np.abs(read_image(data).astype(int) - np.asarray(white)).max() <= 1
    assert np.array_equal(read_image(data, channels=4), np.asarray(rgba))
    assert np.abs(read_image(data, channels=1)[..., 0].astype(int) - np.asarray(white.convert("L"))).max() <= 1


@pytest.mark.parametrize(
    ("form", "mode", "options"),
    [
        ("PNG", "P", {}),
        ("GIF", "P", {}),
        ("PNG", "P", {"transparency": 3}),
        ("PNG", "P", {"transparency": bytes(range(256))}),
        ("GIF", "P", {"transparency": 3}),
        ("PNG", "LA", {}),
        ("PNG", "RGB", {"transparency": (0, 0, 0)}),
        ("PNG", "L", {"transparency": 128}),
        ("PNG", "1", {}),
        ("TIFF", "1", {}),
    ],
)
def test_palettes_and_transparency(photo, form, mode, options):
    data = encoded(photo.convert(mode), form, **options)
    assert np.array_equal(read_image(data, channels=4), by_pillow(data, "RGBA"))


def test_grey_is_luma_of_rec_601(photo):
    rgb = np.asarray(photo, np.float64)
    grey = read_image(encoded(photo, "PNG"), channels=1)
    assert grey.shape == (21, 34, 1)
    assert np.abs(grey[..., 0] - rgb @ (0.299, 0.587, 0.114)).max() <= 0.51
    opaque = read_image(encoded(photo.convert("L"), "PNG"), channels=4)
    assert (opaque[..., 3] == 255).all()
    assert np.array_equal(opaque[..., 0], opaque[..., 2])


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_cut(form):
    values = np.linspace(0, 65535, 12 * 50).astype(np.uint16).reshape(12, 50)
    pixels = read_image(encoded(Image.fromarray(values), form), channels=1)[..., 0]
    assert np.array_equal(pixels, np.round(values * (255 / 65535)))


def test_sixteen_bit_colour():
    import cv2

    values = np.random.default_rng(0).integers(0, 65536, (5, 7, 3)).astype(np.uint16)
    data = cv2.imencode(".png", values)[1].tobytes()
    assert np.array_equal(read_image(data), np.round(values[..., ::-1] * (255 / 65535)))


def test_cmyk_jpeg(photo):
    data = encoded(photo.convert("CMYK"), "JPEG", quality=95)
    assert np.array_equal(read_image(data), by_pillow(data))
    assert np.abs(read_image(data).astype(int) - np.asarray(photo)).mean() < 6  # ink and back


def test_gif_gives_its_first_frame(photo):
    data = encoded(photo.convert("P"), "GIF", save_all=True, append_images=[Image.new("P", photo.size)])
    assert np.array_equal(read_image(data), by_pillow(data))


def test_one_pixel():
    data = encoded(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG")
    assert read_image(data).tolist() == [[[1, 2, 3]]]
    assert read_image(encoded(Image.new("L", (1, 1)), "JPEG"), at_least_hw=(1, 1)).shape == (1, 1, 3)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_a_file_cut_anywhere_is_an_error(picture, form):
    data = encoded(Image.fromarray(picture(0, 64, 64)).convert("P" if form == "GIF" else "RGB"), form)
    for cut in (1, 2, 10, 30, len(data) // 3, len(data) // 2, len(data) - 20):
        with pytest.raises(ImageError):
            read_image(data[:cut])


def test_a_cut_jpeg_with_a_whole_thumbnail_is_an_error(picture):
    """The thumbnail in the EXIF block has an end marker of its own, which must not count."""
    exif = Image.Exif()
    data = encoded(Image.fromarray(picture(0, 64, 64)), "JPEG")
    thumbnail = encoded(Image.new("RGB", (8, 8)), "JPEG")
    segment = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0") + thumbnail
    data = data[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]
    assert read_image(data).shape == (64, 64, 3)
    with pytest.raises(ImageError, match="truncated JPEG: no end marker"):
        read_image(data[:-40])


@pytest.mark.parametrize(
    ("form", "mode"), [("JPEG", "RGB"), ("PNG", "RGB"), ("PNG", "P"), ("WEBP", "RGB"), ("BMP", "RGB"), ("TIFF", "RGB")]
)
def test_flipped_bytes_give_pixels_or_an_image_error(picture, form, mode):
    data = encoded(Image.fromarray(picture(0, 16, 16)).convert(mode), form)
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(data)
        for at in rng.integers(0, len(data), 3):
            broken[at] = rng.integers(256)
        try:
            pixels = read_image(bytes(broken), max_pixels=10**6)
        except ImageError:
            continue
        assert (pixels.dtype, pixels.ndim) == (np.uint8, 3)


def test_pixels_are_bounded_before_decoding(photo):
    with pytest.raises(ImageError, match="34x21 is more than the 713 pixels"):
        read_image(encoded(photo, "JPEG"), max_pixels=713)
    assert read_image(encoded(photo, "JPEG"), max_pixels=714).shape == (21, 34, 3)


def test_a_folder_is_called_one():
    Path("folder.png").mkdir()
    with pytest.raises(ImageError, match=r"folder.png: a folder, not a file"):
        read_image("folder.png")


def test_a_pipe_is_refused():
    os.mkfifo("pipe.jpg")
    with pytest.raises(ImageError, match=r"pipe.jpg: not an ordinary file"):
        read_image("pipe.jpg")


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".TIFF", ".jpg", ".jpeg", ".webp"])
@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 1), (9, 7, 3)])
def test_written_pixels_come_back(suffix, shape):
    pixels = np.random.default_rng(0).integers(90, 110, shape).astype(np.uint8)
    write_image(f"x{suffix}", pixels)
    back = read_image(f"x{suffix}", channels=3 if len(shape) == 3 and shape[2] == 3 else 1)
    worst = 0 if suffix not in (".jpg", ".jpeg", ".webp") else 20  # a mild noise, its colour halved in size
    assert np.abs(back.astype(int) - pixels.reshape(back.shape)).max() <= worst


def test_written_alpha_comes_back():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 4)).astype(np.uint8)
    write_image("x.png", pixels)
    assert np.array_equal(read_image("x.png", channels=4), pixels)


@pytest.mark.parametrize(
    ("name", "pixels", "message"),
    [
        ("x.pcx", np.zeros((2, 2), np.uint8), "path must be a file ending in .png"),
        ("x.png", np.zeros((2, 2), np.float32), "pixels must be uint8"),
        ("x.png", np.zeros((0, 2), np.uint8), "pixels must be uint8"),
        ("x.png", np.zeros((2, 2, 2), np.uint8), "1, 3 or 4 channels"),
        ("x.jpg", np.zeros((2, 2, 4), np.uint8), "that a .jpg can hold"),
    ],
)
def test_what_cannot_be_written(name, pixels, message):
    with pytest.raises(ArgumentError, match=message):
        write_image(name, pixels)
    assert not Path(name).exists()


def test_writing_into_no_folder():
    with pytest.raises(OutputError, match="can't write"):
        write_image("nowhere/x.png", np.zeros((2, 2), np.uint8))


def test_channels_are_checked():
    with pytest.raises(ArgumentError, match="channels must be 1, 3 or 4, got 2"):
        read_image(b"", channels=2)


def test_a_damaged_png_is_found_by_its_checksum():
    data = bytearray(cv2.imencode(".png", np.arange(600, dtype=np.uint8).reshape(20, 30))[1].tobytes())
    check_image(bytes(data))
    data[data.index(b"IDAT") + 9] ^= 1
    with pytest.raises(ImageError, match="broken PNG: the checksum of chunk IDAT at byte 33 is wrong"):
        check_image(bytes(data))
