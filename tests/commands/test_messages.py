"""What carriers are to register can be printed, with our placeholders as they write them."""

import orjson
from click.testing import CliRunner

from app.commands.messages import command


def test_every_text_is_printed_as_a_carrier_wants_it_registered() -> None:
    plain = CliRunner().invoke(command, ["templates"])
    told = CliRunner().invoke(command, ["templates", "--json"])
    assert (plain.exit_code, told.exit_code) == (0, 0)
    texts = orjson.loads(told.output)
    overdue = texts["messaging.overdue.sms zh-Hans"]
    assert "${amount_fen} 元在${due_on}到期" in overdue
    assert not overdue.startswith("【")
    assert "${code}" in texts["identity.sms.sign_in en"]
    assert overdue in plain.output
