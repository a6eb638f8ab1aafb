"""Staff see what hangs and what differs, and clear a difference up by two."""

from datetime import timedelta

import pytest

from app.foundation.caller import StaffRole
from app.payments.models import DifferenceRow
from tests.desk import sit_down
from tests.origination.conftest import World
from tests.origination.graphql.conftest import Ask

STUCK = "{ ordersStuck { orderId amount state } }"
OPEN = """{ reconciliationDifferences { edges { node { id orderId kind state theirAmount resolution
  isProposedByMe } } } }"""
RESOLVE = """mutation R($input: ResolveReconciliationDifferenceInput!) {
  resolveReconciliationDifference(input: $input) { __typename
    ... on ResolveReconciliationDifferenceSuccess { difference { state isProposedByMe } }
    ... on Problem { code } } }"""


async def test_staff_see_what_hangs_and_what_differs(world: World, ask_staff: Ask) -> None:
    _, application_id = await world.send()
    assert (await ask_staff(STUCK))["ordersStuck"] == []
    world.clock.advance(timedelta(hours=2))
    sent = await world.disbursement(application_id)
    assert (await ask_staff(STUCK))["ordersStuck"] == [
        {"orderId": sent.disbursement_id, "amount": 1_500_000, "state": "SENT"}
    ]
    await DifferenceRow.create(
        id="rd00000000000001",
        difference_key="MISSING_HERE/X1",
        on_date="2026-11-20",
        order_id="X1",
        kind="MISSING_HERE",
        state="OPEN",
        theirs="SUCCEEDED",
        theirs_fen=5,
        found_at=world.clock.now(),
    )
    (edge,) = (await ask_staff(OPEN))["reconciliationDifferences"]["edges"]
    assert (edge["node"]["orderId"], edge["node"]["theirAmount"]) == ("X1", 5)
    command = {"differenceId": edge["node"]["id"], "resolution": "NOT_OURS"}
    unproven = await ask_staff(RESOLVE, input=command | {"idempotencyKey": "a"})
    assert unproven["resolveReconciliationDifference"]["code"] == "STEP_UP_NEEDED"
    stepped_up = (await sit_down("st00000zhou00000", StaffRole.RISK)).session_id
    said = await ask_staff(RESOLVE, session_id=stepped_up, input=command | {"idempotencyKey": "a"})
    assert said["resolveReconciliationDifference"]["difference"] == {
        "state": "OPEN",
        "isProposedByMe": True,
    }
    again = await ask_staff(RESOLVE, session_id=stepped_up, input=command | {"idempotencyKey": "b"})
    assert again["resolveReconciliationDifference"]["code"] == "DIFFERENCE_NEEDS_ANOTHER"
    for document in (STUCK, OPEN):
        with pytest.raises(AssertionError, match="FORBIDDEN"):
            await ask_staff(document, StaffRole.AGENT)
