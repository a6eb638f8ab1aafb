"""The part of a plan that is all attributes: expressions, and functions that return an object."""

import builtins
import keyword
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any, cast

from graphql import GraphQLEnumType

from app.gateway.plan.completing import PlanInfo
from app.gateway.plan.leaves import Departure, leaf_of, names_of, usual
from app.gateway.plan.places import MISSING, gathered, items, of_kind
from app.gateway.plan.resolvers import Attribute, TypeName
from app.gateway.plan.selecting import Chosen, Kind, Shape
from app.gateway.plan.source import Source


@dataclass(slots=True)
class Plainly:
    """Writes what is all attributes, as expressions; knows the names that a source uses."""

    source: Source
    names: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the source calls by name and does not define."""
    kinds: dict[str, dict[type, str]] = field(default_factory=dict[str, dict[type, str]])
    """Tables of functions by class, by the name that the source has for them."""
    shapes: list[Shape] = field(default_factory=list[Shape])
    """Shapes that are to learn their functions."""
    functions: list[str] = field(default_factory=list[str])
    _taken: set[str] = field(default_factory=set[str])
    _known: dict[object, str] = field(default_factory=dict[object, str])

    def __post_init__(self) -> None:
        self.names |= {
            "Departure": Departure,
            "Info": PlanInfo,
            "MISSING": MISSING,
            "UTC": UTC,
            "date": date,
            "datetime": datetime,
            "gathered": gathered,
            "items": items,
            "of_kind": of_kind,
        }
        self._taken |= {
            *self.names,
            *dir(builtins),
            *("run", "it", "before", "late", "data", "value", "error", "info"),
        }

    # Names.

    def name(self, wanted: str) -> str:
        """Return a name that nothing in the source has yet."""
        wanted = wanted.lstrip("_") or "it"
        numbered = (f"{wanted}_{number}" for number in count(2))
        free = (
            wanted
            if wanted not in self._taken and not keyword.iskeyword(wanted)
            else next(one for one in numbered if one not in self._taken)
        )
        self._taken.add(free)
        return free

    def constant(self, wanted: str, value: object) -> str:
        """Return the name under which the source finds a value; the same for the same object."""
        key = (wanted, id(value))
        if key not in self._known:
            self._known[key] = self.name(wanted)
            self.names[self._known[key]] = value
        return self._known[key]

    # What is plain: expressions.

    def plain_field(self, chosen: Chosen, source: str) -> str:
        """Write a field that is all attributes."""
        if isinstance(chosen.how, TypeName):
            return repr(chosen.parent.name)
        read = self.attribute(chosen, cast("Attribute", chosen.how), source)
        return self.plain(chosen.shape, read, "v")

    def attribute(self, chosen: Chosen, how: Attribute, source: str) -> str:
        """Write what reads an attribute."""
        read = f"{source}.{how.path}"
        if how.table is None:
            return read
        return f"{self.constant(f'table_of_{chosen.name}', how.table)}[{read}]"

    def plain(self, shape: Shape, value: str, name: str) -> str:
        """Write what completes a value, using a name for it where it is used twice."""
        if shape.is_nullable:
            return f"None if {_bound(value, name)} is None else {self._bare(shape, name, name)}"
        return self._bare(shape, value, name)

    def _bare(self, shape: Shape, value: str, name: str) -> str:
        if shape.inner is not None:
            return self._list(shape.inner, value)
        if not shape.is_leaf:
            return self._of_kind(shape, value)
        leaf, bound = shape.bare, _bound(value, name)
        coerce = self.constant(f"leaf_{leaf.name}", leaf_of(leaf))
        if (test := usual(leaf)) is not None:
            return f"{name} if {test.format(bound, name)} else {coerce}({name})"
        named = names_of(leaf) if isinstance(leaf, GraphQLEnumType) else None
        if named is not None:
            members = self.constant(f"{leaf.name}_class", named[0])
            names = self.constant(f"{leaf.name}_names", named[1])
            return f"{names}[{name}._value_] if type({bound}) is {members} else {coerce}({name})"
        return f"{coerce}({value})"

    def _list(self, inner: Shape, value: str) -> str:
        one = f"each_{len(self.functions)}"
        if (
            inner.inner is None
            and not inner.is_leaf
            and not inner.is_nullable
            and not inner.is_abstract
        ):
            return f"[*map({self.plain_object(inner.kinds[0])}, items({value}))]"
        return f"[{self.plain(inner, one, one)} for {one} in items({value})]"

    def _of_kind(self, shape: Shape, value: str) -> str:
        if not shape.is_abstract:
            return f"{self.plain_object(shape.kinds[0])}({value})"
        named = {one: self.plain_object(kind) for kind in shape.kinds for one in kind.classes}
        kinds = self.name(f"kinds_of_{shape.bare.name}")
        self.kinds[kinds] = named
        return f"of_kind({kinds}, {value})"

    def plain_object(self, kind: Kind) -> str:
        """Write the function of an object that is all attributes."""
        name = self.name(kind.object_type.name)
        known = self.constant(f"{kind.object_type.name}_class", kind.classes[0])
        test = f"type(it) is not {known}"
        if len(kind.classes) > 1:
            classes = self.constant(f"{kind.object_type.name}_classes", frozenset(kind.classes))
            test = f"type(it) not in {classes}"
        made = literal([(one.key, self.plain_field(one, "it")) for one in kind.fields])
        lines = [
            f"def {name}(it):",
            f"    if {test}:",
            "        raise Departure",
            f"    return {made[0]}",
        ]
        lines += indented(made[1:])
        self.functions.append("\n".join(lines))
        return name


def literal(pairs: list[tuple[str, str]]) -> list[str]:
    """Write a dictionary, in lines."""
    return ["{", *(f"    {key!r}: {value}," for key, value in pairs), "}"]


def indented(lines: Iterable[str], by: str = "    ") -> list[str]:
    """Write lines one level further in."""
    return [by + line for line in lines]


def _bound(value: str, name: str) -> str:
    return value if value == name else f"({name} := {value})"
