"""Refusals around applications that somebody else fills in."""

from app.foundation.errors import Refusal


class ChannelNotOffered(Refusal):
    """This product is applied for on the borrower's own phone only."""

    code = "CHANNEL_NOT_OFFERED"

    def __init__(self) -> None:
        super().__init__("own phone only", field="input.productId")


class AgentLimitReached(Refusal):
    """The agent filled in as many applications today as one may."""

    code = "AGENT_LIMIT_REACHED"

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most}")
        self.most = most


class AssistedOver(Refusal):
    """What was filled in is confirmed, declined, or its time is over."""

    code = "ASSISTED_OVER"

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self._state = state


class BorrowerNotHereYet(Refusal):
    """Nobody has signed in with this number yet; the person does that once on their own phone."""

    code = "BORROWER_NOT_HERE_YET"
