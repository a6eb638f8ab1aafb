"""What collectors do: ask leave for contacts at all hours, lawful or not, and write them down."""

from datetime import timedelta

from app.collections import operations as collections
from app.collections.operations import (
    AdvanceCase,
    AssignCase,
    ContestContact,
    Promised,
    PromiseToPay,
    RecordAttempt,
    RequestPermit,
)
from app.collections.rules import (
    CaseState,
    ContactChannel,
    ContactOutcome,
    ContactPerson,
    ContactPurpose,
    ContestReason,
    Stage,
)
from app.commands.simulation.serving import agents, supervisors
from app.commands.simulation.world import World
from app.foundation.caller import StaffCaller
from app.foundation.database import fetch
from app.servicing import queries as loans
from app.servicing.rules import LoanRef

AGENCY = "zhenghe_service"
BY_DAY, BY_NIGHT = 22, 7
"""Of a hundred open cases, how many somebody wants to contact in one of the day's waves."""
INSISTING = 10
"""Of a hundred contacts, how many are followed by five more at once."""
LAWLESS = 0.3
"""How many of those refused try to write a contact down all the same."""
CONTESTED = 3
PROMISES = 4
VOICE = {
    ContactOutcome.NO_ANSWER: 45,
    ContactOutcome.REACHED: 30,
    ContactOutcome.PROMISED: 12,
    ContactOutcome.REFUSED: 6,
    ContactOutcome.ASKED_FOR_HARDSHIP: 4,
    ContactOutcome.DISPUTED: 2,
    ContactOutcome.WRONG_PERSON: 1,
}
CHANNELS = {
    ContactChannel.VOICE: 75,
    ContactChannel.SMS: 12,
    ContactChannel.LETTER: 8,
    ContactChannel.VISIT: 5,
}
PURPOSES = {
    ContactPurpose.REMIND: 55,
    ContactPurpose.OFFER_RELIEF: 30,
    ContactPurpose.FIRM_NOTICE: 10,
    ContactPurpose.FOLLOW_PROMISE: 5,
}


async def assign_cases(world: World) -> None:
    """Give cases that nobody has to somebody; pass a few of the oldest on to an agency."""
    rows = await fetch(
        "SELECT id, assigned_to, bucket, stage FROM collection_case WHERE open_key IS NOT NULL"
        " AND (assigned_to IS NULL OR bucket IN ('DAYS_61_90', 'DAYS_OVER_90')) ORDER BY id"
    )
    lead = supervisors(world)[0]
    for row in rows:
        if row["assigned_to"] is None:
            await world.doing("assign a case", _assign(world, lead, row["id"]))
        elif row["stage"] != Stage.AGENCY and world.chance.randrange(100) < 8:  # noqa: PLR2004 - of a hundred
            stage = Stage.FIRM_NOTICE if row["stage"] == Stage.CARE else Stage.AGENCY
            advancing = AdvanceCase(
                caller_id=lead.staff_id,
                case_id=row["id"],
                stage=stage,
                idempotency_key=world.key("advance"),
            )
            await world.doing("pursue more firmly", collections.advance_case(lead, advancing))
            if stage is Stage.AGENCY:
                await world.doing("pass to an agency", _assign(world, lead, row["id"], AGENCY))


async def _assign(world: World, lead: StaffCaller, case_id: str, agency: str | None = None) -> None:
    to_staff = None if agency else world.chance.choice(agents(world)).staff_id
    await collections.assign_case(
        lead,
        AssignCase(
            caller_id=lead.staff_id,
            case_id=case_id,
            to_staff=to_staff,
            to_agency=agency,
            idempotency_key=world.key("assign"),
        ),
    )


async def contact_some(world: World, *, percent: int) -> None:
    """Let collectors try to reach some of those who are late, whatever the hour."""
    rows = await fetch(
        "SELECT id, assigned_to, is_with_agency FROM collection_case"
        " WHERE open_key IS NOT NULL AND assigned_to IS NOT NULL ORDER BY id"
    )
    count = world.times(f"contact {percent}", len(rows) * percent / 100)
    for row in world.chance.sample(rows, min(count, len(rows))):
        insists = world.chance.randrange(100) < INSISTING
        for _ in range(6 if insists else 1):
            await world.doing("contact", _contact(world, row))


