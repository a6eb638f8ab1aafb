"""A borrower takes an arrangement exactly as shown, once, or staff look at it; stale ones fall."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation import outbox
from app.foundation.caller import BorrowerCaller
from app.foundation.database import Database, business_date, fetch
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.foundation.outbox import Subscription
from app.loanmath.life import LoanStatus
from app.servicing import operations, queries
from app.servicing.errors import HardshipOptionStale, HardshipWaiting
from app.servicing.events import HardshipReferred
from app.servicing.graphql import HardshipMutation, ServicingQuery
from app.servicing.graphql.amounts import HardshipOptionAmount, InstallmentAmount
from app.servicing.models import HardshipRequestRow
from app.servicing.queries.hardship import hardship_offer
from app.servicing.rules import LoanRef
from app.servicing.rules.hardship import (
    HardshipState,
    Option,
    ReliefKind,
    RequestHardship,
    StaffReason,
    Wish,
)
from app.support.operations import bring_to_staff
from tests.published import publish_catalog
from tests.servicing.conftest import (
    MEI,
    START_ON,
    Lend,
    Pay,
    everything,
    facts,
    is_sound,
    plain_terms,
)
from tests.servicing.explained import EXPLANATION, aliased, hold, hold_one, with_explanations

SOMEBODY_ELSE = "br000000000wang0"


@pytest.fixture(autouse=True)
async def policies(database: Database) -> None:
    """Put the catalog's dated policy values into the database."""
    assert database.dialect
    await publish_catalog()


async def offered(loan: LoanRef, **wish: Any) -> tuple[Option, ...]:  # noqa: ANN401 - a wish's own
    return (await hardship_offer(loan, Wish(**wish), await business_date())).options


async def option_like(
    loan: LoanRef,
    kind: ReliefKind,
    *,
    at_once: bool = True,
    **wish: Any,  # noqa: ANN401 - a wish's own
) -> Option:
    for option in await offered(loan, **wish):
        if option.relief.kind is kind and option.is_at_once is at_once:
            return option
    raise AssertionError(kind)


def taking(loan: LoanRef, option: Option, key: str = "first") -> RequestHardship:
    return RequestHardship(loan=loan, option_token=option.token, idempotency_key=key)


async def state() -> dict[str, Any]:
    return await everything() | {
        "requests": await fetch("SELECT * FROM servicing_hardship_request")
    }


async def test_an_arrangement_within_policy_holds_at_once_exactly_as_shown(lend: Lend) -> None:
    loan = await lend()
    option = await option_like(loan, ReliefKind.DEFER_PRINCIPAL)

    request = await operations.request_hardship(taking(loan, option))

    assert (request.state, request.kind) == (HardshipState.ARRANGED, ReliefKind.DEFER_PRINCIPAL)
    summary = await queries.loan(loan)
    assert summary.status is LoanStatus.RESTRUCTURED
    assert tuple((await queries.plans_by_loan([loan.loan_id]))[0]) == option.lines
    assert summary.balance_fen == option.to_pay_fen
    entry = (await queries.timeline_of(loan)).items[0][1]
    assert (entry.kind, entry.about) == ("Deferred", request.request_id)
    assert [fact["name"] for fact in await facts("HardshipArranged", "HardshipReferred")] == [
        "HardshipArranged"
    ]
    assert await is_sound()


async def test_arrears_are_caught_up_in_parts_and_the_penalty_is_gone(lend: Lend) -> None:
    loan = await lend()
    await operations.run_days(START_ON + timedelta(days=45))
    before = await queries.loan(loan)
    assert before.penalty_fen > 0
    option = await option_like(loan, ReliefKind.CATCH_UP)
    assert option.waived_fen == before.penalty_fen

    await operations.request_hardship(taking(loan, option))

    summary = await queries.loan(loan)
    assert (summary.status, summary.days_past_due) == (LoanStatus.RESTRUCTURED, 0)
    assert (summary.penalty_fen, summary.overdue_fen) == (0, 0)
    assert tuple((await queries.plans_by_loan([loan.loan_id]))[0]) == option.lines
    kinds = [entry.kind for _, entry in (await queries.timeline_of(loan)).items[:2]]
    assert kinds == ["Rescheduled", "Waived"]
    assert await is_sound()


