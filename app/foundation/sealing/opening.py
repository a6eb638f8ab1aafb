"""Sealing and opening values: the two calls through which everything personal goes."""

from collections.abc import Sequence

from app.foundation.database import Transaction
from app.foundation.sealing.cells import (
    Cell,
    DataKey,
    SealBroken,
    close_cell,
    head_of,
    open_cell,
)
from app.foundation.sealing.data_keys import (
    Forgotten,
    key_id,
    keys_by_id,
    newest_key,
    refuse_forgotten,
)
from app.foundation.sealing.fields import Sealed
from app.foundation.sealing.vault import Vault, installed_vault


async def seal(tx: Transaction, cell: Cell, text: str, *, is_brief: bool = False) -> Sealed:
    """
    Encrypt a value for its cell; the person's first value of a class makes the class's key.

    A value with `is_brief` is of use for a short while only, so its key may be made while the KMS
    is away: losing it would cost little. The subject is then one that keeps nothing else.

    Raises:
        Forgotten: The person's keys were destroyed.
        KeysUnavailable: A new key is needed and the KMS is away.
    """
    key, suite = await newest_key(tx, cell.subject_id, cell.key_class, is_brief=is_brief)
    return close_cell(cell, text, key=key, suite=suite, entropy=tx.random_bytes)


async def unseal(cell: Cell, sealed: bytes) -> str:
    """
    Decrypt the value of a cell.

    Raises:
        SealBroken: It does not belong to this cell, was altered, or its key is gone.
        Forgotten: Its person's keys were destroyed.
    """
    return (await unseal_all([(cell, sealed)]))[0]


async def unseal_all(closed: Sequence[tuple[Cell, bytes]]) -> list[str]:
    """
    Decrypt many values with at most one query for the keys, in the order given.

    Raises:
        SealBroken: Any of them does not belong to its cell, was altered, or its key is gone.
        Forgotten: The keys of the person of one of them were destroyed.
    """
    vault = installed_vault()
    names = [_key_of(cell, sealed) for cell, sealed in closed]
    try:
        keys = await keys_by_id(vault, set(names))
    except SealBroken as broken:
        broken.cell = broken.cell or closed[0][0]
        raise
    texts: list[str] = []
    for (cell, sealed), name in zip(closed, names, strict=True):
        key = keys.get(name)
        if cell.formerly is None and key is not None:
            texts.append(open_cell(cell, sealed, key=key))
        else:
            texts.append(await _opened(vault, cell, sealed, key))
    return texts


async def unseal_left(closed: Sequence[tuple[Cell, bytes]]) -> list[str | None]:
    """
    Decrypt many values, in the order given; None where the person was forgotten.

    Raises:
        SealBroken: Any of the others does not belong to its cell, was altered, or its key is gone.
    """
    try:
        return list(await unseal_all(closed))
    except Forgotten:
        return [await _left(cell, sealed) for cell, sealed in closed]


async def _left(cell: Cell, sealed: bytes) -> str | None:
    try:
        return await unseal(cell, sealed)
    except Forgotten:
        return None


async def _opened(vault: Vault, cell: Cell, sealed: bytes, key: DataKey | None) -> str:
    """Open what its class's key may not open: an older class's may, or nobody can any more."""
    if key is not None:
        try:
            return open_cell(cell, sealed, key=key)
        except SealBroken:
            if cell.formerly is None:
                raise
    if cell.formerly is not None:
        name = key_id(cell.subject_id, cell.formerly, head_of(sealed)[1])
        former = (await keys_by_id(vault, {name})).get(name)
        if former is not None:
            return open_cell(cell, sealed, key=former, key_class=cell.formerly)
    try:
        await refuse_forgotten(cell.subject_id)
    except Forgotten as forgotten:
        raise Forgotten(cell) from forgotten
    raise SealBroken(cell)


def _key_of(cell: Cell, sealed: bytes) -> str:
    try:
        return key_id(cell.subject_id, cell.key_class, head_of(sealed)[1])
    except SealBroken as broken:
        raise SealBroken(cell) from broken
