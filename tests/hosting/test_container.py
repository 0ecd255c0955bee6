"""The files for Docker, as far as they can be checked without it: consistent, pinned, locked down, and complete."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.hosting.site import NGINX, REPLICAS, ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
APPS = [name for name in SERVICES if name.startswith("app-")]
PINNED = re.compile(r"[a-z/]+:\d+\.\d+\.\d+(-[a-z]+)*")


def copied() -> list[str]:
    """What the Dockerfile copies out of the project."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    return sorted({name for line in lines for name in line.split()})


def test_base_images_are_pinned_and_the_same() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(set(bases)) == 1
    assert PINNED.fullmatch(bases[0])


def test_the_image_runs_as_nobody_in_particular_and_installs_what_the_app_needs_only() -> None:
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", DOCKERFILE, re.MULTILINE)
    assert "requirements-dev" not in DOCKERFILE
    assert "HEALTHCHECK" in DOCKERFILE
    assert "/ready" in DOCKERFILE


def test_what_is_not_copied_is_not_sent_to_the_builder() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    assert sorted(line[1:] for line in ignore if line.startswith("!")) == copied()


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded_and_locked_down(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["logging"]["options"]["max-size"]
    assert "stop_grace_period" in service
    assert PINNED.fullmatch(service["image"]) or "build" in service
    if "build" not in service:
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])


def test_only_nginx_is_published_and_only_to_this_machine() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "nginx": ["127.0.0.1:${PORT:-8080}:8080"]
    }
    assert "listen 8080;" in (NGINX / "listen.conf").read_text()
    assert COMPOSE["networks"]["cache"] == {"internal": True}
    assert SERVICES["redis"]["networks"] == ["cache"]


def test_nginx_is_given_the_configuration_that_the_tests_start() -> None:
    mounted = dict(volume.split(":")[:2] for volume in SERVICES["nginx"]["volumes"])

    assert {(DEPLOY / source).resolve() for source in mounted} == set(NGINX.glob("*.conf"))
    assert all(target == f"/etc/nginx/{Path(source).name}" for source, target in mounted.items())
    assert all(volume.endswith(":ro") for volume in SERVICES["nginx"]["volumes"])


def test_each_replica_has_the_name_and_the_address_that_nginx_knows() -> None:
    found = {
        SERVICES[name]["environment"]["HEDGE_REPLICA"]: f"{SERVICES[name]['networks']['front']['ipv4_address']}:8501"
        for name in APPS
    }
    assert found == REPLICAS
    text = (NGINX / "replicas.conf").read_text()
    for name, address in REPLICAS.items():
        assert f"{name} replica-{name};" in text
        group = re.search(rf"^upstream replica-{name} {{(.+?)^}}", text, re.MULTILINE | re.DOTALL)
        assert group
        servers = dict(re.findall(r"server (\S+) ?(.*);", group[1]))
        assert set(servers) == set(REPLICAS.values())
        assert [server for server, options in servers.items() if "backup" not in options] == [address]


def test_what_the_image_holds_is_enough_to_draw_every_page(tmp_path: Path) -> None:
    for name in copied():
        if name == "requirements.txt":
            continue
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    program = """
import hosted
from streamlit.testing.v1 import AppTest
from hedge_core import load_plan
from pages.ui.app import navigation as paths
for page in paths.PAGES:
    test = AppTest.from_file(f"pages/{page}.py", default_timeout=60)
    test.session_state.bag_rows, test.session_state.bag_version = [], 1
    test.session_state.plan = load_plan("examples/layer1_bag.json")
    test.run()
    assert not test.exception and not test.error, (page, test.exception, test.error)
    assert test.title, page
print("drawn", hosted.__file__)
"""

    done = subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.stdout == f"drawn {tmp_path}/hosted.py\n", done.stderr


def test_compose_accepts_its_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed; the file is checked as YAML")
    done = subprocess.run(
        [docker, "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
