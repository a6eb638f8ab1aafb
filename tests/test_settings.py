"""The settings say at start what is wrong, and production takes nothing made for development."""

from pathlib import Path

import pytest

from app.settings import KmsKind, Mode, Settings, SettingsRefused


def test_development_needs_nothing() -> None:
    settings = Settings.from_environ({})
    assert settings.mode is Mode.DEVELOPMENT
    assert settings.database_url == "sqlite:///var/qingmiao.sqlite3"
    assert settings.address == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_MODE", "staging"),
        ("PORT", "-1"),
        ("PORT", "eighty"),
        ("RUN_WORKER", "perhaps"),
        ("LOG_JSON", ""),
        ("KMS", "hsm"),
        ("KEYRING_PATH", ""),
        ("KEYRING_PATH", "/tmp"),  # noqa: S108 - a folder that is there
        ("KEYRING_PASSPHRASE_FILE", "/nowhere/passphrase"),
        ("STAFF_ORIGINS", "http://desk.example.cn"),
        ("STAFF_ORIGINS", "https://desk.example.cn/"),
        ("STAFF_RP_ID", "example.cn"),
        ("WEB_DOMAIN", "https://app.example.cn"),
        ("WEB_DOMAIN", "app.example.cn/"),
        ("WEB_DOMAIN", "app.example.cn:8443"),
        ("WEB_DOMAIN", "App.Example.cn"),
        ("WEB_DOMAIN", "localhost"),
        ("ANDROID_APPS", "AA:BB"),
        ("ANDROID_APPS", "android:apk-key-hash:abc"),
        ("ANDROID_APPS", ":".join(["aa"] * 32)),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        Settings.from_environ({name: value})


def production(tmp_path: Path, **changes: str) -> dict[str, str]:
    keyring = tmp_path / "keyring.json"
    keyring.write_text("{}")
    return {
        "APP_MODE": "production",
        "DATABASE_URL": "postgres://app:secret@db/loans",
        "KEYRING_PATH": str(keyring),
        "RAIL_SECRET": "a secret of its own",
        "WEB_DOMAIN": "app.example.cn",
        **changes,
    }


def test_production_starts_with_its_own_secrets(tmp_path: Path) -> None:
    settings = Settings.from_environ(production(tmp_path))
    assert not settings.is_development
    assert settings.log_as_json


def test_staff_have_passkeys_where_a_page_of_theirs_is_named(tmp_path: Path) -> None:
    assert Settings.from_environ(production(tmp_path)).staff_origins == ()
    assert Settings.from_environ({"PORT": "8100"}).staff_origins == ("http://localhost:8100",)
    origins = "https://desk.example.cn,https://risk.desk.example.cn:8443"
    named = Settings.from_environ(production(tmp_path, STAFF_ORIGINS=origins))
    assert named.staff_origins == tuple(origins.split(","))
    assert named.staff_rp_id == "desk.example.cn"
    wider = {"STAFF_ORIGINS": origins, "STAFF_RP_ID": "example.cn"}
    assert Settings.from_environ(production(tmp_path, **wider)).staff_rp_id == "example.cn"


@pytest.mark.parametrize(
    "changes",
    [
        {"DATABASE_URL": ""},
        {"RAIL_SECRET": ""},
        {"RAIL_SECRET": "development-only-rail-secret"},
        {"WEB_DOMAIN": ""},
        {"WEB_DOMAIN": "qingmiao.example"},
        {"KEYRING_PATH": "/nowhere/keyring.json"},
    ],
)
def test_production_refuses_what_is_made_for_development(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    name = next(iter(changes))
    with pytest.raises(SettingsRefused, match=name):
        Settings.from_environ(production(tmp_path, **changes))


def test_printing_the_settings_shows_no_secret(tmp_path: Path) -> None:
    printed = repr(Settings.from_environ(production(tmp_path)))
    assert "secret" not in printed.replace("rail_secret", "")


VAULT = {"KMS": "transit", "VAULT_ADDR": "https://vault:8200", "VAULT_TOKEN": "secret"}


def test_vault_is_reached_by_a_token_or_an_approle(tmp_path: Path) -> None:
    by_token = Settings.from_environ(VAULT)
    assert by_token.kms is KmsKind.TRANSIT
    assert by_token.transit is not None
    assert by_token.transit.token.read() == "secret"
    (tmp_path / "secret-id").write_text("another\n")
    role = {"VAULT_ROLE_ID": "loans", "VAULT_SECRET_ID_FILE": str(tmp_path / "secret-id")}
    by_role = Settings.from_environ({**VAULT, "VAULT_TOKEN": "", **role})
    assert by_role.transit is not None
    assert by_role.transit.secret_id.read() == "another"
    assert "secret" not in repr(by_token.transit).replace("secret_id", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VAULT_ADDR", ""),
        ("VAULT_ADDR", "vault:8200"),
        ("VAULT_ADDR", "http://vault:8200"),
        ("VAULT_TRANSIT_MOUNT", "/"),
        ("VAULT_CACERT", "/nowhere/ca.pem"),
        ("VAULT_TOKEN", ""),
        ("VAULT_TOKEN_FILE", "/nowhere/token"),
        ("VAULT_ROLE_ID", "a role without a secret id: VAULT_SECRET_ID"),
    ],
)
def test_a_setting_of_vaults_that_cannot_be_used_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=name if "VAULT" not in value else "VAULT_SECRET_ID"):
        Settings.from_environ({**VAULT, name: value})


