"""Use cases of identity: codes, signing in, sessions, profiles, staff."""

from app.identity.operations.attesting import attest_device
from app.identity.operations.bank_cards import begin_bank_card_change, set_bank_card
from app.identity.operations.codes import (
    check_signing_code,
    deliver_code,
    issue_signing_code,
    request_code,
)
from app.identity.operations.consents import note_consent, note_withdrawal
from app.identity.operations.continuity import prove_continuity
from app.identity.operations.correcting import (
    correct_profile,
    forget_address,
    profile_value,
)
from app.identity.operations.device_sign_in import sign_in_with_device
from app.identity.operations.devices import (
    begin_device_enrollment,
    enroll_device,
    revoke_device,
)
from app.identity.operations.enrolling import enroll_staff
from app.identity.operations.freezes import freezes_for, lift_freeze
from app.identity.operations.guessing import (
    check_pin,
    forgiven_if_refused,
    give_back,
    guess_in_session,
    guess_pin,
    guess_where_set,
)
from app.identity.operations.identifying import (
    ask_to_be_identified,
    identifications_for,
    identify_borrower,
)
from app.identity.operations.intents import (
    answered_before,
    approve_intent,
    open_intent,
    opened,
    spend_intent,
)
from app.identity.operations.keys import set_apps
from app.identity.operations.knocking import count_first_with
from app.identity.operations.leaving import (
    begin_leaving,
    forget_ways_in,
    is_to_be_forgotten,
)
from app.identity.operations.limits import forget_limits
from app.identity.operations.numbers import disown_number, start_afresh
from app.identity.operations.passkeys import (
    add_passkey,
    passkey_challenge,
    remove_passkey,
    set_staff_site,
)
from app.identity.operations.phones import (
    begin_phone_change,
    change_phone,
    request_phone_code,
)
from app.identity.operations.pins import change_pin, reset_pin, set_duress_pin, set_pin
from app.identity.operations.profile import complete_profile, set_language
from app.identity.operations.proofs import prove
from app.identity.operations.registers import ask_register
from app.identity.operations.sessions import (
    authenticate,
    authenticate_with_versions,
    end_other_sessions,
    end_session,
    refresh_session,
    sign_out,
)
from app.identity.operations.sign_in import verify_code
from app.identity.operations.spending import set_sms_limits
from app.identity.operations.staff import staff_sign_in, staff_sign_out
from app.identity.operations.staff_rows import at_work
from app.identity.operations.staffing import (
    change_role,
    end_staff,
    give_place,
    reset_staff,
)
from app.identity.operations.stepping_up import step_up
from app.identity.operations.wallets import ask_wallets, begin_wallet_change, set_wallet
from app.identity.operations.withdrawing import note_withdrawn

__all__ = [
    "add_passkey",
    "answered_before",
    "approve_intent",
    "ask_register",
    "ask_to_be_identified",
    "ask_wallets",
    "at_work",
    "attest_device",
    "authenticate",
    "authenticate_with_versions",
    "begin_bank_card_change",
    "begin_device_enrollment",
    "begin_leaving",
    "begin_phone_change",
    "begin_wallet_change",
    "change_phone",
    "change_pin",
    "change_role",
    "check_pin",
    "check_signing_code",
    "complete_profile",
    "correct_profile",
    "count_first_with",
    "deliver_code",
    "disown_number",
    "end_other_sessions",
    "end_session",
    "end_staff",
    "enroll_device",
    "enroll_staff",
    "forget_address",
    "forget_limits",
    "forget_ways_in",
    "forgiven_if_refused",
    "freezes_for",
    "give_back",
    "give_place",
    "guess_in_session",
    "guess_pin",
    "guess_where_set",
    "identifications_for",
    "identify_borrower",
    "is_to_be_forgotten",
    "issue_signing_code",
    "lift_freeze",
    "note_consent",
    "note_withdrawal",
    "note_withdrawn",
    "open_intent",
    "opened",
    "passkey_challenge",
    "profile_value",
    "prove",
    "prove_continuity",
    "refresh_session",
    "remove_passkey",
    "request_code",
    "request_phone_code",
    "reset_pin",
    "reset_staff",
    "revoke_device",
    "set_apps",
    "set_bank_card",
    "set_duress_pin",
    "set_language",
    "set_pin",
    "set_sms_limits",
    "set_staff_site",
    "set_wallet",
    "sign_in_with_device",
    "sign_out",
    "spend_intent",
    "staff_sign_in",
    "staff_sign_out",
    "start_afresh",
    "step_up",
    "verify_code",
]
