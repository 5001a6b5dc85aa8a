"""Decoding: the table of decoders, what an image is told, and one picture in many encodings."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace

import numpy as np
import pytest

from pycornerstone.codecs.decode import DECODERS, decode_frame, decode_samples
from pycornerstone.codecs.transfer_syntaxes import TRANSFER_SYNTAXES
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.luts import LookupTable, PaletteColorLut
from pycornerstone.model.modules import ImagePixelModule

LITTLE = "1.2.840.10008.1.2.1"
GREY = ImagePixelModule(rows=1, columns=2, bits_allocated=8, bits_stored=8, high_bit=7)
RGB = replace(GREY, samples_per_pixel=3, photometric_interpretation="RGB")


def decode(data, pixel, uid=LITTLE):
    return decode_frame(EncodedFrame("test:a", data, uid, pixel))


class TestImage:
    @pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
    def test_grey(self, photometric):
        image = decode(b"\x01\x02", replace(GREY, photometric_interpretation=photometric))

        assert image.image_id == "test:a"
        assert image.pixels.tolist() == [[1, 2]]
        assert image.photometric_interpretation == photometric
        assert image.transfer_syntax_uid == LITTLE
        assert image.padding_range is None
        assert image.modality_lut is None
        assert not image.pixels.flags.writeable

    def test_a_palette_image_stays_indices(self):
        table = LookupTable(np.arange(256, dtype=np.uint16))
        palette = PaletteColorLut(table, table, table)
        pixel = replace(GREY, photometric_interpretation="PALETTE COLOR", palette=palette,
                        pixel_padding_value=1)  # fmt: skip

        image = decode(b"\x01\x02", pixel)

        assert image.pixels.tolist() == [[1, 2]]
        assert image.photometric_interpretation == "PALETTE COLOR"
        assert image.palette is palette
        # Pixel Padding Value is of grey images only (PS3.3 C.7.5.1.1.2).
        assert image.padding_range is None

    def test_a_supplemental_palette_is_of_a_grey_image(self):
        table = LookupTable(np.arange(16, dtype=np.uint16), first_mapped=240)
        palette = PaletteColorLut(table, table, table)

        image = decode(b"\x01\xff", replace(GREY, palette=palette))

        assert image.palette is palette
        assert image.photometric_interpretation == "MONOCHROME2"
        assert not image.is_color

    # By hand, PS3.3 C.7.6.3.1.2: full range 100, 150, 200 is 201, 41, 139.
    @pytest.mark.parametrize(
        ("photometric", "data", "rgb"),
        [
            ("RGB", [100, 150, 200] * 2, [[100, 150, 200]] * 2),
            ("YBR_FULL", [100, 150, 200, 0, 0, 0], [[201, 41, 139], [0, 135, 0]]),
            ("YBR_FULL_422", [100, 255, 150, 200], [[201, 41, 139], [255, 196, 255]]),
            ("YBR_PARTIAL_422", [16, 235, 128, 128], [[0, 0, 0], [255, 255, 255]]),
            # C.7.6.3.1.2 has it of compressed pixel data; native ones hold whole colours.
            ("YBR_PARTIAL_420", [16, 128, 128, 235, 128, 128], [[0, 0, 0], [255, 255, 255]]),
            # Undone by whoever decompressed it.
            ("YBR_RCT", [100, 150, 200] * 2, [[100, 150, 200]] * 2),
            ("YBR_ICT", [100, 150, 200] * 2, [[100, 150, 200]] * 2),
        ],
    )
    def test_color_becomes_rgb(self, photometric, data, rgb):
        image = decode(bytes(data), replace(RGB, photometric_interpretation=photometric))

        assert image.pixels.tolist() == [rgb]
        assert image.photometric_interpretation == "RGB"

    # C.7.6.3.1.3: the first value of each plane, then the second.
    @pytest.mark.parametrize(
        ("photometric", "rgb"),
        [("RGB", [[100, 150, 200], [0, 0, 0]]), ("YBR_FULL", [[201, 41, 139], [0, 135, 0]])],
    )
    def test_color_by_plane(self, photometric, rgb):
        pixel = replace(RGB, photometric_interpretation=photometric, planar_configuration=1)

        assert decode(bytes([100, 0, 150, 0, 200, 0]), pixel).pixels.tolist() == [rgb]

    @pytest.mark.parametrize("uid", [LITTLE, "1.2.840.10008.1.2.2"])
    @pytest.mark.parametrize("planar", [0, 1])
    def test_color_of_16_bits(self, uid, planar):
        pixel = replace(RGB, photometric_interpretation="YBR_FULL", bits_allocated=16,
                        bits_stored=16, high_bit=15, planar_configuration=planar)  # fmt: skip
        # By hand, 0x8000 is in the middle: 1000 + 1402, 1000 - 714 and 1000; and grey.
        ybr = np.array([[1000, 0x8000, 0x8000 + 1000], [500, 0x8000, 0x8000]])
        order = ">u2" if uid.endswith(".2.2") else "<u2"
        data = (ybr.T if planar else ybr).astype(order).tobytes()

        assert decode(data, pixel, uid).pixels.tolist() == [[[2402, 286, 1000], [500, 500, 500]]]

    def test_samples_are_given_before_they_are_converted(self):
        pixel = replace(RGB, photometric_interpretation="YBR_FULL")
        data = bytes([100, 150, 200, 0, 0, 0])

        assert decode_samples(EncodedFrame("test:a", data, LITTLE, pixel)).tolist() == [
            [[100, 150, 200], [0, 0, 0]]
        ]

    # PS3.3 C.7.5.1.1.2: a value, or all between it and the limit, whichever is larger.
    @pytest.mark.parametrize(
        ("value", "limit", "padding_range"),
        [(None, None, None), (-2000, None, (-2000, -2000)), (0, 5, (0, 5)), (5, 0, (0, 5)),
         (None, 7, None)],
    )  # fmt: skip
    def test_padding(self, value, limit, padding_range):
        pixel = replace(GREY, pixel_padding_value=value, pixel_padding_range_limit=limit)

        assert decode(b"\x01\x02", pixel).padding_range == padding_range

    def test_the_color_profile_comes_along(self):
        assert decode(bytes(6), replace(RGB, icc_profile=b"profile")).icc_profile == b"profile"

    def test_a_buffer_that_can_change_is_not_kept(self):
        buffer = bytearray(b"\x01\x02")
        image = decode(memoryview(buffer), GREY)
        buffer.extend(bytes(100))  # fails while anybody holds a view

        assert image.pixels.tolist() == [[1, 2]]


class TestWhatIsWrong:
    def test_every_transfer_syntax_has_a_decoder_or_an_error_with_its_name(self):
        assert set(DECODERS) <= set(TRANSFER_SYNTAXES)
        for uid in set(TRANSFER_SYNTAXES) - set(DECODERS):
            is_video = TRANSFER_SYNTAXES[uid].is_video
            why = "video is not shown yet" if is_video else "this version has no decoder for it"
            with pytest.raises(UnsupportedEncodingError, match=why) as e:
                decode(b"\x01\x02", GREY, uid)
            assert f"cannot decode {uid} ({TRANSFER_SYNTAXES[uid].name}):" in str(e.value)

    @pytest.mark.parametrize("uid", ["1.2.840.113619.5.2", "1.2.3"])
    def test_an_unknown_transfer_syntax(self, uid):
        with pytest.raises(UnsupportedEncodingError, match=f"transfer syntax '{uid}' is unknown"):
            decode(b"\x01\x02", GREY, uid)

    @pytest.mark.parametrize("uid", sorted(DECODERS))
    def test_an_empty_frame(self, uid):
        with pytest.raises(DecodeError, match=rf"cannot decode {uid} \(.*\): the frame is empty"):
            decode(b"", GREY, uid)

    @pytest.mark.parametrize("uid", sorted(DECODERS))
    def test_a_frame_of_something_else(self, uid):
        with pytest.raises(DecodeError, match=r"\(0028,00|cannot decode|cannot inflate"):
            decode(b"<html>not what was asked for</html>" * 30, GREY, uid)

    def test_a_frame_without_its_header(self):
        with pytest.raises(
            DecodeError, match=r"cannot decode 1\.2.*RLE Lossless\) without an ImagePixelModule"
        ):
            decode(b"\x01", None, "1.2.840.10008.1.2.5")

    @pytest.mark.parametrize(
        ("pixel", "photometric"),
        [(GREY, "RGB"), (GREY, "YBR_FULL"), (RGB, "MONOCHROME2"), (RGB, "PALETTE COLOR")],
    )
    def test_color_of_one_sample_or_grey_of_three(self, pixel, photometric):
        with pytest.raises(
            DecodeError,
            match=rf"\(0028,0004\) Photometric Interpretation is {photometric} but \(0028,0002\)",
        ):
            decode(bytes(6), replace(pixel, photometric_interpretation=photometric))

    @pytest.mark.parametrize("uid", [LITTLE, "1.2.840.10008.1.2.5"])
    def test_color_of_jpeg_xl_in_another_encoding(self, uid):
        # Three planes of two bytes each, as a literal run.
        header = struct.pack("<16I", 3, 64, 68, 72, *[0] * 12)
        data = bytes(6) if uid == LITTLE else header + b"\1\0\0\0" * 3

        with pytest.raises(UnsupportedEncodingError, match="is XYB, which is of JPEG XL only"):
            decode(data, replace(RGB, photometric_interpretation="XYB"), uid)

    @pytest.mark.parametrize("photometric", ["HSV", "CMYK", "ARGB", ""])
    @pytest.mark.parametrize("pixel", [GREY, RGB])
    def test_color_that_is_not_read(self, pixel, photometric):
        with pytest.raises(
            UnsupportedEncodingError, match=rf"Interpretation is '{photometric}'; MONOCHROME1"
        ):
            decode(bytes(6), replace(pixel, photometric_interpretation=photometric))


class TestRealFiles:
    """All of them are loaded in ``tests/acceptance``; here is what is asked of samples alone."""

    @pytest.mark.parametrize(
        "name",
        [
            "pypi-pydicom/pydicom/data/test_files/SC_ybr_full_422_uncompressed.dcm",
            "pypi-pydicom-data/data_store/data/SC_ybr_full_uncompressed.dcm",
        ],
    )
    def test_ybr_is_given_as_it_is_stored(self, manifest, read_instance, name):
        row = next(row for row in manifest if f"{row['source']}/{row['path']}" == name)

        samples = decode_samples(read_instance(name).encoded())

        assert hashlib.sha256(samples).hexdigest() == row["px_sha256"]

    def test_lossy_jpeg_of_12_bits(self, manifest, read_instance):
        # Where the manifest's decoders differ by 1, ours is one of them or as near.
        row = next(row for row in manifest if row["path"].endswith("/JPEG-lossy.dcm"))
        samples = decode_samples(read_instance(f"{row['source']}/{row['path']}").encoded())

        assert hashlib.sha256(samples).hexdigest() == row["px_sha256"]

    def test_one_image_encoded_in_nine_ways_is_one_image(self, read_instance):
        instances = [read_instance(f"dcm_qa_ts/In/{number}.dcm") for number in range(1, 10)]
        native = next(instance for instance in instances if instance.uid == LITTLE)

        images = [decode_frame(instance.encoded()) for instance in instances]

        # Both orders of bytes, with and without VRs; RLE, JPEG Lossless, JPEG-LS and JPEG 2000.
        assert len({image.transfer_syntax_uid for image in images}) == 7
        for image in images:
            np.testing.assert_array_equal(image.pixels, native.dataset.pixel_array)


# The `.raw` of the same mode is the answer; by how much it may be missed is the README's.
TOLERANCES = {"JPEG-LS_Lossy": 1, "JPEG_2000_Image_Compression-": 28, "JPEG_Baseline": 16,
              "JPEG_Extended": 16}  # fmt: skip


def test_one_frame_in_25_forms(testdata):
    folder = testdata / "pypi-wsidicom-data/wsidicom_data/data/encoded"
    uids = {syntax.name.replace(" ", "_"): uid for uid, syntax in TRANSFER_SYNTAXES.items()}
    decoded = 0
    for path in sorted(folder.iterdir()):
        name, mode, bits = path.stem.rsplit("-", 2)
        allocated = 8 if bits == "8" else 16
        photometric = {"GRAYSCALE": "MONOCHROME2", "RGB": "RGB", "YBR": "YBR_FULL"}[mode]
        if name.startswith("JPEG_2000") and mode == "YBR":
            photometric = "YBR_ICT"
        if name.startswith("JPEG_Lossless") and mode == "YBR":
            # By its Adobe marker (transform 0) it holds RGB all the same.
            photometric = "RGB"
        pixel = ImagePixelModule(
            rows=240,
            columns=240,
            samples_per_pixel=1 if mode == "GRAYSCALE" else 3,
            photometric_interpretation=photometric,
            bits_allocated=allocated,
            bits_stored=int(bits),
            high_bit=int(bits) - 1,
        )
        raw_mode = "GRAYSCALE" if mode == "GRAYSCALE" else "RGB"
        raw = folder / f"Explicit_VR_Little_Endian-{raw_mode}-{allocated}.raw"
        expected = np.fromfile(raw, "<u2" if allocated == 16 else np.uint8)
        expected = expected.reshape((240, 240) if raw_mode == "GRAYSCALE" else (240, 240, 3))
        if bits == "12":
            expected = expected >> 4

        image = decode_frame(EncodedFrame("test:a", path.read_bytes(), uids[name], pixel))

        tolerance = next(
            (most for start, most in TOLERANCES.items() if f"{name}-".startswith(start)), 0
        )
        assert image.pixels.dtype == expected.dtype
        assert np.abs(image.pixels.astype(int) - expected).max() <= tolerance, path.name
        decoded += 1

    assert decoded == 34
