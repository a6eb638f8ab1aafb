"""A plan with its totals and annualized rates as plain values, from options a person types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation, localcontext
from typing import cast

from app.loanmath.apr.of_terms import AnnualRates, DailyReadings, daily_readings, flows_of, rates_of
from app.loanmath.apr.solver import CONTEXT
from app.loanmath.calendar import WorkingDays
from app.loanmath.errors import EventRefused, NoRate, SeveralRates, TermsRefused
from app.loanmath.interest import DayCount
from app.loanmath.life.events import Event
from app.loanmath.life.fold import fold
from app.loanmath.life.state import LoanState
from app.loanmath.money import fen_of
from app.loanmath.record import (
    DECIMAL_TEXT_MAX,
    Json,
    event_from_json,
    state_as_json,
    terms_as_json,
    terms_from_json,
    value_as_json,
)
from app.loanmath.schedule.plan import amortize
from app.loanmath.schedule.terms import Terms

PERCENT_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One line of a quote; `balance_fen` is the principal left after it."""

    number: int
    due_on: date
    principal_fen: int
    interest_fen: int
    fee_fen: int
    total_fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """
    What a loan costs, whole.

    Attributes:
        terms: The terms it is for.
        rows: The plan.
        interest_fen: All interest.
        fee_fen: All fees.
        total_fen: Everything the borrower pays.
        rates: The four annualized rates; None where the flows have no rate, or several.
        daily: The year of the daily rate under its three readings, where one was given.
    """

    terms: Terms
    rows: tuple[QuoteRow, ...]
    interest_fen: int
    fee_fen: int
    total_fen: int
    rates: AnnualRates | None
    daily: DailyReadings | None = None

    def as_json(self) -> dict[str, Json]:
        """Return the quote for a machine: whole fen, decimal strings, ISO dates."""
        return {
            "terms": terms_as_json(self.terms),
            "rows": [value_as_json(row) for row in self.rows],
            "totals": {
                "principal_fen": self.terms.principal_fen,
                "interest_fen": self.interest_fen,
                "fee_fen": self.fee_fen,
                "total_fen": self.total_fen,
            },
            "annual_rates": value_as_json(self.rates) if self.rates else None,
            "daily_readings": value_as_json(self.daily) if self.daily else None,
        }


def quote(terms: Terms, daily_rate: Decimal | None = None) -> Quote:
    """
    Return the plan of the terms, its totals and its annualized rates.

    Raises:
        TermsRefused: The terms make no plan.
    """
    plan = amortize(terms)
    rows: list[QuoteRow] = []
    balance_fen = terms.principal_fen
    for row in plan:
        balance_fen -= row.principal_fen
        rows.append(
            QuoteRow(
                number=row.number,
                due_on=row.due_on,
                principal_fen=row.principal_fen,
                interest_fen=row.interest_fen,
                fee_fen=row.fee_fen,
                total_fen=row.total_fen,
                balance_fen=balance_fen,
            )
        )
    try:
        annual = rates_of(flows_of(terms, plan))
    except (NoRate, SeveralRates):
        annual = None
    return Quote(
        terms=terms,
        rows=tuple(rows),
        interest_fen=sum(row.interest_fen for row in plan),
        fee_fen=sum(row.fee_fen for row in plan),
        total_fen=sum(row.total_fen for row in plan),
        rates=annual,
        daily=None if daily_rate is None else daily_readings(daily_rate),
    )


def quote_of(document: Mapping[str, object]) -> Quote:
    """
    Return the quote for terms as a person writes them, in a file or as options.

    The document has the fields of `Terms`, with these short ways: `principal`, `installment` and a
    fee's `amount` in yuan ("10000.00") for the `_fen` fields; `rate` in percent a year ("14.4") or
    `daily_rate` in percent a day ("0.05", interest by the actual day) for `annual_rate`;
    `installments` for `count`; numbers may be text; dashes may stand for underscores.

    Raises:
        TermsRefused: A field is unknown, missing or wrong, or the terms make no plan.
    """
    fields = _by_name(document)
    daily_rate = _percent(fields, "daily_rate")
    return quote(terms_of(document), daily_rate)


