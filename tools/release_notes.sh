#!/usr/bin/env bash
# release_notes.sh v1.2.3: print the section of CHANGELOG.md for a tag; fail unless pyproject.toml has the same version.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tag="${1:?Give a tag, such as v1.2.3}"
version="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
if [ "$tag" != "v$version" ]; then
    echo "The tag is $tag and pyproject.toml says $version." >&2
    exit 1
fi
notes="$(awk -v heading="## [$version]" 'index($0, heading) == 1 { on = 1; next } /^## / { on = 0 } on' CHANGELOG.md)"
if [ -z "$notes" ]; then
    echo "CHANGELOG.md has no section for $version." >&2
    exit 1
fi
printf '%s\n' "$notes"
