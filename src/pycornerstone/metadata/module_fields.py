"""Modules from mappings of their fields, as a user's provider may give them."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, SupportsFloat, TypeVar

import numpy as np

from pycornerstone.errors import MetadataError
from pycornerstone.model.luts import LookupTable, PaletteColorLut, VoiFunction, VoiWindow
from pycornerstone.model.modules import (
    EcgChannel,
    EcgGroup,
    ImagePlaneModule,
    Module,
    NiftiExtension,
    OverlayPlane,
    RadiopharmaceuticalInfo,
    RealWorldValueMap,
    Segment,
    SpacingType,
    UltrasoundRegion,
)

if TYPE_CHECKING:
    from enum import StrEnum

__all__ = ["module_from_answer"]

M = TypeVar("M", bound=Module)
_T = TypeVar("_T")
_Converter = Callable[[object], object]


def module_from_answer(module: type[M], answer: object) -> M:
    """Make a module of what a provider answered.

    Parameters
    ----------
    module : type of Module
        What it was asked for.
    answer : Mapping
        Values by field name. Numbers may be of any kind, NumPy's too; points and directions any
        three numbers; windows `VoiWindow`, or ``(center, width)`` with an explanation or without;
        what is of several fields itself, such as `OverlayPlane`, may be a mapping of them.

    Raises
    ------
    MetadataError
        If `answer` is no mapping, a field is unknown or missing, or a value has another shape. The
        values themselves, which may say who the patient is, are never in the text.

    Examples
    --------
    >>> from pycornerstone.model.modules import VoiLutModule
    >>> module_from_answer(VoiLutModule, {"windows": [(40, 400)]}).windows
    (VoiWindow(center=40.0, width=400.0, explanation=''),)
    """
    if not isinstance(answer, Mapping):
        raise MetadataError(
            f"it gave {_kind(answer)}; give {module.__name__}, a mapping of its fields, or None"
        )
    return _filled(module, answer)


def _filled(kind: type[_T], answer: Mapping[Any, Any]) -> _T:
    """Make a dataclass of a mapping of its fields."""
    described = dataclasses.fields(kind)  # type: ignore[arg-type]  # all modules are
    # Annotations are text here: modules are defined with postponed evaluation.
    annotations = {field.name: str(field.type) for field in described}
    values: dict[str, Any] = {}
    for name, value in answer.items():
        if name not in annotations:
            raise MetadataError(_unknown_field(kind, name, annotations))
        values[name] = _converted(name, annotations[name], value)
    missing = [field.name for field in described if _is_missing(field, values)]
    if missing:
        raise MetadataError(f"{kind.__name__} needs {' and '.join(missing)}")
    return kind(**values)


def _converted(name: str, annotation: str, value: object) -> object:
    text = annotation.removesuffix(" | None")
    if value is None and text != annotation:
        return None
    # A module class of the user's may have fields of any kind: those are taken as they are.
    expected, convert = _CONVERTERS.get(text, _CONVERTERS["Any"])
    try:
        return convert(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise MetadataError(f"{name} must be {expected}, got {_kind(value)}") from error
    except MetadataError as error:
        raise MetadataError(f"{name}: {error.message}") from error


def _is_missing(field: dataclasses.Field[Any], values: Mapping[str, Any]) -> bool:
    has_default = not (field.default is field.default_factory is dataclasses.MISSING)
    return not has_default and field.name not in values


def _unknown_field(module: type[Any], name: object, fields: Iterable[str]) -> str:
    known = tuple(fields)
    nearest = difflib.get_close_matches(_snake_case(str(name)), known, n=1, cutoff=0.6)
    text = f"{module.__name__} has no field {name!r}; it has {', '.join(known)}"
    return f"{text}. Did you mean {nearest[0]!r}?" if nearest else text


def _snake_case(name: str) -> str:
    """Turn Cornerstone3D's spelling into ours, to find the nearest field."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _kind(value: object) -> str:
    """Say what a value is without saying the value."""
    name = type(value).__name__
    return f"{name} of {len(value)}" if isinstance(value, list | tuple) else name


def _number(value: object) -> float:
    # Of NumPy's kinds too; text is none of them, whatever digits it holds.
    if isinstance(value, SupportsFloat):
        return float(value)
    raise TypeError


def _integer(value: object) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ValueError
    return int(number)


def _vector(value: object) -> tuple[float, ...]:
    vector = _sequence(_number)(value)
    if len(vector) != 3:
        raise ValueError
    return vector


