"""A phone and a desk that speak GraphQL to identity's own parts of the graphs."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation.caller import Anonymous
from app.foundation.clock import FixedClock, local_date
from app.foundation.database import Database
from app.foundation.graphql import SCALARS, Context, Info, Node, PlainProblem
from app.identity import operations
from app.identity.graphql import (
    NODES,
    IdentityMutation,
    IdentityQuery,
    StaffIdentityMutation,
    StaffIdentityQuery,
)


@strawberry.type
class Query(IdentityQuery):
    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return await NODES[id[:2]](info, id)


@strawberry.type(name="Query")
class StaffQuery(StaffIdentityQuery):
    pass


def schema_of(query: type, mutation: type) -> strawberry.Schema:
    return strawberry.Schema(
        query=query,
        mutation=mutation,
        types=[PlainProblem],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


BORROWERS = schema_of(Query, IdentityMutation)
STAFF = schema_of(StaffQuery, StaffIdentityMutation)
Ask = Callable[..., Awaitable[Any]]


def asker(schema: strawberry.Schema, clock: FixedClock) -> Ask:
    async def ask_now(
        document: str, *, token: str | None = None, language: str = "zh-Hans", **variables: object
    ) -> Any:  # noqa: ANN401 - an answer's data
        caller = None if token is None else await operations.authenticate(token, clock.now())
        context = Context(
            caller=caller or Anonymous(),
            language=language,
            now=clock.now(),
            today=local_date(clock.now()),
        )
        result = await schema.execute(document, variable_values=variables, context_value=context)
        assert result.errors is None, result.errors
        return result.data

    return ask_now


@pytest.fixture
def ask(database: Database, clock: FixedClock) -> Ask:
    """Send the borrower's graph a document."""
    assert database is not None
    return asker(BORROWERS, clock)


@pytest.fixture
def ask_desk(database: Database, clock: FixedClock) -> Ask:
    """Send the staff graph a document."""
    assert database is not None
    return asker(STAFF, clock)
