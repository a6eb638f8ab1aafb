"""
Which status and media type an answer gets: the two profiles of GraphQL over HTTP.

`draft` is the draft of August 2026: an answer's status says what happened, also that it is partial
(294), and `application/graphql-response+json` is meant where the client leaves it open. `npm` is
what the audit of the `graphql-http` package (1.23) expects of servers of 2023: there is 400 for
whatever did not run, and plain JSON is meant, always with 200.
"""

from dataclasses import dataclass

from app.gateway.negotiation import EVENT_STREAM, GRAPHQL_MEDIA, JSON_MEDIA
from app.gateway.running import Outcome
from app.settings import HttpProfile

PARTIAL = 294
"""The draft's status for an answer with both data and errors."""
MALFORMED = 400
UNKNOWN = 404
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class Profile:
    """How answers over HTTP are told."""

    edition: HttpProfile = HttpProfile.DRAFT

    @property
    def offers(self) -> tuple[str, ...]:
        """Return the media types of answers, the one that is meant by default first."""
        if self.is_npm:
            return (JSON_MEDIA, GRAPHQL_MEDIA, EVENT_STREAM)
        return (GRAPHQL_MEDIA, JSON_MEDIA, EVENT_STREAM)

    @property
    def is_npm(self) -> bool:
        """Whether it is the older one."""
        return self.edition is HttpProfile.NPM

    def status(self, outcome: Outcome, media: str, *, unrun: int = UNPROCESSABLE) -> int:
        """
        Return the status of a GraphQL response.

        `unrun` is what the draft has for one that never ran. Clients of plain JSON expect 200 for
        anything that was GraphQL at all.
        """
        if media != GRAPHQL_MEDIA or outcome is Outcome.COMPLETE:
            return 200
        if outcome is Outcome.NOT_RUN:
            return MALFORMED if self.is_npm else unrun
        return 200 if self.is_npm else PARTIAL

    def refusal_status(self, status: int, media: str) -> int:
        """
        Return the status of what is refused before anything runs.

        An unknown document (404) and an operation that cannot be told (422) are GraphQL's own
        errors, and clients of plain JSON expect 200 for these.
        """
        if media == GRAPHQL_MEDIA:
            return MALFORMED if self.is_npm and status == UNPROCESSABLE else status
        return 200 if status in {UNKNOWN, UNPROCESSABLE} else status
