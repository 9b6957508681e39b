from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.errors import SettingsError
from jira_assets.settings.load import Settings, load_settings
from jira_assets.settings.setting import Setting
from jira_assets.settings.table import SETTINGS
from jira_assets.settings.values import bytes_of, mask_alert_url
from jira_assets.state import State

TOKEN = "ATATT3xFfGF0-secret-9f2c"


def from_environment(**environ: str) -> Settings:
    return load_settings(environ=environ, dotenv=None, stored={})


def test_everything_has_a_default() -> None:
    settings = from_environment()
    assert settings.home == Path.home() / ".jira-assets"
    assert settings.jira_site_url is None
    assert settings.jira_api_url == "https://api.atlassian.com"
    assert settings.excluded_fields == ("comment", "worklog", "attachment")
    assert {settings.source(setting.name) for setting in SETTINGS} == {"default"}


def test_every_field_is_a_setting_and_has_one_default() -> None:
    assert [field.name for field in fields(Settings)] == [*(setting.name for setting in SETTINGS), "sources"]
    assert from_environment() == Settings(sources=from_environment().sources)


def test_the_state_is_in_the_home_unless_it_is_elsewhere() -> None:
    assert Settings(home=Path("/data")).state_url == "sqlite:////data/state.db"
    assert Settings(home=Path("/data"), state_url="sqlite:////other.db").state_url == "sqlite:////other.db"


@pytest.mark.parametrize(
    "setting", [setting for setting in SETTINGS if setting.mask], ids=lambda each: each.name
)
def test_a_masked_value_is_in_no_output(setting: Setting) -> None:
    secret = "correct-horse-battery"
    texts = {
        "alert_urls": f"jsons://user:{secret}@acme.com",
        "state_url": f"postgresql://user:{secret}@host/jira",
        "publish_postgres_url": f"postgresql://user:{secret}@host/bi",
    }
    settings = load_settings(
        {setting.name: texts.get(setting.name, f"{secret}-0123")}, environ={}, dotenv=None, stored={}
    )

    assert secret in str(getattr(settings, setting.name))
    assert secret not in repr(settings)
    assert not [shown for shown in settings.describe() if secret in shown.value]


