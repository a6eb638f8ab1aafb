"""Both makers' services, and our adapters set up as the settings would."""

from collections.abc import Callable, Iterator

import pytest

from app.adapters.push import makers_of
from app.adapters.push.makers import Makers
from app.foundation.clock import FixedClock
from app.settings import HuaweiPushSettings, PushSettings, Secret, XiaomiPushSettings
from tests.adapters.push.server import APP_ID, KEY, PACKAGE, SECRET, MakerServices, serving

CALLBACK_NAME, CALLBACK_KEY = "qingmiao", "c2VjcmV0IG9mIG5vYm9keSBhdCBhbGw="
RECEIPTS_URL = "https://loans.example.cn/callbacks/messages/xiaomi"

MakersAt = Callable[[], Makers]


@pytest.fixture
def services() -> Iterator[MakerServices]:
    """Serve both makers on one port."""
    with serving(MakerServices()) as served:
        yield served


@pytest.fixture
def settings(services: MakerServices) -> PushSettings:
    """Describe them as the environment would."""
    return PushSettings(
        huawei=HuaweiPushSettings(
            app_id=APP_ID,
            app_secret=Secret(SECRET),
            callback_name=CALLBACK_NAME,
            callback_key=Secret(CALLBACK_KEY),
            category="ACCOUNT",
            address=services.address,
            login_address=services.address,
        ),
        xiaomi=XiaomiPushSettings(
            package=PACKAGE,
            app_secret=Secret(KEY),
            receipts_url=RECEIPTS_URL,
            channel="account",
            address=services.address,
        ),
    )


@pytest.fixture
def makers(settings: PushSettings, clock: FixedClock) -> Makers:
    """Give every maker's service behind its breaker."""
    return makers_of(settings, clock)
