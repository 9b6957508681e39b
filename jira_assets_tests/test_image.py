"""The steps of deploy/Dockerfile, run one by one in folders instead of an engine's layers."""

from __future__ import annotations

import fnmatch
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import pytest
import requests

from jira_assets_tests.test_distributions import CHARTS, NOT_SOURCES, ROOT, bare_environment, run

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def build_context(folder: Path) -> Path:
    """Copy what `docker build` is sent of a checkout in which secrets lie about."""
    context = folder / "context"
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]

    for path in sources(ROOT):
        name = path.relative_to(ROOT).as_posix()
        if not is_ignored(name, rules):
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, context / name)
    for secret in (".env", "deploy/.env", "jira_assets/.env"):
        if not is_ignored(secret, rules):
            (context / secret).write_text("JIRA_API_TOKEN=secret\n", encoding="utf-8")
    return context


def sources(folder: Path) -> Iterator[Path]:
    """Name the files of the checkout, but not what was built or installed there."""
    names = [path.name for path in folder.iterdir()]
    for name in set(names) - shutil.ignore_patterns(*NOT_SOURCES)(str(folder), names):
        path = folder / name
        yield from sources(path) if path.is_dir() else [path]


def is_ignored(name: str, rules: list[str]) -> bool:
    """Apply the rules of .dockerignore in their order: the last one that fits a file decides."""
    ignored = False
    for rule in rules:
        pattern = rule.removeprefix("!")
        parts = [name, *(str(parent) for parent in Path(name).parents)]
        if pattern.startswith("**/"):
            parts += [Path(part).name for part in parts]
        if any(fnmatch.fnmatchcase(part, pattern.removeprefix("**/")) for part in parts):
            ignored = not rule.startswith("!")
    return ignored


@dataclass
class Stage:
    """A stage of the image: its root is a folder, and its Python an environment of its own."""

    root: Path
    workdir: str = "/"
    user: str = "root"
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        venv.create(self.root / "python", symlinks=True)
        # What the project depends on comes from the environment that runs the tests.
        (site_packages,) = self.root.glob("python/lib/*/site-packages")
        (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")

    def path(self, name: str) -> Path:
        """Find a path of the image in the folder."""
        return self.root / str(Path(self.workdir, name)).lstrip("/")

    def copy(self, source: Path, target: str) -> None:
        """Copy as COPY does: the content of a folder, or a file to a name or into a folder."""
        place = self.path(target)
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
            return
        place = place / source.name if target.endswith("/") else place
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)

    def run(self, command: str) -> None:
        """Run a step; accounts and owners stay those of this system, and no package is downloaded."""
        for words in map(shlex.split, command.split("&&")):
            match words:
                case ["pip", "install", *options] if "--require-hashes" in options:
                    assert self.path(options[-1]).read_text(encoding="utf-8").count("--hash=") > 3
                case ["pip", *rest]:
                    python = ("--python", self.root / "python" / "bin" / "python")
                    # The wheel is built with the setuptools of this environment.
                    chosen = python if rest[0] == "install" else ()
                    # To compile what is never imported would take most of the time.
                    quickly = ("--no-compile",) if rest[0] == "install" else ()
                    run(*PIP, *chosen, *self._localized(rest), *quickly, cwd=self.path("."))
                case ["install", "-d", *_, folder]:
                    self.path(folder).mkdir(mode=0o700)
                case _:
                    assert words[0] == "useradd", f"this test does not know {words[0]}"

    def _localized(self, words: list[str]) -> list[str]:
        """Point absolute paths into the folder, and resolve * in them."""
        localized: list[str] = []
        for word in words:
            place = self.path(word)
            found = place.parent.glob(place.name) if "*" in word else [place]
            localized += map(str, found) if word.startswith("/") else [word]
        return localized


def assignments(text: str) -> dict[str, str]:
    """Read NAME=value, several times."""
    return {name: value for name, _, value in (pair.partition("=") for pair in text.split())}


def build(context: Path, folder: Path) -> Stage:
    """Run every step; return the last stage."""
    arguments: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    for line in (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").splitlines():
        step, _, rest = line.partition(" ")
        rest = Template(rest).safe_substitute(arguments)
        if step == "FROM":
            stage = Stage(folder / f"stage-{len(stages)}")
            stages[rest.partition(" AS ")[2]] = stage
        elif step == "ARG":
            arguments |= assignments(rest)
        elif step == "COPY":
            *options, source, target = rest.split()
            stage.copy(
                stages["build"].path(source) if options == ["--from=build"] else context / source, target
            )
        elif step == "RUN":
            stage.run(rest)
        elif step == "WORKDIR":
            stage.workdir = rest
            stage.path(".").mkdir(parents=True, exist_ok=True)
        elif step == "USER":
            stage.user = rest
        elif step == "ENV":
            stage.environment |= assignments(rest)
        elif step == "CMD":
            stage.command = re.findall(r'"([^"]*)"', rest)
        else:
            assert step in ("", "#", "VOLUME"), f"this test does not know {step}"
    return stage


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("image")
    context = build_context(folder)
    assert [path for path in context.rglob("*") if path.name == ".env" or "tests" in path.name] == []
    return build(context, folder)


def test_the_image_holds_the_package_with_its_charts_and_nothing_else_of_the_checkout(image: Stage) -> None:
    (site_packages,) = image.root.glob("python/lib/*/site-packages")
    assert (site_packages / CHARTS).exists()
    installed = {path.name for path in site_packages.iterdir() if path.suffix not in (".pth", ".dist-info")}
    assert installed == {"jira_assets"}
    assert [path.name for path in image.path("/app").iterdir()] == ["workspace.yaml"]
    assert re.fullmatch(r"[1-9]\d+", image.user)


def test_the_image_runs_its_command_and_serves_the_page(image: Stage) -> None:
    bin_folder = image.root / "python" / "bin"
    places = {name: str(image.path(value)) for name, value in image.environment.items()}
    settings = bare_environment() | places
    program, *words = image.command
    told = subprocess.run(
        [bin_folder / program, *words],
        cwd=image.path("."),
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Keep the issues of a Jira site in DuckDB" in told.stdout
    with subprocess.Popen(
        [bin_folder / program, "web", "--port", "0"],
        cwd=image.path("."),
        env=settings,
        stderr=subprocess.PIPE,
        text=True,
    ) as page:
        assert page.stderr is not None
        try:
            address = page.stderr.readline().split()[4].rstrip("./")
            assert "vegaEmbed" in requests.get(f"{address}/static/vendor/charts.js", timeout=20).text
            assert requests.get(address, timeout=20).status_code == 200
        finally:
            page.terminate()
    assert (image.path("/data") / "state.db").exists()
