#!/usr/bin/env bash
# Install redis-server for the tests of a shared cache where that can be done (as root, with apt); else say what is left out.
set -euo pipefail

if command -v redis-server >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "No redis-server found: installing the system's package." >&2
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends redis-server >&2; then exit 0; fi
fi
echo "No redis-server: the tests of a shared cache are left out. To run them: sudo apt-get install redis-server" >&2
