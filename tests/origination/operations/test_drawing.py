"""A line is drawn on again within its limit and its year, each draw with a cost of its own."""

from datetime import timedelta
from typing import Any

from tortoise.models import Model

from app.catalog.errors import AmountNotOffered, MonthsNotOffered, ProductNotOffered
from app.foundation import outbox
from app.foundation.caller import BorrowerCaller
from app.foundation.database import business_date, set_business_date, transaction
from app.foundation.errors import NotFound
from app.foundation.graphql import Context
from app.gateway.schema import BORROWER_SCHEMA
from app.origination import operations, queries
from app.origination.errors import (
    DrawAboveLine,
    DrawWaits,
    LineNotOpen,
    ReadingTimeNotOver,
    StepOutOfOrder,
)
from app.origination.models import ApplicationRow, DecisionRow, DrawLimitRow, OfferRow
from app.origination.rules.drawing import DrawDown
from app.origination.rules.overturning import NewDecision
from app.servicing import queries as servicing
from app.servicing.operations import request_hardship
from app.servicing.queries.hardship import hardship_offer
from app.servicing.rules.hardship import ReliefKind, RequestHardship, Wish
from tests.gateway.lives import plant
from tests.origination.conftest import World, everything, refused
from tests.origination.operations.test_recalling import overturn

FIRST_FEN = 200_000
LINES = "{ creditLines { id limit left months } }"
DRAW = """mutation ($input: DrawDownInput!) {
  drawDown(input: $input) { ... on DrawDownSuccess { application { id } }
    ... on Problem { code field message } } }"""


async def book(world: World, borrower_id: str, application_id: str) -> None:
    """Sign what was understood, and let the money arrive."""
    await world.sign_now(borrower_id, application_id)
    await outbox.drain()
    await operations.accept_disbursement_notice(await world.notice(application_id))
    assert await world.state(application_id) == "BOOKED"
    world.clock.advance(timedelta(minutes=2))


async def open_line(world: World) -> tuple[str, str]:
    """Borrow a first time on the revolving product."""
    wish = world.persona("noodle_shop_owner")["wish"]
    wish |= {"product": "small_line", "amount_fen": FIRST_FEN, "months": 6}
    borrower_id, application_id = await world.decide("noodle_shop_owner")
    await world.understand(borrower_id, application_id)
    await book(world, borrower_id, application_id)
    return borrower_id, application_id


def draw(world: World, borrower_id: str, line_id: str, fen: int, months: int = 3) -> DrawDown:
    return DrawDown(
        borrower_id=borrower_id,
        idempotency_key=world.key(),
        line_id=line_id,
        amount_fen=fen,
        months=months,
    )


async def ask(borrower_id: str, document: str, **variables: object) -> Any:  # noqa: ANN401 - an answer's only field
    caller = BorrowerCaller(borrower_id=borrower_id, session_id="ss00000abcdefghi")
    async with transaction() as tx:
        context = Context(caller=caller, language="en", now=tx.now, today=tx.today)
    answer = await BORROWER_SCHEMA.execute(
        document, variable_values=variables, context_value=context
    )
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    (value,) = answer.data.values()
    return value


async def test_a_line_is_drawn_on_again_with_a_cost_an_agreement_and_a_loan_of_its_own(
    world: World,
) -> None:
    borrower_id, line_id = await open_line(world)
    today = await business_date()
    (line,) = await queries.credit_lines_of(borrower_id, today)
    assert line.line_id == line_id
    assert line.left_fen == line.limit_fen - FIRST_FEN
    assert line.ends_on == today + timedelta(days=365)

    command = draw(world, borrower_id, line_id, 100_000)
    draw_id = await operations.draw_down(command)
    assert await operations.draw_down(command) == draw_id
    assert await world.state(draw_id) == "OFFERED"
    offers = (await queries.offers_by_application([draw_id]))[0]
    assert (offers[0].terms.principal_fen, offers[0].terms.count) == (100_000, 3)
    assert offers[0].terms.annual_rate == line.annual_rate
    assert await DecisionRow.filter(application_id=draw_id).count() == 0
    await refused(DrawWaits, operations.draw_down(draw(world, borrower_id, line_id, 50_000)))

    await world.accept(borrower_id, draw_id)
    await refused(StepOutOfOrder, world.begin_signature(borrower_id, draw_id))
    await world.open(borrower_id, draw_id)
    await refused(ReadingTimeNotOver, world.confirm(borrower_id, draw_id))
    world.clock.advance(timedelta(seconds=10))
    await world.answer(borrower_id, draw_id)
    await world.confirm(borrower_id, draw_id)
    await book(world, borrower_id, draw_id)

    loans = await servicing.loans_of(borrower_id)
    assert sorted(loan.disbursed_fen for loan in loans) == [100_000, FIRST_FEN]
    (after,) = await queries.credit_lines_of(borrower_id, today)
    assert after.left_fen == line.left_fen - 100_000
    await refused(LineNotOpen, operations.draw_down(draw(world, borrower_id, draw_id, 50_000)))


