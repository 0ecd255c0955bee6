"""The command `study`: tables, JSON, a report, and what it refuses."""

from __future__ import annotations

import pytest

CLOSES = "date,BTC,ETH,UNI\n"


@pytest.fixture
def closes(tmp_path):
    import numpy as np

    random = np.random.default_rng(2)
    market = random.normal(0.0, 0.03, 160)
    own = random.normal(0.0, 0.01, (160, 3))
    prices = np.exp(np.cumsum(market[:, None] + own, axis=0)) * np.array([60_000.0, 2_000.0, 8.0])
    first = np.datetime64("2025-01-01")
    rows = [f"{first + day},{a:.4f},{b:.4f},{c:.6f}" for day, (a, b, c) in enumerate(prices)]
    path = tmp_path / "closes.csv"
    path.write_text(CLOSES + "\n".join(rows) + "\n")
    return path


def test_a_study_is_printed_as_tables_as_json_and_as_a_report(run, run_json, closes, tmp_path):
    report = tmp_path / "study.html"
    options = ("--market", f"csv:{closes}", "--coins", "uni", "--window", "60", "--value", "50000", "--seed", "4")

    code, out, err = run("study", *options, "--out", report)
    document = run_json("study", *options)

    assert (code, err) == (0, "")
    assert "| UNI | 3 |" in out
    (subject,) = document["subjects"]
    assert subject["subject"] == {"name": "UNI", "coins": ["UNI"], "barred": ["UNI"]}
    assert 0.5 < subject["full"]["variance_reduction"] < 1.0
    assert subject["full"]["variance_reduction"] > subject["planned"]["variance_reduction"]
    assert report.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--coins", "NOVA"), "NOVA: not a coin of this market"),
        (("--venue", "Nowhere"), "--venue: 'Nowhere' has no known contract"),
        (("--value", "0"), "--value"),
        (("--ratio", "2"), "--ratio"),
        (("--window", "7"), "--window"),
        (("--seed", "-1"), "--seed"),
        (("--funding", "/nowhere/funding.csv"), "Cannot read"),
    ],
)
def test_what_cannot_be_studied_is_said_with_exit_code_2(run, closes, options, says):
    code, out, err = run("study", "--market", f"csv:{closes}", *options)

    assert (code, out) == (2, "")
    assert says in err
