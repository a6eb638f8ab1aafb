"""Structured logs: events with ids and counts, never a personal value."""

import logging
import sys

import structlog

PERSONAL_KEYS = frozenset(
    {
        "phone", "name", "resident_id", "bank_card", "income", "address", "code", "pin",
        "password", "token", "access_token", "refresh_token", "text", "body", "query", "variables",
    }
)  # fmt: skip
"""Keys whose values are blanked even if a caller forgets the rule."""


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the module's logger; its methods take an event name and ids or counts."""
    return structlog.get_logger(name)


def configure_logging(*, as_json: bool, level: str = "INFO") -> None:
    """
    Send everything to standard error, as JSON lines or as text for a person.

    Libraries that log through `logging` are held to warnings: their debug lines quote SQL values.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s", force=True)
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
            blank_personal_values,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def blank_personal_values(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Replace the value of any key that names something personal."""
    for key in PERSONAL_KEYS & event.keys():
        event[key] = "…"
    return event
