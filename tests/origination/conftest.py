"""A small world for applications: some counties and products, a bureau, a rail, borrowers."""

import re
import shutil
import tomllib
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from app.catalog import operations as catalog
from app.catalog import queries as catalog_queries
from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, business_date, current, fetch, transaction
from app.foundation.outbox import Fact, Subscription
from app.identity import operations as identity
from app.identity import rules as identity_rules
from app.identity.errors import WrongCode
from app.identity.events import CodeIssued
from app.identity.rules.intents import Approval
from app.origination import events, operations, queries
from app.origination.errors import MissingItem
from app.origination.models import ApplicationRow, DisbursementRow
from app.origination.ports import (
    AlternativeRecords,
    BureauSummary,
    BureauUnavailable,
    RecordKind,
    SourceUnavailable,
)
from app.origination.rules import commands
from app.origination.rules.completeness import Merchant
from app.origination.rules.consents import consent_text, consents_asked
from app.origination.rules.guarantees import (
    BeginGuarantee,
    GiveGuarantee,
    NameGuarantor,
    guarantee_text,
)
from app.payments.ports import (
    FailureReason,
    OrderRefused,
    OrderReport,
    PayOutOrder,
    RailStatus,
    RailUnavailable,
)
from app.payments.rules import RailNotice, RailOrderKind
from tests.cards import caller_of, forget_sends
from tests.published import publish_all

PRODUCTS = (
    "orchard_inputs",
    "home_appliance",
    "guaranteed_stock",
    "small_line",
    "family_travel",
    "rural_consumption",
    "harvest_bridge",
    "small_shop",
    "larger_business",
)
REGIONS = ("610000", "610629", "320000", "320830", "410000", "410225", "510000", "513426")
REGIONS_MORE = ("440000", "441621")
PERSONAS = catalog.FIXTURES / "personas"

CLEAN = BureauSummary(late_count=0, active_loans=0, debt_service_fen=0, late_now_days=0)

UNCHANGING = frozenset(
    {
        "partner_version",
        "policy_value",
        "product_version",
        "region_pack",
        "scorecard",
        "sqlite_sequence",
        "tortoise_migrations",
    }
)
"""Published content, which no step touches."""


