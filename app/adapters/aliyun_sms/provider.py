"""Aliyun's text messages as a provider: SendSms, and QuerySendDetails to ask what became of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import orjson

from app.adapters.aliyun_sms.client import AliyunClient, NotTaken
from app.foundation.clock import local_date
from app.messaging.ports import Answer, Asked, OutcomeUnknown, Outgoing, Report

OK = "OK"
NUMBER_WRONG = frozenset({"isv.MOBILE_NUMBER_ILLEGAL"})
"""Of the refusals, what no other carrier could change; all others are of our account there."""
UNSURE = frozenset({"isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "SignatureNonceUsed"})
"""Answers that do not say whether the message goes out: a nonce comes twice where a call does."""
PAGE_SIZE = 50
PAGES_MAX = 3
_STATUS: Mapping[int, Answer] = {
    1: Answer.ACCEPTED,
    2: Answer.UNDELIVERED,
    3: Answer.DELIVERED,
}


class _Sent(msgspec.Struct):
    code: str = msgspec.field(name="Code")
    biz_id: str = msgspec.field(name="BizId", default="")


class _Detail(msgspec.Struct):
    status: int = msgspec.field(name="SendStatus")
    out_id: str = msgspec.field(name="OutId", default="")
    error: str = msgspec.field(name="ErrCode", default="")


class _Details(msgspec.Struct):
    found: list[_Detail] = msgspec.field(name="SmsSendDetailDTO", default_factory=list[_Detail])


class _Answered(msgspec.Struct):
    code: str = msgspec.field(name="Code")
    details: _Details = msgspec.field(name="SmsSendDetailDTOs", default_factory=_Details)


@dataclass(slots=True)
class AliyunSms:
    """
    Sends by template: Aliyun carries no free text, so each of our texts is registered there.

    It does not know our ids by itself: `OutId` comes back in details and reports, and no more. So
    what was sent is looked up by number and day, and only ten minutes of absence are believed.
    """

    client: AliyunClient
    sign_name: str
    templates: Mapping[str, str]
    name: str = "aliyun"
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
        code = self.templates.get(f"{message.template} {message.language}")
        if code is None:
            return Report(answer=Answer.REFUSED, why="NO_TEMPLATE")
        parameters = {
            "PhoneNumbers": _national(message.to),
            "SignName": self.sign_name,
            "TemplateCode": code,
            "TemplateParam": orjson.dumps(dict(message.values)).decode(),
            "OutId": message.request_id,
        }
        try:
            sent = await self.client.call("SendSms", parameters, _Sent)
        except NotTaken as refusal:
            return _refusal(refusal.code)
        if sent.code == OK:
            return Report(answer=Answer.ACCEPTED, provider_ref=sent.biz_id)
        return _refusal(sent.code)

    async def ask(self, asked: Asked) -> Report:
        """
        Look a message up by number and day, and by our id among those.

        Raises:
            OutcomeUnknown: Aliyun gave no answer.
        """
        days = {
            f"{local_date(moment):%Y%m%d}"
            for moment in (asked.called_at, asked.called_at + timedelta(minutes=5))
        }
        for day in sorted(days):
            detail = await self._found(asked, day)
            if detail is not None:
                answer = _STATUS.get(detail.status, Answer.ACCEPTED)
                return Report(answer=answer, provider_ref=asked.provider_ref, why=detail.error[:80])
        return Report(answer=Answer.ABSENT)

    async def _found(self, asked: Asked, day: str) -> _Detail | None:
        for page in range(1, PAGES_MAX + 1):
            parameters = {
                "PhoneNumber": _national(asked.to),
                "SendDate": day,
                "PageSize": str(PAGE_SIZE),
                "CurrentPage": str(page),
            }
            if asked.provider_ref:
                parameters["BizId"] = asked.provider_ref
            try:
                answered = await self.client.call("QuerySendDetails", parameters, _Answered)
            except NotTaken as refusal:
                raise OutcomeUnknown from refusal
            if answered.code != OK:
                raise OutcomeUnknown
            found = answered.details.found
            detail = next((one for one in found if one.out_id == asked.request_id), None)
            if detail is not None or len(found) < PAGE_SIZE:
                return detail
        raise OutcomeUnknown


def _refusal(code: str) -> Report:
    """Return what a word of refusal means."""
    if code in UNSURE:
        raise OutcomeUnknown
    answer = Answer.REJECTED if code in NUMBER_WRONG else Answer.REFUSED
    return Report(answer=answer, why=code[:80])


def _national(phone: str) -> str:
    """Return a mainland number as eleven digits, as Aliyun takes it."""
    return phone.removeprefix("+86")
