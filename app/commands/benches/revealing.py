"""What a reveal computes beside its trips to the database: opening, comparing, recording."""

from collections.abc import Callable
from typing import cast

from app.commands.benches.measuring import Work
from app.foundation.audit.cells import digest_of
from app.foundation.audit.chain import Entry, StoredEntry, cell_mac, cell_name, head_mac
from app.foundation.canonical import canonical_json
from app.foundation.sealing.cells import Cell, DataKey, KeyClass, close_cell, open_cell
from app.foundation.sealing.kms import Kms
from app.foundation.sealing.vault import Vault, install_vault

SUBJECT = "br1i9uw005mztduc"
AGENT = "st1i9uw0w2b7hq3k"
KEY = bytes(range(32))
CHAINED_CELLS = 3
"""A borrower's phone, bank card and row seal are compared with the chain."""


class OneKey:
    """A keeper of root keys whose every key is the same."""

    is_local = True

    def mac(self, _key_name: str, _message: bytes) -> bytes:
        """Return the one key."""
        return KEY


def reveal() -> Work:
    """Return a reveal's own work; the goal is the specification's."""
    return Work(
        name="reveal",
        what="a value opened, compared with the chain, and put on record",
        do=_reveal(),
        most_ms=1.0,
    )


def _reveal() -> Callable[[], object]:
    vault = Vault(cast("Kms", OneKey()), monotonic=lambda: 0.0)
    cell = Cell("borrower", "phone", SUBJECT, SUBJECT, KeyClass.CONTACT)
    key = DataKey(KEY, 1)
    sealed = close_cell(cell, "13800138000", key=key, entropy=bytes)
    about = {
        "look": "lk1i9uw0k7bd2n5m",
        "what": "PHONE_CLEAR",
        "reason": "BORROWER_ASKED",
        "reveal": "rv1i9uw0q2mz8x4c",
        "field": "PHONE",
    }

    def do() -> str:
        install_vault(vault)
        opened = open_cell(cell, sealed, key=key)
        for _ in range(CHAINED_CELLS):
            cell_mac(cell_name(cell), 1, digest_of(sealed))
        entry = Entry("desk.revealed", SUBJECT, AGENT, about)
        prev_hash = "0" * 64
        head_mac(1, prev_hash)
        stored = StoredEntry(
            seq=2,
            kind=entry.kind,
            subject_id=entry.subject_id,
            actor=entry.actor,
            about=canonical_json(dict(entry.about)),
            recorded_at=1_795_000_000_000,
            prev_hash=prev_hash,
        )
        chain_hash = stored.chain_hash()
        head_mac(2, chain_hash)
        return opened

    return do
