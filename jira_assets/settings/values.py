"""How the text of a setting becomes a value.

A reader raises `ValueError` whose words complete the sentence "JIRA_SITE_URL, from the environment, …" and
never repeat the value: an address may carry a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SCHEME = r"[a-z][a-z0-9+.-]*://"
_SCHEMES_OF_HOSTS = re.compile(
    r"(https?|jsons?|xmls?|forms?|mailtos?|mmosts?|rockets?|gotifys?|matrixs?|workflows?)"
)
"""In other addresses of alerts, as of Slack and Telegram, a token stands where the host would."""
_HOST_OF_ALERT_URL = re.compile(
    r"(?:[^@/?#]*@)?([\w.-]+|\[[0-9a-f:]+\])(?::[0-9]+)?(?:/[^@?#]*)?(?:\?(?:[\w+:-]+=.*)?)?$", re.IGNORECASE
)
"""A password may contain any of these characters; where that makes the host doubtful, none is shown."""

TARGETS = ("duckdb", "postgres", "delta")
"""Where tables can be published."""
NO_TARGET = "none"

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_A_WEEK = 7 * 24 * 60
_A_MILLION = 10**6


def read_text(text: str) -> str:
    """Return any text as it is."""
    return text


def read_email(text: str) -> str:
    """Read an e-mail address."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise ValueError("is not an e-mail address such as ann@example.com")
    return text


def read_path(text: str) -> Path:
    """Read a folder; `~` is the user's own."""
    return Path(text).expanduser().absolute()


def read_url(text: str) -> str:
    """Read the address of a site.

    A bare host name is taken as https; what a browser shows after the host of a Cloud site is cut off.
    """
    parts = _split(text if "://" in text else f"https://{text}")
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not re.fullmatch(r"[\w.:-]+", host):
        raise ValueError("is not an address of the form https://acme.atlassian.net")
    if not {".", ":"} & set(host) and host not in _LOOPBACK:
        raise ValueError(f"is not a complete address, such as https://{host}.atlassian.net")
    if parts.username or parts.password:
        raise ValueError("contains a user name or a password")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise ValueError("is http: credentials would be sent unencrypted; it must be https")
    path = "" if host.endswith(".atlassian.net") else parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def read_site(text: str) -> str:
    """Read the address of a Jira site: that of any page, its host, or `acme` for acme.atlassian.net."""
    text = text.strip("<>\"' ")
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", text) and text.lower() not in _LOOPBACK:
        text = f"{text}.atlassian.net"
    address = read_url(text)
    host = urlsplit(address).hostname or ""
    if host == "atlassian.com" or host.endswith(".atlassian.com"):
        raise ValueError("is an address of Atlassian, not of a site such as https://acme.atlassian.net")
    return f"https://{host.rstrip('.')}" if host.rstrip(".").endswith(".atlassian.net") else address


def read_database_url(text: str) -> str:
    """Read the address of the state database."""
    # Hosting services print the short form. SQLAlchemy does not know one of them, and takes the other for a
    # driver that is not installed.
    text = re.sub(r"^(postgres|postgresql)://", "postgresql+psycopg2://", text)
    parts = _split(text)
    if parts.scheme.split("+")[0] not in ("sqlite", "postgresql") or "://" not in text:
        raise ValueError("is neither sqlite:///path nor postgresql+psycopg2://user:password@host/database")
    if parts.scheme.startswith("sqlite") and len(parts.path) < 2:
        raise ValueError("contains no file name")
    return text


def read_postgres_url(text: str) -> str:
    """Read the address of a PostgreSQL database."""
    if not re.match(r"postgres(ql(\+psycopg2)?)?://", text):
        raise ValueError("is not of the form postgresql://user:password@host/database")
    url = read_database_url(text)
    if "password" in parse_qs(urlsplit(url).query):
        raise ValueError("contains the password as a parameter; it belongs before the host, after the user")
    return url


def read_schema(text: str) -> str:
    """Read the name of a schema, which needs no quotes in queries."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", text) or text.startswith("pg_"):
        raise ValueError("is not a name of lower-case letters, digits and underscores, such as jira")
    return text


def read_folder_url(text: str) -> str:
    """Read a folder of this machine, or an address in an object store, which has no credentials."""
    if "://" not in text:
        return str(read_path(text))
    return _store_address(text, "is neither a folder nor of the form")


def read_targets(text: str) -> tuple[str, ...]:
    """Read where to publish, `none` for nowhere; the others are filled from the DuckDB file."""
    names = read_names(text.casefold())
    if names == (NO_TARGET,):
        return ()
    if not set(names) <= set(TARGETS):
        raise ValueError(f"is neither {NO_TARGET} nor made of {', '.join(TARGETS)}")
    return tuple(name for name in TARGETS if name in names or name == TARGETS[0])


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # only asking for it checks it
    except ValueError:
        raise ValueError("is not a valid address") from None
    return parts


def _number_between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]+", text) or not low <= int(text) <= high:
            raise ValueError(f"is not a whole number from {low} to {high}")
        return int(text)

    return read


read_requests = _number_between(1, 8)
read_port = _number_between(1024, 65535)
read_minutes = _number_between(1, _A_WEEK)
read_days = _number_between(1, 365)
read_count = _number_between(1, _A_MILLION)


def read_size(text: str) -> str:
    """Read an amount of memory in DuckDB's words."""
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?\s*[KMGT]i?B", text, re.IGNORECASE):
        raise ValueError("is not an amount of memory such as 300MB or 2GB")
    return text


