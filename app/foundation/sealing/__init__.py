"""Personal values at rest: sealed cell by cell under keys that belong to one person each."""

from app.foundation.sealing.cells import Cell, KeyClass, SealBroken
from app.foundation.sealing.data_keys import Forgotten
from app.foundation.sealing.fields import Sealed, SealedField
from app.foundation.sealing.indexes import blind_index, blind_indexes
from app.foundation.sealing.kms import KeyDestroyed, Kms, KmsUnavailable
from app.foundation.sealing.opening import seal, unseal, unseal_all, unseal_left
from app.foundation.sealing.registry import (
    Declared,
    Fading,
    Index,
    MarkedTable,
    SealedTable,
    declared,
)
from app.foundation.sealing.ring import KeyRing, KeysUnavailable
from app.foundation.sealing.vault import Vault, derived_key, install_vault, key_ring

__all__ = [
    "Cell",
    "Declared",
    "Fading",
    "Forgotten",
    "Index",
    "KeyClass",
    "KeyDestroyed",
    "KeyRing",
    "KeysUnavailable",
    "Kms",
    "KmsUnavailable",
    "MarkedTable",
    "SealBroken",
    "Sealed",
    "SealedField",
    "SealedTable",
    "Vault",
    "blind_index",
    "blind_indexes",
    "declared",
    "derived_key",
    "install_vault",
    "key_ring",
    "seal",
    "unseal",
    "unseal_all",
    "unseal_left",
]
