"""Choose from a list at a terminal: by number, by key, or by a word to search for."""

from __future__ import annotations

from collections.abc import Sequence

import click

from jira_assets.errors import InputError

SHOWN = 30

Choice = tuple[str, str]


def pick(choices: Sequence[Choice]) -> tuple[str, ...]:
    """Prompt for keys out of pairs of key and name; raises InputError when there are none."""
    if not choices:
        raise InputError(
            "There is no project left to choose: all projects that this account can see are tracked.",
            "`jira-assets projects list` lists them.",
        )
    listed = list(choices)
    while True:
        _show(listed)
        answer = str(click.prompt("Numbers or keys, separated by spaces, or a word to search for", err=True))
        chosen = _chosen(answer, listed, choices)
        if chosen:
            return chosen
        listed = _found(answer, choices)
        if not listed:
            click.echo(f"No project matches {answer!r}.", err=True)
            listed = list(choices)


def _show(listed: Sequence[Choice]) -> None:
    for number, (key, name) in enumerate(listed[:SHOWN], start=1):
        click.echo(f"{number:>4}  {key:<12} {name}", err=True)
    if len(listed) > SHOWN:
        click.echo(f"      and {len(listed) - SHOWN} more: enter a word to search", err=True)


def _chosen(answer: str, listed: Sequence[Choice], choices: Sequence[Choice]) -> tuple[str, ...]:
    """Read the answer as numbers of the list and keys; nothing when a word is neither."""
    by_word = {key.upper(): key for key, _ in choices}
    by_word |= {str(number): key for number, (key, _) in enumerate(listed[:SHOWN], start=1)}
    words = answer.replace(",", " ").upper().split()
    if not all(word in by_word for word in words):
        return ()
    return tuple(dict.fromkeys(by_word[word] for word in words))


def _found(answer: str, choices: Sequence[Choice]) -> list[Choice]:
    wanted = answer.strip().casefold()
    return [(key, name) for key, name in choices if wanted in key.casefold() or wanted in name.casefold()]
