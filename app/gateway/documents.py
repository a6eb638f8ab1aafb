"""Documents made ready once: parsed, held to the limits, validated, and kept for the next time."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    specified_rules,
    validate,
)
from graphql.validation import NoSchemaIntrospectionCustomRule

from app.foundation.log import logger, place_of
from app.gateway.deferring import whole
from app.gateway.limits import TooComplex, read
from app.gateway.secrets import tells_secret
from app.gateway.selected import fields_of

log = logger(__name__)

KEPT_BYTES_MAX = 64 * 1024 * 1024
TOKEN_BYTES = 1_000
"""What a token of a kept document takes: 380 for the tree, measured, and more for its plan."""
VALIDATION_ERRORS_MAX = 5
RULES = tuple(specified_rules)
CLOSED_RULES = (*RULES, NoSchemaIntrospectionCustomRule)
"""Where nobody is told what the graph is like."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to run, or the reasons why it never will."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    fields: frozenset[str] = frozenset()
    """Every field it selects: `Type.field`."""
    tells_secret: bool = False
    """Whether its answers are never to be compressed."""
    costs: dict[Any, Any] = field(default_factory=dict[Any, Any], compare=False, repr=False)
    """What its operations were found to cost; `app.gateway.costs` keeps it here."""
    tags: dict[Any, Any] = field(default_factory=dict[Any, Any], compare=False, repr=False)
    """What its operations' tags are made of; `app.gateway.freshness` keeps it here."""
    hash: bytes = b""
    """SHA-256 of its text."""
    plans: dict[Any, Any] = field(default_factory=dict[Any, Any], compare=False, repr=False)
    """What its operations are compiled to; `app.gateway.compiled` keeps it here."""
    is_trusted: bool = False
    """Whether it is one of our own, which are compiled at once."""
    in_parts: "Prepared | None" = None
    """The same with its `@defer` and `@stream`, if it has any; `document` has none of them."""
    _operations: Mapping[str | None, OperationDefinitionNode] = field(
        init=False, compare=False, repr=False
    )
    """Its operations by name; a single one also stands where no name is said."""

    def __post_init__(self) -> None:
        """Look for its operations once."""
        object.__setattr__(self, "_operations", _operations_of(self.document))

    @property
    def is_unparsable(self) -> bool:
        """Whether it is not GraphQL at all."""
        return any(isinstance(error, GraphQLSyntaxError) for error in self.errors)

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Return the operation of a name, or the only one; None if that leaves a doubt."""
        return self._operations.get(name)


@dataclass(slots=True)
class Documents:
    """The most recently used documents of one schema."""

    schema: GraphQLSchema
    shows_schema: bool = True
    """Whether a document may ask what the graph is like."""
    bytes_max: int = KEPT_BYTES_MAX
    _kept: OrderedDict[bytes, tuple[Prepared, int]] = field(
        default_factory=OrderedDict[bytes, tuple[Prepared, int]]
    )
    _bytes: int = 0

    def prepare(self, text: str) -> Prepared:
        """Parse, hold to the limits and validate a document, once."""
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known[0]
        prepared = replace(self._prepare(text), hash=key)
        parsed = (prepared.in_parts or prepared).document
        tokens = parsed.token_count if parsed else 1
        self._kept[key] = prepared, len(text) + TOKEN_BYTES * tokens
        self._bytes += self._kept[key][1]
        while self._bytes > self.bytes_max:
            _, (_, freed) = self._kept.popitem(last=False)
            self._bytes -= freed
        return prepared

    def trusted(self, text: str) -> Prepared:
        """
        Prepare one of our own documents, for whoever keeps it.

        `python -m app documents` and a test see to it that all are valid. One that is not is told
        to whoever asks for it as any other is, and to our log.
        """
        key = hashlib.sha256(text.encode()).digest()
        prepared = replace(self._prepare(text), hash=key, is_trusted=True)
        if prepared.errors:
            log.error("own_document_broken", digest=key.hex(), errors=len(prepared.errors))
        return prepared

    def _prepare(self, text: str) -> Prepared:
        try:
            document = read(text)
        except (GraphQLSyntaxError, TooComplex) as error:
            error.__traceback__ = error.__context__ = None  # they hold all that was read so far
            return Prepared(None, (error,))
        errors = self._validated(document)
        if errors:
            return Prepared(document, tuple(errors))
        fields = fields_of(self.schema, document)
        parted = Prepared(document, fields=fields, tells_secret=tells_secret(fields))
        if (undeferred := whole(text, document)) is document:
            return parted
        return replace(parted, document=undeferred, costs={}, in_parts=parted)

    def _validated(self, document: DocumentNode) -> list[GraphQLError]:
        """
        Validate a document; one that a rule itself fails on is refused as well, and not our fault.

        Looking for names that are meant takes longer than everything else, and tells the graph, so
        nothing is suggested.
        """
        try:
            return validate(
                self.schema,
                document,
                RULES if self.shows_schema else CLOSED_RULES,
                max_errors=VALIDATION_ERRORS_MAX,
                hide_suggestions=True,
            )
        except Exception as failure:  # noqa: BLE001 - whatever a rule did not expect
            log.warning("rule_failed", error=type(failure).__name__, place=place_of(failure))
            return [GraphQLError("The document cannot be validated.")]


def _operations_of(
    document: DocumentNode | None,
) -> Mapping[str | None, OperationDefinitionNode]:
    operations = {
        one.name.value if one.name else None: one
        for one in (document.definitions if document else ())
        if isinstance(one, OperationDefinitionNode)
    }
    if len(operations) == 1:
        [operations[None]] = operations.values()
    return operations


def only_reads(operation: OperationDefinitionNode) -> bool:
    """Tell whether an operation changes nothing, so that GET may carry it."""
    return operation.operation is OperationType.QUERY
