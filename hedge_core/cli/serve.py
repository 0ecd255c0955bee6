"""The command `serve`: start the app.

The app is a folder beside this package: in a clone the repository itself, in an installation `hedge_app`, laid out
alike. Streamlit runs it in a process of its own, and reads its settings from the folder, so the current folder stays.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

import hedge_core
from hedge_core.cli.value_types import TEXT
from hedge_core.errors import HedgeError, InvalidInput, check_installed

_BESIDE = Path(hedge_core.__file__).resolve().parents[1]


@click.command()
@click.option("--port", type=int, default=8501, help="Port on which the app listens.")
@click.option(
    "--address",
    type=TEXT,
    default="localhost",
    help="Address on which the app listens; 0.0.0.0 makes it reachable from other machines.",
)
@click.option("--no-browser", "is_headless", is_flag=True, help="Do not open a browser.")
def serve(port: int, address: str, is_headless: bool) -> int:
    """Start the app and open it in a browser.

    Runs until Ctrl-C. It needs the extra [app].
    """
    if not 1 <= port <= 65_535:
        raise InvalidInput(f"--port {port} is not a port; give a number from 1 to 65535.")
    check_installed("The app", "streamlit", "app")
    command = [sys.executable, "-m", "streamlit", "run", str(app_folder() / "app.py")]
    command += ["--server.port", str(port), "--server.address", address]
    command += ["--server.headless", str(is_headless).lower()]
    sys.stdout.flush()
    if os.name == "posix":  # one process, so that a signal reaches the app
        os.execv(sys.executable, command)
    return subprocess.call(command)


def app_folder(beside: Path = _BESIDE) -> Path:
    """Return the folder with `app.py` and its pages, `beside` being where `hedge_core` is. Raises HedgeError."""
    for folder in (beside / "hedge_app", beside):
        if (folder / "pages" / "ui" / "app" / "shell.py").is_file():
            return folder
    raise HedgeError("The app is not installed with this package. Install altcoin-hedge-planner[app] anew.")
