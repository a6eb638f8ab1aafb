"""Refusals around hand-overs to other lenders."""

from app.foundation.errors import Refusal


class NoReferral(Refusal):
    """We lend this product ourselves; nothing is handed over for it."""

    code = "NO_REFERRAL"

    def __init__(self) -> None:
        super().__init__("we lend it", field="input.productId")


class HandoverProfileNeeded(Refusal):
    """What would be handed over is not known yet; complete the profile first."""

    code = "HANDOVER_PROFILE_NEEDED"


class TooManyHandovers(Refusal):
    """As many hand-overs are prepared or under way as one person may have."""

    code = "TOO_MANY_HANDOVERS"

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most}")
        self.most = most


class HandoverTextChanged(Refusal):
    """The hash is of other words than this hand-over's; read them again."""

    code = "HANDOVER_TEXT_CHANGED"

    def __init__(self) -> None:
        super().__init__("other words", field="input.textHash")


class HandoverConsentMissing(Refusal):
    """Nothing is handed over without the borrower's separate consent to exactly that."""

    code = "HANDOVER_CONSENT_MISSING"


class HandoverStepRefused(Refusal):
    """The hand-over does not stand where this step is possible; `state` says where."""

    code = "HANDOVER_STEP_REFUSED"

    def __init__(self, state: str, wanted: str) -> None:
        super().__init__(f"{wanted} is not possible in {state}")
        self.state = state