def read_lake(text: str) -> str:
    """Read the address of a store that hosts share; `file://` serves as one in tests."""
    if text.startswith("file:///"):
        return text.rstrip("/")
    return _store_address(text, "is not of the form")


def _store_address(text: str, complaint: str) -> str:
    """Read an address in an object store, which has no credentials."""
    parts = _split(text)
    if parts.scheme not in ("s3", "gs", "az") or not parts.netloc:
        raise ValueError(f"{complaint} s3://bucket/prefix, gs://bucket/prefix or az://container/prefix")
    if "@" in parts.netloc or parts.query:
        raise ValueError("contains credentials; they belong into the variables of the cloud, such as AWS_…")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def bytes_of(size: str) -> int:
    """Return how many bytes an amount of memory in DuckDB's words has."""
    found = re.fullmatch(r"([0-9.]+)\s*([KMGT])(i?)B", size, re.IGNORECASE)
    if found is None:
        raise ValueError(f"{size!r} is not an amount of memory")
    base = 1024 if found[3] else 1000
    return int(float(found[1]) * base ** (1 + "KMGT".index(found[2].upper())))


def read_names(text: str) -> tuple[str, ...]:
    """Read names separated by commas; blanks and repetitions are dropped."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def read_hours(text: str) -> str:
    """Read the first and the last of some hours, over midnight too, as cron writes them."""
    found = re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})", text)
    if not found or max(int(hour) for hour in found.groups()) > 23:
        raise ValueError("is not a range of two hours from 0 to 23, such as 1-5 or 22-4")
    first, last = (int(hour) for hour in found.groups())
    return f"{first}-{last}" if first <= last else f"{first}-23,0-{last}"


def read_zone(text: str) -> str:
    """Read the name of a time zone."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not the name of a time zone such as Europe/Berlin") from None
    return text


def read_cron(text: str) -> str:
    """Read the five fields of a cron schedule; what they mean is Dagster's to judge."""
    fields = text.split()
    if len(fields) != 5 or not all(re.fullmatch(r"[\w*,/\-#]+", field) for field in fields):
        raise ValueError("is not a cron schedule of five fields, such as 30 0 * * *")
    return " ".join(fields)


def read_yes_no(text: str) -> bool:
    """Read a yes or a no, in any of the words in use for it."""
    answers = dict.fromkeys(("yes", "true", "on", "1"), True) | dict.fromkeys(
        ("no", "false", "off", "0"), False
    )
    if text.casefold() not in answers:
        raise ValueError("is neither yes nor no")
    return answers[text.casefold()]


def read_team_source(text: str) -> str:
    """Read which of the two teams of an issue comes first."""
    if text.casefold() not in ("jira", "assignee"):
        raise ValueError("is neither jira nor assignee")
    return text.casefold()


def read_alert_urls(text: str) -> tuple[str, ...]:
    """Read addresses separated by blanks or commas; an address may hold commas of its own."""
    urls = re.split(rf"[\s,]+(?={_SCHEME})|\s+", text, flags=re.IGNORECASE)
    urls = [url.rstrip(",") for url in urls if url.strip(",")]
    if not all(re.match(_SCHEME + ".", url, re.IGNORECASE) for url in urls):
        raise ValueError("holds a part that is no address such as jsons://example.com/hook")
    return tuple(dict.fromkeys(urls))


def mask_alert_url(url: str) -> str:
    """Show the scheme of an address and, where it is one, the host: all else may be a secret."""
    scheme, _, rest = url.partition("://")
    host = _HOST_OF_ALERT_URL.match(rest) if _SCHEMES_OF_HOSTS.fullmatch(scheme.lower()) else None
    return f"{scheme.lower()}://{host[1] if host else '…'}"


def mask_alert_urls(urls: Iterable[str]) -> str:
    """Show several such addresses, separated by commas."""
    return ",".join(map(mask_alert_url, urls))


def mask_secret(value: str) -> str:
    """Show the last four characters, and none at all of a secret that four would give away."""
    return f"…{value[-4:]}" if len(value) >= 12 else "…"


def mask_password(url: str) -> str:
    """Show a database address without its password."""
    return re.sub(r"(?<=://)([^:/@]*):.*@", r"\1:…@", url)
