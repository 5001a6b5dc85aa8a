"""For authors of loaders: a contract to inherit, phantoms, and servers that serve or misbehave.

Each name is imported when it is first asked for: the contract needs pytest, the servers and
phantoms what comes with pycornerstone.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import MissingExtraError

if TYPE_CHECKING:
    from pycornerstone.testing.demo_study import DemoEntry, DemoStudy
    from pycornerstone.testing.dicom_series import ct_series, secondary_capture, write_ct_series
    from pycornerstone.testing.dicomweb_server import SampleServer
    from pycornerstone.testing.labelled_thorax import thorax_labels
    from pycornerstone.testing.loader_contract import LoaderContract
    from pycornerstone.testing.misbehaving_server import MisbehavingServer
    from pycornerstone.testing.pet_files import pet_series, write_pet_series
    from pycornerstone.testing.pet_thorax import PetPhantom, PetRegion, pet_phantom
    from pycornerstone.testing.phantoms import CtPhantom, KnownRegion, ct_phantom
    from pycornerstone.testing.pictures import (
        apng_phantom,
        jpeg_phantom,
        nifti_phantom,
        png_phantom,
    )
    from pycornerstone.testing.searches import DicomwebLimits

__all__ = [
    "CtPhantom",
    "DemoEntry",
    "DemoStudy",
    "DicomwebLimits",
    "KnownRegion",
    "LoaderContract",
    "MisbehavingServer",
    "PetPhantom",
    "PetRegion",
    "SampleServer",
    "apng_phantom",
    "ct_phantom",
    "ct_series",
    "jpeg_phantom",
    "nifti_phantom",
    "pet_phantom",
    "pet_series",
    "png_phantom",
    "secondary_capture",
    "thorax_labels",
    "write_ct_series",
    "write_pet_series",
]

_MODULE_OF = {
    "CtPhantom": "phantoms",
    "DemoEntry": "demo_study",
    "DemoStudy": "demo_study",
    "DicomwebLimits": "searches",
    "KnownRegion": "phantoms",
    "LoaderContract": "loader_contract",
    "MisbehavingServer": "misbehaving_server",
    "PetPhantom": "pet_thorax",
    "PetRegion": "pet_thorax",
    "SampleServer": "dicomweb_server",
    "apng_phantom": "pictures",
    "ct_phantom": "phantoms",
    "ct_series": "dicom_series",
    "jpeg_phantom": "pictures",
    "nifti_phantom": "pictures",
    "pet_phantom": "pet_thorax",
    "pet_series": "pet_files",
    "png_phantom": "pictures",
    "secondary_capture": "dicom_series",
    "thorax_labels": "labelled_thorax",
    "write_ct_series": "dicom_series",
    "write_pet_series": "pet_files",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = f"{__name__}.{_MODULE_OF[name]}"
    if name == "LoaderContract" and module not in sys.modules:
        try:
            import pytest
        except ImportError as error:
            raise MissingExtraError("LoaderContract", "testing") from error

        # Then a failed assertion of the contract shows its values, as those of a test module do.
        pytest.register_assert_rewrite(module)
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
