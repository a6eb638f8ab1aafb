"""The whole way from a wish to money, step by step."""

from app.origination import events, operations, queries
from app.servicing import queries as servicing


async def test_a_farmer_gets_from_a_wish_to_a_loan(world) -> None:
    borrower_id, application_id = await world.send()
    assert await world.state(application_id) == "DISBURSING"
    await operations.accept_disbursement_notice(await world.notice(application_id))
    assert await world.state(application_id) == "BOOKED"
    view = await queries.application(borrower_id, application_id)
    loans = await servicing.loans_of(borrower_id)
    assert [loan.ref.loan_id for loan in loans] == [view.loan_id]
    assert world.facts(events.LoanDisbursed) == []
