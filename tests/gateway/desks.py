"""A desk with work: of everything staff have a document for, some, and as often as asked more."""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from tortoise.models import Model

from app.catalog.models import ProductVersionRow
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import milliseconds
from app.foundation.database import transaction
from app.ledger.rules import rail_agent
from app.literacy.operations import read_contents
from app.literacy.queries.published import packed
from app.origination.models import ApplicationRow, DecisionRow
from app.origination.models.handovers import HandoverRow
from app.partners.models import PartnerVersionRow
from app.payments.operations import ShowCashCode, show_cash_code
from app.servicing.operations import take_payment
from app.servicing.rules import LoanRef
from app.servicing.rules.corrections import ActKind, CorrectionReason, CutRate, ProposeCorrection
from app.support.operations import propose_correction
from tests.conftest import START
from tests.gateway.borrowing import Life
from tests.gateway.lives import Lives, plant
from tests.messaging.conftest import join
from tests.support.conftest import enroll

BEFORE, LATER = (milliseconds(START + timedelta(hours=hours)) for hours in (-2, 700))
REGION = "610629"
SHOP, SHOP_AGENT = "qingshi_shop", "he.helper"
"""A partner that takes cash, and who does it, by the partner's own list."""
TAIL = "0002"
"""How every newcomer's number ends."""
GIVEN = {
    "reason": "BORROWER_ASKED",
    "kind": "PARTNER",
    "code": SHOP,
    "since": "2026-11-01",
    "until": "2026-11-21",
    "on": "2026-11-21",
    "lastFour": TAIL,
    "phone": f"1390000{TAIL}",
    "use": "SIGN_IN",
    "first": 100,
}
NAMED = {
    "CollectionCase": "cc",
    "Correction": "co",
    "DataCorrection": "cq",
    "HumanReview": "hv",
    "Ticket": "tk",
    "VersionProposal": "vn",
}
"""What is opened by its id, and the letters that one begins with."""
Given = Mapping[str, Any]
Planted = tuple[str, str, Given]
"""The letters of a row's id, its table, and what is to stand in it."""


