"""The documentation says what the commands and the settings say; nobody has to remember to keep it so."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from jira_assets.cli.main import COMMANDS
from jira_assets.cli.reference import commands_page, settings_page
from jira_assets.settings.table import SETTINGS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize(("name", "page"), [("commands.md", commands_page), ("settings.md", settings_page)])
def test_the_pages_are_what_the_program_says(name: str, page: object) -> None:
    assert callable(page)
    locked = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    if f"\nclick=={version('click')} " not in locked:
        pytest.skip(f"click {version('click')} is not the locked one, which words the pages")
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == page(), "run `make docs`"


def test_every_command_and_option_is_on_its_page() -> None:
    page = commands_page()
    for name in COMMANDS:
        assert f"## jira-assets {name}\n" in page
    assert "--no-browser" in page
    assert "Exit codes:" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_documentation_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = set(re.findall(r"jira-assets ([a-z]+)(?=[\s`)])", text))
    known = set(COMMANDS)
    # Words that follow the name of the program in prose.
    assert commands - known <= {"itself", "is", "and", "of", "on"}, commands - known
    variables = set(re.findall(r"\bJIRA_[A-Z_]+\b", text))
    others = {"JIRA_ASSETS_DEBUG", "JIRA_ASSETS_SHARED", "JIRA_ASSETS_DUCKDB15_PYTHON"}
    assert variables - {setting.env for setting in SETTINGS} <= others
    for link in re.findall(r"\]\(([\w/.-]+\.(?:md|py|yaml))\)", text):
        assert (page.parent / link).exists(), link


def test_the_index_links_every_page() -> None:
    assert "docs/README.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in PAGES[1:]:
        assert f"({page.name})" in index or page.name == "README.md"
