"""Which rail the settings name: the twin, or a real provider with a form of its own."""

from app.adapters.rail import RailTwin
from app.adapters.wallets import WalletTwin
from app.adapters.wechat_pay import (
    WeChatNotices,
    WeChatRail,
    WeChatWallets,
    wallets_of,
    wechat_of,
)
from app.foundation.clock import Clock
from app.settings import Settings


def wallets(settings: Settings) -> WalletTwin | WeChatWallets:
    """Return who tells whose wallet a login code is: the real one where real money moves."""
    return WalletTwin() if settings.wechat is None else wallets_of(settings.wechat)


def rail_of(
    settings: Settings, clock: Clock, callback_url: str
) -> tuple[RailTwin | WeChatRail, WeChatNotices | None]:
    """
    Return the rail, and who reads its notices unless the twin's own secret signs them.

    Raises:
        SettingsRefused: A key of the provider cannot be read.
    """
    if settings.wechat is not None:
        return wechat_of(settings.wechat, clock)
    twin = RailTwin(
        settings.data_folder / "twin-rail.sqlite3",
        callback_url=callback_url,
        secret=settings.rail_secret,
        clock=clock,
    )
    return twin, None
