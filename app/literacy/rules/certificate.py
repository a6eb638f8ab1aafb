"""The certificate of a track: what it states, and the code it is checked by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.foundation.canonical import canonical_json
from app.literacy.rules.lesson import Track
from app.payments.rules.certificate import code_of

KIND = "qingmiao.learning-certificate"
VERSION = 1
"""The form of the document; other fields or other meanings get a new number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackCertificate:
    """
    A borrower's certificate.

    Attributes:
        number: Its id.
        track: What was learned.
        lessons: How many lessons the track had when it was made out.
        issued_at: When that was.
        document: Exactly what it states, in canonical JSON (RFC 8785); no person is in it.
        sha256: The hash of the document.
    """

    number: str
    track: Track
    lessons: int
    issued_at: datetime
    document: str
    sha256: str

    @property
    def code(self) -> str:
        """Return the code it is checked by: the first 80 bits of its hash."""
        return code_of(self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackCertificateCheck:
    """What whoever is shown a certificate is told: it is genuine, and whose it is, masked."""

    certificate: TrackCertificate
    masked_name: str | None


def document_of(
    *, number: str, track: Track, lessons: Sequence[str], course: str, issued_on: date
) -> str:
    """Return what a certificate states: every lesson by name, and the course's version."""
    return canonical_json(
        {
            "kind": KIND,
            "version": VERSION,
            "number": number,
            "track": track.name,
            "lessons": list(lessons),
            "course": course,
            "issued_on": issued_on.isoformat(),
        }
    )
