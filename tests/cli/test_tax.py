"""The command `tax`."""

from __future__ import annotations

import csv
import io

from hedge_core.documents.plan_file import save_plan
from hedge_core.reports.tax_csv import NO_ADVICE
from tests.support.watching import short_plan


def test_the_command_prints_the_csv_and_says_that_it_is_no_advice(run, tmp_path) -> None:
    save_plan(short_plan(), tmp_path / "plan.json")
    code, out, err = run("tax", tmp_path / "plan.json", "--market", "sample")
    assert (code, err.strip()) == (0, f"note: {NO_ADVICE}")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["event"], row["lots"], row["coins"]) == ("sell", "-50", "-5")


def test_a_plan_without_fills_says_so(run, tmp_path) -> None:
    save_plan(short_plan(lots=0), tmp_path / "plan.json")
    code, out, err = run("tax", tmp_path / "plan.json", "--market", "sample")
    assert (code, out) == (2, "")
    assert "no fills" in err
