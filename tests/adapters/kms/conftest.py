"""Every keeper of keys there is, each as it would be opened."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.adapters.kms import FileKms, Pkcs11Kms, TransitKms
from app.adapters.kms.pkcs11_library import opener
from app.foundation.sealing import Kms
from app.settings import Pkcs11Settings, Secret, TransitSettings
from tests.adapters.kms.fake_token import FakeToken
from tests.adapters.kms.transit_server import TOKEN, TransitServer

Again = Callable[[], Kms]

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
NO_SOFTHSM = (
    "SKIPPED, NOT PROVEN: no SoftHSM2 here. `apt install softhsm2` (or brew, dnf), or name its"
    " library in SOFTHSM2_MODULE and its tool in SOFTHSM2_UTIL"
)


@pytest.fixture
def transit() -> Iterator[TransitServer]:
    """Serve a transit engine."""
    server = TransitServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Pkcs11Settings:
    """Make a token of SoftHSM2, or skip loudly."""
    named = os.environ.get("SOFTHSM2_MODULE")
    module = next((path for path in (named, *MODULES) if path and Path(path).is_file()), None)
    tool = os.environ.get("SOFTHSM2_UTIL") or shutil.which("softhsm2-util")
    if module is None or tool is None:
        pytest.skip(NO_SOFTHSM)
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n"
        "log.level = ERROR\nslots.removable = false\n"
    )
    os.environ["SOFTHSM2_CONF"] = str(configuration)  # the library reads it when it is loaded
    subprocess.run(  # noqa: S603 - the module's own tool
        [tool, "--module", module, "--init-token", "--free", "--label", "qingmiao",
         "--pin", "1234", "--so-pin", "5678"],
        check=True, capture_output=True,
    )  # fmt: skip
    return Pkcs11Settings(module=Path(module), token_label="qingmiao", pin=Secret("1234"))


@pytest.fixture(params=["file", "sealed file", "transit", "fake token", "softhsm"])
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Again]:
    """Open the same keeper of keys once more, as another process would."""
    opened: list[Kms] = []

    def remembered(make: Again) -> Again:
        def open_now() -> Kms:
            opened.append(make())
            return opened[-1]

        return open_now

    match request.param:
        case "file":
            yield remembered(lambda: FileKms(tmp_path / "keys.json"))
        case "sealed file":
            yield remembered(lambda: FileKms(tmp_path / "keys.json", passphrase="麦田 and rye"))
        case "transit":
            server: TransitServer = request.getfixturevalue("transit")
            settings = TransitSettings(address=server.address, token=Secret(TOKEN))
            yield remembered(lambda: TransitKms(settings))
        case "fake token":
            token = FakeToken()
            yield remembered(lambda: Pkcs11Kms(token.open, settling_seconds=0))
        case _:
            open_session = opener(request.getfixturevalue("softhsm"))
            yield remembered(lambda: Pkcs11Kms(open_session, settling_seconds=0))
    for kms in opened:
        kms.close()
