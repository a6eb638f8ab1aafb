"""Network namespaces that nobody else sees, each with a TUN device; all gone with their holder."""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNET = 0x40000000
TUN_PATH = "/dev/net/tun"
OWN_NAMESPACE = "/proc/thread-self/ns/net"
DEVICE = b"qm0"
LOOPBACK = b"lo"
MTU = 1_500

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_SIOCSIFADDR, _SIOCSIFDSTADDR, _SIOCSIFMTU = 0x8916, 0x8918, 0x8922
# linux/if_tun.h and linux/sockios.h

_SYSCTLS = {
    "ipv4/tcp_congestion_control": "cubic",
    "ipv4/tcp_no_metrics_save": "1",
    "ipv6/conf/all/disable_ipv6": "1",
}
"""The same everywhere, nothing remembered from one connection to the next, and no chatter."""


class NoBox(Exception):
    """Namespaces or TUN devices cannot be made here; the message says why."""


@dataclass(frozen=True, slots=True)
class Side:
    """One end of the link: a namespace and its device."""

    namespace_fd: int
    device_fd: int
    address: str

    @contextmanager
    def entered(self) -> Iterator[None]:
        """
        Be in the namespace, with this thread only.

        Sockets opened and processes started here stay there.
        """
        home = os.open(OWN_NAMESPACE, os.O_RDONLY)
        _set_namespace(self.namespace_fd)
        try:
            yield
        finally:
            _set_namespace(home)
            os.close(home)


@contextmanager
def side(address: str, other: str) -> Iterator[Side]:
    """
    Make one end of a link from one address to another.

    Namespace and device have no name that outlives us: the kernel takes them back as soon as the
    last descriptor and process of theirs is gone, however we end.

    Raises:
        NoBox: The kernel or our rights do not allow it.
    """
    with ExitStack() as stack:
        home = os.open(OWN_NAMESPACE, os.O_RDONLY)
        stack.callback(os.close, home)
        try:
            _check(_libc().unshare(CLONE_NEWNET), "a network namespace")
            try:
                namespace = os.open(OWN_NAMESPACE, os.O_RDONLY)
                stack.callback(os.close, namespace)
                device = _device(address, other)
                stack.callback(os.close, device)
            finally:
                _set_namespace(home)
        except OSError as failure:
            raise NoBox(f"{failure.filename or 'the kernel'}: {failure.strerror}") from failure
        yield Side(namespace, device, address)


def _device(address: str, other: str) -> int:
    """Open a TUN device in the namespace we are in, and bring it up."""
    _quieten()
    device = os.open(TUN_PATH, os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", DEVICE, _IFF_TUN | _IFF_NO_PI))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            _configure(control, _SIOCSIFADDR, _address(DEVICE, address))
            _configure(control, _SIOCSIFDSTADDR, _address(DEVICE, other))
            _configure(control, _SIOCSIFMTU, struct.pack("16si20x", DEVICE, MTU))
            for name in (LOOPBACK, DEVICE):
                found = _configure(control, _SIOCGIFFLAGS, struct.pack("16sh22x", name, 0))
                (flags,) = struct.unpack_from("h", found, 16)
                _configure(control, _SIOCSIFFLAGS, struct.pack("16sh22x", name, flags | _IFF_UP))
    except OSError as failure:
        os.close(device)
        raise OSError(failure.errno, failure.strerror, "a TUN device") from failure
    return device


def _quieten() -> None:
    for name, value in _SYSCTLS.items():
        with suppress(OSError):  # where /proc is not ours to write, the defaults must do
            Path("/proc/sys/net", name).write_text(value, encoding="ascii")


def _configure(control: socket.socket, request: int, argument: bytes) -> bytes:
    return fcntl.ioctl(control.fileno(), request, argument)


def _address(name: bytes, address: str) -> bytes:
    return struct.pack("16sHH4s16x", name, socket.AF_INET, 0, socket.inet_aton(address))


def _set_namespace(fd: int) -> None:
    _check(_libc().setns(fd, CLONE_NEWNET), "a network namespace")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(answer: int, what: str) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
