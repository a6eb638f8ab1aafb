"""How to reach phone makers' push services, and who we are there."""

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

HUAWEI_PUSH = "https://push-api.cloud.huawei.com"
HUAWEI_LOGIN = "https://oauth-login.cloud.huawei.com"
XIAOMI_PUSH = "https://api.xmpush.xiaomi.com"
RECEIPTS_URL_BYTES_MAX = 128
"""Of `extra.callback`, as Xiaomi takes it."""
MAKERS = ("huawei", "xiaomi")


@dataclass(frozen=True, slots=True, kw_only=True)
class HuaweiPushSettings:
    """An app of AppGallery Connect, and how the receipts of its messages are signed."""

    app_id: str
    app_secret: Secret
    callback_name: str = ""
    callback_key: Secret = NOTHING
    """Without both no receipt is heard; Huawei calls the name 回调用户名."""
    category: str = ""
    """What kind of messages the app was granted to send, such as ACCOUNT or FINANCE."""
    address: str = HUAWEI_PUSH
    login_address: str = HUAWEI_LOGIN


@dataclass(frozen=True, slots=True, kw_only=True)
class XiaomiPushSettings:
    """An app of Xiaomi's, and where the receipts of its messages are posted."""

    package: str
    app_secret: Secret
    receipts_url: str = ""
    """Our address of `/callbacks/messages/xiaomi`; without it no receipt is asked for."""
    channel: str = ""
    """The notification channel the app was granted, for messages that are no advertising."""
    address: str = XIAOMI_PUSH


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSettings:
    """The makers whose phones are reached; those of others are not."""

    huawei: HuaweiPushSettings | None = None
    xiaomi: XiaomiPushSettings | None = None


def push_settings(environ: Mapping[str, str], mode: Mode) -> PushSettings | None:
    """
    Read the makers that PUSH names; None where it names none.

    Raises:
        SettingsRefused: A maker is unknown, or something of theirs is missing or cannot be used.
    """
    makers = {one for one in environ.get("PUSH", "").split(",") if one}
    if not makers <= set(MAKERS):
        message = f"PUSH is {' and '.join(MAKERS)} or one of them, parted by a comma"
        raise SettingsRefused(message)
    if not makers:
        return None
    return PushSettings(
        huawei=_huawei(environ, mode) if "huawei" in makers else None,
        xiaomi=_xiaomi(environ, mode) if "xiaomi" in makers else None,
    )


def _huawei(environ: Mapping[str, str], mode: Mode) -> HuaweiPushSettings:
    settings = HuaweiPushSettings(
        app_id=environ.get("HUAWEI_PUSH_APP_ID", ""),
        app_secret=secret_of(environ, "HUAWEI_PUSH_APP_SECRET"),
        callback_name=environ.get("HUAWEI_PUSH_CALLBACK_NAME", ""),
        callback_key=secret_of(environ, "HUAWEI_PUSH_CALLBACK_KEY"),
        category=environ.get("HUAWEI_PUSH_CATEGORY", ""),
        address=environ.get("HUAWEI_PUSH_ADDRESS", HUAWEI_PUSH).rstrip("/"),
        login_address=environ.get("HUAWEI_LOGIN_ADDRESS", HUAWEI_LOGIN).rstrip("/"),
    )
    if not settings.app_id.isalnum():
        raise SettingsRefused("HUAWEI_PUSH_APP_ID must be set for PUSH=huawei")
    check_given(settings.app_secret, "HUAWEI_PUSH_APP_SECRET")
    has_key = bool(text_of(settings.callback_key, "HUAWEI_PUSH_CALLBACK_KEY"))
    if has_key != bool(settings.callback_name):
        raise SettingsRefused("HUAWEI_PUSH_CALLBACK_KEY and HUAWEI_PUSH_CALLBACK_NAME go together")
    _check_address("HUAWEI_PUSH_ADDRESS", settings.address, mode)
    _check_address("HUAWEI_LOGIN_ADDRESS", settings.login_address, mode)
    return settings


def _xiaomi(environ: Mapping[str, str], mode: Mode) -> XiaomiPushSettings:
    settings = XiaomiPushSettings(
        package=environ.get("XIAOMI_PUSH_PACKAGE", ""),
        app_secret=secret_of(environ, "XIAOMI_PUSH_APP_SECRET"),
        receipts_url=environ.get("XIAOMI_PUSH_RECEIPTS_URL", ""),
        channel=environ.get("XIAOMI_PUSH_CHANNEL", ""),
        address=environ.get("XIAOMI_PUSH_ADDRESS", XIAOMI_PUSH).rstrip("/"),
    )
    if not settings.package:
        raise SettingsRefused("XIAOMI_PUSH_PACKAGE must be set for PUSH=xiaomi")
    check_given(settings.app_secret, "XIAOMI_PUSH_APP_SECRET")
    _check_address("XIAOMI_PUSH_ADDRESS", settings.address, mode)
    if settings.receipts_url:
        _check_address("XIAOMI_PUSH_RECEIPTS_URL", settings.receipts_url, mode)
    if len(settings.receipts_url.encode()) > RECEIPTS_URL_BYTES_MAX:
        message = f"XIAOMI_PUSH_RECEIPTS_URL has at most {RECEIPTS_URL_BYTES_MAX} bytes"
        raise SettingsRefused(message)
    return settings


def _check_address(name: str, address: str, mode: Mode) -> None:
    parts = urlsplit(address)
    is_near = mode is Mode.DEVELOPMENT and parts.hostname in {"localhost", "127.0.0.1"}
    if not parts.hostname or not (parts.scheme == "https" or is_near):
        raise SettingsRefused(f"{name} must be an https:// address")
