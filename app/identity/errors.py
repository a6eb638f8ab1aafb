"""Refusals around signing in and the borrower's own data."""

from app.foundation.caller import StaffRole
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


class CodesPaused(Refusal):
    """So many codes were texted that none are for a while, here or to numbers like this one."""

    code = "CODES_PAUSED"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"paused for {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds
        self.minutes = -(-retry_after_seconds // 60)


class WrongPin(Refusal):
    """The PIN is not the right one; wrong ones in a row are counted."""

    code = "WRONG_PIN"

    def __init__(self, attempts_left: int) -> None:
        super().__init__(f"{attempts_left} attempts left", field="input.pin")
        self.attempts_left = attempts_left

    @property
    def text_key(self) -> str:
        """The last wrong PIN has a sentence of its own."""
        return super().text_key if self.attempts_left else "identity.reason.no_pins_left"


class PinLocked(Refusal):
    """Too many wrong PINs in a row; it opens nothing until it is set anew."""

    code = "PIN_LOCKED"

    def __init__(self) -> None:
        super().__init__("locked", field="input.pin")


class PinNotSet(Refusal):
    """The borrower has no PIN yet."""

    code = "PIN_NOT_SET"


class PinRequired(Refusal):
    """The borrower has a PIN, and this is not done without it."""

    code = "PIN_REQUIRED"

    def __init__(self) -> None:
        super().__init__("PIN missing", field="input.pin")


class PinAlreadySet(Refusal):
    """The borrower has a PIN; change it, knowing the present one."""

    code = "PIN_ALREADY_SET"


class LoginCodeRefused(Refusal):
    """The wallet's provider does not take the login code; the app asks for a new one."""

    code = "LOGIN_CODE_REFUSED"

    def __init__(self) -> None:
        super().__init__("login code unknown", field="input.loginCode")


class SessionRevoked(Refusal):
    """An old refresh token came back, so the whole session was ended for safety; sign in again."""

    code = "SESSION_REVOKED"


class ProofRequired(Refusal):
    """This session is bound to the phone's key, and the request carries no proof by it."""

    code = "PROOF_REQUIRED"


class ProofInvalid(Refusal):
    """The proof header is not a signature of this very request by the session's key."""

    code = "PROOF_INVALID"


class ProofReplayed(Refusal):
    """The proof's counter was used before; count on, sign the same request again and resend it."""

    code = "PROOF_REPLAYED"


class DeviceSignInFailed(Refusal):
    """The device cannot sign in: key, signature or counter is wrong; it does not say which."""

    code = "DEVICE_SIGN_IN_FAILED"


class DeviceClockOff(Refusal):
    """The phone's clock is more than five minutes off; sign the nonce instead of the time."""

    code = "DEVICE_CLOCK_OFF"

    def __init__(self, nonce: str) -> None:
        super().__init__("clock off", field="input.signedAt")
        self.nonce = nonce


class DeviceChallengeOver(Refusal):
    """The challenge for a new device is too old, used up, or another session's; begin again."""

    code = "DEVICE_CHALLENGE_OVER"

    def __init__(self) -> None:
        super().__init__("no open challenge", field="input.challengeId")


class DeviceKeyRefused(Refusal):
    """The key cannot be enrolled: it is malformed, did not sign the challenge, or was used."""

    code = "DEVICE_KEY_REFUSED"


class DeviceAttestationRefused(Refusal):
    """The maker's certificates do not prove how the phone keeps its key; nothing changes."""

    code = "DEVICE_ATTESTATION_REFUSED"


class TooManyDevices(Refusal):
    """The borrower has as many devices as one may have; end one of them first."""

    code = "TOO_MANY_DEVICES"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} devices at most")
        self.most = most


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
    """A different resident ID was given before; ask for a correction, which two people decide."""

    code = "RESIDENT_ID_FIXED"

    def __init__(self) -> None:
        super().__init__("resident ID given before", field="input.residentId")


class NameFixed(Refusal):
    """A different name was given before; ask for a correction, which two people decide."""

    code = "NAME_FIXED"

    def __init__(self) -> None:
        super().__init__("name given before", field="input.name")


class ContinuityNotShown(Refusal):
    """What was shown is not this borrower's, or was used before; nothing was opened by it."""

    code = "CONTINUITY_NOT_SHOWN"


