"""Plan documents that must be refused, each with the words that tell the user where the fault is."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

GOOD: dict[str, Any] = {
    "schema": "hedge-plan",
    "version": 1,
    "name": "A plan",
    "holdings": [{"coin": "SOL", "quantity": 10.0}, {"coin": "NEAR", "quantity": 500.0, "role": "speculative"}],
    "decisions": {"risk_accepted": 0.3, "horizon_days": 30},
    "overrides": {
        "prices": {"SOL": 150.0, "NEAR": 5.0, "ETH": 2000.0},
        "betas": {"SOL": 1.3},
        "proxies": {"SOL": "ETH"},
        "contract_choice": {},
        "contracts": [{"code": "MINE", "underlying": "ETH", "coins": 0.1}],
        "costs": {"fee_rate": 0.0},
    },
    "market": "sample",
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good document with one place changed; `holdings.1.coin` is the coin of the second row."""
    document = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    place: Any = document
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value
    return document


def without(key: str) -> dict[str, Any]:
    """The good document without one of its first-level fields."""
    return {name: value for name, value in GOOD.items() if name != key}


class Raw(str):
    """A number that json.dumps cannot write, put into the text as it stands."""


def as_bytes(document: Any) -> bytes:
    """The document as a file holds it; values of the kind Raw go in without quotes."""
    if isinstance(document, bytes):
        return document
    marks: dict[str, str] = {}

    def marked(value: Any) -> Any:
        if isinstance(value, Raw):
            marks[f'"<raw {len(marks)}>"'] = str(value)
            return f"<raw {len(marks) - 1}>"
        if isinstance(value, dict):
            return {key: marked(child) for key, child in value.items()}
        return [marked(child) for child in value] if isinstance(value, list) else value

    text = json.dumps(marked(document))
    for mark, raw in marks.items():
        text = text.replace(mark, raw)
    return text.encode()


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    """A plan whose notes are a list in a list in a list."""
    return f'{{"schema":"hedge-plan","version":1,"notes":{opening * depth}1{closing * depth}}}'.encode()


