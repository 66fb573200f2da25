"""What deploy/ says fits the project, opens nothing to others and holds no secret.

No container is run here. The files are read as Docker, Compose, Helm and Airflow read them.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from importlib import resources
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest
import yaml

from event_taps_dagster.accounts import MAX_REQUESTS_PER_MINUTE, Account
from event_taps_dagster.project import Project
from scripts.taps import load_class

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
SECRET = re.compile(r"(?i)key|password|secret|token")


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def read_toml(name: str) -> Any:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


COMPOSE = read_yaml(DEPLOY / "compose.yaml")
VALUES = read_yaml(DEPLOY / "values.yaml")
DEPLOYMENTS = {one["name"]: one for one in VALUES["dagster-user-deployments"]["deployments"]}
CODE = DEPLOYMENTS["loads"]
MODULES = {
    one["python_module"]["location_name"]: one["python_module"]["module_name"]
    for one in read_yaml(ROOT / "orchestrate" / "workspace.yaml")["load_from"]
}
"""Of each code location, by its name."""

OURS = [service for name, service in COMPOSE["services"].items() if name != "postgres"]
LOCKED = {
    one["name"]: one["version"] for one in read_toml("uv.lock")["package"] if "version" in one
}


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions: the keyword, and what it is told."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split()[0], line.split(None, 1)[1].strip()) for line in lines if line.strip()]


def told(keyword: str) -> list[str]:
    return [rest for word, rest in instructions() if word == keyword]


def commands() -> list[list[str]]:
    """Return the commands of all RUN, as lists of words."""
    parts = (part for rest in told("RUN") for part in rest.split("&&"))
    return [shlex.split(part) for part in parts]


def ignored() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def gets_in(path: str) -> bool:
    """Whether a file goes into the image: as in Docker, the last rule that fits it decides."""
    parts, result = path.split("/"), True
    for rule in ignored():
        pattern = rule.removeprefix("!")
        if pattern.startswith("**/"):
            fits = any(fnmatch(part, pattern[3:]) for part in parts)
        else:
            words = pattern.split("/")
            fits = len(words) <= len(parts) and all(map(fnmatch, parts, words))
        if fits:
            result = rule.startswith("!")
    return result


# The image


def test_the_base_of_the_image_has_a_version() -> None:
    stages: set[str] = set()
    for rest in told("FROM"):
        image, _, stage = rest.partition(" AS ")
        assert image in stages or re.search(r":\d+\.\d+-\w+|@sha256:", image), rest
        stages.add(stage)


def test_the_image_runs_as_a_user_without_rights_to_what_it_runs() -> None:
    words = [word for word, _ in instructions()]
    users = told("USER")
    assert users == ["10001"]
    assert words.index("USER") > max(i for i, word in enumerate(words) if word in ("COPY", "RUN"))
    owned = next(command[2:] for command in commands() if command[0] == "chown")
    assert not {"/app", ".", ".venv", "deploy", "orchestrate"} & set(owned)


def test_nothing_secret_is_in_the_image() -> None:
    assert told("ENV")
    for rest in told("ENV") + told("ARG"):
        assert not SECRET.search(rest), rest
    for path in (".env", "deploy/.env", "tap-airmeet/.env", "accounts.yml", "output/events.duckdb"):
        assert not gets_in(path), path


def test_the_image_gets_what_it_needs() -> None:
    for rule in ignored():
        assert not rule.startswith("!") or list(ROOT.glob(rule[1:])), rule
    members = read_toml("pyproject.toml")["tool"]["uv"]["workspace"]["members"]
    needed = [f"{member}/pyproject.toml" for member in (*members, "orchestrate")]
    needed += ["core/event_taps_core/**/*.py", "scripts/**/*.py", "transform/[a-z]*/**/*.[sy]*l"]
    needed += ["tap-*/tap_*/**/*.py", "orchestrate/*/*.py", "plugins/**/*.lock"]
    needed += [rest.strip('[]"').removeprefix("/app/") for rest in told("ENTRYPOINT")]
    needed += [command[1] for command in commands() if command[0] == "cp"]
    leavings = {".venv", "__pycache__", "target", "tests"}
    for pattern in needed:
        found = {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)}
        found = {one for one in found if not leavings & {*one.split("/")[1:]}}
        assert found, pattern
        assert {one for one in found if not gets_in(one)} == set()
    assert gets_in("transform/tests/one.sql")  # dbt runs them
    assert os.access(ROOT / told("ENTRYPOINT")[0].strip('[]"').removeprefix("/app/"), os.X_OK)


def test_the_image_is_made_of_what_is_locked_and_of_plugins_that_there_are() -> None:
    lines = [" ".join(command) for command in commands()]
    assert f"pip install --no-cache-dir uv=={LOCKED['uv']}" in lines
    sync = next(line.split() for line in lines if line.startswith("uv sync"))
    assert "--locked" in sync
    groups = {after for word, after in pairwise(sync) if word == "--only-group"}
    assert groups <= read_toml("pyproject.toml")["dependency-groups"].keys()
    kinds = read_yaml(ROOT / "meltano.yml")["plugins"]
    names = {plugin["name"] for plugins in kinds.values() for plugin in plugins}
    installed = [line.split()[2:] for line in lines if line.startswith("meltano install")]
    assert ["--plugin-type", "extractors"] in installed
    assert {name for words in installed if "--plugin-type" not in words for name in words} <= names


# Variables


def variables() -> set[str]:
    """Return the environment variables that deploy/ sets for our programs."""
    of_image = [word.partition("=")[0] for rest in told("ENV")[2:] for word in shlex.split(rest)]
    of_services = [name for service in OURS for name in service["environment"]]
    of_pods = [one["name"] for one in CODE["env"]]
    in_dag = re.findall(r'"([A-Z_]{5,})":', (DEPLOY / "airflow_dag.py").read_text(encoding="utf-8"))
    return {*of_image, *of_services, *of_pods, *in_dag}


def test_each_variable_is_read_by_somebody() -> None:
    ours = [*(ROOT / "orchestrate").glob("**/*.py"), ROOT / "orchestrate" / "dagster.yaml"]
    ours += [ROOT / "transform" / "profiles.yml", DEPLOY / "entrypoint.sh"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in ours)
    settings = yaml.safe_load((resources.files("meltano.core.bundle") / "settings.yml").read_text())
    known = {f"MELTANO_{one['name']}".upper() for one in settings["settings"]}
    known |= {"DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"}  # Dagster's own
    found = variables()
    assert {"MELTANO_DATABASE_URI", "TARGET_POSTGRES_HOST", "EVENT_TAPS_ACCOUNTS"} <= found
    assert {name for name in found - known if not re.search(rf"\b{name}\b", text)} == set()


def test_the_example_names_what_compose_asks_for_and_holds_no_secret() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    lines = (DEPLOY / ".env.example").read_text(encoding="utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert set(re.findall(r"\$\{(\w+)", text)) == example.keys()
    assert {name for name, value in example.items() if SECRET.search(name) and value} == set()


# Compose


def test_compose_lets_in_nobody_from_outside() -> None:
    services = COMPOSE["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    for service in services.values():
        assert not {"network_mode", "privileged"} & service.keys()


def test_compose_gives_the_credentials_to_those_alone_who_run_something() -> None:
    assert [name for name, one in COMPOSE["services"].items() if "env_file" in one] == [*MODULES]


def test_compose_looks_at_each_service_and_starts_it_again() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert all(
            wanted["condition"] == "service_healthy" and other in COMPOSE["services"]
            for other, wanted in service.get("depends_on", {}).items()
        ), name
    assert all(service["read_only"] for service in OURS)


def test_compose_names_what_there_is() -> None:
    for name, service in COMPOSE["services"].items():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"], name
        for config in service.get("configs", []):
            assert config["source"] in COMPOSE["configs"], name
    build = COMPOSE["services"]["loads"]["build"]
    assert (DEPLOY / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()
    databases = COMPOSE["configs"]["databases"]["content"]
    for variable in ("DAGSTER_POSTGRES_URL", "MELTANO_DATABASE_URI"):
        address = OURS[0]["environment"][variable]
        assert f"create database {address.rpartition('/')[2]};" in databases


def test_what_is_written_is_writable_where_the_project_is_not() -> None:
    owned = next(command[2:] for command in commands() if command[0] == "chown")
    paths = {str(Path("/app", path.replace("$DAGSTER_HOME", dagster_home()))) for path in owned}
    code = COMPOSE["services"]["loads"]
    given = {one.split(":")[0] for one in code["tmpfs"]}
    given |= {one.split(":")[1] for one in code["volumes"]}
    assert given == {*paths, "/tmp"}  # noqa: S108 - the container's


def dagster_home() -> str:
    words = [word for rest in told("ENV") for word in shlex.split(rest)]
    return next(word for word in words if word.startswith("DAGSTER_HOME=")).partition("=")[2]


# Kubernetes


def test_the_chart_is_told_what_dagster_yaml_says() -> None:
    ours = read_yaml(ROOT / "orchestrate" / "dagster.yaml")

    def as_in_dagster(values: dict[str, Any]) -> dict[str, Any]:
        return {
            re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name): value
            for name, value in values.items()
        }

    pools, runs = VALUES["concurrency"]["pools"], VALUES["concurrency"]["runs"]
    assert VALUES["concurrency"]["enabled"] is True
    assert as_in_dagster(pools) == ours["concurrency"]["pools"]
    assert as_in_dagster(runs) == ours["concurrency"]["runs"]
    daemon = VALUES["dagsterDaemon"]
    monitoring = as_in_dagster(daemon["runMonitoring"])
    assert monitoring == {**monitoring, **ours["run_monitoring"]}
    assert as_in_dagster(daemon["runRetries"]) == ours["run_retries"]
    assert VALUES["telemetry"] == ours["telemetry"]


def test_pods_run_one_image_as_a_user_without_rights() -> None:
    launcher = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
    parts = [CODE, VALUES["dagsterWebserver"], VALUES["dagsterDaemon"]]
    images = [part["image"] for part in parts]
    assert images == [images[0]] * 3
    assert images[0]["tag"] not in ("", "latest")
    for part in (*parts, launcher):
        assert part["securityContext"]["runAsNonRoot"] is True
        assert part["securityContext"]["allowPrivilegeEscalation"] is False
    port = VALUES["dagsterWebserver"]["service"]["port"]
    assert port >= 1024  # below, only root may listen
    assert VALUES["dagsterWebserver"]["readinessProbe"]["httpGet"]["port"] == port


def test_pods_know_the_instance_of_dagster() -> None:
    volume, mount = CODE["volumes"][1], CODE["volumeMounts"][1]
    release = re.search(r"helm upgrade --install (\S+)", (DEPLOY / "README.md").read_text("utf-8"))
    assert release
    assert volume["configMap"]["name"] == f"{release[1]}-instance"
    assert mount == {
        "name": volume["name"],
        "mountPath": f"{dagster_home()}/dagster.yaml",
        "subPath": "dagster.yaml",
    }


def test_secrets_of_kubernetes_are_named_and_said_how_to_make() -> None:
    readme = (DEPLOY / "README.md").read_text(encoding="utf-8")
    secrets = [VALUES["global"]["postgresqlSecretName"], CODE["envSecrets"][0]["name"]]
    for secret in secrets:
        assert f"create secret generic {secret} " in readme
    volume = CODE["volumes"][0]
    assert f"create configmap {volume['configMap']['name']} " in readme
    assert CODE["volumeMounts"][0]["name"] == volume["name"]
    folder = CODE["volumeMounts"][0]["mountPath"]
    assert {"name": "EVENT_TAPS_ACCOUNTS", "value": f"{folder}/accounts.yml"} in CODE["env"]
    assert "postgresqlPassword" not in VALUES["postgresql"]
    assert VALUES["generatePostgresqlPasswordSecret"] is False


def test_all_load_the_definitions_that_there_are() -> None:
    assert {*DEPLOYMENTS} == {*MODULES}
    servers = {}
    for location, module in MODULES.items():
        assert (ROOT / "orchestrate" / f"{module.replace('.', '/')}.py").is_file()
        assert DEPLOYMENTS[location] == {
            **CODE,
            "name": location,
            "codeServerArgs": ["--module-name", module],
        }
        words = COMPOSE["services"][location]["command"].split()
        assert words[words.index("--module-name") + 1] == module
        port = int(words[words.index("--port") + 1])
        servers[location] = {"location_name": location, "host": location, "port": port}
    workspace = yaml.safe_load(COMPOSE["configs"]["workspace"]["content"])
    assert workspace["load_from"] == [{"grpc_server": one} for one in servers.values()]
    for name in ("daemon", "webserver"):
        (given,) = COMPOSE["services"][name]["configs"]
        assert given["source"] == "workspace"
        assert f"--workspace {given['target']}" in COMPOSE["services"][name]["command"]


@pytest.mark.parametrize(
    ("location", "prepared"), [("loads", "prepare --without-dbt"), ("tables", "prepare")]
)
def test_a_load_starts_whatever_is_wrong_with_the_models(
    tmp_path: Path, location: str, prepared: str
) -> None:
    """In a code server as in a pod of one run, whose arguments name the module, too."""
    program = tmp_path / "event-taps-dagster"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    accounts = tmp_path / "accounts.yml"
    accounts.touch()
    said = subprocess.run(
        [DEPLOY / "entrypoint.sh", "echo", f'{{"module_name":"{MODULES[location]}"}}'],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "EVENT_TAPS_ACCOUNTS": str(accounts)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines()[0] == prepared


# Airflow


class _Task(SimpleNamespace):
    """Stands for an operator: keeps what it was told, and what comes before it."""

    def __init__(self, **told: Any) -> None:
        super().__init__(**told, before=[])

    def __rshift__(self, others: list[_Task]) -> None:
        for other in others:
            other.before.append(self)


class _Dag:
    """Stands for a DAG."""

    def __init__(self, name: str, **told: Any) -> None:
        self.name, self.told = name, told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


ACCOUNTS = """
schedule: "0 4 * * *"
accounts:
  - {tap: tap-airmeet, name: acme, shards: 2, parallel: 2}
  - {tap: tap-meetings-export, name: big_fair}
