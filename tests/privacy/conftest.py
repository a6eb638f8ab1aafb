"""Borrowers with applications and loans, and a phone that speaks the app's own operations."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from app.foundation.caller import BorrowerCaller, Caller, StaffCaller
from app.foundation.clock import FixedClock
from app.foundation.database import business_date
from app.foundation.graphql import Context
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from tests.origination.conftest import small_catalog, world

__all__ = ["small_catalog", "world"]

OPERATIONS = Path(__file__).parents[2] / "fixtures" / "operations"
SESSION = "ss00000mei000000"
Ask = Callable[..., Awaitable[Any]]


def _context(caller: Caller, clock: FixedClock, language: str, today: Any) -> Context:  # noqa: ANN401 - a date
    return Context(caller=caller, language=language, now=clock.now(), today=today)


@pytest.fixture
def phone(clock: FixedClock) -> Ask:
    """Send one of the app's own borrower operations as somebody; return its one field."""

    async def ask(
        operation: str, borrower_id: str, *, language: str = "zh-Hans", **variables: object
    ) -> Any:  # noqa: ANN401 - an answer's data
        document = (OPERATIONS / "borrower" / f"{operation}.graphql").read_text("utf-8")
        caller = BorrowerCaller(borrower_id=borrower_id, session_id=SESSION)
        context = _context(caller, clock, language, await business_date())
        answer = await BORROWER_SCHEMA.execute(
            document, variable_values=variables, context_value=context
        )
        assert answer.errors is None, answer.errors
        assert answer.data is not None
        (told,) = answer.data.values()
        return told

    return ask


@pytest.fixture
def desk(clock: FixedClock) -> Ask:
    """Send one of the app's own staff operations as somebody; return its one field."""

    async def ask(operation: str, caller: StaffCaller, **variables: object) -> Any:  # noqa: ANN401 - an answer's data
        document = (OPERATIONS / "staff" / f"{operation}.graphql").read_text("utf-8")
        context = _context(caller, clock, "zh-Hans", await business_date())
        answer = await STAFF_SCHEMA.execute(
            document, variable_values=variables, context_value=context
        )
        assert answer.errors is None, answer.errors
        assert answer.data is not None
        (told,) = answer.data.values()
        return told

    return ask
