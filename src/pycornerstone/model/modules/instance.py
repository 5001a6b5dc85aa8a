"""The instance as a whole: its data set, its addresses, its curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pycornerstone.errors import MetadataError
from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "EcgChannel",
    "EcgGroup",
    "EcgModule",
    "ImageUrlModule",
    "InstanceModule",
    "UriModule",
]


@dataclass(frozen=True, slots=True, eq=False)
class InstanceModule(Module):
    """What the header says of one frame, to be asked by keyword; the same from every source.

    Attributes
    ----------
    dataset : pydicom.Dataset
        Every element that some module reads; `Image.dataset` has the others too. Of an enhanced
        multi-frame image, what the shared and the per-frame functional groups say of the frame is
        merged over it, flat (PS3.3 C.7.6.16).
    """

    type_name: ClassVar[str] = "instance"

    dataset: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class UriModule(Module):
    """What an imageId says itself.

    Attributes
    ----------
    scheme, resource : str
        Before and after the first colon.
    base_image_id : str
        The imageId without its frame.
    frame_number : int
        From 1.
    """

    type_name: ClassVar[str] = "uriModule"

    scheme: str
    resource: str
    base_image_id: str
    frame_number: int = 1


@dataclass(frozen=True, slots=True)
class ImageUrlModule(Module):
    """Where a DICOMweb server has the image in other forms (PS3.18 section 10.4).

    Attributes
    ----------
    rendered, thumbnail : str or None
        URLs that give a picture of it, and a small one.
    is_video : bool
        Its transfer syntax is of MPEG-2, MPEG-4 or HEVC; `rendered` is then the video.
    """

    type_name: ClassVar[str] = "imageUrlModule"

    rendered: str | None = None
    thumbnail: str | None = None
    is_video: bool = False


@dataclass(frozen=True, slots=True)
class EcgChannel:
    """One channel of a waveform: an item of (003A,0200) (PS3.3 C.10.9).

    Attributes
    ----------
    label, source : str or None
        (003A,0203), and Code Meaning of (003A,0208), such as ``"Lead I"``.
    sensitivity : float or None
        (003A,0210) times its correction factor (003A,0212): units a step.
    sensitivity_unit : str or None
        Code Value of (003A,0211), such as ``"uV"``.
    baseline : float
        (003A,0213), in those units.
    """

    label: str | None = None
    source: str | None = None
    sensitivity: float | None = None
    sensitivity_unit: str | None = None
    baseline: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class EcgGroup:
    """Channels that were sampled together: an item of (5400,0100) (PS3.3 C.10.9).

    Attributes
    ----------
    channels : tuple of EcgChannel
        (003A,0200).
    sampling_frequency_hz : float
        (003A,001A).
    samples : numpy.ndarray or None
        ``(channels, samples)`` as stored (5400,1010), integers, read-only; None where the header
        only says where they are.
    label : str or None
        Multiplex Group Label (003A,0020).
    time_offset_ms : float
        (0018,1068), from the start of the acquisition.
    padding_value : int or None
        (5400,100A): the sample that says that there is none.
    """

    channels: tuple[EcgChannel, ...]
    sampling_frequency_hz: float
    samples: npt.NDArray[np.integer] | None = field(default=None, repr=False)
    label: str | None = None
    time_offset_ms: float = 0.0
    padding_value: int | None = None

    def values(self) -> npt.NDArray[np.float64]:
        """Give the samples in the units of their channels, ``(channels, samples)``.

        Padding is NaN. A channel without a sensitivity stays as it is stored.

        Raises
        ------
        MetadataError
            If the samples are not there.
        """
        if self.samples is None:
            raise MetadataError(
                "(5400,1010) Waveform Data is not in the header, which only says where it is; "
                "load the instance itself"
            )
        sensitivity = [1.0 if c.sensitivity is None else c.sensitivity for c in self.channels]
        baseline = [channel.baseline for channel in self.channels]
        values = self.samples.astype(np.float64)
        values *= np.array(sensitivity)[:, None]
        values += np.array(baseline)[:, None]
        if self.padding_value is not None:
            values[self.samples == self.padding_value] = np.nan
        return values


@dataclass(frozen=True, slots=True, eq=False)
class EcgModule(Module):
    """The curves of an instance, electrocardiograms and others (PS3.3 C.10.9).

    Attributes
    ----------
    groups : tuple of EcgGroup
        Items of the Waveform Sequence (5400,0100); the first is what Cornerstone3D gives.
    """

    type_name: ClassVar[str] = "ecgModule"

    groups: tuple[EcgGroup, ...]
