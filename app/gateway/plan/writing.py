"""Writes a plan as Python source: a function for each object and each awaited field."""

import linecache
from dataclasses import dataclass
from itertools import count, groupby
from typing import cast
from weakref import finalize

from graphql import OperationType

from app.gateway.plan.arguments import Constant, Given, Variable, VariableOr, given_by
from app.gateway.plan.plainly import Plainly, indented, literal
from app.gateway.plan.resolvers import Attribute, Function, TypeName
from app.gateway.plan.selecting import Chosen, Kind, Shape
from app.gateway.plan.source import Planned, Source

_NUMBERS = count(1)


def written(source: Source, root: Kind) -> Planned:
    """Write a plan and load it; tracebacks and debuggers show its source."""
    writer = _Writer(source)
    name = writer.root(root)
    text = writer.text()
    file = f"<plan {source.name} {next(_NUMBERS)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names = writer.names
    names["__name__"] = __name__
    # Of a document the source holds names, which are GraphQL's, and values as Python writes them.
    exec(compile(text, file, "exec"), names)  # noqa: S102
    for kinds, functions in writer.kinds.items():
        names[kinds] = {one: names[made] for one, made in functions.items()}
    for shape in writer.shapes:
        shape.plain = {one: names[made] for one, made in shape.plain.items()}
        shape.functions = {one: names[made] for one, made in shape.functions.items()}
    planned = Planned(source, text, names[name])
    finalize(planned, linecache.cache.pop, file, None)
    return planned


