"""Modules from mappings of their fields, as a user's provider may give them."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, SupportsFloat, TypeVar

from pycornerstone.errors import MetadataError
from pycornerstone.model.luts import LookupTable, PaletteColorLut, VoiFunction, VoiWindow
from pycornerstone.model.modules import Module

__all__ = ["module_from_answer"]

M = TypeVar("M", bound=Module)
_Converter = Callable[[object], object]


def module_from_answer(module: type[M], answer: object) -> M:
    """Make a module of what a provider answered.

    Parameters
    ----------
    module : type of Module
        What it was asked for.
    answer : Mapping
        Values by field name. Numbers may be of any kind, NumPy's too; points and directions any
        three numbers; windows `VoiWindow`, or ``(center, width)`` with an explanation or without.

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
    described = dataclasses.fields(module)  # type: ignore[arg-type]
    # Annotations are text here: modules are defined with postponed evaluation.
    fields = {field.name: _Field(str(field.type)) for field in described}
    values: dict[str, Any] = {}
    for name, value in answer.items():
        converter = fields.get(name)
        if converter is None:
            raise MetadataError(_unknown_field(module, name, fields))
        values[name] = converter(name, value)
    missing = [field.name for field in described if _is_missing(field, values)]
    if missing:
        raise MetadataError(f"{module.__name__} needs {' and '.join(missing)}")
    return module(**values)


class _Field:
    """How the value of one field is taken."""

    __slots__ = ("_convert", "_expected", "_is_optional")

    def __init__(self, annotation: str) -> None:
        text = annotation.removesuffix(" | None")
        self._is_optional = text != annotation
        self._expected, self._convert = _CONVERTERS.get(text, ("anything", lambda value: value))

    def __call__(self, name: str, value: object) -> object:
        if value is None and self._is_optional:
            return None
        try:
            return self._convert(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise MetadataError(f"{name} must be {self._expected}, got {_kind(value)}") from error


def _is_missing(field: dataclasses.Field[Any], values: Mapping[str, Any]) -> bool:
    has_default = not (field.default is field.default_factory is dataclasses.MISSING)
    return not has_default and field.name not in values


def _unknown_field(module: type[Module], name: object, fields: Iterable[str]) -> str:
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


def _voi_function(value: object) -> VoiFunction:
    return VoiFunction(str(value))


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


_CONVERTERS: dict[str, tuple[str, _Converter]] = {
    "bool": ("True or False", _exactly(bool)),
    "bytes": ("bytes", _exactly(bytes)),
    "float": ("a number", _number),
    "int": ("a whole number", _integer),
    "str": ("text", _exactly(str)),
    "LookupTable": ("a LookupTable", _exactly(LookupTable)),
    "PaletteColorLut": ("a PaletteColorLut", _exactly(PaletteColorLut)),
    "Vector": ("3 numbers", _vector),
    "VoiFunction": (f"one of {', '.join(VoiFunction)}", _voi_function),
    "tuple[LookupTable, ...]": ("LookupTables", _sequence(_exactly(LookupTable))),
    "tuple[VoiWindow, ...]": ("windows or (center, width) pairs", _sequence(_window)),
    "tuple[float, ...]": ("numbers", _sequence(_number)),
    "tuple[str, ...]": ("texts", _sequence(_exactly(str))),
}
"""What an annotation of a module's field takes, and how it is made of what is given."""
