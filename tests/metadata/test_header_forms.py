"""A header of a known form is never taken for another: what is said of it is what a walk says."""

from __future__ import annotations

import io
import random

import pydicom
import pytest
from pydicom import uid as uids

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.dicom_pixels import read_image_pixel
from pycornerstone.metadata.header_forms import HeaderForms, UnreadHeader
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.modules import MODULES
from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.phantoms import ct_phantom

EXPLICIT = uids.ExplicitVRLittleEndian
FILES = ct_series(ct_phantom(slices=4, rows=16, columns=16))


def header_of(file):
    return file[: read_part10(file).pixel_data_start]


def changed(file, change):
    dataset = pydicom.dcmread(io.BytesIO(file))
    change(dataset)
    written = io.BytesIO()
    dataset.save_as(written)
    return written.getvalue()


def learn(forms, file):
    part10 = read_part10(file)
    pixel = read_image_pixel(part10.attributes)
    uid, length = part10.transfer_syntax_uid, part10.pixel_data_length
    forms.add(file[: part10.pixel_data_start], pixel, uid, length)
    return pixel


@pytest.fixture
def forms():
    return HeaderForms()


def test_slices_of_a_series_are_of_one_form(forms):
    pixel = learn(forms, FILES[1])

    form = forms.find(header_of(FILES[2]))

    assert form is not None
    assert form.pixel is pixel
    assert form.pixel_data_length == 16 * 16 * 2


def test_the_header_of_an_encapsulated_file_is_found_at_its_beginning(forms):
    files = ct_series(ct_phantom(slices=3, rows=16, columns=16), uids.RLELossless)
    pixel = learn(forms, files[1])

    header, form = forms.find_beginning(files[2])

    assert header == header_of(files[2])
    assert form.pixel is pixel
    assert form.transfer_syntax_uid == uids.RLELossless
    assert form.pixel_data_length is None
    assert forms.find_beginning(files[2][:100]) is None
    assert forms.find_beginning(changed(files[2], set_description)) is None


def test_native_files_have_no_beginning_that_is_looked_for(forms):
    learn(forms, FILES[1])

    assert forms.find_beginning(FILES[2]) is None


def test_slices_with_their_own_rescale_and_window_are_of_one_form(forms):
    # As PET has it (PS3.3 C.8.9.4): how samples are stored is the same.
    learn(forms, FILES[1])

    def change(dataset):
        dataset.RescaleIntercept, dataset.RescaleSlope = "-1023.5", "3.0"

    form = forms.find(header_of(changed(FILES[1], change)))

    assert form is not None


def test_a_header_of_another_length_is_of_another_form(forms):
    learn(forms, FILES[1])

    assert forms.find(header_of(changed(FILES[2], set_description))) is None
    assert forms.find(header_of(FILES[2])[:-2]) is None
    assert forms.find(b"") is None


def set_description(dataset):
    dataset.SeriesDescription = "another one"


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("Rows", 32),
        ("Columns", 8),
        ("BitsStored", 11),
        ("HighBit", 12),
        ("PixelRepresentation", 1),
        ("PhotometricInterpretation", "MONOCHROME1"),
        ("SamplesPerPixel", 3),
        ("BitsAllocated", 8),
        # Meaning of the samples, but of the image group: to be safe, another form as well.
        ("RescaleType", "US"),
    ],
)
def test_other_values_of_what_samples_depend_on_are_another_form(forms, keyword, value):
    learn(forms, FILES[1])
    other = changed(FILES[1], lambda dataset: setattr(dataset, keyword, value))
    assert len(other) == len(FILES[1])

    assert forms.find(header_of(other)) is None


def test_another_transfer_syntax_is_another_form(forms):
    learn(forms, FILES[1])
    explicit, other = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0"
    assert FILES[1].count(explicit) == 1

    assert forms.find(header_of(FILES[1]).replace(explicit, other)) is None


@pytest.mark.parametrize("uid", [uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian])
def test_a_header_that_is_found_says_what_its_own_walk_says(uid):
    # Whatever bytes are changed: where a form is found, samples lie and mean what a walk finds.
    dice = random.Random(7)
    forms, found, damaged = HeaderForms(), 0, 0
    file = ct_series(ct_phantom(slices=4, rows=16, columns=16), uid)[1]
    learn(forms, file)
    header, samples = header_of(file), file[len(header_of(file)) :]
    for _ in range(2000):
        mutant = bytearray(header)
        for _ in range(dice.choice((1, 1, 2, 5))):
            mutant[dice.randrange(132, len(mutant))] = dice.choice((0, 1, 8, 32, 65, 255))
        form = forms.find(bytes(mutant))
        if form is None:
            continue
        found += 1
        try:
            part10 = read_part10(bytes(mutant) + samples)
            pixel = read_image_pixel(part10.attributes)
        except (DecodeError, MetadataError):
            damaged += 1
            continue
        assert part10.pixel_data_start == len(header)
        assert part10.pixel_data_length == form.pixel_data_length
        for name in ("rows", "columns", "bits_allocated", "bits_stored", "high_bit",
                     "pixel_representation", "samples_per_pixel", "number_of_frames",
                     "photometric_interpretation", "planar_configuration"):  # fmt: skip
            assert getattr(pixel, name) == getattr(form.pixel, name)
    assert found > 300
    assert not damaged


