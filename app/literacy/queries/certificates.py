"""Certificates of tracks: a borrower's own, and a check open to anybody."""

from collections.abc import Sequence

import orjson

from app.foundation.clock import moment_of
from app.foundation.ids import has_id_shape
from app.identity import queries as identity
from app.literacy.models import TrackCertificateRow
from app.literacy.rules import Track
from app.literacy.rules.certificate import TrackCertificate, TrackCertificateCheck
from app.payments.rules.certificate import is_code


async def certificates_of(borrower_id: str) -> Sequence[TrackCertificate]:
    """Return a borrower's certificates, at most one a track, oldest first."""
    rows = await TrackCertificateRow.filter(borrower_id=borrower_id).order_by("issued_at", "id")
    return [_certificate(row) for row in rows]


async def check_track_certificate(number: str, code: str) -> TrackCertificateCheck | None:
    """
    Check a certificate for whoever is shown it; None unless number and code belong together.

    Missing and wrong look the same.
    """
    if not has_id_shape(number, "tc"):
        return None
    row = await TrackCertificateRow.get_or_none(id=number)
    if row is None or not is_code(code, row.sha256):
        return None
    holder = (await identity.profiles_by_id([row.borrower_id]))[0]
    return TrackCertificateCheck(
        certificate=_certificate(row), masked_name=None if holder is None else holder.name
    )


def _certificate(row: TrackCertificateRow) -> TrackCertificate:
    return TrackCertificate(
        number=row.id,
        track=Track(row.track),
        lessons=len(orjson.loads(row.document)["lessons"]),
        issued_at=moment_of(row.issued_at),
        document=row.document,
        sha256=row.sha256,
    )
