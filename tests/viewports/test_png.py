"""PNG files, read back by OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pycornerstone.viewports.png import encode_png, write_png

RNG = np.random.default_rng(3)
GREY = np.repeat(RNG.integers(0, 256, (5, 7, 1), dtype=np.uint8), 4, axis=2)
GREY[..., 3] = 255
COLOR = RNG.integers(0, 256, (5, 7, 4), dtype=np.uint8)
COLOR[..., 3] = 255


def read(encoded):
    return cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)


def test_greys_are_written_as_greys():
    assert (read(encode_png(GREY)) == GREY[..., 0]).all()


def test_colours_are_written_as_they_are():
    assert (read(encode_png(COLOR)) == COLOR[..., [2, 1, 0]]).all()


def test_one_pixel_of_colour_makes_it_a_colour_picture():
    picture = GREY.copy()
    picture[3, 3, 2] ^= 1
    assert read(encode_png(picture)).shape == (5, 7, 3)


def test_a_file_is_written_whole_and_nothing_beside_it(tmp_path):
    target = tmp_path / "a.PNG"
    target.write_bytes(b"old")
    write_png(target, COLOR)
    assert [file.name for file in tmp_path.iterdir()] == ["a.PNG"]
    assert (read(target.read_bytes()) == COLOR[..., [2, 1, 0]]).all()
    write_png(str(tmp_path / "b.png"), GREY)
    assert (read((tmp_path / "b.png").read_bytes()) == GREY[..., 0]).all()


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(OSError, match=r"taken\.png"):
        write_png(tmp_path / "taken.png", GREY)
    assert [file.name for file in tmp_path.iterdir()] == ["taken.png"]
    with pytest.raises(FileNotFoundError):
        write_png(tmp_path / "nowhere" / "a.png", GREY)


@pytest.mark.parametrize(
    ("name", "better"), [("a.jpg", "a.png"), ("a", "a.png"), ("a.png.gz", "a.png.png")]
)
def test_another_name_is_refused_before_anything_is_written(tmp_path, name, better):
    message = f"pictures are written as PNG, got the name '{name}'; name it '{better}'"
    with pytest.raises(ValueError, match=message):
        write_png(tmp_path / name, GREY)
    assert list(tmp_path.iterdir()) == []
