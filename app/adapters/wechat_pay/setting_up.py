"""The adapter as the settings say; keys are read once, at the start."""

import secrets

import httpx

from app.adapters.wechat_pay.client import CALL_SECONDS, WeChatClient
from app.adapters.wechat_pay.keys import PlatformKeys
from app.adapters.wechat_pay.notices import WeChatNotices
from app.adapters.wechat_pay.rail import Scene, WeChatRail
from app.adapters.wechat_pay.sessions import WeChatWallets
from app.adapters.wechat_pay.signing import API_V3_KEY_BYTES, Merchant, public_key_from
from app.foundation.clock import Clock
from app.settings import SettingsRefused, WeChatSettings


def wallets_of(settings: WeChatSettings) -> WeChatWallets:
    """Build who tells whose wallet a login code is; the secret is read anew for each."""
    http = httpx.AsyncClient(
        base_url=settings.login_address, timeout=CALL_SECONDS, trust_env=False, verify=True
    )
    return WeChatWallets(app_id=settings.app_id, secret=settings.app_secret, http=http)


def wechat_of(settings: WeChatSettings, clock: Clock) -> tuple[WeChatRail, WeChatNotices]:
    """
    Build the rail and the reader of its notices.

    Raises:
        SettingsRefused: A key cannot be read.
    """
    api_v3_key = settings.api_v3_key.read().encode()
    if len(api_v3_key) != API_V3_KEY_BYTES:
        raise SettingsRefused("WECHAT_API_V3_KEY has 32 characters")
    try:
        merchant = Merchant.from_pem(
            settings.mch_id, settings.serial, settings.private_key.read().encode()
        )
        pem = settings.public_key.read().encode()
        public_key = public_key_from(pem) if pem else None
    except ValueError as failure:
        raise SettingsRefused(f"a WECHAT key cannot be used: {failure}") from failure
    client = WeChatClient(
        merchant=merchant,
        keys=PlatformKeys(
            api_v3_key=api_v3_key,
            public_key_id=settings.public_key_id,
            public_key=public_key,
        ),
        http=httpx.AsyncClient(
            base_url=settings.address, timeout=CALL_SECONDS, trust_env=False, verify=True
        ),
        clock=clock,
        entropy=secrets.token_bytes,
    )
    scene = Scene(scene_id=settings.transfer_scene, reports=settings.transfer_reports)
    rail = WeChatRail(
        client=client, app_id=settings.app_id, notify_url=settings.notify_url, scene=scene
    )
    return rail, WeChatNotices(client=client, app_id=settings.app_id)
