"""Use cases of identity: codes, signing in, sessions, profiles, staff."""

from app.identity.operations.codes import (
    check_signing_code,
    deliver_code,
    issue_signing_code,
    request_code,
)
from app.identity.operations.consents import note_consent, note_withdrawal
from app.identity.operations.device_sign_in import sign_in_with_device
from app.identity.operations.devices import (
    begin_device_enrollment,
    enroll_device,
    revoke_device,
)
from app.identity.operations.intents import approve_intent, open_intent, opened, spend_intent
from app.identity.operations.limits import forget_limits
from app.identity.operations.profile import complete_profile, set_bank_card, set_language
from app.identity.operations.proofs import prove
from app.identity.operations.sessions import (
    authenticate,
    end_other_sessions,
    end_session,
    refresh_session,
    sign_out,
)
from app.identity.operations.sign_in import verify_code
from app.identity.operations.spending import set_sms_limits
from app.identity.operations.staff import enroll_staff, staff_sign_in, staff_sign_out
from app.identity.operations.stepping_up import step_up

__all__ = [
    "approve_intent",
    "authenticate",
    "begin_device_enrollment",
    "check_signing_code",
    "complete_profile",
    "deliver_code",
    "end_other_sessions",
    "end_session",
    "enroll_device",
    "enroll_staff",
    "forget_limits",
    "issue_signing_code",
    "note_consent",
    "note_withdrawal",
    "open_intent",
    "opened",
    "prove",
    "refresh_session",
    "request_code",
    "revoke_device",
    "set_bank_card",
    "set_language",
    "set_sms_limits",
    "sign_in_with_device",
    "sign_out",
    "spend_intent",
    "staff_sign_in",
    "staff_sign_out",
    "step_up",
    "verify_code",
]
