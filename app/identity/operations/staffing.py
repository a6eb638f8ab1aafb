"""Who works here: places given, taken away and set anew, signed by two who decide on roles."""

from collections.abc import Mapping, Sequence

from tortoise.exceptions import IntegrityError

from app.foundation.audit import ALARM, OPERATOR, SYSTEM, Entry, note_cell, record
from app.foundation.caller import StaffRole
from app.foundation.database import Transaction, current, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.outbox import announce
from app.foundation.sealing import seal
from app.identity.errors import RoleChangeWaits, StaffHasLeft, StaffNameTaken
from app.identity.events import StaffEnded
from app.identity.models import PasskeyRow, StaffRow, passkey_cell, staff_cell
from app.identity.operations.enrolling import (
    authenticator_uri,
    has_name_shape,
    keep_enrolled,
    written_secret,
)
from app.identity.operations.passwords import hash_password
from app.identity.operations.staff import forgive
from app.identity.operations.staff_rows import (
    end_staff_sessions,
    keep_staff,
    locked_everybody,
    put_in_role,
    reject_changes,
    roles_of,
)
from app.identity.operations.withdrawing import note_withdrawn
from app.identity.queries.staff_rows import check_staff
from app.identity.rules import codes, passwords
from app.identity.rules.staffing import (
    NewSecrets,
    Signers,
    check_not_last,
    check_signers,
    signers_needed,
)

ALONE = ALARM + "staff_changed_alone"
"""Who works here was changed without the signatures of those who decide on roles."""
CHANCE_BYTES = 64


async def give_place(name: str, role: StaffRole, signers: Signers) -> NewSecrets:
    """
    Give somebody a place at the desk: a password for one use, and a secret for their authenticator.

    Raises:
        InvalidInput: The name is malformed.
        StaffNameTaken: Somebody signs in with this name, or did once.
        OwnRoleChange, Forbidden, SignersMissing: As `staffing.check_signers` says.
        RateLimited: Too many passwords are being worked on.
    """
    if not has_name_shape(name):
        raise InvalidInput("input.name", "identity.reason.staff_name")
    password, password_hash = await _drawn()
    try:
        async with transaction() as tx:
            working = _check(await locked_everybody(), signers, None)
            kept = passwords.for_once(password_hash, tx.now)
            enrolled = await keep_enrolled(tx, name=name, role=role, password_hash=kept)
            about = {"staff": enrolled.staff_id, "role": role.value}
            await _put_on_record(tx, "staff.enrolled", signers, working, about)
    except IntegrityError as taken:
        raise StaffNameTaken from taken
    return NewSecrets(
        staff_id=enrolled.staff_id,
        password=password,
        totp_secret=enrolled.totp_secret,
        otpauth_uri=enrolled.otpauth_uri,
    )


async def end_staff(name: str, signers: Signers, *, even_the_last: bool = False) -> str:
    """
    Take somebody's place away for good: sessions and passkeys at once, then what they had to do.

    No password of theirs fits any more. Changes of role that they proposed, or that were proposed
    for them, are rejected, and whatever else they proposed is withdrawn. The name stays with what
    they did. Returns their id.

    Raises:
        NotFound: Nobody has or had this name.
        StaffHasLeft: Their place was taken away before.
        LastOfRole: Things wait for their role, nobody else has it, and that was not asked for.
        OwnRoleChange, Forbidden, SignersMissing: As `staffing.check_signers` says.
    """
    async with transaction() as tx:
        everybody = await locked_everybody()
        row = _named(everybody, name)
        working = _check(everybody, signers, row.id)
        if not even_the_last:
            check_not_last(working, row.id)
        about = await _end(tx, row, checker_id=signers.first_id)
        await _put_on_record(tx, "staff.ended", signers, working, about)
    return row.id


async def end_staff_again(tx: Transaction, ended: Sequence[Sequence[str]]) -> int:
    """
    End whoever has left since a copy of the database was taken, by their ids; return how many.

    Nobody signs: it was signed when they left.
    """
    ids = [str(one[0]) for one in ended]
    rows = await StaffRow.filter(id__in=ids).order_by("id").select_for_update()
    back = [row for row in rows if passwords.kept_password(row.password_hash).ended_at is None]
    await check_staff(back)
    for row in back:
        about = await _end(tx, row, checker_id=None)
        await record(tx, Entry("staff.ended", None, OPERATOR, about))
    return len(back)


