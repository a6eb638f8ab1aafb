"""What the ledger refuses, and the two faults of a caller that misuses it."""

from app.foundation.errors import Refusal


class ChargeNotInCertificate(Refusal):
    """The loan's confirmed cost certificate does not name this charge, so it may not be taken."""

    code = "CHARGE_NOT_IN_CERTIFICATE"

    def __init__(self, *, loan_id: str, charge_code: str) -> None:
        super().__init__(f"{loan_id} has no charge {charge_code}")
        self.loan_id = loan_id
        self.charge_code = charge_code


class PostingImpossible(ValueError):
    """A fault: the entries do not sum to zero, or a part of the posting has no valid shape."""


class SourceReused(RuntimeError):
    """A fault: the same source was posted before with other entries."""

    def __init__(self, posting_id: str) -> None:
        super().__init__(f"the source is posted as {posting_id}, with other entries")
        self.posting_id = posting_id
