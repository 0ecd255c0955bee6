#!/usr/bin/env bash
# Commit what `make catalogue` has changed on a branch of its own, and open a pull request for it; nothing without a
# change. Needs GH_TOKEN, and REPOSITORY as owner/name. With DRY_RUN=1 it only says what it would do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

changed=(hedge_core/data docs/venues.md)
if git diff --quiet -- "${changed[@]}"; then
    echo "The venues' lists say what the catalogue says."
    exit 0
fi
branch="catalogue-$(date --utc +%Y-%m-%d)"
title="Bring contracts, fees and margins up to date ($(date --utc +%Y-%m-%d))"
if [ "${DRY_RUN:-}" = 1 ]; then
    echo "Would open '$title' from $branch with:"
    git diff --stat -- "${changed[@]}"
    exit 0
fi
git config user.name "github-actions[bot]"
git config user.email "41898282+github-actions[bot]@users.noreply.github.com"
git switch --create "$branch"
git add -- "${changed[@]}"
git commit --quiet --message "$title"
gh auth setup-git
git push --force "https://github.com/$REPOSITORY.git" "$branch"
if [ -z "$(gh pr list --head "$branch" --json number --jq '.[].number')" ]; then
    gh pr create --head "$branch" --title "$title" \
        --body "Read from the venues' public lists by \`make catalogue\`, which refuses changes that cannot be right. Read the difference, then merge."
fi
