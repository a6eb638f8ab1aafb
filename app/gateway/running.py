"""
The one door by which every transport runs an operation.

Whatever carried it (HTTP, a socket, a stream, a short id in a URL), an operation is found, held to
its limits, given its place, run within its deadline, masked, and charged here.
"""

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from time import perf_counter
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationDefinitionNode
from strawberry import Schema

from app.foundation import hashing
from app.foundation.audit import Met, sound_broken_seals
from app.foundation.graphql import Context
from app.foundation.metrics import OTHER
from app.gateway.asking import Asked
from app.gateway.compiled import Compiled, interpreted
from app.gateway.costs import COST_MAX, Costs, charged
from app.gateway.documents import Documents, Prepared
from app.gateway.freshness import tag_of
from app.gateway.limits import root_fields
from app.gateway.masking import BAD_VARIABLES, TOO_COMPLEX, shown, timed_out, told
from app.gateway.measured import Measured
from app.gateway.persisted import PersistedDocuments, hash_of
from app.gateway.plan.waiting import at_most
from app.gateway.rates import Crowded, Places, Rates, TooOften
from app.gateway.secrets import brings_secret
from app.gateway.trusted import TrustedDocuments
from app.gateway.wire import BadRequest

SECONDS_MAX = 10.0
"""How long an operation may run; a client may ask for less."""
PAYING = frozenset(
    {
        "refreshSession",
        "paymentPreview",
        "paymentPreviews",
        "payoff",
        "quotePayoff",
        "repay",
        "beginIntent",
        "approveIntent",
        "repayFromCard",
        "showCashCode",
        "cashWaiting",
        "confirmCash",
        "repayment",
        "sync",
    }
)
"""
Root fields of whoever comes to pay; an operation of nothing else finds a place kept for it.

What a sync carries is looked at one by one: what pays runs in its place, anything else needs one
that is kept for nobody.
"""


class Outcome(Enum):
    """How far an operation got, which is all that a transport has to know."""

    COMPLETE = "It ran, and nothing failed."
    PARTIAL = "It ran, and something failed: there are data (or null) and errors."
    NOT_RUN = "It never ran: there are errors, and no data."


@dataclass(frozen=True, slots=True)
class Answered:
    """A GraphQL response as UTF-8 JSON, the same on every transport."""

    body: bytes = field(repr=False)
    outcome: Outcome


Execute = Callable[
    [Prepared, OperationDefinitionNode, dict[str, Any], Context],
    Coroutine[Any, Any, ExecutionResult | bytes],
]
"""
Carries out one operation of a valid document.

Bytes are the whole response in JSON, when nothing failed; whatever failed comes as a result with
errors, which are masked here.
"""


