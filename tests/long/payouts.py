"""Many signed loans whose money is reserved: one signed by all the steps, the others like it."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

from app.adapters.rail import RailTwin
from app.foundation import outbox
from app.foundation.clock import Clock, FixedClock
from app.foundation.database import transaction
from app.foundation.outbox import Subscription, announce
from app.foundation.sealing import seal
from app.identity import operations as identity
from app.identity.events import CodeIssued
from app.origination import events, operations
from app.origination.events import DisbursementRequested
from app.origination.models import (
    AgreementRow,
    ApplicationRow,
    CertificateRow,
    DisbursementRow,
    OfferRow,
    agreement_cell,
)
from app.payments.ports import FailureReason, OrderReport, RailStatus
from app.payments.rules import SIGNATURE_HEADER, RailNotice, RailOrderKind, signature_of
from tests.long.people import join_many, values_of
from tests.origination.conftest import World

MET_NOBODY_SECONDS = 0.3
"""How long the storm holds its breath where no server answers."""


async def sign_many(clock: FixedClock, count: int) -> list[str]:
    """Sign one loan step by step, and write `count` like it, each another person's; their ids."""
    world = World(clock)
    outbox.subscribe(
        [
            Subscription(
                fact_type=CodeIssued,
                consumer="identity.deliver_code",
                outside=partial(identity.deliver_code, sender=world.phone),
            ),
            Subscription(
                fact_type=events.ApplicationSubmitted,
                consumer="origination.assess",
                outside=partial(
                    operations.assess_application, bureau=world.bureau, source=world.bureau
                ),
            ),
        ]
    )
    _, application_id = await world.sign()
    application = await ApplicationRow.get(id=application_id)
    agreement = await AgreementRow.get(live_key=application_id)
    certificate = await CertificateRow.get(live_key=application_id)
    offer = await OfferRow.get(id=agreement.offer_id)
    reserved = await DisbursementRow.get(application_id=application_id)
    ids: list[str] = []
    for number, borrower_id in enumerate(await join_many(count)):
        async with transaction() as tx:
            own = {"application_id": tx.new_id("ap"), "borrower_id": borrower_id}
            offer_id, agreement_id = tx.new_id("of"), tx.new_id("ag")
            disbursement_id = tx.new_id("db")
            cell = agreement_cell(agreement_id, borrower_id, "payee")
            payee = await seal(tx, cell, values_of(number)["bank_card"])
            await _copy(
                application,
                id=own["application_id"],
                borrower_id=borrower_id,
                offer_id=offer_id,
                purpose=None,
                monthly_income=None,
                debt_payments=None,
                income_months=None,
                merchant=None,
            )
            await _copy(offer, id=offer_id, **own)
            await _copy(
                certificate,
                id=tx.new_id("ce"),
                offer_id=offer_id,
                live_key=own["application_id"],
                **own,
            )
            await _copy(
                agreement,
                id=agreement_id,
                offer_id=offer_id,
                live_key=own["application_id"],
                payee=payee,
                text=payee,
                evidence=None,
                **own,
            )
            await _copy(
                reserved, id=disbursement_id, agreement_id=agreement_id, reserved_at=tx.now, **own
            )
            await announce(
                tx,
                DisbursementRequested(
                    disbursement_id=disbursement_id, amount_fen=reserved.amount_fen, **own
                ),
            )
            ids.append(disbursement_id)
    return [reserved.id, *ids]


async def _copy(
    row: ApplicationRow | OfferRow | CertificateRow | AgreementRow | DisbursementRow,
    **changes: Any,  # noqa: ANN401 - any column
) -> None:
    columns = {
        one["name"]: getattr(row, one["name"]) for one in type(row).describe()["data_fields"]
    }
    await type(row).create(**(columns | changes))


@dataclass(slots=True)
class Weather:
    """
    Notices nobody should trust and notices sent too often, thrown at a callback address.

    Genuine ones are those the rail would send by now; forged ones are signed with another secret,
    altered after signing, or signed long ago.
    """

    twin: RailTwin
    secret: str
    clock: Clock
    chance: random.Random
    genuine: int = 0
    forged: int = 0
    refused: int = 0
    taken_forged: int = 0
    unanswered: int = 0
    _kept: list[RailNotice] = field(default_factory=list[RailNotice])

    async def blow(self, client: httpx.AsyncClient, disbursement_id: str) -> None:
        """Send some notices about a disbursement, in any order, once or more often."""
        report = await self.twin.order_status(disbursement_id)
        if report.provider_ref is None:
            return
        notices = [*self._about(disbursement_id, report), *self._late()]
        self.chance.shuffle(notices)
        for notice in notices:
            for _ in range(self.chance.choice((1, 1, 2, 3))):
                answer = await self._post(client, notice, self.secret)
                if answer is None:
                    await asyncio.sleep(MET_NOBODY_SECONDS)
                    return
                self.genuine += 1
        await self._forge(client, disbursement_id, report)

    def _about(self, disbursement_id: str, report: OrderReport) -> list[RailNotice]:
        notice = RailNotice(
            event_id=f"{disbursement_id}.again.{self.chance.randrange(3)}",
            kind=RailOrderKind.DISBURSEMENT,
            order_id=disbursement_id,
            provider_ref=report.provider_ref or "",
            status=report.status,
            amount_fen=report.amount_fen or 1,
            occurred_at=report.settled_at or self.clock.now(),
        )
        pending = msgspec.structs.replace(
            notice, event_id=f"{disbursement_id}.processing", status=RailStatus.PENDING
        )
        self._kept.append(notice)
        return [notice, pending]

    def _late(self) -> list[RailNotice]:
        """Send one of those said before again, however long ago it was."""
        return [self.chance.choice(self._kept)] if self.chance.random() < 0.5 else []

    async def _forge(
        self, client: httpx.AsyncClient, disbursement_id: str, report: OrderReport
    ) -> None:
        notice = self._about(disbursement_id, report)[0]
        self._kept.pop()
        wrong = msgspec.structs.replace(
            notice,
            status=self.chance.choice((RailStatus.SUCCEEDED, RailStatus.FAILED)),
            amount_fen=notice.amount_fen + self.chance.choice((0, 1)),
            reason=FailureReason.DECLINED,
        )
        match self.chance.randrange(3):
            case 0:
                answer = await self._post(client, wrong, "somebody-else")
            case 1:
                answer = await self._post(client, wrong, self.secret, altered=True)
            case _:
                answer = await self._post(client, wrong, self.secret, age_seconds=400)
        if answer is not None:
            self.forged += 1
            self.refused += answer == HTTPStatus.UNAUTHORIZED
            self.taken_forged += answer < HTTPStatus.BAD_REQUEST

    async def _post(
        self,
        client: httpx.AsyncClient,
        notice: RailNotice,
        secret: str,
        *,
        altered: bool = False,
        age_seconds: float = 0,
    ) -> int | None:
        body = msgspec.json.encode(notice)
        at = self.clock.now() - timedelta(seconds=age_seconds)
        headers = {SIGNATURE_HEADER: signature_of(secret, body, at)}
        if altered:
            body = body.replace(b'"provider_ref":"TW', b'"provider_ref":"TX')
        try:
            answer = await client.post("/callbacks/rail", content=body, headers=headers)
        except httpx.HTTPError:
            self.unanswered += 1
            return None
        return answer.status_code
