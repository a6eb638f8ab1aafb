"""One borrower's life, as long as is asked for: rows of what their own documents read."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import orjson
from tortoise.models import Model

from app.catalog.models import ProductVersionRow
from app.foundation.clock import milliseconds
from app.foundation.database import transaction
from app.foundation.errors import Refusal
from app.foundation.sealing import blind_indexes
from app.loanmath.schedule import Prepayment
from app.messaging.operations import Notify, notify
from app.messaging.rules import Kind
from app.origination.models import ApplicationRow, DecisionRow, OfferRow
from app.origination.models.assisting import PHONE_LABEL
from app.payments import operations as payments
from app.servicing.models import LoanRow
from app.servicing.rules import LoanRef
from app.support import operations as support
from app.support.rules import Category
from tests.conftest import START
from tests.gateway.lives import READABLE, plant
from tests.messaging.conftest import join
from tests.origination.conftest import World
from tests.origination.operations.test_drawing import open_line
from tests.payments.conftest import lend_now, notice_of

WHO = "noodle_shop_owner"
Planted = tuple[str, str, Mapping[str, object]]
"""The letters of a row's id, its table, and what is to stand in it."""
LATER = milliseconds(START + timedelta(hours=700))


class Life:
    """A borrower's rows, one of each kind at first, then several."""

    def __init__(self, borrower_id: str) -> None:
        self.borrower_id = borrower_id
        self.made = 0
        self.variables: dict[str, object] = {
            "amount": 20_000,
            "months": 12,
            "regionCode": "610629",
            "slug": "yearly-rate",
            "number": "pc00000000000000",
            "code": "NDPR-CE8W-H3T8-KYCJ",
            "capPerDebit": 10_000,
        }

    async def go_on(self) -> None:
        self.made += 1
        loan = await lend_now(self.borrower_id)
        repayment = await payments.repay(
            payments.Repay(loan=loan, amount_fen=20_000, idempotency_key=f"repay-{self.made}")
        )
        ticket = await support.open_ticket(
            support.OpenTicket(
                caller_id=self.borrower_id,
                category=Category.QUESTION,
                loan_id=None,
                text="想问问",
                idempotency_key=f"ticket-{self.made}",
            )
        )
        async with transaction() as tx:
            told = Notify(
                borrower_id=self.borrower_id,
                kind=Kind.LOAN_DISBURSED,
                data={"loan_id": loan.loan_id, "application_id": "ap0", "amount_fen": 1},
                dedupe_key=f"told-{self.made}",
            )
            await notify(tx, told)
        ids = {"Ticket": ticket.ticket_id, "Repayment": repayment.repayment_id}
        ids["Complaint"] = ticket.ticket_id
        self.variables |= {"loanId": loan.loan_id, "id": loan.loan_id, **ids}

    def of(self, name: str) -> dict[str, object]:
        """Return what an operation is given."""
        return {**self.variables, "id": self.variables.get(name, self.variables["id"])}