def test_vault_without_tls_is_for_a_developers_own_machine(tmp_path: Path) -> None:
    near = {**VAULT, "VAULT_ADDR": "http://127.0.0.1:8200"}
    assert Settings.from_environ(near).transit
    with pytest.raises(SettingsRefused, match="VAULT_ADDR"):
        Settings.from_environ({**production(tmp_path), **near})


def test_production_with_vault_needs_no_key_file(tmp_path: Path) -> None:
    settings = Settings.from_environ({**production(tmp_path), **VAULT, "KEYRING_PATH": "nowhere"})
    assert settings.kms is KmsKind.TRANSIT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PKCS11_MODULE", ""),
        ("PKCS11_MODULE", "/nowhere/module.so"),
        ("PKCS11_TOKEN", ""),
        ("PKCS11_PIN", ""),
        ("PKCS11_PIN_FILE", "both are set"),
    ],
)
def test_a_setting_of_a_module_that_cannot_be_used_is_refused(
    tmp_path: Path, name: str, value: str
) -> None:
    module = tmp_path / "module.so"
    module.touch()
    good = {
        "KMS": "pkcs11",
        "PKCS11_MODULE": str(module),
        "PKCS11_TOKEN": "loans",
        "PKCS11_PIN": "secret",
    }
    settings = Settings.from_environ(good)
    assert settings.pkcs11 is not None
    assert settings.pkcs11.token_label == "loans"
    assert "secret" not in repr(settings)
    with pytest.raises(SettingsRefused, match=name):
        Settings.from_environ({**good, name: value})


WECHAT = {
    "RAIL": "wechat",
    "WECHAT_MCH_ID": "1900000001",
    "WECHAT_APP_ID": "wx0000000000000001",
    "WECHAT_SERIAL": "5157F09E",
    "WECHAT_PRIVATE_KEY": "pem",
    "WECHAT_API_V3_KEY": "0123456789abcdef0123456789abcdef",
    "WECHAT_APP_SECRET": "the mini-program's",
    "WECHAT_NOTIFY_URL": "https://qingmiao.example/callbacks/rail",
    "WECHAT_TRANSFER_SCENE": "1005",
    "WECHAT_TRANSFER_REPORTS": "岗位类型=农户,报酬说明=借款",
}


def test_wechat_pay_is_told_whole_or_refused() -> None:
    settings = Settings.from_environ(WECHAT)
    assert settings.wechat is not None
    assert settings.wechat.transfer_reports == (("岗位类型", "农户"), ("报酬说明", "借款"))
    assert WECHAT["WECHAT_API_V3_KEY"] not in repr(settings)
    for name, wrong in (
        ("RAIL", "cash"),
        ("WECHAT_MCH_ID", ""),
        ("WECHAT_PRIVATE_KEY", ""),
        ("WECHAT_APP_SECRET", ""),
        ("WECHAT_LOGIN_ADDRESS", "http://api.weixin.qq.com"),
        ("WECHAT_NOTIFY_URL", "http://qingmiao.example/"),
        ("WECHAT_TRANSFER_REPORTS", "what"),
        ("WECHAT_PUBLIC_KEY_ID", "PUB_KEY_ID_01"),
    ):
        with pytest.raises(SettingsRefused, match=name):
            Settings.from_environ(WECHAT | {name: wrong})
