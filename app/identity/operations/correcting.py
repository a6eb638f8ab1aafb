"""Putting a borrower's profile right, value by value; who may, is for the rooms above to say."""

from tortoise.exceptions import IntegrityError

from app.foundation.database import Transaction
from app.foundation.revision import revise
from app.foundation.sealing import blind_index, blind_indexes, seal, unseal
from app.identity.errors import ResidentIdTaken
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.borrower_rows import keep_row, locked_row
from app.identity.rules.correcting import ProfileField


async def profile_value(tx: Transaction, borrower_id: str, field: ProfileField) -> str | None:
    """
    Return what stands in a field, in clear, the row held; None where nothing was given yet.

    Raises:
        NotFound: There is no such borrower.
        SealBroken: The borrower's row is not as it was last written.
    """
    assert tx, "the row is held in a transaction"
    row = await locked_row(borrower_id)
    if field is ProfileField.LANGUAGE:
        return row.language
    column = field.value.lower()
    sealed = getattr(row, column)
    return None if sealed is None else await unseal(borrower_cell(row.id, column), sealed)


async def correct_profile(
    tx: Transaction, borrower_id: str, field: ProfileField, value: str
) -> None:
    """
    Put a checked value in a field.

    Raises:
        NotFound: There is no such borrower.
        ResidentIdTaken: Another borrower has this resident ID.
    """
    row = await locked_row(borrower_id)
    if field is ProfileField.LANGUAGE:
        row.language = value
    else:
        column = field.value.lower()
        setattr(row, column, await seal(tx, borrower_cell(row.id, column), value))
    if field is ProfileField.RESIDENT_ID:
        row.resident_id_index = await _free_index(row, value)
    try:
        await keep_row(tx, row)
    except IntegrityError as taken:
        raise ResidentIdTaken from taken
    await revise(tx, borrower_id)


async def forget_address(tx: Transaction, borrower_id: str) -> None:
    """
    Delete a borrower's address.

    Raises:
        NotFound: There is no such borrower.
    """
    row = await locked_row(borrower_id)
    row.address = None  # pyright: ignore[reportAttributeAccessIssue] - the column may be empty
    await keep_row(tx, row)
    await revise(tx, borrower_id)


async def _free_index(row: BorrowerRow, resident_id: str) -> str:
    indexes = blind_indexes("borrower.resident_id", resident_id)
    if await BorrowerRow.filter(resident_id_index__in=indexes).exclude(id=row.id).exists():
        raise ResidentIdTaken
    return blind_index("borrower.resident_id", resident_id)
