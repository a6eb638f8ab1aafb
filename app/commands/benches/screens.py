"""The screens and journeys that are measured, each as the way of asking that is used does it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from app.commands.benches.asking import Asking
from app.commands.personas import Persona
from app.commands.phoning import PhoneError

REPAID_FEN = 10_000
POLLS_MAX = 60


@dataclass(slots=True)
class Visit:
    """One borrower's phone before a screen: what it asks with, and what it knows."""

    asking: Asking
    persona: Persona
    loan_id: str
    product_id: str
    settle: Callable[[], Awaitable[None]]
    """Lets the server's due work be done, where it does not do so by itself."""


Walk = Callable[[Visit], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One row of the table: a screen or a journey."""

    code: str
    what: str
    usual: Walk
    """How a usual client goes about it: it refetches, and asks for each screen on the way."""
    own: Walk
    """How our app does: it holds what it was shown before, and asks for what has changed."""
    is_cold: bool = False
    """Whether the phone has no connection when it begins."""


async def _home(visit: Visit) -> None:
    await visit.asking.ask("home")


async def _plan(visit: Visit) -> None:
    await visit.asking.ask("loan", id=visit.loan_id)


async def _repay(visit: Visit) -> None:
    await visit.asking.do("repay", loanId=visit.loan_id, amount=REPAID_FEN)


async def _repay_usually(visit: Visit) -> None:
    asking = visit.asking
    await asking.ask("loan", id=visit.loan_id)
    await asking.ask("payment_preview", loanId=visit.loan_id, amount=REPAID_FEN)
    taken = await asking.do("repay", loanId=visit.loan_id, amount=REPAID_FEN)
    repayment_id = taken["repayment"]["id"]
    for _ in range(POLLS_MAX):
        await visit.settle()
        seen = (await asking.ask("repayment", id=repayment_id))["repayment"]
        if seen["receipt"] is not None:
            break
    else:
        raise PhoneError("the repayment never arrives")
    await asking.ask("loan", id=visit.loan_id)
    await asking.ask("home")


async def _apply(visit: Visit) -> None:
    asking = visit.asking
    started = await asking.do(
        "start_application", productId=visit.product_id, regionCode=visit.persona.region_code
    )
    await _fill_in(visit, started["application"]["id"])


async def _apply_usually(visit: Visit) -> None:
    asking = visit.asking
    await asking.ask("products", regionCode=visit.persona.region_code)
    started = await asking.do(
        "start_application", productId=visit.product_id, regionCode=visit.persona.region_code
    )
    application_id = started["application"]["id"]
    await _fill_in(visit, application_id)
    for _ in range(POLLS_MAX):
        await visit.settle()
        seen = (await asking.ask("application", id=application_id))["application"]
        if seen["decision"] is not None:
            return
    raise PhoneError("no decision comes")


async def _fill_in(visit: Visit, application_id: str) -> None:
    """Say how much and for what, agree to each thing by itself, and hand it in."""
    asking, person = visit.asking, visit.persona
    await asking.do(
        "save_application",
        applicationId=application_id,
        amount=person.amount_fen,
        months=person.months,
        purpose=person.purpose,
        monthlyIncome=person.income_fen,
        debtPayments=person.debt_service_fen,
    )
    seen: dict[str, Any] = (await asking.ask("application", id=application_id))["application"]
    for consent in seen["consents"]:
        if consent["kind"] != "MARKETING":
            await asking.do(
                "give_consent",
                applicationId=application_id,
                kind=consent["kind"],
                recipient=consent["recipient"],
                textHash=consent["textHash"],
            )
    await asking.do("submit_application", applicationId=application_id)


SCREENS = (
    Screen(code="cold_home", what="cold start home", usual=_home, own=_home, is_cold=True),
    Screen(code="warm_home", what="warm home, unchanged", usual=_home, own=_home),
    Screen(code="plan", what="12-row plan", usual=_plan, own=_plan),
    Screen(code="repay", what="repay", usual=_repay_usually, own=_repay),
    Screen(code="changed_home", what="one changed installment", usual=_home, own=_home),
    Screen(code="apply", what="apply, no photos", usual=_apply_usually, own=_apply),
)
"""In the order they are walked: home has changed after the repayment."""
