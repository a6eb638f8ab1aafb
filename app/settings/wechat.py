"""How to reach WeChat Pay, and who we are there."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.settings.values import (
    NOTHING,
    Mode,
    Secret,
    SettingsRefused,
    check_given,
    secret_of,
    text_of,
)

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
    public_key: Secret = NOTHING
    address: str = WECHAT_PAY
    app_secret: Secret = NOTHING
    """Of the mini-program, with which login codes are turned into openids."""
    login_address: str = WECHAT_LOGIN


def wechat_settings(environ: Mapping[str, str], mode: Mode) -> WeChatSettings:
    """
    Read them all.

    Raises:
        SettingsRefused: One is missing, or cannot be used.
    """
    names = ("MCH_ID", "APP_ID", "SERIAL", "NOTIFY_URL", "TRANSFER_SCENE")
    given = {name: environ.get(f"WECHAT_{name}", "") for name in names}
    for name, value in given.items():
        if not value:
            raise SettingsRefused(f"WECHAT_{name} must be set for RAIL=wechat")
    settings = WeChatSettings(
        mch_id=given["MCH_ID"],
        app_id=given["APP_ID"],
        serial=given["SERIAL"],
        private_key=secret_of(environ, "WECHAT_PRIVATE_KEY"),
        api_v3_key=secret_of(environ, "WECHAT_API_V3_KEY"),
        notify_url=given["NOTIFY_URL"],
        transfer_scene=given["TRANSFER_SCENE"],
        transfer_reports=_reports(environ.get("WECHAT_TRANSFER_REPORTS", "")),
        public_key_id=environ.get("WECHAT_PUBLIC_KEY_ID", ""),
        public_key=secret_of(environ, "WECHAT_PUBLIC_KEY"),
        address=environ.get("WECHAT_ADDRESS", WECHAT_PAY).rstrip("/"),
        app_secret=secret_of(environ, "WECHAT_APP_SECRET"),
        login_address=environ.get("WECHAT_LOGIN_ADDRESS", WECHAT_LOGIN).rstrip("/"),
    )
    check_given(settings.private_key, "WECHAT_PRIVATE_KEY")
    check_given(settings.api_v3_key, "WECHAT_API_V3_KEY")
    check_given(settings.app_secret, "WECHAT_APP_SECRET")
    if bool(settings.public_key_id) != bool(text_of(settings.public_key, "WECHAT_PUBLIC_KEY")):
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
