"""Nothing personal reaches a log: not by a key, not by an exception, not through a library."""

import asyncio
import contextlib
import gc
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import structlog

from app.foundation.log import blank_personal_values, configure_logging, logger, place_of

PHONE = "13800138000"
ROOT = Path(__file__).parents[2]

Lines = list[dict[str, object]]


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)
    structlog.reset_defaults()


def printed(capfd: pytest.CaptureFixture[str]) -> Lines:
    text = capfd.readouterr().err
    assert PHONE not in text
    return [json.loads(line) for line in text.splitlines()]


def test_logs_blank_what_names_something_personal(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(as_json=True)
    logger("test").info("seen", phone=PHONE, loan_id="ln1")
    (line,) = printed(capfd)
    assert (line["event"], line["phone"], line["loan_id"]) == ("seen", "…", "ln1")


def test_what_is_personal_is_blanked_at_any_depth() -> None:
    event = {"event": "x", "about": {"name": PHONE, "rows": [{"text": PHONE, "count": 1}, ("y",)]}}
    assert blank_personal_values(None, "info", event) == {
        "event": "x",
        "about": {"name": "…", "rows": [{"text": "…", "count": 1}, ["y"]]},
    }


def fail() -> None:
    try:
        refuse()
    except asyncpg.UniqueViolationError as cause:
        raise ValueError(PHONE) from cause


def refuse() -> None:
    raise asyncpg.UniqueViolationError(f"Key (phone)=({PHONE}) already exists")


def test_an_exception_is_told_by_type_and_place(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(as_json=True)
    caught: ValueError | None = None
    try:
        fail()
    except ValueError as failure:
        caught = failure
        logger("test").exception("failed")
    assert caught is not None
    logger("test").error("failed", exc_info=caught)
    logger("test").error("failed", exc_info=(ValueError, caught, caught.__traceback__))
    lines = printed(capfd)
    assert len({str(line["exception"]) for line in lines}) == 1
    told = lines[0]["exception"]
    assert isinstance(told, list)
    assert [str(one).split(" at ")[0] for one in told] == ["ValueError", "UniqueViolationError"]
    assert place_of(caught).startswith(__name__)


def test_a_group_of_exceptions_is_told_one_by_one(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(as_json=True)
    group = ExceptionGroup(PHONE, [ValueError(PHONE), KeyError(PHONE)])
    logger("test").error("failed", exc_info=group)
    logger("test").error("failed", exc_info=None)
    first, second = printed(capfd)
    assert first["exception"] == [
        "ExceptionGroup at nowhere",
        "ValueError at nowhere",
        "KeyError at nowhere",
    ]
    assert "exception" not in second


def test_libraries_are_heard_from_warnings_up_and_without_values(
    capfd: pytest.CaptureFixture[str],
) -> None:
    configure_logging(as_json=True)
    library = logging.getLogger("library")
    library.info("quiet %s", PHONE)
    library.warning("careful with %s", PHONE)
    library.warning(f"careful with {PHONE}")
    library.error(ValueError(PHONE))
    try:
        fail()
    except ValueError:
        library.exception("failed for %s", PHONE)
    lines = printed(capfd)
    assert [(line["level"], line["words"]) for line in lines] == [
        ("warning", "careful with %s"),
        ("warning", "…"),
        ("error", "…"),
        ("error", "failed for %s"),
    ]
    assert "ValueError at" in str(lines[-1]["exception"])


def test_a_task_nobody_waited_for_tells_no_value(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(as_json=True)

    async def leave_a_failure() -> None:
        task = asyncio.create_task(asyncio.to_thread(fail))
        await asyncio.wait([task])

    asyncio.run(leave_a_failure())
    gc.collect()
    (line,) = printed(capfd)
    assert line["words"] == "Task exception was never retrieved"


def test_people_read_text(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(as_json=False)
    logger("test").warning("seen", loan_id="ln1")
    assert "loan_id=ln1" in capfd.readouterr().err


class Broken(io.StringIO):
    """A standard error whose other end is gone."""

    def write(self, _text: str, /) -> int:
        raise BrokenPipeError


def test_a_line_that_cannot_be_written_stops_nobody() -> None:
    configure_logging(as_json=True)
    with contextlib.redirect_stderr(Broken()):
        logger("test").warning("seen")


def test_what_ends_a_process_is_told_by_type(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging(as_json=True)
    sys.excepthook(ValueError, ValueError(PHONE), None)
    (line,) = printed(capfd)
    assert (line["event"], line["exception"]) == ("crashed", ["ValueError at nowhere"])
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capfd.readouterr().err == "KeyboardInterrupt\n"


@pytest.mark.parametrize(
    ("failure", "told"),
    [("ValueError('13800138000')", '"event": "crashed"'), ("KeyboardInterrupt", "KeyboardInt")],
)
def test_a_process_that_dies_says_why_without_values(failure: str, told: str) -> None:
    program = (
        "from app.foundation.log import configure_logging\n"
        "configure_logging(as_json=True)\n"
        f"raise {failure}\n"
    )
    died = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert died.returncode != 0
    assert told in died.stderr
    assert PHONE not in died.stderr
