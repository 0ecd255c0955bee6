"""The command `alternatives`: its verdict comes first, its JSON holds every way, and its own figures are taken."""

from __future__ import annotations

import json

import pytest

FEW = ("--paths", "300")


@pytest.fixture
def bag(plan_file):
    """Ether worth $31,800 on the sample market, hedged to 60% for 20 days."""
    return plan_file(
        {
            "schema": "hedge-plan",
            "version": 1,
            "holdings": [{"coin": "ETH", "quantity": 10.0}],
            "decisions": {"venue": "OKX", "risk_accepted": 0.4, "collateral": 20_000.0, "horizon_days": 20},
        }
    )


def of_kind(document, kind):
    ways = [way for way in document["ways"] if way["kind"] == kind]
    return next((way for way in ways if way["is_own"]), ways[0])


def test_the_verdict_is_the_first_line_after_the_heading_and_every_way_has_a_row(run, bag):
    code, out, err = run("alternatives", bag, *FEW)
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[1].startswith("Over 20 days the ")
    assert lines[3].split()[:3] == ["Way", "Worst", "5%"]
    for way in ("Hold", "Short, cut in parts", "Put ", "Collar ", "Stop-loss", "Sell 60% now", "All to stablecoin"):
        assert any(line.strip().startswith(way) for line in lines)
    assert "Buy " in out


def test_json_has_every_way_with_its_figures_orders_and_sources(run_json, bag):
    document = run_json("alternatives", bag, *FEW)
    put = of_kind(document, "put")
    assert document["verdict"].startswith("Over 20 days")
    assert put["orders"][0]["side"] == "buy"
    assert put["orders"][0]["source"]
    assert put["closed"] is None
    assert put["up_front"] > 0.0
    assert {way["kind"] for way in document["ways"]} >= {"hold", "short", "put", "stop_loss", "sell_part", "stablecoin"}
    assert document["gap"]["mean"]["error"] > 0.0


def test_a_volatility_of_the_users_own_makes_the_put_dearer(run_json, bag):
    ways = [of_kind(run_json("alternatives", bag, *FEW, "--volatility", level), "put") for level in ("50%", "120%")]
    cheap, dear = (way["mean"]["value"] for way in ways)
    assert dear < cheap - 100.0


def test_a_quote_sets_the_volatility_of_its_coin_in_usd_and_in_coins_alike(run_json, bag):
    # 300 USD are 0.09434 ETH at $3,180.
    quotes = ("Deribit:ETH_USDC-25DEC26-3200-P=300", "Deribit:ETH-25DEC26-3200-P=0.09433962264150944")
    in_usd, in_coins = (run_json("alternatives", bag, *FEW, "--quote", quote) for quote in quotes)
    assert "for ETH, stated by you" in in_usd["volatility"]["source"]
    assert of_kind(in_usd, "put")["up_front"] == pytest.approx(of_kind(in_coins, "put")["up_front"])


def test_contracts_of_the_users_own_and_a_largest_loss(run_json, bag):
    own = ("--own-option", "ETH=0.1", "--largest-loss", "8000", "--options", "Deribit")
    document = run_json("alternatives", bag, *FEW, *own)
    assert document["target"].startswith("a largest loss of $8,000")
    assert any(order["contract"].startswith("My options:") for order in of_kind(document, "put")["orders"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--volatility", "much"), "--volatility: 'much' is not a number"),
        (("--volatility", "900%"), "A volatility must be between 5% and 500%"),
        (("--quote", "61.5"), "--quote: write an option and its price"),
        (("--quote", "US ETF:IBIT-27NOV26-60-P=3"), "American"),
        (("--quote", "Deribit:ETH_USDC-25DEC26-3200-P=9000"), "No volatility gives this option a price"),
        (("--own-option", "ETH"), "--own-option: write a coin"),
        (("--own-option", "ETH=x"), "--own-option: 'x' is not a number of coins"),
        (("--largest-loss", "-5"), "--largest-loss: '-5' is not an amount in USD"),
        (("--paths", "0"), "number of paths"),
    ],
)
def test_what_cannot_be_used_ends_with_one_message(run, bag, arguments, message):
    code, out, err = run("alternatives", bag, *arguments)
    assert (code, out) == (2, "")
    assert message in err


