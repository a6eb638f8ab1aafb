"""Certificates of tracks: the borrower's own, and a check open to anybody."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.foundation.graphql import Info
from app.literacy import queries
from app.literacy.graphql.types import LessonTrack
from app.literacy.rules.certificate import TrackCertificate, TrackCertificateCheck


@strawberry.type(
    description="Proof that every quiz of a track was answered right. It never changes."
)
class LearningCertificate:
    """A borrower's certificate of a track."""

    number: str = strawberry.field(description="Its number: 16 characters.")
    track: LessonTrack = strawberry.field(description="What was learned.")
    lessons: int = strawberry.field(description="How many lessons the track had then.")
    issued_at: datetime = strawberry.field(description="When it was made out.")
    code: str = strawberry.field(
        description="The code that whoever is shown it checks it by: see"
        " `checkLearningCertificate`."
    )
    sha256: str = strawberry.field(
        description="The SHA-256 of `document` in UTF-8, in hexadecimal; the first 80 bits, in"
        " Crockford's base 32, are `code`."
    )
    document: str = strawberry.field(
        description="Exactly what it states: canonical JSON (RFC 8785), without any person."
    )

    @classmethod
    def of(cls, certificate: TrackCertificate) -> "LearningCertificate":
        """Show a certificate."""
        return cls(
            number=certificate.number,
            track=LessonTrack[certificate.track.name],
            lessons=certificate.lessons,
            issued_at=certificate.issued_at,
            code=certificate.code,
            sha256=certificate.sha256,
            document=certificate.document,
        )


@strawberry.type(description="What a learning certificate that somebody was shown is worth.")
class LearningCertificateCheck:
    """The answer to a check."""

    is_genuine: bool = strawberry.field(
        description="Whether number and code belong to a certificate of ours; if not, nothing else"
        " is told."
    )
    explanation: str = strawberry.field(description="All of it as one sentence to show.")
    track: LessonTrack | None = strawberry.field(description="What was learned.")
    lessons: int | None = strawberry.field(description="How many lessons the track had then.")
    issued_at: datetime | None = strawberry.field(description="When it was made out.")
    borrower: str | None = strawberry.field(description="Whose it is, masked.")

    @classmethod
    def of(cls, info: Info, found: TrackCertificateCheck | None) -> "LearningCertificateCheck":
        """Show what a check found."""
        if found is None:
            return cls(
                is_genuine=False,
                explanation=info.context.text("literacy.certificate.UNKNOWN"),
                track=None,
                lessons=None,
                issued_at=None,
                borrower=None,
            )
        track = found.certificate.track.name
        return cls(
            is_genuine=True,
            explanation=info.context.text(
                "literacy.certificate.GENUINE",
                track=info.context.text(f"literacy.track.{track}"),
                lessons=found.certificate.lessons,
            ),
            track=LessonTrack[track],
            lessons=found.certificate.lessons,
            issued_at=found.certificate.issued_at,
            borrower=found.masked_name,
        )


@strawberry.type
class LearningCertificateQuery:
    """The part of Query about certificates of tracks."""

    @strawberry.field(
        description="The caller's certificates, at most one for each of the seven tracks."
    )
    async def learning_certificates(self, info: Info) -> list[LearningCertificate] | None:
        """List them."""
        found = await queries.certificates_of(info.context.borrower_id)
        return [LearningCertificate.of(one) for one in found]

    @strawberry.field(
        description="Check a learning certificate that somebody shows; open to anybody, no sign-in."
    )
    async def check_learning_certificate(
        self,
        info: Info,
        number: Annotated[str, strawberry.argument(description="The number, as shown.")],
        code: Annotated[
            str,
            strawberry.argument(
                description="The code shown on it; case, spaces and dashes don't matter."
            ),
        ],
    ) -> LearningCertificateCheck | None:
        """Check one."""
        found = await queries.check_track_certificate(number.strip().lower(), code)
        return LearningCertificateCheck.of(info, found)
