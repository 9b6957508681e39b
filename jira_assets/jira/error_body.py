"""Read what an answer says, whatever shape it says it in, and who says it."""

from __future__ import annotations

import html
import re
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import msgspec

from jira_assets.jira.response import Response

_READ_OF_A_PAGE = 20_000
_CONSENT_GONE = {"invalid_grant", "unauthorized_client"}
_OAUTH_CODE = re.compile(r"[a-z]+(_[a-z]+)+")
# Atlassian's API tokens, JSON web tokens, and whatever follows the name of a secret.
_SECRETS = re.compile(
    r"AT[A-Z]{3}3x[\w=-]+|eyJ[\w-]+(?:\.[\w-]+)+"
    r"|(?<=bearer )[\w.~+/=-]{16,}|(?<=basic )[\w+/=-]{16,}"
    r"|(?<=token=)[^&\s\"']+|(?<=secret=)[^&\s\"']+|(?<=password=)[^&\s\"']+|(?<=jwt=)[^&\s\"']+",
    re.IGNORECASE,
)


class ErrorBody:
    """What an answer says. `text` is for people, `words` for deciding: no quoted names, lower case."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer
        self.url = urlsplit(answer.url)
        self.host = self.url.netloc.rpartition("@")[2] or "Jira"
        self.body = _json(answer.body)
        self.is_page = not self.body and answer.is_page
        self.text = _without_secrets(" ".join(_messages(self.body) or _plain(answer.body)))[:500]

    @cached_property
    def words(self) -> str:
        """All that it says; what a message quotes is a name that someone chose, and left out."""
        if self.is_page:
            page = self.answer.body[:_READ_OF_A_PAGE].decode(errors="replace")
            return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split()).lower()
        return re.sub(r"'[^']*'", "''", self.text).lower()

    @property
    def is_jiras_own(self) -> bool:
        """Distinguish Jira's own refusals from those of the gateway, the edge and proxies."""
        return "errorMessages" in self.body or isinstance(self.body.get("errors"), dict)

    @property
    def at_gateway(self) -> bool:
        """Return whether Atlassian's gateway was asked, not the site itself."""
        return "/ex/jira/" in self.url.path

    @property
    def at_token_endpoint(self) -> bool:
        """Return whether it was requested OAuth tokens."""
        return self.url.path.endswith("/oauth/token")

    @property
    def server(self) -> str:
        """Who answered, as it calls itself; empty where it does not."""
        named = self.answer.headers.get("Server", "")
        if "cloudfront" in self.words or "CloudFront" in self.answer.headers.get("X-Cache", ""):
            return "CloudFront"
        return re.sub(r"[^\w./ -]", "", named)[:40]

    @property
    def oauth_error(self) -> str:
        """The code of an OAuth refusal, empty where it is none.

        Other parts of Jira have an `error` too; only OAuth describes it, or answers at its own endpoint.
        """
        code = self.body.get("error")
        if "error_description" in self.body:
            return str(code or "oauth")
        if self.at_token_endpoint and isinstance(code, str):
            return code if _OAUTH_CODE.fullmatch(code) else ""
        return ""

    @property
    def consent_is_gone(self) -> bool:
        """Return whether only a new consent helps."""
        return self.oauth_error in _CONSENT_GONE

    @property
    def asked(self) -> str:
        """What was asked: method and path."""
        return f"{self.answer.method} {self.url.path}".strip()

    @property
    def reason(self) -> str:
        """What was asked, and what came back."""
        if self.is_page:
            return (
                f"{self.host} returned a web page instead of data for {self.asked} "
                f"({self.answer.status}: {self.text})."
            )
        bare = "no explanation" if self.answer.status >= 300 else "not one complete JSON document"
        return f"Jira ({self.host}) answered {self.asked} with {self.answer.status}: {self.text or bare}"


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    if isinstance(value, str):
        return {"message": value}
    return value if isinstance(value, dict) else {}


def _messages(body: dict[str, Any]) -> list[str]:
    """Collect the texts of every shape Jira and its gateway use."""
    found = [*_texts(body.get("errorMessages"))]
    errors = body.get("errors")
    if isinstance(errors, dict):
        found += [f"{name}: {text}" for name, text in errors.items()]
    else:
        found += _texts(errors)
    for name in ("message", "errorMessage", "error_description", "warningMessages"):
        found += _texts(body.get(name))
    return found or _texts(body.get("error"))


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [str(item) for item in value if item] if isinstance(value, list) else []


def _plain(body: bytes) -> list[str]:
    """Read a text or an HTML page; of a page only its title."""
    text = body[:_READ_OF_A_PAGE].decode(errors="replace")
    if "<" not in text:
        return [text.strip()] if text.strip() and not text.lstrip().startswith(("{", "[")) else []
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return [" ".join(html.unescape(title.group(1)).split())] if title else ["an HTML page"]


def _without_secrets(text: str) -> str:
    return _SECRETS.sub("…", text)