async def reset_staff(name: str, signers: Signers) -> NewSecrets:
    """
    Let somebody begin anew who lost password or authenticator; their sessions and passkeys end.

    Raises:
        NotFound, StaffHasLeft: As `end_staff` says.
        OwnRoleChange, Forbidden, SignersMissing: As `staffing.check_signers` says.
        RateLimited: Too many passwords are being worked on.
    """
    password, password_hash = await _drawn()
    async with transaction() as tx:
        everybody = await locked_everybody()
        row = _named(everybody, name)
        working = _check(everybody, signers, row.id)
        secret = written_secret(tx.random_bytes(codes.SECRET_BYTES))
        row.password_hash = passwords.for_once(password_hash, tx.now)
        row.totp_secret = await seal(tx, staff_cell(row.id), secret)
        await keep_staff(tx, row)
        await forgive(tx, name)
        about = {
            "staff": row.id,
            "sessions": await end_staff_sessions(tx, row.id),
            "passkeys": await _take_passkeys(tx, row.id),
        }
        await _put_on_record(tx, "staff.reset", signers, working, about)
    return NewSecrets(
        staff_id=row.id,
        password=password,
        totp_secret=secret,
        otpauth_uri=authenticator_uri(name, secret),
    )


async def change_role(
    name: str, role: StaffRole, signers: Signers, *, even_the_last: bool = False
) -> str:
    """
    Give somebody another role, from their next request on; return their id.

    Changes of role that wait are rejected as when somebody leaves, and so is what their new role
    may not hold given back.

    Raises:
        RoleChangeWaits: They have the role already.
        NotFound, StaffHasLeft, LastOfRole: As `end_staff` says.
        OwnRoleChange, Forbidden, SignersMissing: As `staffing.check_signers` says.
    """
    async with transaction() as tx:
        everybody = await locked_everybody()
        row = _named(everybody, name)
        working = _check(everybody, signers, row.id)
        if row.role == role.value:
            raise RoleChangeWaits
        if not even_the_last:
            check_not_last(working, row.id, role)
        await put_in_role(tx, row, role, checker_id=signers.first_id)
        about = {"staff": row.id, "role": role.value}
        await _put_on_record(tx, "staff.role_changed", signers, working, about)
    return row.id


async def _end(tx: Transaction, row: StaffRow, *, checker_id: str | None) -> dict[str, str | int]:
    row.password_hash = passwords.ended(tx.now)
    await keep_staff(tx, row)
    await reject_changes(tx, row.id, checker_id)
    await _withdraw_identifications(tx, row.id)
    await announce(tx, StaffEnded(staff_id=row.id))
    return {
        "staff": row.id,
        "sessions": await end_staff_sessions(tx, row.id),
        "passkeys": await _take_passkeys(tx, row.id),
    }


async def _withdraw_identifications(tx: Transaction, staff_id: str) -> None:
    """Let two others say that a session is in its borrower's hands, where they said so first."""
    rows = await tx.rows(
        "UPDATE identification SET proposed_by = NULL, proposed_at = NULL WHERE proposed_by = ?"
        " AND settled_at IS NULL RETURNING id, borrower_id",
        [staff_id],
    )
    await note_withdrawn(tx, staff_id, rows)


def _named(everybody: Sequence[StaffRow], name: str) -> StaffRow:
    row = next((one for one in everybody if one.name == name), None)
    if row is None:
        raise NotFound("input.name")
    if passwords.kept_password(row.password_hash).ended_at is not None:
        raise StaffHasLeft
    return row


def _check(
    everybody: Sequence[StaffRow], signers: Signers, about_id: str | None
) -> dict[str, StaffRole]:
    """Check who signs, and return the roles of everybody who works here."""
    working = roles_of(everybody)
    check_signers(signers, working, about_id)
    return working


async def _drawn() -> tuple[str, str]:
    """Return a new password for one use, and its hash."""
    password = passwords.drawn_password(current().entropy(CHANCE_BYTES))
    return password, await hash_password(password)


async def _take_passkeys(tx: Transaction, staff_id: str) -> int:
    rows = await PasskeyRow.filter(staff_id=staff_id)
    for row in rows:
        await row.delete()
        await note_cell(tx, passkey_cell(row.id, staff_id, "public_key"), None)
    return len(rows)


async def _put_on_record(
    tx: Transaction,
    kind: str,
    signers: Signers,
    working: Mapping[str, StaffRole],
    about: Mapping[str, str | int],
) -> None:
    """Write into the audit chain who signed; as an alarm too where fewer did than it takes."""
    actor = signers.first_id or SYSTEM
    staff_id = str(about["staff"])
    second = {} if signers.second_id is None else {"second": signers.second_id}
    await record(tx, Entry(kind, None, actor, {**about, **second}))
    if len(signers.named) < signers_needed(working, staff_id):
        await record(tx, Entry(ALONE, None, actor, {"staff": staff_id, "act": kind}))
