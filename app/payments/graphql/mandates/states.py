"""Auto-debit's enums as the schema shows them, each value with what a phone can do about it."""

from enum import Enum
from typing import Any, cast

import strawberry

from app.payments.ports import FailureReason
from app.payments.rules.mandates import DebitStatus, MandateStatus, NotSent


@strawberry.enum(name="AutoDebitStatus", description="Where a mandate stands.")
class AutoDebitState(Enum):
    """The states, as the schema explains them."""

    ACTIVE = strawberry.enum_value(
        MandateStatus.ACTIVE.value, description="Dues are debited; `nextDebit` says when."
    )
    PAUSED = strawberry.enum_value(
        MandateStatus.PAUSED.value,
        description="Stopped after failures, or because the card changed; `changeAutoDebit` goes"
        " on once the borrower has agreed anew.",
    )
    REVOKED = strawberry.enum_value(
        MandateStatus.REVOKED.value, description="Ended by the borrower; set up a new one."
    )
    ENDED = strawberry.enum_value(
        MandateStatus.ENDED.value, description="Ended because the loan is paid off."
    )


@strawberry.enum(name="AutoDebitAttemptStatus", description="Where one attempt to debit stands.")
class AttemptState(Enum):
    """The states of an attempt, as the schema explains them."""

    SENT = strawberry.enum_value(
        DebitStatus.SENT.value, description="With the bank; look again in a while."
    )
    SUCCEEDED = strawberry.enum_value(
        DebitStatus.SUCCEEDED.value, description="Taken; `repayment` has the receipt."
    )
    FAILED = strawberry.enum_value(
        DebitStatus.FAILED.value, description="Nothing was taken; `explanation` says why."
    )
    NOT_SENT = strawberry.enum_value(
        DebitStatus.NOT_SENT.value,
        description="The bank was not even asked; `explanation` says why.",
    )


_REASONS = {
    FailureReason.INSUFFICIENT_FUNDS: "There was not enough on the card.",
    FailureReason.INSUFFICIENT_ABOVE_FLOOR: "It would have left less than the living-money floor.",
    FailureReason.DECLINED: "The bank said no; the borrower can ask it why.",
    FailureReason.PAYEE_UNREACHABLE: "The bank could not do it.",
    FailureReason.NAME_MISMATCH: "The bank says that the card is not in the borrower's name.",
    FailureReason.EXPIRED: "The bank did not answer in time; not the borrower's doing.",
    FailureReason.WITHDRAWN: "We took it back before the bank had it.",
    FailureReason.UNSTATED: "The bank gave no reason.",
    NotSent.ABOVE_CAP: "More was due than `capPerDebit`.",
    NotSent.ABOVE_MONTHLY_CAP: "It would have gone above `capPerMonth`.",
    NotSent.CARD_CHANGED: "The borrower has another card now and has not agreed to it.",
}

AttemptReason: Any = strawberry.enum(
    cast(
        "type[Enum]",
        Enum(
            "AttemptReason",
            {
                reason.value: strawberry.enum_value(reason.value, description=meaning)
                for reason, meaning in _REASONS.items()
            },
        ),
    ),
    name="AutoDebitFailure",
    description="Why an attempt took nothing; none of them costs a fee.",
)
