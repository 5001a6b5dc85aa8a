"""The page's list of messages has the same fields, of the same types, as the server's."""

from __future__ import annotations

import re
import types
import typing
from importlib.resources import files
from typing import Any, Literal

import msgspec
import pytest

from pycornerstone.frontends.browser import page_messages, server_messages

_STATIC = files("pycornerstone.frontends.browser") / "static"
_SIMPLE = {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null"}

_TYPEDEF = re.compile(
    r"/\*\*(?P<text>(?:(?!\*/).)*?@typedef \{object\} (?P<name>\w+).*?)\*/", re.DOTALL
)
_PROPERTY = re.compile(r"@property \{(?P<type>[^}]+)\} (?P<field>\[?\w+\]?)")

_Fields = dict[str, tuple[str, bool]]


def _listed_by_the_page(name: str) -> dict[str, _Fields]:
    """Of each message, its fields with their types, and whether they may be left out."""
    text = (_STATIC / name).read_text("utf-8")
    listed: dict[str, _Fields] = {}
    for typedef in _TYPEDEF.finditer(text):
        listed[typedef["name"]] = {
            found["field"].strip("[]"): (_sorted(found["type"]), found["field"].startswith("["))
            for found in _PROPERTY.finditer(typedef["text"])
        }
    return listed


def _listed_by_the_server(module: types.ModuleType, *, may_leave_out: bool) -> dict[str, _Fields]:
    listed: dict[str, _Fields] = {}
    for name, struct in vars(module).items():
        if not (isinstance(struct, type) and issubclass(struct, msgspec.Struct)):
            continue
        if name.startswith("_"):
            continue
        hints = typing.get_type_hints(struct)
        fields = {
            field.encode_name: (
                _in_javascript(hints[field.name]),
                may_leave_out and not field.required,
            )
            for field in msgspec.structs.fields(struct)
        }
        if (tag := struct.__struct_config__.tag) is not None:
            fields[str(struct.__struct_config__.tag_field)] = (f"'{tag}'", False)
        listed[name] = fields
    return listed


def _in_javascript(kind: Any) -> str:
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return _sorted("|".join(f"'{value}'" for value in parts))
    if origin in (types.UnionType, typing.Union):
        return _sorted("|".join(_in_javascript(part) for part in parts))
    if origin is tuple and parts[-1] is Ellipsis:
        return f"{_in_javascript(parts[0])}[]"
    if origin is tuple:
        return f"[{', '.join(map(_in_javascript, parts))}]"
    return str(kind.__name__)


def _sorted(alternatives: str) -> str:
    return "|".join(sorted(part.strip() for part in alternatives.split("|")))


def _union(name: str, of: str) -> set[str]:
    found = re.search(rf"@typedef \{{([\w|\s]+)\}} {of}\b", (_STATIC / name).read_text("utf-8"))
    assert found
    return set(found[1].replace(" ", "").split("|"))


@pytest.mark.parametrize(
    ("script", "module", "may_leave_out"),
    [
        pytest.param("page-messages.js", page_messages, True, id="from the page"),
        pytest.param("messages.js", server_messages, False, id="from the server"),
    ],
)
def test_both_sides_list_the_same_messages_field_for_field(
    script: str, module: types.ModuleType, may_leave_out: bool
) -> None:
    assert _listed_by_the_page(script) == _listed_by_the_server(module, may_leave_out=may_leave_out)


@pytest.mark.parametrize(
    ("script", "module", "name"),
    [
        ("page-messages.js", page_messages, "FromPage"),
        ("messages.js", server_messages, "FromServer"),
    ],
)
def test_both_sides_may_say_the_same(script: str, module: types.ModuleType, name: str) -> None:
    classes = typing.get_args(getattr(module, name))
    assert _union(script, name) == {each.__name__ for each in classes}


def test_the_page_finds_each_type_of_its_own_messages_where_it_looks_for_them() -> None:
    text = (_STATIC / "messages.js").read_text("utf-8")
    passed_on = re.findall(r"@typedef \{import\('./page-messages.js'\)\.(\w+)\} \1 \*/", text)
    assert set(passed_on) == {*_listed_by_the_page("page-messages.js"), "FromPage"}


def test_every_field_that_is_listed_was_read() -> None:
    # A line the pattern does not know would otherwise make a field vanish from both comparisons.
    for script in ("page-messages.js", "messages.js"):
        text = (_STATIC / script).read_text("utf-8")
        read = sum(len(fields) for fields in _listed_by_the_page(script).values())
        assert read == text.count("@property")
