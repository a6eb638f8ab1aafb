"""`node` finds what is the caller's and nothing else, whatever the id looks like."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from graphql import ExecutionResult
from strawberry.types.execution import ExecutionResult as Answer

from app.foundation.caller import BorrowerCaller
from app.foundation.database import Database, business_date
from app.foundation.errors import Refusal, Unauthenticated
from app.foundation.graphql import Context, anonymous_context
from app.gateway.schema import BORROWER_SCHEMA, NODES
from app.identity import operations as identity
from app.identity.models import OneTimeCodeRow
from app.identity.operations.challenges import code_in
from app.identity.rules import RequestCode, VerifyCode

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
PHONE = "13800138000"


async def borrower_id() -> str:
    asked = await identity.request_code(RequestCode(phone=PHONE, idempotency_key="ask"))
    row = await OneTimeCodeRow.get(id=asked.challenge_id)
    signed_in = await identity.verify_code(
        VerifyCode(
            challenge_id=asked.challenge_id,
            code=code_in(row),
            idempotency_key="enter",
        )
    )
    assert not isinstance(signed_in, Refusal)
    return signed_in.borrower_id


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


async def test_several_nodes_are_found_in_order_each_null_when_missing(database: Database) -> None:
    assert database
    me = await borrower_id()
    asking = replace(
        await context(), caller=BorrowerCaller(borrower_id=me, session_id="ss00000000000000")
    )
    answer = await BORROWER_SCHEMA.execute(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }",
        variable_values={"ids": ["ap00000000000000", me, "", "zz", f"{me}0", "br00000000000000"]},
        context_value=asking,
    )
    assert isinstance(answer, Answer | ExecutionResult)
    assert answer.errors is None
    mine = {"__typename": "Borrower", "id": me}
    assert answer.data == {"nodes": [None, mine, None, None, None, None]}


async def test_who_has_not_signed_in_gets_what_is_public_and_null_for_each_other_item(
    database: Database,
) -> None:
    assert database
    me = await borrower_id()
    answer = await BORROWER_SCHEMA.execute(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        variable_values={"ids": ["pr00000000000000", me, "ln00000000000000", "zz"]},
        context_value=await context(),
    )
    assert isinstance(answer, Answer | ExecutionResult)
    assert answer.data == {"nodes": [None, None, None, None]}
    for error in answer.errors or ():
        assert error.path is not None
        assert len(error.path) == 2
        assert isinstance(error.original_error, Unauthenticated)


HOSTILE = ["", " ", "\x00", "a\x00b", "😀" * 40, "长" * 10_000, "{x.__class__}", "' OR 1=1 --"]
BY_ID = ["application", "loan", "repayment", "ticket", "product", "node"]


@pytest.mark.parametrize("field", BY_ID)
async def test_whatever_is_sent_as_an_id_finds_nothing_and_breaks_nothing(
    database: Database, field: str
) -> None:
    assert database
    me = await borrower_id()
    asking = replace(
        await context(), caller=BorrowerCaller(borrower_id=me, session_id="ss00000000000000")
    )
    for hostile in [*HOSTILE, *(f"{prefix}000000000000000" for prefix in NODES)]:
        answer = await BORROWER_SCHEMA.execute(
            f"query($id: ID!) {{ {field}(id: $id) {{ __typename }} }}",
            variable_values={"id": hostile},
            context_value=asking,
        )
        assert isinstance(answer, Answer | ExecutionResult)
        assert answer.data == {field: None}
        for error in answer.errors or ():
            assert isinstance(error.original_error, Refusal), hostile
