"""
Whether what a phone has is still what it would get, found out before anything runs.

Everything that a borrower can see changes in a transaction that counts their revision up; what is
published counts the catalog's; and the lending day moves what depends on days. These three, with
who asks, how far they are trusted, in which language, and what this release would write, are a
version vector. Its digest is an answer's ETag: read from one table by its key, and compared with
what the phone sends, it says whether the operation has to run at all.

What depends on the moment within a day, on somebody else's doing, or on chance has no ETag.
"""

import hashlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from graphql import OperationDefinitionNode, OperationType

from app.foundation.base64url import as_text
from app.foundation.caller import BorrowerCaller
from app.foundation.changes import revisions_of
from app.foundation.graphql import Context
from app.foundation.revision import CATALOG
from app.foundation.versions import Versions
from app.gateway.documents import Prepared
from app.gateway.limits import root_fields
from app.literacy.queries import taught_version


class Source(StrEnum):
    """What an answer may depend on."""

    BORROWER = "borrower"
    """The revision of whoever asks."""
    CATALOG = "catalog"
    """The revision of what is published: products, regions, policy, partners."""
    DAY = "day"
    """The lending day."""


_OWN = frozenset({Source.BORROWER})
_DATED = frozenset({Source.BORROWER, Source.DAY, Source.CATALOG})
_PUBLISHED = frozenset({Source.DAY, Source.CATALOG})

SOURCES: Mapping[str, frozenset[Source]] = {
    "me": _OWN,
    "regions": _PUBLISHED,
    "products": _PUBLISHED,
    "product": _PUBLISHED,
    "partners": _PUBLISHED,
    "loweredLimit": _DATED,
    "creditLines": _DATED,
    "application": _DATED,
    "applications": _DATED,
    "loans": _DATED,
    "loan": _DATED,
    "dues": _DATED,
    "paymentPreview": _DATED,
    "paymentPreviews": _DATED,
    "payoffCertificate": _OWN,
    "refund": _OWN,
    "refunds": _OWN,
    "autoDebit": _DATED,
    "repayment": _DATED,
    "repayments": _DATED,
    "lessons": _OWN,
    "lesson": _OWN,
    "lessonPacks": frozenset(),
    "lessonSuggestions": _DATED,
    "myLearning": _DATED,
    "reviewsDue": _DATED,
    "myFigureQuestion": _DATED,
    "learningCertificates": _OWN,
    "notifications": _OWN,
    "unreadCount": _OWN,
    "notificationPreferences": _OWN,
    "consents": _DATED,
    "myCorrectionRequests": _OWN,
    "myHumanReviews": _OWN,
}
"""What the borrower graph's root fields depend on; one that is not here depends on more."""

TIMED = frozenset(
    {
        "Borrower.isPinLocked",
        "Borrower.recovery",
        "LoanApplication.acceptInWallet",
        "Refund.acceptInWallet",
        "Repayment.payInWallet",
    }
)
"""Fields below them that depend on the moment."""


def sources_of(prepared: Prepared, operation: OperationDefinitionNode) -> frozenset[Source] | None:
    """Return what an operation of a valid document depends on; None if that is more than these."""
    if operation.operation is not OperationType.QUERY or prepared.fields & TIMED:
        return None
    assert prepared.document is not None, "only a valid document has operations"
    roots = root_fields(operation, prepared.document)
    if not roots <= SOURCES.keys():
        return None
    return frozenset().union(*(SOURCES[root] for root in roots))


async def tag_of(
    prepared: Prepared,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    context: Context,
) -> str | None:
    """
    Return the ETag of what an operation would answer now: `W/"` and 8 characters.

    None where the answer depends on more than revisions tell, or holds a secret.

    Raises:
        TemporarilyUnavailable: The database is busy or away.
    """
    name = operation.name.value if operation.name else None
    if name not in prepared.tags:
        prepared.tags[name] = sources_of(prepared, operation), _person(prepared, name)
    sources: frozenset[Source] | None
    person: bytes
    sources, person = prepared.tags[name]
    if sources is None or prepared.tells_secret:
        return None
    caller = context.caller
    own_id, trust, sees_all = None, None, False
    if isinstance(caller, BorrowerCaller):
        own_id, trust, sees_all = caller.borrower_id, caller.trust, caller.sees_all
    known = context.versions or await _versions(context, own_id, sources)
    own = known.own if Source.BORROWER in sources and own_id is not None else None
    catalog = known.catalog if Source.CATALOG in sources else None
    day = known.today.toordinal() if Source.DAY in sources else None
    # No part but the last can hold what parts them.
    vector = (
        f"{taught_version()}|{context.language}|{own_id}|{trust}|{sees_all}|{own}|{catalog}|{day}|"
    ).encode()
    if variables:
        vector += orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.blake2b(vector, digest_size=6, person=person).digest()
    return f'W/"{as_text(digest)}"'


def _person(prepared: Prepared, name: str | None) -> bytes:
    """Return what sets an operation of this release apart, as 16 bytes that BLAKE2 takes beside."""
    named = f"{release()}|{prepared.hash.hex()}|{name}".encode()
    return hashlib.blake2b(named, digest_size=hashlib.blake2b.PERSON_SIZE).digest()


async def _versions(context: Context, own_id: str | None, sources: frozenset[Source]) -> Versions:
    """Return what matters of them where they were not read as who asks was looked up."""
    subjects = [CATALOG] if Source.CATALOG in sources else []
    if Source.BORROWER in sources and own_id is not None:
        subjects.append(own_id)
    found = await revisions_of(subjects) if subjects else {}
    own = found.get(own_id, 0) if own_id else 0
    return Versions(context.today, own, found.get(CATALOG, 0))


def is_unchanged(tag: str, if_none_match: str | None) -> bool:
    """Tell whether a request's If-None-Match names this tag (RFC 9110, section 13.1.2)."""
    if if_none_match is None:
        return False
    return tag in (one.strip() for one in if_none_match.split(","))


@cache
def release() -> str:
    """Fingerprint what decides how the same data are written: our code, texts and lessons."""
    house = Path(__file__).parents[1]
    digest = hashlib.sha256()
    fixtures = house.parent / "fixtures"
    for path in _written(house, fixtures / "content", fixtures / "packs"):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _written(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        for pattern in ("*.py", "*.toml", "*.md", "*.zst"):
            yield from sorted(folder.rglob(pattern))
