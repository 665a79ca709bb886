"""docker-compose.yml, checked by a real compose binary. No image is built or started here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.settings import Settings
from docker.prepare import role_passwords
from docker.submit_jobs import NEEDED, values_of

ROOT = Path(__file__).parents[2]
COMPOSE = Path(sys.executable).parent / "docker-compose"
EXAMPLE = ROOT / ".env.example"
VARIABLES = re.findall(r"^([A-Z_]+)=$", EXAMPLE.read_text(), re.MULTILINE)
PASSWORDS = {name: f"word{number}" for number, name in enumerate(VARIABLES)}
PINNED = re.compile(r"^[a-z0-9./-]+:v?\d+(\.\d+){1,2}([a-z0-9.-]*)$")


def compose(*arguments: str, passwords: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **passwords}
    command = [str(COMPOSE), "--env-file", "/dev/null", "--profile", "*", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@cache
def services() -> dict[str, dict[str, Any]]:
    done = compose("config", "--format", "json", passwords=PASSWORDS)
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)["services"]
    return found


def test_compose_accepts_the_file() -> None:
    done = compose("config", "-q", passwords=PASSWORDS)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", VARIABLES)
def test_an_unset_password_stops_it_and_is_named(name: str) -> None:
    done = compose("config", "-q", passwords={**PASSWORDS, name: ""})
    assert done.returncode != 0
    assert f"required variable {name} is missing a value: set it in .env" in done.stderr


def test_every_variable_of_the_file_is_in_the_example_without_a_value() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert used == set(VARIABLES)


def test_the_command_in_the_example_fills_in_every_password(tmp_path: Path) -> None:
    command = re.search(r"^#   (awk .*) \.env\.example > \.env$", EXAMPLE.read_text(), re.MULTILINE)
    assert command
    shell = ["sh", "-c", f"{command[1]} {EXAMPLE}"]
    filled = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    words = re.findall(r"^[A-Z_]+=([0-9a-f]{48})$", filled, re.MULTILINE)
    assert len(words) == len(set(words)) == len(VARIABLES)


def test_a_healthy_condition_points_at_a_service_with_a_health_check() -> None:
    for name, service in services().items():
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services()[other], f"{name} waits for {other}"
            else:
                assert condition["condition"] == "service_completed_successfully"
                assert services()[other]["restart"] == "no"


def test_every_server_has_a_health_check_and_comes_back() -> None:
    servers = {name for name, service in services().items() if service["restart"] != "no"}
    assert servers >= {"kafka", "mongo", "postgres", "flink-jobmanager", "flink-taskmanager"}
    assert servers >= {"prometheus", "grafana", "exporter"}
    for name in servers - {"stream-jobs"}:
        assert services()[name]["restart"] == "unless-stopped"
        assert services()[name]["healthcheck"]["test"], name


def test_every_image_is_pinned() -> None:
    images = [service["image"] for service in services().values()]
    for dockerfile in (ROOT / "docker").glob("*.Dockerfile"):
        images += re.findall(r"^FROM (\S+)", dockerfile.read_text(), re.MULTILINE)
    for image in images:
        assert PINNED.match(image), image


def test_ports_are_published_on_loopback_only() -> None:
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert len(published) >= 6
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


def test_every_mounted_or_built_file_exists() -> None:
    for service in services().values():
        for volume in service.get("volumes", []):
            assert volume["type"] == "volume" or Path(volume["source"]).exists(), volume["source"]
        if build := service.get("build"):
            assert (Path(build["context"]) / build["dockerfile"]).exists()


def test_what_the_images_copy_exists_and_is_in_the_build_context() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in ignore if line.startswith("!")}
    for dockerfile in (ROOT / "docker").glob("*.Dockerfile"):
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile.read_text(), re.MULTILINE):
            for source in line.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source.split("/")[0] in allowed, source


def test_every_package_that_the_images_run_is_copied() -> None:
    for dockerfile, imported in {
        "flink": {"contract", "rules", "storage", "monitoring", "flink_jobs", "stack"},
        "spark": {"contract", "rules", "storage", "monitoring", "risk_models", "spark_jobs", "ingestion"},
    }.items():
        text = (ROOT / "docker" / f"{dockerfile}.Dockerfile").read_text()
        copied = set(re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE))
        assert imported <= copied


def test_tandems_services_are_given_settings_by_their_names() -> None:
    known = {name.upper() for name in Settings.model_fields}
    for name, service in services().items():
        if service["image"].startswith("tandem-"):
            assert set(service.get("environment", {})) <= known, name
            assert service["cap_drop"] == ["ALL"]


def test_the_settings_of_each_service_are_well_formed() -> None:
    for service in services().values():
        if service["image"].startswith("tandem-"):
            given = {name.lower(): value for name, value in service.get("environment", {}).items()}
            assert Settings(**given)


def test_each_job_has_the_least_rights() -> None:
    def logins(name: str) -> set[str]:
        values = services()[name]["environment"].values()
        return set(re.findall(r"://(\w+):", " ".join(values)))

    assert logins("prepare") == {"tandem", "tandem_owner", "tandem_batch", "tandem_monitor"}
    assert logins("batch") == {"tandem_jobs", "tandem_batch"}
    assert logins("exporter") == {"tandem_monitor"}
    assert logins("stream-jobs") == {"tandem_jobs"}
    users = (ROOT / "docker" / "mongo" / "users.js").read_text()
    for user in ("tandem_owner", "tandem_jobs", "tandem_monitor"):
        assert f"{user}: [" in users


def test_the_preparation_takes_the_roles_passwords_from_their_addresses() -> None:
    environment = services()["prepare"]["environment"]
    settings = Settings(**{name.lower(): value for name, value in environment.items()})
    assert role_passwords(settings) == {
        "tandem_batch": PASSWORDS["POSTGRES_BATCH_PASSWORD"],
        "tandem_monitor": PASSWORDS["POSTGRES_MONITOR_PASSWORD"],
    }


def test_the_submission_has_all_that_it_needs() -> None:
    environment = services()["stream-jobs"]["environment"]
    settings = Settings(**{name.lower(): value for name, value in environment.items()})
    assert set(values_of(settings)) == {name.upper() for name in NEEDED}


def test_flinks_configuration_keeps_the_java_options_of_the_distribution() -> None:
    (packaged,) = ROOT.glob(".venv-flink/lib/python3*/site-packages/pyflink/conf/config.yaml")
    ours = yaml.safe_load((ROOT / "docker" / "flink" / "config.yaml").read_text())
    theirs = yaml.safe_load(packaged.read_text())
    assert ours["env.java.opts.all"] == theirs["env"]["java"]["opts"]["all"]
    assert str(ours["metrics.reporter.prom.port"]) in " ".join(
        services()["flink-taskmanager"]["healthcheck"]["test"]
    )
