"""Read what a form sends, with the standard library."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from jira_assets.errors import InputError

LARGEST_FORM = 1_000_000
MOST_FIELDS = 20_000


class Form:
    """The values a form sent, by name; a name may have several."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of that name, without the blanks around it."""
        return next((value.strip() for key, value in self._pairs if key == name), default)

    def all(self, name: str) -> list[str]:
        """Return every value of that name."""
        return [value for key, value in self._pairs if key == name]

    def with_prefix(self, prefix: str) -> dict[str, str]:
        """Return the values whose name begins so, by the rest of their name."""
        return {key.removeprefix(prefix): value for key, value in self._pairs if key.startswith(prefix)}


async def read_form(request: Request) -> Form:
    """Read the body as a form; raises `InputError` for what no form of ours sends."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise InputError("The form is too large.", "Filter the list, and save more often.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/x-www-form-urlencoded":
        raise InputError("The request is not a form.", "Go back and use the button on the page.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise InputError("The form cannot be read.", "Go back and submit it again.") from None
    return Form(pairs)
