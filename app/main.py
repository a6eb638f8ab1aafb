"""Builds the web app: the one file naming every concrete class."""

from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, field

from starlette.applications import Starlette

from app import worker
from app.adapters.bureau import BureauTwin
from app.adapters.kms import FileKms, kms_of
from app.adapters.lenders import HttpLenders, LenderTwin
from app.adapters.messages import Messengers, messengers_of
from app.adapters.prometheus import shown_on
from app.adapters.rail import RailTwin
from app.adapters.rails import rail_of, wallets
from app.adapters.records import RecordsTwin
from app.adapters.redis_rates import rates_of
from app.adapters.registers import RegisterTwin
from app.adapters.wallets import WalletTwin
from app.adapters.wechat_pay import WeChatNotices, WeChatRail, WeChatWallets
from app.catalog import operations as catalog
from app.collections import operations as collections
from app.collections import queries as collections_queries
from app.foundation import audit, outbox
from app.foundation.clock import Clock, SystemClock, local_date
from app.foundation.database import Database, set_business_date, transaction
from app.foundation.database.migrating import migrate, missing_migrations
from app.foundation.database.urls import check_url, database_files
from app.foundation.measuring import measure_day
from app.foundation.metrics import Measure
from app.foundation.private_files import close_to_others, make_private_folder
from app.foundation.rekeying.jobs.adopting import adopt_rows
from app.foundation.sealing import (
    KeyDestroyed,
    KeyRing,
    KmsUnavailable,
    Vault,
    install_vault,
    key_ring,
)
from app.foundation.sealing.keeping import WrongKeeper, kept
from app.foundation.text import sections_of
from app.foundation.working_days import working_days
from app.gateway.beside import Beside, Work
from app.gateway.development import DemoPeople
from app.gateway.failures import HANDLERS
from app.gateway.routes import CALLBACK_PATH, LENDERS_PATH, MESSAGES_PATH, MIDDLEWARE, Edge
from app.household import queries as household_queries
from app.identity import operations as identity
from app.identity import queries as identity_queries
from app.identity.rules import SmsLimits
from app.identity.rules.passkeys import StaffSite
from app.literacy import operations as literacy
from app.literacy import queries as literacy_queries
from app.messaging import queries as messaging_queries
from app.messaging.operations.texts import check_texts
from app.origination import operations as origination
from app.origination import queries as origination_queries
from app.partners import operations as partners
from app.payments import queries as payments_queries
from app.privacy import queries as privacy_queries
from app.privacy.operations import exporting
from app.privacy.ports import Holders
from app.privacy.queries.comparing import LooksAndReveals
from app.rewards import queries as rewards_queries
from app.servicing import queries as servicing_queries
from app.settings import Settings, SettingsRefused
from app.support import queries as support_queries
from app.syncing import queries as syncing_queries

HOLDERS: Holders = {
    "identity": identity_queries.held_of,
    "origination": origination_queries.held_of,
    "servicing": servicing_queries.held_of,
    "payments": payments_queries.held_of,
    "collections": collections_queries.held_of,
    "literacy": literacy_queries.held_of,
    "rewards": rewards_queries.held_of,
    "household": household_queries.held_of,
    "messaging": messaging_queries.held_of,
    "support": support_queries.held_of,
    "privacy": privacy_queries.held_of,
    "syncing": syncing_queries.held_of,
}
"""Every room that holds something on borrowers, in the order of the copy they can have of it."""

MEASURES: dict[str, Measure] = {
    "outbox": outbox.measure_outbox,
    "day": measure_day,
    "messages": messaging_queries.measure_messages,
    "orders": origination_queries.measure_orders,
}
"""What operators watch that stands in the database; read when they look."""

LABELS = (
    "audit-cell", "audit-head", "audit-signing", "cursor", "idempotency", "otp-pepper",
    "password-pepper", "pin-pepper", "row-seal", "session-token",
    "tombstone",
    "index:application.mark", "index:assisted.phone",
    "index:borrower.bank_card", "index:borrower.phone", "index:borrower.phone_tail",
    "index:borrower.resident_id", "index:borrower.surname_tail", "index:bureau.person",
    "index:cash_code.code", "index:code_send.device",
    "index:device.key", "index:guarantee.phone", "index:mandate.card", "index:one_time_code.phone",
    "index:push_token.token",
    "index:sms_spend.prefix", "index:staff_attempt.name", "index:stopped_number.phone",
)  # fmt: skip
"""What the key ring opens before the first request; one left out is opened when first asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The outside systems of this process."""

    messengers: Messengers
    rail: RailTwin | WeChatRail
    bureau: BureauTwin
    lender: LenderTwin | HttpLenders
    records: RecordsTwin = field(default_factory=RecordsTwin)
    register: RegisterTwin = field(default_factory=RegisterTwin)
    wallets: WalletTwin | WeChatWallets = field(default_factory=WalletTwin)
    notices: WeChatNotices | None = None
    """Who reads the rail's notices; none where the twin's own secret signs them."""

    @property
    def ports(self) -> worker.Ports:
        """Return them as due work sees them."""
        return worker.Ports(
            sms=self.messengers.codes,
            providers=self.messengers.providers,
            collections=self.rail,
            debits=self.rail,
            disbursements=self.rail,
            refunds=self.rail,
            statements=self.rail,
            bureau=self.bureau,
            lender=self.lender,
            records=self.records,
        )


