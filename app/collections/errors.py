"""What collections turns down, each with its reason."""

from app.foundation.errors import Refusal


class ContactNotPermitted(Refusal):
    """The borrower may not be contacted now; `reasons` says why, and it is on record."""

    code = "CONTACT_NOT_PERMITTED"

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(f"not permitted: {', '.join(reasons)}")
        self.reasons = reasons


class PermitNotUsable(Refusal):
    """The permit was used, has run out, or covers another time or channel."""

    code = "PERMIT_NOT_USABLE"


class CaseOver(Refusal):
    """The case has ended."""

    code = "CASE_OVER"


class CaseStepOutOfOrder(Refusal):
    """The step does not follow from where the case stands."""

    code = "CASE_STEP_OUT_OF_ORDER"

    def __init__(self, state: str) -> None:
        super().__init__(f"the case is {state}")
        self.state = state


class HardshipNotOffered(Refusal):
    """Offer relief first: a case goes no further before the borrower was offered it."""

    code = "HARDSHIP_NOT_OFFERED"


class StageTooEarly(Refusal):
    """The loan is not late enough for that."""

    code = "STAGE_TOO_EARLY"

    def __init__(self, days: int) -> None:
        super().__init__(f"from {days} days past due on")
        self.days = days


class ConflictOfInterest(Refusal):
    """Whoever is named decided on the loan, or the borrower contested a contact of theirs."""

    code = "CONFLICT_OF_INTEREST"


class AgencyNotListed(Refusal):
    """No agency of this code is on the partner list today."""

    code = "AGENCY_NOT_LISTED"


class OwnMark(Refusal):
    """Whoever set this mark cannot end it; a colleague does."""

    code = "OWN_MARK"


class AlreadyContested(Refusal):
    """The borrower has contested this contact before."""

    code = "ALREADY_CONTESTED"
