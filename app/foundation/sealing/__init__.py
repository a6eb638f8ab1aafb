"""Personal values at rest: sealed cell by cell under keys that belong to one person each."""

from app.foundation.sealing.cells import Cell, KeyClass, SealBroken
from app.foundation.sealing.fields import Sealed, SealedField
from app.foundation.sealing.registry import Declared, Index, SealedTable, declared
from app.foundation.sealing.vault import (
    Kms,
    Vault,
    blind_index,
    derived_key,
    install_vault,
    seal,
    unseal,
    unseal_all,
)

__all__ = [
    "Cell",
    "Declared",
    "Index",
    "KeyClass",
    "Kms",
    "SealBroken",
    "Sealed",
    "SealedField",
    "SealedTable",
    "Vault",
    "blind_index",
    "declared",
    "derived_key",
    "install_vault",
    "seal",
    "unseal",
    "unseal_all",
]
