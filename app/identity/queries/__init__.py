"""Reads of identity: who is asking, and what may be known of a borrower."""

from app.identity.queries.approvals import approval_proof
from app.identity.queries.borrowers import (
    bank_card_of,
    contact_of,
    facts_for_decision,
    name_of,
    own_profile_of,
    own_profiles_by_id,
    party_of,
    profile_of,
    profiles_by_id,
    signing_code_of,
    value_in_clear,
)
from app.identity.queries.callers import caller_of, device_level, devices_of, sessions_of
from app.identity.queries.consents import (
    consent_line_of,
    consent_lines,
    consents_standing,
    has_consent,
)
from app.identity.queries.finding import (
    borrower_ids_by_phone,
    borrower_ids_by_phone_tail,
    borrower_ids_by_surname_and_tail,
)
from app.identity.queries.holding import held_of
from app.identity.queries.own import own_view_of
from app.identity.queries.passkeys import passkeys_of
from app.identity.queries.pins import (
    frozen_borrower_ids,
    is_disbursement_frozen,
    pin_of,
    pin_set_at,
)
from app.identity.queries.recovery import contact_view_of, is_number_stopped, recovery_of
from app.identity.queries.staff import staff_by_id, staff_member, works_as
from app.identity.queries.stepping_up import check_stepped_up, is_stepped_up
from app.identity.queries.velocity import (
    cards_shared,
    device_mark_of,
    joined_at,
    people_on_device,
)
from app.identity.queries.wallets import pay_wallets_only, wallet_of

__all__ = [
    "approval_proof",
    "bank_card_of",
    "borrower_ids_by_phone",
    "borrower_ids_by_phone_tail",
    "borrower_ids_by_surname_and_tail",
    "caller_of",
    "cards_shared",
    "check_stepped_up",
    "consent_line_of",
    "consent_lines",
    "consents_standing",
    "contact_of",
    "contact_view_of",
    "device_level",
    "device_mark_of",
    "devices_of",
    "facts_for_decision",
    "frozen_borrower_ids",
    "has_consent",
    "held_of",
    "is_disbursement_frozen",
    "is_number_stopped",
    "is_stepped_up",
    "joined_at",
    "name_of",
    "own_profile_of",
    "own_profiles_by_id",
    "own_view_of",
    "party_of",
    "passkeys_of",
    "pay_wallets_only",
    "people_on_device",
    "pin_of",
    "pin_set_at",
    "profile_of",
    "profiles_by_id",
    "recovery_of",
    "sessions_of",
    "signing_code_of",
    "staff_by_id",
    "staff_member",
    "value_in_clear",
    "wallet_of",
    "works_as",
]
