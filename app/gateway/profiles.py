"""
Which status and media type an answer gets: the two profiles of GraphQL over HTTP.

`draft` is the draft of August 2026: an answer's status says what happened, also that it is partial
(294), whatever media type carries it, and `application/graphql-response+json` is meant where the
client leaves it open. Who takes plain JSON only gets what succeeded as that, and all else as what
it is, so that nobody takes a proxy's error for ours. `npm` is what the audit of the `graphql-http`
package (1.23) expects of servers of 2023: there is 400 for whatever did not run, and plain JSON is
meant, with 200 for all that was GraphQL.
"""

from dataclasses import dataclass

from app.gateway.negotiation import EVENT_STREAM, GRAPHQL_MEDIA, JSON_MEDIA, MIXED
from app.gateway.running import Outcome
from app.settings import HttpProfile

OK = 200
PARTIAL = 294
"""The draft's status for an answer with both data and errors."""
SUCCEEDED = range(200, 300)
MALFORMED = 400
UNPROCESSABLE = 422
GRAPHQLS_OWN = frozenset({"OPERATION_UNKNOWN", "PERSISTED_QUERY_NOT_FOUND"})
"""Codes of what is refused as late as a document or operation is looked for."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How answers over HTTP are told."""

    edition: HttpProfile = HttpProfile.DRAFT

    @property
    def offers(self) -> tuple[str, ...]:
        """Return the media types of answers, the one that is meant by default first."""
        if self.is_npm:
            return (JSON_MEDIA, GRAPHQL_MEDIA, EVENT_STREAM, MIXED)
        return (GRAPHQL_MEDIA, JSON_MEDIA, EVENT_STREAM, MIXED)

    @property
    def is_npm(self) -> bool:
        """Whether it is the older one."""
        return self.edition is HttpProfile.NPM

    def status(self, outcome: Outcome, media: str, *, unrun: int = UNPROCESSABLE) -> int:
        """
        Return the status of a GraphQL response.

        `unrun` is what the draft has for one that never ran.
        """
        if outcome is Outcome.COMPLETE:
            return OK
        if self.is_npm:
            return MALFORMED if outcome is Outcome.NOT_RUN and media == GRAPHQL_MEDIA else OK
        return unrun if outcome is Outcome.NOT_RUN else PARTIAL

    def refusal_status(self, status: int, code: str, media: str) -> int:
        """Return the status of what is refused before anything runs."""
        if not self.is_npm:
            return status
        if code in GRAPHQLS_OWN and media != GRAPHQL_MEDIA:
            return OK
        return MALFORMED if status == UNPROCESSABLE else status

    def declared(self, media: str, status: int) -> str:
        """Return the media type that an answer of a status has, for who takes `media`."""
        return media if self.is_npm or status in SUCCEEDED else GRAPHQL_MEDIA
