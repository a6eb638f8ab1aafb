"""The decision itself: a snapshot and a scorecard in, a verdict with its reasons out."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from app.catalog.rules import (
    STANDARD_TIER,
    Fault,
    HardRule,
    Mitigation,
    Outcome,
    Scorecard,
    Tier,
)
from app.loanmath.schedule import amortize, due_dates
from app.origination.rules.marking import MarkKind, feature_of
from app.origination.rules.picks import Pick, monthly_service_fen, picks_of
from app.origination.rules.snapshot import BASIS_POINTS, MITIGATIONS, Snapshot

SCORE_LOW = "SCORE_LOW"
AMOUNT_ABOVE_LIMIT = "AMOUNT_ABOVE_LIMIT"
DEBT_SERVICE_HIGH = "DEBT_SERVICE_HIGH"
INCOME_ABOVE_RECORDS = "INCOME_ABOVE_RECORDS"
BY_INCOME = frozenset({"monthly_income_fen", "debt_service_bp", "debt_service_before_bp"})
"""Features that less income changes; a rule about anything else is not explained by it."""
BP_MAX = 10_000_000
"""What debt service counts as where there is no income: a thousand times all of it."""

NEEDS_WORDS = (SCORE_LOW, AMOUNT_ABOVE_LIMIT, DEBT_SERVICE_HIGH)
"""Reasons a decision gives by itself, whatever a scorecard's rules and bins say."""

