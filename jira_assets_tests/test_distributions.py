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
class Built:
    """The distributions, and the files they were built from."""

    sources: set[str]
    sdist: Path
    wheel: Path


@dataclass
class Installed:
    """An environment with the wheel in it."""

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


OFFLINE = ("--disable-pip-version-check", "--no-deps", "--no-index")
PIP = (sys.executable, "-m", "pip")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build a source distribution, and a wheel from it."""
    folder = tmp_path_factory.mktemp("built")
    tree, dist = folder / "tree", folder / "dist"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_SOURCES))
    sources = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    dist.mkdir()
    run(sys.executable, "-c", BUILD_SDIST, dist, cwd=tree)
    (sdist,) = dist.glob("*.tar.gz")
    run(*PIP, "wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", dist, sdist, cwd=dist)
    (wheel,) = dist.glob("*.whl")
    return Built(sources, sdist, wheel)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    environment = folder / "environment"
    venv.create(environment, symlinks=True)
    run(*PIP, "--python", environment / "bin" / "python", "install", *OFFLINE, built.wheel, cwd=folder)
    # What it depends on comes from the environment that runs the tests.
    (site_packages,) = environment.glob("lib/*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    (folder / "empty").mkdir()
    return Installed(environment / "bin" / "jira-assets", folder / "empty")


@pytest.mark.prove
def test_the_distributions_hold_every_source_the_charts_and_the_licences(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist, zipfile.ZipFile(built.wheel) as wheel:
        in_sdist = {name.partition("/")[2] for name in sdist.getnames()}
        in_wheel = set(wheel.namelist())
    assert CHARTS not in built.sources  # they are made by the build

    assert built.sources - in_sdist == set()
    assert CHARTS in in_sdist
    package = {name for name in built.sources if name.startswith("jira_assets/")}
    assert package - in_wheel == set()
    assert CHARTS in in_wheel
    top_level = {name.partition("/")[0] for name in in_wheel}
    (metadata,) = top_level - {"jira_assets"}
    licences = {"LICENSE", "jira_assets/web/static/licences.txt"}
    assert {f"{metadata}/licenses/{name}" for name in licences} <= in_wheel


@contextmanager
def page_of(installed: Installed, home: Path) -> Iterator[str]:
    """Serve the page of a home by the installed command, and give its address."""
    with installed.start("--home", str(home), "web", "--port", "0") as process:
        assert process.stderr is not None
        try:
            yield process.stderr.readline().split()[4].rstrip("./")
        finally:
            process.terminate()


# In `make test` an installed wheel is started in the image.
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
