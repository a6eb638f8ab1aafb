"""What the process is told from outside: read once, checked at start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

E = TypeVar("E", bound=StrEnum)


class Mode(StrEnum):
    """Where the process runs; production refuses anything made for development."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class HttpProfile(StrEnum):
    """Which edition of GraphQL over HTTP answers follow; `app.gateway.profiles` says how."""

    DRAFT = "draft"
    NPM = "npm"


class SettingsRefused(Exception):
    """A setting is missing, malformed, or fit for development only; the message names it."""


class KmsKind(StrEnum):
    """Who keeps the root keys."""

    FILE = "file"
    TRANSIT = "transit"
    PKCS11 = "pkcs11"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret given in the environment, or in a file that may be written anew at any time."""

    given: str = field(default="", repr=False)
    path: Path | None = None

    def read(self) -> str:
        """
        Return it, without the line break that editors leave at a file's end.

        Raises:
            OSError: The file cannot be read.
        """
        return self.given if self.path is None else self.path.read_text("utf-8").rstrip("\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitSettings:
    """How to reach HashiCorp Vault's transit engine: by a token, or by an AppRole."""

    address: str
    mount: str = "transit"
    namespace: str = ""
    ca_file: str | None = None
    token: Secret = Secret()
    role_id: str = field(default="", repr=False)
    secret_id: Secret = Secret()


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


WECHAT_PAY = "https://api.mch.weixin.qq.com"
WECHAT_LOGIN = "https://api.weixin.qq.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatSettings:
    """How to reach WeChat Pay's API v3, and who we are there."""

    mch_id: str
    app_id: str
    serial: str
    """The serial number of the merchant's API certificate."""
    private_key: Secret
    api_v3_key: Secret
    notify_url: str
    transfer_scene: str
    transfer_reports: tuple[tuple[str, str], ...] = ()
    public_key_id: str = ""
    public_key: Secret = Secret()
    address: str = WECHAT_PAY
    app_secret: Secret = Secret()
    """Of the mini-program, with which login codes are turned into openids."""
    login_address: str = WECHAT_LOGIN


_FINGERPRINT = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){31}")
DEVELOPMENT_SECRET = "development-only-rail-secret"  # noqa: S105 - production refuses it


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
    lender_address: str = ""
    """Where other lenders are called; the twin where there is none."""
    redis_url: str = field(default="", repr=False)
    runs_worker: bool
    log_as_json: bool
    closes_day: bool
    allows_twins: bool
    sms_price_fen: int
    sms_hourly_fen: int
    sms_prefix_hourly_fen: int
    staff_origins: tuple[str, ...] = ()
    """The pages where staff sign in; without one they have no passkeys."""
    staff_rp_id: str = ""
    android_apps: tuple[str, ...] = ()
    """SHA-256 fingerprints, AA:BB:…, of what our Android apps are signed with."""
    http_profile: HttpProfile = HttpProfile.DRAFT
    caller_points: int = 400
    """What one caller may spend a second; 0 lets everybody ask for as much as they like."""

    @property
    def is_development(self) -> bool:
        """Whether twins, GraphiQL and the development inbox are there."""
        return self.mode is Mode.DEVELOPMENT

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
        mode = _one_of(Mode, environ, "APP_MODE", Mode.DEVELOPMENT)
        folder = Path(environ.get("DATA_FOLDER", "var"))
        kms = _one_of(KmsKind, environ, "KMS", KmsKind.FILE)
        rail = _one_of(RailKind, environ, "RAIL", RailKind.TWIN)
        settings = cls(
            mode=mode,
            database_url=environ.get("DATABASE_URL", f"sqlite:///{folder / 'qingmiao.sqlite3'}"),
            kms=kms,
            keyring_path=_keyring_path(environ, folder),
            keyring_passphrase=_text(_secret(environ, "KEYRING_PASSPHRASE"), "KEYRING_PASSPHRASE"),
            transit=_transit(environ, mode) if kms is KmsKind.TRANSIT else None,
            pkcs11=_pkcs11(environ) if kms is KmsKind.PKCS11 else None,
            data_folder=folder,
            witness_path=Path(environ.get("AUDIT_WITNESS", folder / "audit-witness.jsonl")),
            host=environ.get("HOST", "127.0.0.1"),
            port=_whole(environ, "PORT", 8000),
            rail=rail,
            wechat=_wechat(environ, mode) if rail is RailKind.WECHAT else None,
            rail_secret=environ.get("RAIL_SECRET", DEVELOPMENT_SECRET),
            lender_secret=environ.get(
                "LENDER_SECRET", DEVELOPMENT_SECRET if mode is Mode.DEVELOPMENT else ""
            ),
            lender_address=environ.get("LENDER_ADDRESS", "").rstrip("/"),
            redis_url=environ.get("REDIS_URL", ""),
            runs_worker=_flag(environ, "RUN_WORKER", default=True),
            log_as_json=_flag(environ, "LOG_JSON", default=mode is Mode.PRODUCTION),
            closes_day=_flag(environ, "CLOSE_DAY", default=True),
            allows_twins=_flag(environ, "ALLOW_TWINS", default=False),
            sms_price_fen=_whole(environ, "SMS_PRICE_FEN", 10),
            sms_hourly_fen=_whole(environ, "SMS_HOURLY_FEN", 20_000),
            sms_prefix_hourly_fen=_whole(environ, "SMS_PREFIX_HOURLY_FEN", 2_000),
            staff_origins=_origins(environ, mode),
            staff_rp_id=_rp_id(environ, mode),
            android_apps=_android_apps(environ),
            http_profile=_one_of(HttpProfile, environ, "GRAPHQL_HTTP_PROFILE", HttpProfile.DRAFT),
            caller_points=_whole(environ, "CALLER_POINTS", 400),
        )
        if mode is Mode.PRODUCTION:
            _check_production(settings, environ)
        return settings


