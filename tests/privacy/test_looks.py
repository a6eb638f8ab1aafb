"""Every look is on the borrower's record from the moment it was possible, in plain words."""

from datetime import timedelta
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation import audit
from app.foundation.caller import Anonymous, BorrowerCaller, Caller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import transaction
from app.foundation.errors import Unauthenticated
from app.foundation.graphql import SCALARS, Context
from app.foundation.paging import PageAsk
from app.foundation.revision import revision_of
from app.privacy import queries
from app.privacy.graphql import NODES, PrivacyQuery
from app.privacy.operations import Look, record_look
from app.privacy.operations.reveals import Asked, record_reveal
from app.privacy.queries import LookSeen
from app.privacy.queries.comparing import LOOK, LooksAndReveals
from app.privacy.rules import Reason, What
from app.privacy.rules.reveals import Field
from tests.conftest import START

pytestmark = pytest.mark.usefixtures("database")

MEI = "br00000abcdefghi"
JUN = "br00000jklmnopqr"
AGENT = "st00000abcdefghi"
OTHER_AGENT = "st00000jklmnopqr"
SCHEMA = strawberry.Schema(query=PrivacyQuery, config=StrawberryConfig(scalar_map=SCALARS))
LOOKS = """
query Looks($first: Int, $after: String) {
  whoLookedAtMe(first: $first, after: $after) {
    edges { node { id staffRole staffName what reason ticketId lookedAt sentence } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def look(
    borrower_id: str = MEI,
    *,
    staff_id: str = AGENT,
    what: What = What.WHOLE_VIEW,
    reason: Reason = Reason.BORROWER_ASKED,
    ticket_id: str | None = None,
) -> str:
    seen = Look(
        staff_id=staff_id,
        staff_role=StaffRole.AGENT,
        staff_name="li.na",
        borrower_id=borrower_id,
        what=what,
        reason=reason,
        ticket_id=ticket_id,
    )
    async with transaction() as tx:
        return await record_look(tx, seen)


async def looks(borrower_id: str = MEI) -> list[LookSeen]:
    page = await queries.looks_at(borrower_id, PageAsk(first=100))
    return [seen for _, seen in page.items]


def context_of(caller: Caller, language: str = "zh-Hans") -> Context:
    return Context(caller=caller, language=language, now=START, today=START.date())


def borrower(borrower_id: str = MEI) -> BorrowerCaller:
    return BorrowerCaller(borrower_id=borrower_id, session_id="ss00000abcdefghi")


async def run(language: str = "zh-Hans", **variables: object) -> dict[str, Any]:
    result = await SCHEMA.execute(
        LOOKS, variable_values=variables, context_value=context_of(borrower(), language)
    )
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data["whoLookedAtMe"]


async def test_a_look_is_on_record_and_the_borrower_sees_that_something_is_new() -> None:
    before = await revision_of(MEI)
    look_id = await look(ticket_id="tk00000abcdefghi")
    assert await revision_of(MEI) == before + 1
    assert await looks() == [
        LookSeen(
            look_id=look_id,
            staff_role=StaffRole.AGENT,
            staff_name="li.na",
            what=What.WHOLE_VIEW,
            reason=Reason.BORROWER_ASKED,
            ticket_id="tk00000abcdefghi",
            looked_at=START,
        )
    ]


async def test_every_look_counts_even_the_same_one_again() -> None:
    await look()
    await look()
    assert len(await looks()) == 2


async def test_a_look_that_did_not_happen_is_not_on_record() -> None:
    class Stop(Exception):
        pass

    seen = Look(
        staff_id=AGENT,
        staff_role=StaffRole.AGENT,
        staff_name="li.na",
        borrower_id=MEI,
        what=What.WHOLE_VIEW,
        reason=Reason.AUDIT,
    )
    with pytest.raises(Stop):
        async with transaction() as tx:
            await record_look(tx, seen)
            raise Stop
    assert await looks() == []


async def test_a_borrower_sees_only_looks_at_their_own_data() -> None:
    await look(JUN)
    assert await looks(MEI) == []


async def test_different_borrowers_are_counted_once_each_within_the_window(
    clock: FixedClock,
) -> None:
    await look(JUN)
    clock.advance(timedelta(hours=2))
    since = clock.now() - timedelta(hours=1)
    assert await queries.borrowers_looked_at(AGENT, since=since) == 0
    await look(MEI)
    await look(MEI)
    await look(JUN)
    await look(JUN, staff_id=OTHER_AGENT)
    assert await queries.borrowers_looked_at(AGENT, since=since) == 2


async def test_the_borrower_reads_who_looked_at_what_and_why() -> None:
    look_id = await look(reason=Reason.HARDSHIP)
    node = (await run())["edges"][0]["node"]
    assert node == {
        "id": look_id,
        "staffRole": "AGENT",
        "staffName": "li.na",
        "what": "WHOLE_VIEW",
        "reason": "HARDSHIP",
        "ticketId": None,
        "lookedAt": "2026-11-21T02:00:00+00:00",
        "sentence": "客服（li.na）为了帮您商量还款，看了您的资料、借款和还款记录，"
        "姓名和号码打了星号。",
    }


async def test_the_record_speaks_the_callers_language() -> None:
    await look(what=What.TICKET, reason=Reason.TICKET)
    node = (await run(language="en"))["edges"][0]["node"]
    assert node["sentence"] == (
        "Customer service (li.na) read what you wrote to us, to answer what you asked."
    )


async def test_pages_follow_each_other_newest_first(clock: FixedClock) -> None:
    made: list[str] = []
    for _ in range(5):
        made.append(await look())
        clock.advance(timedelta(seconds=1))
    first = await run(first=3)
    rest = await run(first=3, after=first["pageInfo"]["endCursor"])
    seen = [edge["node"]["id"] for edge in [*first["edges"], *rest["edges"]]]
    assert seen == made[::-1]
    assert [first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]] == [True, False]


async def test_strangers_see_no_record() -> None:
    result = await SCHEMA.execute(LOOKS, context_value=context_of(Anonymous()))
    assert result.errors is not None
    assert isinstance(result.errors[0].original_error, Unauthenticated)


async def test_a_look_is_a_node_for_its_borrower_only() -> None:
    class Asking:
        def __init__(self, caller: Caller) -> None:
            self.context = context_of(caller)

    look_id = await look()
    mine: Any = Asking(borrower(MEI))
    theirs: Any = Asking(borrower(JUN))
    assert (await NODES["lk"](mine, look_id)).id == look_id
    assert await NODES["lk"](theirs, look_id) is None


async def test_a_look_or_reveal_edited_deleted_or_added_behind_the_record_is_named() -> None:
    audit.set_comparisons(LooksAndReveals)
    ids = [await look(ticket_id="tk00000abcdefghi") for _ in range(3)]
    asked = Asked(
        staff_id=AGENT,
        staff_role=StaffRole.AGENT,
        staff_name="li.na",
        borrower_id=MEI,
        field=Field.PHONE,
        reason=Reason.BORROWER_ASKED,
        ticket_id=None,
    )
    reveals: list[str] = []
    for _ in range(2):
        async with transaction() as tx:
            reveals.append(str(await record_reveal(tx, asked)))
    assert (await audit.verify(None)).is_whole
    forged = "lk00000forged000"
    copied = ", ".join(("borrower_id", *LOOK[1:], "looked_at"))
    async with transaction() as tx:
        await tx.run("UPDATE look SET staff_name = 'wang' WHERE id = ?", [ids[0]])
        await tx.run("DELETE FROM look WHERE id = ?", [ids[1]])
        await tx.run(
            f"INSERT INTO look (id, {copied}) SELECT ?, {copied} FROM look WHERE id = ?",
            [forged, ids[2]],
        )
        await tx.run("UPDATE reveal SET field = 'NAME' WHERE id = ?", [reveals[0]])
        await tx.run("DELETE FROM reveal WHERE id = ?", [reveals[1]])
    assert {problem.sentence for problem in (await audit.verify(None)).problems} == {
        f"look {ids[0]}: edited, entry 1 tells otherwise",
        f"look {ids[1]}: deleted, entry 2 tells of it",
        f"look {forged}: added, no entry tells of it",
        f"reveal {reveals[0]}: edited, entry 4 tells otherwise",
        f"reveal {reveals[1]}: deleted, entry 5 tells of it",
    }
