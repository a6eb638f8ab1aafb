"""A track whose every quiz was answered right earns a certificate."""

from app.foundation.canonical import sha256_of
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.literacy import queries
from app.literacy.rules import Track
from app.literacy.rules.certificate import document_of


async def certify_track(tx: Transaction, borrower_id: str, track: Track) -> bool:
    """Make out a track's certificate once all its quizzes are solved; tell whether it is new."""
    course = queries.course()
    lessons = [one.slug for one in course.lessons if one.track is track]
    solved = await tx.rows(
        "SELECT slug FROM quiz_answer WHERE borrower_id = ? AND answered_right_at IS NOT NULL",
        [borrower_id],
    )
    if not {str(row["slug"]) for row in solved}.issuperset(lessons):
        return False
    number = tx.new_id("tc")
    document = document_of(
        number=number, track=track, lessons=lessons, course=course.version, issued_on=tx.today
    )
    made = await tx.rows(
        "INSERT INTO track_certificate (id, certificate_key, borrower_id, track, document, sha256,"
        " issued_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (certificate_key) DO NOTHING RETURNING id",
        [
            number,
            f"{borrower_id}:{track.value}",
            borrower_id,
            track.value,
            document,
            sha256_of(document),
            milliseconds(tx.now),
        ],
    )
    return bool(made)
