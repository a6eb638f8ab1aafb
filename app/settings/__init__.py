"""What the process is told from outside: read once, checked at start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from app.settings.aliyun import AliyunSettings, aliyun_settings
from app.settings.push import (
    HuaweiPushSettings,
    PushSettings,
    XiaomiPushSettings,
    push_settings,
)
from app.settings.values import (
    NOTHING,
    Mode,
    Secret,
    SettingsRefused,
    check_given,
    flag_of,
    one_of,
    secret_of,
    text_of,
    whole_of,
)
from app.settings.wechat import WECHAT_LOGIN, WECHAT_PAY, WeChatSettings, wechat_settings

__all__ = [
    "DEVELOPMENT_SECRET",
    "WECHAT_LOGIN",
    "WECHAT_PAY",
    "HttpProfile",
    "HuaweiPushSettings",
    "KmsKind",
    "Mode",
    "Pkcs11Settings",
    "PushSettings",
    "RailKind",
    "Secret",
    "Settings",
    "SettingsRefused",
    "TransitSettings",
    "WeChatSettings",
    "XiaomiPushSettings",
]


class HttpProfile(StrEnum):
    """Which edition of GraphQL over HTTP answers follow; `app.gateway.profiles` says how."""

    DRAFT = "draft"
    NPM = "npm"


class KmsKind(StrEnum):
    """Who keeps the root keys."""

    FILE = "file"
    TRANSIT = "transit"
    PKCS11 = "pkcs11"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitSettings:
    """How to reach HashiCorp Vault's transit engine: by a token, or by an AppRole."""

    address: str
    mount: str = "transit"
    namespace: str = ""
    ca_file: str | None = None
    token: Secret = NOTHING
    role_id: str = field(default="", repr=False)
    secret_id: Secret = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs11Settings:
    """Which module and token of it keep the keys."""

    module: Path
    token_label: str
    pin: Secret


class RailKind(StrEnum):
    """Who moves money."""

    TWIN = "twin"
    WECHAT = "wechat"