@pytest.mark.parametrize("kind", [ReliefKind.DEFER_ALL, ReliefKind.STRETCH])
async def test_every_kind_holds_as_shown(lend: Lend, kind: ReliefKind) -> None:
    loan = await lend()
    option = await option_like(loan, kind, from_on=START_ON + timedelta(days=40))
    await operations.request_hardship(taking(loan, option))
    assert tuple((await queries.plans_by_loan([loan.loan_id]))[0]) == option.lines
    assert await is_sound()


async def test_the_harvest_is_waited_for_with_interest_only(lend: Lend) -> None:
    loan = await lend()
    option = await option_like(loan, ReliefKind.HARVEST, harvest_month=4, from_on=date(2027, 4, 1))
    assert option.relief.periods == 4
    assert option.principal_from == date(2027, 4, 21)
    await operations.request_hardship(taking(loan, option))
    plan = (await queries.plans_by_loan([loan.loan_id]))[0]
    assert [line.principal_fen for line in plan[:4]] == [0, 0, 0, 0]
    assert plan[4].principal_fen > 0


async def test_the_one_that_fits_what_the_borrower_can_pay_comes_first(lend: Lend) -> None:
    loan = await lend()
    first = (await offered(loan, monthly_fen=12_000))[0]
    assert first.short_fen == 0
    assert first.highest_fen <= 12_000
    later = (await offered(loan, monthly_fen=25_000, from_on=START_ON + timedelta(days=60)))[0]
    assert later.relief.kind is ReliefKind.DEFER_ALL


async def test_sent_twice_it_happens_once(lend: Lend) -> None:
    loan = await lend()
    option = await option_like(loan, ReliefKind.DEFER_PRINCIPAL)
    first = await operations.request_hardship(taking(loan, option))
    again = await operations.request_hardship(taking(loan, option))
    assert again == first
    assert await HardshipRequestRow.all().count() == 1
    with pytest.raises(IdempotencyConflict):
        await operations.request_hardship(
            RequestHardship(loan=loan, option_token="0" * 32, idempotency_key="first")
        )


async def test_ten_phones_at_once_make_one_arrangement(lend: Lend) -> None:
    loan = await lend()
    option = await option_like(loan, ReliefKind.DEFER_PRINCIPAL)
    answers = await asyncio.gather(
        *(operations.request_hardship(taking(loan, option, f"key-{n}")) for n in range(10)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, HardshipOptionStale) for answer in answers) == 9
    assert len((await queries.timeline_of(loan)).items) == 2
    assert await is_sound()


