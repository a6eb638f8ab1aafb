"""Refusals around guarantors."""

from app.foundation.errors import Refusal


class GuarantorNotAsked(Refusal):
    """This application needs no guarantor."""

    code = "GUARANTOR_NOT_ASKED"

    def __init__(self) -> None:
        super().__init__("not asked", field="input.applicationId")


class GuarantorIsBorrower(Refusal):
    """Nobody can stand behind a loan of their own."""

    code = "GUARANTOR_IS_BORROWER"

    def __init__(self) -> None:
        super().__init__("their own number", field="input.phone")


class TooManyGuarantors(Refusal):
    """As many people were named for this application as may be."""

    code = "TOO_MANY_GUARANTORS"

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most}")
        self.most = most


class GuarantorProfileNeeded(Refusal):
    """Who stands behind a loan is an adult whose name and resident ID we know; complete them."""

    code = "GUARANTOR_PROFILE_NEEDED"


class GuarantorOvercommitted(Refusal):
    """The caller owes or stands behind too much, or is late, so they guarantee nothing for now."""

    code = "GUARANTOR_OVERCOMMITTED"

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    @property
    def text_key(self) -> str:
        """Why decides what they can do about it; nobody else is told."""
        return f"origination.overcommitted.{self.why}"


class GuaranteeNotReady(Refusal):
    """The borrower has not said yet how much the loan is to be; look again later."""

    code = "GUARANTEE_NOT_READY"


class GuaranteeTextChanged(Refusal):
    """The hash is not that of the present words; show them again."""

    code = "GUARANTEE_TEXT_CHANGED"

    def __init__(self) -> None:
        super().__init__("another text", field="input.textHash")


class GuaranteeOver(Refusal):
    """The guarantee was answered, replaced, or its loan is signed or not wanted any more."""

    code = "GUARANTEE_OVER"

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self._state = state


class GuarantorMissing(Refusal):
    """The loan needs a guarantor who agrees to the whole amount, and has none now; name one."""

    code = "GUARANTOR_MISSING"