_FINGERPRINT = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){31}")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
DEVELOPMENT_SECRET = "development-only-rail-secret"  # noqa: S105 - production refuses it
DEVELOPMENT_DOMAIN = "qingmiao.example"
"""A name that RFC 2606 keeps out of the real network; production refuses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the process is told; the README's table lists each variable."""

    mode: Mode
    database_url: str = field(repr=False)
    kms: KmsKind = KmsKind.FILE
    keyring_path: Path
    keyring_passphrase: str = field(default="", repr=False)
    transit: TransitSettings | None = None
    pkcs11: Pkcs11Settings | None = None
    data_folder: Path
    witness_path: Path
    host: str
    port: int
    rail: RailKind = RailKind.TWIN
    wechat: WeChatSettings | None = None
    rail_secret: str = field(repr=False)
    lender_secret: str = field(default="", repr=False)
    """What the secrets shared with other lenders are made from; without it, none is heard."""
    messages_secret: str = field(default="", repr=False)
    """What carriers of our own form sign receipts with; without it, none is heard."""
    aliyun: AliyunSettings | None = None
    """Who carries text messages; the twin where it is none."""
    push: PushSettings | None = None
    """Whose phones are reached by push; the twin takes all where it is none."""
    lender_address: str = ""
    """Where other lenders are called; the twin where there is none."""
    redis_url: str = field(default="", repr=False)
    runs_worker: bool
    drain_seconds: int
    """How long requests are still taken after the process began to say that it is not ready."""
    log_as_json: bool
    closes_day: bool
    allows_twins: bool
    sms_price_fen: int
    sms_hourly_fen: int
    sms_prefix_hourly_fen: int
    staff_origins: tuple[str, ...] = ()
    """The pages where staff sign in; without one they have no passkeys."""
    staff_rp_id: str = ""
    web_domain: str = DEVELOPMENT_DOMAIN
    """Where borrowers' pages are: passkeys are made for it, codes fill themselves in on it."""
    android_apps: tuple[str, ...] = ()
    """SHA-256 fingerprints, AA:BB:…, of what our Android apps are signed with."""
    http_profile: HttpProfile = HttpProfile.DRAFT
    metrics_port: int = 0
    """Where this machine may read what operators watch; 0 where nobody asks for it."""
    caller_points: int = 400
    """What one caller may spend a second; 0 lets everybody ask for as much as they like."""

    @property
    def is_development(self) -> bool:
        """Whether twins, GraphiQL and the development inbox are there."""
        return self.mode is Mode.DEVELOPMENT

    @property
    def aliyun_report_token(self) -> str:
        """Return what Aliyun's reports are posted under; empty where it carries nothing."""
        return "" if self.aliyun is None else self.aliyun.report_token

    @property
    def address(self) -> str:
        """Return where the process listens, as a URL."""
        return f"http://{self.host}:{self.port}"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """
        Read the settings; in development each has a default that works.

        Raises:
            SettingsRefused: A value cannot be read, or production was given a default.
        """
        mode = one_of(Mode, environ, "APP_MODE", Mode.DEVELOPMENT)
        folder = Path(environ.get("DATA_FOLDER", "var"))
        kms = one_of(KmsKind, environ, "KMS", KmsKind.FILE)
        rail = one_of(RailKind, environ, "RAIL", RailKind.TWIN)
        settings = cls(
            mode=mode,
            database_url=environ.get("DATABASE_URL", f"sqlite:///{folder / 'qingmiao.sqlite3'}"),
            kms=kms,
            keyring_path=_keyring_path(environ, folder),
            keyring_passphrase=text_of(
                secret_of(environ, "KEYRING_PASSPHRASE"), "KEYRING_PASSPHRASE"
            ),
            transit=_transit(environ, mode) if kms is KmsKind.TRANSIT else None,
            pkcs11=_pkcs11(environ) if kms is KmsKind.PKCS11 else None,
            data_folder=folder,
            witness_path=Path(environ.get("AUDIT_WITNESS", folder / "audit-witness.jsonl")),
            host=environ.get("HOST", "127.0.0.1"),
            port=whole_of(environ, "PORT", 8000),
            rail=rail,
            wechat=wechat_settings(environ, mode) if rail is RailKind.WECHAT else None,
            rail_secret=environ.get("RAIL_SECRET", DEVELOPMENT_SECRET),
            lender_secret=environ.get(
                "LENDER_SECRET", DEVELOPMENT_SECRET if mode is Mode.DEVELOPMENT else ""
            ),
            lender_address=environ.get("LENDER_ADDRESS", "").rstrip("/"),
            messages_secret=environ.get(
                "MESSAGES_SECRET", DEVELOPMENT_SECRET if mode is Mode.DEVELOPMENT else ""
            ),
            aliyun=aliyun_settings(environ, mode) if environ.get("SMS") == "aliyun" else None,
            push=push_settings(environ, mode),
            redis_url=environ.get("REDIS_URL", ""),
            runs_worker=flag_of(environ, "RUN_WORKER", default=True),
            drain_seconds=whole_of(environ, "DRAIN_SECONDS", 0),
            log_as_json=flag_of(environ, "LOG_JSON", default=mode is Mode.PRODUCTION),
            closes_day=flag_of(environ, "CLOSE_DAY", default=True),
            allows_twins=flag_of(environ, "ALLOW_TWINS", default=False),
            sms_price_fen=whole_of(environ, "SMS_PRICE_FEN", 10),
            sms_hourly_fen=whole_of(environ, "SMS_HOURLY_FEN", 20_000),
            sms_prefix_hourly_fen=whole_of(environ, "SMS_PREFIX_HOURLY_FEN", 2_000),
            staff_origins=_origins(environ, mode),
            staff_rp_id=_rp_id(environ, mode),
            web_domain=_web_domain(environ),
            android_apps=_android_apps(environ),
            http_profile=one_of(HttpProfile, environ, "GRAPHQL_HTTP_PROFILE", HttpProfile.DRAFT),
            metrics_port=whole_of(environ, "METRICS_PORT", 0),
            caller_points=whole_of(environ, "CALLER_POINTS", 400),
        )
        if mode is Mode.PRODUCTION:
            _check_production(settings, environ)
        return settings


def _check_production(settings: Settings, environ: Mapping[str, str]) -> None:
    source = ("KEYRING_PATH",) if settings.kms is KmsKind.FILE else ()
    rail = ("RAIL_SECRET",) if settings.rail is RailKind.TWIN else ()
    for name in ("DATABASE_URL", "WEB_DOMAIN", *source, *rail):
        if not environ.get(name):
            message = f"{name} must be set in production"
            raise SettingsRefused(message)
    if rail and settings.rail_secret == DEVELOPMENT_SECRET:
        message = "RAIL_SECRET is the development secret; production needs its own"
        raise SettingsRefused(message)
    if settings.web_domain == DEVELOPMENT_DOMAIN:
        message = "WEB_DOMAIN is the development domain; production needs its own"
        raise SettingsRefused(message)
    if settings.lender_secret == DEVELOPMENT_SECRET:
        message = "LENDER_SECRET is the development secret; production needs its own"
        raise SettingsRefused(message)
    if settings.messages_secret == DEVELOPMENT_SECRET:
        message = "MESSAGES_SECRET is the development secret; production needs its own"
        raise SettingsRefused(message)
    if settings.lender_address and not settings.lender_address.startswith("https://"):
        message = "LENDER_ADDRESS is https:// in production"
        raise SettingsRefused(message)
    if settings.kms is KmsKind.FILE and not settings.keyring_path.exists():
        message = (
            "KEYRING_PATH names no file; production never makes its own keys"
            " (`python -m app keys init` does, once, where you say so)"
        )
        raise SettingsRefused(message)