@pytest.fixture(scope="session")
def small_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep a part of the fixtures, so that publishing it takes no time."""
    folder = tmp_path_factory.mktemp("catalog")
    shutil.copytree(catalog.FIXTURES / "policy", folder / "policy")
    shutil.copytree(catalog.FIXTURES / "partners", folder / "partners")
    for kind, codes in (("products", PRODUCTS), ("regions", (*REGIONS, *REGIONS_MORE))):
        (folder / kind).mkdir()
        for code in codes:
            for path in (catalog.FIXTURES / kind).glob(f"{code}-v*.toml"):
                shutil.copy(path, folder / kind)
    for path in (folder / "regions").glob("*.toml"):
        path.write_text(_without_missing_products(path.read_text(encoding="utf-8")), "utf-8")
    return folder


def _without_missing_products(pack: str) -> str:
    """Drop what a region pack says of products and crops that the small catalog leaves out."""
    kept: list[str] = []
    is_dropped = False
    for line in pack.splitlines():
        if line.startswith("products_excluded"):
            codes = [code for code in re.findall(r'"(\w+)"', line) if code in PRODUCTS]
            kept.append(f"products_excluded = {orjson.dumps(codes).decode()}")
            continue
        section = re.match(r"\[(products|seasons)\.(\w+)", line)
        if line.startswith("["):
            known = (*PRODUCTS, "orchard")
            is_dropped = section is not None and section[2] not in known
        if not is_dropped:
            kept.append(line)
    return "\n".join(kept) + "\n"


@dataclass(slots=True)
class Bureau:
    """A bureau whose files the test writes."""

    summaries: dict[str, BureauSummary] = field(default_factory=dict[str, BureauSummary])
    known: dict[str, AlternativeRecords] = field(default_factory=dict[str, AlternativeRecords])
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    kinds_asked: list[RecordKind] = field(default_factory=list[RecordKind])
    silent: set[RecordKind] = field(default_factory=set[RecordKind])
    is_down: bool = False

    async def summary(self, query_id: str, person_reference: str) -> BureauSummary | None:
        if self.is_down:
            raise BureauUnavailable
        self.asked.append((query_id, person_reference))
        return self.summaries.get(person_reference)

    async def records(
        self, query_id: str, person_reference: str, kind: RecordKind
    ) -> AlternativeRecords:
        assert query_id
        self.kinds_asked.append(kind)
        if kind in self.silent:
            raise SourceUnavailable
        return self.known.get(person_reference, AlternativeRecords()).only(kind)


@dataclass(slots=True)
class Rail:
    """A rail that keeps every order it takes; the test says what becomes of them."""

    orders: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    accepts: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    asked: int = 0
    is_down: bool = False
    loses_answers: bool = False
    refuses: FailureReason | None = None
    reports: dict[str, OrderReport] = field(default_factory=dict[str, OrderReport])

    async def pay_out(
        self, disbursement_id: str, amount_fen: int, payee_reference: str
    ) -> PayOutOrder:
        self.asked += 1
        if self.is_down:
            raise RailUnavailable
        if self.refuses is not None:
            raise OrderRefused(self.refuses)
        known = self.orders.setdefault(disbursement_id, (amount_fen, payee_reference))
        assert known == (amount_fen, payee_reference), "one id is one order"
        if self.loses_answers:
            raise RailUnavailable
        return PayOutOrder(
            provider_ref=f"T-{disbursement_id}", accept_in_app=self.accepts.get(disbursement_id)
        )

    async def order_status(self, order_id: str) -> OrderReport:
        if self.is_down:
            raise RailUnavailable
        if order_id not in self.orders:
            return OrderReport(status=RailStatus.UNKNOWN)
        return self.reports.get(order_id, OrderReport(status=RailStatus.PENDING))


@dataclass(slots=True)
class Phone:
    """A phone that receives codes."""

    texts: list[str] = field(default_factory=list[str])

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        assert phone
        assert message_id
        self.texts.append(text)

    def code(self) -> str:
        """Read the code in the newest message."""
        found = re.search(r"#([0-9]{6})$", self.texts[-1])
        assert found is not None
        return found[1]


@dataclass(slots=True)
class World:
    """What surrounds the borrowers, and the steps they take by the app's own operations."""

    clock: FixedClock
    bureau: Bureau = field(default_factory=Bureau)
    rail: Rail = field(default_factory=Rail)
    phone: Phone = field(default_factory=Phone)
    heard: list[Fact] = field(default_factory=list[Fact])
    personas: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    intent_id: str = "in00000000000000"
    """The intent begun last."""
    _keys: int = 0

    def key(self) -> str:
        """Return an idempotency key never used before."""
        self._keys += 1
        return f"key-{self._keys}"

    async def hear(self, _tx: object, fact: Fact) -> None:
        self.heard.append(fact)

    def facts(self, kind: type[Fact]) -> list[Any]:
        """Return what was told of a kind."""
        return [fact for fact in self.heard if isinstance(fact, kind)]

    async def borrower(self, persona: str = "orchard_farmer", **changes: object) -> str:
        """Sign a persona in and complete their profile; the bureau knows what their file says."""
        told = self.persona(persona)
        contact, who = told["contact"], told["identity"]
        borrower_id = await self.sign_in(contact["phone"])
        profile = identity_rules.CompleteProfile(
            borrower_id=borrower_id,
            name=who["name"],
            resident_id=who["resident_id"],
            region_code=who["region_code"],
            income_fen=told["income"]["monthly_fen"],
            purpose=told["wish"]["purpose"]["zh-Hans"],
            bank_card=who["bank_card"],
            is_student=who["is_student"],
            phone_tenure_months=contact["phone_tenure_months"],
            idempotency_key=self.key(),
        )
        await identity.complete_profile(replace(profile, **changes))
        reference = operations.person_reference(who["resident_id"])
        if "bureau" in told:
            self.bureau.summaries[reference] = BureauSummary(**told["bureau"])
        self.bureau.known[reference] = AlternativeRecords(**told.get("alternative", {}))
        return borrower_id

    async def sign_in(self, phone: str) -> str:
        """Sign somebody in by the code sent to a number."""
        asked = await identity.request_code(
            identity_rules.RequestCode(phone=phone, idempotency_key=self.key())
        )
        await outbox.drain()
        signed_in = await identity.verify_code(
            identity_rules.VerifyCode(
                challenge_id=asked.challenge_id,
                code=self.phone.code(),
                idempotency_key=self.key(),
            )
        )
        assert isinstance(signed_in, identity_rules.SignedIn)
        return signed_in.borrower_id

    def persona(self, code: str) -> dict[str, Any]:
        """Return what a persona's file says."""
        if code not in self.personas:
            text = (PERSONAS / f"{code}.toml").read_text(encoding="utf-8")
            self.personas[code] = tomllib.loads(text)
        return self.personas[code]

    async def start(self, borrower_id: str, persona: str = "orchard_farmer") -> str:
        """Begin an application for what the persona wishes."""
        told = self.persona(persona)
        region = told["identity"]["region_code"]
        offered = await catalog_queries.offered_product(
            told["wish"]["product"], region, await business_date()
        )
        return await operations.start_application(
            commands.StartApplication(
                borrower_id=borrower_id,
                idempotency_key=self.key(),
                product_id=offered.version_id,
                region_code=region,
            )
        )

    async def fill_in(
        self,
        borrower_id: str,
        application_id: str,
        persona: str = "orchard_farmer",
        **changes: object,
    ) -> None:
        """Fill in every step as the persona would."""
        told = self.persona(persona)
        wish = told["wish"]
        view = await queries.application(borrower_id, application_id)
        merchant = None
        if view.offered.product.payee.value == "MERCHANT":
            merchant = Merchant(name="盱眙惠民家电城", account="3208300012345678")
        save = commands.SaveApplication(
            borrower_id=borrower_id,
            idempotency_key=self.key(),
            application_id=application_id,
            amount_fen=wish["amount_fen"],
            months=wish["months"],
            purpose=wish["purpose"]["zh-Hans"],
            monthly_income_fen=told["income"]["monthly_fen"],
            debt_payments_fen=told["income"]["debt_service_fen"],
            merchant=merchant,
        )
        await operations.save_application(replace(save, **changes))

    async def consent(
        self, borrower_id: str, application_id: str, *, optional: bool = True
    ) -> None:
        """Give every required consent, and the optional ones but marketing."""
        view = await queries.application(borrower_id, application_id)
        for ask in consents_asked(view.offered):
            is_wanted = optional and ask.key.kind.value != "MARKETING"
            if ask.is_required or is_wanted:
                await operations.give_consent(
                    commands.GiveConsent(
                        borrower_id=borrower_id,
                        idempotency_key=self.key(),
                        application_id=application_id,
                        kind=ask.key.kind,
                        recipient=ask.key.recipient,
                        text_sha256=consent_text(ask, "zh-Hans").sha256,
                    )
                )

    async def submit(self, borrower_id: str, application_id: str) -> None:
        await operations.submit_application(
            commands.SubmitApplication(
                borrower_id=borrower_id,
                idempotency_key=self.key(),
                application_id=application_id,
            )
        )

    async def complete(self, persona: str = "orchard_farmer", **changes: object) -> tuple[str, str]:
        """Bring an application to the point where it can be handed in."""
        borrower_id = await self.borrower(persona)
        application_id = await self.start(borrower_id, persona)
        await self.fill_in(borrower_id, application_id, persona, **changes)
        has_data = "alternative" in self.persona(persona)
        await self.consent(borrower_id, application_id, optional=has_data)
        missing = (await queries.standings([application_id]))[0].missing
        if MissingItem.GUARANTOR in {one.item for one in missing}:
            await self.guarantee(borrower_id, application_id)
        return borrower_id, application_id

    async def name_guarantor(
        self, borrower_id: str, application_id: str, persona: str = "school_parent"
    ) -> None:
        """Name a persona as the one who stands behind the loan."""
        await operations.name_guarantor(
            NameGuarantor(
                borrower_id=borrower_id,
                idempotency_key=self.key(),
                application_id=application_id,
                phone=self.persona(persona)["contact"]["phone"],
            )
        )

    async def give_guarantee(self, guarantor_id: str, *, code: str | None = None) -> Any:  # noqa: ANN401 - an id or a wrong code
        """Read the newest guarantee somebody is asked for, and give it by the code that came."""
        asked = (await queries.guarantees_asked(guarantor_id))[0]
        assert asked.what is not None
        caller = caller_of(guarantor_id)
        await forget_sends()
        begun = await operations.begin_guarantee(
            BeginGuarantee(
                caller=caller, idempotency_key=self.key(), guarantee_id=asked.guarantee_id
            )
        )
        await outbox.drain()
        return await operations.give_guarantee(
            GiveGuarantee(
                caller=caller,
                idempotency_key=self.key(),
                guarantee_id=asked.guarantee_id,
                text_sha256=guarantee_text(asked.what, "zh-Hans").sha256,
                approval=Approval(
                    intent_id=begun.intent_id, code=self.phone.code() if code is None else code
                ),
            )
        )

    async def guarantee(
        self, borrower_id: str, application_id: str, persona: str = "school_parent"
    ) -> str:
        """Have a persona stand behind the loan; return the guarantor."""
        guarantor_id = await self.borrower(persona)
        await self.name_guarantor(borrower_id, application_id, persona)
        given = await self.give_guarantee(guarantor_id)
        assert isinstance(given, str)
        return guarantor_id

    async def decide(self, persona: str = "orchard_farmer", **changes: object) -> tuple[str, str]:
        """Bring an application to its decision."""
        borrower_id, application_id = await self.complete(persona, **changes)
        await self.submit(borrower_id, application_id)
        await outbox.drain()
        return borrower_id, application_id

    async def accept(self, borrower_id: str, application_id: str, place: int = 0) -> None:
        """Choose one of the offers."""
        offers = (await queries.offers_by_application([application_id]))[0]
        await operations.accept_offer(
            commands.AcceptOffer(
                borrower_id=borrower_id,
                idempotency_key=self.key(),
                offer_id=offers[place].offer_id,
            )
        )

    async def certificate(self, application_id: str) -> queries.CertificateView:
        found = (await queries.certificates_by_application([application_id]))[0]
        assert found is not None
        return found

    async def open(self, borrower_id: str, application_id: str) -> None:
        await operations.open_certificate(
            commands.OpenCertificate(
                borrower_id=borrower_id,
                idempotency_key=self.key(),
                application_id=application_id,
            )
        )

    async def answer(
        self, borrower_id: str, application_id: str, *, right: bool = True
    ) -> operations.ComprehensionChecked:
        """Answer all three questions, all right or all wrong."""
        view = await self.certificate(application_id)
        return await operations.answer_comprehension(
            commands.AnswerComprehension(
                borrower_id=borrower_id,
                idempotency_key=self.key(),
                application_id=application_id,
                certificate_sha256=view.sha256,
                answers=tuple(
                    commands.Answer(
                        question=one.kind.value,
                        choice=next(
                            choice.key
                            for choice in one.choices
                            if (choice.key == one.right_key) is right
                        ),
                    )
                    for one in view.questions
                ),
            )
        )

    async def confirm(self, borrower_id: str, application_id: str) -> None:
        view = await self.certificate(application_id)
        await operations.confirm_cost(
            commands.ConfirmCost(
                borrower_id=borrower_id,
                idempotency_key=self.key(),
                application_id=application_id,
                certificate_sha256=view.sha256,
            )
        )

    async def understand(self, borrower_id: str, application_id: str, place: int = 0) -> None:
        """Accept, read, answer and confirm."""
        await self.accept(borrower_id, application_id, place)
        await self.open(borrower_id, application_id)
        self.clock.advance(timedelta(seconds=10))
        await self.answer(borrower_id, application_id)
        await self.confirm(borrower_id, application_id)

    async def begin_signature(
        self, borrower_id: str, application_id: str
    ) -> operations.SignatureBegun:
        begun = await operations.begin_signature(
            commands.BeginSignature(
                borrower_id=borrower_id,
                caller=caller_of(borrower_id),
                idempotency_key=self.key(),
                application_id=application_id,
            )
        )
        self.intent_id = begun.intent.intent_id
        await outbox.drain()
        return begun

    def signature(
        self, borrower_id: str, application_id: str, sha256: str, code: str | None = None
    ) -> commands.SignAgreement:
        """Approve the intent begun last by the code that came last, unless told another one."""
        return commands.SignAgreement(
            borrower_id=borrower_id,
            idempotency_key=self.key(),
            application_id=application_id,
            caller=caller_of(borrower_id),
            approval=Approval(
                intent_id=self.intent_id, code=self.phone.code() if code is None else code
            ),
            text_sha256=sha256,
        )

    async def confirmed(self, persona: str = "orchard_farmer", place: int = 0) -> tuple[str, str]:
        """Bring an application to the point where it can be signed."""
        borrower_id, application_id = await self.decide(persona)
        await self.understand(borrower_id, application_id, place)
        return borrower_id, application_id

    async def sign(self, persona: str = "orchard_farmer") -> tuple[str, str]:
        """Bring an application to its signature; nothing is sent yet."""
        borrower_id, application_id = await self.confirmed(persona)
        await self.sign_now(borrower_id, application_id)
        return borrower_id, application_id

    async def sign_now(self, borrower_id: str, application_id: str) -> None:
        begun = await self.begin_signature(borrower_id, application_id)
        signed = await operations.sign_agreement(
            self.signature(borrower_id, application_id, begun.sha256)
        )
        assert not isinstance(signed, WrongCode)

    async def send(self, persona: str = "orchard_farmer") -> tuple[str, str]:
        """Bring an application to the point where the money is on its way."""
        borrower_id, application_id = await self.sign(persona)
        await outbox.drain()
        return borrower_id, application_id

    async def disbursement(self, application_id: str) -> queries.DisbursementView:
        found = (await queries.disbursements_by_application([application_id]))[0]
        assert found is not None
        return found

    async def notice(
        self, application_id: str, status: RailStatus = RailStatus.SUCCEEDED, **changes: object
    ) -> RailNotice:
        """Return what the rail would say of an application's money."""
        disbursement = await self.disbursement(application_id)
        said = RailNotice(
            event_id=f"ev-{self.key()}",
            kind=RailOrderKind.DISBURSEMENT,
            order_id=disbursement.disbursement_id,
            provider_ref=f"T-{disbursement.disbursement_id}",
            status=status,
            amount_fen=disbursement.amount_fen,
            occurred_at=self.clock.now(),
        )
        return msgspec.structs.replace(said, **changes)

    async def reserve_elsewhere(self, borrower_id: str, amount_fen: int) -> None:
        """Put money on its way to the borrower from another application."""
        async with transaction() as tx:
            await DisbursementRow.create(
                id="db00000000000009",
                application_id="ap00000000000009",
                borrower_id=borrower_id,
                agreement_id="ag00000000000009",
                amount_fen=amount_fen,
                state="SENT",
                reserved_at=tx.now,
            )

    async def state(self, application_id: str) -> str:
        return (await ApplicationRow.get(id=application_id)).state


