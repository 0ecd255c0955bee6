#!/usr/bin/env bash
# Print the path of a Chromium that starts, for the browser tests; get one if there is none.
# Order: $CHROMIUM, one on PATH, Playwright's own, the system's packages (as root), Playwright's download.
# Only the path goes to standard output. Exit 1 with one line on what to do when none can be had.
set -euo pipefail

PY="${PY:-.venv/bin/python}"

works() { [ -n "$1" ] && "$1" --version >/dev/null 2>&1 </dev/null; }

found() { printf '%s\n' "$1"; exit 0; }

on_path() {
    local name path
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        path="$(command -v "$name" || true)"
        if works "$path"; then found "$path"; fi
    done
}

playwrights_own() {
    "$PY" -c 'from playwright.sync_api import sync_playwright as start
with start() as playwright: print(playwright.chromium.executable_path)' 2>/dev/null || true
}

if [ -n "${CHROMIUM:-}" ]; then
    path="$(command -v "$CHROMIUM" || true)"
    if works "$path"; then found "$path"; fi
    echo "CHROMIUM is set to '$CHROMIUM', which does not start; looking for another one." >&2
fi

on_path

path="$(playwrights_own)"
if works "$path"; then found "$path"; fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "No Chromium found: installing the system's package." >&2
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends chromium >&2; then on_path; fi
fi

echo "No Chromium found: downloading Playwright's." >&2
if "$PY" -m playwright install chromium >&2; then
    path="$(playwrights_own)"
    if works "$path"; then found "$path"; fi
fi

echo "The browser tests need Chromium and none could be installed: run 'sudo apt-get install chromium', then again." >&2
exit 1