@pytest.fixture
def held(plan_file):
    """Ether with a collar of 5 ETH that was bought the day before the sample market ends."""
    fills = [
        {
            "at": "2026-10-31T09:00:00Z",
            "contract": f"Deribit:ETH_USDC-27NOV26-{strike}",
            "side": side,
            "contracts": 500,
            "price": price,
            "fee": 8.0,
        }
        for strike, side, price in (("3000-P", "buy", 150.0), ("3500-C", "sell", 140.0))
    ]
    return plan_file(
        {
            "schema": "hedge-plan",
            "version": 1,
            "holdings": [{"coin": "ETH", "quantity": 10.0}],
            "decisions": {"venue": "OKX", "collateral": 20_000.0, "horizon_days": 26},
            "execution": {"fills": fills},
        }
    )


def test_options_of_fills_are_monitored_with_their_worth_and_their_margin(run, run_json, held):
    code, out, _ = run("monitor", held)
    assert code in (0, 3, 4)
    assert "Deribit:ETH_USDC-27NOV26-3000-P: 5 ETH bought at 150, worth" in out
    assert "sold options need" in out
    options = run_json_of_any_code(run, "monitor", held)["options"]
    assert [one["lots"] for one in options["positions"]] == [500, -500]
    assert options["maintenance"] == pytest.approx(0.075 * 5 * 3_180.0)


def run_json_of_any_code(run, *arguments):
    _, out, _ = run(*arguments, "--json")
    return json.loads(out)


def test_a_scenario_counts_the_options_to_their_expiry(run, held):
    code, out, err = run("scenario", held, "--move", "-30%", "--json")
    document = json.loads(out)

    assert code == 0
    assert err == (
        "note: Filled: options, and no short (plan 50.0%). The figures are those of what is filled. Your options are "
        "part of them.\n"
    )
    put, call = document["options"]["positions"]
    # Ether falls to 2,226: the put pays 774 a coin less a delivery fee of 0.015%; the call expires worthless.
    options = run_json_of_any_code(run, "monitor", held)["options"]["positions"]
    assert put["pnl"] == pytest.approx(5 * (774.0 - 0.00015 * 2_226.0 - options[0]["worth"]), abs=0.01)
    assert call["pnl"] == pytest.approx(5 * options[1]["worth"], abs=0.01)
    assert "your options (" in run("scenario", held, "--move", "-30%")[1]
    assert document["hedge_pnl"] == pytest.approx(document["attribution"]["options"])
    assert document["attribution"]["options"] + document["attribution"]["fees"] == pytest.approx(
        put["pnl"] + call["pnl"]
    )


def test_live_quotes_are_asked_for_only_with_live_and_their_source_stands_beside_the_numbers(
    run, monkeypatch, tmp_path, project_root
):
    from tests.exchange import deribit
    from tests.exchange.server import LoopbackExchange

    plan = json.loads((project_root / "examples" / "novacoin.json").read_text(encoding="utf-8"))
    plan = {**plan, "market": "kraken", "holdings": [{"coin": "ETH", "quantity": 10}], "overrides": {}}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    with LoopbackExchange() as exchange:
        monkeypatch.setenv("HEDGE_EXCHANGE_BASE_URL", exchange.url)
        monkeypatch.setenv("HEDGE_CACHE_URL", f"sqlite:{tmp_path / 'cache'}")
        assert run("propose", path)[0] == 0
        assert exchange.count("kraken") > 0
        assert exchange.count("deribit") == 0
        code, out, _ = run("alternatives", path, "--paths", "100", "--json", "--live")
        assert (code, exchange.count("deribit")) == (0, 2)
        volatility = json.loads(out)["volatility"]
        assert volatility["source"].startswith("live quotes of Deribit for ")
        assert volatility["put"] == pytest.approx(deribit.LEVELS["ETH"], abs=0.12)
    code, _, err = run("alternatives", project_root / "examples" / "novacoin.json", "--live")
    assert code == 2
    assert "do not go with simulated prices" in err
