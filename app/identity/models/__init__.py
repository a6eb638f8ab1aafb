"""Rows of identity: borrowers, one-time codes, PINs, sessions, devices, staff."""

from app.identity.models.borrowers import (
    PHONE_TAIL_BITS,
    SURNAME_TAIL_BITS,
    BorrowerRow,
    ConsentLineRow,
    borrower_cell,
)
from app.identity.models.codes import (
    CodeFailureRow,
    CodeSendRow,
    OneTimeCodeRow,
    SmsConversionRow,
    SmsGateRow,
    SmsSpendRow,
    StoppedNumberRow,
    code_cell,
    stopped_cell,
)
from app.identity.models.devices import (
    DeviceChallengeRow,
    DeviceRow,
    IntentRow,
    device_cell,
    intent_cell,
)
from app.identity.models.pins import (
    DisbursementFreezeRow,
    PinGuessRow,
    PinRow,
    freeze_cell,
    pin_cell,
)
from app.identity.models.sessions import (
    IdentificationRow,
    SessionRow,
    identification_cell,
    session_cell,
)
from app.identity.models.staff import (
    PasskeyRow,
    RoleChangeRow,
    StaffAttemptRow,
    StaffRow,
    StaffSessionRow,
    UsedStaffChallengeRow,
    passkey_cell,
    staff_cell,
)
from app.identity.models.wallets import WalletRow, wallet_cell

__all__ = [
    "PHONE_TAIL_BITS",
    "SURNAME_TAIL_BITS",
    "BorrowerRow",
    "CodeFailureRow",
    "CodeSendRow",
    "ConsentLineRow",
    "DeviceChallengeRow",
    "DeviceRow",
    "DisbursementFreezeRow",
    "IdentificationRow",
    "IntentRow",
    "OneTimeCodeRow",
    "PasskeyRow",
    "PinGuessRow",
    "PinRow",
    "RoleChangeRow",
    "SessionRow",
    "SmsConversionRow",
    "SmsGateRow",
    "SmsSpendRow",
    "StaffAttemptRow",
    "StaffRow",
    "StaffSessionRow",
    "StoppedNumberRow",
    "UsedStaffChallengeRow",
    "WalletRow",
    "borrower_cell",
    "code_cell",
    "device_cell",
    "freeze_cell",
    "identification_cell",
    "intent_cell",
    "passkey_cell",
    "pin_cell",
    "session_cell",
    "staff_cell",
    "stopped_cell",
    "wallet_cell",
]
