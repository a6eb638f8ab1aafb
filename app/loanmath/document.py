"""Terms and events as a person writes them: yuan, percent, dashes, and what may be left out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation, localcontext
from typing import cast

from app.loanmath.apr.solver import CONTEXT
from app.loanmath.calendar import ListedDays
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.interest import DayCount
from app.loanmath.life.events import Event
from app.loanmath.money import fen_of
from app.loanmath.record import DECIMAL_TEXT_MAX, choice_of, event_from_json, terms_from_json
from app.loanmath.schedule.terms import Terms
from app.loanmath.waterfall import DueKind, Step, Timing, Waterfall

PERCENT_DECIMALS = 2
WEEKEND = (6, 7)
"""Saturday and Sunday, as ISO numbers days of the week."""

_DAYS_OF_THE_YEAR = {
    DayCount.ACT_360: 360,
    DayCount.THIRTY_360: 360,
    DayCount.THIRTY_US_360: 360,
    DayCount.THIRTY_E_360: 360,
    DayCount.ACT_364: 364,
}
"""The days a yearly rate is made of where its day count does not divide by 365."""


def terms_of(document: Mapping[str, object]) -> Terms:
    """
    Return terms as a person writes them, in a file or as options.

    The document has the fields of `Terms`, with these short ways:

    - `principal`, `installment`, `down_payment`, and `amount` in `fees`, `early_fee` and
      `drawdowns`, in yuan ("10000.00"), for the `_fen` fields;
    - `rate` in percent a year ("14.4"), or `daily_rate` in percent a day ("0.05", interest by the
      actual day unless `day_count` says else), for `annual_rate`; `percent` in `fees` and
      `early_fee` for their `rate`;
    - `installments` for `count`;
    - `waterfall` as `{"kinds": [...], "direction": ...}`, or with `steps` such as
      "PAST_DUE INTEREST"; what is left out comes first.

    Numbers may be text; dashes may stand for underscores.

    Raises:
        TermsRefused: A field is unknown, missing or wrong.
    """
    fields = _by_name(document)
    fields.pop("working_days", None)
    rate, daily_rate = _percent(fields, "rate", ""), daily_rate_of(document)
    fields.pop("rate", None)
    fields.pop("daily_rate", None)
    if rate is not None:
        _put(fields, "annual_rate", f"{rate:f}", shorthand="rate")
    if daily_rate is not None:
        _put_daily_rate(fields, daily_rate)
    if "installments" in fields:
        _put(fields, "count", fields.pop("installments"), shorthand="installments")
    for name in ("principal", "installment", "down_payment"):
        _yuan_to_fen(fields, name, "")
    fields.update(
        {
            name: [read(one, f"{name}[{place}].") for place, one in enumerate(_items(fields[name]))]
            for name, read in (("fees", _charge), ("drawdowns", _drawdown))
            if _is_list(fields.get(name))
        }
    )
    if "early_fee" in fields:
        fields["early_fee"] = _charge(fields["early_fee"], "early_fee.")
    if isinstance(fields.get("waterfall"), Mapping):
        fields["waterfall"] = _waterfall(
            _by_name(cast("Mapping[str, object]", fields["waterfall"]))
        )
    return terms_from_json({name: _whole(name, value) for name, value in fields.items()})


def daily_rate_of(document: Mapping[str, object]) -> Decimal | None:
    """
    Return the daily rate of a document, 0.0005 for "0.05" percent; None where it has none.

    Raises:
        TermsRefused: It is no percentage.
    """
    return _percent(_by_name(document), "daily_rate", "")


def working_days_of(document: Mapping[str, object]) -> ListedDays | None:
    """
    Return the working days that a document lists; None where it lists none.

    `working_days` holds `holidays` and `make_up_workdays`, lists of dates, and `weekend`, the days
    of the week off, Monday being 1; Saturday and Sunday unless said.

    Raises:
        TermsRefused: A field is unknown or wrong.
    """
    listed = _by_name(document).get("working_days")
    if listed is None:
        return None
    if not isinstance(listed, Mapping):
        raise TermsRefused("working_days", "not_an_object")
    fields = _by_name(cast("Mapping[str, object]", listed))
    for name in fields:
        if name not in {"holidays", "make_up_workdays", "weekend"}:
            raise TermsRefused(f"working_days.{name}", "unknown_field")
    weekend = fields.get("weekend", WEEKEND)
    weekend = _items(weekend) if _is_list(weekend) else (0,)
    if not all(isinstance(day, int) and 1 <= day <= 7 for day in weekend) or len(weekend) > 6:  # noqa: PLR2004 - a week, in which somebody works
        raise TermsRefused("working_days.weekend", "out_of_range")
    return ListedDays(
        holidays=_dates(fields, "holidays"),
        make_up_workdays=_dates(fields, "make_up_workdays"),
        weekend=frozenset(cast("Sequence[int]", weekend)),
    )


def events_of(written: Sequence[object]) -> list[Event]:
    """
    Return events as a person writes them.

    An event may leave out `id` (its place in the list is taken: "#2") and `recorded_at` (its order
    in the list). `amount` and `installment` are in yuan, `rate` in percent a year.

    Raises:
        EventRefused: An event is wrong.
    """
    return [_event(event, place) for place, event in enumerate(written, 1)]


def _by_name(document: Mapping[str, object]) -> dict[str, object]:
    return {name.replace("-", "_"): v for name, v in document.items() if v is not None}


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _items(value: object) -> Sequence[object]:
    return cast("Sequence[object]", value)


def _put_daily_rate(fields: dict[str, object], daily_rate: Decimal) -> None:
    fields.setdefault("day_count", DayCount.ACT_365F.value)
    counted = choice_of(DayCount, fields["day_count"], "day_count")
    with localcontext(CONTEXT):
        yearly = daily_rate * _DAYS_OF_THE_YEAR.get(counted, 365)
    _put(fields, "annual_rate", f"{yearly:f}", shorthand="daily_rate")


def _charge(charge: object, path: str) -> object:
    if not isinstance(charge, Mapping):
        return charge
    fields = _by_name(cast("Mapping[str, object]", charge))
    _yuan_to_fen(fields, "amount", path)
    percent = _percent(fields, "percent", path)
    if percent is not None:
        del fields["percent"]
        _put(fields, "rate", f"{percent:f}", shorthand=f"{path}percent")
    return fields


def _drawdown(drawdown: object, path: str) -> object:
    if not isinstance(drawdown, Mapping):
        return drawdown
    fields = _by_name(cast("Mapping[str, object]", drawdown))
    _yuan_to_fen(fields, "amount", path)
    for name in ("on", "amount_fen"):
        if name not in fields:
            raise TermsRefused(f"{path}{name}", "missing")
    for name in fields:
        if name not in {"on", "amount_fen"}:
            raise TermsRefused(f"{path}{name}", "unknown_field")
    return [fields["on"], fields["amount_fen"]]


def _waterfall(fields: dict[str, object]) -> object:
    """Write an order of kinds, or steps, out in full; all else is read as it is recorded."""
    if "kinds" in fields and _is_list(fields["kinds"]):
        kinds = [
            choice_of(DueKind, kind, f"waterfall.kinds[{place}]")
            for place, kind in enumerate(_items(fields.pop("kinds")))
        ]
        steps = [[*step] for step in Waterfall.of_kinds(*kinds).steps]
        if "steps" in fields:
            raise TermsRefused("waterfall.kinds", "given_twice")
        fields["steps"] = steps
    elif _is_list(fields.get("steps")):
        named = [
            _step(step, f"waterfall.steps[{place}]")
            for place, step in enumerate(_items(fields["steps"]))
        ]
        left_out = [step for step in map(list, Waterfall.of_kinds().steps) if step not in named]
        fields["steps"] = [*left_out, *named]
    return fields


def _step(step: object, path: str) -> object:
    """Read a bucket from its two words, apart or in one text in either order."""
    words = step.upper().replace("-", "_").split() if isinstance(step, str) else step
    if not _is_list(words) or len(_items(words)) != len(Step._fields):
        return step
    first, second = _items(words)
    if str(first).upper() in DueKind.__members__:
        first, second = second, first
    return [choice_of(Timing, first, path), choice_of(DueKind, second, path)]


def _dates(fields: Mapping[str, object], name: str) -> frozenset[date]:
    try:
        return frozenset(date.fromisoformat(str(day)) for day in _items(fields.get(name, ())))
    except (TypeError, ValueError) as wrong:
        raise TermsRefused(f"working_days.{name}", "not_iso_dates") from wrong


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
        _yuan_to_fen(fields, "installment", "")
        rate = _percent(fields, "rate", "")
        if rate is not None:
            del fields["rate"]
            _put(fields, "annual_rate", f"{rate:f}", shorthand="rate")
    except TermsRefused as refused:
        raise EventRefused(str(fields["id"]), refused.field, refused.reason) from refused
    return event_from_json(fields)


def _yuan_to_fen(fields: dict[str, object], name: str, path: str) -> None:
    if name not in fields:
        return
    amount = fields.pop(name)
    try:
        is_amount = isinstance(amount, str | int) and not isinstance(amount, bool)
        fen = fen_of(str(amount)) if is_amount else None
    except ValueError:
        fen = None
    if fen is None:
        raise TermsRefused(f"{path}{name}", "not_an_amount_of_yuan")
    _put(fields, f"{name}_fen", fen, shorthand=f"{path}{name}")


def _percent(fields: Mapping[str, object], name: str, path: str) -> Decimal | None:
    """Read a percentage as the rate it is."""
    if name not in fields:
        return None
    text = str(fields[name])
    try:
        sign, digits, exponent = Decimal(text[:DECIMAL_TEXT_MAX]).as_tuple()
    except InvalidOperation as wrong:
        raise TermsRefused(f"{path}{name}", "not_a_percentage") from wrong
    if not isinstance(exponent, int) or isinstance(fields[name], bool):
        raise TermsRefused(f"{path}{name}", "not_a_percentage")
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
