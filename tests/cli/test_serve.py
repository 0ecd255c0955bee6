"""`serve` hands over to Streamlit, and a command that needs an extra names it."""

from __future__ import annotations

import sys

import pytest


def test_serve_hands_over_to_streamlit_with_what_was_asked(run, monkeypatch, project_root):
    replaced, called = [], []
    monkeypatch.setattr("os.execv", lambda program, command: replaced.append(command))
    monkeypatch.setattr("subprocess.call", lambda command: called.append(command) or 0)

    assert run("serve", "--port", "8600", "--no-browser") == (0, "", "")

    assert called[0][:5] == [sys.executable, "-m", "streamlit", "run", str(project_root / "app.py")]
    assert called[0][5:] == ["--server.port", "8600", "--server.address", "localhost", "--server.headless", "true"]
    assert replaced in (called, [])  # one process where the system can replace one, else two


def test_a_port_out_of_range_is_refused(run):
    code, out, err = run("serve", "--port", "70000")

    assert (code, out) == (2, "")
    assert err.startswith("error: --port 70000 is not a port")


@pytest.mark.parametrize(
    ("blocked", "command", "extra"),
    [
        ("ccxt", ["propose", "examples/layer1_bag.json", "--market", "kraken"], "live"),
        ("dogpile", ["contracts", "--venue", "okx", "--live"], "live"),
        ("requests", ["monitor", "examples/layer1_bag.json", "--market", "kraken"], "live"),
        ("streamlit", ["serve"], "app"),
    ],
)
def test_a_command_that_needs_an_extra_names_it(run, monkeypatch, project_root, blocked, command, extra):
    monkeypatch.chdir(project_root)
    monkeypatch.setitem(sys.modules, blocked, None)

    code, out, err = run(*command)

    assert (code, out) == (2, "")
    assert err.endswith(f"pip install 'altcoin-hedge-planner[{extra}]'\n")
