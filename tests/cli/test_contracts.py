"""The command `contracts`."""

from __future__ import annotations

from hedge_core.market.contracts import catalogue


def test_contracts_lists_every_contract_with_its_source_and_date(run, run_json):
    document = run_json("contracts")

    assert [row["id"] for row in document["contracts"]] == [contract.id for contract in catalogue()]
    assert all(row["source"] and row["verified_on"] for row in document["contracts"])
    assert {row["venue"] for row in run_json("contracts", "--venue", "CME")["contracts"]} == {"CME"}
    code, out, _ = run("contracts", "--venue", "CME")
    assert code == 0
    assert out.count("CME:") == len(run_json("contracts", "--venue", "CME")["contracts"])
