"""A phone and a desk that speak GraphQL to origination's own parts of the graphs."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation.caller import Anonymous, BorrowerCaller, Caller, StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import business_date
from app.foundation.graphql import SCALARS, Context, Info, Node, PlainProblem
from app.origination.graphql import (
    NODES,
    OriginationMutation,
    OriginationQuery,
    StaffOriginationMutation,
    StaffOriginationQuery,
)

SESSION = "ss00000mei000000"


@strawberry.type
class Query(OriginationQuery):
    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return await NODES[id[:2]](info, id)


def schema_of(query: type, mutation: type) -> strawberry.Schema:
    return strawberry.Schema(
        query=query,
        mutation=mutation,
        types=[PlainProblem],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


BORROWERS = schema_of(Query, OriginationMutation)
STAFF = schema_of(StaffOriginationQuery, StaffOriginationMutation)
Ask = Callable[..., Awaitable[Any]]


async def asked(
    schema: strawberry.Schema,
    caller: Caller,
    clock: FixedClock,
    document: str,
    *,
    language: str,
    variables: dict[str, object],
) -> Any:  # noqa: ANN401 - an answer's data
    context = Context(
        caller=caller, language=language, now=clock.now(), today=await business_date()
    )
    answer = await schema.execute(document, variable_values=variables, context_value=context)
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    return answer.data


@pytest.fixture
def ask(clock: FixedClock) -> Ask:
    """Ask the borrower's graph as somebody, or as nobody."""

    async def ask_now(
        document: str,
        borrower_id: str | None = None,
        *,
        language: str = "zh-Hans",
        **variables: object,
    ) -> Any:  # noqa: ANN401 - an answer's data
        caller: Caller = Anonymous()
        if borrower_id is not None:
            caller = BorrowerCaller(borrower_id=borrower_id, session_id=SESSION)
        return await asked(
            BORROWERS, caller, clock, document, language=language, variables=variables
        )

    return ask_now


@pytest.fixture
def ask_staff(clock: FixedClock) -> Ask:
    """Ask the staff graph in a role."""

    async def ask_now(
        document: str,
        role: StaffRole = StaffRole.RISK,
        *,
        session_id: str = "sf1",
        **variables: object,
    ) -> Any:  # noqa: ANN401 - an answer's data
        caller = StaffCaller(staff_id="st00000zhou00000", session_id=session_id, role=role)
        return await asked(STAFF, caller, clock, document, language="zh-Hans", variables=variables)

    return ask_now
