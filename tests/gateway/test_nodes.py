"""`node` finds what is the caller's and nothing else, whatever the id looks like."""

from datetime import UTC, datetime

import pytest
from graphql import ExecutionResult
from strawberry.types.execution import ExecutionResult as Answer

from app.foundation.database import Database, business_date
from app.foundation.graphql import Context, anonymous_context
from app.gateway.schema import BORROWER_SCHEMA, NODES

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


async def context() -> Context:
    return anonymous_context(NOW, await business_date())


@pytest.mark.parametrize("prefix", [*sorted(NODES), "zz", "", "'"])
async def test_an_id_that_is_not_the_callers_is_null(database: Database, prefix: str) -> None:
    assert database
    answer = await BORROWER_SCHEMA.execute(
        "query($id: ID!) { node(id: $id) { __typename } }",
        variable_values={"id": f"{prefix}00000000000000"[:16]},
        context_value=await context(),
    )
    assert isinstance(answer, Answer | ExecutionResult)
    assert answer.data == {"node": None}


async def test_nodes_are_capped(database: Database) -> None:
    assert database
    answer = await BORROWER_SCHEMA.execute(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }",
        variable_values={"ids": ["zz"] * 51},
        context_value=await context(),
    )
    assert isinstance(answer, Answer | ExecutionResult)
    assert answer.errors
    assert answer.data == {"nodes": None}
