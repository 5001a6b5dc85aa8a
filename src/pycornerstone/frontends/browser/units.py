"""What the values of a cell are in: HU, SUVbw, or as the header says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pycornerstone.errors import MetadataProviderError
from pycornerstone.model.modules import ModalityLutModule, PetSeriesModule, ScalingModule
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from pycornerstone.model.image import Image
    from pycornerstone.model.volume import Volume
    from pycornerstone.session.session import Session
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["Unit", "unit_of", "unit_of_values"]

_LONGEST = 16
# Units (0054,1001) of PET (PS3.3 C.8.9.1.1.3), as people write them.
_PET_UNITS = {"BQML": "Bq/ml", "CNTS": "counts", "GML": "g/ml", "CM2ML": "cm²/ml", "PROPCNTS": ""}
# Dose Units (3004,0002) (PS3.3 C.8.8.3).
_DOSE_UNITS = {"GY": "Gy", "RELATIVE": ""}


class Unit(NamedTuple):
    """A unit, and by what modality values are multiplied to be in it."""

    name: str
    factor: float = 1.0


def unit_of(
    viewport: StackViewport | VolumeViewport,
    session: Session | None = None,
    volume_id: str | None = None,
) -> Unit:
    """Give what the user is shown the values of a viewport in; of volumes, of the first.

    ``CellState.lower = voi_range[0] * unit.factor``, and back when the page says a window.

    Parameters
    ----------
    viewport : StackViewport or VolumeViewport
        Which.
    session : Session, optional
        Whose metadata know the unit of PET without a known SUV.
    volume_id : str, optional
        Of which of several volumes.
    """
    shown: Image | Volume | None
    if isinstance(viewport, StackViewport):
        shown, image_id = viewport.image, viewport.current_image_id
    else:
        volumes = (one for one in viewport.volumes if volume_id in {None, one.volume_id})
        shown = next(volumes, None)
        image_id = shown.image_ids[0] if shown is not None and shown.image_ids else None
    if shown is None:
        return Unit("")
    if shown.modality == "PT" and session is not None and image_id is not None:
        return unit_of_values(shown, _pet_unit(session, image_id))
    return unit_of_values(shown)


def unit_of_values(shown: Image | Volume, pet_unit: str = "") -> Unit:
    """Give the unit of what an image or a volume holds; `pet_unit` is that of PET without SUV."""
    if shown.is_color:
        return Unit("")
    scaling = shown.scaling or ScalingModule()
    if shown.modality == "PT":
        is_known = scaling.suvbw is not None and scaling.suvbw > 0
        return Unit("SUVbw", scaling.suvbw or 1.0) if is_known else Unit(pet_unit)
    lut = shown.modality_lut or ModalityLutModule()
    if scaling.dose_grid_scaling and lut.is_identity:
        units = (scaling.dose_units or "").upper()
        return Unit(_DOSE_UNITS.get(units, units[:_LONGEST]), scaling.dose_grid_scaling)
    known = (lut.rescale_type or "").strip()
    if known.upper() == "US":
        # PS3.3 C.11.1.1.2: unspecified.
        return Unit("")
    # PS3.3 C.8.2.1: that of CT is HU unless the header says another.
    return Unit(known[:_LONGEST] or ("HU" if shown.modality == "CT" else ""))


def _pet_unit(session: Session, image_id: str) -> str:
    try:
        module = session.metadata.get(PetSeriesModule, image_id)
    except MetadataProviderError:
        module = None
    units = (module.units if module is not None else None) or ""
    return _PET_UNITS.get(units.strip().upper(), units[:_LONGEST])