async def everything() -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table that a step could touch, to compare before and after."""
    listing = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if current().dialect == "sqlite"
        else "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for table in sorted({row["name"] for row in await fetch(listing)} - UNCHANGING):
        found[table] = sorted(await fetch(f'SELECT * FROM "{table}"'), key=str)
    return found


async def refused(refusal: type[Exception], step: Awaitable[object]) -> Any:  # noqa: ANN401 - any refusal's own data
    """Try a step, see it refused, and see that nothing at all has changed; return the refusal."""
    before = await everything()
    with pytest.raises(refusal) as caught:
        await step
    assert await everything() == before
    return caught.value


@pytest.fixture
async def world(database: Database, clock: FixedClock, small_catalog: Path) -> World:
    """Publish the catalog and listen to everything that is told."""
    assert database
    await publish_all(small_catalog)
    made = World(clock)
    told = (
        events.ActionRequired,
        events.AgreementSigned,
        events.ApplicationDecided,
        events.ApplicationExpired,
        events.ApplicationWithdrawn,
        events.CostCertificateMade,
        events.DisbursementFailed,
        events.DrawLimitLowered,
        events.GuaranteedLoanLate,
        events.GuaranteeNotNeeded,
        events.GuarantorAsked,
        events.LenderLeft,
        events.LoanDisbursed,
    )
    outbox.subscribe(
        [
            Subscription(
                fact_type=CodeIssued,
                consumer="identity.deliver_code",
                outside=partial(identity.deliver_code, sender=made.phone),
            ),
            Subscription(
                fact_type=events.ApplicationSubmitted,
                consumer="origination.assess",
                outside=partial(
                    operations.assess_application, bureau=made.bureau, source=made.bureau
                ),
            ),
            Subscription(
                fact_type=events.DisbursementRequested,
                consumer="origination.disburse",
                outside=partial(operations.start_disbursement, rail=made.rail),
            ),
            Subscription(
                fact_type=events.ApplicationRecalled,
                consumer="origination.recall",
                local=operations.recall,
            ),
            *(
                Subscription(fact_type=one, consumer=f"test.{one.__name__}", local=made.hear)
                for one in told
            ),
        ]
    )
    return made


async def close_days(days: int) -> None:
    """Move the business date on, as the close of day does."""
    day = await business_date() + timedelta(days=days)
    async with transaction() as tx:
        await tx.run(
            "INSERT INTO business_day (id, on_date) VALUES (1, ?)"
            " ON CONFLICT (id) DO UPDATE SET on_date = excluded.on_date",
            [day.isoformat()],
        )
