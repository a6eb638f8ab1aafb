"""WeChat Pay (微信支付) API v3: collection, transfers to wallets, notices and daily bills."""

from app.adapters.wechat_pay.notices import WeChatNotices
from app.adapters.wechat_pay.rail import WeChatRail
from app.adapters.wechat_pay.sessions import WeChatWallets
from app.adapters.wechat_pay.setting_up import wallets_of, wechat_of

__all__ = ["WeChatNotices", "WeChatRail", "WeChatWallets", "wallets_of", "wechat_of"]
