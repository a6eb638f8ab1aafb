"""What a repayment takes until it is durable, beside the same rows written by the bare driver."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from secrets import token_urlsafe
from statistics import quantiles

from app.commands.benches.bars import OnStep
from app.commands.benches.empty import opened_empty
from app.commands.benches.measuring import Spread
from app.commands.benches.profiling import Profiled, profiled
from app.commands.benches.statements import Statement, recorded
from app.commands.benches.writes_floor import Floor, floor_over
from app.foundation.database import transaction
from app.loanmath.schedule import Method, Terms
from app.payments import operations as payments
from app.payments.ports import RailStatus
from app.payments.rules import RailNotice, RailOrderKind, WordOutcome
from app.servicing import operations as servicing
from app.servicing.rules import INTEREST_CHARGE, PENALTY_CHARGE, LoanRef, OpenLoan

RATIO_LEAST = 0.5
"""Of what the bare driver does in the same time."""
P99_MS_MOST = 50.0
"""Milliseconds that all but one in a hundred wait at most, among 32 clients."""
AMOUNT_FEN = 1_000
SINCE = timedelta(days=31)
"""So long ago the money went out: the first installment has just fallen due."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast some clients got on: transactions a second, and how long each waited."""

    per_second: Spread
    cpu_ms: Spread
    """Of this process, for each; a server's is not in it."""
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Written:
    """One kind of transaction by so many clients at once, ours and the floor's."""

    name: str
    what: str
    clients: int
    ours: Pace
    floor: Pace
    ratio: Spread

    @property
    def is_met(self) -> bool:
        """Whether the middle keeps to its goal, and those who wait longest to theirs."""
        return self.ratio.middle >= RATIO_LEAST and self.ours.p99_ms <= P99_MS_MOST


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured; `statements` are those of one transaction, None where nobody tells."""

    written: Sequence[Written]
    statements: Mapping[str, Sequence[Statement]] | None


async def measured(
    *, url: str | None, clients: Sequence[int], rounds: int, each: int, on_step: OnStep
) -> Result:
    """Open loans in an empty database, and let clients repay them, in turns with the floor."""
    async with opened_empty(url) as opened_url:
        loans = await lent(sum(clients) * rounds + 1, on_step)
        statements = await _statements(opened_url, loans.pop())
        async with floor_over(opened_url) as floor:
            found: list[Written] = []
            for number, count in enumerate(clients):
                on_step(f"{count} clients", number, len(clients))
                found += await _measure(floor, loans, count, rounds, each)
    return Result(found, statements)


async def watched(*, url: str | None, clients: int, each: int) -> list[Profiled]:
    """Let clients repay loans in an empty database, and see whose code takes the time."""
    async with opened_empty(url):
        ours = _Ours(await lent(clients))
        await _round(ours.repay, clients, 1)  # what is done only once is done
        await _round(ours.receive, clients, 1)
        found: list[Profiled] = []
        for name, do in (("repay", ours.repay), ("receive", ours.receive)):
            with profiled(f"a repayment is {_WHAT[name]}", times=clients * each) as work:
                await _round(do, clients, each)
            found.append(work)
        return found


async def lent(count: int, on_step: OnStep = lambda _what, _done, _total: None) -> list[LoanRef]:
    """Open so many loans in the database that is open, each of somebody else."""
    loans: list[LoanRef] = []
    for number in range(count):
        on_step("loans are opened", number, count)
        async with transaction() as tx:
            loans.append(await servicing.open_loan(tx, _opening(number, tx.today)))
    return loans


def _opening(number: int, today: date) -> OpenLoan:
    return OpenLoan(
        borrower_id=f"br{number:014d}",
        application_id=f"ap{number:014d}",
        product_code="small_shop",
        terms=Terms(
            principal_fen=1_200_000,
            annual_rate=Decimal("0.12"),
            method=Method.EQUAL_INSTALLMENT,
            disbursed_on=today - SINCE,
            count=12,
        ),
        disbursed_on=today - SINCE,
        agreement_id=f"ag{number:014d}",
        charge_codes=(INTEREST_CHARGE, PENALTY_CHARGE),
        disbursement_id=f"db{number:014d}",
    )


class _Ours:
    """Repayments by the operations themselves; what was begun is received by the next notice."""

    def __init__(self, loans: Sequence[LoanRef]) -> None:
        self._loans = loans
        self._begun: dict[int, list[str]] = {number: [] for number in range(len(loans))}

    async def repay(self, client: int) -> None:
        """Begin a repayment of a client's own loan."""
        begun = await payments.repay(
            payments.Repay(
                loan=self._loans[client],
                amount_fen=AMOUNT_FEN,
                idempotency_key=token_urlsafe(9),
            )
        )
        self._begun[client].append(begun.repayment_id)

    async def receive(self, client: int) -> None:
        """Take the rail's word that the money of one of them is there."""
        repayment_id = self._begun[client].pop()
        outcome = await payments.accept_callback(
            RailNotice(
                event_id=f"ev-{repayment_id}",
                kind=RailOrderKind.COLLECTION,
                order_id=repayment_id,
                provider_ref=f"rail-{repayment_id}",
                status=RailStatus.SUCCEEDED,
                amount_fen=AMOUNT_FEN,
                occurred_at=datetime.now(UTC),
            )
        )
        assert outcome is WordOutcome.MOVED, f"the rail's word was {outcome}"