Features = Mapping[str, int | None]


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What came of it.

    Attributes:
        model_version: The scorecard's version.
        outcome: Approved, referred to a person, or declined.
        score: The base and every feature's points.
        tier: The price tier of the score.
        limit_fen: The most the borrower could have now.
        reasons: Up to four codes, the weightiest first; the scorecard has the words.
        features: What was looked at.
        points: What each scored feature gave.
        picks: What to offer if approved, now or after a person has looked.
    """

    model_version: int
    outcome: Outcome
    score: int
    tier: Tier
    limit_fen: int
    reasons: tuple[str, ...]
    features: dict[str, int | None]
    points: dict[str, int]
    picks: tuple[Pick, ...]

    def as_json(self) -> str:
        """Write it down; the same verdict always gives the same text."""
        return msgspec.json.encode(self, order="sorted").decode()


def verdict_from(text: str) -> Verdict:
    """Read back what `as_json` wrote."""
    return msgspec.json.decode(text, type=Verdict)


def decide(snapshot: Snapshot, card: Scorecard) -> Verdict:
    """Decide on an application: the same snapshot and scorecard always give the same verdict."""
    assert card.version == snapshot.model_version, "a snapshot is decided by its own scorecard"
    seen = features_of(snapshot)
    named = {one.name for one in (*card.features, *card.rule_features)}
    features = {name: value for name, value in seen.items() if name in named}
    points = {one.name: one.place(features[one.name]).points for one in card.features}
    points.update({f"mitigation_{one.code}": one.points for one in _mitigating(snapshot, card)})
    score = card.base_points + sum(points.values())
    rule = _rule_that_holds(snapshot, card, features)
    outcome = card.outcome_of(score) if rule is None else rule.outcome
    step = card.tier_of(score)
    limit_fen = _limit_fen(snapshot, card, score)
    picks: tuple[Pick, ...] = ()
    if outcome is not Outcome.DECLINE:
        picks = picks_of(
            snapshot, limit_fen=limit_fen, annual_rate=snapshot.offered.tiers[step.tier]
        )
    first = _first_reasons(snapshot, outcome, rule, limit_fen=limit_fen, picks=picks)
    if outcome is not Outcome.DECLINE and not picks:
        outcome, rule = Outcome.DECLINE, None
    if _is_trimmed(snapshot, card) and (outcome is Outcome.DECLINE or first):
        if rule is None:
            first = (INCOME_ABOVE_RECORDS, *first)
        elif any(condition.feature in BY_INCOME for condition in rule.when):
            first = (*first, INCOME_ABOVE_RECORDS)
    is_by_rule = rule is not None and outcome is Outcome.DECLINE
    lost = () if is_by_rule else _reasons_by_points(card, features)
    last = (SCORE_LOW,) if outcome is Outcome.DECLINE and not first else ()
    room = card.reasons_max - len(last)
    reasons = (*tuple(dict.fromkeys((*first, *lost)))[:room], *last)
    return Verdict(
        model_version=card.version,
        outcome=outcome,
        score=score,
        tier=step.tier,
        limit_fen=limit_fen,
        reasons=reasons,
        features=dict(features),
        points=points,
        picks=picks,
    )


FEATURE_NAMES = frozenset(
    {
        "age",
        "age_at_end",
        "agent_applications",
        "agent_bp",
        "bureau_active_loans",
        "bureau_late_count",
        "cooperative_years",
        "debt_service_before_bp",
        "debt_service_bp",
        "exposure_fen",
        "farm_area_mu",
        "farm_years",
        "fraud_signals",
        "income_fit_bp",
        "is_consumption_need",
        "is_student",
        "late_now_days",
        "merchant_months",
        "merchant_turnover_fen",
        "mobile_payment_turnover_fen",
        "monthly_income_fen",
        "phone_tenure_months",
        "region_economy_tier",
        "velocity_address",
        "velocity_applications",
        "velocity_bank_card",
        "velocity_device",
        "velocity_payee",
        "velocity_phone",
        "velocity_resident_id",
        "verified_income_fen",
    }
)
"""What `features_of` works out, and so what a scorecard may look at."""


def undecidable(card: Scorecard) -> Iterator[Fault]:
    """Name what no decision could do with a scorecard: look at the unknown, refuse unexplained."""
    for field, features in (("features", card.features), ("rule_features", card.rule_features)):
        for number, feature in enumerate(features):
            if feature.name not in FEATURE_NAMES:
                place = f"{field}[{number}].name"
                yield Fault(place, "feature_unknown", {"name": feature.name})
    for number, one in enumerate(card.mitigations):
        if one.code not in MITIGATIONS:
            yield Fault(f"mitigations[{number}].code", "mitigation_unknown", {"code": one.code})
    for code in NEEDS_WORDS:
        if code not in card.reasons:
            yield Fault("reasons", "reason_without_words", {"code": code})


def features_of(snapshot: Snapshot) -> Features:
    """Return every figure a scorecard may look at, as whole numbers; None where unknown."""
    rate = snapshot.offered.tiers[STANDARD_TIER]
    asked_fen = monthly_service_fen(snapshot, snapshot.amount_fen, snapshot.months, rate)
    last_due_on = due_dates(snapshot.terms(snapshot.amount_fen, snapshot.months, rate))[-1]
    has_file = snapshot.has_bureau_file
    return {
        "monthly_income_fen": snapshot.monthly_income_fen,
        "debt_service_bp": _bp(snapshot.other_debt_fen + asked_fen, snapshot.counted_income_fen),
        "debt_service_before_bp": _bp(snapshot.other_debt_fen, snapshot.counted_income_fen),
        "age": snapshot.age_on(snapshot.decided_on),
        "age_at_end": snapshot.age_on(last_due_on),
        "phone_tenure_months": snapshot.phone_tenure_months
        if snapshot.phone_months is None
        else snapshot.phone_months,
        "region_economy_tier": snapshot.region_economy_tier,
        "bureau_late_count": snapshot.bureau_late_count if has_file else None,
        "bureau_active_loans": snapshot.bureau_active_loans if has_file else None,
        "late_now_days": snapshot.bureau_late_now_days if has_file else None,
        "mobile_payment_turnover_fen": snapshot.mobile_payment_turnover_fen,
        "cooperative_years": snapshot.cooperative_years,
        "is_student": int(snapshot.is_student),
        "is_consumption_need": int(snapshot.offered.product.need.is_consumption),
        "exposure_fen": snapshot.exposure_fen,
        "fraud_signals": snapshot.fraud_signals,
        "income_fit_bp": _income_fit_bp(snapshot, rate),
        "verified_income_fen": snapshot.verified_income_fen,
        "farm_years": snapshot.farm_years,
        "farm_area_mu": snapshot.farm_area_mu,
        "merchant_months": snapshot.merchant_months,
        "merchant_turnover_fen": snapshot.merchant_turnover_fen,
        "velocity_applications": snapshot.velocity.applications,
        "velocity_device": snapshot.velocity.device,
        "velocity_phone": snapshot.velocity.phone,
        "velocity_resident_id": snapshot.velocity.resident_id,
        "velocity_bank_card": snapshot.velocity.bank_card,
        "velocity_address": snapshot.velocity.address,
        "velocity_payee": snapshot.velocity.payee,
        "agent_bp": snapshot.velocity.agent_bp,
        "agent_applications": snapshot.velocity.agent_applications,
    }


def _income_fit_bp(snapshot: Snapshot, rate: Decimal) -> int | None:
    """
    Return the part of the plan that falls due while income comes, in ten-thousandths.

    A payment fits in a month of income and in the one after it; None if no months were stated.
    """
    if not snapshot.income_months:
        return None
    fits = {*snapshot.income_months, *(month % 12 + 1 for month in snapshot.income_months)}
    plan = amortize(snapshot.terms(snapshot.amount_fen, snapshot.months, rate))
    total_fen = sum(row.total_fen for row in plan)
    fitting_fen = sum(row.total_fen for row in plan if row.due_on.month in fits)
    return fitting_fen * BASIS_POINTS // total_fen


def _is_trimmed(snapshot: Snapshot, card: Scorecard) -> bool:
    """Tell whether less than the stated income counted, and the scorecard has words for it."""
    is_less = snapshot.counted_income_fen < snapshot.monthly_income_fen
    return is_less and INCOME_ABOVE_RECORDS in card.reasons


def _mitigating(snapshot: Snapshot, card: Scorecard) -> list[Mitigation]:
    """Return what lowers the risk of this loan, as far as the scorecard counts it."""
    return [one for one in card.mitigations if one.code in snapshot.mitigations]


def _bp(part_fen: int, income_fen: int) -> int:
    """Return a part of income in ten-thousandths, rounded up."""
    if part_fen == 0:
        return 0
    return min(-(-part_fen * BASIS_POINTS // income_fen), BP_MAX) if income_fen else BP_MAX


def _rule_that_holds(snapshot: Snapshot, card: Scorecard, features: Features) -> HardRule | None:
    """Return the hard rule that speaks: a refusal before a referral, else in the card's order."""
    holding = [rule for rule in card.hard_rules if _holds(rule, snapshot, features)]
    return min(holding, key=lambda rule: rule.outcome is not Outcome.DECLINE, default=None)