def _check_production(settings: Settings, environ: Mapping[str, str]) -> None:
    source = ("KEYRING_PATH",) if settings.kms is KmsKind.FILE else ()
    rail = ("RAIL_SECRET",) if settings.rail is RailKind.TWIN else ()
    for name in ("DATABASE_URL", *source, *rail):
        if not environ.get(name):
            message = f"{name} must be set in production"
            raise SettingsRefused(message)
    if rail and settings.rail_secret == DEVELOPMENT_SECRET:
        message = "RAIL_SECRET is the development secret; production needs its own"
        raise SettingsRefused(message)
    if settings.lender_secret == DEVELOPMENT_SECRET:
        message = "LENDER_SECRET is the development secret; production needs its own"
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


def _one_of(kind: type[E], environ: Mapping[str, str], name: str, default: E) -> E:
    value = environ.get(name, default.value)
    try:
        return kind(value)
    except ValueError:
        choices = ", ".join(kind)
        raise SettingsRefused(f"{name} is one of {choices}, not {value!r}") from None


def _wechat(environ: Mapping[str, str], mode: Mode) -> WeChatSettings:
    names = ("MCH_ID", "APP_ID", "SERIAL", "NOTIFY_URL", "TRANSFER_SCENE")
    given = {name: environ.get(f"WECHAT_{name}", "") for name in names}
    for name, value in given.items():
        if not value:
            raise SettingsRefused(f"WECHAT_{name} must be set for RAIL=wechat")
    settings = WeChatSettings(
        mch_id=given["MCH_ID"],
        app_id=given["APP_ID"],
        serial=given["SERIAL"],
        private_key=_secret(environ, "WECHAT_PRIVATE_KEY"),
        api_v3_key=_secret(environ, "WECHAT_API_V3_KEY"),
        notify_url=given["NOTIFY_URL"],
        transfer_scene=given["TRANSFER_SCENE"],
        transfer_reports=_reports(environ.get("WECHAT_TRANSFER_REPORTS", "")),
        public_key_id=environ.get("WECHAT_PUBLIC_KEY_ID", ""),
        public_key=_secret(environ, "WECHAT_PUBLIC_KEY"),
        address=environ.get("WECHAT_ADDRESS", WECHAT_PAY).rstrip("/"),
        app_secret=_secret(environ, "WECHAT_APP_SECRET"),
        login_address=environ.get("WECHAT_LOGIN_ADDRESS", WECHAT_LOGIN).rstrip("/"),
    )
    _needed(settings.private_key, "WECHAT_PRIVATE_KEY")
    _needed(settings.api_v3_key, "WECHAT_API_V3_KEY")
    _needed(settings.app_secret, "WECHAT_APP_SECRET")
    if bool(settings.public_key_id) != bool(_text(settings.public_key, "WECHAT_PUBLIC_KEY")):
        raise SettingsRefused("WECHAT_PUBLIC_KEY and WECHAT_PUBLIC_KEY_ID go together")
    for name, url in (
        ("NOTIFY_URL", settings.notify_url),
        ("ADDRESS", settings.address),
        ("LOGIN_ADDRESS", settings.login_address),
    ):
        parts = urlsplit(url)
        is_near = mode is Mode.DEVELOPMENT and parts.hostname in {"localhost", "127.0.0.1"}
        if not parts.hostname or not (parts.scheme == "https" or is_near):
            raise SettingsRefused(f"WECHAT_{name} must be an https:// address")
    return settings


