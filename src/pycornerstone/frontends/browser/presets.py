"""Windows to be chosen by name: those of CT that radiologists read by, and of PET in SUV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.frontends.browser.server_messages import WindowPreset
from pycornerstone.frontends.browser.units import unit_of
from pycornerstone.model.luts import VoiWindow
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from pycornerstone.model.image import Image
    from pycornerstone.model.volume import Volume
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["PRESETS", "preset_range"]

# Center and width in HU: the first five are those that OHIF comes with (its hanging protocols'
# windowLevelPresets), the others those of Radiopaedia, "Windowing (CT)".
_CT = (
    ("Soft tissue", 40, 400),
    ("Lung", -600, 1500),
    ("Liver", 90, 150),
    ("Bone", 480, 2500),
    ("Brain", 40, 80),
    ("Mediastinum", 50, 350),
    ("Stroke", 32, 8),
    ("Subdural", 75, 215),
    ("Temporal bone", 600, 2800),
)
# SUVbw, g/ml: OHIF's, from 0.
_PET = (("SUV 0 to 5", 5.0), ("SUV 0 to 10", 10.0), ("SUV 0 to 15", 15.0), ("SUV 0 to 20", 20.0))

PRESETS: tuple[WindowPreset, ...] = (
    *(
        WindowPreset(name, *VoiWindow(center, width).bounds(), modality="CT")
        for name, center, width in _CT
    ),
    *(WindowPreset(name, 0.0, upper, modality="PT") for name, upper in _PET),
)
"""Bounds in the units that the user sees: HU of CT, SUVbw of PET."""


def preset_range(
    viewport: StackViewport | VolumeViewport, name: str, volume_id: str | None = None
) -> tuple[float, float] | None:
    """Give the modality values that a preset is in a viewport; of volumes, in the first or that.

    Returns
    -------
    tuple of float or None
        None if there is none such, or it is not meant for what the viewport shows: of another
        modality, or in SUV where that is not known.
    """
    shown: Image | Volume | None
    if isinstance(viewport, StackViewport):
        shown = viewport.image
    else:
        volumes = (one for one in viewport.volumes if volume_id in {None, one.volume_id})
        shown = next(volumes, None)
    for preset in PRESETS:
        if preset.name != name or shown is None or shown.is_color:
            continue
        if preset.modality not in (None, shown.modality):
            continue
        unit = unit_of(viewport, volume_id=volume_id)
        if preset.modality == "PT" and not unit.name.startswith("SUV"):
            continue
        return preset.lower / unit.factor, preset.upper / unit.factor
    return None
