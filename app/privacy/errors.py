"""Refusals around a borrower's rights over their data."""

from collections.abc import Sequence
from enum import StrEnum

from app.foundation.errors import Refusal


class ClosingObstacle(StrEnum):
    """What must be settled before an account can be closed."""

    LOAN_OPEN = "LOAN_OPEN"
    MONEY_ON_ITS_WAY = "MONEY_ON_ITS_WAY"
    REPAYMENT_UNDER_WAY = "REPAYMENT_UNDER_WAY"
    REFUND_OWED = "REFUND_OWED"
    REFUND_UNDER_WAY = "REFUND_UNDER_WAY"
    GUARANTEE_STANDS = "GUARANTEE_STANDS"
    COMPLAINT_OPEN = "COMPLAINT_OPEN"
    LOAN_CORRECTION_OPEN = "LOAN_CORRECTION_OPEN"


class TicketNeeded(Refusal):
    """This value is shown for a ticket only; name the borrower's open ticket."""

    code = "TICKET_NEEDED"

    def __init__(self) -> None:
        super().__init__("no ticket", field="input.ticketId")


class SecondPersonNeeded(Refusal):
    """A second person has to approve this first; ask for one with `requestReveal`."""

    code = "SECOND_PERSON_NEEDED"


class RevealOver(Refusal):
    """This reveal was carried out some time ago; send a new one with a new key."""

    code = "REVEAL_OVER"

    def __init__(self) -> None:
        super().__init__("shown before", field="input.idempotencyKey")


class RevealRequestNotOpen(Refusal):
    """The request is decided already, or it has waited too long."""

    code = "REVEAL_REQUEST_NOT_OPEN"


class OwnRevealRequest(Refusal):
    """Whoever asks to see a value cannot approve it; a second person does."""

    code = "OWN_REVEAL_REQUEST"


class TooManyRevealRequests(Refusal):
    """As many requests of this member of staff wait as may; have those decided first."""

    code = "TOO_MANY_REVEAL_REQUESTS"

    def __init__(self, waiting_max: int) -> None:
        super().__init__(f"at most {waiting_max}")
        self.waiting_max = waiting_max


class ConsentOnlyInApplication(Refusal):
    """This consent is asked for by an application and is given there, not by itself."""

    code = "CONSENT_ONLY_IN_APPLICATION"

    def __init__(self) -> None:
        super().__init__("given in an application", field="input.purpose")


class ConsentWordsChanged(Refusal):
    """The hash is not that of the consent's present words; show the words again."""

    code = "CONSENT_WORDS_CHANGED"

    def __init__(self) -> None:
        super().__init__("other words", field="input.textHash")


class TooManyExports(Refusal):
    """The borrower has fetched as many copies of their data today as may be made in a day."""

    code = "TOO_MANY_EXPORTS"

    def __init__(self, most: int, retry_after_seconds: int) -> None:
        super().__init__(f"at most {most} a day")
        self.most = most
        self.retry_after_seconds = retry_after_seconds


class CorrectionWaits(Refusal):
    """A correction of the same thing is with staff already."""

    code = "CORRECTION_WAITS"

    def __init__(self) -> None:
        super().__init__("one waits already", field="input.field")


class NothingToCorrect(Refusal):
    """What is asked for is what stands there already, or nothing stands there yet."""

    code = "NOTHING_TO_CORRECT"

    def __init__(self) -> None:
        super().__init__("nothing would change", field="input.value")


class CorrectionNotOpen(Refusal):
    """The request is decided already, or not at the point where this can be done."""

    code = "CORRECTION_NOT_OPEN"


class OwnProposal(Refusal):
    """Whoever proposes how to answer may not also decide it; a second person does."""

    code = "OWN_PROPOSAL"


class AccountNotClosable(Refusal):
    """Something must be settled before the account can be closed; `obstacles` lists all of it."""

    code = "ACCOUNT_NOT_CLOSABLE"

    def __init__(self, obstacles: Sequence[ClosingObstacle]) -> None:
        super().__init__(f"{len(obstacles)} obstacles")
        self.obstacles = tuple(obstacles)

    def details(self) -> dict[str, object]:
        """Return how many things stand in the way."""
        return {"count": len(self.obstacles)}


class DataStillNeeded(Refusal):
    """This part is needed while the account is open, or the law keeps it; `part` says which."""

    code = "DATA_STILL_NEEDED"

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} is needed", field="input.part")
        self.part = part

    @property
    def text_key(self) -> str:
        """Each part is needed for a reason of its own."""
        return f"privacy.needed.{self.part}"


class ReviewNotPossible(Refusal):
    """There is no decision by machine to look at, or it was made too long ago."""

    code = "REVIEW_NOT_POSSIBLE"

    def __init__(self) -> None:
        super().__init__("nothing to review", field="input.applicationId")


class ReviewAsked(Refusal):
    """A person is looking at this decision already, or has."""

    code = "REVIEW_ASKED"

    def __init__(self) -> None:
        super().__init__("asked before", field="input.applicationId")


class ReviewNotOpen(Refusal):
    """The request is answered already."""

    code = "REVIEW_NOT_OPEN"