def test_what_a_sequence_of_known_length_holds_does_not_matter(forms):
    def refer_to(uid):
        def change(dataset):
            reference = pydicom.Dataset()
            reference.ReferencedSOPInstanceUID = uid
            dataset.ReferencedImageSequence = [reference]

        return change

    learn(forms, changed(FILES[1], refer_to("1.2.3")))

    assert forms.find(header_of(changed(FILES[1], refer_to("1.2.4")))) is not None


def test_headers_of_other_kinds_have_no_form(forms):
    def undefined(dataset):
        dataset.ReferencedImageSequence = [pydicom.Dataset()]
        dataset["ReferencedImageSequence"].is_undefined_length = True

    big = ct_series(ct_phantom(slices=1, rows=16, columns=16), uids.ExplicitVRBigEndian)[0]
    without_preamble = FILES[1][132:]
    for file in (changed(FILES[1], undefined), big, without_preamble):
        learn(forms, file)
        assert forms.find(header_of(file)) is None


def test_headers_with_a_table_of_offsets_have_no_form(forms):
    def add_table(dataset):
        dataset.NumberOfFrames = 2
        dataset.ExtendedOffsetTable = bytes(16)

    file = changed(FILES[1], add_table)
    learn(forms, file)

    assert forms.find(header_of(file)) is None


def test_long_headers_have_no_form(forms):
    # Each header of a form is kept whole until it is asked for, for thousands of slices.
    def add(size):
        def change(dataset):
            dataset.private_block(0x0029, "TEST", create=True).add_new(1, "OB", bytes(size))

        return changed(FILES[1], change)

    for size, is_known in ((12_000, True), (18_000, False)):
        learn(forms, add(size))
        assert (forms.find(header_of(add(size))) is not None) is is_known


def test_a_beginning_that_is_no_whole_header_has_no_form(forms):
    pixel = read_image_pixel(read_part10(FILES[1]).attributes)
    header = header_of(FILES[1])
    for length in range(0, len(header), 7):
        forms.add(header[:length], pixel, EXPLICIT, 512)
        assert forms.find(header[:length]) is None
    forms.add(header + b"\1\2", pixel, EXPLICIT, 512)
    assert forms.find(header + b"\1\2") is None


def test_files_of_which_none_is_like_the_other_are_given_up(forms):
    def numbered(number):
        return changed(FILES[1], lambda dataset: setattr(dataset, "Rows", number))

    for number in range(1, 17):
        learn(forms, numbered(number))
    learn(forms, numbered(99))

    assert forms.find(header_of(numbered(16))) is not None
    assert forms.find(header_of(numbered(99))) is None
    # It was of use, so that others are known again.
    learn(forms, numbered(99))
    assert forms.find(header_of(numbered(99))) is not None


def test_after_files_that_were_given_up_a_series_is_known_soon(forms):
    for number in range(101, 300):
        learn(forms, changed(FILES[1], lambda dataset, rows=number: setattr(dataset, "Rows", rows)))
    for _ in range(16):
        learn(forms, FILES[2])

    assert forms.find(header_of(FILES[2])) is not None


def test_there_are_not_more_than_some_forms(forms):
    for number in range(1, 200):
        file = changed(FILES[1], lambda dataset, rows=number: setattr(dataset, "Rows", rows))
        learn(forms, file)
        assert forms.find(header_of(file)) is not None
    assert sum(map(len, forms._forms.values())) <= 64


def test_an_unread_header_says_what_a_read_one_says():
    read, unread = read_part10(FILES[2]).attributes, UnreadHeader(header_of(FILES[2]))

    for name in MODULES:
        assert repr(read_module(name, unread)) == repr(read_module(name, read)), name
    assert 0x00280010 in unread
    assert 0x00280009 not in unread
    assert unread.data(0x00280010) == (16).to_bytes(2, "little")
    assert unread.items(0x00081140) == ()


def test_headers_that_were_not_read_yet_answer_as_those_that_were():
    headers = DicomHeaders()
    headers.add("dicomfile:/read", read_part10(FILES[2]).attributes)
    headers.add("dicomfile:/unread", UnreadHeader(header_of(FILES[2])))

    for name in MODULES:
        unread, read = (
            headers.provide(name, f"dicomfile:/{which}") for which in ("unread", "read")
        )
        assert repr(unread).replace("/unread", "/read") == repr(read), name
    assert headers.read("dicomfile:/unread").text(0x00280010) is not None
    assert headers.read("dicomfile:/none") is None


def test_an_unread_header_may_be_read_by_another_thread_meanwhile():
    class Overtaken(UnreadHeader):
        """Another thread reads it, and lets go of the bytes, just when they are asked for."""

        @property
        def _header(self):
            if self._attributes is None:
                self._attributes = read_part10(self.kept).attributes
            return b""

        @_header.setter
        def _header(self, header):
            self.kept = header

    assert Overtaken(header_of(FILES[2])).values(0x00280010) == (16,)
