"""The development twin of phone makers' push services: what is pushed stands in a file."""

from dataclasses import replace

import orjson

from app.adapters.push.showing import PAYLOAD_BYTES_MAX, TITLE
from app.adapters.sms.twin import MessageTwin
from app.foundation.base64url import as_text
from app.messaging.ports import Answer, Outgoing, Report


class PushTwin(MessageTwin):
    """
    Takes what a phone maker's service would take: a token, words to show, and sealed bytes.

    A token that begins with `gone` belongs to an app that was removed. It keeps the payload as the
    phone would get it; of the sealed part it can read nothing.
    """

    async def send(self, message: Outgoing) -> Report:
        """
        Take a push.

        Raises:
            OutcomeUnknown: It may have been taken.
        """
        if message.to.startswith("gone"):
            return Report(answer=Answer.REJECTED, why="TOKEN_GONE", is_address_gone=True)
        sealed = None if message.sealed is None else as_text(message.sealed)
        payload = {"title": TITLE, "body": message.sentence, "sealed": sealed}
        if len(orjson.dumps(payload)) > PAYLOAD_BYTES_MAX:
            return Report(answer=Answer.REJECTED, why="TOO_LONG")
        return await super().send(replace(message, sentence=orjson.dumps(payload).decode()))
