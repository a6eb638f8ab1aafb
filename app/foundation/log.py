"""Structured logs: events with ids and counts, never a personal value."""

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, cast

import structlog

PERSONAL_KEYS = frozenset(
    {
        "phone", "name", "resident_id", "bank_card", "income", "address", "code", "pin",
        "openid", "wallet", "login_code", "package", "prepay_id", "parameters",
        "password", "token", "access_token", "refresh_token", "text", "body", "query", "variables",
    }
)  # fmt: skip
"""Keys whose values are blanked, at any depth, even if a caller forgets the rule."""

FRAMES_MAX = 8


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the module's logger; its methods take an event name and ids or counts."""
    return structlog.get_logger(name)


def configure_logging(*, as_json: bool, level: str = "INFO") -> None:
    """
    Send everything to standard error, as JSON lines or as text for a person.

    An exception is told by type and place: its text may quote a value, as PostgreSQL's do.
    Libraries that log through `logging` are held to warnings, and to the message they wrote
    before any value was put into it. Where logs are JSON, a process that dies says why likewise.
    """
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            tell_exceptions_by_place,
            blank_personal_values,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=StandardError,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[LibraryRecords()], force=True)
    if as_json:
        sys.excepthook = _crashed


class StandardError:
    """Writes lines to standard error; one that cannot be written stops nobody's work."""

    def __init__(self, *_arguments: object) -> None:
        """Take nothing of what structlog hands a logger."""

    def msg(self, line: str) -> None:
        """Write a line to whatever standard error is now."""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


class LibraryRecords(logging.Handler):
    """Passes what libraries log on to our own log, without the values they put in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log where it comes from, and its words if they are not made up at run time."""
        logger(record.name).log(
            logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING,
            "library_record",
            logger=record.name,
            place=f"{record.module}:{record.lineno}",
            words=_words_of(record),
            exc_info=record.exc_info,
        )


def _words_of(record: logging.LogRecord) -> str:
    """Return a template before its arguments, or asyncio's headline; the rest may hold values."""
    if record.args and isinstance(record.msg, str):
        return record.msg
    return str(record.msg).partition("\n")[0] if record.name == "asyncio" else "…"


def blank_personal_values(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Replace the value of any key that names something personal."""
    return {key: _blanked(key, value) for key, value in event.items()}


def _blanked(key: object, value: object) -> object:
    if key in PERSONAL_KEYS:
        return "…"
    if isinstance(value, Mapping):
        inner = cast("Mapping[object, object]", value)
        return {name: _blanked(name, one) for name, one in inner.items()}
    if isinstance(value, list | tuple):
        return [_blanked(None, one) for one in cast("list[object]", value)]
    return value


def tell_exceptions_by_place(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Replace an exception by the types and places it came through."""
    given: Any = event.pop("exc_info", None)
    failure = sys.exc_info()[1] if given is True else given[1] if type(given) is tuple else given
    if isinstance(failure, BaseException):
        event["exception"] = list(_told(failure))
    return event


def place_of(failure: BaseException) -> str:
    """Name the innermost line a failure came from, such as `app.payments.rules:41`."""
    return _places(failure.__traceback__)[-1]


def _told(failure: BaseException) -> Iterator[str]:
    """Tell a failure, then those within it, then the one it came from."""
    yield f"{type(failure).__name__} at {' > '.join(_places(failure.__traceback__))}"
    if isinstance(failure, BaseExceptionGroup):
        for one in cast("BaseExceptionGroup[BaseException]", failure).exceptions:
            yield from _told(one)
    before = failure.__cause__ or failure.__context__
    if before is not None:
        yield from _told(before)


def _places(trace: TracebackType | None) -> list[str]:
    frames = [
        f"{frame.f_globals.get('__name__', '')}:{line}" for frame, line in traceback.walk_tb(trace)
    ]
    return frames[-FRAMES_MAX:] or ["nowhere"]


def _crashed(
    kind: type[BaseException], failure: BaseException, trace: TracebackType | None
) -> None:
    """End as any program does when interrupted, and tell of any other end by type and place."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, failure, trace)
        return
    logger(__name__).critical("crashed", exc_info=failure)
