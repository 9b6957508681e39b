"""What is wrong with a query, in Jira's words."""

from __future__ import annotations

from typing import Literal

RefusalWording = Literal["value", "id", "german", "spanish", "french", "japanese"]

_UNKNOWN_VALUE: dict[RefusalWording, str] = {
    "value": "The value '{value}' does not exist for the field '{field}'.",
    "id": "A value with ID '{value}' does not exist for the field '{field}'.",
    "german": "Der Wert '{value}' existiert nicht für das Feld '{field}'.",
    "spanish": "El valor '{value}' no existe para el campo '{field}'.",
    "french": "La valeur '{value}' n'existe pas pour le champ '{field}'.",
    "japanese": "フィールド '{field}' に値 '{value}' は存在しません。",
}


class JqlError(Exception):
    """The messages of a 400; `errors_key` is the second key of its body, which Jira does not name alike."""

    def __init__(self, *messages: str, errors_key: str = "errors") -> None:
        super().__init__(" ".join(messages))
        self.messages = list(messages)
        self.errors_key = errors_key

    @property
    def body(self) -> dict[str, object]:
        """Return the body that Jira would answer with."""
        second: object = [] if self.errors_key == "warningMessages" else {}
        return {"errorMessages": self.messages, self.errors_key: second}


def unknown_value(value: str, field: str, wording: RefusalWording = "value") -> JqlError:
    """Say that a field has no such value (or that the caller may not see it)."""
    return JqlError(_UNKNOWN_VALUE[wording].format(value=value, field=field), errors_key="warningMessages")


def unknown_field(field: str, *, anonymous: bool = False) -> JqlError:
    """Say that there is no such field."""
    reason = (
        "this field cannot be viewed by anonymous users"
        if anonymous
        else ("you do not have permission to view it")
    )
    return JqlError(f"Field '{field}' does not exist or {reason}.", errors_key="warningMessages")


def unknown_issue(value: str, field: str) -> JqlError:
    """Say that a query names an issue that is not there (deleted, moved or hidden)."""
    kind = "a value with ID" if value.isdigit() else "an issue with key"
    return JqlError(f"{kind[0].upper()}{kind[1:]} '{value}' does not exist for field '{field}'.")
