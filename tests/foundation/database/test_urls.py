"""A database URL says what it says: nothing in it is dropped, and a wrong one is refused."""

import pytest

from app.foundation.database import orm_config


def test_urls_of_postgres_keep_their_options() -> None:
    url = (
        "postgres://a%40b:p%3Aw@db:6432/loans?statement_cache_size=0&maxsize=4"
        "&sslmode=verify-full&application_name=lending"
    )
    credentials = orm_config(url)["connections"]["postgres"]["credentials"]
    assert credentials == {
        "host": "db",
        "port": 6432,
        "user": "a@b",
        "password": "p:w",
        "database": "loans",
        "minsize": 1,
        "maxsize": 4,
        "timeout": 10,
        "command_timeout": 60,
        "statement_cache_size": 0,
        "ssl": "verify-full",
        "application_name": "lending",
    }


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://db/loans", "db"),
        ("postgresql://one,two:6432/loans?target_session_attrs=primary", ["one", "two"]),
        ("postgresql:///loans?host=/run/postgresql", "/run/postgresql"),
        ("postgresql:///loans", None),
    ],
)
def test_hosts_are_one_or_several_on_one_port(url: str, hosts: object) -> None:
    assert orm_config(url)["connections"]["postgres"]["credentials"]["host"] == hosts


@pytest.mark.parametrize(
    "path", ["relative.db", "/absolute/a folder/100%25 #1?.db", "var/青苗.sqlite3"]
)
def test_a_file_may_have_any_name(path: str) -> None:
    config = orm_config(f"sqlite:///{path}")
    assert config["connections"]["sqlite"]["credentials"] == {"file_path": path}


@pytest.mark.parametrize(
    "url",
    [
        "mysql://x/y",
        "nonsense",
        "",
        "sqlite://relative.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "postgres://x:secret@one:5432,two:5433/y",
        "postgres://x:secret@db/y?sslmod=require",
        "postgres://x:secret@db/y?maxsize=many",
        "postgres://x:secret@db/y?maxsize=0",
        "postgres://x:secret@db/y?minsize=9&maxsize=4",
        "postgres://x:secret@db/y?sslmode=yes",
        "postgres://x:secret@db/y?target_session_attrs=secret",
        "postgres://x:secret@[::1/y",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as refused:
        orm_config(url)
    assert "secret" not in str(refused.value)
