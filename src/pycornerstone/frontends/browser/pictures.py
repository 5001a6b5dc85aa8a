"""Pictures as they travel to the page: lossless, but for colours that move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from pycornerstone.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Picture", "encode"]

# What moves is not looked at closely, and 4:4:4 leaves the edges of colour maps where they are.
_QUALITY = 90


class Picture(NamedTuple):
    """A picture that a browser reads.

    Attributes
    ----------
    format : str
        ``"png"`` or ``"jpeg"``.
    data : bytes
        Its file.
    is_exact : bool
        It is the one that was drawn, to the last bit.
    """

    format: Literal["png", "jpeg"]
    data: bytes
    is_exact: bool


def encode(rgba: npt.NDArray[np.uint8], *, is_moving: bool = False) -> Picture:
    """Encode what a viewport has drawn.

    Parameters
    ----------
    rgba : numpy.ndarray
        ``(height, width, 4)`` uint8, opaque.
    is_moving : bool
        Another one follows at once: colours become a JPEG, which is 5 times faster. Greys are
        always lossless, as a PNG of one channel, which costs no more than a JPEG of them.

    Raises
    ------
    MissingExtraError
        If colours move and simplejpeg is not installed.
    """
    import cv2

    rgba = np.ascontiguousarray(rgba)
    grey = cv2.extractChannel(rgba, 0)
    if _is_grey(rgba, grey):
        return Picture("png", _png(grey), is_exact=True)
    if is_moving:
        return Picture("jpeg", _jpeg(rgba), is_exact=False)
    return Picture("png", _png(cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGR)), is_exact=True)


def _is_grey(rgba: npt.NDArray[np.uint8], grey: npt.NDArray[np.uint8]) -> bool:
    import cv2

    # A look at a few rows tells most colours apart.
    some = rgba[:: max(1, len(rgba) // 16)]
    if not (some[..., :1] == some[..., 1:3]).all():
        return False
    # Four times as fast as to compare them with NumPy.
    others = (cv2.extractChannel(rgba, channel) for channel in (1, 2))
    return all(cv2.norm(grey, other, cv2.NORM_INF) == 0 for other in others)


def _png(picture: npt.NDArray[np.uint8]) -> bytes:
    import cv2

    # The default flags are the fastest: 1 ms for 512 x 512 greys, half of what "level 1" takes.
    _, encoded = cv2.imencode(".png", picture)
    return encoded.tobytes()


def _jpeg(rgba: npt.NDArray[np.uint8]) -> bytes:
    try:
        import simplejpeg
    except ImportError as error:
        raise MissingExtraError("the viewer", "viewer") from error
    encoded: bytes = simplejpeg.encode_jpeg(
        rgba, quality=_QUALITY, colorspace="RGBA", colorsubsampling="444"
    )
    return encoded
