"""What tests of the command line share: running a command in this process or in its own, and plan files."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hedge_core.cli.main import main
from tests.support.malformed import as_bytes


@pytest.fixture
def run(capsys):
    """Run a command in this process: (exit code, standard output, standard error)."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def run_json(run):
    """Run a command with --json and read its one object."""

    def run_json(*arguments):
        code, out, err = run(*arguments, "--json")
        assert (code, err) == (0, "")
        return json.loads(out, parse_constant=pytest.fail)

    return run_json


@pytest.fixture
def run_process():
    """Run a command in a process of its own; the result holds bytes."""

    def run_process(*arguments, stdin=None):
        return subprocess.run(
            [sys.executable, "-m", "hedge_core", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )

    return run_process


@pytest.fixture
def plan_file(tmp_path):
    """Write a document (a dict, or bytes as they are) to a file."""

    def plan_file(document):
        path = tmp_path / "plan.json"
        path.write_bytes(as_bytes(document))
        return path

    return plan_file