class NumberNotNew(Refusal):
    """The number has not changed hands, as far as anybody knows; customer service can look."""

    code = "NUMBER_NOT_NEW"


class OwnIdentification(Refusal):
    """You were the first to say so; somebody else has to say it too."""

    code = "OWN_IDENTIFICATION"


class PhoneTaken(Refusal):
    """Another account has this number; sign in with it, or let customer service look."""

    code = "PHONE_TAKEN"


class SignInFailed(Refusal):
    """Name, password, authenticator code or passkey is wrong; it does not say which."""

    code = "SIGN_IN_FAILED"


class PasskeysOff(Refusal):
    """No page where staff sign in is set up here, so passkeys cannot be used."""

    code = "PASSKEYS_OFF"


class PasskeyRefused(Refusal):
    """What the browser sent makes no passkey: begin again with a new challenge."""

    code = "PASSKEY_REFUSED"


class StaffSignInStale(Refusal):
    """Sign out and in again first: a passkey is added within five minutes of signing in."""

    code = "STAFF_SIGN_IN_STALE"


class TooManyPasskeys(Refusal):
    """A member of staff has as many passkeys as one may have; take one away first."""

    code = "TOO_MANY_PASSKEYS"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} passkeys at most")
        self.most = most


class OwnRoleChange(Refusal):
    """Nobody changes their own role, nor decides on what they proposed; a colleague does."""

    code = "OWN_ROLE_CHANGE"


class RoleChangeWaits(Refusal):
    """This colleague has the role already, or another change of theirs waits to be decided."""

    code = "ROLE_CHANGE_WAITS"


class RoleChangeNotOpen(Refusal):
    """The proposal is decided or out of time, or the role was changed in another way."""

    code = "ROLE_CHANGE_NOT_OPEN"


class StepUpFailed(Refusal):
    """The code is wrong or was used before, or the passkey's answer is; try with a new one."""

    code = "STEP_UP_FAILED"

    def __init__(self, *, field: str = "input.totp") -> None:
        super().__init__("proof wrong or used", field=field)


class StepUpNeeded(Refusal):
    """Give a fresh code or passkey first (`staffStepUp`); the last one is five minutes old."""

    code = "STEP_UP_NEEDED"


class PasswordToChange(Refusal):
    """The password was for one use: sign in again with a new code, and choose one of your own."""

    code = "PASSWORD_TO_CHANGE"

    def __init__(self) -> None:
        super().__init__("a new password is needed", field="input.newPassword")


class StaffHasLeft(Refusal):
    """This member of staff has left; their name stays with what they did, and is not used again."""

    code = "STAFF_HAS_LEFT"


class SignersMissing(Refusal):
    """Who works here is changed by people who decide on roles, and not enough of them signed."""

    code = "SIGNERS_MISSING"

    def __init__(self, needed: int) -> None:
        super().__init__(f"{needed} have to sign")
        self.needed = needed


class LastOfRole(Refusal):
    """Nobody else could do what waits for this role."""

    code = "LAST_OF_ROLE"

    def __init__(self, role: StaffRole) -> None:
        super().__init__(f"the last {role.value}")
        self.role = role.value


class StaffNameTaken(Refusal):
    """Another member of staff signs in with this name."""

    code = "STAFF_NAME_TAKEN"

    def __init__(self) -> None:
        super().__init__("name taken", field="input.name")


class ApprovalMissing(Refusal):
    """The borrower has to approve this first: begin an intent and show its text."""

    code = "APPROVAL_MISSING"

    def __init__(self) -> None:
        super().__init__("needs an approval", field="input.approval")


class IntentOver(Refusal):
    """What was to be approved is over, spent, or not what is now to be done; begin again."""

    code = "INTENT_OVER"

    def __init__(self) -> None:
        super().__init__("no live intent for this act", field="input.approval")


class SignatureWrong(Refusal):
    """The signature is not this phone's over the text that was shown; nothing was done."""

    code = "SIGNATURE_WRONG"

    def __init__(self) -> None:
        super().__init__("not signed as shown", field="input.approval.signature")


class SignInStale(Refusal):
    """Sign in by a code once more first: the last one was too long ago to add a phone by."""

    code = "SIGN_IN_STALE"