async def test_an_arrangement_and_a_repayment_at_once_leave_a_loan_that_is_sound(
    lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    option = await option_like(loan, ReliefKind.DEFER_PRINCIPAL)
    answers = await asyncio.gather(
        operations.request_hardship(taking(loan, option)),
        pay(loan, 30_000),
        return_exceptions=True,
    )
    assert not isinstance(answers[1], BaseException)
    refused = isinstance(answers[0], HardshipOptionStale)
    assert len((await queries.timeline_of(loan)).items) == (2 if refused else 3)
    assert await is_sound()


async def test_a_token_is_stale_after_a_repayment_another_day_or_for_another_loan(
    lend: Lend, pay: Pay
) -> None:
    loan, other = await lend(), await lend()
    option = await option_like(loan, ReliefKind.DEFER_PRINCIPAL)

    async def is_stale(of: LoanRef) -> None:
        before = await state()
        with pytest.raises(HardshipOptionStale):
            await operations.request_hardship(taking(of, option, "stale"))
        assert await state() == before

    await is_stale(other)
    await pay(loan, 100)
    await is_stale(loan)
    fresh = await option_like(loan, ReliefKind.DEFER_PRINCIPAL)
    await operations.run_days(START_ON + timedelta(days=1))
    option = fresh
    await is_stale(loan)


async def test_what_is_no_token_or_no_loan_of_theirs_changes_nothing(lend: Lend) -> None:
    loan = await lend()
    option = await option_like(loan, ReliefKind.DEFER_PRINCIPAL)
    before = await state()
    with pytest.raises(InvalidInput):
        await operations.request_hardship(
            RequestHardship(loan=loan, option_token="?", idempotency_key="k")
        )
    theirs = LoanRef(borrower_id=SOMEBODY_ELSE, loan_id=loan.loan_id)
    with pytest.raises(NotFound):
        await operations.request_hardship(taking(theirs, option))
    with pytest.raises(NotFound):
        await offered(theirs)
    assert await state() == before


async def test_beyond_policy_staff_look_at_it_and_nothing_changes_before(lend: Lend) -> None:
    loan = await lend()
    outbox.subscribe(
        [Subscription(fact_type=HardshipReferred, consumer="support", local=bring_to_staff)]
    )
    wish = {"from_on": START_ON + timedelta(days=80)}
    option = await option_like(loan, ReliefKind.DEFER_ALL, at_once=False, **wish)
    assert option.staff_reasons == (StaffReason.LONG,)
    before = await queries.loan(loan)

    request = await operations.request_hardship(taking(loan, option))
    await outbox.drain()

    assert request.state is HardshipState.WAITING
    assert await queries.loan(loan) == before
    tickets = await fetch("SELECT category, loan_id, state FROM ticket")
    assert tickets == [{"category": "HARDSHIP", "loan_id": loan.loan_id, "state": "OPEN"}]

    with pytest.raises(HardshipWaiting) as refusal:
        await operations.request_hardship(taking(loan, option, "second"))
    assert refusal.value.request_id == request.request_id

    at_once = await option_like(loan, ReliefKind.DEFER_PRINCIPAL)
    await operations.request_hardship(taking(loan, at_once, "third"))
    row = await HardshipRequestRow.get(id=request.request_id)
    assert (row.state, row.waiting_key) == (HardshipState.REPLACED.value, None)


async def test_a_request_that_nobody_answered_can_be_made_again(lend: Lend) -> None:
    loan = await lend()
    wish = {"from_on": START_ON + timedelta(days=80)}
    option = await option_like(loan, ReliefKind.DEFER_ALL, at_once=False, **wish)
    request = await operations.request_hardship(taking(loan, option))
    await operations.run_days(START_ON + timedelta(days=8))
    fresh = await option_like(loan, ReliefKind.DEFER_ALL, at_once=False, **wish)
    await operations.request_hardship(taking(loan, fresh, "again"))
    assert (await HardshipRequestRow.get(id=request.request_id)).state == "LAPSED"


async def test_the_second_within_half_a_year_goes_to_staff(lend: Lend) -> None:
    loan = await lend()
    option = await option_like(loan, ReliefKind.DEFER_PRINCIPAL)
    await operations.request_hardship(taking(loan, option))
    await operations.run_days(START_ON + timedelta(days=20))
    again = await offered(loan)
    assert again
    assert all(StaffReason.SOON_AGAIN in option.staff_reasons for option in again)


async def test_late_for_long_staff_look_at_it(lend: Lend) -> None:
    loan = await lend()
    await operations.run_days(START_ON + timedelta(days=62))
    assert all(StaffReason.LATE in option.staff_reasons for option in await offered(loan))


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"monthly_fen": 0}, "wish.monthly"),
        ({"monthly_fen": 10**9}, "wish.monthly"),
        ({"from_on": date(2026, 11, 20)}, "wish.from"),
        ({"from_on": date(2029, 1, 1)}, "wish.from"),
        ({"harvest_month": 13}, "wish.harvestMonth"),
    ],
)
async def test_a_wish_that_cannot_be_is_refused(
    lend: Lend, wish: dict[str, Any], field: str
) -> None:
    loan = await lend()
    with pytest.raises(InvalidInput) as refusal:
        await offered(loan, **wish)
    assert refusal.value.field == field