def _keyring_path(environ: Mapping[str, str], folder: Path) -> Path:
    given = environ.get("KEYRING_PATH", str(folder / "keyring.json"))
    if not given or Path(given).is_dir():
        raise SettingsRefused(f"KEYRING_PATH must name a file, not {given!r}")
    return Path(given)


def _transit(environ: Mapping[str, str], mode: Mode) -> TransitSettings:
    settings = TransitSettings(
        address=environ.get("VAULT_ADDR", ""),
        mount=environ.get("VAULT_TRANSIT_MOUNT", "transit").strip("/"),
        namespace=environ.get("VAULT_NAMESPACE", ""),
        ca_file=environ.get("VAULT_CACERT") or None,
        token=secret_of(environ, "VAULT_TOKEN"),
        role_id=environ.get("VAULT_ROLE_ID", ""),
        secret_id=secret_of(environ, "VAULT_SECRET_ID"),
    )
    parts = urlsplit(settings.address)
    is_near = mode is Mode.DEVELOPMENT and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_near)):
        raise SettingsRefused("VAULT_ADDR must be an https:// address for KMS=transit")
    if not settings.mount:
        raise SettingsRefused("VAULT_TRANSIT_MOUNT must name the transit engine's mount")
    if settings.ca_file is not None and not Path(settings.ca_file).is_file():
        raise SettingsRefused(f"VAULT_CACERT names no file: {settings.ca_file}")
    if settings.role_id:
        check_given(settings.secret_id, "VAULT_SECRET_ID")
    else:
        check_given(settings.token, "VAULT_TOKEN")
    return settings


def _pkcs11(environ: Mapping[str, str]) -> Pkcs11Settings:
    module = environ.get("PKCS11_MODULE", "")
    if not module or not Path(module).is_file():
        raise SettingsRefused(f"PKCS11_MODULE must name the module's library, not {module!r}")
    label = environ.get("PKCS11_TOKEN", "")
    if not label:
        raise SettingsRefused("PKCS11_TOKEN must be the label of the token")
    pin = secret_of(environ, "PKCS11_PIN")
    check_given(pin, "PKCS11_PIN")
    return Pkcs11Settings(module=Path(module), token_label=label, pin=pin)


def _origins(environ: Mapping[str, str], mode: Mode) -> tuple[str, ...]:
    """Read the staff site's origins, as browsers write them: no path, no slash at the end."""
    is_development = mode is Mode.DEVELOPMENT
    own = f"http://localhost:{environ.get('PORT', '8000')}" if is_development else ""
    origins = tuple(one for one in environ.get("STAFF_ORIGINS", own).split(",") if one)
    for origin in origins:
        parts = urlsplit(origin)
        is_near = is_development and parts.hostname == "localhost"
        if not (parts.scheme == "https" or is_near) or origin != f"{parts.scheme}://{parts.netloc}":
            message = f"STAFF_ORIGINS are https:// addresses without a path, not {origin!r}"
            raise SettingsRefused(message)
    return origins


def _rp_id(environ: Mapping[str, str], mode: Mode) -> str:
    """Read the name that passkeys are made for: a domain that every origin belongs to."""
    hosts = [urlsplit(origin).hostname or "" for origin in _origins(environ, mode)]
    rp_id = environ.get("STAFF_RP_ID") or (hosts[0] if hosts else "")
    if any(host != rp_id and not host.endswith(f".{rp_id}") for host in hosts):
        raise SettingsRefused("STAFF_RP_ID must be the domain, or a parent, of every STAFF_ORIGINS")
    return rp_id


def _web_domain(environ: Mapping[str, str]) -> str:
    """Read a host's name alone, in the letters that browsers compare."""
    domain = environ.get("WEB_DOMAIN", DEVELOPMENT_DOMAIN)
    if domain and not _DOMAIN.fullmatch(domain):
        message = f"WEB_DOMAIN is a name such as app.example.cn, without https://, not {domain!r}"
        raise SettingsRefused(message)
    return domain or DEVELOPMENT_DOMAIN


def _android_apps(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Read fingerprints as keytool prints them and assetlinks.json has them."""
    given = tuple(one for one in environ.get("ANDROID_APPS", "").split(",") if one)
    for fingerprint in given:
        if not _FINGERPRINT.fullmatch(fingerprint):
            message = f"ANDROID_APPS are SHA-256 fingerprints, 32 times AA:…, not {fingerprint!r}"
            raise SettingsRefused(message)
    return given
