"""Reads of decisions and offers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import orjson

from app.catalog import queries as catalog
from app.catalog.rules import Outcome, Reason, WholeCost, whole_cost
from app.foundation.paging import Page, PageAsk
from app.foundation.sealing import unseal_all
from app.loanmath.record import terms_from_json
from app.loanmath.schedule import Terms
from app.origination.models import ApplicationRow, DecisionRow, OfferRow, decision_cell
from app.origination.queries.applications import offered_of
from app.origination.rules.decision import verdict_from
from app.origination.rules.picks import OfferKind
from app.origination.rules.snapshot import PERSONAL, snapshot_from
from app.origination.rules.states import ApplicationState
from app.servicing.rules import Funder


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """One decision with its reasons in both languages; `limit_fen` is for the borrower's eyes."""

    decision_id: str
    application_id: str
    outcome: Outcome
    """After a person's review, what that person found."""
    is_reviewed: bool
    reasons: tuple[tuple[str, Reason], ...]
    limit_fen: int
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """One offer with its plan and whole cost."""

    offer_id: str
    application_id: str
    kind: OfferKind
    terms: Terms
    cost: WholeCost
    plan_sha256: str
    funders: tuple[Funder, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """A referred application that waits for a person; nothing in it names the borrower."""

    application_id: str
    product_code: str
    region_code: str
    amount_fen: int
    months: int
    reasons: tuple[str, ...]
    decided_at: datetime


async def decisions_by_application(application_ids: Sequence[str]) -> list[DecisionView | None]:
    """Return decisions in the order asked; three queries for any number."""
    rows = await DecisionRow.filter(application_id__in=list(application_ids))
    cells = [
        (decision_cell(row.id, row.borrower_id, "verdict"), bytes(row.verdict)) for row in rows
    ]
    verdicts = [verdict_from(text) for text in await unseal_all(cells)]
    cards = {
        version: await catalog.scorecard_version(version)
        for version in {row.model_version for row in rows}
    }
    found = {
        row.application_id: DecisionView(
            decision_id=row.id,
            application_id=row.application_id,
            outcome=Outcome(row.reviewed_outcome or row.outcome),
            is_reviewed=row.reviewed_outcome is not None,
            reasons=tuple(
                (code, cards[row.model_version].reasons[code]) for code in verdict.reasons
            ),
            limit_fen=verdict.limit_fen,
            decided_at=row.decided_at,
        )
        for row, verdict in zip(rows, verdicts, strict=True)
    }
    return [found.get(application_id) for application_id in application_ids]


async def offers_by_application(application_ids: Sequence[str]) -> list[list[OfferView]]:
    """Return offers, the main one first, with one query for any number of applications."""
    offers: defaultdict[str, list[OfferView]] = defaultdict(list)
    for row in await OfferRow.filter(application_id__in=list(application_ids)).order_by("place"):
        offers[row.application_id].append(offer_view(row))
    return [offers[application_id] for application_id in application_ids]


def offer_view(row: OfferRow) -> OfferView:
    """Work out an offer from its row."""
    terms = terms_from_json(orjson.loads(row.terms))
    return OfferView(
        offer_id=row.id,
        application_id=row.application_id,
        kind=OfferKind(row.kind),
        terms=terms,
        cost=whole_cost(terms),
        plan_sha256=row.plan_sha256,
        funders=funders_from(row.funders),
        expires_at=row.expires_at,
    )


def funders_from(written: str) -> tuple[Funder, ...]:
    """Read who lends which part."""
    return msgspec.json.decode(written, type=tuple[Funder, ...])


async def referrals(ask: PageAsk) -> Page[Referral]:
    """Return a page of referred applications, oldest first."""
    waiting = ApplicationRow.filter(state=ApplicationState.DECIDING.value)
    if ask.after is not None:
        waiting = waiting.filter(id__gt=str(ask.after[0]))
    decided = DecisionRow.filter(outcome=Outcome.REFER.value, reviewed_outcome__isnull=True)
    ids = [str(found) for found in await decided.values_list("application_id", flat=True)]
    rows = await waiting.filter(id__in=ids).order_by("id").limit(ask.first + 1)
    decisions = {
        row.application_id: row
        for row in await DecisionRow.filter(application_id__in=[row.id for row in rows])
    }
    return Page.cut([((row.id,), _referral(row, decisions[row.id])) for row in rows], ask)


def _referral(row: ApplicationRow, decision: DecisionRow) -> Referral:
    assert row.amount_fen is not None, "a decided application states an amount"
    assert row.months is not None, "a decided application states a term"
    return Referral(
        application_id=row.id,
        product_code=offered_of(row.offered).product.code,
        region_code=row.region_code,
        amount_fen=row.amount_fen,
        months=row.months,
        reasons=tuple(orjson.loads(decision.reasons)),
        decided_at=decision.decided_at,
    )


async def decision_data(borrower_id: str) -> str | None:
    """
    Return what the newest decision saw of a borrower, as JSON; None if nothing was decided.

    For a reveal that is on record. What the product and the policy said is left out.

    Raises:
        SealBroken: It was altered.
        Forgotten: The borrower's data was deleted at their wish.
    """
    row = await DecisionRow.filter(borrower_id=borrower_id).order_by("-id").first()
    if row is None:
        return None
    cell = decision_cell(row.id, row.borrower_id, "snapshot")
    saw = snapshot_from((await unseal_all([(cell, row.snapshot)]))[0])
    facts = {name: getattr(saw, name) for name in PERSONAL}
    return msgspec.json.encode({"application_id": row.application_id, **facts}).decode()
