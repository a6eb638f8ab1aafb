"""How much one document may ask for, found in time linear in its size."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

TOKENS_MAX = 2_000
DEPTH_MAX = 14
FIELDS_MAX = 1_000
ALIASES_MAX = 30
DIRECTIVES_MAX = 50
MUTATIONS_MAX = 10
SIGN_IN_FIELDS = frozenset({"requestOtp", "verifyOtp", "staffSignIn"})
"""At most one of these in an operation: a guess costs a round trip, never an alias."""


@dataclass(frozen=True, slots=True)
class _Size:
    """What a selection set holds once its fragments are spread."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    def beside(self, other: "_Size") -> "_Size":
        return _Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
        )


class TooComplex(GraphQLError):
    """A document asks for more than one request may; the message says of what."""


def check_size(document: DocumentNode) -> None:
    """
    Refuse a document that is too deep or too wide.

    Each fragment is measured once and its size reused wherever it is spread, so the work is
    linear in the document however often fragments spread fragments.

    Raises:
        TooComplex: A limit is passed, or fragments spread each other in a circle.
    """
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    measured: dict[str, _Size] = {}
    for name in fragments:
        _measure_fragment(name, fragments, measured)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            own = _Size(directives=len(definition.directives or ()))
            _refuse_excess(own.beside(_measure(definition.selection_set, measured)))
            _check_root_fields(definition, fragments)


def _measure_fragment(
    name: str, fragments: dict[str, FragmentDefinitionNode], measured: dict[str, _Size]
) -> None:
    """Measure a fragment after those it spreads, without recursion (a chain may be long)."""
    waiting = [name]
    open_names: set[str] = set()
    while waiting:
        current = waiting[-1]
        if current in measured or current not in fragments:
            waiting.pop()
            continue
        spread = _spread_names(fragments[current].selection_set)
        missing = [one for one in spread if one in fragments and one not in measured]
        if not missing:
            measured[current] = _measure(fragments[current].selection_set, measured)
            open_names.discard(current)
            waiting.pop()
            continue
        if current in open_names:
            raise TooComplex("Fragments must not spread each other in a circle.")
        open_names.add(current)
        waiting.extend(missing)


def _spread_names(selection_set: SelectionSetNode) -> list[str]:
    return [
        node.name.value
        for node in _selections(selection_set)
        if isinstance(node, FragmentSpreadNode)
    ]


def _selections(
    selection_set: SelectionSetNode,
) -> Iterator[FieldNode | FragmentSpreadNode | InlineFragmentNode]:
    waiting = [selection_set]
    while waiting:
        for node in waiting.pop().selections:
            assert isinstance(node, FieldNode | FragmentSpreadNode | InlineFragmentNode)
            yield node
            if not isinstance(node, FragmentSpreadNode) and node.selection_set is not None:
                waiting.append(node.selection_set)


def _measure(selection_set: SelectionSetNode, measured: dict[str, _Size]) -> _Size:
    size = _Size()
    levels = [(selection_set, 1)]
    while levels:
        current, level = levels.pop()
        if level > DEPTH_MAX:
            raise TooComplex(f"The document is deeper than {DEPTH_MAX} levels.")
        for node in current.selections:
            directives = len(node.directives or ())
            if isinstance(node, FragmentSpreadNode):
                inner = measured.get(node.name.value, _Size())
                lowered = _Size(
                    inner.depth + level - 1,
                    inner.fields,
                    inner.aliases,
                    inner.directives + directives,
                )
                size = size.beside(lowered)
                continue
            if isinstance(node, FieldNode):
                aliased = int(node.alias is not None)
                size = size.beside(_Size(level, 1, aliased, directives))
                if node.selection_set is not None:
                    levels.append((node.selection_set, level + 1))
            elif isinstance(node, InlineFragmentNode):
                size = size.beside(_Size(directives=directives))
                levels.append((node.selection_set, level))
    return size


def _refuse_excess(size: _Size) -> None:
    for what, found, most in (
        ("levels", size.depth, DEPTH_MAX),
        ("fields", size.fields, FIELDS_MAX),
        ("aliases", size.aliases, ALIASES_MAX),
        ("directives", size.directives, DIRECTIVES_MAX),
    ):
        if found > most:
            raise TooComplex(f"The document has more than {most} {what}.")


def _check_root_fields(
    operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> None:
    if operation.operation is not OperationType.MUTATION:
        return
    names = list(_root_field_names(operation.selection_set, fragments))
    if len(names) > MUTATIONS_MAX:
        raise TooComplex(f"One operation holds at most {MUTATIONS_MAX} mutations.")
    if sum(name in SIGN_IN_FIELDS for name in names) > 1:
        raise TooComplex("One operation holds at most one sign-in step.")


def _root_field_names(
    selection_set: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[str]:
    """Name the root fields; stop once there are clearly too many, as spreads multiply."""
    waiting = [selection_set]
    seen = 0
    while waiting and seen <= FIELDS_MAX:
        for node in waiting.pop().selections:
            seen += 1
            if isinstance(node, FieldNode):
                yield node.name.value
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
                waiting.append(fragments[node.name.value].selection_set)