DOCUMENTS = {
    # not a document at all
    "empty": (b"", "not valid JSON"),
    "white space": (b"  \n ", "not valid JSON"),
    "not JSON": (b"coin,quantity\nSOL,1\n", "line 1, column 1"),
    "cut off": (as_bytes(GOOD)[:-20], "not valid JSON"),
    "something after it": (as_bytes(GOOD) + b"{}", "not valid JSON"),
    "an array": (b"[]", "JSON object"),
    "a number": (b"1", "JSON object"),
    "null": (b"null", "JSON object"),
    "Latin-1": ('{"schema": "hedge-plan", "name": "Müller"}'.encode("latin-1"), "UTF-8"),
    "UTF-16": (json.dumps(GOOD).encode("utf-16"), "UTF-8"),
    "a zip file": (b"PK\x03\x04\x14\x00\x00\x00\x08\x00\xff\xfe", "not"),
    "two megabytes": (as_bytes(changed("name", "x" * 2_000_000)), "larger than 1,000,000 bytes"),
    # too deep, at every depth where a parser might give up
    **{
        f"nested {depth:,} deep {kind}": (nested(depth, *marks), "nested too deeply")
        for depth in (300, 900, 1_100, 100_000)
        for kind, marks in {"in lists": ("[", "]"), "in objects": ('{"a":', "}")}.items()
        if depth * len(marks[0]) < 900_000
    },
    "nested 50 deep": (nested(50), "'notes'"),
    # not one of ours, or of another time
    "no schema": (without("schema"), "hedge-plan"),
    "another schema": (changed("schema", "hedge-plans"), "hedge-plan"),
    "schema in a list": (changed("schema", ["hedge-plan"]), "hedge-plan"),
    "no version": (without("version"), "'version'"),
    "version zero": (changed("version", 0), "'version'"),
    "version as text": (changed("version", "1"), "'version'"),
    "version true": (changed("version", True), "'version'"),
    "version 1.0": (changed("version", 1.0), "'version'"),
    "a newer version": (changed("version", 2), "newer release"),
    "a version of a thousand digits": (changed("version", Raw("1" * 1000)), "newer release"),
    # numbers
    "quantity NaN": (changed("holdings.1.quantity", Raw("NaN")), "row 2, field 'holdings[1].quantity'"),
    "quantity Infinity": (changed("holdings.0.quantity", Raw("Infinity")), "row 1, field 'holdings[0].quantity'"),
    "quantity -Infinity": (changed("holdings.0.quantity", Raw("-Infinity")), "row 1, field 'holdings[0].quantity'"),
    "quantity 1e308": (changed("holdings.1.quantity", 1e308), "row 2, field 'holdings[1].quantity'"),
    "quantity 1e400": (changed("holdings.1.quantity", Raw("1e400")), "row 2, field 'holdings[1].quantity'"),
    "quantity of 400 digits": (changed("holdings.1.quantity", Raw("9" * 400)), "row 2, field 'holdings[1].quantity'"),
    "quantity of 5,000 digits": (changed("holdings.1.quantity", Raw("9" * 5_000)), "digits"),
    "quantity negative": (changed("holdings.0.quantity", -1.0), "row 1, field 'holdings[0].quantity'"),
    "quantity zero": (changed("holdings.0.quantity", 0), "row 1, field 'holdings[0].quantity'"),
    "quantity true": (changed("holdings.0.quantity", True), "row 1, field 'holdings[0].quantity'"),
    "quantity as text": (changed("holdings.0.quantity", "10"), "row 1, field 'holdings[0].quantity'"),
    "quantity null": (changed("holdings.0.quantity", None), "row 1, field 'holdings[0].quantity'"),
    "no quantity": (changed("holdings.1", {"coin": "SOL"}), "row 2, field 'holdings[1].quantity'"),
    "two rows too much together": (
        changed("holdings", [{"coin": "SOL", "quantity": 9e17}] * 2),
        "SOL: the quantity",
    ),
    "stop-loss of 150%": (changed("holdings.1.stop_loss", 1.5), "row 2, field 'holdings[1].stop_loss'"),
    "risk 1.5": (changed("decisions.risk_accepted", 1.5), "'decisions.risk_accepted'"),
    "risk -0.1": (changed("decisions.risk_accepted", -0.1), "'decisions.risk_accepted'"),
    "risk NaN": (changed("decisions.risk_accepted", Raw("NaN")), "'decisions.risk_accepted'"),
    "horizon 0": (changed("decisions.horizon_days", 0), "'decisions.horizon_days'"),
    "horizon 30.5": (changed("decisions.horizon_days", 30.5), "'decisions.horizon_days'"),
    "horizon NaN": (changed("decisions.horizon_days", Raw("NaN")), "'decisions.horizon_days'"),
    "window of a week": (changed("decisions.window_days", 7), "'decisions.window_days'"),
    "collateral negative": (changed("decisions.collateral", -1), "'decisions.collateral'"),
    "price zero": (changed("overrides.prices.SOL", 0.0), "'overrides.prices.SOL'"),
    "price Infinity": (changed("overrides.prices.SOL", Raw("Infinity")), "'overrides.prices.SOL'"),
    "beta zero": (changed("overrides.betas.SOL", 0.0), "'overrides.betas.SOL'"),
    "beta -1": (changed("overrides.betas.SOL", -1.0), "'overrides.betas.SOL'"),
    "beta 1e400": (changed("overrides.betas.SOL", Raw("1e400")), "'overrides.betas.SOL'"),
    "fee of 50%": (changed("overrides.costs.fee_rate", 0.5), "'overrides.costs.fee_rate'"),
    # words
    "a coin that is a formula": (changed("holdings.1.coin", "=cmd|' /C calc'!A0"), "row 2"),
    "a coin that is markup": (changed("holdings.0.coin", "<script>"), "row 1"),
    "a coin that is empty": (changed("holdings.0.coin", ""), "row 1"),
    "a coin that is a number": (changed("holdings.0.coin", 5), "row 1, field 'holdings[0].coin'"),
    "a role that is none": (changed("holdings.0.role", "lender"), "row 1, field 'holdings[0].role'"),
    "a method that is none": (changed("decisions.method", "martingale"), "'decisions.method'"),
    "a rounding that is none": (changed("decisions.rounding", "random"), "'decisions.rounding'"),
    "a name too long": (changed("name", "x" * 121), "'name'"),
    "a name of half a character": (changed("name", "\ud800"), "'name'"),
    "an override for no coin": (changed("overrides.betas", {"not a coin": 1.0}), "'not a coin'"),
    "a proxy that is no coin": (changed("overrides.proxies.SOL", "not a coin"), "'not a coin'"),
    "a market without a name": (changed("market", ""), "'market'"),
    # shapes
    "an unknown field": (changed("colour", "red"), "'colour'"),
    "an unknown field in a row": (changed("holdings.1.price", 1.0), "row 2, field 'holdings[1].price'"),
    "an unknown decision": (changed("decisions.leverage", 2), "'decisions.leverage'"),
    "holdings as an object": (changed("holdings", {}), "'holdings'"),
    "a row as a list": (changed("holdings.0", ["SOL", 1]), "row 1"),
    "decisions null": (changed("decisions", None), "'decisions'"),
    "501 rows": (changed("holdings", [{"coin": "SOL", "quantity": 1.0}] * 501), "'holdings'"),
    "a key twice": (
        b'{"schema":"hedge-plan","version":1,"holdings":[{"coin":"SOL","quantity":1,"quantity":2}]}',
        "'quantity'",
    ),
    "a coin twice in two cases": (changed("overrides.prices", {"SOL": 1.0, "sol": 2.0}), "prices"),
    "an own contract with both sizes": (
        changed("overrides.contracts.0", {"code": "MINE", "underlying": "ETH", "coins": 1.0, "usd": 1.0}),
        "'overrides.contracts[0]': Contract 'MINE'",
    ),
    "an own contract with no size": (
        changed("overrides.contracts.0", {"code": "MINE", "underlying": "ETH"}),
        "'overrides.contracts[0]': Contract 'MINE'",
    ),
    "an own contract of size zero": (
        changed("overrides.contracts.0.coins", 0.0),
        "'overrides.contracts[0].coins'",
    ),
}
"""By name: the document, and the words that its message must hold."""

