"""Reads of decisions and offers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import orjson
from tortoise.expressions import Q

from app.catalog import queries as catalog
from app.catalog.rules import Outcome, Reason, WholeCost, whole_cost
from app.catalog.rules.reductions import Reduction
from app.foundation.clock import milliseconds
from app.foundation.database import current
from app.foundation.paging import Page, PageAsk
from app.foundation.sealing import unseal_all
from app.loanmath.record import terms_from_json
from app.loanmath.schedule import Terms
from app.origination.models import (
    ApplicationReviewRow,
    ApplicationRow,
    DecisionRow,
    OfferRow,
    RecallRow,
    SecondDecisionRow,
    decision_cell,
    second_decision_cell,
)
from app.origination.queries.applications import offered_of
from app.origination.rules.better import Better, better_from
from app.origination.rules.decision import Verdict, signs_of, signs_of_marks, verdict_from
from app.origination.rules.picks import OfferKind
from app.origination.rules.reductions import reductions_from
from app.origination.rules.snapshot import PERSONAL, Snapshot, snapshot_from
from app.origination.rules.states import SIGNED_UNPAID, ApplicationState
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
    better: Better | None = None
    reductions: tuple[Reduction, ...] = ()
    """What others pay of the interest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """A referred application that waits for a person; nothing in it names the borrower."""

    application_id: str
    product_code: str
    region_code: str
    amount_fen: int
    months: int
    reasons: tuple[str, ...]
    signs: tuple[str, ...]
    """The hard rules that spoke, which the borrower is not told one by one."""
    silent_sources: tuple[str, ...]
    mitigations: tuple[str, ...]
    score: int
    taken_by: str | None
    """Who looks at it right now."""
    proposed_outcome: Outcome | None
    proposed_by: str | None
    is_signed: bool
    """Whether it was signed before others came to carry its marks: its money waits."""
    decided_at: datetime


async def decisions_by_application(application_ids: Sequence[str]) -> list[DecisionView | None]:
    """Return decisions in the order asked; few queries for any number."""
    rows = await DecisionRow.filter(application_id__in=list(application_ids))
    cells = [
        (decision_cell(row.id, row.borrower_id, "verdict"), bytes(row.verdict)) for row in rows
    ]
    verdicts = [verdict_from(text) for text in await unseal_all(cells)]
    cards = await catalog.scorecards_by_version(row.model_version for row in rows)
    judged = await _judged(row.application_id for row in rows if row.reviewed_outcome is not None)
    second = await _second_decisions([row.application_id for row in rows])
    found = {
        row.application_id: DecisionView(
            decision_id=row.id,
            application_id=row.application_id,
            outcome=Outcome(row.reviewed_outcome or row.outcome),
            is_reviewed=row.reviewed_outcome is not None,
            reasons=tuple(
                (code, cards[row.model_version].reasons[code])
                for code in judged.get(row.application_id) or verdict.reasons
            ),
            limit_fen=verdict.limit_fen,
            decided_at=row.decided_at,
        )
        for row, verdict in zip(rows, verdicts, strict=True)
    }
    found |= second
    return [found.get(application_id) for application_id in application_ids]


async def _second_decisions(application_ids: Sequence[str]) -> dict[str, DecisionView]:
    """Return the decisions that people made in the place of the machine's, by application."""
    rows = await SecondDecisionRow.filter(application_id__in=list(application_ids))
    cells = [
        (second_decision_cell(row.id, row.borrower_id, "verdict"), bytes(row.verdict))
        for row in rows
    ]
    verdicts = [verdict_from(text) for text in await unseal_all(cells)]
    return {
        row.application_id: DecisionView(
            decision_id=row.id,
            application_id=row.application_id,
            outcome=Outcome(row.outcome),
            is_reviewed=True,
            reasons=(),
            limit_fen=verdict.limit_fen,
            decided_at=row.decided_at,
        )
        for row, verdict in zip(rows, verdicts, strict=True)
    }


async def _judged(application_ids: Iterable[str]) -> dict[str, list[str]]:
    """Return the reasons that people gave, by application."""
    ids = list(application_ids)
    rows = await ApplicationReviewRow.filter(application_id__in=ids) if ids else []
    return {row.application_id: orjson.loads(row.reasons or "[]") for row in rows}


async def offers_by_application(application_ids: Sequence[str]) -> list[list[OfferView]]:
    """Return offers, the main one first, with one query for any number of applications."""
    offers: defaultdict[str, list[OfferView]] = defaultdict(list)
    rows = OfferRow.filter(application_id__in=list(application_ids), recalled_at__isnull=True)
    for row in await rows.order_by("place"):
        offers[row.application_id].append(offer_view(row))
    return [offers[application_id] for application_id in application_ids]


