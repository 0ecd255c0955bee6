"""Write deploy/requirements.lock: every package that requirements.txt leads to, with the hashes of its files.

`make lock` (uses the network). pip resolves the versions; the index states the hashes of all files of each, so that the
lock holds on every kind of machine. An installation with `--require-hashes` then takes these files and no others.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename as parse_wheel,
)

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "deploy" / "requirements.lock"
INDEX = "https://pypi.org/simple"
HEAD = """\
# What the image installs: everything that requirements.txt leads to, each file by its hash. Written by `make lock`.
"""


def resolved() -> list[dict[str, Any]]:
    """What pip would install into an empty environment."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    done = subprocess.run(
        [*command, "-r", str(ROOT / "requirements.txt")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    packages: list[dict[str, Any]] = json.loads(done.stdout)["install"]
    return packages


def version_of(filename: str) -> str:
    """The version in the name of a file; '' if it is none that pip installs."""
    try:
        return str((parse_wheel if filename.endswith(".whl") else parse_sdist_filename)(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""


def hashes(name: str, version: str, chosen: dict[str, Any]) -> list[str]:
    """The SHA-256 of every file of this version that the index has, and of the one that pip chose here."""
    request = urllib.request.Request(
        f"{INDEX}/{canonicalize_name(name)}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            files = json.load(answer)["files"]
    except urllib.error.HTTPError as error:
        if error.code != 404:  # not on the index: pip has it from elsewhere
            raise
        files = []
    found = {file["hashes"]["sha256"] for file in files if version_of(file["filename"]) == version}
    return sorted({*found, chosen["archive_info"]["hashes"]["sha256"]})


def lines(packages: list[dict[str, Any]]) -> list[str]:
    """One requirement with its hashes for each package, by name."""
    found = []
    for package in sorted(packages, key=lambda one: canonicalize_name(one["metadata"]["name"])):
        name, version = package["metadata"]["name"], package["metadata"]["version"]
        parts = [f"{canonicalize_name(name)}=={version}"]
        parts += [f"    --hash=sha256:{one}" for one in hashes(name, version, package["download_info"])]
        found.append(" \\\n".join(parts))
    return found


def main() -> int:
    LOCK.write_text(HEAD + "\n".join(lines(resolved())) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