TOGETHER = {
    "an unknown venue": (changed("decisions.venue", "Nowhere"), "decisions.venue: 'Nowhere'"),
    "an unknown contract": (
        changed("overrides.contract_choice", {"ETH": "CME:NONE"}),
        "'overrides.contract_choice.ETH': There is no contract 'CME:NONE'",
    ),
    "a contract on another coin": (
        changed("overrides.contract_choice", {"ETH": "CME:MBT"}),
        "overrides.contract_choice.ETH: CME:MBT is a contract on BTC",
    ),
    "two own contracts of one name": (
        changed("overrides.contracts", [{"code": "MINE", "underlying": "ETH", "coins": 0.1}] * 2),
        "'MINE'",
    ),
    "a coin without a price": (changed("holdings", [{"coin": "NOVA", "quantity": 1.0}]), "No price for NOVA"),
    "a price that no contract can be counted in": (changed("overrides.prices.ETH", 5e-324), "overrides.prices.ETH"),
    "a market that does not exist": (changed("market", "moon"), "no market source 'moon'"),
    "a price file that does not exist": (changed("market", "csv:/no/such/file.csv"), "/no/such/file.csv"),
}
"""Documents that are sound by themselves and cannot be worked out on a market."""


def cases(table: dict[str, tuple[Any, str]]) -> list[Any]:
    """The table as pytest parameters: bytes and words."""
    return [pytest.param(as_bytes(document), words, id=name) for name, (document, words) in table.items()]
