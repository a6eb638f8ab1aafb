"""The makers' services as the settings describe them."""

from app.adapters.push.calling import Line
from app.adapters.push.huawei import HuaweiAccess, HuaweiPush
from app.adapters.push.makers import Makers
from app.adapters.push.xiaomi import XiaomiPush
from app.adapters.sms import Guarded
from app.foundation.clock import Clock
from app.messaging.ports import Provider
from app.settings import HuaweiPushSettings, PushSettings

GUARD_SECONDS = 14.0
"""Four calls at most, each with its own deadline: access, message, and both once more."""


def makers_of(settings: PushSettings, clock: Clock) -> Makers:
    """Return the services of every maker that is named, each behind a breaker of its own."""
    line = Line()
    services: dict[str, Provider] = {}
    if settings.huawei is not None:
        services["HUAWEI"] = _huawei(settings.huawei, line, clock)
    if settings.xiaomi is not None:
        services["XIAOMI"] = XiaomiPush(settings=settings.xiaomi, line=line, clock=clock)
    return Makers({vendor: Guarded(one, seconds=GUARD_SECONDS) for vendor, one in services.items()})


def _huawei(settings: HuaweiPushSettings, line: Line, clock: Clock) -> HuaweiPush:
    access = HuaweiAccess(
        app_id=settings.app_id,
        secret=settings.app_secret,
        address=settings.login_address,
        line=line,
        clock=clock,
    )
    return HuaweiPush(settings=settings, access=access, line=line, clock=clock)
