"""What the code imports is declared, what is declared is locked, and what only builds is not installed."""

from __future__ import annotations

import ast
import configparser
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
OURS = {"jira_assets", "jira_assets_tests", "benchmarks", "build_backend"}
DISTRIBUTIONS = packages_distributions()
NOT_INSTALLED_EVERYWHERE = {"dagster_k8s": "dagster-k8s", "kubernetes_validate": "kubernetes-validate"}


def imported(folder: str) -> set[str]:
    """Name the distributions that the modules of a folder import."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / folder).rglob("*.py"))
    names = {name.partition(".")[0] for tree in trees for name in names_imported(tree)}
    foreign = names - set(sys.stdlib_module_names) - OURS
    return {
        NOT_INSTALLED_EVERYWHERE.get(name) or canonicalize_name(DISTRIBUTIONS[name][0]) for name in foreign
    }


def names_imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def declared(*extras: str) -> dict[str, Requirement]:
    """Read what setup.cfg requires to run, and for the extras."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    texts = [config["options"]["install_requires"]]
    texts += [config["options.extras_require"][extra] for extra in extras]
    found = (Requirement(line) for text in texts for line in text.splitlines() if line)
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def build_requirements() -> dict[str, Requirement]:
    lines = (ROOT / "requirements" / "build.in").read_text(encoding="utf-8").splitlines()
    found = (Requirement(line) for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def pinned(lock: str) -> dict[str, str]:
    """Read the versions of a lock."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)(?:\[.*?\])?==(\S+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def test_whatever_the_package_imports_is_declared() -> None:
    assert imported("jira_assets") - set(declared("alerts", "delta", "shared")) == set()


def test_whatever_the_tests_and_the_build_import_is_declared() -> None:
    assert imported("jira_assets_tests") - set(declared("dev")) - set(build_requirements()) == set()
    assert imported("build_backend") - set(build_requirements()) == set()


@pytest.mark.parametrize(
    ("lock", "extras", "builds"),
    [
        ("runtime.txt", (), False),
        ("delta.txt", ("delta",), False),
        ("kubernetes.txt", ("kubernetes", "shared"), False),
    ]
    + [(lock, ("dev",), True) for lock in ("dev.txt", "lowest.txt")],
)
def test_each_lock_pins_what_is_declared(lock: str, extras: tuple[str, ...], builds: bool) -> None:
    pins = pinned(lock)
    wanted = declared(*extras) | (build_requirements() if builds else {})
    wrong = {
        name: pins.get(name) for name, each in wanted.items() if pins.get(name, "") not in each.specifier
    }
    assert wrong == {}


@pytest.mark.parametrize("lock", ["runtime.txt", "delta.txt", "kubernetes.txt"])
def test_what_only_builds_is_in_no_lock_that_runs(lock: str) -> None:
    assert set(build_requirements()) & set(pinned(lock)) == set()


def test_the_lowest_lock_pins_every_lower_bound() -> None:
    """Else the tests on it would say nothing about the bounds."""
    pins = pinned("lowest.txt")
    for name, requirement in declared().items():
        (bound,) = [each.version for each in requirement.specifier if each.operator == ">="]
        assert pins[name].startswith(bound), name


@pytest.mark.parametrize("lock", sorted(path.name for path in (ROOT / "requirements").glob("*.txt")))
def test_a_lock_has_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert "://" not in text
    pins = re.findall(r"^[\w.-]+(?:\[.*?\])?==", text, re.MULTILINE)
    hashed = re.findall(r"^[\w.-]+(?:\[.*?\])?==.*\\\n    --hash=", text, re.MULTILINE)
    assert len(hashed) == len(pins) > 0


def test_the_lock_of_npm_has_hashes_and_no_addresses() -> None:
    lock = json.loads((ROOT / "requirements" / "package-lock.json").read_text(encoding="utf-8"))
    packages = [package for path, package in lock["packages"].items() if path]
    assert packages
    assert [each for each in packages if "resolved" in each or "integrity" not in each] == []
    wanted = json.loads((ROOT / "requirements" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert wanted == {name: lock["packages"][f"node_modules/{name}"]["version"] for name in wanted}