def _window(value: object) -> VoiWindow:
    if isinstance(value, VoiWindow):
        return value
    center, width, *explanation = _sequence(lambda part: part)(value)
    if len(explanation) > 1:
        raise ValueError
    return VoiWindow(_number(center), _number(width), *map(_exactly(str), explanation))


def _exactly(kind: type[Any]) -> Callable[[object], Any]:
    def convert(value: object) -> object:
        if isinstance(value, kind):
            return value
        raise TypeError

    return convert


def _sequence(convert: Callable[[object], Any]) -> Callable[[object], tuple[Any, ...]]:
    def convert_all(value: object) -> tuple[Any, ...]:
        # Text is a sequence too, but of nothing that a module has.
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            raise TypeError
        return tuple(convert(item) for item in value)

    return convert_all


def _several(*converters: Callable[[object], Any]) -> Callable[[object], tuple[Any, ...]]:
    """Take a known number of values, each of its kind."""

    def convert(value: object) -> tuple[Any, ...]:
        parts = _sequence(lambda part: part)(value)
        if len(parts) != len(converters):
            raise ValueError
        return tuple(take(part) for take, part in zip(converters, parts, strict=True))

    return convert


def _member(kind: type[StrEnum]) -> Callable[[object], StrEnum]:
    return lambda value: kind(str(value))


def _nested(kind: type[Any]) -> Callable[[object], Any]:
    def convert(value: object) -> object:
        if isinstance(value, kind):
            return value
        if isinstance(value, Mapping):
            return _filled(kind, value)
        raise TypeError

    return convert


def _integers(value: object) -> np.ndarray[Any, Any]:
    array = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise TypeError
    return array


def _matrix(value: object) -> np.ndarray[Any, Any]:
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError
    if array.shape != (4, 4):
        raise ValueError
    return array.astype(np.float64)


def _bits(value: object) -> np.ndarray[Any, Any]:
    array = np.asarray(value)
    return array if array.dtype.kind == "b" else _integers(array).astype(np.bool_)


_ENUMERATIONS: dict[str, type[StrEnum]] = {"SpacingType": SpacingType, "VoiFunction": VoiFunction}
_NESTED: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        EcgChannel,
        EcgGroup,
        ImagePlaneModule,
        NiftiExtension,
        OverlayPlane,
        RadiopharmaceuticalInfo,
        RealWorldValueMap,
        Segment,
        UltrasoundRegion,
    )
}
_CONVERTERS: dict[str, tuple[str, _Converter]] = {
    "Any": ("anything", lambda value: value),
    "bool": ("True or False", _exactly(bool)),
    "bytes": ("bytes", _exactly(bytes)),
    "float": ("a number", _number),
    "int": ("a whole number", _integer),
    "str": ("text", _exactly(str)),
    "npt.NDArray[np.bool_]": ("an array of truth values", _bits),
    "npt.NDArray[np.integer]": ("an array of whole numbers", _integers),
    "npt.NDArray[np.float64]": ("4 x 4 numbers", _matrix),
    "LookupTable": ("a LookupTable", _exactly(LookupTable)),
    "PaletteColorLut": ("a PaletteColorLut", _exactly(PaletteColorLut)),
    "Vector": ("3 numbers", _vector),
    "tuple[LookupTable, ...]": ("LookupTables", _sequence(_exactly(LookupTable))),
    "tuple[VoiWindow, ...]": ("windows or (center, width) pairs", _sequence(_window)),
    "tuple[float, ...]": ("numbers", _sequence(_number)),
    "tuple[int, ...]": ("whole numbers", _sequence(_integer)),
    "tuple[str, ...]": ("texts", _sequence(_exactly(str))),
    "dict[tuple[int, int, int, int], int]": ("a dict of numbers by place", _exactly(dict)),
    "tuple[float, float]": ("2 numbers", _several(_number, _number)),
    "tuple[float, float, float]": ("3 numbers", _vector),
    "tuple[int, int]": ("2 whole numbers", _several(_integer, _integer)),
    "tuple[tuple[int, int], ...]": (
        "pairs of whole numbers",
        _sequence(_several(_integer, _integer)),
    ),
}
"""What an annotation of a field takes, and how it is made of what is given."""

_CONVERTERS |= {
    name: (f"one of {', '.join(kind)}", _member(kind)) for name, kind in _ENUMERATIONS.items()
}
for _name, _of in _NESTED.items():
    _CONVERTERS[_name] = (f"{_name} or a mapping of its fields", _nested(_of))
    _CONVERTERS[f"tuple[{_name}, ...]"] = (
        f"a list of {_name} or mappings of its fields",
        _sequence(_nested(_of)),
    )