def _reports(value: str) -> tuple[tuple[str, str], ...]:
    """Read what a transfer scene must report: `kind=words,kind=words`."""
    pairs = [one.partition("=") for one in value.split(",") if one]
    if any(not kind or not words for kind, _, words in pairs):
        raise SettingsRefused("WECHAT_TRANSFER_REPORTS is kind=words,kind=words")
    return tuple((kind, words) for kind, _, words in pairs)


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
        token=_secret(environ, "VAULT_TOKEN"),
        role_id=environ.get("VAULT_ROLE_ID", ""),
        secret_id=_secret(environ, "VAULT_SECRET_ID"),
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
        _needed(settings.secret_id, "VAULT_SECRET_ID")
    else:
        _needed(settings.token, "VAULT_TOKEN")
    return settings


def _pkcs11(environ: Mapping[str, str]) -> Pkcs11Settings:
    module = environ.get("PKCS11_MODULE", "")
    if not module or not Path(module).is_file():
        raise SettingsRefused(f"PKCS11_MODULE must name the module's library, not {module!r}")
    label = environ.get("PKCS11_TOKEN", "")
    if not label:
        raise SettingsRefused("PKCS11_TOKEN must be the label of the token")
    pin = _secret(environ, "PKCS11_PIN")
    _needed(pin, "PKCS11_PIN")
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


def _android_apps(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Read fingerprints as keytool prints them and assetlinks.json has them."""
    given = tuple(one for one in environ.get("ANDROID_APPS", "").split(",") if one)
    for fingerprint in given:
        if not _FINGERPRINT.fullmatch(fingerprint):
            message = f"ANDROID_APPS are SHA-256 fingerprints, 32 times AA:…, not {fingerprint!r}"
            raise SettingsRefused(message)
    return given


def _secret(environ: Mapping[str, str], name: str) -> Secret:
    """Read NAME, or where NAME_FILE says it is."""
    given, path = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if given and path:
        raise SettingsRefused(f"{name} and {name}_FILE are both set; one of them must go")
    return Secret(given, Path(path) if path else None)


def _needed(secret: Secret, name: str) -> None:
    if not _text(secret, name):
        raise SettingsRefused(f"{name} or {name}_FILE must be set, and not empty")


def _text(secret: Secret, name: str) -> str:
    try:
        return secret.read()
    except (OSError, UnicodeDecodeError):
        raise SettingsRefused(f"{name}_FILE cannot be read: {secret.path}") from None


def _whole(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name, str(default))
    if not value.isdecimal():
        message = f"{name} is a whole number, not {value!r}"
        raise SettingsRefused(message)
    return int(value)


def _flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name, str(default)).lower()
    if value not in {"true", "false", "1", "0"}:
        message = f"{name} is true or false, not {value!r}"
        raise SettingsRefused(message)
    return value in {"true", "1"}
