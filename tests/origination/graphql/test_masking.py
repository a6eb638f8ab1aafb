"""Without its key's proof a session is not shown what its borrower stated or is to sign."""

from dataclasses import replace

from app.foundation.caller import BorrowerCaller
from app.foundation.clock import FixedClock
from tests.origination.conftest import World
from tests.origination.graphql.conftest import BORROWERS, asked

QUERY = """query Q($id: ID!) { application(id: $id) {
  id amount purpose monthlyIncome debtPayments merchant { name }
  agreement { id hash text } } }"""
SECRETS = ("purpose", "monthlyIncome", "debtPayments", "merchant")


async def test_statements_and_agreement_are_null_until_the_request_is_signed(
    world: World, clock: FixedClock
) -> None:
    borrower_id, application_id = await world.confirmed()
    unbound = BorrowerCaller(borrower_id=borrower_id, session_id="ss00000000000000")
    bound = replace(unbound, device_id="dv00000000000000")

    async def shown(caller: BorrowerCaller) -> dict[str, object]:
        data = await asked(
            BORROWERS,
            caller,
            clock,
            QUERY,
            language="zh-Hans",
            variables={"id": application_id},
        )
        return data["application"]

    full = await shown(unbound)
    assert await shown(replace(bound, is_proven=True)) == full
    agreement = full["agreement"]
    assert isinstance(agreement, dict)
    assert agreement["text"]
    assert full["purpose"]
    assert await shown(bound) == {
        **full,
        **dict.fromkeys(SECRETS),
        "agreement": {**agreement, "text": None},
    }