@dataclass(slots=True)
class _Writer(Plainly):
    """Writes what runs resolvers, too."""

    def text(self) -> str:
        kind = self.source.operation.operation.value
        head = f'"""The {kind} {self.source.name}, compiled: what graphql-core would answer."""'
        return "\n\n\n".join([head, *self.functions]) + "\n"

    # The root, and objects in which there is work.

    def root(self, root: Kind) -> str:
        if self.source.operation.operation is OperationType.MUTATION:
            return self._serial(root)
        return self._object(root)

    def _serial(self, root: Kind) -> str:
        name = self.name(root.object_type.name)
        lines = [f"async def {name}(run, it, before):", "    data = {}", "    late = {}"]
        for chosen in root.fields:
            lines += indented(self._part([chosen]) if self._is_part(chosen) else self._step(chosen))
            lines += [
                "    if late:",
                f"        data[{chosen.key!r}] = await late.pop({chosen.key!r})",
            ]
        lines.append("    return data")
        self.functions.append("\n".join(lines))
        return name

    def _object(self, kind: Kind) -> str:
        name = self.name(kind.object_type.name)
        runs = [list(run) for _, run in groupby(kind.fields, self._is_part)]
        lines = [f"def {name}(run, it, before):", "    late = {}"]
        if not runs or not self._is_part(runs[0][0]):
            lines.append("    data = {}")
        for number, run in enumerate(runs):
            if self._is_part(run[0]):
                lines += indented(self._part(run, is_first=number == 0))
            else:
                lines += indented(line for chosen in run for line in self._step(chosen))
        lines.append("    return gathered(data, late, run.wait) if late else data")
        self.functions.append("\n".join(lines))
        return name

    def _is_part(self, chosen: Chosen) -> bool:
        """Tell whether nothing of a field happens before its object's late fields are awaited."""
        if chosen.is_plain:
            return True
        how = chosen.how
        return (
            isinstance(how, Function)
            and how.is_async
            and not how.guards
            and given_by(chosen, how, self.source.operation) is not None
        )

    def _part(self, part: list[Chosen], *, is_first: bool = False) -> list[str]:
        """Write fields that are read, or begun, without anything else happening."""
        pairs = [(one.key, self.plain_field(one, "it") if one.is_plain else "None") for one in part]
        first, *rest = literal(pairs)
        made = [f"data = {first}" if is_first else f"data |= {first}", *rest]
        begun = [
            f"late[{one.key!r}] = {self._late(one)}(run, it, before)"
            for one in part
            if not one.is_plain
        ]
        if all(not one.is_plain or isinstance(one.how, TypeName) for one in part):
            return [*made, *begun]
        again = self.constant(f"part_of_{part[0].parent.name}", tuple(part))
        lines = ["try:", *indented(made), "except Exception:"]
        lines += ["    data = {}"] if is_first else []
        lines.append(f"    run.part({again}, it, before, data, late)")
        if begun:
            lines += ["else:", *indented(begun)]
        return lines

    # A field with something to do.

    def _step(self, chosen: Chosen) -> list[str]:
        known = self.constant(f"{chosen.parent.name}_{chosen.key}", chosen)
        how = chosen.how
        if isinstance(how, Function):
            return self._called(chosen, how, known)
        if isinstance(how, Attribute):
            return self._worked(chosen, known, [f"value = {self.attribute(chosen, how, 'it')}"])
        again = self.constant(f"part_of_{chosen.parent.name}", (chosen,))
        return [f"run.part({again}, it, before, data, late)"]

    def _called(self, chosen: Chosen, how: Function, known: str) -> list[str]:
        given = given_by(chosen, how, self.source.operation)
        lines: list[str] = []
        if self._needs_info(how, given):
            lines.append(f"info = Info(run, {known}, before)")
        if given is None:
            lines.append(f"arguments = run.arguments({known})")
        asked = [self.constant(f"refusal_of_{chosen.name}", guard) for guard in how.guards]
        if how.is_async or chosen.shape.is_plain:
            for one in asked:
                lines += [
                    f"instead = {one}(info)",
                    "if instead is not None:",
                    "    value = instead",
                    "    raise Departure",
                ]
        if how.is_async:
            more = ", info" if self._needs_info(how, given) else ", None"
            more += ", arguments" if given is None else ""
            begun = f"{self._late(chosen)}(run, it, before{more})"
            lines += [f"data[{chosen.key!r}] = None", f"late[{chosen.key!r}] = {begun}"]
            return self._settled(known, lines)
        call = self._call(chosen, how, known, given)
        if chosen.shape.is_plain:
            lines.append(f"value = {call}")
            lines.append(f"data[{chosen.key!r}] = {self.plain(chosen.shape, 'value', 'value')}")
            return self._settled(known, lines)
        lines.append("value = None")
        for one in [*(f"{one}(info)" for one in asked), call]:
            lines += ["if value is None:", f"    value = {one}"]
        return self._worked(chosen, known, lines)

    def _settled(self, known: str, lines: list[str]) -> list[str]:
        """Write what graphql-core may complete once more from the resolver's value."""
        return [
            "value = MISSING",
            "try:",
            *indented(lines),
            "except Exception as error:",
            f"    run.settle({known}, before, value, error, data, late)",
        ]

    def _worked(self, chosen: Chosen, known: str, lines: list[str]) -> list[str]:
        """Write what runs resolvers below it, so that it is completed only once."""
        self._fill(chosen.shape)
        return [
            "try:",
            *indented(lines),
            f"    run.work({known}, before, value, data, late)",
            "except Exception as error:",
            f"    run.lost({known}, before, error, data, late)",
        ]

    def _needs_info(self, how: Function, given: dict[str, Given] | None) -> bool:
        return how.info_name is not None or bool(how.guards) or self._converts(how, given)

    @staticmethod
    def _converts(how: Function, given: dict[str, Given] | None) -> bool:
        return given is None or any(
            not one.is_leaf for one in how.arguments if one.graphql_name in given
        )

    def _call(
        self, chosen: Chosen, how: Function, known: str, given: dict[str, Given] | None
    ) -> str:
        call = self.constant(getattr(how.call, "__name__", chosen.name), how.call)
        parts = ["it"] if how.takes_source else []
        parts += [f"{name}=it" for name in how.source_names]
        if how.info_name is not None:
            parts.append(f"{how.info_name}=info")
        if given is None:
            parts.append(f"**run.converted({known}, arguments, info)")
        elif self._converts(how, given):
            told = ", ".join(f"{name!r}: {self._given(one)}" for name, one in given.items())
            parts.append(f"**run.converted({known}, {{{told}}}, info)")
        else:
            parts += [
                f"{one.name}={self._given(given[one.graphql_name])}"
                for one in how.arguments
                if one.graphql_name in given
            ]
        return f"{call}({', '.join(parts)})"

    def _given(self, given: Given) -> str:
        match given:
            case Variable(name):
                return f"run.variables[{name!r}]"
            case VariableOr(name, otherwise):
                return f"run.variables.get({name!r}, {self._value(otherwise)})"
            case Constant(value):
                return self._value(value)

    def _value(self, value: object) -> str:
        if value is None or type(value) in {str, int, bool}:
            return repr(value)
        return self.constant("given", value)

    def _late(self, chosen: Chosen) -> str:
        """Write the function that awaits a field's resolver and completes what it gives."""
        how = cast("Function", chosen.how)
        known = self.constant(f"{chosen.parent.name}_{chosen.key}", chosen)
        given = given_by(chosen, how, self.source.operation)
        is_part = self._is_part(chosen)
        name = self.name(f"late_{chosen.key}")
        takes = "run, it, before"
        if not is_part:
            takes += ", info" + (", arguments" if given is None else "")
        is_plain = chosen.shape.is_plain
        lines = [f"async def {name}({takes}):"]
        if is_part and self._needs_info(how, given):
            lines.append(f"    info = Info(run, {known}, before)")
        lines += ["    value = MISSING", "    try:"]
        lines.append(f"        value = await {self._call(chosen, how, known, given)}")
        if is_plain:
            lines += [
                f"        return {self.plain(chosen.shape, 'value', 'value')}",
                "    except Exception as error:",
                f"        return await run.finished({known}, before, value, error)",
            ]
        else:
            self._fill(chosen.shape)
            lines += [f"        return await run.worked({known}, before, value)"]
            lines += [
                "    except Exception as error:",
                f"        return run.failed_at({known}, before, error)",
            ]
        self.functions.append("\n".join(lines))
        return name

    def _fill(self, shape: Shape) -> None:
        """Write the functions of a shape's objects, and tell the shape their names."""
        if shape.inner is not None:
            self._fill(shape.inner)
            return
        self.shapes.append(shape)
        for kind in shape.kinds:
            if kind.is_plain:
                shape.plain |= dict.fromkeys(kind.classes, self.plain_object(kind))
            elif kind.classes:
                shape.functions |= dict.fromkeys(kind.classes, self._object(kind))
