"""Terms and events as JSON values and back: whole fen, decimal strings, ISO dates, nothing else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache, partial
from types import NoneType, UnionType
from typing import TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.life.events import (
    ChargebackReceived,
    Charged,
    CouponApplied,
    CouponReversed,
    Deferred,
    Disbursed,
    Event,
    RateLowered,
    Recovered,
    Refunded,
    RefundReversed,
    Reopened,
    RepaymentReceived,
    RepaymentReversed,
    Rescheduled,
    Waived,
    WrittenOff,
)
from app.loanmath.life.state import LoanState
from app.loanmath.schedule.terms import Terms

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

EVENT_KINDS: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Disbursed,
        RepaymentReceived,
        RepaymentReversed,
        ChargebackReceived,
        Refunded,
        RefundReversed,
        Charged,
        Waived,
        RateLowered,
        Deferred,
        Rescheduled,
        CouponApplied,
        CouponReversed,
        WrittenOff,
        Recovered,
        Reopened,
    )
}
"""The name an event is recorded under, and its class."""

TEXT_MAX = 200
DECIMAL_TEXT_MAX = 40

T = TypeVar("T")
SomeChoice = TypeVar("SomeChoice", bound=StrEnum)


def terms_as_json(terms: Terms) -> dict[str, Json]:
    """Return the terms as JSON, every default written out, so a later default changes nothing."""
    return _as_fields(terms)


def terms_from_json(recorded: Mapping[str, object]) -> Terms:
    """
    Return the terms that were recorded, or written by hand; fields with a default may be left out.

    Raises:
        TermsRefused: A field is unknown, missing, of the wrong type, or makes no loan.
    """
    return _record(Terms, recorded, "")


def event_as_json(event: Event) -> dict[str, Json]:
    """Return an event as JSON, the name of what happened under `event`."""
    return {"event": type(event).__name__, **_as_fields(event)}


def event_from_json(recorded: Mapping[str, object]) -> Event:
    """
    Return the event that was recorded.

    Raises:
        EventRefused: The event or a field is unknown, a field is missing or of the wrong type.
    """
    event_id = str(recorded.get("id", "?"))[:TEXT_MAX]
    kind = EVENT_KINDS.get(str(recorded.get("event", "")))
    if kind is None:
        raise EventRefused(event_id, "event", "unknown")
    rest = {name: value for name, value in recorded.items() if name != "event"}
    try:
        return _record(kind, rest, "")
    except TermsRefused as refused:
        raise EventRefused(event_id, refused.field, refused.reason) from refused


def state_as_json(state: LoanState) -> dict[str, Json]:
    """Return a state as JSON, for showing; it is always derived anew, never read back."""
    return _as_fields(state)


def value_as_json(value: object) -> Json:
    """Return a value of the arithmetic, or a dataclass of such values, as JSON."""
    match value:
        case StrEnum() | None | bool() | int() | str() | Decimal() | date():
            return _scalar(value)
        case tuple():
            return [value_as_json(part) for part in cast("tuple[object, ...]", value)]
        case _:
            return _as_fields(value)


def _scalar(value: StrEnum | int | str | Decimal | date | None) -> Json:
    match value:
        case StrEnum():
            return value.value
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case _:
            return value


def _as_fields(value: object) -> dict[str, Json]:
    assert is_dataclass(value)
    return {field.name: value_as_json(getattr(value, field.name)) for field in fields(value)}


Reader: TypeAlias = Callable[[object, str], object]
"""Reads a value from JSON; the path says where it stands, for what is refused."""


def _record(kind: type[T], recorded: object, path: str) -> T:
    """Read one dataclass, naming what is wrong by its path."""
    if not isinstance(recorded, Mapping):
        raise TermsRefused(path or "terms", "not_an_object")
    given = {str(name): value for name, value in cast("Mapping[object, object]", recorded).items()}
    prefix = f"{path}." if path else ""
    known = _readers_of(kind)
    for name in given:
        if name not in known:
            raise TermsRefused(f"{prefix}{name[:TEXT_MAX]}", "unknown_field")
    values: dict[str, object] = {}
    for name, (reader, is_needed) in known.items():
        if name in given:
            values[name] = reader(given[name], f"{prefix}{name}")
        elif is_needed:
            raise TermsRefused(f"{prefix}{name}", "missing")
    return kind(**values)


@cache
def _readers_of(kind: type) -> dict[str, tuple[Reader, bool]]:
    """Return how each field of a dataclass is read, and whether it must be there."""
    hints = get_type_hints(kind)
    return {
        field.name: (_reader(hints[field.name]), field.default is MISSING) for field in fields(kind)
    }


@cache
def _reader(hint: object) -> Reader:
    """Make the reader of a type once: terms and events are read by the thousand."""
    if get_origin(hint) in {Union, UnionType}:
        inner = _reader(next(option for option in get_args(hint) if option is not NoneType))
        return lambda value, path: None if value is None else inner(value, path)
    if get_origin(hint) is tuple:
        return partial(_tuple, get_args(hint))
    assert isinstance(hint, type)
    if is_dataclass(hint):
        return partial(_record, hint)
    if issubclass(hint, StrEnum):
        return partial(choice_of, hint)
    if issubclass(hint, tuple):
        return partial(_named_tuple, hint, tuple(get_type_hints(hint).values()))
    return partial(_plain, hint)


def _named_tuple(
    kind: Callable[..., object], hints: tuple[object, ...], value: object, path: str
) -> object:
    return kind(*_tuple(hints, value, path))


def _tuple(hints: tuple[object, ...], value: object, path: str) -> tuple[object, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise TermsRefused(path, "not_a_list")
    parts = cast("Sequence[object]", value)
    if hints[-1] is ...:
        hints = (hints[0],) * len(parts)
    if len(hints) != len(parts):
        raise TermsRefused(path, "wrong_length")
    pairs = zip(hints, parts, strict=True)
    return tuple(_reader(hint)(part, f"{path}[{i}]") for i, (hint, part) in enumerate(pairs))


def choice_of(kind: type[SomeChoice], value: object, path: str) -> SomeChoice:
    """
    Read a choice by its name, in any case, with dashes and strokes for underscores.

    Raises:
        TermsRefused: It is none of them.
    """
    chosen = kind.__members__.get(value) if isinstance(value, str) else None
    if chosen is not None:
        return chosen
    name = str(value).upper().replace("-", "_").replace("/", "_") if isinstance(value, str) else ""
    chosen = kind.__members__.get(CHOICE_ALIASES.get(name, name))
    if chosen is None:
        raise TermsRefused(path, "not_a_choice")
    return chosen


CHOICE_ALIASES = {
    "30_360": "THIRTY_360",
    "30E_360": "THIRTY_E_360",
    "30U_360": "THIRTY_US_360",
    "ACT_365": "ACT_365F",
    "ACT_ACT": "ACT_ACT_1_JAN",
    "等额本息": "EQUAL_INSTALLMENT",
    "等额本金": "EQUAL_PRINCIPAL",
    "先息后本": "INTEREST_ONLY",
    "一次还本付息": "BULLET",
    "等本等息": "FLAT",
    "随借随还": "REVOLVING",
}
"""Names in the field's own writing that are no identifiers."""


def _plain(kind: type, value: object, path: str) -> object:
    try:
        if kind is bool and isinstance(value, bool):
            return value
        if kind is int and isinstance(value, int) and not isinstance(value, bool):
            return value
        if kind is str and isinstance(value, str) and len(value) <= TEXT_MAX:
            return value
        if kind is Decimal and isinstance(value, str | int) and not isinstance(value, bool):
            return _decimal(value)
        if kind is date and isinstance(value, str):
            return date.fromisoformat(value)
        if kind is datetime and isinstance(value, str):
            return _moment(value)
    except (ValueError, InvalidOperation):
        pass
    reasons = {
        bool: "not_true_or_false",
        int: "not_a_whole_number",
        str: "not_a_text",
        Decimal: "not_a_decimal_string",
        date: "not_an_iso_date",
        datetime: "not_an_iso_time_with_zone",
    }
    raise TermsRefused(path, reasons[kind])


def _decimal(value: str | int) -> Decimal:
    text = str(value)
    if len(text) > DECIMAL_TEXT_MAX:
        message = "longer than any rate"
        raise ValueError(message)
    return Decimal(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = "a time without its zone"
        raise ValueError(message)
    return moment
