"""How much one document may ask for, found in time linear in its size."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
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
    parse,
)

CHARACTERS_MAX = 32 * 1024
"""Whatever it holds, a text of this length is read within half of 50 ms; one string of 64 kB takes
all of them on a slow machine. What is long goes into variables."""
TOKENS_MAX = 2_000
DEPTH_MAX = 14
FIELDS_MAX = 1_000
ALIASES_MAX = 30
DIRECTIVES_MAX = 50
MUTATIONS_MAX = 10
VARIABLES_MAX = 60
OPERATIONS_MAX = 50
"""Each is held against every fragment that it spreads, so their number counts."""
REPEATS_MAX = 4_000
"""Pairs of fields that answer under one name in one place; validation compares each with each."""
SIGN_IN_FIELDS = frozenset(
    {
        "requestOtp",
        "verifyOtp",
        "signInWithDevice",
        "beginDeviceEnrollment",
        "beginIntent",
        "approveIntent",
        "beginSignature",
        "signAgreement",
        "beginGuarantee",
        "giveGuarantee",
        "setBankCard",
        "setWallet",
        "setUpAutoDebit",
        "changeAutoDebit",
        "setPin",
        "changePin",
        "setDuressPin",
        "proveContinuity",
        "notMe",
        "requestPhoneCode",
        "changePhone",
        "refundOverpayment",
        "returnLoan",
        "repayFromCard",
        "confirmCash",
        "startCash",
        "staffSignIn",
        "staffStepUp",
        "addStaffPasskey",
    }
)
"""What texts a code, or takes a code, PIN or password.

At most one of these in an operation: a guess costs a round trip, never an alias.
"""

REFRESH_FIELD = "refreshSession"
"""It is proven over its own token, so nothing else may ride on that proof."""


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


_Fragments = Mapping[str, FragmentDefinitionNode]


def read(text: str) -> DocumentNode:
    """
    Parse a document that keeps to the limits.

    Raises:
        TooComplex: It is longer than `CHARACTERS_MAX`, or `check_size` refuses it.
        GraphQLSyntaxError: It is not GraphQL, or has more than `TOKENS_MAX` tokens.
    """
    if len(text) > CHARACTERS_MAX:
        raise TooComplex(f"The document is longer than {CHARACTERS_MAX:,} characters.")
    document = parse(text, max_tokens=TOKENS_MAX)
    check_size(document)
    return document


def check_size(document: DocumentNode) -> None:
    """
    Refuse a document that is too deep or too wide.

    Each fragment is measured once and its size reused wherever it is spread, so the work is
    linear in the document however often fragments spread fragments. A fragment that nothing
    spreads counts like an operation, as validation reads it too.

    Raises:
        TooComplex: A limit is passed, or fragments spread each other in a circle.
    """
    fragments = _fragments_of(document)
    measured: dict[str, _Size] = {}
    for name in fragments:
        _measure_fragment(name, fragments, measured)
    operations = [
        definition
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    ]
    roots = [(one.selection_set, len(one.directives or ())) for one in operations]
    roots += [(one, 0) for one in _unspread(fragments, document)]
    if any(len(one.variable_definitions or ()) > VARIABLES_MAX for one in operations):
        raise TooComplex(f"An operation has more than {VARIABLES_MAX} variables.")
    if len(operations) > OPERATIONS_MAX:
        raise TooComplex(f"The document has more than {OPERATIONS_MAX} operations.")
    fields = 0
    for root, directives in roots:
        size = _measure(root, measured)
        _refuse_excess(size.beside(_Size(directives=directives)))
        fields += size.fields
    _refuse_excess(_Size(fields=fields))
    for root, _ in roots:
        _check_repeats(root, fragments)
    for operation in operations:
        _check_root_fields(operation, fragments)


def _fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


def _measure_fragment(name: str, fragments: _Fragments, measured: dict[str, _Size]) -> None:
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


def _unspread(fragments: _Fragments, document: DocumentNode) -> list[SelectionSetNode]:
    """Return the fragments that no operation or fragment spreads."""
    spread = {
        name
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode)
        for name in _spread_names(definition.selection_set)
    }
    return [one.selection_set for name, one in fragments.items() if name not in spread]


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
            else:
                assert isinstance(node, InlineFragmentNode), "there is no fourth kind"
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


def _check_root_fields(operation: OperationDefinitionNode, fragments: _Fragments) -> None:
    if operation.operation is not OperationType.MUTATION:
        return
    names = list(_root_field_names(operation.selection_set, fragments))
    if len(names) > MUTATIONS_MAX:
        raise TooComplex(f"One operation holds at most {MUTATIONS_MAX} mutations.")
    if REFRESH_FIELD in names and len(names) > 1:
        raise TooComplex(f"{REFRESH_FIELD} stands alone in its operation.")
    if sum(name in SIGN_IN_FIELDS for name in names) > 1:
        raise TooComplex("One operation holds at most one sign-in step.")


def _root_field_names(selection_set: SelectionSetNode, fragments: _Fragments) -> Iterator[str]:
    """Name the root fields; a fragment spread again adds nothing that is not done already."""
    for nodes in _merged([selection_set], fragments).values():
        for node in nodes:
            yield node.name.value


def root_fields(operation: OperationDefinitionNode, document: DocumentNode) -> set[str]:
    """Return the names of an operation's root fields."""
    fragments = _fragments_of(document)
    return set(_root_field_names(operation.selection_set, fragments))


def answers_under(operation: OperationDefinitionNode, document: DocumentNode) -> str:
    """Return the name that an operation's first root field answers under."""
    fragments = _fragments_of(document)
    return next(iter(_merged([operation.selection_set], fragments)))


def is_refresh(operation: OperationDefinitionNode, document: DocumentNode) -> bool:
    """Tell whether an operation refreshes a session and does nothing else."""
    if operation.operation is not OperationType.MUTATION:
        return False
    fragments = _fragments_of(document)
    return list(_root_field_names(operation.selection_set, fragments)) == [REFRESH_FIELD]


def _check_repeats(root: SelectionSetNode, fragments: _Fragments) -> None:
    """
    Refuse a document that asks for the same field too often in one place.

    Validation holds each of them against each other, so its time grows with the square of their
    number. The walk is linear in what the fragments spread, which is bounded before.
    """
    pairs = 0
    waiting = [[root]]
    while waiting:
        for nodes in _merged(waiting.pop(), fragments).values():
            pairs += len(nodes) * (len(nodes) - 1) // 2
            if pairs > REPEATS_MAX:
                raise TooComplex("The document asks for the same field too often in one place.")
            inner = [node.selection_set for node in nodes if node.selection_set is not None]
            if inner:
                waiting.append(inner)


def _merged(
    selection_sets: list[SelectionSetNode], fragments: _Fragments
) -> dict[str, list[FieldNode]]:
    """Return the fields that selections of one place ask for, by the name they answer under."""
    found: defaultdict[str, list[FieldNode]] = defaultdict(list)
    spread: set[str] = set()
    waiting = list(selection_sets)
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                found[(node.alias or node.name).value].append(node)
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            else:
                assert isinstance(node, FragmentSpreadNode), "there is no fourth kind"
                name = node.name.value
                if name in fragments and name not in spread:
                    spread.add(name)
                    waiting.append(fragments[name].selection_set)
    return found
