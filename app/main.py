"""Builds the web app: the one file naming every concrete class."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from app import worker
from app.adapters.bureau import BureauTwin
from app.adapters.kms import FileKms, kms_of
from app.adapters.lenders import HttpLenders, LenderTwin
from app.adapters.rail import RailTwin
from app.adapters.rails import rail_of, wallets
from app.adapters.records import RecordsTwin
from app.adapters.redis_rates import rates_of
from app.adapters.registers import RegisterTwin
from app.adapters.sms import SmsTwin
from app.adapters.wallets import WalletTwin
from app.adapters.wechat_pay import WeChatNotices, WeChatRail, WeChatWallets
from app.catalog import operations as catalog
from app.foundation import audit, outbox
from app.foundation.clock import Clock, SystemClock, local_date
from app.foundation.database import Database, set_business_date, transaction
from app.foundation.database.migrating import migrate, missing_migrations
from app.foundation.database.urls import database_files
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
from app.foundation.working_days import working_days
from app.gateway.callbacks import LenderCallback, ProviderCallback, RailCallback
from app.gateway.certificates import CertificatePage
from app.gateway.compression import Compression
from app.gateway.development import development_routes, explorer_page
from app.gateway.failures import HANDLERS, JsonFailures
from app.gateway.health import Health
from app.gateway.http import GraphQLEndpoint
from app.gateway.papers import DOWNLOADS
from app.gateway.profiles import Profile
from app.gateway.published import PUBLISHED
from app.gateway.rates import Places, Rates
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.gateway.sockets import SocketEndpoint
from app.gateway.standing import Standing
from app.gateway.sync import PATH as SYNC_PATH
from app.gateway.sync import SyncEndpoint
from app.gateway.sync.exchange import Exchange
from app.gateway.sync.graph import install as install_exchange
from app.gateway.uploads import CREATION_PATH, DocumentUploads
from app.gateway.uploads import METHODS as UPLOAD_METHODS
from app.gateway.uploads import PATH as UPLOAD_PATH
from app.identity import operations as identity
from app.identity import queries as identity_queries
from app.identity.rules import SmsLimits
from app.identity.rules.passkeys import StaffSite
from app.literacy import operations as literacy
from app.literacy import queries as literacy_queries
from app.messaging import queries as messaging_queries
from app.origination import operations as origination
from app.origination import queries as origination_queries
from app.partners import operations as partners
from app.payments import queries as payments_queries
from app.privacy import queries as privacy_queries
from app.privacy.operations import exporting
from app.privacy.ports import Holders
from app.privacy.queries.comparing import LooksAndReveals
from app.servicing import queries as servicing_queries
from app.settings import Settings, SettingsRefused
from app.support import queries as support_queries
from app.syncing import queries as syncing_queries

HOLDERS: Holders = {
    "identity": identity_queries.held_of,
    "origination": origination_queries.held_of,
    "servicing": servicing_queries.held_of,
    "payments": payments_queries.held_of,
    "literacy": literacy_queries.held_of,
    "messaging": messaging_queries.held_of,
    "support": support_queries.held_of,
    "privacy": privacy_queries.held_of,
    "syncing": syncing_queries.held_of,
}
"""Every room that holds something on borrowers, in the order of the copy they can have of it."""

BORROWER_PATH = "/graphql"
STAFF_PATH = "/staff/graphql"
SHORT_PATH = "/q/{short_id}"
"""One of the borrower's own documents, by the short id of the manifest."""
CALLBACK_PATH = "/callbacks/rail"
LENDERS_PATH = "/callbacks/lenders"
LABELS = (
    "audit-cell", "audit-head", "audit-signing", "cursor", "idempotency", "otp-pepper",
    "password-pepper", "pin-pepper", "row-seal", "session-token",
    "tombstone",
    "index:application.mark", "index:assisted.phone",
    "index:borrower.bank_card", "index:borrower.phone", "index:borrower.phone_tail",
    "index:borrower.resident_id", "index:borrower.surname_tail", "index:bureau.person",
    "index:code_send.device",
    "index:device.key", "index:guarantee.phone", "index:mandate.card", "index:one_time_code.phone",
    "index:sms_spend.prefix", "index:staff_attempt.name", "index:stopped_number.phone",
)  # fmt: skip
"""What the key ring opens before the first request; one left out is opened when first asked for."""

