"""Of the demo: planes through the sample CT, a PET over it, and organs drawn over both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.model.derived_volumes import labelmap_volume
from pycornerstone.rendering.contact_sheet import contact_sheet
from pycornerstone.rendering.volumes.labels import LabelStyle
from pycornerstone.testing.labelled_thorax import thorax_labels
from pycornerstone.testing.pet_files import write_pet_series
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.viewports.png import write_png
from pycornerstone.viewports.volumes.inputs import VolumeInput
from pycornerstone.viewports.volumes.viewport import VolumeViewport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from pycornerstone.session.session import Session

__all__ = ["write_planes"]

_CELL = 320
_ORIENTATIONS = ("axial", "coronal", "sagittal")
_SUV_SHOWN = (0.0, 8.0)


def write_planes(session: Session, ct_files: Sequence[Path], folder: Path, target: Path) -> None:
    """Load a CT and a PET as volumes, and draw three planes of them, each in four ways.

    Parameters
    ----------
    session : Session
        What loads them.
    ct_files : sequence of Path
        The series of `ct_phantom`.
    folder : Path
        Where the PET is written.
    target : Path
        The PNG.
    """
    ct_load = session.load_volume([f"dicomfile:{path}" for path in ct_files])
    pet_load = session.load_volume([f"dicomfile:{path}" for path in write_pet_series(folder)])
    ct, pet = ct_load.result(), pet_load.result()
    labels = labelmap_volume(ct, thorax_labels(ct_phantom(*ct.shape)))
    suv = pet.scaling.suvbw if pet.scaling is not None and pet.scaling.suvbw else 1.0
    uptake = {
        "colormap": "hotIron",
        "voi_range": (_SUV_SHOWN[0] / suv, _SUV_SHOWN[1] / suv),
        "opacity_follows_voi": True,
    }
    # In the CT: the PET reaches beyond it.
    activity = pet.modality_values()
    _, _, low = ct.geometry.corners_lps.min(axis=0)
    _, _, high = ct.geometry.corners_lps.max(axis=0)
    heights = pet.geometry.index_to_world([(0, 0, k) for k in range(pet.shape[0])])[:, 2]
    activity[(heights < low) | (heights > high)] = 0
    k, j, i = np.unravel_index(int(activity.argmax()), activity.shape)
    brightest = pet.geometry.index_to_world((i, j, k)).tolist()
    pictures: list[npt.NDArray[np.uint8]] = []
    captions: list[str] = []
    for orientation in _ORIENTATIONS:
        with VolumeViewport(_CELL, _CELL, session=session, orientation=orientation) as viewport:
            viewport.set_volumes([ct]).result()
            viewport.jump_to_world(brightest)
            pictures.append(viewport.render())
            viewport.set_slab(40, "maximum")
            pictures.append(viewport.render())
            viewport.set_slab(None)
            viewport.add_volumes([VolumeInput(pet, properties=uptake)]).result()
            pictures.append(viewport.render())
            viewport.remove_volumes([pet.volume_id])
            viewport.add_labelmap(labels, LabelStyle(opacity=0.3)).result()
            pictures.append(viewport.render())
        captions += [
            f"CT, {orientation}",
            "Maximum of 40 mm",
            "PET over it, 0 to 8 g/ml",
            "Organs over it",
        ]
    write_png(target, contact_sheet(pictures, captions, 4))
