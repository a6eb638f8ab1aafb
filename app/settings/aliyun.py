"""How to reach Aliyun's text messages, and who we are there."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from app.settings.values import Mode, Secret, SettingsRefused, check_given, secret_of, text_of

ALIYUN_SMS = "https://dysmsapi.aliyuncs.com"
TOKEN_SIGNS_MIN = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunSettings:
    """An access key, the signature that messages begin with, and a template for every text."""

    access_key_id: str
    access_key_secret: Secret
    sign_name: str
    templates: Mapping[str, str]
    """The code of each template by our key and language: `messaging.overdue.sms zh-Hans`."""
    report_token: str = field(repr=False)
    """The last part of the address that status reports are posted to: nobody signs them."""
    address: str = ALIYUN_SMS


def aliyun_settings(environ: Mapping[str, str], mode: Mode) -> AliyunSettings:
    """
    Read them all.

    Raises:
        SettingsRefused: One is missing, or cannot be used.
    """
    secret = secret_of(environ, "ALIYUN_ACCESS_KEY_SECRET")
    check_given(secret, "ALIYUN_ACCESS_KEY_SECRET")
    token = text_of(secret_of(environ, "ALIYUN_REPORT_TOKEN"), "ALIYUN_REPORT_TOKEN")
    if len(token) < TOKEN_SIGNS_MIN or not token.isalnum():
        message = f"ALIYUN_REPORT_TOKEN is at least {TOKEN_SIGNS_MIN} letters and digits"
        raise SettingsRefused(message)
    settings = AliyunSettings(
        access_key_id=environ.get("ALIYUN_ACCESS_KEY_ID", ""),
        access_key_secret=secret,
        sign_name=environ.get("ALIYUN_SMS_SIGN_NAME", ""),
        templates=_templates(environ.get("ALIYUN_SMS_TEMPLATES", "")),
        report_token=token,
        address=environ.get("ALIYUN_SMS_ADDRESS", ALIYUN_SMS).rstrip("/"),
    )
    if not settings.access_key_id or not settings.sign_name:
        raise SettingsRefused("ALIYUN_ACCESS_KEY_ID and ALIYUN_SMS_SIGN_NAME must be set")
    parts = urlsplit(settings.address)
    is_near = mode is Mode.DEVELOPMENT and parts.hostname in {"localhost", "127.0.0.1"}
    if not parts.hostname or not (parts.scheme == "https" or is_near):
        raise SettingsRefused("ALIYUN_SMS_ADDRESS must be an https:// address")
    return settings


def _templates(path: str) -> Mapping[str, str]:
    """Read `[zh-Hans]` and `[en]` tables of our keys and Aliyun's codes."""
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as failure:
        message = f"ALIYUN_SMS_TEMPLATES must name a file of templates, not {path!r}"
        raise SettingsRefused(message) from failure
    return {
        f"{key} {language}": str(code)
        for language, table in tables.items()
        for key, code in table.items()
    }