def terms_of(document: Mapping[str, object]) -> Terms:
    """
    Return terms as a person writes them; see `quote_of`.

    Raises:
        TermsRefused: A field is unknown, missing or wrong.
    """
    fields = _by_name(document)
    daily_rate, rate = _percent(fields, "daily_rate"), _percent(fields, "rate")
    fields.pop("daily_rate", None)
    fields.pop("rate", None)
    if rate is not None:
        _put(fields, "annual_rate", f"{rate:f}", shorthand="rate")
    if daily_rate is not None:
        days = "360" if str(fields.get("day_count", "")).upper() in _OVER_360 else "365"
        with localcontext(CONTEXT):
            yearly = daily_rate * Decimal(days)
        fields.setdefault("day_count", DayCount.ACT_365F.value)
        _put(fields, "annual_rate", f"{yearly:f}", shorthand="daily_rate")
    if "installments" in fields:
        _put(fields, "count", fields.pop("installments"), shorthand="installments")
    _yuan_to_fen(fields, "principal", "")
    _yuan_to_fen(fields, "installment", "")
    if isinstance(fields.get("fees"), Sequence):
        fees = cast("Sequence[object]", fields["fees"])
        fields["fees"] = [_fee(fee, f"fees[{place}].") for place, fee in enumerate(fees)]
    return terms_from_json({name: _whole(name, value) for name, value in fields.items()})


def replay(
    document: Mapping[str, object],
    events: Sequence[object],
    on: date,
    working: WorkingDays | None = None,
) -> LoanState:
    """
    Follow a life written by hand to a date: terms as in `quote_of`, events as they are recorded.

    An event may leave out `id` (its place is taken) and `recorded_at` (its order in the list), and
    give `amount` in yuan.

    Raises:
        TermsRefused: A term is wrong.
        EventRefused: An event is wrong, or cannot happen to this loan.
    """
    read = [_event(event, place) for place, event in enumerate(events, 1)]
    return fold(terms_of(document), read, on, working)


def replay_as_json(state: LoanState) -> dict[str, Json]:
    """Return a replayed state for a machine."""
    return state_as_json(state)


_OVER_360 = frozenset({"ACT_360", "ACT/360"})


def _by_name(document: Mapping[str, object]) -> dict[str, object]:
    return {name.replace("-", "_"): v for name, v in document.items() if v is not None}


def _fee(fee: object, path: str) -> object:
    if not isinstance(fee, Mapping):
        return fee
    fields = _by_name(cast("Mapping[str, object]", fee))
    _yuan_to_fen(fields, "amount", path)
    return fields


def _event(event: object, place: int) -> Event:
    name = f"#{place}"
    if not isinstance(event, Mapping):
        raise EventRefused(name, "event", "not_an_object")
    fields = _by_name(cast("Mapping[str, object]", event))
    fields.setdefault("id", name)
    order = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=place)
    fields.setdefault("recorded_at", order.isoformat())
    try:
        _yuan_to_fen(fields, "amount", "")
    except TermsRefused as refused:
        raise EventRefused(str(fields["id"]), refused.field, refused.reason) from refused
    return event_from_json(fields)


def _yuan_to_fen(fields: dict[str, object], name: str, path: str) -> None:
    if name not in fields:
        return
    amount = fields.pop(name)
    try:
        fen = fen_of(str(amount)) if isinstance(amount, str | int) else None
    except ValueError:
        fen = None
    if fen is None:
        raise TermsRefused(f"{path}{name}", "not_an_amount_of_yuan")
    _put(fields, f"{name}_fen", fen, shorthand=f"{path}{name}")


def _percent(fields: Mapping[str, object], name: str) -> Decimal | None:
    """Read a percentage as the rate it is."""
    if name not in fields:
        return None
    text = str(fields[name])
    try:
        sign, digits, exponent = Decimal(text[:DECIMAL_TEXT_MAX]).as_tuple()
    except InvalidOperation as wrong:
        raise TermsRefused(name, "not_a_percentage") from wrong
    if not isinstance(exponent, int) or isinstance(fields[name], bool):
        raise TermsRefused(name, "not_a_percentage")
    return Decimal((sign, digits, exponent - PERCENT_DECIMALS))


def _put(fields: dict[str, object], name: str, value: object, *, shorthand: str) -> None:
    if name in fields:
        raise TermsRefused(shorthand, "given_twice")
    fields[name] = value


def _whole(name: str, value: object) -> object:
    """Read whole numbers that came as text; all else stays as it is."""
    if isinstance(value, str) and name not in _TEXTS and value.isascii() and value.isdigit():
        return int(value) if len(value) <= DECIMAL_TEXT_MAX else value
    return value


_TEXTS = frozenset({"annual_rate", "penalty_factor", "penalty_cap"})
