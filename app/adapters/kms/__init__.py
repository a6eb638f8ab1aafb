"""The keepers of root keys: a sealed file, HashiCorp Vault's transit engine, a PKCS#11 module."""

from app.adapters.kms.file import FileKms
from app.adapters.kms.pkcs11 import Pkcs11Kms
from app.adapters.kms.pkcs11_library import opener
from app.adapters.kms.transit import TransitKms
from app.foundation.sealing import Kms
from app.settings import KmsKind, Mode, Settings

__all__ = ["FileKms", "Pkcs11Kms", "TransitKms", "kms_of"]


def kms_of(settings: Settings) -> Kms:
    """
    Return the keeper of keys that the settings name; nothing is asked of it yet.

    Raises:
        SettingsRefused: The key file is missing in production, can be read by others, or needs
            another passphrase; or the library or module for PKCS#11 is not there.
    """
    match settings.kms:
        case KmsKind.FILE:
            return FileKms(
                settings.keyring_path,
                passphrase=settings.keyring_passphrase,
                may_make=settings.mode is Mode.DEVELOPMENT,
            )
        case KmsKind.TRANSIT:
            assert settings.transit is not None, "the settings of a choice are there"
            return TransitKms(settings.transit)
        case KmsKind.PKCS11:
            assert settings.pkcs11 is not None, "the settings of a choice are there"
            return Pkcs11Kms(opener(settings.pkcs11))
