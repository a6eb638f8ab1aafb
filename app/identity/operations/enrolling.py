"""Enrolling staff: a row under its seal, with a password and a secret for their authenticator."""

import base64
import binascii
import re

import pyotp
from tortoise.exceptions import IntegrityError

from app.foundation.audit import SYSTEM, Entry, record
from app.foundation.caller import StaffRole
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput
from app.foundation.sealing import seal
from app.identity.errors import StaffNameTaken
from app.identity.models import StaffRow, staff_cell
from app.identity.operations.passwords import hash_password
from app.identity.operations.staff_rows import keep_staff
from app.identity.rules import codes
from app.identity.rules.commands import EnrollStaff
from app.identity.rules.passwords import PASSWORD_MAX, PASSWORD_MIN
from app.identity.rules.values import Enrolled

SECRET_BYTES_MAX = 64
ISSUER = "Qingmiao"
_NAME_SHAPE = re.compile(r"[a-z0-9._-]{2,32}")


async def enroll_staff(command: EnrollStaff) -> Enrolled:
    """
    Give a person a place at the service desk with a password of their own, such as the demo's.

    Raises:
        InvalidInput: The name, password or secret is malformed.
        StaffNameTaken: Somebody signs in with this name already.
        RateLimited: Too many passwords are being worked on.
    """
    if not has_name_shape(command.name):
        raise InvalidInput("input.name", "identity.reason.staff_name")
    if not PASSWORD_MIN <= len(command.password) <= PASSWORD_MAX:
        raise InvalidInput("input.password", "identity.reason.password", least=PASSWORD_MIN)
    password_hash = await hash_password(command.password)
    try:
        async with transaction() as tx:
            enrolled = await keep_enrolled(
                tx,
                name=command.name,
                role=command.role,
                password_hash=password_hash,
                secret=_secret_given(command.totp_secret),
            )
            about = {"staff": enrolled.staff_id, "role": command.role.value}
            await record(tx, Entry("staff.enrolled", None, SYSTEM, about))
    except IntegrityError as taken:
        raise StaffNameTaken from taken
    return enrolled


def has_name_shape(name: str) -> bool:
    """Tell whether a name to sign in by is 2 to 32 of a-z, digits, dot, dash and underscore."""
    return _NAME_SHAPE.fullmatch(name) is not None


async def keep_enrolled(
    tx: Transaction, *, name: str, role: StaffRole, password_hash: str, secret: bytes | None = None
) -> Enrolled:
    """
    Write a new member's row, with a secret for their authenticator; on record by the caller.

    Raises:
        IntegrityError: Somebody signs in with this name already.
    """
    written = written_secret(secret or tx.random_bytes(codes.SECRET_BYTES))
    staff_id = tx.new_id("st")
    row = StaffRow(
        id=staff_id,
        name=name,
        role=role.value,
        password_hash=password_hash,
        totp_secret=await seal(tx, staff_cell(staff_id), written),
        enrolled_at=milliseconds(tx.now),
    )
    await keep_staff(tx, row, is_new=True)
    return Enrolled(
        staff_id=staff_id, totp_secret=written, otpauth_uri=authenticator_uri(name, written)
    )


def written_secret(secret: bytes) -> str:
    """Write an authenticator secret as it is kept: Base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def authenticator_uri(name: str, written: str) -> str:
    """Return what a QR code for an authenticator app holds."""
    return pyotp.TOTP(written).provisioning_uri(name=name, issuer_name=ISSUER)


def secret_of(written: str) -> bytes:
    """Read an authenticator secret as it is kept: Base32 without padding."""
    return base64.b32decode(written + "=" * (-len(written) % 8))


def _secret_given(totp_secret: str | None) -> bytes | None:
    if totp_secret is None:
        return None
    refused = InvalidInput("input.totpSecret", "identity.reason.totp_secret")
    try:
        secret = secret_of(totp_secret.upper())
    except binascii.Error:
        raise refused from None
    if not codes.SECRET_BYTES <= len(secret) <= SECRET_BYTES_MAX:
        raise refused
    return secret