def test_flags_come_before_environment_before_dotenv_before_state(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("JIRA_ASSETS_MAX_IN_FLIGHT=3\nJIRA_ASSETS_MEMORY_LIMIT=3GB\nJIRA_EMAIL=c@acme.com\n")
    settings = load_settings(
        {"max_in_flight": "1"},
        environ={"JIRA_ASSETS_MAX_IN_FLIGHT": "2", "JIRA_ASSETS_MEMORY_LIMIT": "2GB"},
        dotenv=dotenv,
        stored={
            "max_in_flight": "4",
            "memory_limit": "4GB",
            "jira_email": "d@acme.com",
            "look_back_minutes": "5",
        },
    )
    assert (settings.max_in_flight, settings.source("max_in_flight")) == (1, "flag")
    assert (settings.memory_limit, settings.source("memory_limit")) == ("2GB", "environment")
    assert (settings.jira_email, settings.source("jira_email")) == ("c@acme.com", ".env")
    assert (settings.look_back_minutes, settings.source("look_back_minutes")) == (5, "state")


def test_settings_kept_in_the_state_of_the_home_are_found(tmp_path: Path) -> None:
    environ = {"JIRA_ASSETS_HOME": str(tmp_path)}
    assert load_settings(environ=environ, dotenv=None).look_back_minutes == 2
    assert list(tmp_path.iterdir()) == []
    with State.open(f"sqlite:///{tmp_path}/state.db") as state:
        state.settings.set("look_back_minutes", "7")
        state.settings.set("jira_api_token", TOKEN)
        state.settings.set("no_setting_of_this_version", "x")
    for url in ("", f"sqlite:///{tmp_path}/state.db"):
        settings = load_settings(environ={**environ, "JIRA_ASSETS_STATE_URL": url}, dotenv=None)
        assert settings.look_back_minutes == 7
        assert settings.jira_api_token is None


def test_a_variable_set_to_nothing_is_not_set() -> None:
    assert from_environment(JIRA_ASSETS_MEMORY_LIMIT=" ").source("memory_limit") == "default"


def test_a_dotenv_that_is_no_text_is_named(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"\xff\xfe bad")
    with pytest.raises(SettingsError, match="is not UTF-8 text") as caught:
        load_settings(environ={}, dotenv=dotenv)
    assert str(dotenv) in caught.value.reason


def test_dotenv_is_read_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["# ours", "export JIRA_EMAIL='ana@acme.com'", 'JIRA_CLIENT_ID="a#b" # why', "OTHER", ""]
    Path(".env").write_text("\ufeff" + "\n".join(lines))
    settings = load_settings(environ={}, stored={})
    assert (settings.jira_email, settings.jira_client_id) == ("ana@acme.com", "a#b")


def test_a_broken_line_of_dotenv_is_named_and_not_repeated(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"JIRA_EMAIL=ana@acme.com\nJIRA_API_TOKEN='{TOKEN}\n")
    with pytest.raises(SettingsError, match="line 2") as caught:
        load_settings(environ={}, dotenv=dotenv, stored={})
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://acme.atlassian.net/", "https://acme.atlassian.net"),
        ("acme.atlassian.net", "https://acme.atlassian.net"),
        ("acme", "https://acme.atlassian.net"),
        ("ACME.atlassian.net.", "https://acme.atlassian.net"),
        ("<https://acme.atlassian.net:443/wiki/spaces/X>", "https://acme.atlassian.net"),
        ("acme.atlassian.net/browse/PAY-1", "https://acme.atlassian.net"),
        ("jira.acme.com", "https://jira.acme.com"),
        ("https://acme.atlassian.net/jira/software/projects/PAY/boards/1?x=1", "https://acme.atlassian.net"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080/jira/", "http://localhost:8080/jira"),
    ],
)
def test_a_site_address_is_read_as_people_paste_it(given: str, read: str) -> None:
    assert from_environment(JIRA_SITE_URL=given).jira_site_url == read


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("JIRA_SITE_URL", "ftp://acme.atlassian.net", "not an address of the form"),
        ("JIRA_SITE_URL", "https://", "not an address of the form"),
        ("JIRA_SITE_URL", "my site", "not an address of the form"),
        ("JIRA_SITE_URL", "https://acme.atlassian.net:port", "is not a valid address"),
        ("JIRA_SITE_URL", "https://acme", "a complete address, such as https://acme.atlassian.net"),
        ("JIRA_SITE_URL", "https://admin.atlassian.com/o/1", "an address of Atlassian, not of a site"),
        ("JIRA_API_URL", "acme", "a complete address, such as https://acme.atlassian.net"),
        ("JIRA_SITE_URL", "http://acme.atlassian.net", "must be https"),
        ("JIRA_SITE_URL", "https://me:hunter2@acme.atlassian.net", "a user name or a password"),
        ("JIRA_ASSETS_MAX_IN_FLIGHT", "many", "('many')"),
        ("JIRA_ASSETS_MAX_IN_FLIGHT", "9", "whole number from 1 to 8"),
        ("JIRA_ASSETS_LOOK_BACK_MINUTES", "0", "whole number from 1 to"),
        ("JIRA_ASSETS_LOOK_BACK_MINUTES", "²", "whole number from 1 to"),
        ("JIRA_ASSETS_MEMORY_LIMIT", "a lot", "not an amount of memory"),
        ("JIRA_ASSETS_STATE_URL", "mysql://me:hunter2@host/db", "is neither sqlite"),
        ("JIRA_ASSETS_STATE_URL", "sqlite://", "contains no file name"),
        ("JIRA_ASSETS_LAKE", "/var/lake", "is not of the form s3://bucket/prefix"),
        ("JIRA_ASSETS_LAKE", "s3:///prefix", "is not of the form s3://bucket/prefix"),
        ("JIRA_ASSETS_LAKE", "s3://key:hunter2@acme/lake", "contains credentials"),
        ("JIRA_ASSETS_LAKE", "az://acme/lake?sig=hunter2", "contains credentials"),
        ("JIRA_ASSETS_LAKE_CACHE", "much", "not an amount of memory"),
    ],
)
def test_a_bad_value_is_an_error_that_names_variable_and_source(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_environment(**{name: value})
    assert caught.value.reason.startswith(name)
    assert "from the environment" in caught.value.reason
    assert words in caught.value.reason
    assert name in caught.value.instruction
    assert "hunter2" not in str(caught.value)


def test_an_unknown_flag_is_an_error() -> None:
    with pytest.raises(SettingsError, match="no setting hoem"):
        load_settings({"hoem": "x"}, environ={}, dotenv=None, stored={})


def test_secrets_are_shown_by_their_last_four_characters_only() -> None:
    settings = from_environment(
        JIRA_API_TOKEN=TOKEN,
        JIRA_CLIENT_SECRET="short",
        JIRA_ASSETS_STATE_URL="postgres://me:hun@ter2@host/db",
        JIRA_ASSETS_PUBLISH_POSTGRES_URL="postgresql://me:hun@ter2@bi/db",
    )
    shown = {setting.name: setting.value for setting in settings.describe()}
    assert shown["jira_api_token"] == "…9f2c"
    assert shown["jira_client_secret"] == "…"
    assert shown["state_url"] == "postgresql+psycopg2://me:…@host/db"
    assert shown["publish_postgres_url"] == "postgresql+psycopg2://me:…@bi/db"
    for text in (repr(settings), str(settings), repr(settings.describe())):
        assert TOKEN not in text
        assert "short" not in text
        assert "ter2" not in text


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip() and "\0" not in text))
def test_no_text_of_a_secret_is_shown_whole(secret: str) -> None:
    shown = {s.name: s.value for s in from_environment(JIRA_API_TOKEN=secret).describe()}
    assert shown["jira_api_token"] in ("…", f"…{secret.strip()[-4:]}")
    assert len(secret.strip()) >= 12 or shown["jira_api_token"] == "…"


