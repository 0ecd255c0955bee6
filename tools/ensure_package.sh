#!/usr/bin/env bash
# Install a program that some tests need where that can be done (as root, with apt); else say what is left out.
# Usage: ensure_package.sh PROGRAM PACKAGE WHAT
set -euo pipefail

program="$1" package="$2" what="$3"
PATH="$PATH:/usr/sbin:/sbin"

if command -v "$program" >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "No $program found: installing the system's package $package." >&2
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends "$package" >&2; then exit 0; fi
fi
echo "No $program: the tests of $what are left out. To run them: sudo apt-get install $package" >&2
