"""WeChat Pay (微信支付) API v3: collection, transfers to wallets, notices and daily bills."""

from app.adapters.wechat_pay.notices import WeChatNotices
from app.adapters.wechat_pay.rail import WeChatRail
from app.adapters.wechat_pay.setting_up import wechat_of

__all__ = ["WeChatNotices", "WeChatRail", "wechat_of"]