def test_the_duckdb_file_is_published_with_every_other_target() -> None:
    for text in ("postgres", "Postgres, duckdb", "duckdb,postgres"):
        assert from_environment(JIRA_ASSETS_PUBLISH=text).publish == ("duckdb", "postgres")
    assert from_environment(JIRA_ASSETS_PUBLISH="delta,postgres").publish == ("duckdb", "postgres", "delta")
    assert from_environment().publish == ("duckdb",)


def test_a_host_can_leave_the_publish_to_others() -> None:
    assert from_environment(JIRA_ASSETS_PUBLISH="None").publish == ()


def test_delta_tables_are_in_a_folder_or_an_object_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for text, url in {"s3://bucket/a/": "s3://bucket/a", "here": str(tmp_path / "here")}.items():
        assert from_environment(JIRA_ASSETS_PUBLISH_DELTA_URL=text).publish_delta_url == url


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("JIRA_ASSETS_PUBLISH", "duckdb,oracle"),
        ("JIRA_ASSETS_PUBLISH", "none,postgres"),
        ("JIRA_ASSETS_PUBLISH_POSTGRES_URL", "sqlite:///hunter2.db"),
        ("JIRA_ASSETS_PUBLISH_POSTGRES_URL", "postgresql://host/db?password=hunter2"),
        ("JIRA_ASSETS_PUBLISH_POSTGRES_SCHEMA", "Jira; drop table"),
        ("JIRA_ASSETS_PUBLISH_POSTGRES_SCHEMA", "pg_catalog"),
        ("JIRA_ASSETS_PUBLISH_DELTA_URL", "s3://key:hunter2@bucket/path"),
        ("JIRA_ASSETS_PUBLISH_DELTA_URL", "az://container/path?sig=hunter2"),
        ("JIRA_ASSETS_PUBLISH_DELTA_URL", "ftp://host/path"),
        ("JIRA_ASSETS_PUBLISH_DELTA_DAYS", "0"),
    ],
)
def test_targets_that_make_no_sense_are_named_without_their_passwords(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        from_environment(**{name: text})
    assert "hunter2" not in str(caught.value)


SHARED = {
    "JIRA_ASSETS_LAKE": "s3://acme/lake/",
    "JIRA_ASSETS_STATE_URL": "postgresql://me:hunter2@host/db",
    "JIRA_ASSETS_SECRET_KEY": "hunter2",
}


def test_a_lake_that_hosts_share_needs_a_state_and_a_key_that_they_share() -> None:
    instructions = {"STATE_URL": "JIRA_ASSETS_STATE_URL to postgresql", "SECRET_KEY": "SECRET_KEY to a key"}
    for lacking, words in instructions.items():
        with pytest.raises(SettingsError, match="the key is in the folder of this home") as caught:
            from_environment(**{name: text for name, text in SHARED.items() if lacking not in name})
        assert words in caught.value.instruction
        assert "hunter2" not in str(caught.value)


def test_a_lake_that_hosts_share_has_one_address() -> None:
    settings = load_settings({}, SHARED, dotenv=None, stored={})
    assert settings.lake_url == "s3://acme/lake"
    assert bytes_of(settings.lake_cache) == 10**10
    assert [bytes_of(text) for text in ("1.5 KB", "2MiB", "1tb")] == [1500, 2 * 2**20, 10**12]


def test_the_folders_of_a_home(tmp_path: Path) -> None:
    settings = from_environment(JIRA_ASSETS_HOME=str(tmp_path))
    assert settings.state_path == tmp_path / "state.db"
    assert settings.lake_dir == tmp_path / "lake"
    assert settings.warehouse_file == tmp_path / "warehouse" / "jira.duckdb"
    assert settings.dagster_dir == tmp_path / "dagster"
    assert settings.state_url == f"sqlite:///{tmp_path}/state.db"


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert from_environment(JIRA_ASSETS_HOME="here").home == tmp_path / "here"
    assert from_environment(JIRA_ASSETS_HOME="~/there").home == Path(os.environ["HOME"]) / "there"


def test_names_are_separated_by_commas() -> None:
    settings = from_environment(JIRA_ASSETS_EXTRA_FIELDS=" customfield_1, customfield_2,,customfield_1")
    assert settings.extra_fields == ("customfield_1", "customfield_2")


def test_every_setting_is_described_and_named_like_its_attribute() -> None:
    settings = from_environment()
    assert [shown.name for shown in settings.describe()] == [setting.name for setting in SETTINGS]
    assert all(setting.description.endswith(".") for setting in SETTINGS)
    assert len({setting.env for setting in SETTINGS}) == len(SETTINGS)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("off_hours", "1-5", "1-5"),
        ("off_hours", "22-4", "22-23,0-4"),
        ("time_zone", "Europe/Berlin", "Europe/Berlin"),
        ("refresh_cron", " 5  4 * * 1-5 ", "5 4 * * 1-5"),
        ("points_per_hour", "65000", 65_000),
    ],
)
def test_a_schedule_is_read_as_it_is_typed(name: str, text: str, value: object) -> None:
    assert getattr(load_settings({name: text}, {}, dotenv=None, stored={}), name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("off_hours", "25-3"),
        ("off_hours", "night"),
        ("time_zone", "Europe/Nowhere"),
        ("refresh_cron", "daily"),
        ("sync_cron", "0 * * * * ; rm"),
        ("points_per_hour", "0"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name.upper()):
        load_settings({name: text}, {}, dotenv=None, stored={})


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("json://h/a", ("json://h/a",)),
        (" json://h/a , slack://A/B/C ", ("json://h/a", "slack://A/B/C")),
        ("json://h/a\nslack://A/B/C json://h/a", ("json://h/a", "slack://A/B/C")),
        ("mailto://me:p@h?to=a@b.c,d@e.f,json://h", ("mailto://me:p@h?to=a@b.c,d@e.f", "json://h")),
        ("https://h/x?next=http://other/y", ("https://h/x?next=http://other/y",)),
    ],
)
def test_urls_of_alerts_are_separated_by_blanks_or_commas(text: str, urls: tuple[str, ...]) -> None:
    assert from_environment(JIRA_ASSETS_ALERT_URLS=text).alert_urls == urls


