"""What a decision saw of a borrower is shown to staff as any value in clear: for a ticket, told."""

import base64
import hashlib
import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from app.foundation.caller import StaffRole
from app.foundation.errors import NotFound
from app.foundation.paging import PageAsk
from app.origination.models import DecisionRow
from app.origination.operations import add_document, append_bytes, finish_upload, receive_last
from app.origination.queries import decision_data, picture_of
from app.origination.rules.documents import AddDocument, DocumentKind
from app.privacy.errors import TicketNeeded
from app.privacy.queries import looks_at
from app.privacy.rules import Reason, What
from app.privacy.rules.reveals import Field
from app.support.operations import Revealed, RevealValue, reveal
from tests.origination.conftest import World
from tests.support.conftest import bring_up, enroll


async def test_what_the_newest_decision_saw_takes_a_step_up_and_a_ticket(world: World) -> None:
    borrower_id, application_id = await world.decide()
    agent = await enroll(StaffRole.AGENT)
    ticket = await bring_up(borrower_id)

    def wish(key: str, ticket_id: str | None) -> RevealValue:
        return RevealValue(
            staff_id=agent.staff_id,
            borrower_id=borrower_id,
            field=Field.DECISION_DATA,
            reason=Reason.TICKET,
            ticket_id=ticket_id,
            idempotency_key=key,
        )

    with pytest.raises(TicketNeeded):
        await reveal(agent, wish("none", None))
    shown = await reveal(agent, wish("ticket", ticket.ticket_id))
    assert isinstance(shown, Revealed)
    told = json.loads(shown.value)
    assert told["application_id"] == application_id
    assert told["monthly_income_fen"] > 0
    assert told["has_bureau_file"] in {True, False}
    assert {"cooperative_years", "mobile_payment_turnover_fen"} <= told.keys()
    assert {"born_on", "policy", "offered"}.isdisjoint(told)
    looks = [look.what for _, look in (await looks_at(borrower_id, PageAsk())).items]
    assert looks == [What.DECISION_CLEAR]
    assert "monthly_income_fen" not in str(await DecisionRow.all().values())


async def test_whoever_was_never_decided_on_has_nothing_to_show(world: World) -> None:
    borrower_id = await world.borrower()
    assert await decision_data(borrower_id) is None
    agent = await enroll(StaffRole.AGENT)
    ticket = await bring_up(borrower_id)
    wish = RevealValue(
        staff_id=agent.staff_id,
        borrower_id=borrower_id,
        field=Field.DECISION_DATA,
        reason=Reason.TICKET,
        ticket_id=ticket.ticket_id,
        idempotency_key="nothing",
    )
    with pytest.raises(NotFound):
        await reveal(agent, wish)
    assert not (await looks_at(borrower_id, PageAsk())).items


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_staff_see_a_borrowers_pictures_only_for_a_ticket_and_on_record(
    world: World,
) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "PNG")
    content = file.getvalue()
    borrower_id = await world.borrower()
    application_id = await world.start(borrower_id)
    document_id = await add_document(
        AddDocument(
            borrower_id=borrower_id,
            idempotency_key="d1",
            application_id=application_id,
            kind=DocumentKind.PURCHASE_LIST,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
    )
    await append_bytes(borrower_id, document_id, offset=0, content=content)
    await receive_last(borrower_id, document_id, offset=len(content))
    await finish_upload(document_id)
    agent = await enroll(StaffRole.AGENT)
    ticket = await bring_up(borrower_id)
    wish = RevealValue(
        staff_id=agent.staff_id,
        borrower_id=borrower_id,
        field=Field.DOCUMENTS,
        reason=Reason.TICKET,
        ticket_id=None,
        idempotency_key="none",
    )
    with pytest.raises(TicketNeeded):
        await reveal(agent, wish)
    wish = replace(wish, ticket_id=ticket.ticket_id, idempotency_key="ticket")
    shown = await reveal(agent, wish)
    assert isinstance(shown, Revealed)
    (picture,) = json.loads(shown.value)
    assert (picture["document_id"], picture["kind"]) == (document_id, "PURCHASE_LIST")
    assert base64.b64decode(picture["jpeg"]) == await picture_of(borrower_id, document_id)
    looks = [look.what for _, look in (await looks_at(borrower_id, PageAsk())).items]
    assert looks == [What.DOCUMENTS_CLEAR]
