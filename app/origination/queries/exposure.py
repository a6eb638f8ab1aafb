"""What a borrower already owes us or has signed for, over all loans and applications."""

from dataclasses import dataclass
from datetime import date

from app.origination.models import DisbursementRow
from app.origination.rules.states import DisbursementState
from app.servicing import queries as servicing
from app.servicing.rules import LoanSummary

ON_ITS_WAY = (
    DisbursementState.RESERVED.value,
    DisbursementState.SENT.value,
    DisbursementState.DISPUTED.value,
)
"""Money signed for that has no loan yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """Principal owed or signed for, and what open loans take a month."""

    principal_fen: int
    monthly_fen: int
    loans: tuple[LoanSummary, ...]
    """Those that are open."""

    @property
    def days_past_due(self) -> int:
        """Of the latest loan."""
        return max((loan.days_past_due for loan in self.loans), default=0)


async def commitments_of(
    borrower_id: str, *, apart_from: str, on: date | None = None
) -> Commitments:
    """
    Return a borrower's commitments on a day, or today, one application left out.

    Money on its way counts as owed: a disbursement that is reserved, sent or disputed. It is looked
    at before loans: what arrives meanwhile counts twice rather than not at all.
    """
    on_its_way = DisbursementRow.filter(borrower_id=borrower_id, state__in=ON_ITS_WAY).exclude(
        application_id=apart_from
    )
    amounts = [int(str(fen)) for fen in await on_its_way.values_list("amount_fen", flat=True)]
    loans = [loan for loan in await servicing.loans_of(borrower_id, on) if not loan.is_closed]
    monthly_fen = 0
    for loan in loans:
        left = loan.installments - (loan.next_number or loan.installments) + 1
        monthly_fen += -(-loan.balance_fen // left)
    return Commitments(
        principal_fen=sum(loan.principal_fen for loan in loans) + sum(amounts),
        monthly_fen=monthly_fen,
        loans=tuple(loans),
    )
