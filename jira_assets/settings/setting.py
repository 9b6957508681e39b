"""What is known of one setting: its variable, its text, its parser, its default, and who may see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, Literal, TypeVar, overload

from jira_assets.settings.values import mask_secret

Value = TypeVar("Value")

Source = Literal["flag", "environment", ".env", "state", "default"]

_METADATA = "setting"


@dataclass(frozen=True)
class Setting:
    """One setting, as documentation and commands see it."""

    env: str
    description: str
    parse: Callable[[str], Any]
    default: str | None
    """As a user would write it; None when the setting may be unset."""
    unit: str
    secret: bool
    storable: bool
    """May stand in state; what is needed to find state, and what is secret, may not."""
    mask: Callable[[Any], str] | None
    """How to show a value that contains something secret."""
    when_unset: Callable[[], str] | None
    """What applies instead of a setting that is unset."""
    name: str = ""
    """The name of the field."""

    def show(self, value: Any) -> str:
        """Return a value as a user may see it; secrets are cut to their last four characters."""
        if value is None:
            return self.when_unset() if self.when_unset else ""
        if self.mask:
            return self.mask(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return ",".join(value) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True)
class ShownSetting:
    """A setting as a user may see it: secrets are cut to their last four characters."""

    name: str
    env: str
    value: str
    source: Source
    description: str


@overload
def setting(
    env: str,
    description: str,
    parse: Callable[[str], Value],
    *,
    default: str,
    unit: str = "",
    secret: bool = False,
    storable: bool = True,
    mask: Callable[[Value], str] | None = None,
) -> Value: ...


@overload
def setting(
    env: str,
    description: str,
    parse: Callable[[str], Value],
    *,
    unit: str = "",
    secret: bool = False,
    storable: bool = True,
    mask: Callable[[Value], str] | None = None,
    when_unset: Callable[[], str] | None = None,
) -> Any: ...


def setting(
    env: str,
    description: str,
    parse: Callable[[str], Any],
    *,
    default: str | None = None,
    unit: str = "",
    secret: bool = False,
    storable: bool = True,
    mask: Callable[[Any], str] | None = None,
    when_unset: Callable[[], str] | None = None,
) -> Any:
    """Declare a field of a dataclass as a setting.

    `parse` reads the text of `env`, and of `default`; it raises `ValueError` with words that complete the
    sentence "JIRA_SITE_URL, from the environment, …" and that never repeat the value. Without `default` the
    field is None when the setting is unset. A setting with a mask is left out of the class's `repr`.
    """
    mask = mask or (mask_secret if secret else None)
    row = Setting(env, description, parse, default, unit, secret, storable, mask, when_unset)
    read_default: Callable[[], Any] = partial(parse, default) if default is not None else lambda: None
    return field(default_factory=read_default, repr=mask is None, metadata={_METADATA: row})


def declared_settings(cls: type[Any]) -> tuple[Setting, ...]:
    """List the settings among the fields of a dataclass, in their order."""
    return tuple(
        replace(each.metadata[_METADATA], name=each.name)
        for each in fields(cls)
        if _METADATA in each.metadata
    )
