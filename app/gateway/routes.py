"""Every path of the app, and what answers there."""

from dataclasses import dataclass, field
from types import MappingProxyType

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from app.gateway.beside import Beside, Work
from app.gateway.callbacks import (
    LenderCallback,
    NoticeReader,
    ProviderCallback,
    RailCallback,
)
from app.gateway.certificates import CertificatePage
from app.gateway.compression import Compression
from app.gateway.development import DemoPeople, Inbox, development_routes, explorer_page
from app.gateway.early import NothingEarly
from app.gateway.failures import JsonFailures
from app.gateway.health import Health
from app.gateway.http import GraphQLEndpoint
from app.gateway.hurrying import Hurrying
from app.gateway.measured import watch
from app.gateway.message_receipts import AliyunReports, MessageReceipts
from app.gateway.papers import DOWNLOADS
from app.gateway.profiles import Profile
from app.gateway.published import PUBLISHED
from app.gateway.push_receipts import HuaweiReceipts, XiaomiReceipts
from app.gateway.rates import Places, Rates
from app.gateway.readying import readying
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
from app.messaging.ports import Providers
from app.settings import PushSettings, Settings

BORROWER_PATH = "/graphql"
STAFF_PATH = "/staff/graphql"
SHORT_PATH = "/q/{short_id}"
"""One of the borrower's own documents, by the short id of the manifest."""
CALLBACK_PATH = "/callbacks/rail"
LENDERS_PATH = "/callbacks/lenders"
MESSAGES_PATH = "/callbacks/messages"
MIDDLEWARE = (
    Middleware(Compression),
    Middleware(JsonFailures),
    Middleware(NothingEarly, looked_into=frozenset({BORROWER_PATH, STAFF_PATH, SYNC_PATH})),
    Middleware(Hurrying),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The edge of one process: both graphs, callbacks, files, health, and pages in development."""

    settings: Settings
    demo: DemoPeople
    inbox: Inbox
    notices: NoticeReader | None
    """Who reads the rail's notices; none where the twin's own secret signs them."""
    beside: Beside
    providers: Providers = field(default_factory=lambda: MappingProxyType({}))
    """Who carries messages, to be asked when a receipt says that something moved."""
    standing: Standing = field(default_factory=Standing)
    runners: list[Runner] = field(default_factory=list[Runner], init=False)
    """What runs the operations of each graph, once there are routes."""

    @property
    def work(self) -> list[Work]:
        """Return what runs beside requests; who writes documents wants to see the files."""
        return [] if self.settings.is_development else [readying(self.runners)]

    def routes(self) -> list[BaseRoute]:
        """Return every route."""
        health = Health(self.settings.data_folder, self.beside, self.standing)
        routes = [
            *self._graphs(),
            *self._callbacks(),
            *(Route(path, download.answer) for path, download in DOWNLOADS.items()),
            Route("/certificates/{number}", CertificatePage().answer),
            *(Route(path, answer) for path, answer in PUBLISHED.items()),
            Route(CREATION_PATH, DocumentUploads().answer, methods=["POST", "OPTIONS"]),
            Route(UPLOAD_PATH, DocumentUploads().answer, methods=UPLOAD_METHODS),
            Route("/healthz", health.alive),
            Route("/readyz", health.ready),
        ]
        if self.settings.is_development:
            routes += development_routes(self.inbox, self.demo.staff_secrets)
        return routes

    def _graphs(self) -> list[BaseRoute]:
        settings, demo = self.settings, self.demo
        borrower_page = staff_page = None
        if settings.is_development:
            borrower_page = explorer_page("borrower", endpoint=BORROWER_PATH, people=demo.borrowers)
            staff_page = explorer_page("staff", endpoint=STAFF_PATH, people=demo.staff)
        profile = Profile(settings.http_profile)
        rates, places = Rates(settings.caller_points), Places()
        watch(lambda: places.taken, lambda: self.standing.count)
        runner = Runner.over(
            BORROWER_SCHEMA,
            rates,
            places,
            graph="borrower",
            only_trusted=not settings.is_development,
        )
        staff_runner = Runner.over(
            STAFF_SCHEMA, rates, places, graph="staff", shows_schema=settings.is_development
        )
        self.runners[:] = [runner, staff_runner]
        exchange = Exchange(runner)
        install_exchange(exchange)
        borrower = GraphQLEndpoint(
            runner, profile=profile, explorer=borrower_page, standing=self.standing
        )
        staff = GraphQLEndpoint(staff_runner, profile=profile, explorer=staff_page)
        return [
            Route(SHORT_PATH, borrower, methods=["GET"]),
            Route(BORROWER_PATH, borrower),
            WebSocketRoute(BORROWER_PATH, SocketEndpoint(runner, self.standing).answer),
            Route(STAFF_PATH, staff),
            Route(SYNC_PATH, SyncEndpoint(exchange).answer, methods=["POST"]),
        ]

    def _callbacks(self) -> list[BaseRoute]:
        rail = (
            RailCallback(self.settings.rail_secret)
            if self.notices is None
            else ProviderCallback(self.notices)
        )
        lenders = LenderCallback(self.settings.lender_secret)
        receipts = MessageReceipts(self.settings.messages_secret, self.providers)
        hints = AliyunReports(self.settings.aliyun_report_token, self.providers)
        push = self.settings.push or PushSettings()
        huawei = HuaweiReceipts(push.huawei, self.providers)
        xiaomi = XiaomiReceipts(push.xiaomi, self.providers)
        return [
            Route(CALLBACK_PATH, rail.answer, methods=["POST"]),
            Route(f"{LENDERS_PATH}/{{partner}}", lenders.answer, methods=["POST"]),
            Route(MESSAGES_PATH, receipts.answer, methods=["POST"]),
            Route(f"{MESSAGES_PATH}/aliyun/{{token}}", hints.answer, methods=["POST"]),
            Route(f"{MESSAGES_PATH}/huawei", huawei.answer, methods=["POST"]),
            Route(f"{MESSAGES_PATH}/xiaomi", xiaomi.answer, methods=["POST"]),
        ]
