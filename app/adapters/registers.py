"""A register of numbers for development: every number stays with its subscriber unless told."""

import asyncio
import random
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.foundation.log import logger
from app.identity.ports import RegisterUnavailable, Subscriber
from app.identity.rules import phone_of

log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """How slow and how unreliable the twin is."""

    delay_seconds: float = 0.0
    """Each answer takes up to this long."""
    failure_percent: int = 0
    """How many of a hundred questions get no answer."""


USUAL = Knobs()


class RegisterTwin:
    """
    The development twin of the carriers' register of numbers that were given to somebody else.

    It knows what it was told, and takes every other number to have stayed where it was.
    """

    def __init__(self, *, seed: int | None = None, knobs: Knobs = USUAL) -> None:
        self._replaced: dict[str, datetime] = {}
        self._unknown: set[str] = set()
        self._chance = random.Random(seed)  # noqa: S311 - weather, not a secret
        self._knobs = knobs
        self.asked = 0
        """How many questions came: each costs a fee."""

    @classmethod
    def from_personas(cls, folder: Path) -> "RegisterTwin":
        """Know nothing about the numbers of personas that somebody else had before."""
        twin = cls()
        for path in sorted(folder.glob("*.toml")):
            persona = tomllib.loads(path.read_text(encoding="utf-8"))
            if "number_before" in persona.get("part", {}):
                twin.forget(persona["contact"]["phone"])
        return twin

    def give_away(self, phone: str, at: datetime) -> None:
        """Let a number have a new subscriber from a moment on."""
        self._replaced[phone_of(phone, field="phone")] = at

    def forget(self, phone: str) -> None:
        """Know nothing about a number, as of carriers that do not take part."""
        self._unknown.add(phone_of(phone, field="phone"))

    async def same_subscriber_since(self, phone: str, since: datetime) -> Subscriber:
        """
        Say whether a number has had one subscriber since a moment.

        Raises:
            RegisterUnavailable: The twin gives no answer this time.
        """
        self.asked += 1
        await asyncio.sleep(self._chance.uniform(0, self._knobs.delay_seconds))
        if self._chance.randrange(100) < self._knobs.failure_percent:
            log.info("register_twin_silent")
            raise RegisterUnavailable
        if phone in self._unknown:
            return Subscriber.UNKNOWN
        replaced_at = self._replaced.get(phone)
        is_same = replaced_at is None or replaced_at < since
        return Subscriber.SAME if is_same else Subscriber.REPLACED
