"""What staff and a borrower do at once about the borrower's data never waits in a circle."""

import pytest

from app.foundation.caller import StaffRole
from app.foundation.database import Transaction
from app.identity.operations.borrower_rows import locked_row
from app.origination.operations.handing_over import held_handover
from app.origination.operations.stepping import held
from app.privacy.operations.closing import CloseAccount, close_account
from tests.meeting import meet_a_step
from tests.origination.conftest import World
from tests.origination.operations.test_handovers import prepare
from tests.privacy.conftest import Ask
from tests.support.conftest import enroll

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@pytest.mark.parametrize("what", ["application", "handover", "profile"])
async def test_an_account_closes_while_something_of_its_borrower_moves(
    world: World, what: str
) -> None:
    mei = await world.borrower()
    draft = await world.start(mei)
    handover = await prepare(world, mei)

    async def hold(_: Transaction) -> None:
        match what:
            case "application":
                await held(draft)
            case "handover":
                await held_handover(handover)
            case _:
                await locked_row(mei)

    close = CloseAccount(caller_id=mei, idempotency_key="close")
    await meet_a_step(hold, mei, lambda: close_account(close))
    assert await world.state(draft) == "WITHDRAWN"


async def test_a_decline_is_found_wrong_while_its_application_is_held(
    world: World, phone: Ask, desk: Ask
) -> None:
    mei, application_id = await world.decide("over_indebted")
    wish = {"applicationId": application_id, "reason": "去年的欠款已经还清了"}
    asked = await phone("request_human_review", mei, input=wish | {"idempotencyKey": "r"})
    risk = await enroll(StaffRole.RISK, name="zhou.risk")
    new = {"amount": 300_000, "reason": "看过了", "otherDebts": 20_000, "lateNowDays": 0}
    answer = {
        "reviewId": asked["review"]["id"],
        "isUpheld": False,
        "answer": "您说得对，已经改过来了。",
        "newDecision": new,
        "idempotencyKey": "a",
    }
    await meet_a_step(
        lambda _: held(application_id),
        mei,
        lambda: desk("answer_human_review", risk, input=answer),
    )
    assert await world.state(application_id) == "OFFERED"