"""


@pytest.fixture
def dag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what the DAG makes of ACCOUNTS. Airflow is not installed: others stand for it."""
    kubernetes = "airflow.providers.cncf.kubernetes"
    models = SimpleNamespace(V1Volume=_Task, V1VolumeMount=_Task)
    stood_for: dict[str, dict[str, Any]] = {
        f"{kubernetes}.operators.pod": {"KubernetesPodOperator": _Task},
        f"{kubernetes}.secret": {"Secret": lambda *told: told},
        "airflow.providers.standard.operators.empty": {"EmptyOperator": _Task},
        "airflow.sdk": {"DAG": _Dag},
        "kubernetes.client": {"models": models},
    }
    for name, content in stood_for.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    (tmp_path / "accounts.yml").write_text(ACCOUNTS, encoding="utf-8")
    path = tmp_path / "airflow_dag.py"
    path.write_bytes((DEPLOY / "airflow_dag.py").read_bytes())
    made: dict[str, Any] = {"__file__": str(path)}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), made)  # noqa: S102 - our own
    return made


def test_the_dag_loads_each_shard_in_the_pool_of_its_key_and_then_makes_the_tables(
    dag: dict[str, Any],
) -> None:
    tables = dag["tables"]
    assert tables.trigger_rule == "all_done"
    assert dag["all_read"].before == tables.before  # and succeeds only if all did
    accounts = [Account.model_validate(one) for one in yaml.safe_load(ACCOUNTS)["accounts"]]
    assert {load.task_id: (load.pool, load.arguments[-3:]) for load in tables.before} == {
        f"{account.id}__{partition}": (
            account.id,  # as in Dagster
            [f"load_{account.id}", "--tags", f'{{"dagster/partition": "{partition}"}}'],
        )
        for account in accounts
        for partition in account.partitions
    }
    for task in (tables, *tables.before):
        module = MODULES["tables" if task is tables else "loads"]
        assert task.arguments[:6] == ["dagster", "job", "execute", "--module-name", module, "--job"]


def test_what_accounts_yml_may_ask_for_is_what_the_taps_accept() -> None:
    """One is checked before anything runs; the other follows from what the vendor enforces."""
    any_budget = 1_000_000
    for tap in Project(ROOT, "prod").taps:
        settings = load_class(tap).config_jsonschema["properties"]
        most = MAX_REQUESTS_PER_MINUTE.get(tap, any_budget)
        assert settings["requests_per_minute"]["maximum"] == most, tap
