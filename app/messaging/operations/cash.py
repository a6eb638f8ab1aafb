"""What a borrower is told of cash they paid in a shop: the receipt, so that a paper can be lost."""

from app.foundation.database import Transaction
from app.identity.queries import contact_of
from app.messaging.operations.notifying import Notify, notify
from app.messaging.queries import Data
from app.messaging.rules import Kind
from app.payments.events import RepaymentTaken
from app.payments.queries.cash import cash_by_repayment


async def tell_cash_received(tx: Transaction, fact: RepaymentTaken) -> None:
    """Give the receipt's number and shop; by text message too, whatever it closes."""
    (cash,) = await cash_by_repayment([fact.repayment_id])
    assert cash is not None, "cash that was repaid has a receipt"
    language = (await contact_of(fact.borrower_id)).language
    data: Data = {
        "loan_id": fact.loan_id,
        "repayment_id": fact.repayment_id,
        "amount_fen": fact.amount_fen,
        "balance_fen": fact.balance_fen,
        "receipt": cash.cash_id,
        "shop": cash.shop[language],
    }
    told = Notify(
        borrower_id=fact.borrower_id,
        kind=Kind.CASH_RECEIVED,
        data=data,
        dedupe_key=fact.repayment_id,
    )
    await notify(tx, told)
