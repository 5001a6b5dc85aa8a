"""A canvas that is drawn: as an array, a file or a notebook's output."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.viewports.canvas_view import CanvasView, ShownT
from pycornerstone.viewports.png import check_png_target, encode_png, write_png
from pycornerstone.viewports.property_readers import checked_color

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone import Viewer
    from pycornerstone.session.events import EventBus
    from pycornerstone.viewports.source import ImageSource

__all__ = ["DrawnView"]


class DrawnView(CanvasView[ShownT]):
    """A canvas that draws what it looks at.

    Parameters
    ----------
    width, height : int
        Of the canvas, pixels.
    events : EventBus
        Who is told of what happens.
    viewport_id : str, optional
        Its name in events.
    background : sequence of int
        Red, green and blue, 0 to 255, of where nothing is.
    """

    _source: ImageSource

    def __init__(
        self,
        width: int,
        height: int,
        events: EventBus,
        viewport_id: str | None = None,
        background: Sequence[int] = (0, 0, 0),
    ) -> None:
        super().__init__(width, height, events, viewport_id)
        self.background = checked_color(background)

    @abstractmethod
    def render(self, timeout: float | None = 60.0) -> npt.NDArray[np.uint8]:
        """Draw what is on show, ``(height, width, 4)`` uint8."""

    def save(self, path: str | os.PathLike[str], timeout: float | None = 60.0) -> None:
        """Draw what is on show and write it to a PNG file, whole or not at all.

        Parameters
        ----------
        path : str or path-like
            Its name ends in ``.png``.
        timeout : float or None
            As for `render`.

        Raises
        ------
        ValueError
            If the name ends otherwise.
        OSError
            If it cannot be written there.
        PyCornerstoneError
            As for `render`.
        """
        check_png_target(Path(path))
        write_png(path, self.render(timeout))

    def show(self, **options: Any) -> Viewer:
        """Show what is on show on a page in a browser, where a person can go on with it.

        The page begins with the same images, view and properties; what is done there leaves this
        viewport as it is.

        Parameters
        ----------
        **options
            As of `pycornerstone.view`.

        Returns
        -------
        Viewer
            At once; it has the address, and is closed by its `close`.

        Raises
        ------
        MissingExtraError
            If the extra ``viewer`` is not installed.
        LoaderError
            If nothing is on show.
        """
        # A viewport knows no frontend; this is what its user would call.
        import pycornerstone

        itself: Any = self
        return pycornerstone.view(itself, **options)

    @property
    def session(self) -> ImageSource:
        """Where its images come from."""
        return self._source

    def _repr_png_(self) -> bytes:
        """Give what a notebook shows."""
        return encode_png(self.render())

    def _empty_picture(self, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
        picture = np.empty((size[1], size[0], 4), np.uint8)
        picture[:] = (*self.background, 255)
        return picture
