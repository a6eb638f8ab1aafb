"""What every room's part of the graph rests on: callers, money, batches, pages, problems."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.adapters.kms import FileKms
from app.foundation.caller import BorrowerCaller, StaffCaller, StaffRole
from app.foundation.errors import InvalidInput, NotFound, RateLimited, Unauthenticated
from app.foundation.graphql import (
    SCALARS,
    Context,
    Fen,
    Info,
    PlainProblem,
    Rate,
    anonymous_context,
    asked_page,
    checked_id,
    checked_text,
    connection_of,
    problem_of,
)
from app.foundation.paging import Page
from app.foundation.sealing import Vault, install_vault

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def asked_by(caller: BorrowerCaller | StaffCaller) -> Context:
    return Context(caller=caller, language="en", now=NOW, today=TODAY)


def test_a_borrower_is_a_borrower() -> None:
    context = asked_by(BorrowerCaller(borrower_id="br1", session_id="ss1"))
    assert context.borrower_id == "br1"
    assert context.borrower.session_id == "ss1"
    with pytest.raises(Unauthenticated):
        assert context.staff


def test_staff_are_staff() -> None:
    context = asked_by(StaffCaller(staff_id="st1", session_id="sf1", role=StaffRole.AGENT))
    assert context.staff.staff_id == "st1"
    with pytest.raises(Unauthenticated):
        assert context.borrower_id


def test_somebody_unknown_is_neither() -> None:
    context = anonymous_context(NOW, TODAY)
    for ask in (lambda: context.borrower_id, lambda: context.staff):
        with pytest.raises(Unauthenticated):
            ask()


async def test_reads_are_batched_and_not_remembered() -> None:
    asked: list[list[str]] = []

    async def lengths(keys: list[str]) -> list[int]:
        asked.append(keys)
        return [len(key) for key in keys]

    context = anonymous_context(NOW, TODAY)
    assert await context.loader(lengths).load_many(["a", "bb"]) == [1, 2]
    assert await context.loader(lengths).load("a") == 1
    assert asked == [["a", "bb"], ["a"]], "after a change the same request reads again"


@strawberry.type
class Query:
    """Gives back what it takes."""

    @strawberry.field
    def money(self, amount: Fen) -> Fen:
        return amount

    @strawberry.field
    def rate(self, rate: Rate) -> Rate:
        return rate

    @strawberry.field
    def refused(self, info: Info, seconds: int) -> PlainProblem:
        return problem_of(info, RateLimited(seconds) if seconds else NotFound("input.id"))


SCHEMA = strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))


async def run(query: str, **variables: object) -> dict[str, Any] | None:
    done = await SCHEMA.execute(
        query, variable_values=variables, context_value=anonymous_context(NOW, TODAY)
    )
    return done.data


@pytest.mark.parametrize("amount", [0, 12_345, -1, 2**53 - 1, 1 - 2**53])
async def test_money_is_a_whole_number_both_ways(amount: int) -> None:
    assert await run(f"{{ money(amount: {amount}) }}") == {"money": amount}
    asked = "query ($amount: Fen!) { money(amount: $amount) }"
    assert await run(asked, amount=amount) == {"money": amount}


@pytest.mark.parametrize(
    "amount", ["1.0", "1e3", '"12"', "true", str(2**53), "9" * 5_000, "[1]", "null", "{a: 1}"]
)
async def test_anything_else_is_no_money(amount: str) -> None:
    assert await run(f"{{ money(amount: {amount}) }}") is None


@pytest.mark.parametrize("amount", [1.0, 1.5, "12", True, 2**53, None, [1], float("inf")])
async def test_no_variable_else_is_money(amount: object) -> None:
    assert await run("query ($amount: Fen!) { money(amount: $amount) }", amount=amount) is None


async def test_a_rate_is_a_decimal_string() -> None:
    assert await run('{ rate(rate: "0.144") }') == {"rate": "0.144"}
    for wrong in ("0.144", '"nan"', '"1e9"', '""', "12", "{a: 1}"):
        assert await run(f"{{ rate(rate: {wrong}) }}") is None


async def test_a_refusal_is_a_problem_in_the_callers_language() -> None:
    asked = (
        "query ($seconds: Int!) { refused(seconds: $seconds) { field message retryAfterSeconds } }"
    )
    assert await run(asked, seconds=60) == {
        "refused": {
            "field": None,
            "message": "操作太频繁，请等 60 秒再试。",
            "retryAfterSeconds": 60,
        }
    }
    found = await run(asked, seconds=0)
    assert found is not None
    assert (found["refused"]["field"], found["refused"]["retryAfterSeconds"]) == ("input.id", None)


@pytest.fixture
def _vault(keyring: FileKms) -> Iterator[None]:
    install_vault(Vault(keyring))
    yield
    install_vault(None)


@pytest.mark.usefixtures("_vault")
def test_a_page_becomes_a_connection_that_goes_on() -> None:
    ask = asked_page("loans:br1", 2, None)
    shown = connection_of(
        "loans:br1", ask, Page((((1,), "a"), ((2,), "b")), has_more=True), str.upper
    )
    assert [edge.node for edge in shown.edges] == ["A", "B"]
    assert shown.page_info().has_next_page
    assert not shown.page_info().has_previous_page
    assert shown.page_info().start_cursor == shown.edges[0].cursor()
    following = asked_page("loans:br1", 2, shown.page_info().end_cursor)
    assert following.after == (2,)
    nothing: Page[str] = Page((), has_more=False)
    empty = connection_of("loans:br1", following, nothing, str.upper)
    assert empty.edges == []
    assert empty.page_info().has_previous_page
    assert (empty.page_info().start_cursor, empty.page_info().end_cursor) == (None, None)


def test_an_id_of_the_right_shape_passes() -> None:
    assert checked_id("ln00000000000000", "ln", field="input.loanId") == "ln00000000000000"


@pytest.mark.parametrize("wrong", ["", "ln", "br00000000000000", "ln00000000000é00"])
def test_an_id_of_another_shape_names_its_field(wrong: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_id(wrong, "ln", field="input.loanId")
    assert refused.value.field == "input.loanId"


def test_texts_are_trimmed_bounded_and_free_of_nul() -> None:
    assert checked_text(" 苹果\x00 ", field="input.text", most=3) == "苹果"
    for wrong in ("  ", "\x00", "四个字符"):
        with pytest.raises(InvalidInput):
            checked_text(wrong, field="input.text", most=3)
