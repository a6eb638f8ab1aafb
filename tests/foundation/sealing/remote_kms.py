"""A keeper of keys that is far away: it can be slow, away, and knows from where it was asked."""

import threading
import time
from dataclasses import dataclass, field

from app.foundation.sealing import Kms, KmsUnavailable


@dataclass
class RemoteKms:
    """Passes on to a near keeper, never on the event loop's own thread."""

    near: Kms
    is_away: bool = False
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list[str])
    is_local: bool = False
    loop_thread: int = field(default_factory=threading.get_ident)

    def pass_on(self, name: str) -> None:
        assert threading.get_ident() != self.loop_thread, "the event loop waits for nobody"
        self.asked.append(name)
        time.sleep(self.seconds)
        if self.is_away:
            raise KmsUnavailable("away")

    def wrap(self, key_name: str, secret: bytes) -> bytes:
        self.pass_on("wrap")
        return self.near.wrap(key_name, secret)

    def unwrap(self, key_name: str, wrapped: bytes) -> bytes:
        self.pass_on("unwrap")
        return self.near.unwrap(key_name, wrapped)

    def mac(self, key_name: str, message: bytes) -> bytes:
        self.pass_on("mac")
        return self.near.mac(key_name, message)

    def rotate(self, key_name: str) -> None:
        self.pass_on("rotate")
        self.near.rotate(key_name)

    def destroy(self, key_name: str) -> None:
        self.pass_on("destroy")
        self.near.destroy(key_name)

    def close(self) -> None:
        self.near.close()
