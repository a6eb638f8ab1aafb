"""Whose WeChat wallet a mini-program's login code is (小程序登录, code2Session)."""

import asyncio
import re
from dataclasses import dataclass, field

import httpx
import msgspec

from app.adapters.wechat_pay.reading import Unreadable, read_json
from app.foundation.log import logger
from app.identity.ports import LoginCodeUnknown, WalletUnavailable
from app.settings import Secret

log = logger(__name__)

CODE2SESSION = "/sns/jscode2session"
CALL_SECONDS = 5.0
ANSWER_BYTES_MAX = 16_384
UNKNOWN_CODES = frozenset({40029, 40163, 41008})
"""`errcode`s: no such code, used before, missing. All others are ours or theirs to mend."""
_OPENID = re.compile(r"[A-Za-z0-9_-]{20,64}")


class _Session(msgspec.Struct):
    """What of the answer we read; the session's key is not ours to keep."""

    openid: str = ""
    errcode: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatWallets:
    """
    WeChat's login as `WalletProvider`: a code for an openid, once.

    The secret of the app stands in the address, as WeChat has it, so no address is ever logged or
    told in an exception. The answer is not signed; that it is WeChat's, TLS says.
    """

    app_id: str
    secret: Secret
    http: httpx.AsyncClient = field(repr=False)
    deadline_seconds: float = CALL_SECONDS

    async def wallet_of(self, login_code: str) -> str:
        """
        Return the openid that a login code was given out for; tried once, as a code is good once.

        Raises:
            LoginCodeUnknown: WeChat does not know the code, or knew it before.
            WalletUnavailable: No answer that can be read.
        """
        wanted = {
            "appid": self.app_id,
            "secret": self.secret.read(),
            "js_code": login_code,
            "grant_type": "authorization_code",
        }
        try:
            async with asyncio.timeout(self.deadline_seconds):
                answer = await self.http.get(CODE2SESSION, params=wanted)
        except (httpx.HTTPError, TimeoutError) as failure:
            log.warning("wechat_login_unanswered", error=type(failure).__name__)
            raise WalletUnavailable from None
        if not answer.is_success or len(answer.content) > ANSWER_BYTES_MAX:
            raise WalletUnavailable
        try:
            said = read_json(answer.content, _Session)
        except Unreadable:
            raise WalletUnavailable from None
        if said.errcode in UNKNOWN_CODES:
            raise LoginCodeUnknown
        if said.errcode or not _OPENID.fullmatch(said.openid):
            log.warning("wechat_login_refused", errcode=said.errcode)
            raise WalletUnavailable
        return said.openid
