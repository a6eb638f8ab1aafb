"""Pictures that go with an application: their kinds, their life, and what an upload may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.catalog.rules import Need, PolicyBook
from app.catalog.rules.documents import DocumentKind
from app.origination.errors import DocumentNotAsked, DocumentTooLarge, InvalidUpload, UploadOver
from app.origination.rules.commands import BorrowerCommand

PART_BYTES = 8 * 1024
"""Bytes become durable in steps of this size: a line that breaks loses less than one step."""
KEPT_PART_BYTES = 48 * 1024
"""The steps in which a finished picture is sealed: 64 KB of base64 each."""
LONGEST_SIDE = 1_600
"""Pixels; a page photographed whole stays legible."""
RECEIVING_MAX = 3
"""Uploads one borrower may have under way at once."""
ADDED_EVER_MAX = 40
"""Documents one application may ever announce, those refused and taken away included."""


class DocumentState(StrEnum):
    """Where a picture stands."""

    RECEIVING = "RECEIVING"
    RECEIVED = "RECEIVED"
    """All bytes are here; the picture is being made anew."""
    READY = "READY"
    REFUSED = "REFUSED"
    REMOVED = "REMOVED"
    EXPIRED = "EXPIRED"


_S = DocumentState
STEPS: Mapping[DocumentState, frozenset[DocumentState]] = {
    _S.RECEIVING: frozenset({_S.RECEIVED, _S.REFUSED, _S.REMOVED, _S.EXPIRED}),
    _S.RECEIVED: frozenset({_S.READY, _S.REFUSED, _S.REMOVED}),
    _S.READY: frozenset({_S.REMOVED}),
    _S.REFUSED: frozenset({_S.REMOVED}),
    _S.REMOVED: frozenset(),
    _S.EXPIRED: frozenset({_S.REMOVED}),
}
"""Every step a document may take; there are no others."""

SHOWN = frozenset(_S) - {_S.REMOVED}
COUNTED = frozenset({_S.RECEIVING, _S.RECEIVED, _S.READY})
"""What takes one of an application's places."""
ARRIVED = frozenset({_S.RECEIVED, _S.READY})
"""All bytes are here: nothing more is asked of the borrower, unless it turns out to be no picture.
"""


def stepped(state: DocumentState, wanted: DocumentState) -> DocumentState:
    """
    Take a step of a document.

    Raises:
        UploadOver: It is not in the table.
    """
    if wanted not in STEPS[state]:
        raise UploadOver(state.value)
    return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRules:
    """What holds for documents on a day."""

    bytes_max: int
    upload_days: int
    per_application_max: int
    asked: Mapping[Need, tuple[DocumentKind, ...]]

    @classmethod
    def of(cls, book: PolicyBook) -> "DocumentRules":
        """Read them from the policy data."""
        asked = book.table("documents_asked")
        return cls(
            bytes_max=book.whole("document_bytes_max"),
            upload_days=book.whole("document_upload_days"),
            per_application_max=book.whole("documents_per_application_max"),
            asked={
                Need(need): tuple(DocumentKind(kind) for kind in str(kinds).split())
                for need, kinds in asked.items()
            },
        )

    def check_asked(self, kind: DocumentKind, need: Need) -> None:
        """
        Check that a kind of document is of use for a need.

        Raises:
            DocumentNotAsked: It is not; what nobody needs is not taken.
        """
        if kind not in self.asked.get(need, ()):
            raise DocumentNotAsked

    def check_size(self, size_bytes: int) -> None:
        """
        Check how long a file says it is, before a byte of it travels.

        Raises:
            DocumentTooLarge: It is longer than is taken.
            InvalidUpload: It says less than one byte.
        """
        if size_bytes < 1:
            raise InvalidUpload("input.size")
        if size_bytes > self.bytes_max:
            raise DocumentTooLarge(bytes_max=self.bytes_max)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDocument(BorrowerCommand):
    """Announce a picture: what it shows, how long its file is, and the file's SHA-256."""

    application_id: str
    kind: DocumentKind
    size_bytes: int
    sha256: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveDocument(BorrowerCommand):
    """Take a picture away, whatever has arrived of it."""

    document_id: str
