"""Use cases of identity: codes, signing in, sessions, profiles, staff."""

from app.identity.operations.codes import (
    check_signing_code,
    deliver_code,
    issue_signing_code,
    request_code,
)
from app.identity.operations.consents import note_consent, note_withdrawal
from app.identity.operations.profile import complete_profile, set_bank_card, set_language
from app.identity.operations.sessions import (
    authenticate,
    end_session,
    refresh_session,
    sign_out,
)
from app.identity.operations.sign_in import verify_code
from app.identity.operations.staff import enroll_staff, staff_sign_in, staff_sign_out

__all__ = [
    "authenticate",
    "check_signing_code",
    "complete_profile",
    "deliver_code",
    "end_session",
    "enroll_staff",
    "issue_signing_code",
    "note_consent",
    "note_withdrawal",
    "refresh_session",
    "request_code",
    "set_bank_card",
    "set_language",
    "sign_out",
    "staff_sign_in",
    "staff_sign_out",
    "verify_code",
]
