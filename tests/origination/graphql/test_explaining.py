"""Why an offer's amounts are what they are, before anything is signed."""

from app.servicing.graphql.amounts import OfferAmount, OfferInstallmentAmount
from tests.origination.conftest import World
from tests.origination.graphql.conftest import Ask
from tests.origination.graphql.test_borrower import begun, hand_in
from tests.servicing.explained import EXPLANATION, aliased, hold

OFFERS = f"""query Q($id: ID!) {{ application(id: $id) {{ offers {{
  firstPayment largestPayment totalInterest totalFees total {aliased(OfferAmount)}
  installments {{ principal interest fees total {aliased(OfferInstallmentAmount)} }} }} }} }}
  {EXPLANATION}"""


async def test_every_amount_of_every_offer_is_explained(world: World, ask: Ask) -> None:
    me = await begun(world, ask)
    await hand_in(me)

    offers = (await me.see(OFFERS))["offers"]

    assert len(offers) >= 2
    for offer in offers:
        hold(offer, OfferAmount)
        for line in offer["installments"]:
            hold(line, OfferInstallmentAmount)
