"""The screens and journeys that are measured, each as the way of asking that is used does it."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from app.commands.agreeing import agreements
from app.commands.benches.asking import Asking
from app.commands.personas import Persona
from app.commands.phoning import PhoneError
from app.foundation.ids import ALPHABET

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
    chance: Callable[[int], bytes] = field(default=secrets.token_bytes, repr=False)

    def new_application_id(self) -> str:
        """Make an application's id as a phone does: ap and 14 signs."""
        number = int.from_bytes(self.chance(16), "big")
        return "ap" + "".join(ALPHABET[number // 36**place % 36] for place in range(14))


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
    is_repeated: bool = False
    """Whether it is walked once before, uncounted, on the same connection."""

    def walk(self, *, is_usual: bool) -> Walk:
        """Return how it is gone about."""
        return self.usual if is_usual else self.own


async def _home(visit: Visit) -> None:
    await visit.asking.ask("home")


async def _plan(visit: Visit) -> None:
    """Take the plan's terms: the phone works the rows out, and knows the rest from home."""
    await visit.asking.ask("loan_plan", id=visit.loan_id)


async def _plan_usually(visit: Visit) -> None:
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
    """
    Apply as a phone that numbers its commands: what is read comes with the answer to what is sent.

    Begin under an id of the phone's own, so that nothing has to be waited for; then agree to each
    thing by the hash of the words that were shown, and hand it in.
    """
    asking, application_id = visit.asking, visit.new_application_id()
    begun = {
        "applicationId": application_id,
        "productId": visit.product_id,
        "regionCode": visit.persona.region_code,
    }
    _, filled_in = await asking.do_all(
        [
            ("start_application_quietly", begun),
            ("fill_in_application", _saved(visit, application_id)),
        ]
    )
    agreed = agreements(application_id, filled_in["application"]["consents"])
    submit = ("submit_application_quietly", {"applicationId": application_id})
    await asking.do_all([*agreed, submit])


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
    asking = visit.asking
    await asking.do("save_application", **_saved(visit, application_id))
    for consent in await _consents(visit, application_id):
        await asking.do("give_consent", **consent)
    await asking.do("submit_application", applicationId=application_id)


def _saved(visit: Visit, application_id: str) -> dict[str, Any]:
    person = visit.persona
    return {
        "applicationId": application_id,
        "amount": person.amount_fen,
        "months": person.months,
        "purpose": person.purpose,
        "monthlyIncome": person.income_fen,
        "debtPayments": person.debt_service_fen,
    }


async def _consents(visit: Visit, application_id: str) -> list[dict[str, Any]]:
    """Read the words of what is to be agreed to."""
    seen = (await visit.asking.ask("application", id=application_id))["application"]
    return [
        {
            "applicationId": application_id,
            "kind": one["kind"],
            "recipient": one["recipient"],
            "textHash": one["textHash"],
        }
        for one in seen["consents"]
        if one["kind"] != "MARKETING"
    ]


SCREENS = (
    Screen(code="cold_home", what="cold start home", usual=_home, own=_home, is_cold=True),
    Screen(code="warm_home", what="warm home, unchanged", usual=_home, own=_home, is_repeated=True),
    Screen(code="plan", what="12-row plan", usual=_plan_usually, own=_plan),
    Screen(code="repay", what="repay", usual=_repay_usually, own=_repay),
    Screen(code="changed_home", what="one changed installment", usual=_home, own=_home),
    Screen(code="apply", what="apply, no photos", usual=_apply_usually, own=_apply),
)
"""In the order they are walked: home has changed after the repayment."""
