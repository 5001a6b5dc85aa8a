"""The imageId: text that names one image, and says by its scheme who can load it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pycornerstone.errors import ImageIdError
from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ImageId",
    "not_text",
    "several",
    "split_frame",
    "split_frame_fragment",
    "split_frame_parameter",
    "split_frames_path",
]

_FRAME_PARAMETER = re.compile(r"[?&]frame=(?P<frame>[^&#]*)")
# Python refuses to read numbers of some thousand digits.
_MOST_DIGITS = 1000
_FRAMES_PATH = re.compile(r"/frames/(?P<frame>[^/?#]*)(?=$|[?#])")


@dataclass(frozen=True, slots=True)
class ImageId:
    """An imageId, split at its first colon.

    Attributes
    ----------
    scheme : str
        Text before the first colon; which loader answers. Case matters.
    resource : str
        Everything after it, which only the loader understands.

    Examples
    --------
    >>> ImageId.parse("wadouri:https://pacs/wado?objectUID=1.2&frame=3")
    ImageId(scheme='wadouri', resource='https://pacs/wado?objectUID=1.2&frame=3')
    """

    scheme: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Split an imageId.

        Raises
        ------
        ImageIdError
            If `text` is not text, has no colon, or nothing on one side of it.
        """
        if wrong := not_text(text):
            raise wrong
        scheme, colon, resource = text.partition(":")
        if not colon or not scheme or not resource:
            shown = without_credentials(text)
            raise ImageIdError(
                f"{shown!r} is not an imageId: it needs a scheme, a colon and an address, such as "
                f"'dicomfile:{shown.strip(':') or '/data/a.dcm'}'"
            )
        return cls(scheme, resource)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.resource}"

    def __repr__(self) -> str:
        """Give it as it may stand in a log: without passwords and tokens."""
        resource = without_credentials(self.resource)
        return f"{type(self).__name__}(scheme={self.scheme!r}, resource={resource!r})"


def not_text(image_id: object) -> ImageIdError | None:
    """Give the error of an imageId that is no text; None if it is text."""
    if isinstance(image_id, str):
        return None
    return ImageIdError(f"an imageId is text such as 'dicomfile:/data/a.dcm', got {image_id!r}")


def several(image_ids: Iterable[str]) -> Iterable[str]:
    """Give several imageIds as they are.

    Raises
    ------
    ImageIdError
        If they are one text, whose letters would be taken for imageIds.
    """
    if isinstance(image_ids, str):
        shown = without_credentials(image_ids)
        raise ImageIdError(f"a list of imageIds is wanted, got the text {shown!r}; put it into []")
    return image_ids


def split_frame_parameter(resource: str, *, first: int = 1) -> tuple[str, int | None]:
    """Take the ``frame=N`` parameter out of an address; what follows it stays.

    Parameters
    ----------
    resource : str
        An address or path, perhaps with ``?frame=N`` or ``&frame=N`` in it.
    first : int
        The number of the first frame: 1 for DICOM, 0 for NIfTI.

    Returns
    -------
    tuple of (str, int or None)
        The address without the parameter, and the frame number as written.

    Raises
    ------
    ImageIdError
        If the frame is not a number, or less than `first`.

    Examples
    --------
    >>> split_frame_parameter("https://pacs/wado?frame=3&objectUID=1.2")
    ('https://pacs/wado?objectUID=1.2', 3)
    """
    # Finding text is forty times as fast as matching, which counts where an image is its address.
    start = resource.find("frame=")
    found = None if start < 0 else _FRAME_PARAMETER.search(resource, max(start - 1, 0))
    if found is None:
        return resource, None
    before, after = resource[: found.start()], resource[found.end() :]
    if found.group().startswith("?") and after.startswith("&"):
        after = "?" + after[1:]
    return before + after, _frame_number(found["frame"], resource, first)


def split_frame_fragment(address: str) -> tuple[str, int | None]:
    """Take ``#frame=N`` off the end of the address of a picture; N counts from 1.

    Any other ``#`` is left where it is: files may have one in their names.

    Raises
    ------
    ImageIdError
        If N is not a number of at least 1.

    Examples
    --------
    >>> split_frame_fragment("https://host/pages.tif?size=2#frame=3")
    ('https://host/pages.tif?size=2', 3)
    """
    base, mark, fragment = address.rpartition("#")
    if not mark or not fragment.startswith("frame="):
        return address, None
    return base, _frame_number(fragment[len("frame=") :], address, 1)


def split_frames_path(resource: str) -> tuple[str, int | None]:
    """Take ``/frames/N`` off the end of a WADO-RS address (PS3.18, 10.4.1.1.3); N counts from 1.

    Raises
    ------
    ImageIdError
        If N is not a single number of at least 1.
    """
    found = _FRAMES_PATH.search(resource)
    if found is None:
        return resource, None
    base = resource[: found.start()] + resource[found.end() :]
    return base, _frame_number(found["frame"], resource, 1)


def split_frame(image_id: str) -> tuple[str, int]:
    """Split a DICOM imageId into the imageId of its instance and its frame, 1 where none is named.

    ``wadors:`` names frames by ``/frames/N``, the other schemes by ``?frame=N``.

    Raises
    ------
    ImageIdError
        If the frame is not a number of at least 1.
    """
    if image_id.startswith("wadors:"):
        base, frame = split_frames_path(image_id)
    else:
        base, frame = split_frame_parameter(image_id)
    return base, 1 if frame is None else frame


def _frame_number(text: str, resource: str, first: int) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    if not is_number or int(text) < first:
        raise ImageIdError(
            f"frame {text!r} of {without_credentials(resource)} is not a frame number; they count "
            f"from {first}"
        )
    return int(text)