def outside_of(settings: Settings, clock: Clock) -> Outside:
    """
    Return the outside systems that the settings name; the vault must be there.

    Raises:
        SettingsRefused: Production is asked to run on development twins without saying so.
    """
    if not settings.is_development and not settings.allows_twins:
        message = "no SMS carrier or payment rail is configured; ALLOW_TWINS=true runs on twins"
        raise SettingsRefused(message)
    folder = settings.data_folder
    rail, notices = rail_of(settings, clock, settings.address + CALLBACK_PATH)
    secret = settings.lender_secret
    lender = (
        HttpLenders(settings.lender_address, secret=secret, clock=clock)
        if settings.lender_address
        else LenderTwin(
            folder / "twin-lenders.sqlite3",
            callback_url=settings.address + LENDERS_PATH,
            secret=secret,
            clock=clock,
        )
    )
    return Outside(
        messengers=messengers_of(settings, clock, settings.address + MESSAGES_PATH),
        rail=rail,
        wallets=wallets(settings),
        notices=notices,
        lender=lender,
        bureau=BureauTwin.from_personas(
            catalog.FIXTURES / "personas", origination.person_reference
        ),
        records=RecordsTwin.from_personas(
            catalog.FIXTURES / "personas", origination.person_reference
        ),
        register=RegisterTwin.from_personas(catalog.FIXTURES / "personas"),
    )


@asynccontextmanager
async def connected(
    settings: Settings, *, clock: Clock | None = None, vault: Vault | None = None
) -> AsyncIterator[Database]:
    """
    Open database and vault as they are, and close them after.

    Raises:
        SettingsRefused: DATABASE_URL cannot be used; or the keeper of keys cannot, or does not
            answer.
    """
    try:
        check_url(settings.database_url)
    except ValueError as malformed:
        raise SettingsRefused(str(malformed)) from None
    make_private_folder(settings.data_folder)
    files = database_files(settings.database_url)
    close_to_others(settings.data_folder, files, but=settings.keyring_path)
    own = vault or vault_of(settings)
    install_vault(own)
    exporting.collect_from(HOLDERS)
    privacy_queries.ask_for_obstacles(support_queries.obstacles_of)
    database = Database(url=settings.database_url, clock=clock or SystemClock())
    try:
        await database.open()
        yield database
    except Exception as failure:
        await audit.sound_broken_seals(failure, audit.Met.COMMAND)
        raise
    finally:
        install_vault(None)
        own.kms.close()
        await database.close()


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    clock: Clock | None = None,
    outside: Outside | None = None,
    vault: Vault | None = None,
) -> AsyncIterator[Database]:
    """
    Open database and vault for a command or for the app, ready for work, and close them after.

    Whoever also runs the outside systems hands in theirs, so that a new order wakes the rail.
    Development brings the schema up to date by itself; production expects `migrate` to have run.

    Raises:
        SettingsRefused: Production's schema is behind, or the keeper of keys is not the right one
            or does not answer.
    """
    async with (
        connected(settings, clock=clock, vault=vault) as database,
        rates_of(settings) as rates,
    ):
        audit.set_witness(settings.witness_path)
        audit.set_comparisons(LooksAndReveals)
        identity.count_first_with(rates)
        around = outside or outside_of(settings, database.clock)
        outbox.subscribe(worker.subscriptions(around.ports))
        identity.ask_register(around.register)
        identity.ask_wallets(around.wallets)
        identity_queries.pay_wallets_only(wallets_only=settings.wechat is not None)
        identity.set_sms_limits(
            SmsLimits(
                price_fen=settings.sms_price_fen,
                hourly_fen=settings.sms_hourly_fen,
                prefix_hourly_fen=settings.sms_prefix_hourly_fen,
            )
        )
        collections.heed_quiet_hours(messaging_queries.own_quiet_hours)
        identity.set_staff_site(staff_site_of(settings))
        identity.set_apps(settings.web_domain, settings.android_apps)
        check_texts(sections_of("messaging"))  # a broken sentence stops the start, not a message
        literacy.load_course()
        literacy.load_packs()
        working_days()  # a broken file of holidays stops the start, not a repayment
        if settings.is_development:
            await adopt_rows(await migrate(database))
        elif missing := await missing_migrations(database):
            message = f"the schema is behind by {', '.join(missing)}; run `migrate` first"
            raise SettingsRefused(message)
        async with _keys_kept(settings):
            if settings.is_development:
                await audit.adopt_cells(settings.witness_path)
                await publish()
            await _begin_first_day(database)
            async with AsyncExitStack() as stack:
                if not settings.is_development:  # whoever writes lessons wants to see the files
                    await stack.enter_async_context(literacy.following_published())
                yield database


