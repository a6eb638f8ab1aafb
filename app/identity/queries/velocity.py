"""How many people stand behind one phone, for those who watch for rings."""

from app.foundation.database import fetch
from app.foundation.sealing import blind_indexes


async def people_on_device(phone: str) -> int:
    """
    Return to how many other numbers codes went lately from the phones that asked for this one's.

    Requests are kept for a day, so this counts a day; a phone that names itself to nobody counts
    as none.
    """
    marks = blind_indexes("one_time_code.phone", phone)
    places = ", ".join("?" for _ in marks)
    found = await fetch(
        "SELECT COUNT(DISTINCT o.phone_index) AS numbers FROM code_send AS o"
        f" WHERE o.phone_index NOT IN ({places}) AND o.device_index IN"
        " (SELECT m.device_index FROM code_send AS m"
        f" WHERE m.phone_index IN ({places}) AND m.device_index IS NOT NULL)",
        [*marks, *marks],
    )
    return int(found[0]["numbers"])