async def own_offer(borrower_id: str, offer_id: str) -> OfferView | None:
    """Return one of a borrower's offers; None where it was taken back or is somebody else's."""
    row = await OfferRow.get_or_none(id=offer_id, borrower_id=borrower_id, recalled_at__isnull=True)
    return None if row is None else offer_view(row)


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
        better=better_from(row.better),
        reductions=reductions_from(row.reductions),
    )


def funders_from(written: str) -> tuple[Funder, ...]:
    """Read who lends which part."""
    return msgspec.json.decode(written, type=tuple[Funder, ...])


async def referrals(ask: PageAsk) -> Page[Referral]:
    """Return a page of referred applications, oldest first."""
    decided = DecisionRow.filter(outcome=Outcome.REFER.value, reviewed_outcome__isnull=True)
    referred = [str(found) for found in await decided.values_list("application_id", flat=True)]
    live = RecallRow.filter(live_key__not_isnull=True)
    recalled = [str(found) for found in await live.values_list("application_id", flat=True)]
    is_waiting = Q(state=ApplicationState.DECIDING.value, id__in=[*referred, *recalled])
    is_held = Q(state__in=[state.value for state in SIGNED_UNPAID], id__in=recalled)
    waiting = ApplicationRow.filter(is_waiting | is_held)
    if ask.after is not None:
        waiting = waiting.filter(id__gt=str(ask.after[0]))
    rows = await waiting.order_by("id").limit(ask.first + 1)
    return Page.cut(
        [((row.id,), one) for row, one in zip(rows, await _referrals(rows), strict=True)], ask
    )


async def _referrals(rows: Sequence[ApplicationRow]) -> list[Referral]:
    ids = [row.id for row in rows]
    # A draw was decided with its line.
    lines = [row.line_id or row.id for row in rows]
    by_line = {
        row.application_id: row for row in await DecisionRow.filter(application_id__in=lines)
    }
    decisions = {row.id: by_line[row.line_id or row.id] for row in rows}
    recalls = {row.application_id: row for row in await RecallRow.filter(live_key__in=ids)}
    reviews = {
        row.application_id: row for row in await ApplicationReviewRow.filter(application_id__in=ids)
    }
    cells = [
        (decision_cell(one.id, one.borrower_id, column), bytes(getattr(one, column)))
        for one in (decisions[id_] for id_ in ids)
        for column in ("snapshot", "verdict")
    ]
    opened = await unseal_all(cells)
    verdicts = [verdict_from(text) for text in opened[1::2]]
    cards = await catalog.scorecards_by_version(one.model_version for one in verdicts)
    found: list[Referral] = []
    for row, seen, verdict in zip(rows, opened[::2], verdicts, strict=True):
        snapshot, card = snapshot_from(seen), cards[verdict.model_version]
        review, recall = reviews.get(row.id), recalls.get(row.id)
        kinds = () if recall is None else tuple(orjson.loads(recall.people))
        signs = (*signs_of(snapshot, card), *signs_of_marks(kinds, card))
        found.append(
            _referral(
                row,
                decisions[row.id],
                (snapshot, verdict),
                review,
                tuple(dict.fromkeys(signs)),
            )
        )
    return found


def _referral(
    row: ApplicationRow,
    decision: DecisionRow,
    seen: tuple[Snapshot, Verdict],
    review: ApplicationReviewRow | None,
    signs: tuple[str, ...],
) -> Referral:
    assert row.amount_fen is not None, "a decided application states an amount"
    assert row.months is not None, "a decided application states a term"
    snapshot, verdict = seen
    if review is not None and review.settled_at is not None:
        review = None  # settled before others came to carry its marks
    until = None if review is None else review.taken_until
    is_taken = until is not None and until > milliseconds(current().clock.now())
    proposed = None if review is None else review.proposed_outcome
    return Referral(
        application_id=row.id,
        product_code=offered_of(row.offered).product.code,
        region_code=row.region_code,
        amount_fen=row.amount_fen,
        months=row.months,
        reasons=verdict.reasons,
        signs=signs,
        silent_sources=snapshot.records_silent,
        mitigations=snapshot.mitigations,
        score=verdict.score,
        taken_by=review.taken_by if review is not None and is_taken else None,
        proposed_outcome=None if proposed is None else Outcome(proposed),
        proposed_by=None if review is None else review.proposed_by,
        is_signed=ApplicationState(row.state) in SIGNED_UNPAID,
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
