"""
Huawei Push Kit as a provider: one notification to one token, the sealed delta in its data.

Source: "下行消息" (developer.huawei.com, HMSCore-References, https-send-api-0000001050986197), for
EMUI, Android and HarmonyOS up to 4; its codes of error are told apart below. Nothing there lets one
ask what became of a message: that is told by receipts, which carry `bi_tag`.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
import orjson

from app.adapters.push.calling import Line, NotTaken, Said
from app.adapters.push.showing import PAYLOAD_BYTES_MAX, TITLE, kept_for, place_on_screen
from app.foundation.base64url import as_text
from app.foundation.clock import Clock
from app.foundation.log import logger
from app.messaging.ports import Answer, Asked, OutcomeUnknown, Outgoing, Report
from app.settings import HuaweiPushSettings, Secret

log = logger(__name__)

OK = "80000000"
SOME = "80100000"
GONE = "80300007"
"""All tokens are none."""
ACCESS_OVER = frozenset({"80200001", "80200003"})
"""Our access token is none, or over."""
MESSAGE_WRONG = frozenset(
    {"80100001", "80100003", "80100004", "80100013", "80100016", "80300008", "80300010"}
)
"""It is the message that is refused, as it would be again; all others are of our account there."""
UNSURE = frozenset({"81000001"})
"""A fault of theirs, which does not say whether the message goes out."""
KEPT_MAX = timedelta(days=15)
RENEWED_BEFORE = timedelta(minutes=5)
OPENS_APP = 3


class _Access(msgspec.Struct):
    access_token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,4096}\Z")]
    expires_in: Annotated[int, msgspec.Meta(ge=1, le=864_000)]


class _Answered(msgspec.Struct):
    code: str
    msg: str = ""
    request_id: str = msgspec.field(name="requestId", default="")


class _Counted(msgspec.Struct):
    illegal_tokens: list[str] = msgspec.field(default_factory=list[str])


@dataclass(slots=True, kw_only=True)
class HuaweiAccess:
    """The access token that calls are made with, asked for anew before it is over."""

    app_id: str
    secret: Secret
    address: str
    line: Line
    clock: Clock
    _token: str = field(default="", repr=False)
    _over_at: datetime | None = None
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def token(self, *, instead_of: str = "") -> str:
        """
        Return it; `instead_of` is one that was refused. However many ask, it is fetched once.

        Raises:
            NotTaken: Huawei gave none.
        """
        async with self._asking:
            over_at = self._over_at
            is_over = over_at is None or self.clock.now() >= over_at - RENEWED_BEFORE
            if is_over or self._token == instead_of:
                access = await self._fetched()
                self._token = access.access_token
                self._over_at = self.clock.now() + timedelta(seconds=access.expires_in)
            return self._token

    async def _fetched(self) -> _Access:
        try:
            form = {
                "grant_type": "client_credentials",
                "client_id": self.app_id,
                "client_secret": self.secret.read(),
            }
            said = await self.line.call(
                "POST",
                f"{self.address}/oauth2/v3/token",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                content=urlencode(form).encode(),
            )
            if said.status != HTTPStatus.OK:
                log.warning("huawei_gives_no_access", status=said.status)
                raise NotTaken("NO_ACCESS")
            return said.read(_Access)
        except (OSError, OutcomeUnknown) as failure:
            raise NotTaken("NO_ACCESS") from failure  # nothing was sent yet


@dataclass(slots=True, kw_only=True)
class HuaweiPush:
    """Sends to one token; a message tried again takes the place of its first try on the screen."""

    settings: HuaweiPushSettings
    access: HuaweiAccess
    line: Line
    clock: Clock
    name: str = "huawei"
    absent_after: timedelta = timedelta(minutes=10)

    @property
    def is_resting(self) -> bool:
        """Never by itself; see `Guarded`."""
        return False

    async def send(self, message: Outgoing) -> Report:
        """
        Send one message; where our access token is over, once more with a new one.

        Raises:
            OutcomeUnknown: It may be on its way.
        """
        written = self._written(message)
        if _length(written) > PAYLOAD_BYTES_MAX:
            written = self._written(replace(message, sealed=None))  # the phone asks for it then
        written["message"]["token"] = [message.to]
        content = orjson.dumps(written)
        try:
            token = await self.access.token()
            said = await self._said(token, content)
            if _is_access_over(said):
                token = await self.access.token(instead_of=token)
                said = await self._said(token, content)
            return _reported(said, message.to)
        except NotTaken as refusal:
            return Report(answer=Answer.REFUSED, why=refusal.code[:80])

    async def ask(self, asked: Asked) -> Report:
        """
        Say nothing: Huawei cannot be asked.

        Raises:
            OutcomeUnknown: Always.
        """
        raise OutcomeUnknown(asked.request_id)

    async def _said(self, token: str, content: bytes) -> Said:
        return await self.line.call(
            "POST",
            f"{self.settings.address}/v1/{self.settings.app_id}/messages:send",
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json; charset=UTF-8",
            },
            content=content,
        )

    def _written(self, message: Outgoing) -> dict[str, Any]:
        """Return what is sent, but for the token."""
        android: dict[str, Any] = {
            "bi_tag": message.request_id,
            "notification": {
                "title": TITLE,
                "body": message.sentence,
                "click_action": {"type": OPENS_APP},
                "notify_id": place_on_screen(message.request_id),
            },
        }
        if self.settings.category:
            android["category"] = self.settings.category
        if message.expires_at is not None:
            left = kept_for(message.expires_at, self.clock.now(), most=KEPT_MAX)
            android["ttl"] = f"{left // timedelta(seconds=1)}s"
        written: dict[str, Any] = {"android": android}
        if message.sealed is not None:
            written["data"] = orjson.dumps({"sealed": as_text(message.sealed)}).decode()
        return {"validate_only": False, "message": written}


def _length(written: dict[str, Any]) -> int:
    return len(orjson.dumps(written["message"]))


def _is_access_over(said: Said) -> bool:
    if said.status == HTTPStatus.UNAUTHORIZED:
        return True
    try:
        return said.read(_Answered).code in ACCESS_OVER
    except (NotTaken, OutcomeUnknown):
        return False


def _reported(said: Said, to: str) -> Report:
    """
    Return what an answer means.

    Raises:
        NotTaken: It was refused as a whole, by its status.
        OutcomeUnknown: It does not say whether the message goes out.
    """
    if not said.is_certain:
        raise OutcomeUnknown
    answered = said.read(_Answered)
    code = answered.code[:80]
    if code == OK:
        return Report(answer=Answer.ACCEPTED, provider_ref=answered.request_id[:80])
    log.info("huawei_refuses", status=said.status, code=code)
    if code in UNSURE:
        raise OutcomeUnknown
    if code == GONE or (code == SOME and _is_illegal(answered, to)):
        return Report(answer=Answer.REJECTED, why=code, is_address_gone=True)
    answer = Answer.REJECTED if code in MESSAGE_WRONG else Answer.REFUSED
    return Report(answer=answer, why=code)


def _is_illegal(answered: _Answered, to: str) -> bool:
    """Tell whether the one token was refused where some were; in `msg` stands JSON then."""
    try:
        counted = msgspec.json.decode(answered.msg, type=_Counted)
    except (msgspec.DecodeError, ValueError) as unreadable:
        raise OutcomeUnknown from unreadable
    if to not in counted.illegal_tokens:
        raise OutcomeUnknown  # there was one token only, so this contradicts itself
    return True
