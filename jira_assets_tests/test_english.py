"""Texts that users read avoid the words of an older, literary style."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from jira_assets.cli.main import main
from jira_assets.warehouse.models import models

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "jira_assets"
ODD = re.compile(
    r"\b(nobody|somebody|anybody|everybody|whoever|a person|who is there"
    r"|tells?|told|lets?|hears?|heard|asked for|at work|goes on|by itself|without a word)\b",
    re.IGNORECASE,
)
ALLOWED: tuple[str, ...] = ()
"""Sentences that need such a word."""
ODD_IN_COMMENTS = re.compile(
    r"\b(nobody|somebody|anybody|everybody|whoever|tells? (?:whether|where|which|who|when|what|how)"
    r"|goes on|by the way|without a word)\b|^(Tell|Let|Give)\b",
    re.IGNORECASE,
)
"""Documentation says Return, Check or Raise; a comment says why, in plain words."""
ODD_SOMEWHERE = re.compile(ODD_IN_COMMENTS.pattern.replace("^", ""), re.IGNORECASE)
"""A module without such a word anywhere has it in no comment: to find the comments takes much longer."""
NO_TEXTS = ("demo", "migrations")
"""Folders whose strings belong to the demo site, or to Alembic."""


def odd_words(text: str) -> list[str]:
    """List the sentences with such a word, on one line each."""
    flat = re.sub(r"\s+", " ", text)
    return [
        flat[max(found.start() - 40, 0) : found.end() + 40]
        for found in ODD.finditer(flat)
        if not any(found.group() in allowed and allowed in flat for allowed in ALLOWED)
    ]


def strings_of(source: str) -> Iterator[str]:
    """List the strings of a module that have several words, without documentation."""
    tree = ast.parse(source)
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value if " " in node.value else ""


def documentation_of(source: str) -> Iterator[str]:
    """List the docstrings and comments of a module."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield text
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("# ")


def commands(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=path)
    yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, f"{path} {name}")


def test_messages_of_the_code_are_plain() -> None:
    found = {
        str(module.relative_to(ROOT)): odd
        for module in sorted(PACKAGE.rglob("*.py"))
        if not set(module.parts) & set(NO_TEXTS)
        for odd in [[odd for text in strings_of(module.read_text("utf-8")) for odd in odd_words(text)]]
        if odd
    }
    assert not found


def test_docstrings_and_comments_are_plain() -> None:
    found = {
        f"{module.relative_to(ROOT)}: {' '.join(text.split())[:80]}"
        for module in sorted(PACKAGE.rglob("*.py"))
        if ODD_SOMEWHERE.search(source := module.read_text("utf-8"))
        for text in documentation_of(source)
        if ODD_IN_COMMENTS.search(text)
    }
    assert not found


def test_the_help_of_commands_is_plain() -> None:
    texts = dict(commands(main, "jira-assets"))
    assert len(texts) > 20
    assert not {path: odd for path, text in texts.items() if (odd := odd_words(text))}


def test_comments_of_tables_and_columns_are_plain() -> None:
    for table in models():
        described = models()[table]
        assert described.comment, table
        for text in (described.comment, *(column.comment for column in described.columns)):
            assert not odd_words(text), table


@pytest.mark.parametrize("pattern", ["web/templates/*.html", "web/charts/*", "web/static/*.js"])
def test_the_page_is_plain(pattern: str) -> None:
    files = sorted(PACKAGE.glob(pattern))
    assert files
    for file in files:
        text = file.read_text("utf-8")
        if file.suffix == ".js":
            text = "\n".join(
                re.findall(r'"[^"\n]*"|`[^`\n]*`', re.sub(r"^\s*//.*", "", text, flags=re.MULTILINE))
            )
        assert not odd_words(re.sub(r"\{[%#{].*?[%#}]\}|^#.*$", " ", text, flags=re.MULTILINE)), file.name


@pytest.mark.parametrize(
    "page", [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_the_documentation_is_plain(page: Path) -> None:
    assert not odd_words(page.read_text("utf-8"))


def test_an_odd_word_is_found() -> None:
    assert odd_words("It tells\nwhoever asks.") == ["It tells whoever asks.", "It tells whoever asks."]
    assert ODD_IN_COMMENTS.search("Give the address.")
    assert list(documentation_of('"""It tells."""\nrun()  # why')) == ["It tells.", "why"]
    assert list(strings_of('"""It tells."""\nraise Error("Nobody knows.")')) == ["Nobody knows."]
