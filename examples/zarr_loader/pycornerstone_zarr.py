"""Slices of Zarr arrays: ``zarr:/data/volume.zarr?index=5``, or ``?index=2,5`` of (t, z, y, x)."""

import zarr

import pycornerstone as cs


def load_image(image_id: str) -> cs.Image:
    """Read a slice: the last two axes are its rows and columns. It may wait, it has a thread."""
    path, _, asked = cs.ImageId.parse(image_id).resource.partition("?index=")
    try:
        array = zarr.open_array(path, mode="r")
        spacing = array.attrs.get("spacing_mm")
        row, column = map(float, spacing[-2:]) if spacing else (None, None)
    except OSError as error:
        raise cs.RetrieveError(f"there is no Zarr array {path!r}") from error
    except Exception as error:  # zarr says in many ways what it cannot read
        raise cs.DecodeError(f"{path!r} is no Zarr array, or its metadata are damaged") from error
    counts = array.shape[:-2]
    index = tuple(int(number) for number in asked[:99].split(",") if number.isdecimal())
    is_there = array.ndim - 2 == len(index) and all(map(int.__lt__, index, counts))
    if not is_there or asked != ",".join(map(str, index)):
        raise cs.ImageIdError(f"?index= counts from 0 in {counts}, got {asked[:99]!r}")
    try:
        pixels = array[index]
    except (RuntimeError, ValueError) as error:  # what its codecs raise
        raise cs.DecodeError(f"slice {asked} of {path!r} is damaged") from error
    plane = cs.ImagePlaneModule(row_pixel_spacing_mm=row, column_pixel_spacing_mm=column)
    return cs.Image(image_id, pixels, plane=plane)
