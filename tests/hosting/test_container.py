"""The files for Docker, as far as they can be checked without it: consistent, pinned, locked down, and complete."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version as version_of
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.utils import canonicalize_name

from benchmarks.servers import free_port
from tests.hosting.site import NGINX, REPLICAS, ROOT, needed, until

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
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${PYTHON_IMAGE}"}
    (base,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert PINNED.fullmatch(base)


def test_the_image_runs_as_nobody_in_particular_and_installs_what_the_app_needs_only() -> None:
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", DOCKERFILE, re.MULTILINE)
    assert "requirements-dev" not in DOCKERFILE
    assert "HEALTHCHECK" in DOCKERFILE
    assert "/ready" in DOCKERFILE


def test_the_lock_holds_what_requirements_txt_asks_for_and_each_file_by_its_hash() -> None:
    asked = re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    entries = (DEPLOY / "requirements.lock").read_text().replace(" \\\n", "").splitlines()[1:]
    locked = {}
    for entry in entries:
        name, version, hashes = re.fullmatch(
            r"([a-z0-9-]+)==(\S+)((?:    --hash=sha256:[0-9a-f]{64})+)", entry
        ).groups()
        locked[name] = version
        assert hashes

    assert asked
    assert {name: locked.get(canonicalize_name(name)) for name, _ in asked} == dict(asked)
    assert {name: version for name, version in locked.items() if installed(name) not in (None, version)} == {}
    assert "--require-hashes -r requirements.lock" in DOCKERFILE


def installed(name: str) -> str | None:
    """The version in this environment, which holds what requirements.txt leads to."""
    with suppress(PackageNotFoundError):
        return version_of(name)
    return None


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
    for place in service["tmpfs"]:
        assert {"noexec", "nosuid", "nodev"} <= set(place.partition(":")[2].split(","))
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


def test_nginx_has_no_way_out_and_the_replicas_have_one() -> None:
    front = COMPOSE["networks"]["front"]
    assert front["driver_opts"]["com.docker.network.bridge.enable_ip_masquerade"] == "false"
    assert SERVICES["nginx"]["networks"] == ["front"]
    for name in APPS:
        with_a_way_out = sorted(set(SERVICES[name]["networks"]) - {"cache"})
        assert with_a_way_out[0] == "exchanges"  # Docker takes the first by name
        assert SERVICES[name]["environment"]["HEDGE_PROXY"] == "on"


def test_redis_asks_for_the_password_and_does_not_show_it(tmp_path: Path) -> None:
    """The command of the compose file, with its doubled dollar signs as compose reads them."""
    needed("redis-server")
    port, password = free_port(), "a1b2c3d4e5f6"
    shell, option, script = SERVICES["redis"]["command"]
    script = script.replace("$$", "$").replace("--save", f"--port {port} --bind 127.0.0.1 --dir {tmp_path} --save")
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [shell, option, script], env={**os.environ, "REDIS_PASSWORD": password}, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        good = f"redis://:{password}@127.0.0.1:{port}/0"
        until("Redis answers", lambda: answers(good), 10.0)
        assert not answers(f"redis://127.0.0.1:{port}/0")
        assert not answers(f"redis://:wrong@127.0.0.1:{port}/0")
        lines = [read(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
        shown = [line for line in lines if str(port).encode() in line]
        assert shown
        assert not any(password.encode() in line for line in shown)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def answers(url: str) -> bool:
    import redis

    client = redis.Redis.from_url(url, socket_timeout=1.0)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


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
        if name == "deploy/requirements.lock":
            continue
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target)  # with what is compiled, which nothing can be imported from alone
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