@dataclass
class Desk:
    """People at the desk, a borrower whom their documents name, and rows that become more."""

    staff: dict[StaffRole, StaffCaller]
    one: Life
    likes: dict[str, Model]
    """Rows that were made by use, of tables in which anything will not do."""
    referred: str
    """A product that somebody else lends."""
    last: Life
    """The newcomer who came last."""
    ids: dict[str, str] = field(default_factory=dict[str, str])
    """The first row of each kind, by the letters of its id."""
    newest: dict[str, str] = field(default_factory=dict[str, str])
    """The last one."""
    made: int = 0

    @classmethod
    async def begin(cls, lives: Lives) -> "Desk":
        """Seat somebody of each role."""
        await HandoverRow.filter(id=lives.ids["handover"]).delete()  # it is for no product
        async with transaction() as tx:
            owes = "INSERT INTO ledger_balance (account, balance_fen) VALUES (?, ?)"
            await tx.run(owes, [rail_agent(SHOP), 1_000_000])
        one = Life(lives.mei)
        return cls(
            staff={
                role: await enroll(role, name=SHOP_AGENT if role is StaffRole.PARTNER_AGENT else "")
                for role in StaffRole
            },
            one=one,
            last=one,
            likes={
                "loan_application": await ApplicationRow.get(id=lives.ids["application"]),
                "decision": await DecisionRow.get(application_id=lives.ids["application"]),
                "partner_version": await PartnerVersionRow.get(code=SHOP),
            },
            referred=(await ProductVersionRow.get(code="larger_business")).id,
        )

    async def go_on(self) -> None:
        """Bring more of everything: about the one borrower, and about somebody new."""
        newcomer = await join(f"+861390{self.made:03}{TAIL}")
        self.last = Life(newcomer)
        for life in (self.one, self.last):
            self.made += 1
            await life.go_on()
            await self._pay(life)
            about = {
                "borrower_id": life.borrower_id,
                "loan_id": life.variables["loanId"],
                "ticket_id": life.variables["Ticket"],
            }
            for prefix, table, given in self._rows(about):
                await self._plant(prefix, table, given)
            await self._correct(life)
        async with transaction() as tx:
            await record(tx, Entry("alarm.browsing", newcomer, "system"))

    def variables(self, name: str) -> dict[str, object]:
        """Return what a document is given."""
        return {
            "borrowerId": self.one.borrower_id,
            "id": self.ids[NAMED[name]] if name in NAMED else None,
            **GIVEN,
        }

    async def things(self) -> dict[str, str]:
        """Return what acts need besides rows, for the one who came last."""
        borrower_id, loan_id = self.last.borrower_id, str(self.last.variables["loanId"])
        show = ShowCashCode(loan=LoanRef(borrower_id, loan_id), idempotency_key=f"{self.made}")
        product = await ProductVersionRow.filter(code="home_appliance").first()
        assert product is not None
        return {
            **{role.value: one.staff_id for role, one in self.staff.items()},
            "borrower": borrower_id,
            "loan": loan_id,
            "repayment": str(self.last.variables["Repayment"]),
            "code": (await show_cash_code(show)).code,
            "product": product.id,
            "shop": f"shop_{self.made}",
        }

    async def _plant(self, prefix: str, table: str, given: Given) -> None:
        row_id = self._id(prefix)
        self._note(row_id)
        async with transaction() as tx:
            await plant(tx, table, row_id, given, self.likes.get(table))

    async def _pay(self, life: Life) -> None:
        loan = LoanRef(life.borrower_id, str(life.variables["loanId"]))
        repayment_id = str(life.variables["Repayment"])
        async with transaction() as tx:
            await take_payment(tx, loan, 20_000, repayment_id=repayment_id, received_on=tx.today)

    async def _correct(self, life: Life) -> None:
        director = self.staff[StaffRole.DIRECTOR]
        command = ProposeCorrection(
            maker_id=director.staff_id,
            loan_id=str(life.variables["loanId"]),
            kind=ActKind.RATE_CUT,
            act=CutRate(annual_rate=Decimal("0.1")),
            reason=CorrectionReason.AGREED,
            note="说好的",
            idempotency_key=f"correct-{self.made}",
        )
        self._note((await propose_correction(director, command)).correction_id)

    def _note(self, row_id: str) -> None:
        self.ids.setdefault(row_id[:2], row_id)
        self.newest[row_id[:2]] = row_id

    def _id(self, prefix: str) -> str:
        return f"{prefix}1i9uw0desk{self.made:04}"

    def _rows(self, about: Given) -> Iterator[Planted]:
        """Return a row of each kind: in clear what is sealed, anything where nothing is said."""
        yield from self._applied(about)
        yield from self._late(about)
        yield from self._brought_up(about)
        yield from self._rewarded(about)
        yield from self._proposed()
        yield from self._moved(about)

    def _applied(self, about: Given) -> Iterator[Planted]:
        application = {
            "borrower_id": about["borrower_id"],
            "application_id": self._id("ap"),
            "loan_id": None,
        }
        yield row("ap", "loan_application", application, state="DECIDING")
        yield row("dc", "decision", application, outcome="REFER", reviewed_outcome=None)
        yield row("hv", "human_review", application, state="OPEN")
        yield row("cq", "correction_request", about, field="NAME", state="WAITING")
        yield row("ew", "early_warning", about, kind="LATE", live_key=self._id("ew"))
        yield row("ho", "handover", about, product_version_id=self.referred, state="PREPARED")
        yield row(
            "as",
            "assisted_application",
            agent_id=self.staff[StaffRole.PARTNER_AGENT].staff_id,
            phone="+8613900000001",
            product_id=self.referred,
            region_code=REGION,
            state="ASKED",
            expires_at=LATER,
        )

    def _late(self, about: Given) -> Iterator[Planted]:
        case = {
            **about,
            "case_id": self.ids.get("cc", self._id("cc")),
            "channel": "VOICE",
            "purpose": "REMIND",
        }
        stands = {"state": "OPEN", "stage": "CARE", "bucket": "DAYS_1_7"}
        yield row("cc", "collection_case", about, stands, opened_on="2026-11-20")
        if about["borrower_id"] == self.one.borrower_id:
            yield row("hd", "collection_hold", about, reason="COMPLAINT", place=self._id("hd"))
        yield row("pe", "contact_permit", case, reasons="")
        yield row("cn", "contact_attempt", case, outcome="REACHED", note="不在家")
        yield row("pp", "payment_promise", case, state="KEPT", due_on="2026-11-20")

    def _brought_up(self, about: Given) -> Iterator[Planted]:
        agent = self.staff[StaffRole.AGENT].staff_id
        asked = {
            **about,
            "asked_by": agent,
            "asked_at": BEFORE,
            "state": "ASKED",
            "reason": "BORROWER_ASKED",
        }
        complaint = {"category": "COMPLAINT", "state": "OPEN", "county": f"6106{self.made:02}"}
        complaint |= {"due_at": START + timedelta(days=15)}
        if about["borrower_id"] == self.one.borrower_id:
            said = {**about, "ticket_id": self.ids.get("tk", self._id("tk"))}
            yield row("tm", "ticket_message", said, number=self.made, author="BORROWER")
        yield row("te", "ticket_extension", asked, kind="SPECIAL", ticket_id=self._id("tk"))
        yield row("tk", "ticket", about, complaint)
        yield row("tx", "ticket", about, complaint, state="CLOSED")
        yield row("tv", "ticket_visit", about, ticket_id=self._id("tx"), state="DUE", due_at=BEFORE)
        yield row("rq", "reveal_request", asked, staff_id=agent, field="PHONE")
        yield row("dx", "desk_export", asked, kind="TICKETS")
        yield row("if", "identification", about, live_key=self._id("if"), asked_at=BEFORE)
        yield row("fz", "disbursement_freeze", about, live_key=self._id("fz"))

    def _rewarded(self, about: Given) -> Iterator[Planted]:
        yield row("pt", "reward_points", about, kind="LEARNED", expires_on="2027-11-21")
        coupon = {"campaign": "POINTS_5", "way": "POINTS", "state": "GRANTED"}
        yield row("cu", "reward_coupon", about, coupon, expires_on="2027-01-21")
        inviter = about["borrower_id"]
        yield row("iv", "reward_invitation", inviter_id=inviter, state="HELD", doubts='["RING"]')
        care = {"campaign": "CARE_20", "kind": "CARE", "reason": "OUTAGE"}
        yield row("rw", "reward_review", about, care, state="PROPOSED")

    def _proposed(self) -> Iterator[Planted]:
        maker = self.staff[StaffRole.RISK].staff_id
        version = {
            "kind": "PARTNER",
            "code": SHOP,
            "version_key": f"{SHOP}:{self.made + 1}",
            "content": self._shop(SHOP),
            "effective_from": f"2027-01-{self.made:02}",
            "maker_id": maker,
        }
        yield row("vn", "version_proposal", version, state="PROPOSED", proposed_at=BEFORE)
        yield row("vp", "version_proposal", version, state="PUBLISHED", checker_id=maker)
        yield row("pt", "partner_version", version)
        other = f"shop_{self.made}"
        named = {"code": other, "version_key": f"{other}:1", "content": self._shop(other)}
        yield row("ps", "partner_version", named)
        seat = {"staff_id": self.staff[StaffRole.AGENT].staff_id, "live_key": self._id("sr")}
        roles = {"role_before": "AGENT", "role_after": "RISK", "maker_id": maker}
        yield row("sr", "staff_role_change", seat, roles, state="PROPOSED", proposed_at=BEFORE)
        yield row("sk", "staff_passkey", seat)
        course = {"version": f"v{self.made}", "contents": packed(read_contents())}
        yield row("cv", "course_version", course, state="REJECTED")
        yield row("nc", "news_campaign", state="SENT")

    def _shop(self, code: str) -> str:
        """Write a partner's version; only the one that is there has agents."""
        shop = orjson.loads(self.likes["partner_version"].content)  # pyright: ignore[reportAttributeAccessIssue] - every version has it
        if code != SHOP:
            shop |= {"code": code, "cash_agents": []}
        return orjson.dumps(shop).decode()

    def _moved(self, about: Given) -> Iterator[Planted]:
        yield row(
            "cg",
            "cash",
            about,
            agent_id=self.staff[StaffRole.PARTNER_AGENT].staff_id,
            partner_code=SHOP,
            state="RECEIVED",
            started_on="2026-11-21",
            received_at=BEFORE,
            repayment_id=self._id("rp"),
            check_sha256="a" * 64,
        )
        yield row("ch", "cash_handover", partner_code=SHOP, state="PROPOSED")
        application_id = self._id("ap")
        yield row("db", "disbursement", about, application_id=application_id, state="DISPUTED")
        yield row("rf", "refund", about, status="REQUESTED", fault="AMOUNT")
        yield row("rd", "reconciliation_difference", kind="AMOUNT", state="OPEN")
        sms = {"channel": "SMS", "state": "FAILED", "reason": "REJECTED"}
        yield row("ms", "message_delivery", about, sms, dead_at=BEFORE)
        yield row("sv", "servicing_reduction", about, payer="state", is_due=True)


def row(prefix: str, table: str, *parts: Given, **given: object) -> Planted:
    """Return what is to stand in a row, put together."""
    return prefix, table, dict(ChainMap(given, *(dict(part) for part in reversed(parts))))
