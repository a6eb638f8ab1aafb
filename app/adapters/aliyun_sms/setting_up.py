"""Aliyun as the settings describe it; a text without a template stops the start."""

import re
import secrets
from collections.abc import Mapping

from app.adapters.aliyun_sms.client import AliyunClient
from app.adapters.aliyun_sms.provider import AliyunSms
from app.adapters.aliyun_sms.signing import AccessKey
from app.foundation.clock import Clock
from app.foundation.text import LANGUAGES, template
from app.identity.rules.codes import SMS_KEYS
from app.messaging.rules import MANNERS
from app.settings import AliyunSettings, SettingsRefused

_PLACEHOLDER = re.compile(r"\{(\w+)(?::\w+)?\}")
_SIGNATURE = re.compile(r"^【[^】]+】")


def aliyun_of(settings: AliyunSettings, clock: Clock) -> AliyunSms:
    """
    Return the provider.

    Raises:
        SettingsRefused: A text that may be sent has no template.
    """
    missing = sorted(texts_to_register().keys() - settings.templates.keys())
    if missing:
        message = f"ALIYUN_SMS_TEMPLATES has no template for {', '.join(missing[:5])}"
        raise SettingsRefused(message)
    client = AliyunClient(
        address=settings.address,
        key=AccessKey(settings.access_key_id, settings.access_key_secret.read()),
        clock=clock,
        nonce=lambda: secrets.token_hex(16),
    )
    return AliyunSms(
        client=client, sign_name=settings.sign_name, templates=dict(settings.templates)
    )


def texts_to_register() -> Mapping[str, str]:
    """
    Return every text message as Aliyun wants it registered, by our key and language.

    Placeholders are `${name}`; the signature in front is Aliyun's to add.
    """
    keys = [f"messaging.{kind.lower()}.sms" for kind, manner in MANNERS.items() if manner.by_sms]
    return {
        f"{key} {language}": _registered(template(key, language))
        for key in (*keys, *SMS_KEYS.values())
        for language in LANGUAGES
    }


def _registered(sentence: str) -> str:
    return _PLACEHOLDER.sub(r"${\1}", _SIGNATURE.sub("", sentence))
