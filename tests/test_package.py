"""What `pip install` brings: the wheel's files, the ranges of its metadata, and an installation that works.

The wheel holds the core as `hedge_core`, and the app as the folder `hedge_app`, laid out as in the repository.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import CallToolResult
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.servers import free_port
from hedge_core.cli.serve import app_folder
from hedge_core.errors import HedgeError, MissingPackage, check_installed
from tests.support import coroutines

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
APP = ("app.py", "hosted.py", "docs/glossary.md", ".streamlit/config.toml")
APP_FOLDERS = ("pages", "hosting", "examples")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network by the backend that is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def files_in(folder: str) -> set[str]:
    return {
        str(path.relative_to(ROOT)).replace("\\", "/")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


def pins(name: str) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([^\s\\]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in found}


def ranges(*extras: str) -> dict[str, Requirement]:
    listed = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return {canonicalize_name(found.name): found for found in map(Requirement, listed) if found.name != PROJECT["name"]}


def test_the_wheel_holds_the_core_and_the_app_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    app = set(APP).union(*map(files_in, APP_FOLDERS))
    assert "hedge_core/py.typed" in names
    assert {
        "hedge_core/data/contracts.csv",
        "hedge_core/reports/html/report.css",
        "hedge_core/hedge/__init__.pyi",
    } < names

    of_metadata = {name for name in names if ".dist-info/" in name}

    assert names - of_metadata == files_in("hedge_core") | {f"hedge_app/{name}" for name in app}


def test_the_wheel_states_its_version_its_extras_and_the_command(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        stated = Parser().parsestr(archive.read(metadata).decode())
        entry_points = archive.read(metadata.replace("METADATA", "entry_points.txt")).decode()

    assert stated["Version"] == PROJECT["version"]
    assert stated.get_all("Provides-Extra") == ["all", "app", "live", "mcp", "notify"]
    assert "hedge = hedge_core.cli.main:main" in entry_points
    unconditional = {Requirement(line).name for line in stated.get_all("Requires-Dist") if "extra ==" not in line}
    assert unconditional.isdisjoint({"streamlit", "plotly", "ccxt", "apprise", "mcp", "redis", "requests"})


def test_the_changelog_has_a_section_for_the_version() -> None:
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_each_pinned_package_of_the_app_is_in_the_range_of_the_library_and_the_other_way_round() -> None:
    pinned, allowed = pins("requirements.txt"), ranges("app", "live", "notify")

    assert set(pinned) == set(allowed) - {"tzdata"}
    assert [name for name, version in pinned.items() if version not in allowed[name].specifier] == []


def test_what_mcp_is_tested_with_is_in_its_range() -> None:
    assert pins("requirements-dev.txt")["mcp"] in ranges("mcp")["mcp"].specifier


def test_every_range_has_an_end_so_that_a_new_major_version_cannot_break_an_installation() -> None:
    open_ended = [
        name
        for name, found in ranges("app", "live", "notify", "mcp").items()
        if name != "tzdata" and {spec.operator for spec in found.specifier} != {">=", "<"}
    ]

    assert open_ended == []


def test_the_app_is_found_in_a_clone_and_in_an_installation(tmp_path: Path) -> None:
    assert app_folder() == ROOT

    shell = tmp_path / "hedge_app" / "pages" / "ui" / "app" / "shell.py"
    shell.parent.mkdir(parents=True)
    shell.touch()

    assert app_folder(tmp_path) == tmp_path / "hedge_app"


def test_a_missing_app_or_package_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(HedgeError, match=r"altcoin-hedge-planner\[app\]"):
        app_folder(tmp_path)
    with pytest.raises(MissingPackage, match=r"pip install 'altcoin-hedge-planner\[live\]'"):
        check_installed("Reading prices", "no_such_package", "live")


class Installed:
    """An environment in which nothing but the package is installed, and a folder to use it in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", str(folder / "environment")], check=True)
        self.programs = folder / "environment" / ("Scripts" if sys.platform == "win32" else "bin")
        (folder / "bag.csv").write_bytes((ROOT / "examples" / "bag.csv").read_bytes())

    def install(self, what: str) -> None:
        command = [str(self.programs / "python"), "-m", "pip", "install", "-q", "--no-compile", what]
        subprocess.run(command, check=True)

    def hedge(self, *arguments: str, code: int = 0) -> str:
        command = [str(self.programs / "hedge"), *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout or done.stderr


@pytest.mark.rare
def test_the_core_alone_makes_a_plan_and_says_what_the_app_needs(wheel: Path, tmp_path: Path) -> None:
    """Takes a minute or two and asks the package index."""
    installed = Installed(tmp_path)
    installed.install(str(wheel))

    (tmp_path / "plan.json").write_text(installed.hedge("new", "bag.csv", "--risk", "30%"), encoding="utf-8")

    assert "Target hedge ratio 70.0%" in installed.hedge("propose", "plan.json")
    assert "altcoin-hedge-planner[app]" in installed.hedge("serve", code=2)
    assert "altcoin-hedge-planner[mcp]" in installed.hedge("mcp", code=2)


@pytest.mark.rare
def test_an_installed_app_is_served(wheel: Path, tmp_path: Path) -> None:
    """Takes two minutes or more and asks the package index."""
    installed = Installed(tmp_path)
    installed.install(f"{wheel}[app]")
    port = free_port()
    command = [str(installed.programs / "hedge"), "serve", "--port", str(port), "--no-browser"]
    server = subprocess.Popen(command, cwd=tmp_path)
    try:
        assert answer_of(f"http://localhost:{port}/_stcore/health") == b"ok"
        assert b"<title>" in answer_of(f"http://localhost:{port}/")
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.rare
def test_installed_tools_answer_an_assistant(wheel: Path, tmp_path: Path) -> None:
    """Takes a minute or two and asks the package index."""
    installed = Installed(tmp_path)
    installed.install(f"{wheel}[mcp]")
    plan = {"schema": "hedge-plan", "version": 1, "holdings": [{"coin": "LINK", "quantity": 500}]}
    server = StdioServerParameters(command=str(installed.programs / "hedge"), args=["mcp"], cwd=tmp_path)

    async def asked() -> CallToolResult:
        async with Client(stdio_client(server)) as client:
            return await client.call_tool("propose", {"plan": plan})

    result = coroutines.run(asked())

    assert not result.is_error
    assert result.structured_content["bag_value"] > 0


def answer_of(url: str, *, seconds: float = 60) -> bytes:
    """The body of a page, asked again until the server has started."""
    end = time.monotonic() + seconds
    while True:
        try:
            body: bytes = urllib.request.urlopen(url, timeout=5).read()
            return body
        except urllib.error.URLError:
            assert time.monotonic() < end, f"{url} did not answer within {seconds:g} s"
            time.sleep(0.3)
