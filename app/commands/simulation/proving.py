"""What must hold when the days are over: each promise proved from what was written down."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from app.collections.queries.breaches import breaches, overdue_without_offer
from app.commands.audit_money import proofs
from app.commands.simulation.world import BEGINS_ON, World
from app.foundation.clock import SHANGHAI, milliseconds, moment_of
from app.foundation.database import current, fetch
from app.foundation.database.stored import moment_in
from app.foundation.proof import PROBLEMS_MAX, Proof
from app.messaging.rules import MANNERS, Kind
from app.support.queries.reporting import portfolio

NIGHT_FROM, NIGHT_TO = 22, 8
"""No contact from 22:00 to 8:00 (GB/T 45251-2025), unless the debtor named other hours."""
CALLS_MAX = 3
"""Effective calls a day, over everybody who calls (the same)."""
ON_THE_WAY = timedelta(minutes=1)
"""How long a message may take from the carrier to the phone, which nobody here can help."""
ONCE_EVER = frozenset({"DUE_SOON", "DUE_TODAY", "OVERDUE", "REPAYMENT_RECEIVED", "LOAN_DISBURSED"})
"""Kinds whose figures name the one thing that happened, so that nobody hears them twice."""
ENDED = frozenset({"DELIVERED", "SENT", "FAILED", "SUPPRESSED"})

FOREVER = 2**62

Check = Callable[[World], Awaitable[Proof]]


async def prove(world: World) -> AsyncIterator[tuple[str, Proof]]:
    """
    Prove each promise in turn; a finding stops none of the others.

    What the books promise of things that this world has none of is left out: loans are lent here
    without the way through a rail, so there are no disbursements to look at.
    """
    for name, check in CHECKS.items():
        yield name, await check(world)
    async for proof in proofs(world.settings.witness_path):
        if proof.looked_at or proof.problems:
            yield "money", proof


async def check_contacts(_: World) -> Proof:
    """Hold every contact to the law: permit, hour, count, and whoever must be left in peace."""
    rows = await fetch(
        "SELECT a.id, a.borrower_id, a.channel, a.purpose, a.began_at, p.id AS permit, p.reasons,"
        " p.is_effective, p.asked_at, p.expires_at, g.hours_from, g.hours_to FROM contact_attempt a"
        " LEFT JOIN contact_permit p ON p.id = a.permit_id"
        " LEFT JOIN contact_agreement g ON g.borrower_id = a.borrower_id ORDER BY a.id"
    )
    holds = await _holds()
    calls = Counter[tuple[str, str]]()
    problems: list[str] = []
    for row in rows:
        problems += [f"contact {row['id']} {why}" for why in _against(row, holds)]
        if row["channel"] == "VOICE" and row["is_effective"]:
            day = moment_of(row["began_at"]).astimezone(SHANGHAI).date().isoformat()
            calls[row["borrower_id"], day] += 1
    problems += [
        f"borrower {who} was reached {count} times on {day}"
        for (who, day), count in calls.items()
        if count > CALLS_MAX
    ]
    return _proof("no contact outside the law", len(rows), problems)


def _against(row: Mapping[str, Any], holds: Mapping[str, list[tuple[int, int, str]]]) -> list[str]:
    began = row["began_at"]
    found: list[str] = []
    if row["permit"] is None or row["reasons"]:
        found.append("had no permit")
    elif not row["asked_at"] <= began < row["expires_at"]:
        found.append("was made outside its permit's time")
    if row["channel"] != "LETTER" and _is_night(moment_of(began), row):
        found.append(f"was made at night, {moment_of(began).astimezone(SHANGHAI):%H:%M}")
    for since, until, reason in holds.get(row["borrower_id"], []):
        is_estate = row["purpose"] == "ESTATE" and reason == "DEATH"
        if since < began < until and not is_estate:
            found.append(f"was made in spite of {reason}")
    return found


def _is_night(moment: datetime, row: Mapping[str, Any]) -> bool:
    local = moment.astimezone(SHANGHAI)
    if row.get("hours_from") and row.get("hours_to"):
        return not row["hours_from"] <= f"{local:%H:%M}" < row["hours_to"]
    return local.hour >= NIGHT_FROM or local.hour < NIGHT_TO


async def _holds() -> Mapping[str, list[tuple[int, int, str]]]:
    """
    Read from when until when whom had to be left in peace, and why.

    A hold whose last day has passed and that is placed anew is the same row, so when it began this
    time stands on the audit chain.
    """
    placed: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for entry in await fetch(
        "SELECT subject_id, about, recorded_at FROM audit_entry WHERE kind = 'collections.held'"
    ):
        about = orjson.loads(entry["about"])
        key = (entry["subject_id"], about["reason"], about["reference"])
        placed[key].append(entry["recorded_at"])
    found: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for row in await fetch(
        "SELECT borrower_id, reason, reference, placed_at, released_at, until_on"
        " FROM collection_hold"
    ):
        until = row["released_at"] or FOREVER
        key = (row["borrower_id"], row["reason"], row["reference"])
        since = max((at for at in placed[key] if at <= until), default=row["placed_at"])
        if row["until_on"]:
            last = datetime.fromisoformat(row["until_on"]).replace(tzinfo=SHANGHAI)
            until = min(until, milliseconds(last + timedelta(days=1)))
        found[row["borrower_id"]].append((since, until, row["reason"]))
    return found


async def check_again(world: World) -> Proof:
    """Let collections itself look at every contact again, as it can any day."""
    count = await fetch("SELECT COUNT(*) AS contacts FROM contact_attempt")
    begins = datetime.combine(BEGINS_ON, datetime.min.time(), SHANGHAI)
    found = await breaches(begins, world.clock.now() + timedelta(days=1))
    problems = [f"contact {one.attempt_id}: {one.kind.value}" for one in found]
    problems += [f"loan {one}: late without an offer" for one in await overdue_without_offer()]
    return _proof("collections finds no breach itself", count[0]["contacts"], problems)


async def check_nights(world: World) -> Proof:
    """Look at every phone: what arrived at night must be a warning that may wake somebody."""
    rows = await fetch(
        "SELECT d.id, n.kind FROM message_delivery d"
        " JOIN notification n ON n.id = d.notification_id"
    )
    kinds = {row["id"]: Kind(row["kind"]) for row in rows}
    problems: list[str] = []
    looked_at = 0
    for carrier in world.carriers:
        for one in await carrier.everything():
            kind = kinds.get(one.message_id.rpartition(".")[0])
            if kind is None:
                continue
            looked_at += 1
            handed_over = one.delivered_at - ON_THE_WAY
            if (
                not MANNERS[kind].wakes
                and _is_night(handed_over, {})
                and _is_night(one.delivered_at, {})
            ):
                at = one.delivered_at.astimezone(SHANGHAI)
                problems.append(f"{kind} {one.message_id} arrived at {at:%Y-%m-%d %H:%M}")
    return _proof("no message rings at night", looked_at, problems)


async def check_told_once(_: World) -> Proof:
    """Look for anybody who was told the same thing twice."""
    count = await fetch("SELECT COUNT(*) AS rows FROM notification")
    rows = await fetch(
        "SELECT borrower_id, kind, data, COUNT(*) AS times FROM notification"
        f" WHERE kind IN ({', '.join('?' for _ in ONCE_EVER)})"
        f" GROUP BY borrower_id, kind, data HAVING COUNT(*) > 1 LIMIT {PROBLEMS_MAX}",
        sorted(ONCE_EVER),
    )
    problems = [
        f"borrower {row['borrower_id']} was told {row['kind']} {row['data']} {row['times']} times"
        for row in rows
    ]
    return _proof("no duplicate notification", count[0]["rows"], problems)


async def check_relief_first(_: World) -> Proof:
    """Find whoever was late and not offered relief before anybody asked them for money."""
    late = await fetch(
        "SELECT DISTINCT l.id AS loan_id, l.borrower_id FROM servicing_loan l"
        " WHERE l.past_due_since IS NOT NULL AND l.status <> 'WRITTEN_OFF'"
    )
    cases = await fetch(
        "SELECT id, loan_id, borrower_id, opened_at, offered_at FROM collection_case"
    )
    by_loan = {row["loan_id"] for row in cases}
    told = {
        row["loan_id"]
        for row in await fetch("SELECT loan_id FROM collection_case WHERE offered_at IS NOT NULL")
    }
    problems = [
        f"loan {row['loan_id']} of borrower {row['borrower_id']} is late without an offer of relief"
        for row in late
        if row["loan_id"] not in by_loan or row["loan_id"] not in told
    ]
    offered = {row["id"]: row["offered_at"] for row in cases}
    problems += [
        f"case {row['id']} of borrower {row['borrower_id']} was never offered relief"
        for row in cases
        if row["offered_at"] is None
    ]
    for row in await fetch("SELECT id, case_id, began_at, recorded_at FROM contact_attempt"):
        at = offered.get(row["case_id"])
        # A contact that offers relief itself is written down with the offer.
        if at is not None and row["recorded_at"] < at:
            problems.append(f"contact {row['id']} came before relief was offered")
    return _proof("every overdue borrower was offered relief first", len(cases), problems)


async def check_complaints(_: World) -> Proof:
    """Find complaints whose time ran out with neither an answer nor a supervisor."""
    now = current().clock.now()
    rows = await fetch(
        "SELECT id, state, opened_at, due_at, answered_at, round, was_late, was_escalated"
        " FROM ticket WHERE category = 'COMPLAINT' ORDER BY id"
    )
    escalated: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for step in await fetch(
        "SELECT ticket_id, round, happened_at FROM ticket_step WHERE what = 'ESCALATED'"
    ):
        escalated[step["ticket_id"]].setdefault(step["round"], step["happened_at"])
    problems: list[str] = []
    for row in rows:
        due_at = moment_in(row["due_at"])
        answered = None if row["answered_at"] is None else moment_in(row["answered_at"])
        is_waiting = row["state"] in {"OPEN", "REOPENED"}
        ended = now if is_waiting or answered is None else answered
        at = escalated[row["id"]].get(row["round"])
        if ended > due_at and (at is None or moment_of(at) > due_at):
            problems.append(f"complaint {row['id']} ran out on {due_at:%Y-%m-%d} unnoticed")
        if row["was_late"] and not row["was_escalated"]:
            problems.append(f"complaint {row['id']} was late and no supervisor got it")
    return _proof("every complaint answered or escalated in time", len(rows), problems)


async def check_messages(world: World) -> Proof:
    """Hold what each message is said to have become to what the carriers did."""
    taken, arrived = Counter[str](), Counter[str]()
    for carrier in world.carriers:
        taken.update(one.rpartition(".")[0] for one in await carrier.taken_ids())
        arrived.update(one.message_id.rpartition(".")[0] for one in await carrier.everything())
    rows = await fetch("SELECT id, state, reason, channel FROM message_delivery ORDER BY id")
    problems: list[str] = []
    for row in rows:
        if row["channel"] == "SMS":
            problems += wrong_message(row, taken[row["id"]], arrived[row["id"]])
        elif row["state"] not in ENDED:
            problems.append(f"{row['id']} over {row['channel']} is still {row['state']}")
    return _proof("every message delivered once or honestly failed", len(rows), problems)


def wrong_message(row: Mapping[str, Any], taken: int, arrived: int) -> list[str]:
    """Return what is wrong with one text message, by what the carriers did with it."""
    is_said = {
        "DELIVERED": taken == 1 and arrived == 1,
        "SENT": taken == 1,
        "FAILED": arrived == 0 and (taken == 0 or row["reason"] in {"UNDELIVERED", "UNKNOWN"}),
        "SUPPRESSED": taken == 0,
    }.get(row["state"], False)
    if is_said and taken <= 1 and arrived <= 1:
        return []
    about = f"{row['state']} {row['reason'] or ''}".strip()
    return [f"{row['id']} is {about}, taken {taken} times, arrived {arrived} times"]


async def check_reports(world: World) -> Proof:
    """Hold what the reports say to the ledger."""
    book = await portfolio(world.today, world.today)
    return _proof("reports sum to the ledger, to the fen", book.whole.loans, list(book.problems))


async def check_faults(world: World) -> Proof:
    """Name what ended in anything but an answer or a refusal."""
    return _proof("nothing ended in a fault", world.done.total(), world.faults)


CHECKS: Mapping[str, Check] = {
    "contacts": check_contacts,
    "collections": check_again,
    "nights": check_nights,
    "told-once": check_told_once,
    "relief-first": check_relief_first,
    "complaints": check_complaints,
    "messages": check_messages,
    "reports": check_reports,
    "faults": check_faults,
}
"""Each by its name; beside them stand the proofs of `audit money`, as `money`."""


def _proof(promise: str, looked_at: int, problems: list[str]) -> Proof:
    return Proof(promise=promise, looked_at=looked_at, problems=tuple(problems[:PROBLEMS_MAX]))
