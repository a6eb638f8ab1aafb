"""The code that a borrower's phone shows in a shop: all that an agent finds a loan by."""

import hmac
from dataclasses import dataclass

from app.catalog.queries import policy_book
from app.foundation import idempotency
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import current, fetch, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.sealing import blind_index, derived_key
from app.payments.errors import NothingOwed
from app.payments.models import CashCodeRow
from app.payments.models.cash import CODE_LABEL
from app.payments.operations.quoting import naming_the_loan
from app.payments.rules.cash import CODE_DIGITS, CashCode, CashPolicy
from app.servicing import operations as servicing
from app.servicing.rules import LoanRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCashCode:
    """Show a code for paying cash towards a loan."""

    loan: LoanRef
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id


async def show_cash_code(command: ShowCashCode) -> CashCode:
    """
    Make a code for one payment in cash towards a loan; the loan's former one is over.

    Nothing but its fingerprint is kept: the digits are worked out anew under a key.

    Raises:
        NotFound: There is no such loan of this borrower.
        NothingOwed: The loan is closed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            known = claim.answer
            return CashCode(code=_code(known["id"]), expires_at=moment_of(known["expires_at"]))
        # Whoever asks at the same moment waits, so that one code alone is good.
        with naming_the_loan():
            loan = await servicing.hold_loan(command.loan)
        if loan.is_closed:
            raise NothingOwed
        policy = CashPolicy.of(await policy_book(tx.today))
        await tx.run("DELETE FROM cash_code WHERE loan_id = ?", [loan.ref.loan_id])
        code_id = tx.new_id("cd")
        code_index = blind_index(CODE_LABEL, _code(code_id))
        if await CashCodeRow.exists(code_index=code_index):
            raise TemporarilyUnavailable
        expires_at = tx.now + policy.code_lifetime
        await CashCodeRow.create(
            id=code_id,
            code_index=code_index,
            borrower_id=loan.ref.borrower_id,
            loan_id=loan.ref.loan_id,
            expires_at=milliseconds(expires_at),
        )
        await claim.settle(tx, {"id": code_id, "expires_at": milliseconds(expires_at)})
    return CashCode(code=_code(code_id), expires_at=moment_of(milliseconds(expires_at)))


async def drop_old_cash_codes() -> int:
    """Drop codes whose minutes are over, whether anybody used them or not; return how many."""
    rows = await fetch(
        "SELECT id FROM cash_code WHERE expires_at <= ?", [milliseconds(current().clock.now())]
    )
    return await CashCodeRow.filter(id__in=[row["id"] for row in rows]).delete()


def _code(code_id: str) -> str:
    digest = hmac.digest(derived_key("otp-pepper"), f"cash|{code_id}".encode(), "sha256")
    return str(int.from_bytes(digest[:8], "big") % 10**CODE_DIGITS).zfill(CODE_DIGITS)
