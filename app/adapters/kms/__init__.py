"""The keepers of root keys: a sealed file, HashiCorp Vault's transit engine, a PKCS#11 module."""

from app.adapters.kms.file import FileKms

__all__ = ["FileKms"]