async def _statements(url: str, loan: LoanRef) -> Mapping[str, Sequence[Statement]] | None:
    ours = _Ours([loan])
    sent: dict[str, Sequence[Statement]] = {}
    for name, do in (("repay", ours.repay), ("receive", ours.receive)):
        with recorded() as statements:
            await do(0)
        sent[name] = list(statements)
    return sent if url.startswith("sqlite") else None


async def _measure(
    floor: Floor, loans: list[LoanRef], clients: int, rounds: int, each: int
) -> list[Written]:
    paces: dict[str, tuple[list[_Round], list[_Round]]] = {name: ([], []) for name in _WHAT}
    for _ in range(rounds):
        ours = _Ours([loans.pop() for _ in range(clients)])
        for name, does in (
            ("repay", (ours.repay, floor.repay)),
            ("receive", (ours.receive, floor.receive)),
        ):
            for do, rounds_of in zip(does, paces[name], strict=True):
                rounds_of.append(await _round(do, clients, each))
    return [
        Written(
            name,
            what,
            clients,
            _pace(paces[name][0]),
            _pace(paces[name][1]),
            Spread.of(
                mine.per_second / bare.per_second for mine, bare in zip(*paces[name], strict=True)
            ),
        )
        for name, what in _WHAT.items()
    ]


_WHAT = {"repay": "begun", "receive": "received"}


@dataclass(frozen=True, slots=True)
class _Round:
    per_second: float
    cpu_ms: float
    waits_ms: Sequence[float]


async def _round(do: Callable[[int], Awaitable[object]], clients: int, each: int) -> _Round:
    """Let each client do it so often, one after another, all clients at once."""
    waits_ms: list[float] = []

    async def client(number: int) -> None:
        for _ in range(each):
            begun = time.perf_counter()
            await do(number)
            waits_ms.append((time.perf_counter() - begun) * 1_000)

    gc.collect()
    begun, spent = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client(number) for number in range(clients)))
    took, spent = time.perf_counter() - begun, time.process_time() - spent
    return _Round(len(waits_ms) / took, spent * 1_000 / len(waits_ms), waits_ms)


def _pace(rounds: Sequence[_Round]) -> Pace:
    waits_ms = [wait for one in rounds for wait in one.waits_ms]
    p50, p99 = (quantiles(waits_ms, n=100, method="inclusive")[place] for place in (49, 98))
    per_second = Spread.of(one.per_second for one in rounds)
    return Pace(per_second, Spread.of(one.cpu_ms for one in rounds), p50, p99)
