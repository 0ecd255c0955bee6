"""The workflows and forms of `.github`: pinned actions, least rights, and steps that exist here.

`make workflows` checks them against their schemas; here is what no schema knows.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[a-z]*_*.yml"))
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def jobs() -> list[tuple[str, dict[str, Any]]]:
    return [(f"{path.stem}.{name}", job) for path in WORKFLOWS for name, job in read(path)["jobs"].items()]


def steps() -> list[dict[str, Any]]:
    return [step for _, job in jobs() for step in job["steps"]]


def test_there_are_workflows_for_changes_the_catalogue_the_docs_and_releases() -> None:
    assert [path.stem for path in WORKFLOWS] == ["catalogue", "ci", "docs", "release"]
    assert set(read(ROOT / ".github/workflows/ci.yml")["jobs"]) == {
        "app", "checks", "core", "dependencies", "docs", "image", "package", "sbom",
    }  # fmt: skip


def test_the_core_is_tried_on_three_systems_and_four_pythons() -> None:
    matrix = dict(jobs())["ci.core"]["strategy"]["matrix"]

    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert [system.split("-")[0] for system in matrix["system"]] == ["ubuntu", "macos", "windows"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_named_by_its_commit_with_its_version_beside_it(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))

    assert used
    assert [line for line in used if not re.match(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


def test_one_action_has_one_commit_everywhere() -> None:
    commits: dict[str, set[str]] = {}
    for step in steps():
        if "uses" in step:
            name, _, commit = step["uses"].partition("@")
            commits.setdefault(name, set()).add(commit)

    assert {name: found for name, found in commits.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_and_a_job_asks_for_the_little_more_it_needs(path: Path) -> None:
    assert read(path)["permissions"] == {"contents": "read"}


def test_only_these_jobs_may_write() -> None:
    may = {name: job["permissions"] for name, job in jobs() if "permissions" in job}

    assert may == {
        "catalogue.catalogue": {"contents": "write", "pull-requests": "write"},
        "docs.publish": {"pages": "write", "id-token": "write"},
        "release.publish": {"id-token": "write"},
        "release.notes": {"contents": "write"},
    }


def test_every_job_ends_by_itself_and_keeps_no_credentials_in_the_checkout() -> None:
    assert [name for name, job in jobs() if not job.get("timeout-minutes")] == []
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert [step for step in checkouts if step["with"]["persist-credentials"] is not False] == []


def test_no_workflow_holds_a_secret() -> None:
    assert [path.name for path in WORKFLOWS if "secrets." in path.read_text(encoding="utf-8")] == []


def test_every_make_target_and_every_script_of_a_step_exists() -> None:
    commands = [step["run"] for step in steps() if "run" in step]
    targets = {target for command in commands for target in re.findall(r"\bmake ([a-z]+)", command)}
    scripts = {script for command in commands for script in re.findall(r"\btools/\S+\.sh", command)}
    tests = {path for command in commands for path in re.findall(r"\btests/[\w./]+", command)}

    assert {"check", "test", "package", "installed", "docs", "sbom", "audit", "catalogue", "workflows"} == targets
    assert [script for script in scripts if not (ROOT / script).stat().st_mode & 0o100] == []
    assert [path for path in tests if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_each_thing_once_and_says_how_to_strip_personal_data(path: Path) -> None:
    form = read(path)
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    names = [part["id"] for part in asked]

    assert len(names) == len(set(names))
    promises = [option for part in asked if part["id"] == "stripped" for option in part["attributes"]["options"]]
    assert "this page is public" in form["body"][0]["attributes"]["value"].lower()
    assert [promise["required"] for promise in promises] == [True]


def test_there_is_a_form_for_a_wrong_number_and_one_for_a_file_that_reads_wrong() -> None:
    assert [read(path)["name"] for path in FORMS] == ["A file that reads wrong", "A wrong number"]


def test_a_tag_that_agrees_prints_its_section_of_the_changelog_and_another_fails() -> None:
    def notes(tag: str) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "tools" / "release_notes.sh"), tag]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    good, bad = notes(f"v{VERSION}"), notes("v9.9.9")

    assert (good.returncode, good.stderr) == (0, "")
    assert "### Added" in good.stdout
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "pyproject.toml says" in bad.stderr


def test_the_citation_names_this_version() -> None:
    assert read(ROOT / "CITATION.cff")["version"] == VERSION