@dataclass(slots=True)
class Runner:
    """Runs the operations of one graph."""

    schema: GraphQLSchema
    documents: Documents
    rates: Rates
    places: Places
    persisted: PersistedDocuments = field(default_factory=PersistedDocuments)
    trusted: TrustedDocuments | None = None
    """Our own documents, where there are any."""
    execute: Execute | None = field(default=None, repr=False)
    """What runs an operation instead of graphql-core's interpreter."""
    graph: str = OTHER
    """What its numbers are told under."""
    costs: Costs = field(init=False)

    def __post_init__(self) -> None:
        """Work costs out for the same graph."""
        self.costs = Costs(self.schema)

    @classmethod
    def over(
        cls,
        schema: Schema,
        rates: Rates | None = None,
        places: Places | None = None,
        *,
        graph: str | None = None,
        only_trusted: bool = False,
        shows_schema: bool = True,
    ) -> "Runner":
        """
        Return a runner over a graph; those of one process share their rates and places.

        `graph` names whose manifest it knows; `only_trusted` has it run nothing else; without
        `shows_schema` no document may ask what the graph is like.
        """
        core = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
        documents = Documents(core, shows_schema)
        trusted = graph and TrustedDocuments.of(graph, documents, only=only_trusted)
        return cls(
            core,
            documents,
            rates or Rates(),
            places or Places(),
            trusted=trusted or None,
            execute=Compiled(core),
            graph=graph or OTHER,
        )

    def document(self, asked: Asked) -> Prepared:
        """
        Return the document that is asked for, prepared; it may have errors.

        Raises:
            BadRequest: Its id is unknown here (404), or is not the hash of the text beside it;
                or it is none of our own, where only those are run (403).
        """
        text, document_id = asked.query, asked.document_id
        if (ours := self._ours(text, document_id)) is not None:
            return ours
        if text is None:
            assert document_id is not None, "a document is asked for by text or by id"
            text = self.persisted.find(document_id)
            if text is None:
                raise BadRequest(404, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
            return self.documents.prepare(text)
        if document_id is not None and document_id != hash_of(text):
            message = "The hash is not that of the document."
            raise BadRequest(400, "PERSISTED_QUERY_MISMATCH", message)
        prepared = self.documents.prepare(text)
        if document_id is not None and not prepared.errors:
            self.persisted.keep(document_id, text)
        return prepared

    def _ours(self, text: str | None, document_id: str | None) -> Prepared | None:
        """Return a document of our own; where nothing else is run, refuse any other."""
        if self.trusted is None:
            return None
        if text is None:
            return self.trusted.registered(document_id or "")
        if document_id is not None and document_id != hash_of(text):
            return None
        ours = self.trusted.with_text(text)
        if ours is None and self.trusted.only:
            message = "Only the app's own documents are run here; send one of their ids."
            raise BadRequest(403, "DOCUMENT_NOT_TRUSTED", message)
        return ours

    @staticmethod
    def operation(prepared: Prepared, asked: Asked) -> OperationDefinitionNode:
        """
        Return the operation that is asked for.

        Raises:
            BadRequest: There are several and none is named, or none has that name.
        """
        operation = prepared.operation(asked.operation_name)
        if operation is None:
            message = "Name one of the document's operations in operationName."
            raise BadRequest(422, "OPERATION_UNKNOWN", message)
        return operation

    def place(
        self, prepared: Prepared, operation: OperationDefinitionNode, *, within: bool = False
    ) -> AbstractContextManager[None]:
        """
        Take a place among what runs, for a block around it; none `within` what has one.

        Raises:
            Crowded: There is none.
        """
        assert prepared.document is not None, "only a valid document runs"
        key = ("pays", operation.name.value if operation.name else "")
        pays = prepared.costs.get(key)
        if pays is None:
            pays = root_fields(operation, prepared.document) <= PAYING
            prepared.costs[key] = pays
        try:
            return self.places.within(pays=pays) if within else self.places.one(pays=pays)
        except Crowded:
            self.measured(prepared, operation).shed.add()
            raise

    def measured(self, prepared: Prepared, operation: OperationDefinitionNode) -> Measured:
        """Return the numbers that an operation is counted in: a free-form one's are all one's."""
        name = operation.name.value if operation.name else ""
        known = prepared.costs.get(("measured", name))
        if known is None:
            known = Measured.of(self.graph, name if prepared.is_trusted else None)
            prepared.costs["measured", name] = known
        return known

    async def tag(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        asked: Asked,
        context: Context,
    ) -> str | None:
        """
        Return the ETag of what an operation would answer now; None where it can have none.

        Raises:
            TooOften: The caller has spent what they have.
        """
        if asked.wants_cost:
            return None
        tag = await tag_of(prepared, operation, asked.variables, context)
        if tag is not None:
            self.rates.spend(context.caller, context.address, 1)
        return tag

    async def run(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: Context,
        *,
        seconds_max: float | None = None,
        tells_cost: bool = False,
    ) -> Answered:
        """
        Run an operation of a valid document and return what to answer, masked.

        At the deadline its resolvers and their statements are canceled. A command that was
        already committing stays committed: sent again with its key, it gives the same answer.

        Raises:
            TooOften: The caller has spent what they have, or brings a PIN or password while as many
                as can be hashed wait already; nothing ran.
        """
        began = perf_counter()
        measured = self.measured(prepared, operation)
        try:
            _find_room_to_hash(variables)
            requested = self.costs.requested(prepared, operation, variables)
            if requested > COST_MAX:
                measured.not_run.add()
                return too_costly(requested)
            spent = self.rates.spend(context.caller, context.address, requested)
        except TooOften:
            measured.limited.add()
            raise
        answered = await self._within(
            min(seconds_max or SECONDS_MAX, SECONDS_MAX), prepared, operation, variables, context
        )
        measured.seconds.add(perf_counter() - began)
        if answered.outcome is Outcome.COMPLETE:
            measured.complete.add()
        elif answered.outcome is Outcome.PARTIAL:
            measured.partial.add()
        else:
            measured.not_run.add()
        used = charged(answered.body) + 1
        spent.settle(used)
        if tells_cost:
            cost = orjson.dumps({"cost": {"requested": requested, "charged": used}})
            return Answered(answered.body[:-1] + b',"extensions":' + cost + b"}", answered.outcome)
        return answered

    async def _within(
        self,
        seconds: float,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: Context,
    ) -> Answered:
        carry_out = self.execute or self._interpret
        try:
            result = await at_most(seconds, carry_out(prepared, operation, variables, context))
        except TimeoutError:
            return too_late(context.language)
        if isinstance(result, bytes):
            return Answered(result, Outcome.COMPLETE)
        return await masked(result, context.language)

    async def _interpret(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: Context,
    ) -> ExecutionResult:
        return await interpreted(self.schema, prepared, operation, variables, context)


def _find_room_to_hash(variables: dict[str, Any]) -> None:
    if variables and brings_secret(variables) and hashing.is_crowded():
        raise TooOften(hashing.RETRY_AFTER_SECONDS)


async def masked(result: ExecutionResult, language: str) -> Answered:
    """Return what a caller may see of a result, and sound an alarm for each broken seal in it."""
    if not result.errors:
        return Answered(orjson.dumps({"data": result.data}), Outcome.COMPLETE)
    for error in result.errors:
        await sound_broken_seals(error, Met.GATEWAY)
    errors = [shown(error, language, otherwise=BAD_VARIABLES) for error in result.errors]
    if result.data is None and _before_running(result.errors):
        return Answered(orjson.dumps({"errors": errors}), Outcome.NOT_RUN)
    return Answered(orjson.dumps({"errors": errors, "data": result.data}), Outcome.PARTIAL)


def too_late(language: str) -> Answered:
    """Return what to answer for an operation that was stopped at its deadline."""
    answer = {"errors": [timed_out(language)], "data": None}
    return Answered(orjson.dumps(answer), Outcome.PARTIAL)


def refused_document(prepared: Prepared, language: str) -> Answered:
    """Return what to answer for a document that will never run."""
    errors = [shown(error, language) for error in prepared.errors]
    return Answered(orjson.dumps({"errors": errors}), Outcome.NOT_RUN)


def too_costly(requested: int) -> Answered:
    """Return what to answer for an operation that would cost more than one may."""
    message = f"This would cost {requested}; one operation may cost {COST_MAX}."
    cost = {"requested": requested, "most": COST_MAX}
    error = told(TOO_COMPLEX, message, cost=cost)
    answer = {"errors": [error], "extensions": {"cost": cost}}
    return Answered(orjson.dumps(answer), Outcome.NOT_RUN)


def _before_running(errors: list[GraphQLError]) -> bool:
    return all(error.path is None for error in errors)
