"""A month's look at a borrower with a loan: it may lower what is lent anew, and never a price."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

import msgspec

from app.catalog.rules import Outcome, PolicyBook, Scorecard
from app.origination.rules.decision import Verdict, decide, signs_of
from app.origination.rules.snapshot import Snapshot, policy_used


class WarningKind(StrEnum):
    """A sign of trouble ahead, for staff to offer help while it is early."""

    LATE = "LATE"
    FIRST_PAYMENT_MISSED = "FIRST_PAYMENT_MISSED"
    DEBT_HEAVY = "DEBT_HEAVY"
    SCORE_FELL = "SCORE_FELL"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a borrower's loans with us stand on a day.

    Attributes:
        owed_fen: Principal owed to us or on its way.
        monthly_fen: What open loans with us take a month.
        days_past_due: Of the latest of them.
        misses_first: Whether a loan is late with its very first installment.
        late_months: In how many earlier months' looks a loan was late.
    """

    owed_fen: int
    monthly_fen: int
    days_past_due: int
    misses_first: bool
    late_months: int


class MonthsLook(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a month's look found.

    Attributes:
        limit_fen: The most the borrower may owe us from now on; open loans stay as signed.
        reasons: Why it is lower than it was decided; the scorecard has the words.
        warnings: What staff should look at.
    """

    snapshot: Snapshot
    verdict: Verdict
    limit_fen: int
    reasons: tuple[str, ...]
    warnings: frozenset[WarningKind]


def look_again(
    decided: Snapshot,
    first: Verdict,
    standing: Standing,
    model: tuple[Scorecard, str],
    book: PolicyBook,
) -> MonthsLook:
    """
    Score a borrower again by what was known at the decision and how they have paid since.

    `model` is today's scorecard with the hash of its content. Nothing new is asked of anybody. The
    limit is at most what was decided, and it comes back when the reason is gone. Prices are no
    part of it: what was signed is untouched.
    """
    card, sha256 = model
    snapshot = _as_of(decided, standing, card, book, model_sha256=sha256)
    verdict = decide(snapshot, card)
    decided_fen = first.limit_fen + decided.exposure_fen
    is_refused = any(
        rule.outcome is Outcome.DECLINE
        for rule in card.hard_rules
        if rule.code in signs_of(snapshot, card)
    )
    limit_fen = 0 if is_refused else min(decided_fen, verdict.limit_fen)
    return MonthsLook(
        snapshot=snapshot,
        verdict=verdict,
        limit_fen=limit_fen,
        reasons=verdict.reasons if limit_fen < decided_fen else (),
        warnings=frozenset(_warnings(first, verdict, standing, book)),
    )


def _as_of(
    decided: Snapshot,
    standing: Standing,
    card: Scorecard,
    book: PolicyBook,
    *,
    model_sha256: str,
) -> Snapshot:
    """Return what the scorecard would see if the smallest loan were asked for today."""
    months = _months_between(decided.decided_on, book.on)
    tenure = decided.phone_tenure_months
    carrier = decided.phone_months
    return msgspec.structs.replace(
        decided,
        decided_on=book.on,
        model_version=card.version,
        model_sha256=model_sha256,
        policy=policy_used(book, decided.offered, card),
        amount_fen=decided.offered.amount.min_fen,
        months=decided.offered.terms.typical,
        own_debt_fen=standing.monthly_fen,
        # The limit asked for is of all that may be owed, what is owed already included.
        exposure_fen=0,
        phone_tenure_months=None if tenure is None else tenure + months,
        phone_months=None if carrier is None else carrier + months,
        has_bureau_file=decided.has_bureau_file or standing.days_past_due > 0,
        bureau_late_count=decided.bureau_late_count + standing.late_months,
        bureau_late_now_days=standing.days_past_due,
        records_silent=(),
        fraud_signals=0,
        velocity=type(decided.velocity)(),
    )


def _warnings(
    first: Verdict, now: Verdict, standing: Standing, book: PolicyBook
) -> Iterable[WarningKind]:
    if standing.days_past_due:
        yield WarningKind.LATE
    if standing.misses_first:
        yield WarningKind.FIRST_PAYMENT_MISSED
    heavy_bp = now.features.get("debt_service_before_bp")
    if heavy_bp is not None and heavy_bp >= book.whole("debt_service_bp_max"):
        yield WarningKind.DEBT_HEAVY
    if first.score - now.score >= book.whole("warning_score_drop"):
        yield WarningKind.SCORE_FELL


def _months_between(since: date, until: date) -> int:
    months = (until.year - since.year) * 12 + until.month - since.month
    return max(0, months - (until.day < since.day))
