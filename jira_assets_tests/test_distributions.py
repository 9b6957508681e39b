"""What a person installs is whole: built without git from a tree without charts, run where only Python is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from jira_assets_tests.web.browser import chromium, visit

ROOT = Path(__file__).parents[1]
NOT_SOURCES = (
    ".git", ".venv*", "vendor", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis",
    ".coverage", ".env",
)  # fmt: skip
CHARTS = "jira_assets/web/static/vendor/charts.js"
BUILD_SDIST = (
    "import sys; sys.path.insert(0, ''); from build_backend.backend import *; build_sdist(sys.argv[1])"
)


@dataclass
class Installed:
    """The distributions, the files they were built from, and an environment with the wheel in it."""

    sources: set[str]
    in_sdist: set[str]
    in_wheel: set[str]
    command: Path
    folder: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the installed command in an empty folder, with nothing set."""
        return subprocess.Popen(
            [str(self.command), *words],
            cwd=self.folder,
            env=bare_environment() | {"HOME": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def bare_environment() -> dict[str, str]:
    """Return the environment without what leads to this checkout or to a home."""
    leads = ("JIRA_", "DAGSTER", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(leads)}


def run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=bare_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build a source distribution, a wheel from it, and install that."""
    folder = tmp_path_factory.mktemp("installed")
    tree, dist, environment = folder / "tree", folder / "dist", folder / "environment"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_SOURCES))
    sources = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    dist.mkdir()
    run(sys.executable, "-c", BUILD_SDIST, dist, cwd=tree)
    (sdist,) = dist.glob("*.tar.gz")
    offline = ["--disable-pip-version-check", "--no-deps", "--no-index"]
    pip = [sys.executable, "-m", "pip"]
    run(*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", dist, sdist, cwd=dist)
    (wheel,) = dist.glob("*.whl")
    venv.create(environment, symlinks=True)
    run(*pip, "--python", environment / "bin" / "python", "install", *offline, wheel, cwd=dist)
    # What it depends on comes from the environment that runs the tests.
    (site_packages,) = environment.glob("lib/*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    (folder / "empty").mkdir()
    return Installed(
        sources,
        {name.partition("/")[2] for name in tarfile.open(sdist).getnames()},
        set(zipfile.ZipFile(wheel).namelist()),
        environment / "bin" / "jira-assets",
        folder / "empty",
    )


def test_the_distributions_hold_every_source_the_charts_and_the_licences(installed: Installed) -> None:
    assert CHARTS not in installed.sources  # they are made by the build

    assert installed.sources - installed.in_sdist == set()
    assert CHARTS in installed.in_sdist
    package = {name for name in installed.sources if name.startswith("jira_assets/")}
    assert package - installed.in_wheel == set()
    assert CHARTS in installed.in_wheel
    top_level = {name.partition("/")[0] for name in installed.in_wheel}
    (metadata,) = top_level - {"jira_assets"}
    licences = {"LICENSE", "jira_assets/web/static/licences.txt"}
    assert {f"{metadata}/licenses/{name}" for name in licences} <= installed.in_wheel


@contextmanager
def page_of(installed: Installed, home: Path) -> Iterator[str]:
    """Serve the page of a home by the installed command, and give its address."""
    with installed.start("--home", str(home), "web", "--port", "0") as process:
        assert process.stderr is not None
        try:
            yield process.stderr.readline().split()[4].rstrip("./")
        finally:
            process.terminate()


def test_an_installed_page_serves_what_draws_charts(installed: Installed) -> None:
    with page_of(installed, installed.folder / "home") as address:
        assert "vegaEmbed" in requests.get(f"{address}/static/vendor/charts.js", timeout=20).text


@pytest.mark.prove
def test_an_installed_demo_syncs_and_its_page_draws_charts(installed: Installed) -> None:
    demo = installed.start("demo", "--once", "--issues", "200", "--projects", "2")
    said, complaints = demo.communicate(timeout=300)
    assert demo.returncode == 0, complaints
    assert "complete" in said
    (warehouse,) = installed.folder.rglob("warehouse/jira.duckdb")

    with page_of(installed, warehouse.parents[1]) as address:
        assert "vegaEmbed" in requests.get(f"{address}/static/vendor/charts.js", timeout=20).text
        with chromium() as browser, visit(browser, address) as seen:
            seen.open("/flow")
            expect(seen.page.locator("[data-chart] svg, [data-chart] canvas").first).to_be_visible()
            assert seen.trouble == []