async def _contact(world: World, row: dict[str, object]) -> None:
    chance = world.chance
    is_agency = bool(row["is_with_agency"])
    staff = agents(world)
    who = next((one for one in staff if one.staff_id == row["assigned_to"]), staff[0])
    channel = chance.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    permit = await collections.request_permit(
        who,
        RequestPermit(
            caller_id=who.staff_id,
            case_id=str(row["id"]),
            channel=channel,
            purpose=chance.choices(list(PURPOSES), list(PURPOSES.values()))[0],
            person=ContactPerson.RELATIVE if chance.randrange(100) < 3 else ContactPerson.DEBTOR,  # noqa: PLR2004 - of a hundred
            agency=AGENCY if is_agency else None,
            idempotency_key=world.key("permit"),
        ),
    )
    for reason in permit.reasons:
        world.done[f"permit refused: {reason.value}"] += 1
    if permit.reasons and not world.times("contact without leave", LAWLESS):
        return
    await _record(world, who, permit.permit_id, channel, str(row["id"]))


async def _record(
    world: World, who: StaffCaller, permit_id: str, channel: ContactChannel, case_id: str
) -> None:
    chance = world.chance
    outcome, promised = ContactOutcome.SENT, None
    if channel in {ContactChannel.VOICE, ContactChannel.VISIT}:
        outcome = chance.choices(list(VOICE), list(VOICE.values()))[0]
    if outcome is ContactOutcome.PROMISED:
        promised = await _promise(world, case_id)
        outcome = outcome if promised else ContactOutcome.REACHED
    began_at = world.clock.now()
    world.clock.advance(timedelta(seconds=chance.randint(5, 40)))
    recording = RecordAttempt(
        caller_id=who.staff_id,
        permit_id=permit_id,
        outcome=outcome,
        began_at=began_at,
        offered_relief=True,
        promised=promised,
        note="约好再联系" if chance.randrange(100) < 20 else None,  # noqa: PLR2004 - of a hundred
        idempotency_key=world.key("attempt"),
    )
    await world.doing("record a contact", collections.record_attempt(who, recording))


async def _promise(world: World, case_id: str) -> Promised | None:
    rows = await fetch(
        "SELECT l.overdue_fen FROM collection_case c JOIN servicing_loan l ON l.id = c.loan_id"
        " WHERE c.id = ?",
        [case_id],
    )
    overdue_fen = int(rows[0]["overdue_fen"])
    if overdue_fen <= 0:
        return None
    due_on = world.today + timedelta(days=world.chance.randint(1, 10))
    return Promised(amount_fen=overdue_fen, due_on=due_on)


async def answer_collectors(world: World) -> None:
    """Let borrowers promise, and contest what was not as it should have been."""
    rows = await fetch(
        "SELECT id, borrower_id FROM contact_attempt WHERE contested_at IS NULL"
        " AND began_at > ? ORDER BY id",
        [int((world.clock.now() - timedelta(days=1)).timestamp()) * 1000],
    )
    for row in rows:
        if world.chance.randrange(100) < CONTESTED:
            contesting = ContestContact(
                borrower_id=row["borrower_id"],
                attempt_id=row["id"],
                why=world.chance.choice(list(ContestReason)),
                idempotency_key=world.key("contest"),
            )
            await world.doing("contest a contact", collections.contest_contact(contesting))
    cases = await fetch(
        "SELECT borrower_id, loan_id FROM collection_case WHERE open_key IS NOT NULL"
        " AND state <> ? ORDER BY id",
        [CaseState.PROMISE.value],
    )
    for row in cases:
        if world.chance.randrange(100) < PROMISES:
            ref = LoanRef(row["borrower_id"], row["loan_id"])
            await world.doing("promise to pay", _promise_oneself(world, ref))


async def _promise_oneself(world: World, ref: LoanRef) -> None:
    loan = await loans.loan(ref)
    if loan.overdue_fen <= 0:
        return
    await collections.promise_to_pay(
        PromiseToPay(
            loan=ref,
            amount_fen=loan.overdue_fen,
            due_on=world.today + timedelta(days=world.chance.randint(1, 10)),
            idempotency_key=world.key("promise"),
        )
    )
