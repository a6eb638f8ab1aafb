"""The payment rail's local twin: a small provider that answers late, twice and out of order."""

import asyncio
import hmac
import secrets
from datetime import date, datetime, time, timedelta
from pathlib import Path

import httpx

from app.adapters.rail import statements
from app.adapters.rail.accounts import Withdrawal
from app.adapters.rail.books import Attempt, Books, Decided
from app.adapters.rail.holders import Named, written_alike
from app.adapters.rail.scenarios import (
    SOMEBODY_ELSES_ENDING,
    USUAL,
    Ask,
    Knobs,
    Order,
    Scenario,
    decide,
)
from app.foundation.clock import SHANGHAI, Clock, local_date
from app.foundation.log import logger
from app.payments.ports import (
    DebitAsk,
    FailureReason,
    GiveBackAsk,
    OrderAsk,
    OrderRefused,
    OrderReport,
    PayOutOrder,
    RailOrder,
    RailStatus,
    RailUnavailable,
    Statement,
)
from app.payments.rules import SIGNATURE_HEADER, RailOrderKind, signature_of

log = logger(__name__)

IDLE_SECONDS = 0.5
CALL_SECONDS = 5.0


class RailTwin:
    """
    A payment provider for development: money in, money out, debits and daily statements.

    What becomes of an order is decided when it is taken (see `scenarios`) and written, notices
    included, to a SQLite file of the twin's own in one transaction; from then on time alone moves
    it. So it survives `kill -9`, and any number of processes may share the file. Nobody opens the
    pay link: the twin pays by itself. It keeps no payee and no name, only keyed hashes; with them
    it knows whose a card is, and moves money under no other name (see `holders`).
    """

    def __init__(
        self,
        path: Path,
        *,
        callback_url: str,
        secret: str,
        clock: Clock,
        seed: int | None = None,
        knobs: Knobs = USUAL,
    ) -> None:
        self._books = Books(path)
        self._statements = path.parent / f"{path.stem}-statements"
        self._callback_url = callback_url
        self._secret = secret
        self._clock = clock
        self._seed = secrets.randbits(64) if seed is None else seed
        self._knobs = knobs
        self._wake: asyncio.Event | None = None

    async def create_order(self, ask: OrderAsk) -> RailOrder:
        """
        Take an order to collect a repayment, or return the one taken under this id.

        Raises:
            RailUnavailable: The answer was lost (`Scenario.ANSWER_LOST`).
            ValueError: The id was used for another order.
        """
        taken = Ask(order_id=ask.order_id, kind=RailOrderKind.COLLECTION, amount_fen=ask.amount_fen)
        provider_ref = await self._take(taken, ask.expires_at)
        return RailOrder(provider_ref=provider_ref, pay_link=f"qingmiao-twin://pay/{provider_ref}")

    async def order_status(self, order_id: str) -> OrderReport:
        """Say how an order stands now."""
        order = await asyncio.to_thread(self._books.find, order_id)
        if order is None:
            return OrderReport(status=RailStatus.UNKNOWN)
        status = order.status(self._clock.now())
        is_settled = status is not RailStatus.PENDING
        return OrderReport(
            status=status,
            provider_ref=order.provider_ref,
            amount_fen=order.paid_fen,
            reason=order.reason if is_settled else None,
            settled_at=order.settles_at if is_settled else None,
        )

    async def close_order(self, order_id: str) -> None:
        """Do nothing: the twin ends its orders by itself when their time is over."""
        assert order_id, "an order has an id"

    async def give_back(self, ask: GiveBackAsk) -> str:
        """
        Send nothing back: the twin pays its orders by itself, so nobody is there to get it.

        Raises:
            OrderRefused: Always.
        """
        log.warning("twin_gives_nothing_back", order_id=ask.refund_id)
        raise OrderRefused(FailureReason.DECLINED)

    async def pay_out(
        self, disbursement_id: str, amount_fen: int, payee_reference: str
    ) -> PayOutOrder:
        """
        Take an order to pay a loan out, or find the one taken under this id.

        To a card that is another's by its name it fails; wallets and what has no name it pays.

        Raises:
            RailUnavailable: The answer was lost (`Scenario.ANSWER_LOST`).
            ValueError: The id was used for another amount or payee.
        """
        taken = Ask(
            order_id=disbursement_id,
            kind=RailOrderKind.DISBURSEMENT,
            amount_fen=amount_fen,
            payee_mac=self._mac(payee_reference),
        )
        card, _, name = payee_reference.partition(" ")
        named = self._named(card, name) if card.isdecimal() else None
        return PayOutOrder(provider_ref=await self._take(taken, None, named=named))

    async def debit(self, ask: DebitAsk) -> str:
        """
        Take a debit, or find the one taken under this id; return the twin's id.

        It goes as the amount says, unless what is on the card (`put_on_card`) leaves too little, or
        the card is another's by its name.

        Raises:
            OrderRefused: Its time is over.
            RailUnavailable: The answer was lost (`Scenario.ANSWER_LOST`).
            ValueError: The id was used for another amount or card.
        """
        now, card_mac = self._clock.now(), self._mac(ask.card)
        taken = Ask(
            order_id=ask.debit_id,
            kind=RailOrderKind.DEBIT,
            amount_fen=ask.amount_fen,
            payee_mac=card_mac,
        )
        if (
            now >= ask.expires_at
            and await asyncio.to_thread(self._books.find, ask.debit_id) is None
        ):
            raise OrderRefused(FailureReason.EXPIRED)
        wanted = Withdrawal(card_mac=card_mac, amount_fen=ask.amount_fen, floor_fen=ask.floor_fen)
        named = self._named(ask.card, ask.holder or "")
        return await self._take(taken, ask.expires_at, named=named, wanted=wanted)

    async def put_on_card(self, card: str, balance_fen: int) -> None:
        """Let a card have exactly so much on it from now on; others have money without end."""
        await asyncio.to_thread(self._books.put_on_card, self._mac(card), balance_fen)

    async def card_balance(self, card: str) -> int | None:
        """Return what is on a card; None where nothing is known of it."""
        return await asyncio.to_thread(self._books.card_balance, self._mac(card))

    async def statement(self, on: date) -> Statement | None:
        """
        Return the statement of a day by the clock in China; None until the day is over.

        It is written when it is first asked for, as `twin-rail-statements/2026-11-21.csv` beside
        the twin's books, and never changes: what is in the file then is what counts.

        Raises:
            StatementBroken: Somebody altered the file.
        """
        if on >= local_date(self._clock.now()):
            return None
        return await asyncio.to_thread(self._statement, on)

    def _statement(self, on: date) -> Statement:
        path = self._statements / f"{on.isoformat()}.csv"
        if not path.exists():
            since = datetime.combine(on, time(), tzinfo=SHANGHAI)
            orders = self._books.settled_between(since, since + timedelta(days=1))
            statements.write(path, on, orders, secret=self._secret)
        return statements.read(path, on, secret=self._secret)

    async def run(self, stop: asyncio.Event) -> None:
        """Send notices as they fall due, until told to stop."""
        wake = self._wake = asyncio.Event()
        try:
            async with httpx.AsyncClient(timeout=CALL_SECONDS, trust_env=False) as client:
                while not stop.is_set():
                    wake.clear()
                    if await self.send_due(client) == 0:
                        await _first_of(stop, wake, seconds=await self._seconds_to_next())
        finally:
            self._wake = None

    async def send_due(self, client: httpx.AsyncClient) -> int:
        """Try every notice that is due, side by side; return how many were tried."""
        attempts = await asyncio.to_thread(self._books.lease_due, self._clock.now())
        await asyncio.gather(*(self._try(client, attempt) for attempt in attempts))
        return len(attempts)

    async def _take(
        self,
        ask: Ask,
        expires_at: datetime | None,
        *,
        named: Named | None = None,
        wanted: Withdrawal | None = None,
    ) -> str:
        def decision(refusal: FailureReason | None) -> Decided:
            return decide(
                ask,
                now=self._clock.now(),
                expires_at=expires_at,
                seed=self._seed,
                knobs=self._knobs,
                refusal=refusal,
            )

        order, is_new = await asyncio.to_thread(
            self._books.find_or_add, ask.order_id, decision, named=named, wanted=wanted
        )
        return self._answer(ask, order, is_new=is_new)

    def _named(self, card: str, name: str) -> Named | None:
        """Return a card with its holder as the twin keeps them; None without a name to compare."""
        if not name:
            return None
        return Named(
            card_mac=self._mac(card),
            name_mac=self._mac(f"{card} {written_alike(name)}"),
            is_somebody_elses=card.endswith(SOMEBODY_ELSES_ENDING),
        )

    def _mac(self, reference: str) -> str:
        """Return a keyed hash of a card, an account or a name, so that none is kept in clear."""
        return hmac.digest(self._secret.encode(), reference.encode(), "sha256").hex()

    def _answer(self, ask: Ask, order: Order, *, is_new: bool) -> str:
        if order.ask != ask:
            message = f"{ask.order_id} is another order's id"
            raise ValueError(message)
        if self._wake is not None:
            self._wake.set()
        if is_new and ask.scenario is Scenario.ANSWER_LOST:
            raise RailUnavailable
        return order.provider_ref

    async def _try(self, client: httpx.AsyncClient, attempt: Attempt) -> None:
        is_taken = not attempt.is_lost and await self._post(client, attempt.body)
        now = self._clock.now()
        await asyncio.to_thread(self._books.close_attempt, attempt, now, is_taken=is_taken)

    async def _post(self, client: httpx.AsyncClient, body: bytes) -> bool:
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: signature_of(self._secret, body, self._clock.now()),
        }
        try:
            answer = await client.post(self._callback_url, content=body, headers=headers)
        except httpx.HTTPError as failure:
            log.info("rail_notice_unanswered", error=type(failure).__name__)
            return False
        return answer.is_success

    async def _seconds_to_next(self) -> float:
        due_at = await asyncio.to_thread(self._books.next_due_at)
        if due_at is None:
            return IDLE_SECONDS
        seconds = (due_at - self._clock.now()).total_seconds()
        return min(max(seconds, 0.0), IDLE_SECONDS)


async def _first_of(stop: asyncio.Event, wake: asyncio.Event, *, seconds: float) -> None:
    waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(wake.wait())]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
