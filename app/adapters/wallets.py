"""Whose wallet a login code is: the development twin; the real one is `wechat_pay.sessions`."""

import hashlib
from collections import OrderedDict

from app.identity.ports import LoginCodeUnknown

USED_MAX = 10_000
"""How many used codes the twin remembers."""


class WalletTwin:
    """
    A provider of wallets for development: each code names its wallet, and is good once.

    The code `mei.1` is one of the wallet of `mei`, as `mei.2` is; one without a dot is unknown.
    """

    def __init__(self) -> None:
        self._used: OrderedDict[str, None] = OrderedDict()

    async def wallet_of(self, login_code: str) -> str:
        """
        Return the wallet that a code names.

        Raises:
            LoginCodeUnknown: It names none, or was used before.
        """
        owner, dot, _ = login_code.rpartition(".")
        if not dot or login_code in self._used:
            raise LoginCodeUnknown
        self._used[login_code] = None
        while len(self._used) > USED_MAX:
            self._used.popitem(last=False)
        return f"oTwin{hashlib.sha256(owner.encode()).hexdigest()[:23]}"
