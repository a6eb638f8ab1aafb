"""
How long whoever asks over the wire is kept waiting for a database that does not answer.

A phone would rather hear at once that it is to come back. So what runs for a request is hurried:
once it has waited for 0.4 s in all, a step of it (a statement, a lock, a connection) is given up
when nobody in this process was answered for 0.35 s, when nobody committed for 0.4 s and it alone
has gone on for half of that, or, where nobody stands in line, for 0.75 s. A line that moves is no
silence, however long it is. What nobody waits for is never given up here.

Time is counted in ticks of the event loop, one at a time: when the process itself was held up, the
database has had no more than a tick.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from types import TracebackType
from typing import Self

TICK_SECONDS = 0.05
TICKS_IN_ALL = 8
"""What a request waits for the database at least, over all of its steps, before one is given up."""
TICKS_OF_SILENCE = 7
"""A disk that writes much at once lets everybody wait for half of this now and then."""
TICKS_OF_STEP = 8
TICKS_WHILE_OTHERS_COMMIT = 15
"""It may be somebody here who holds the row, with some more before it."""
TICKS_HEARD_IN = 17
"""Who waited longer than this before stood in a line, and there is no second to be kept to."""
TICKS_ONCE_MORE = 2
"""What a step has after another of the request was given up, so that all are heard in a second."""


class Hurry:
    """
    Somebody who waits for an answer, and how many ticks they have waited for the database.

    In a block around what runs for them, nothing waits long for a database that is silent.
    """

    __slots__ = ("_token", "gave_up", "is_over", "ticks")

    def __init__(self) -> None:
        self.ticks = 0
        self.gave_up = False
        self.is_over = False

    def __enter__(self) -> Self:
        """Hurry what begins from here on."""
        self._token = _hurry.set(self)
        return self

    def __exit__(self, *_failure: object) -> None:
        """Hurry nothing more."""
        _hurry.reset(self._token)

    def end(self) -> None:
        """Leave what still comes its time: the answer has begun."""
        self.is_over = True


_hurry: ContextVar[Hurry | None] = ContextVar("hurry", default=None)


@contextmanager
def unhurried() -> Iterator[None]:
    """Let this block take its time, though it was begun for somebody who waits."""
    token = _hurry.set(None)
    try:
        yield
    finally:
        _hurry.reset(token)


def is_hurried() -> bool:
    """Tell whether somebody waits for what runs here."""
    hurry = _hurry.get()
    return hurry is not None and not hurry.is_over


class Waits(Enum):
    """What a step waits for."""

    FOR_AN_ANSWER = "The database was asked something."
    FOR_A_CONNECTION = "One may have to be opened; that one is there already says nothing."
    TO_COMMIT = "What was written is made to last."
    IN_LINE = "Others of this process are at the database, and it is their turn."


class Step:
    """
    A block that waits for the database; where it is hurried, it may be given up.

    Raises:
        TimeoutError: It was.
    """

    __slots__ = ("_cancelings", "_pulse", "_task", "hurry", "is_given_up", "ticks", "waits")

    def __init__(self, pulse: "Pulse", waits: Waits) -> None:
        self._pulse = pulse
        self._task: asyncio.Task[object] | None = None
        self._cancelings = 0
        self.waits = waits
        self.hurry: Hurry | None = None
        self.ticks = 0
        self.is_given_up = False

    def __enter__(self) -> Self:
        """Begin to wait."""
        self.hurry = _hurry.get()
        if self.hurry is not None:
            self._task = asyncio.current_task()
            assert self._task is not None, "what waits is a task"
            self._cancelings = self._task.cancelling()
        self._pulse.begun(self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """End the wait; what was given up is no cancellation but a timeout."""
        self._pulse.ended(self, is_done=exc_type is None)
        if self.is_given_up and self._task is not None:
            others = self._task.uncancel() > self._cancelings
            if exc_type is asyncio.CancelledError and not others:
                raise TimeoutError from exc_val

    def is_hopeless(self, since_answer: int, since_commit: int, *, is_crowded: bool) -> bool:
        """Tell whether to give up, so many ticks after somebody was answered, or committed."""
        hurry = self.hurry
        if hurry is None or hurry.is_over or hurry.ticks < TICKS_IN_ALL:
            return False
        if hurry.gave_up:
            return max(since_answer, 0 if is_crowded else self.ticks) >= TICKS_ONCE_MORE
        if self.waits is Waits.IN_LINE or since_answer >= TICKS_OF_SILENCE:
            return since_answer >= TICKS_OF_SILENCE
        if self.waits is Waits.FOR_A_CONNECTION:
            return not is_crowded and self.ticks >= TICKS_OF_STEP
        if since_commit >= min(self.ticks - 1, TICKS_OF_STEP):
            is_long = since_commit >= TICKS_OF_STEP
            return self.ticks >= (TICKS_OF_STEP // 2 if is_long else TICKS_OF_STEP)
        in_time = TICKS_HEARD_IN - (hurry.ticks - self.ticks)
        most = max(TICKS_OF_STEP, in_time) if in_time >= 0 else TICKS_WHILE_OTHERS_COMMIT
        return not is_crowded and self.ticks >= min(most, TICKS_WHILE_OTHERS_COMMIT)

    def give_up(self) -> None:
        """Interrupt the block."""
        if self.hurry is not None and self._task is not None and not self.is_given_up:
            self.is_given_up = self.hurry.gave_up = True
            self._task.cancel()


class Pulse:
    """What one process hears of its database, and who in it waits."""

    def __init__(self) -> None:
        self._steps: set[Step] = set()
        self._is_ticking = False
        self._since_answer = -1
        self._since_commit = -1

    def step(self, waits: Waits = Waits.FOR_AN_ANSWER) -> Step:
        """Return a block that waits for the database."""
        return Step(self, waits)

    def begun(self, step: Step) -> None:
        """Count a step that waits."""
        self._steps.add(step)
        if not self._is_ticking:
            self._tick_later()

    def ended(self, step: Step, *, is_done: bool) -> None:
        """Count it no more, and note that the database answered, if it did."""
        self._steps.discard(step)
        if is_done and step.waits in {Waits.FOR_AN_ANSWER, Waits.TO_COMMIT}:
            self._since_answer = -1
            if step.waits is Waits.TO_COMMIT:
                self._since_commit = -1

    def _tick_later(self) -> None:
        self._is_ticking = True
        asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._is_ticking = False
        is_asked = any(one.waits is not Waits.IN_LINE for one in self._steps)
        self._since_answer = self._since_answer + 1 if is_asked else 0
        self._since_commit += 1
        if not self._steps:
            return
        for hurry in {one.hurry for one in self._steps}:
            if hurry is not None:
                hurry.ticks += 1
        is_crowded = any(one.waits is Waits.IN_LINE for one in self._steps)
        for one in self._steps:
            one.ticks += 1
            if one.is_hopeless(self._since_answer, self._since_commit, is_crowded=is_crowded):
                one.give_up()
        self._tick_later()
