"""The adapter as the settings name it: keys are read, or the start is refused."""

from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives import serialization

from app.adapters.rails import rail_of, wallets
from app.adapters.wallets import WalletTwin
from app.adapters.wechat_pay import WeChatRail, WeChatWallets
from app.foundation.clock import SystemClock
from app.settings import Settings, SettingsRefused
from tests.adapters.wechat_pay.provider import OUR_SERIAL, rsa_key

KEY = rsa_key("merchant")
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()
PUBLIC = (
    KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
GIVEN = {
    "RAIL": "wechat",
    "WECHAT_MCH_ID": "1900000001",
    "WECHAT_APP_ID": "wx0000000000000001",
    "WECHAT_SERIAL": OUR_SERIAL,
    "WECHAT_PRIVATE_KEY": PEM,
    "WECHAT_API_V3_KEY": "0123456789abcdef0123456789abcdef",
    "WECHAT_APP_SECRET": "the mini-program's",
    "WECHAT_NOTIFY_URL": "https://qingmiao.example/callbacks/rail",
    "WECHAT_TRANSFER_SCENE": "1005",
}


def settings(changes: Mapping[str, str]) -> Settings:
    return Settings.from_environ({**GIVEN, **changes})


def test_the_settings_build_wechat_pay_and_whoever_tells_whose_wallet_it_is() -> None:
    told = settings({"WECHAT_PUBLIC_KEY": PUBLIC, "WECHAT_PUBLIC_KEY_ID": "PUB_KEY_ID_01"})
    rail, notices = rail_of(told, SystemClock(), "http://localhost/callbacks/rail")
    assert isinstance(rail, WeChatRail)
    assert notices is not None
    assert rail.client.keys.public_key_id == "PUB_KEY_ID_01"
    provider = wallets(told)
    assert isinstance(provider, WeChatWallets)
    assert str(provider.http.base_url) == "https://api.weixin.qq.com"
    assert isinstance(wallets(Settings.from_environ({})), WalletTwin)
    for secret in (PEM[30:90], GIVEN["WECHAT_API_V3_KEY"], GIVEN["WECHAT_APP_SECRET"]):
        assert secret not in repr((told, rail, notices, provider))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("WECHAT_API_V3_KEY", "too short"),
        ("WECHAT_PRIVATE_KEY", PUBLIC),
    ],
)
def test_a_key_that_cannot_be_used_stops_the_start(name: str, wrong: str) -> None:
    with pytest.raises(SettingsRefused, match="WECHAT"):
        rail_of(settings({name: wrong}), SystemClock(), "")
