"""Refusals around signing in and the borrower's own data."""

from app.foundation.errors import Refusal


class WrongCode(Refusal):
    """The one-time code is not the one that was sent; guesses are counted."""

    code = "WRONG_CODE"

    def __init__(self, attempts_left: int) -> None:
        super().__init__(f"{attempts_left} attempts left", field="input.code")
        self.attempts_left = attempts_left

    @property
    def text_key(self) -> str:
        """The last wrong guess has a sentence of its own."""
        return super().text_key if self.attempts_left else "identity.reason.no_attempts_left"


class CodeExpired(Refusal):
    """The one-time code is too old, used up or replaced; ask for a new one."""

    code = "CODE_EXPIRED"

    def __init__(self) -> None:
        super().__init__("no live code", field="input.code")


class CodesLocked(Refusal):
    """Too many wrong codes for this phone today; codes by text message open again tomorrow."""

    code = "CODES_LOCKED"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"locked for {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class SessionRevoked(Refusal):
    """An old refresh token came back, so the whole session was ended for safety; sign in again."""

    code = "SESSION_REVOKED"


class UnderAge(Refusal):
    """The borrower is not yet eighteen; nothing they sent was kept."""

    code = "UNDER_AGE"

    def __init__(self) -> None:
        super().__init__("under eighteen", field="input.residentId")


class ResidentIdTaken(Refusal):
    """Another borrower already gave this resident ID; customer service can sort it out."""

    code = "RESIDENT_ID_TAKEN"

    def __init__(self) -> None:
        super().__init__("resident ID taken", field="input.residentId")


class ResidentIdFixed(Refusal):
    """A different resident ID was given before; only customer service can correct it."""

    code = "RESIDENT_ID_FIXED"

    def __init__(self) -> None:
        super().__init__("resident ID given before", field="input.residentId")


class SignInFailed(Refusal):
    """Name, password or authenticator code is wrong; it does not say which."""

    code = "SIGN_IN_FAILED"


class StaffNameTaken(Refusal):
    """Another member of staff signs in with this name."""

    code = "STAFF_NAME_TAKEN"

    def __init__(self) -> None:
        super().__init__("name taken", field="input.name")
