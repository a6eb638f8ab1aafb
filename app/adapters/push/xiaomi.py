"""
Xiaomi's MiPush as a provider: one notification to one registration id, the sealed delta beside it.

Sources: "服务器API地址以及参数" and "服务端错误码参考" (dev.mi.com, documents 1559 and 1560). That
an id that is none gets 20301 with "No valid targets!", and what tracing answers, stand in the tests
of public clients (bilibili's go-common, node-xiaomi-push). The job key is our message's id: phones
show one message of a key, and under it we ask what became of one whose answer was lost.
"""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec

from app.adapters.push.calling import Line, NotTaken, Said
from app.adapters.push.showing import (
    PAYLOAD_BYTES_MAX,
    TITLE,
    kept_for,
    message_of,
    place_on_screen,
)
from app.foundation.base64url import as_text
from app.foundation.clock import Clock
from app.foundation.log import logger
from app.messaging.ports import Answer, Asked, OutcomeUnknown, Outgoing, Report
from app.messaging.rules.push_receipts import XIAOMI_ASKED_FOR, xiaomi_param
from app.settings import XiaomiPushSettings

log = logger(__name__)

SEND = "/v3/message/regid"
TRACE = "/v1/trace/message/status"
OK = 0
NOT_SENT = 20301
NOBODY = "no valid targets"
MESSAGE_WRONG = frozenset({10008, 10016, 10017, NOT_SENT, 65009, 65014, 65015})
"""It is the message that is refused, as it would be again; all others are of our account there."""
UNSURE = frozenset({-1, 1, 10001, 10003, 20607, 26003, 65029})
"""Faults of theirs, which do not say whether the message goes out."""
UNKNOWN_MESSAGE = 65028
DESCRIPTION_SIGNS_MAX = 127
KEPT_MAX = timedelta(days=14)
DEFAULT_SIGNALS = "-1"
OPENS_APP = "1"


class _Sent(msgspec.Struct):
    code: int
    reason: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Named(msgspec.Struct):
    id: str = ""


class _Traced(msgspec.Struct):
    delivered: int = 0
    invalid_target: int = 0


class _Traces(msgspec.Struct):
    data: list[_Traced] | _Traced | None = None
    """One where asked by Xiaomi's id, a list where asked by the job key."""


class _Tracing(msgspec.Struct):
    code: int
    data: _Traces | None = None


@dataclass(slots=True, kw_only=True)
class XiaomiPush:
    """Sends to one registration id, and traces what was sent."""

    settings: XiaomiPushSettings
    line: Line
    clock: Clock
    name: str = "xiaomi"
    absent_after: timedelta = timedelta(minutes=10)

    @property
    def is_resting(self) -> bool:
        """Never by itself; see `Guarded`."""
        return False

    async def send(self, message: Outgoing) -> Report:
        """
        Send one message.

        Raises:
            OutcomeUnknown: It may be on its way.
        """
        if len(message.sentence) > DESCRIPTION_SIGNS_MAX:
            return Report(answer=Answer.REJECTED, why="TOO_LONG")
        try:
            secret = self._secret()
            said = await self.line.call(
                "POST",
                f"{self.settings.address}{SEND}",
                headers={
                    **_authorized(secret),
                    "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                },
                content=urlencode(self._form(message, secret)).encode(),
            )
            return _reported(said)
        except NotTaken as refusal:
            return Report(answer=Answer.REFUSED, why=refusal.code[:80])

    async def ask(self, asked: Asked) -> Report:
        """
        Trace a message, by Xiaomi's id or else by our own.

        Raises:
            OutcomeUnknown: Xiaomi gave no answer.
        """
        key = {"msg_id": asked.provider_ref}
        if not asked.provider_ref:
            key = {"job_key": message_of(asked.request_id)}
        try:
            said = await self.line.call(
                "GET",
                f"{self.settings.address}{TRACE}?{urlencode(key)}",
                headers=_authorized(self._secret()),
            )
            tracing = said.read(_Tracing)
        except NotTaken as refusal:
            raise OutcomeUnknown from refusal
        if tracing.code == UNKNOWN_MESSAGE:
            return Report(answer=Answer.ABSENT)
        if said.status != HTTPStatus.OK or tracing.code != OK or tracing.data is None:
            raise OutcomeUnknown
        return _traced(tracing.data, asked)

    def _secret(self) -> str:
        try:
            return self.settings.app_secret.read()
        except OSError as failure:
            raise NotTaken("NO_SECRET") from failure

    def _form(self, message: Outgoing, secret: str) -> dict[str, str]:
        form = {
            "registration_id": message.to,
            "restricted_package_name": self.settings.package,
            "pass_through": "0",
            "title": TITLE,
            "description": message.sentence,
            "notify_type": DEFAULT_SIGNALS,
            "notify_id": str(place_on_screen(message.request_id)),
            "extra.notify_effect": OPENS_APP,
            "extra.jobkey": message_of(message.request_id),
        }
        sealed = "" if message.sealed is None else as_text(message.sealed)
        if sealed and len(sealed) <= PAYLOAD_BYTES_MAX:
            form["payload"] = sealed  # base64url: the same however often it is URL-encoded
        if message.expires_at is not None:
            left = kept_for(message.expires_at, self.clock.now(), most=KEPT_MAX)
            form["time_to_live"] = str(left // timedelta(milliseconds=1))
        if self.settings.channel:
            form["extra.channel_id"] = self.settings.channel
        if self.settings.receipts_url:
            form["extra.callback"] = self.settings.receipts_url
            form["extra.callback.type"] = str(XIAOMI_ASKED_FOR)
            form["extra.callback.param"] = xiaomi_param(secret, message.request_id)
        return form


def _authorized(secret: str) -> dict[str, str]:
    return {"Authorization": f"key={secret}"}


def _reported(said: Said) -> Report:
    """
    Return what an answer means.

    Raises:
        NotTaken: It was refused as a whole, by its status.
        OutcomeUnknown: It does not say whether the message goes out.
    """
    if said.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise OutcomeUnknown
    sent = said.read(_Sent)
    if sent.code == OK and said.status == HTTPStatus.OK:
        return Report(answer=Answer.ACCEPTED, provider_ref=_id_in(sent.data)[:80])
    log.info("xiaomi_refuses", status=said.status, code=sent.code)
    if sent.code in UNSURE or sent.code == OK:
        raise OutcomeUnknown
    is_gone = sent.code == NOT_SENT and NOBODY in sent.reason.casefold()
    answer = Answer.REJECTED if sent.code in MESSAGE_WRONG else Answer.REFUSED
    return Report(answer=answer, why=str(sent.code)[:80], is_address_gone=is_gone)


def _id_in(data: msgspec.Raw) -> str:
    """Return the id Xiaomi gave it; the page has an object that some clients got as a string."""
    try:
        named = msgspec.json.decode(data, type=_Named | str)
        if isinstance(named, str):
            named = msgspec.json.decode(named, type=_Named)
    except (msgspec.DecodeError, ValueError):
        return ""
    return named.id


def _traced(traces: _Traces, asked: Asked) -> Report:
    """Return what a trace says: counts of phones, of which there is one."""
    found = [traces.data] if isinstance(traces.data, _Traced) else traces.data or []
    if not found:
        return Report(answer=Answer.ABSENT)
    answer = Answer.ACCEPTED
    if any(one.delivered > 0 for one in found):
        answer = Answer.DELIVERED
    elif all(one.invalid_target > 0 for one in found):
        answer = Answer.UNDELIVERED
    return Report(answer=answer, provider_ref=asked.provider_ref)
