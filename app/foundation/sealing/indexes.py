"""Blind indexes: keyed fingerprints by which sealed values are found, and nobody else is."""

import hmac

from app.foundation.sealing.vault import derived_key, key_ring

INDEX_LABEL = "index:"


def blind_index(label: str, normalized: str, *, bits: int = 128, version: int | None = None) -> str:
    """
    Return a keyed fingerprint by which a sealed value can be found, in hexadecimal.

    128 bits name one person; 12 bits (for a phone's last four digits) leave each entry shared by
    many. `label` is table, column and purpose, such as `borrower.phone`; the label's current key
    makes it, unless another version is named.

    Raises:
        TemporarilyUnavailable: Nobody expected the label, and the KMS is being asked for it.
    """
    mac = hmac.digest(derived_key(INDEX_LABEL + label, version), normalized.encode(), "sha256")
    number = int.from_bytes(mac[:16], "big") >> (128 - bits)
    return f"{number:0{-(-bits // 4)}x}"


def blind_indexes(label: str, normalized: str, *, bits: int = 128) -> list[str]:
    """
    Return the fingerprints under every version of the label's key that is still read, newest first.

    While an index is being made anew, rows carry the one or the other.

    Raises:
        TemporarilyUnavailable: Nobody expected the label, and the KMS is being asked for it.
    """
    versions = key_ring().labels.versions(INDEX_LABEL + label)
    return [blind_index(label, normalized, bits=bits, version=version) for version in versions]
