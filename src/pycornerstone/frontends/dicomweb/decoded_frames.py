"""Frames in Explicit VR Little Endian, whatever they are stored as."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.frontends.dicomweb.made_instances import samples_of

if TYPE_CHECKING:
    from pycornerstone.frontends.dicomweb.instances import Instance
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
    samples = samples_of(session, instance, number)
    bits = ((instance.element("00280100") or {}).get("Value") or [8 * samples.dtype.itemsize])[0]
    wanted = np.dtype(f"<{samples.dtype.kind}{max(8, int(bits)) // 8}")
    return samples.astype(wanted, copy=False).tobytes()