MIDDLEWARE = (Middleware(Compression), Middleware(JsonFailures))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The outside systems of this process."""

    sms: SmsTwin
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
            sms=self.sms,
            collections=self.rail,
            debits=self.rail,
            disbursements=self.rail,
            refunds=self.rail,
            statements=self.rail,
            bureau=self.bureau,
            lender=self.lender,
            records=self.records,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPeople:
    """Whom the development pages offer to sign in as."""

    borrowers: Sequence[Mapping[str, str]] = ()
    staff: Sequence[Mapping[str, str]] = ()
    staff_secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Authenticator secrets behind /dev/staff-code, by staff name; none outside the demo."""


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
        sms=SmsTwin(
            folder / "twin-sms.sqlite3",
            clock=clock,
            is_overheard=settings.is_development and not settings.log_as_json,
        ),
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
        SettingsRefused: The keeper of keys cannot be used, or does not answer.
    """
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
        identity.set_sms_limits(
            SmsLimits(
                price_fen=settings.sms_price_fen,
                hourly_fen=settings.sms_hourly_fen,
                prefix_hourly_fen=settings.sms_prefix_hourly_fen,
            )
        )
        identity.set_staff_site(staff_site_of(settings))
        identity.allow_android_apps(settings.android_apps)
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
    """Publish the catalog, policy data and partners of `fixtures/`; what stands already stays."""
    await catalog.load_catalog()
    await partners.load_partners()


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

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with opened(settings, outside=outside, vault=vault), _working(settings, outside):
            yield

    standing = Standing()
    routes = _routes(settings, outside, people or DemoPeople(), standing)
    app = Starlette(
        routes=routes, lifespan=lifespan, middleware=MIDDLEWARE, exception_handlers=HANDLERS
    )
    app.state.standing = standing
    return app


@asynccontextmanager
async def _working(settings: Settings, outside: Outside) -> AsyncIterator[None]:
    """Run the twins, and due work unless a worker process of its own does."""
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(outside.rail.run(stop)),
        asyncio.create_task(outside.lender.run(stop)),
    ]
    if settings.runs_worker:
        due = worker.run(stop, outside.ports, closes_day=settings.closes_day)
        tasks.append(asyncio.create_task(due))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait(tasks, timeout=10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def app_over(settings: Settings, outside: Outside) -> Starlette:
    """Build the app over a database that is open already; nothing runs beside it."""
    routes = _routes(settings, outside, DemoPeople(), Standing())
    return Starlette(routes=routes, middleware=MIDDLEWARE, exception_handlers=HANDLERS)


def _routes(
    settings: Settings, outside: Outside, demo: DemoPeople, standing: Standing
) -> list[BaseRoute]:
    has_pages = settings.is_development
    borrower_page = staff_page = None
    if has_pages:
        borrower_page = explorer_page("borrower", endpoint=BORROWER_PATH, people=demo.borrowers)
        staff_page = explorer_page("staff", endpoint=STAFF_PATH, people=demo.staff)
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    profile, rates, places = Profile(settings.http_profile), Rates(settings.caller_points), Places()
    runner = Runner.over(
        BORROWER_SCHEMA, rates, places, graph="borrower", only_trusted=not has_pages
    )
    exchange = Exchange(runner)
    install_exchange(exchange)
    borrower = GraphQLEndpoint(runner, profile=profile, explorer=borrower_page, standing=standing)
    staff = GraphQLEndpoint(
        Runner.over(STAFF_SCHEMA, rates, places, graph="staff"),
        profile=profile,
        explorer=staff_page,
    )
    callback = (
        RailCallback(settings.rail_secret)
        if outside.notices is None
        else ProviderCallback(outside.notices)
    )
    health = Health(settings.data_folder)
    routes: list[BaseRoute] = [
        Route(BORROWER_PATH, borrower.answer, methods=methods),
        WebSocketRoute(BORROWER_PATH, SocketEndpoint(runner, standing).answer),
        Route(STAFF_PATH, staff.answer, methods=methods),
        Route(SHORT_PATH, borrower.answer, methods=["GET"]),
        Route(SYNC_PATH, SyncEndpoint(exchange).answer, methods=["POST"]),
        Route(CALLBACK_PATH, callback.answer, methods=["POST"]),
        Route(
            f"{LENDERS_PATH}/{{partner}}",
            LenderCallback(settings.lender_secret).answer,
            methods=["POST"],
        ),
        *(Route(path, download.answer) for path, download in DOWNLOADS.items()),
        Route("/certificates/{number}", CertificatePage().answer),
        *(Route(path, answer) for path, answer in PUBLISHED.items()),
        Route(CREATION_PATH, DocumentUploads().answer, methods=["POST", "OPTIONS"]),
        Route(UPLOAD_PATH, DocumentUploads().answer, methods=UPLOAD_METHODS),
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
    ]
    if has_pages:
        routes += development_routes(outside.sms, demo.staff_secrets)
    return routes