@pytest.mark.parametrize("text", [f"json://h {TOKEN}", f"slack:/{TOKEN}", f"{TOKEN}://", "json://"])
def test_what_is_no_url_of_alerts_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(SettingsError, match="JIRA_ASSETS_ALERT_URLS, from the environment, holds") as caught:
        from_environment(JIRA_ASSETS_ALERT_URLS=text)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("json://me:SECRET@example.com:8080/SECRET?+X-Key=SECRET", "json://example.com"),
        ("JSONS://SECRET@[::1]/SECRET", "jsons://[::1]"),
        ("mailtos://me:SECRET@gmail.com?to=a@b.c", "mailtos://gmail.com"),
        ("https://hooks.slack.com/services/SECRET/SECRET/SECRET", "https://hooks.slack.com"),
        ("slack://SECRET/SECRET/SECRET/#ops", "slack://…"),
        ("tgram://123:SECRET/456", "tgram://…"),
        ("mailto://me:12/SECRET@example.com", "mailto://…"),
        ("mailto://me:x?SECRET@example.com", "mailto://…"),
        ("mailto://me:#SECRET@example.com", "mailto://…"),
    ],
)
def test_of_a_url_of_alerts_scheme_and_host_are_shown(url: str, shown: str) -> None:
    settings = from_environment(JIRA_ASSETS_ALERT_URLS=url)
    (described,) = [setting for setting in settings.describe() if setting.name == "alert_urls"]
    assert described.value == shown
    assert "SECRET" not in repr(settings)


@given(st.from_regex(r"[a-z]{2,9}://[!-~]{0,9}SECRET[!-~]{0,9}@example\.com(/[!-~]{0,9})?", fullmatch=True))
def test_no_password_of_a_url_of_alerts_is_shown(url: str) -> None:
    assert "SECRET" not in mask_alert_url(url)
