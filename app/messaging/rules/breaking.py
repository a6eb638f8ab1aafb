"""A breaker: whoever fails again and again is left alone for a while."""

from dataclasses import dataclass

FAILURES_MAX = 5
REST_MILLISECONDS = 30_000


@dataclass(slots=True)
class Breaker:
    """
    Counts failures in a row; after five it rests for 30 s, then lets one try through.

    Time is handed in as milliseconds of a clock that never goes back, so that a changed date
    neither ends a rest nor makes it last.
    """

    failures_max: int = FAILURES_MAX
    rest_milliseconds: int = REST_MILLISECONDS
    failures: int = 0
    rests_until: int | None = None
    is_probing: bool = False

    def is_resting(self, now: int) -> bool:
        """Tell whether a call would be kept from it now; asking changes nothing."""
        return self.rests_until is not None and (now < self.rests_until or self.is_probing)

    def lets_through(self, now: int) -> bool:
        """Tell whether to call now; after a rest, one caller is told so until it reports back."""
        if self.is_resting(now):
            return False
        self.is_probing = self.rests_until is not None
        return True

    def succeeded(self) -> None:
        """Take it back into use."""
        self.failures, self.rests_until, self.is_probing = 0, None, False

    def failed(self, now: int) -> None:
        """Count a failure; too many in a row, or a failed probe, begin a rest."""
        self.failures += 1
        if self.is_probing or self.failures >= self.failures_max:
            self.rests_until, self.is_probing = now + self.rest_milliseconds, False

    def gave_up(self) -> None:
        """Report that a call ended without an outcome, so that the next may probe."""
        self.is_probing = False