async def test_a_closed_loan_has_nothing_to_arrange(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await pay(loan, (await queries.payoff_on(loan, START_ON)).amount_fen)
    assert await offered(loan) == ()


SCHEMA = strawberry.Schema(
    query=ServicingQuery,
    mutation=HardshipMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)

OPTIONS = """
query Options($loanId: ID!, $wish: HardshipWishInput) {
  hardshipOptions(loanId: $loanId, wish: $wish) {
    loanId toPay endsOn explanation
    options {
      token kind periods title explanation cost creditRecord approval isAtOnce
      nextDueOn nextAmount highestInstallment toPay difference interestDifference waived endsOn
      shortfall installments { number dueOn total }
    }
  }
}
"""

TAKE = """
mutation Take($input: RequestHardshipInput!) {
  requestHardship(input: $input) {
    __typename
    ... on RequestHardshipSuccess {
      request {
        id kind state explanation
        loan { status balance timeline { edges { node { text } } } }
      }
    }
    ... on HardshipWaitingProblem { requestId }
    ... on HardshipOptionStaleProblem { loanId }
    ... on Problem { code field message }
  }
}
"""


async def run(
    database: Database, document: str, *, language: str = "zh-Hans", who: str = MEI, **given: object
) -> dict[str, Any]:
    context = Context(
        caller=BorrowerCaller(borrower_id=who, session_id="ss00000abcdefghi"),
        language=language,
        now=database.clock.now(),
        today=await business_date(),
    )
    result = await SCHEMA.execute(document, variable_values=given, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def test_a_phone_sees_the_options_in_words_and_takes_one(
    database: Database, lend: Lend
) -> None:
    loan = await lend()
    wish = {"monthly": 12_000, "from": "2026-12-01"}
    shown = (await run(database, OPTIONS, loanId=loan.loan_id, wish=wish))["hardshipOptions"]
    assert len(shown["options"]) <= 5
    assert "不收手续费" in shown["explanation"]
    for option in shown["options"]:
        assert option["toPay"] == shown["toPay"] + option["difference"]
        assert option["creditRecord"].startswith("按新的安排按时还，不算逾期")
        assert option["title"]
        assert option["cost"]
        assert ("马上生效" in option["approval"]) is option["isAtOnce"]
    chosen = next(option for option in shown["options"] if option["isAtOnce"])
    asked = {"idempotencyKey": "k", "loanId": loan.loan_id, "optionToken": chosen["token"]}
    answer = (await run(database, TAKE, input=asked))["requestHardship"]
    assert answer["__typename"] == "RequestHardshipSuccess"
    request = answer["request"]
    assert request["state"] == "ARRANGED"
    assert request["loan"]["status"] == "RESTRUCTURED"
    assert request["loan"]["balance"] == chosen["toPay"]
    assert "还款计划" in request["loan"]["timeline"]["edges"][0]["node"]["text"]

    asked["idempotencyKey"] = "again"
    stale = (await run(database, TAKE, input=asked))["requestHardship"]
    assert stale["__typename"] == "HardshipOptionStaleProblem"
    assert stale["loanId"] == loan.loan_id
    assert stale["code"] == "HARDSHIP_OPTION_STALE"


async def test_a_late_borrower_reads_what_it_does_to_the_record(
    database: Database, lend: Lend
) -> None:
    loan = await lend()
    await operations.run_days(START_ON + timedelta(days=45))
    given = await run(database, OPTIONS, loanId=loan.loan_id, language="en")
    found = given["hardshipOptions"]["options"]
    assert {option["kind"] for option in found} == {"CATCH_UP", "STRETCH"}
    for option in found:
        assert "The 15 days that were late stay on record" in option["creditRecord"]
    caught_up = next(option for option in found if option["kind"] == "CATCH_UP")
    assert "is forgiven" in caught_up["explanation"]
    assert caught_up["difference"] == caught_up["interestDifference"] - caught_up["waived"]


async def test_waiting_and_foreign_loans_on_the_graph(database: Database, lend: Lend) -> None:
    loan = await lend()
    wish = {"from": (START_ON + timedelta(days=80)).isoformat()}
    shown = (await run(database, OPTIONS, loanId=loan.loan_id, wish=wish))["hardshipOptions"]
    slow = next(option for option in shown["options"] if not option["isAtOnce"])
    asked = {"idempotencyKey": "k", "loanId": loan.loan_id, "optionToken": slow["token"]}
    first = (await run(database, TAKE, input=asked))["requestHardship"]["request"]
    assert first["state"] == "WAITING"
    asked["idempotencyKey"] = "again"
    waiting = (await run(database, TAKE, input=asked))["requestHardship"]
    assert waiting["__typename"] == "HardshipWaitingProblem"
    assert waiting["requestId"] == first["id"]

    foreign = await run(database, OPTIONS, loanId=loan.loan_id, who=SOMEBODY_ELSE)
    assert foreign["hardshipOptions"] is None
    asked["idempotencyKey"] = "foreign"
    refused = (await run(database, TAKE, input=asked, who=SOMEBODY_ELSE))["requestHardship"]
    assert (refused["__typename"], refused["code"]) == ("PlainProblem", "NOT_FOUND")


async def test_one_day_late_and_long_late_are_explained_as_what_they_are(
    database: Database, lend: Lend
) -> None:
    loan = await lend(plain_terms(count=2))
    await operations.run_days(date(2026, 12, 22))
    shown = (await run(database, OPTIONS, loanId=loan.loan_id))["hardshipOptions"]["options"]
    free = next(option for option in shown if option["kind"] == "CATCH_UP")
    assert free["waived"] == 0
    assert "罚息" not in free["explanation"]
    await operations.run_days(date(2027, 1, 20))
    shown = (await run(database, OPTIONS, loanId=loan.loan_id))["hardshipOptions"]["options"]
    cheaper = next(option for option in shown if option["difference"] < 0)
    assert cheaper["kind"] == "CATCH_UP"
    assert "少付" in cheaper["cost"]


async def test_without_interest_putting_off_costs_nothing(database: Database, lend: Lend) -> None:
    loan = await lend(plain_terms(annual_rate=Decimal(0)), charge_codes=())
    shown = (await run(database, OPTIONS, loanId=loan.loan_id))["hardshipOptions"]["options"]
    assert {option["difference"] for option in shown} == {0}
    assert all("不变" in option["cost"] for option in shown)


async def test_a_closed_loan_is_told_where_help_is(
    database: Database, lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    await pay(loan, (await queries.payoff_on(loan, START_ON)).amount_fen)
    shown = (await run(database, OPTIONS, loanId=loan.loan_id))["hardshipOptions"]
    assert shown["options"] == []
    assert "还款有困难" in shown["explanation"]


async def test_every_total_of_an_arrangement_is_explained(
    database: Database, lend: Lend, pay: Pay
) -> None:
    ref = await lend()
    # So late that penalty is forgiven, with a wish that no option meets in full.
    await operations.run_days(date(2027, 1, 5))
    await pay(ref, 100)
    wish = '{monthly: 9000, from: "2027-01-10"}'
    query = f"""query($id: ID!) {{ hardshipOptions(loanId: $id, wish: {wish}) {{
      toPay explain {{ ...E }} options {{ {with_explanations(HardshipOptionAmount)} }}
    }} }} {EXPLANATION}"""

    shown = (await run(database, query, loanId=ref.loan_id, id=ref.loan_id))["hardshipOptions"]

    hold_one(shown["explain"], shown["toPay"])
    assert shown["options"]
    for option in shown["options"]:
        hold(option, HardshipOptionAmount)
        assert option["difference"] == option["toPay"] - shown["toPay"]
    assert any(option["waived"] for option in shown["options"])
    assert all(option["shortfall"] for option in shown["options"])


AMOUNTS_AT_ONCE = 1
"""So many of each installment of five plans, with their parts, are what a request may ask for."""


async def test_plans_that_could_be_arranged_are_explained(database: Database, lend: Lend) -> None:
    ref = await lend()
    amounts = list(InstallmentAmount)
    for start in range(0, len(amounts), AMOUNTS_AT_ONCE):
        some = amounts[start : start + AMOUNTS_AT_ONCE]
        query = f"""query($id: ID!) {{ hardshipOptions(loanId: $id, wish: {{monthly: 12000}}) {{
          options {{ installments {{
            total paid left principal interest fee cost penalty waived paidByOthers
            paidPrincipal paidInterest paidFee paidCost paidPenalty {aliased(some)}
          }} }} }} }} {EXPLANATION}"""

        shown = await run(database, query, id=ref.loan_id)

        options = shown["hardshipOptions"]["options"]
        assert options
        for option in options:
            for line in option["installments"]:
                hold(line, some)