class LongLife(Life):
    """A life with drafts, lines that may be drawn on again, and money that went back, besides."""

    def __init__(
        self, world: World, overpaid: LoanRef, referred: str, likes: Mapping[str, Model]
    ) -> None:
        super().__init__(overpaid.borrower_id)
        self.world = world
        self.overpaid = overpaid
        self.phone = f"+86{world.persona(WHO)['contact']['phone']}"
        self.referred = referred
        """A product that somebody else lends."""
        self.likes = likes
        """What the opening of a first line has made, by table."""

    @classmethod
    async def begin(cls, world: World) -> "LongLife":
        """Open a line as the app does."""
        borrower_id, line_id = await open_line(world)
        likes = {
            "loan_application": await ApplicationRow.get(id=line_id),
            "decision": await DecisionRow.get(application_id=line_id),
            "offer": await OfferRow.get(application_id=line_id, place=0),
        }
        referred = await ProductVersionRow.get(code="larger_business")
        return cls(
            world, await lend_now(borrower_id, prepayment=Prepayment.HOLD), referred.id, likes
        )

    async def go_on(self) -> None:
        await super().go_on()
        await self._open_line(str(self.variables["loanId"]))
        self.variables |= {"loanId": self.overpaid.loan_id, "id": self.overpaid.loan_id}
        await self._give_back()
        draft_id = await self.world.start(self.borrower_id, WHO)
        await self.world.consent(self.borrower_id, draft_id)
        for about, rows in (
            ({"borrower_id": await join(f"+861390000{self.made:04}")}, self._next_door()),
            ({"borrower_id": self.borrower_id, "loan_id": self.overpaid.loan_id}, self._beside()),
        ):
            async with transaction() as tx:
                for letters, table, given in rows:
                    values = {**about, **READABLE.get(table, {}), **given}
                    await plant(tx, table, self._id(letters), values, self.likes.get(table))

    async def _give_back(self) -> None:
        """Pay before anything is due, and ask for some of it."""
        ahead = payments.Repay(
            loan=self.overpaid, amount_fen=5_000, idempotency_key=f"ahead-{self.made}"
        )
        await payments.accept_callback(notice_of(await payments.repay(ahead)))
        back = payments.RefundOverpayment(
            loan=self.overpaid, amount_fen=1_000, idempotency_key=f"back-{self.made}"
        )
        assert not isinstance(await payments.refund_overpayment(back), Refusal)

    async def _open_line(self, loan_id: str) -> None:
        """Have a loan open a line such as the first, for which a second would have to be paid."""
        about = {
            "borrower_id": self.borrower_id,
            "application_id": self._id("ap"),
            "offer_id": self._id("of"),
            "loan_id": loan_id,
        }
        async with transaction() as tx:
            for letters, table in (("ap", "loan_application"), ("dc", "decision"), ("of", "offer")):
                await plant(tx, table, self._id(letters), about, self.likes[table])
            await LoanRow.filter(id=loan_id).update(application_id=self._id("ap"))

    def _next_door(self) -> Iterator[Planted]:
        """Return what somebody else has who asks them to stand behind a loan."""
        yield "an", "loan_application", {"state": "DRAFT", "loan_id": None}
        asked = {"application_id": self._id("an"), "live_key": self._id("an"), "state": "GIVEN"}
        yield "gt", "guarantee", {**asked, "guarantor_id": self.borrower_id}

    def _beside(self) -> Iterator[Planted]:
        """Return what else stands in lists of theirs."""
        here = {"region_code": "610629", "product_id": self.referred, "state": "ASKED"}
        phone = {"phone": self.phone, "phone_index": blind_indexes(PHONE_LABEL, self.phone)[0]}
        yield "as", "assisted_application", {**here, **phone, "expires_at": LATER}
        yield "cg", "cash", {"state": "COUNTED", "expires_at": LATER}
        yield "cn", "contact_attempt", {"note": "不在家"}
        yield "cq", "correction_request", {"field": "NAME", "state": "REFUSED", "answer": "没错"}
        yield "dv", "device", {"kind": "KEYSTORE", "level": "L3"}
        sent = {"product_version_id": self.referred, "state": "PREPARED", "handed": "{}"}
        yield "ho", "handover", sent
        yield "hv", "human_review", {"state": "UPHELD", "answer": "没错"}
        yield "lk", "look", {}
        yield "lr", "lesson_review", {"slug": "yearly-rate", "due_on": "2026-11-20"}
        yield "po", "push_token", {"vendor": "HUAWEI"}
        yield "pt", "reward_points", {"kind": "LEARNED", "expires_on": "2027-11-21"}
        yield "ss", "session", {"refreshed_at": LATER}
        certified = {"document": orjson.dumps({"lessons": []}).decode(), "sha256": "a" * 64}
        yield "tc", "track_certificate", {"track": "plans", **certified}

    def _id(self, letters: str) -> str:
        return f"{letters}1i9uw0many{self.made:04}"
