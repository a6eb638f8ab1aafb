"""What a command's help says about values read from JSON, taken from where they are defined."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

TYPE_NAMES = {
    "int": "whole number",
    "Decimal": "decimal string",
    "str": "text",
    "bool": "true, false",
    "date": "ISO date",
}
WIDTH = 78
INDENT = "  "


def described(kind: type, *, skip: frozenset[str] = frozenset()) -> str:
    """
    Return a dataclass's fields as help text: name, what it takes, its default, what it means.

    What fields mean comes from the docstring's `Attributes`, what choices mean from the strings
    below them.
    """
    hints, meanings = get_type_hints(kind), meanings_of(kind)
    lines: list[str] = []
    for field in fields(kind):
        if field.name in skip:
            continue
        default = "" if field.default is MISSING else f" = {_shown(field.default)}"
        lines.append(f"{INDENT}{field.name}{default} ({_type_name(hints[field.name])})")
        lines += _wrapped(meanings.get(field.name, ""), 3)
        for choice in _choices(hints[field.name]):
            lines += _wrapped(f"{choice[0]}: {choice[1]}" if choice[1] else choice[0], 4)
    return "\n".join(lines)


def meanings_of(kind: type) -> Mapping[str, str]:
    """Return what the `Attributes` of a class's docstring, and its bases', say by name."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        doc = inspect.getdoc(one) or ""
        _, _, listed = doc.partition("Attributes:\n")
        name = ""
        for line in listed.splitlines():
            if not line.strip():
                break
            if line.startswith("    ") and not line.startswith("     "):
                name, _, rest = line.strip().partition(": ")
                found[name] = rest
            elif name:
                found[name] += f" {line.strip()}"
    return found


def told(kind: type, name: str) -> str:
    """Return what a class's docstring says before its attributes, wrapped, after a name."""
    words, _, _ = (inspect.getdoc(kind) or "").partition("Attributes:")
    return "\n".join(_wrapped(f"{name}: {' '.join(words.split())}", 1))


def _wrapped(words: str, depth: int) -> list[str]:
    indent = INDENT * depth
    return textwrap.wrap(words, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _plain(hint: Any) -> Any:  # noqa: ANN401 - any type there is
    """Return what a hint is about, whether it may be left empty or there may be many."""
    if get_origin(hint) in {Union, UnionType}:
        return _plain(next(one for one in get_args(hint) if one is not NoneType))
    if get_origin(hint) is tuple:
        return _plain(get_args(hint)[0])
    return hint


def _type_name(hint: Any) -> str:  # noqa: ANN401 - the same
    plain = _plain(hint)
    name = str(TYPE_NAMES.get(plain.__name__, plain.__name__))
    if issubclass(plain, StrEnum):
        name = "a choice"
    elif is_dataclass(plain) or issubclass(plain, tuple):
        name = f"an object: {', '.join(get_type_hints(plain))}"
    is_list = get_origin(hint) is tuple
    return f"list of {name}" if is_list else name


def _shown(default: Any) -> str:  # noqa: ANN401 - any default there is
    match default:
        case None:
            return "none"
        case StrEnum():
            return default.name
        case ():
            return "[]"
        case bool():
            return str(default).lower()
        case _ if is_dataclass(default):
            return "the legal order"
        case _:
            return str(default)


def _choices(hint: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any type there is
    plain = _plain(hint)
    if not issubclass(plain, StrEnum):
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(plain))).body[0]
    assert isinstance(tree, ast.ClassDef)
    body = tree.body
    for place, node in enumerate(body):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        after = body[place + 1] if place + 1 < len(body) else None
        words = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            words = " ".join(str(after.value.value).split())
        yield node.targets[0].id, words
