"""Rows of identity: borrowers, one-time codes, sessions, staff."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, Index, KeyClass, SealedField, SealedTable
from app.identity.rules import devices, people

PHONE_TAIL_BITS = 12
"""Each entry stands for about as many borrowers as 1 in 4,096: it names nobody."""


def borrower_cell(borrower_id: str, column: str) -> Cell:
    """Return the place of one of a borrower's sealed values."""
    return BorrowerRow.seals.cell(column, borrower_id, borrower_id)


def code_cell(challenge_id: str, column: str) -> Cell:
    """Return the place of a challenge's sealed value; the challenge is its own subject."""
    return OneTimeCodeRow.seals.cell(column, challenge_id, challenge_id)


def session_cell(session_id: str, borrower_id: str) -> Cell:
    """Return the place of a session's device name."""
    return SessionRow.seals.cell("device_name", session_id, borrower_id)


def device_cell(device_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of one of a device's sealed values."""
    return DeviceRow.seals.cell(column, device_id, borrower_id)


def intent_cell(intent_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of one of an intent's sealed values."""
    return IntentRow.seals.cell(column, intent_id, borrower_id)


def pin_cell(borrower_id: str, column: str) -> Cell:
    """Return the place of a PIN's verifier; a borrower has one row."""
    return PinRow.seals.cell(column, borrower_id, borrower_id)


def freeze_cell(freeze_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of one of a freeze's sealed values."""
    return DisbursementFreezeRow.seals.cell(column, freeze_id, borrower_id)


def identification_cell(identification_id: str, borrower_id: str) -> Cell:
    """Return the place of why staff believe that somebody is a borrower."""
    return IdentificationRow.seals.cell("reason", identification_id, borrower_id)


def stopped_cell(stop_id: str) -> Cell:
    """Return the place of a number that nothing is sent to; the stop is its own subject."""
    return StoppedNumberRow.seals.cell("phone", stop_id, stop_id)


def staff_cell(staff_id: str) -> Cell:
    """Return the place of an authenticator secret."""
    return StaffRow.seals.cell("totp_secret", staff_id, staff_id)


class BorrowerRow(Model):
    """A person who proved a phone number."""

    seals: ClassVar = SealedTable(
        table="borrower",
        subject="id",
        columns={
            "phone": KeyClass.CONTACT,
            "name": KeyClass.IDENTITY,
            "resident_id": KeyClass.IDENTITY,
            "bank_card": KeyClass.IDENTITY,
            "income": KeyClass.CONTACT,
            "purpose": KeyClass.CONTENT,
            "address": KeyClass.CONTACT,
        },
        chained=("phone", "bank_card"),
        indexes=(
            Index(column="phone_index", of=("phone",), label="borrower.phone"),
            Index(
                column="phone_tail_index",
                of=("phone",),
                label="borrower.phone_tail",
                bits=PHONE_TAIL_BITS,
                text_of=people.phone_tail,
            ),
            Index(column="resident_id_index", of=("resident_id",), label="borrower.resident_id"),
            Index(column="bank_card_index", of=("bank_card",), label="borrower.bank_card"),
        ),
        has_row_seal=True,
    )

    id = fields.CharField(max_length=16, primary_key=True)
    phone = SealedField()
    phone_index = fields.CharField(max_length=32, unique=True)
    phone_tail_index = fields.CharField(max_length=3, db_index=True)
    name = SealedField(null=True)
    resident_id = SealedField(null=True)
    resident_id_index = fields.CharField(max_length=32, unique=True, null=True)
    bank_card = SealedField(null=True)
    bank_card_index = fields.CharField(max_length=32, db_index=True, null=True)
    income = SealedField(null=True)
    purpose = SealedField(null=True)
    address = SealedField(null=True)
    region_code = fields.CharField(max_length=6, null=True)
    is_student = fields.BooleanField(default=False)
    phone_since = fields.DateField(null=True)
    language = fields.CharField(max_length=8)
    joined_at = fields.BigIntField()
    completed_at = fields.BigIntField(null=True)
    leaves_at = fields.BigIntField(null=True)
    """Of somebody who closed their account: when they are forgotten unless they come back."""
    lost_phone_at = fields.BigIntField(null=True)
    """When somebody new took over the number; nothing is sent anywhere since."""
    disbursed_from = fields.BigIntField(null=True)
    """Money out waits until then, because a way in or the way for the money just changed."""
    row_version = fields.BigIntField(default=0, db_default=0)
    row_seal = fields.BinaryField(null=True)

    class Meta:
        table = "borrower"

    @property
    def is_forgotten(self) -> bool:
        """Whether the keys to what is sealed here were destroyed."""
        return self.phone_index.startswith("-")


class OneTimeCodeRow(Model):
    """One challenge: whom a code was sent to, never the code itself."""

    seals: ClassVar = SealedTable(
        table="one_time_code",
        subject="id",
        columns=dict.fromkeys(("phone", "words"), KeyClass.AUTH),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    purpose = fields.CharField(max_length=16)
    live_key = fields.CharField(max_length=64, unique=True, null=True)
    phone = SealedField()
    phone_index = fields.CharField(max_length=32, db_index=True)
    salt = fields.BinaryField()
    attempts = fields.IntField(default=0)
    language = fields.CharField(max_length=8)
    borrower_id = fields.CharField(max_length=16, null=True)
    about = fields.CharField(max_length=128, null=True)
    words = SealedField()
    sent_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    used_at = fields.BigIntField(null=True)
    digits = fields.SmallIntField(default=6, db_default=6)
    prefix_index = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "one_time_code"


class SmsGateRow(Model):
    """What a phone or device has used up; locked while a code is asked for or guessed."""

    gate_key = fields.CharField(max_length=32, primary_key=True)
    guess_day = fields.CharField(max_length=10)
    guesses = fields.IntField(default=0)

    class Meta:
        table = "sms_gate"


class CodeSendRow(Model):
    """One code sent, for the limits."""

    id = fields.CharField(max_length=16, primary_key=True)
    phone_index = fields.CharField(max_length=32, db_index=True)
    purpose = fields.CharField(max_length=16)
    device_index = fields.CharField(max_length=32, db_index=True, null=True)
    sent_at = fields.BigIntField()

    class Meta:
        table = "code_send"


class SmsSpendRow(Model):
    """What text messages cost in an hour: of one prefix of numbers, or of all (`scope` ALL)."""

    scope = fields.CharField(max_length=32, primary_key=True)
    hour = fields.BigIntField()
    spent_fen = fields.BigIntField()

    class Meta:
        table = "sms_spend"


class SmsConversionRow(Model):
    """How many codes a prefix of numbers was sent in five minutes, and how many came back."""

    id = fields.CharField(max_length=64, primary_key=True)
    prefix_index = fields.CharField(max_length=32, db_index=True)
    slot = fields.BigIntField()
    sends = fields.IntField()
    redeemed = fields.IntField()

    class Meta:
        table = "sms_conversion"


class CodeFailureRow(Model):
    """Wrong guesses of a day at codes that were not redeemed; a day is spread over some rows."""

    id = fields.CharField(max_length=16, primary_key=True)
    day = fields.CharField(max_length=10, db_index=True)
    failures = fields.IntField()

    class Meta:
        table = "code_failure"


class PinRow(Model):
    """
    A borrower's PIN: two verifiers, which nobody can tell apart, and wrong PINs in a row.

    Without a PIN for duress, `duress` holds the verifier of a number that nobody knows.
    """

    seals: ClassVar = SealedTable(
        table="pin",
        row_id="borrower_id",
        columns=dict.fromkeys(("verifier", "duress"), KeyClass.AUTH),
        chained=("verifier", "duress"),
    )

    borrower_id = fields.CharField(max_length=16, primary_key=True)
    verifier = SealedField()
    duress = SealedField()
    version = fields.IntField(default=1)
    failures = fields.IntField(default=0)
    set_at = fields.BigIntField()

    class Meta:
        table = "pin"


class DisbursementFreezeRow(Model):
    """
    Money out is held back from a borrower who was made to sign in; one live at a time.

    `card` is the bank card named since, which nothing is sent to.
    """

    seals: ClassVar = SealedTable(
        table="disbursement_freeze",
        columns={"card": KeyClass.IDENTITY, "reason": KeyClass.CONTENT},
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    frozen_at = fields.BigIntField()
    card = SealedField(null=True)
    lifted_at = fields.BigIntField(null=True)
    lifted_by = fields.CharField(max_length=16, null=True)
    reason = SealedField(null=True)

    class Meta:
        table = "disbursement_freeze"


class SessionRow(Model):
    """A borrower's session: all tokens that ever descend from one sign-in."""

    seals: ClassVar = SealedTable(table="session", columns={"device_name": KeyClass.CONTENT})

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    device_name = SealedField()
    generation = fields.BigIntField(default=0)
    started_at = fields.BigIntField()
    refreshed_at = fields.BigIntField()
    last_used_on = fields.DateField()
    ended_at = fields.BigIntField(null=True)
    is_revoked = fields.BooleanField(default=False)
    device_id = fields.CharField(max_length=16, null=True)
    """The device whose key this session is bound to; none after signing in by code alone."""
    trust = fields.CharField(max_length=8, default="FULL", db_default="FULL")
    evidence = fields.CharField(max_length=100, null=True)
    """What its holder has shown; none of a session from before that was asked."""
    subscriber = fields.CharField(max_length=8, null=True)
    """What the register of numbers said when this session was started by a code."""
    full_at = fields.BigIntField(null=True)
    """When it is trusted fully unless somebody objects, where only time is missing."""
    phone_proven_at = fields.BigIntField(null=True)
    """When its holder last proved the borrower's number by a code."""

    class Meta:
        table = "session"


class IdentificationRow(Model):
    """Somebody who asks staff to see that a session is in the hands of its borrower."""

    seals: ClassVar = SealedTable(table="identification", columns={"reason": KeyClass.CONTENT})

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    session_id = fields.CharField(max_length=16)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    """The session, while it waits: one question at a time."""
    forgets_pin = fields.BooleanField(default=False)
    asked_at = fields.BigIntField()
    proposed_by = fields.CharField(max_length=16, null=True)
    proposed_at = fields.BigIntField(null=True)
    reason = SealedField(null=True)
    settled_by = fields.CharField(max_length=16, null=True)
    settled_at = fields.BigIntField(null=True)
    is_confirmed = fields.BooleanField(null=True)

    class Meta:
        table = "identification"


class StoppedNumberRow(Model):
    """A number whose holder said “not me”: nothing but a code somebody asks for is sent there."""

    seals: ClassVar = SealedTable(
        table="stopped_number",
        subject="id",
        columns={"phone": KeyClass.CONTACT},
        indexes=(Index(column="phone_index", of=("phone",), label="stopped_number.phone"),),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    phone = SealedField()
    phone_index = fields.CharField(max_length=32, unique=True)
    stopped_at = fields.BigIntField()

    class Meta:
        table = "stopped_number"


class DeviceRow(Model):
    """A phone with a key of its own that may sign its borrower in."""

    seals: ClassVar = SealedTable(
        table="device",
        columns={
            "public_key": KeyClass.AUTH,
            "proof_key": KeyClass.AUTH,
            "name": KeyClass.CONTENT,
        },
        chained=("public_key", "proof_key"),
        indexes=(
            Index(
                column="key_index",
                of=("public_key",),
                label="device.key",
                text_of=devices.key_id_of_kept,
            ),
        ),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    kind = fields.CharField(max_length=16)
    level = fields.CharField(max_length=2)
    key_index = fields.CharField(max_length=32, unique=True)
    public_key = SealedField()
    proof_key = SealedField()
    name = SealedField()
    key_counter = fields.BigIntField(default=0)
    sign_in_counter = fields.BigIntField(default=0)
    proof_high = fields.BigIntField(default=0)
    proof_seen = fields.BigIntField(default=0)
    enrolled_at = fields.BigIntField()
    last_used_on = fields.DateField()
    ended_at = fields.BigIntField(null=True)
    ended_reason = fields.CharField(max_length=16, null=True)

    class Meta:
        table = "device"


class DeviceChallengeRow(Model):
    """What a new device's key is to sign, once."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    session_id = fields.CharField(max_length=16)
    nonce = fields.BinaryField()
    expires_at = fields.BigIntField(db_index=True)
    used_at = fields.BigIntField(null=True)

    class Meta:
        table = "device_challenge"


class ConsentLineRow(Model):
    """
    One line of the consent ledger: something given or taken back; never changed, never deleted.

    `line_key` is the borrower and the line's number, so that the order of lines is beyond doubt.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    line_key = fields.CharField(max_length=32, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    number = fields.IntField()
    act = fields.CharField(max_length=12)
    purpose = fields.CharField(max_length=24)
    recipient = fields.CharField(max_length=40)
    about = fields.CharField(max_length=16)
    version = fields.SmallIntField()
    language = fields.CharField(max_length=8)
    text_sha256 = fields.CharField(max_length=64)
    session_id = fields.CharField(max_length=16, null=True)
    noted_at = fields.BigIntField()

    class Meta:
        table = "consent_line"


class IntentRow(Model):
    """One act to be approved: the words shown, and what proves the approval."""

    seals: ClassVar = SealedTable(
        table="intent",
        columns={"text": KeyClass.HELD, "evidence": KeyClass.HELD},
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    session_id = fields.CharField(max_length=16)
    device_id = fields.CharField(max_length=16, null=True)
    live_key = fields.CharField(max_length=64, unique=True, null=True)
    act = fields.CharField(max_length=24)
    about_hash = fields.CharField(max_length=64)
    text = SealedField()
    means = fields.CharField(max_length=16)
    challenge_id = fields.CharField(max_length=16, null=True)
    evidence = SealedField(null=True)
    opened_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    approved_at = fields.BigIntField(null=True)
    spent_at = fields.BigIntField(null=True)

    class Meta:
        table = "intent"


class StaffRow(Model):
    """A member of staff."""

    seals: ClassVar = SealedTable(
        table="staff", subject="id", columns={"totp_secret": KeyClass.AUTH}
    )

    id = fields.CharField(max_length=16, primary_key=True)
    name = fields.CharField(max_length=32, unique=True)
    role = fields.CharField(max_length=16)
    password_hash = fields.CharField(max_length=128)
    totp_secret = SealedField()
    last_totp_step = fields.BigIntField(default=0)
    enrolled_at = fields.BigIntField()

    class Meta:
        table = "staff"


class StaffSessionRow(Model):
    """A member of staff's session."""

    id = fields.CharField(max_length=16, primary_key=True)
    staff_id = fields.CharField(max_length=16, db_index=True)
    started_at = fields.BigIntField()
    seen_at = fields.BigIntField()
    ended_at = fields.BigIntField(null=True)
    stepped_up_at = fields.BigIntField(null=True)

    class Meta:
        table = "staff_session"


class StaffAttemptRow(Model):
    """Failed sign-ins in a row under one name, whether anybody has that name or not."""

    name_index = fields.CharField(max_length=32, primary_key=True)
    failures = fields.IntField()
    failed_at = fields.BigIntField()

    class Meta:
        table = "staff_attempt"
