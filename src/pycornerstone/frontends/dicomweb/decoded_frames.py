"""Frames in Explicit VR Little Endian, whatever they are stored as."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pycornerstone.frontends.dicomweb.catalogue import Instance
    from pycornerstone.session.session import Session

__all__ = ["decoded_frame"]


def decoded_frame(session: Session, instance: Instance, number: int) -> bytes:
    """Decode a frame, as every image is that the session loads.

    Parameters
    ----------
    session : Session
        What loads it.
    instance : Instance
        Whose frame it is.
    number : int
        Which, from 1.

    Returns
    -------
    bytes
        Samples in rows, as many bytes each as Bits Allocated (0028,0100) says; colours are RGB, by
        pixel.

    Raises
    ------
    PyCornerstoneError
        If it cannot be loaded.
    """
    pixels = session.load_and_cache_image(instance.image_ids[number - 1]).result().pixels
    if pixels.ndim == 3:
        pixels = pixels[..., :3]
    bits = instance.attributes.get("00280100", {}).get("Value", [8 * pixels.dtype.itemsize])[0]
    kind = "u" if pixels.dtype.kind == "b" else pixels.dtype.kind
    wanted = np.dtype(f"<{kind}{max(8, int(bits)) // 8}")
    return pixels.astype(wanted, copy=False).tobytes()