async def test_of_several_lines_each_counts_what_is_drawn_on_itself(world: World) -> None:
    borrower_id, first_id = await open_line(world)
    second_id, offer_id = "ap1i9uw0second00", "of1i9uw0second00"
    likes: dict[str, Model] = {
        second_id: await ApplicationRow.get(id=first_id),
        "dc1i9uw0second00": await DecisionRow.get(application_id=first_id),
        offer_id: await OfferRow.get(application_id=first_id, place=0),
    }
    about = {
        "borrower_id": borrower_id,
        "application_id": second_id,
        "offer_id": offer_id,
        "loan_id": "ln1i9uw0second00",
    }
    async with transaction() as tx:
        for row_id, like in likes.items():
            await plant(tx, like._meta.db_table, row_id, about, like)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's own registry

    async def used() -> dict[str, int]:
        lines = await queries.credit_lines_of(borrower_id, await business_date())
        return {line.line_id: line.limit_fen - line.left_fen for line in lines}

    assert await used() == {first_id: FIRST_FEN, second_id: 0}
    draw_id = await operations.draw_down(draw(world, borrower_id, first_id, 100_000))
    await world.understand(borrower_id, draw_id)
    await world.sign_now(borrower_id, draw_id)
    await outbox.drain()
    assert await used() == {first_id: FIRST_FEN + 100_000, second_id: 0}, "on its way"
    await operations.accept_disbursement_notice(await world.notice(draw_id))
    assert await used() == {first_id: FIRST_FEN + 100_000, second_id: 0}, "arrived"


async def test_what_a_line_does_not_allow_is_refused_and_changes_nothing(world: World) -> None:
    borrower_id, line_id = await open_line(world)
    (line,) = await queries.credit_lines_of(borrower_id, await business_date())
    stranger = await world.borrower("washing_machine_family")

    assert await ask(borrower_id, LINES) == [
        {"id": line_id, "limit": line.limit_fen, "left": line.left_fen, "months": [3, 6, 12]}
    ]
    assert await ask(stranger, LINES) == []
    wish = {"lineId": line_id, "amount": line.left_fen + 10_000, "months": 3}
    before = await everything()
    answer = await ask(borrower_id, DRAW, input={**wish, "idempotencyKey": "d"})
    assert (answer["code"], answer["field"]) == ("DRAW_ABOVE_LINE", "input.amount")
    assert f"¥{line.left_fen // 100:,}.00 is left" in answer["message"]
    assert await everything() == before

    async def refuse(refusal: type[Exception], fen: int, months: int = 3, of: str = "") -> None:
        command = draw(world, of or borrower_id, line_id, fen, months)
        await refused(refusal, operations.draw_down(command))

    await refuse(NotFound, 100_000, of=stranger)
    await refuse(AmountNotOffered, 100_001)
    await refuse(MonthsNotOffered, 100_000, months=5)
    await refuse(DrawAboveLine, line.left_fen + 10_000)
    await DrawLimitRow.create(
        borrower_id=borrower_id,
        limit_fen=FIRST_FEN + 50_000,
        reasons="[]",
        score_id="mo00000000000001",
        set_on=await business_date(),
    )
    (lowered,) = await queries.credit_lines_of(borrower_id, await business_date())
    assert lowered.left_fen == 50_000
    await refuse(DrawAboveLine, 60_000)
    await DrawLimitRow.all().delete()

    async with transaction() as tx:
        await tx.run(
            "UPDATE product_version SET content = REPLACE(content, ?, ?) WHERE code = ?",
            ['"wording":', '"is_withdrawn":true,"wording":', "small_line"],
        )
    await refuse(ProductNotOffered, 100_000)
    kept = await ApplicationRow.get(id=line_id)
    assert "is_withdrawn" not in kept.offered

    day = line.ends_on + timedelta(days=1)
    async with transaction() as tx:
        await set_business_date(tx, day)
    await refuse(LineNotOpen, 100_000)
    assert await queries.credit_lines_of(borrower_id, day) == []


async def test_whoever_has_put_off_paying_draws_no_more_until_that_is_paid(world: World) -> None:
    borrower_id, line_id = await open_line(world)
    today = await business_date()
    (loan,) = await servicing.loans_of(borrower_id, today)
    option = next(
        one
        for one in (await hardship_offer(loan.ref, Wish(), today)).options
        if one.relief.kind is ReliefKind.DEFER_ALL and one.is_at_once
    )
    relief = RequestHardship(loan=loan.ref, option_token=option.token, idempotency_key=world.key())
    await request_hardship(relief)

    (line,) = await queries.credit_lines_of(borrower_id, today)
    assert line.left_fen == 0
    await refused(LineNotOpen, operations.draw_down(draw(world, borrower_id, line_id, 50_000)))


async def test_a_line_opened_by_a_person_goes_as_far_as_that_person_let_it(world: World) -> None:
    told = world.persona("noodle_shop_owner")
    told["wish"] |= {"product": "small_line", "amount_fen": 2 * FIRST_FEN, "months": 6}
    told["bureau"]["late_now_days"] = 60
    borrower_id, application_id = await world.decide("noodle_shop_owner")
    assert await world.state(application_id) == "REJECTED"
    found = NewDecision(amount_fen=FIRST_FEN, reason="结清证明看过了", late_now_days=0)
    await overturn(application_id, found)
    await world.understand(borrower_id, application_id)
    await book(world, borrower_id, application_id)
    (line,) = await queries.credit_lines_of(borrower_id, await business_date())
    assert (line.limit_fen, line.left_fen) == (FIRST_FEN, 0)