def signs_of(snapshot: Snapshot, card: Scorecard) -> tuple[str, ...]:
    """Return the codes of every hard rule that holds, in the scorecard's order: for staff."""
    features = features_of(snapshot)
    return tuple(rule.code for rule in card.hard_rules if _holds(rule, snapshot, features))


def signs_of_marks(kinds: Sequence[str], card: Scorecard) -> tuple[str, ...]:
    """Return the codes of the hard rules about such marks, for staff: others carry them too."""
    features = {feature_of(MarkKind(kind)) for kind in kinds}
    return tuple(
        rule.code
        for rule in card.hard_rules
        if any(condition.feature in features for condition in rule.when)
    )


def _holds(rule: HardRule, snapshot: Snapshot, features: Features) -> bool:
    for condition in rule.when:
        value = features[condition.feature]
        figure = condition.value
        if condition.policy is not None:
            figure = snapshot.book.whole(condition.policy)
        assert figure is not None, "a condition has a figure or a policy value"
        if value is None or not condition.operator.holds(value, figure):
            return False
    return True


def _limit_fen(snapshot: Snapshot, card: Scorecard, score: int) -> int:
    """Return the most this person may have now: by income, by score, and by what they owe us."""
    step = card.tier_of(score)
    left_fen = snapshot.book.whole("person_limit_fen") - snapshot.exposure_fen
    by_income_fen = step.income_multiple * snapshot.counted_income_fen
    # Whoever stands behind a loan raises what the score allows, never what the income bears.
    most_bp = max((one.limit_bp for one in _mitigating(snapshot, card)), default=BASIS_POINTS)
    by_score_fen = step.limit_fen * most_bp // BASIS_POINTS
    return max(0, min(by_score_fen, by_income_fen, left_fen))


def _first_reasons(
    snapshot: Snapshot,
    outcome: Outcome,
    rule: HardRule | None,
    *,
    limit_fen: int,
    picks: tuple[Pick, ...],
) -> tuple[str, ...]:
    """Return what weighs more than any points: a rule, or that the asked amount does not fit."""
    if rule is not None:
        return (rule.reason,)
    if outcome is Outcome.DECLINE:
        return ()
    if snapshot.amount_fen > limit_fen:
        return (AMOUNT_ABOVE_LIMIT,)
    return () if picks and picks[0].amount_fen == snapshot.amount_fen else (DEBT_SERVICE_HIGH,)


def _reasons_by_points(card: Scorecard, features: Features) -> tuple[str, ...]:
    """Return the codes of features that lost points, the most lost first, else in card order."""
    lost: list[tuple[int, str]] = []
    for feature in card.features:
        place = feature.place(features[feature.name])
        if place.reason is not None:
            lost.append((place.points - feature.points_max, place.reason))
    return tuple(reason for _, reason in sorted(lost, key=lambda one: one[0]))
