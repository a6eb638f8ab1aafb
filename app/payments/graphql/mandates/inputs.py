"""What auto-debit takes on the graph, and every way it may answer."""

from typing import Annotated

import strawberry

from app.foundation.caller import BorrowerCaller
from app.foundation.graphql import Fen, PlainProblem, Problem, checked_id
from app.identity.graphql.intents import ApprovalInput
from app.identity.graphql.types import WrongCodeProblem
from app.payments import operations
from app.payments.graphql.mandates.types import AutoDebit
from app.payments.graphql.types import Repayment
from app.servicing.graphql import loan_ref

HASH_LENGTH = 64

_KEY = "Made by the client for this one wish; sending it again does nothing twice."
_CAP = "The most to be debited at a time, from 1 to 1,000,000 yuan."
_MONTH = "The most to be debited in a calendar month, if the borrower wants that too."
_FLOOR = "What must be left on the card; the policy's least unless the borrower wants more."
_HASH = "The `textHash` of the `autoDebitText` the borrower agreed to, for the same figures."


@strawberry.type(description="The loan has automatic debits already.")
class MandateExistsProblem(Problem):
    """Change that one."""

    auto_debit_id: strawberry.ID = strawberry.field(description="The mandate to change or revoke.")


@strawberry.input(description="A borrower's agreement that dues are debited.")
class SetUpAutoDebitInput:
    """What `setUpAutoDebit` takes."""

    idempotency_key: strawberry.ID = strawberry.field(description=_KEY)
    loan_id: strawberry.ID = strawberry.field(description="The loan whose dues to debit.")
    cap_per_debit: Fen = strawberry.field(description=_CAP)
    cap_per_month: Fen | None = strawberry.field(default=None, description=_MONTH)
    living_money_floor: Fen | None = strawberry.field(default=None, description=_FLOOR)
    text_hash: str = strawberry.field(description=_HASH)
    approval: ApprovalInput = strawberry.field(
        description="Of an intent to SIGN_MANDATE with the same cap and hash; see beginIntent."
    )

    def as_command(self, caller: BorrowerCaller) -> operations.SetUpAutoDebit:
        """
        Turn it into the command.

        Raises:
            InvalidInput: The id is malformed.
        """
        return operations.SetUpAutoDebit(
            loan=loan_ref(caller.borrower_id, self.loan_id, field="input.loanId"),
            cap_per_debit_fen=self.cap_per_debit,
            cap_per_month_fen=self.cap_per_month,
            floor_fen=self.living_money_floor,
            text_sha256=self.text_hash[:HASH_LENGTH],
            idempotency_key=self.idempotency_key,
            caller=caller,
            approval=self.approval.as_approval(),
        )


@strawberry.input(description="A borrower's agreement to a mandate on other figures or a new card.")
class ChangeAutoDebitInput:
    """What `changeAutoDebit` takes."""

    idempotency_key: strawberry.ID = strawberry.field(description=_KEY)
    auto_debit_id: strawberry.ID = strawberry.field(description="The mandate to change.")
    cap_per_debit: Fen = strawberry.field(description=_CAP)
    cap_per_month: Fen | None = strawberry.field(default=None, description=_MONTH)
    living_money_floor: Fen | None = strawberry.field(default=None, description=_FLOOR)
    text_hash: str = strawberry.field(description=_HASH)
    approval: ApprovalInput = strawberry.field(
        description="Of an intent to SIGN_MANDATE with the same cap and hash; see beginIntent."
    )

    def as_command(self, caller: BorrowerCaller) -> operations.ChangeAutoDebit:
        """
        Turn it into the command.

        Raises:
            InvalidInput: The id is malformed.
        """
        return operations.ChangeAutoDebit(
            mandate_id=checked_id(self.auto_debit_id, "am", field="input.autoDebitId"),
            cap_per_debit_fen=self.cap_per_debit,
            cap_per_month_fen=self.cap_per_month,
            floor_fen=self.living_money_floor,
            text_sha256=self.text_hash[:HASH_LENGTH],
            idempotency_key=self.idempotency_key,
            caller=caller,
            approval=self.approval.as_approval(),
        )


@strawberry.input(description="A borrower's wish to end automatic debits.")
class RevokeAutoDebitInput:
    """What `revokeAutoDebit` takes."""

    idempotency_key: strawberry.ID = strawberry.field(description=_KEY)
    auto_debit_id: strawberry.ID = strawberry.field(description="The mandate to end.")

    def as_command(self, borrower_id: str) -> operations.RevokeAutoDebit:
        """
        Turn it into the command.

        Raises:
            InvalidInput: The id is malformed.
        """
        return operations.RevokeAutoDebit(
            caller_id=borrower_id,
            mandate_id=checked_id(self.auto_debit_id, "am", field="input.autoDebitId"),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="Automatic debits are on.")
class SetUpAutoDebitSuccess:
    """What `setUpAutoDebit` gives."""

    auto_debit: AutoDebit = strawberry.field(description="The mandate.")


@strawberry.type(description="The mandate was agreed to anew.")
class ChangeAutoDebitSuccess:
    """What `changeAutoDebit` gives."""

    auto_debit: AutoDebit = strawberry.field(description="The mandate on its new figures.")


@strawberry.type(description="Automatic debits are off, from this moment.")
class RevokeAutoDebitSuccess:
    """What `revokeAutoDebit` gives."""

    auto_debit: AutoDebit = strawberry.field(description="The mandate, ended.")
    under_way: Repayment | None = strawberry.field(
        description="A debit that was with the bank before and may still be taken; null when there"
        " was none."
    )
    explanation: str = strawberry.field(
        description="What it means, as a sentence or two to show the borrower."
    )


SetUpAutoDebitResult = Annotated[
    SetUpAutoDebitSuccess | MandateExistsProblem | WrongCodeProblem | PlainProblem,
    strawberry.union("SetUpAutoDebitResult", description="The mandate, or why there is none."),
]
ChangeAutoDebitResult = Annotated[
    ChangeAutoDebitSuccess | WrongCodeProblem | PlainProblem,
    strawberry.union("ChangeAutoDebitResult", description="The mandate, or why it stays."),
]
RevokeAutoDebitResult = Annotated[
    RevokeAutoDebitSuccess | PlainProblem,
    strawberry.union("RevokeAutoDebitResult", description="The mandate's end, or why it stays."),
]
