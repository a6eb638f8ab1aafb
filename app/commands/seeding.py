"""Seeding the demo: its service desk, and a loan that has been running for a while."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import httpx

from app import worker
from app.commands.personas import Persona, StaffPersona, desk
from app.commands.phoning import Phone
from app.commands.story import Story
from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.clock import FixedClock, local_date
from app.foundation.database import business_date
from app.foundation.database.migrating import missing_migrations
from app.identity import operations as identity
from app.identity import queries as identities
from app.identity.errors import StaffNameTaken
from app.identity.rules import EnrollStaff
from app.main import Outside, app_over, connected, opened, outside_of
from app.settings import Settings

DAYS_RUNNING = 40
"""One installment paid, the next one three weeks away."""


async def seed(settings: Settings, *, running_loan: Persona, staff: Sequence[StaffPersona]) -> None:
    """
    Seed what is not there yet: the desk always, the running loan in an empty database only.

    The loan's past is lived, not written: the persona's phone talks to the app in this process
    while a clock that starts forty days ago is moved to today.
    """
    if await _is_seeded(settings, running_loan):
        return
    clock = FixedClock(datetime.now(UTC) - timedelta(days=DAYS_RUNNING))
    async with opened(settings, clock=clock):
        await enroll_desk(staff)
        is_new = await business_date() == local_date(clock.now())
        if is_new and not await identities.borrower_ids_by_phone(running_loan.phone):
            await _live(settings, clock, running_loan)


async def _is_seeded(settings: Settings, running_loan: Persona) -> bool:
    """Tell whether the persona is there, and so the desk before it; this makes a restart short."""
    async with connected(settings) as database:
        if await missing_migrations(database):
            return False
        return bool(await identities.borrower_ids_by_phone(running_loan.phone))


async def enroll_desk(staff: Sequence[StaffPersona] | None = None) -> None:
    """Enroll the demo's service desk in the database that is open; who is there stays."""
    for one in desk() if staff is None else staff:
        await _enroll(one)


async def _enroll(staff: StaffPersona) -> None:
    try:
        await identity.enroll_staff(
            EnrollStaff(
                name=staff.name,
                password=staff.password,
                role=StaffRole(staff.role),
                totp_secret=staff.totp_secret,
            )
        )
    except StaffNameTaken:
        return


async def _live(settings: Settings, clock: FixedClock, persona: Persona) -> None:
    outside = outside_of(settings, clock)
    story = _story(settings, outside, clock, persona)
    await story.sign_in()
    await story.complete_profile()
    await story.choose_product()
    await story.apply()
    await story.decision()
    await story.choose_offer()
    await story.read_certificate()
    await story.sign()
    await story.money()
    first_due_on = await _first_due_on(story)
    today = local_date(datetime.now(UTC))
    while (day := await business_date() + timedelta(days=1)) <= today:
        clock.advance(timedelta(days=1))
        await worker.close_days(day)
        await outbox.drain()
        if day == first_due_on:
            await story.sign_in()
            await story.pay_what_is_due()


async def _first_due_on(story: Story) -> date:
    loan = (await story.phone.run("loan", id=story.loan_id))["loan"]
    return date.fromisoformat(loan["installments"][0]["dueOn"])


def _story(settings: Settings, outside: Outside, clock: FixedClock, persona: Persona) -> Story:
    async def pause(seconds: float) -> None:
        clock.advance(timedelta(seconds=max(seconds, 1)))
        await outbox.drain()
        await worker.settle(outside.ports)

    app = app_over(settings, outside)
    phone = Phone(settings.address, pause=pause, transport=httpx.ASGITransport(app))
    return Story(phone=phone, persona=persona)