def staff_site_of(settings: Settings) -> StaffSite | None:
    """Return where staff sign in; none where the settings name no page."""
    if not settings.staff_origins:
        return None
    return StaffSite(rp_id=settings.staff_rp_id, origins=settings.staff_origins)


@asynccontextmanager
async def _keys_kept(settings: Settings) -> AsyncIterator[None]:
    """
    Keep the process's key ring, once it is seen to be the one this database was sealed with.

    Raises:
        SettingsRefused: It is another one, or its keeper does not answer.
    """
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(kept(key_ring()))
        except (KmsUnavailable, WrongKeeper) as failure:
            raise SettingsRefused(f"KMS={settings.kms}: {failure}") from failure
        except KeyDestroyed as failure:
            message = f"KMS={settings.kms}: the keys of labels in use were destroyed"
            raise SettingsRefused(message) from failure
        yield


def vault_of(settings: Settings) -> Vault:
    """
    Return a vault over the keeper of keys that the settings name, with all labels opened.

    Raises:
        SettingsRefused: The keeper cannot be used, or does not answer.
    """
    kms = kms_of(settings)
    inherited = kms.inherited if isinstance(kms, FileKms) else None
    ring = KeyRing(kms, inherited=inherited)
    ring.labels.expect(LABELS)
    try:
        with suppress(KeyDestroyed):  # first versions may be gone where labels have newer ones
            ring.labels.open_missing()
    except KmsUnavailable as failure:
        raise SettingsRefused(f"KMS={settings.kms}: {failure}") from failure
    return Vault(kms, own_ring=ring)


async def publish() -> None:
    """Publish catalog, policy, partners and lessons of `fixtures/`; what stands already stays."""
    await catalog.publish_catalog(files := catalog.read_catalog(catalog.FIXTURES))
    await partners.load_partners(beside=files)
    await literacy.index_taught()


async def _begin_first_day(database: Database) -> None:
    """Fix the business date once; from then on only the close of day moves it."""
    async with transaction() as tx:
        if not await tx.rows("SELECT 1 FROM business_day"):
            await set_business_date(tx, local_date(database.clock.now()))


def create_app(settings: Settings, people: DemoPeople | None = None) -> Starlette:
    """Build the app: both graphs, callbacks, health, and in development the pages of /dev."""
    vault = vault_of(settings)
    install_vault(vault)
    outside = outside_of(settings, SystemClock())

    beside = Beside()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        work = _work(settings, outside) + edge.work
        async with (
            opened(settings, outside=outside, vault=vault),
            watched(settings),
            beside.running(*work),
        ):
            yield

    edge = _edge(settings, outside, people or DemoPeople(), beside)
    app = Starlette(
        routes=edge.routes(), lifespan=lifespan, middleware=MIDDLEWARE, exception_handlers=HANDLERS
    )
    app.state.standing = edge.standing
    return app


def watched(settings: Settings) -> AbstractAsyncContextManager[int | None]:
    """
    Show operators this process's numbers for the length of a block, if the settings say where.

    Raises:
        SettingsRefused: Something else listens there.
    """
    port = settings.metrics_port
    return shown_on(port, MEASURES) if port else nullcontext()


def _work(settings: Settings, outside: Outside) -> list[Work]:
    """Return what runs beside requests: the twins, and due work unless a worker process does it."""
    work: list[Work] = [outside.rail.run, outside.lender.run, *outside.messengers.twins]
    if settings.runs_worker:
        work.append(lambda stop: worker.run(stop, outside.ports, closes_day=settings.closes_day))
    return work


def app_over(settings: Settings, outside: Outside) -> Starlette:
    """Build the app over a database that is open already; nothing runs beside it."""
    routes = _edge(settings, outside, DemoPeople(), Beside()).routes()
    return Starlette(routes=routes, middleware=MIDDLEWARE, exception_handlers=HANDLERS)


def _edge(settings: Settings, outside: Outside, demo: DemoPeople, beside: Beside) -> Edge:
    return Edge(
        settings=settings,
        demo=demo,
        inbox=outside.messengers.inbox,
        providers=outside.messengers.providers,
        notices=outside.notices,
        beside=beside,
    )
