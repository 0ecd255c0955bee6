"""The command `monitor`: what it prints, its exit codes, its messages, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.support.malformed import DOCUMENTS, GOOD, TOGETHER, as_bytes, cases
from tests.support.markets import make_history
from tests.support.watching import webhook

FILLS = [
    {"at": "2026-10-20T10:00:00Z", "contract": f"Coinbase Derivatives:{code}", "side": "sell", **counted}
    for code, counted in (("ETP", {"contracts": 28, "price": 3300.0}), ("SLP", {"contracts": 9, "price": 150.0}))
]


@pytest.fixture
def executed(examples, plan_file):
    """The layer-1 bag with two of its shorts sold on 20 Oct, and these exit rules."""

    def executed(*rules, fills=FILLS, **thresholds):
        document = json.loads((examples / "layer1_bag.json").read_text())
        document["execution"]["fills"] = fills
        document["watch"]["exit_rules"] = list(rules)
        document["watch"]["thresholds"].update(thresholds)
        return plan_file(document)

    return executed


MONITOR_KEYS = set(
    "name severity exit_code moment no_prices plan_fault new alerts position realised_pnl fees funding pnl equity "
    "rally_left market_rally_left drift trades unfunded_trades rules closing_order market "
    "entry_rules opening_order".split()
)


def monitored(run, *arguments):
    code, out, err = run("monitor", *arguments, "--json")
    document = json.loads(out, parse_constant=pytest.fail)
    assert (document["exit_code"], err) == (code, "")
    assert set(document) == MONITOR_KEYS
    return document


@pytest.mark.parametrize(
    ("content", "words"),
    [case for case in (*cases(DOCUMENTS), *cases(TOGETHER)) if case.id != "a coin without a price"],
)
def test_monitor_refuses_a_plan_that_cannot_be_used_as_other_commands_do(run, plan_file, content, words):
    code, out, err = run("monitor", plan_file(content), "--json")

    assert (code, out) == (2, "")
    assert words in err


def test_monitor_is_calm_with_code_0(run, executed):
    document = monitored(run, executed(drift=1.5))

    assert (document["exit_code"], document["severity"], document["alerts"]) == (0, "calm", [])
    assert document["moment"] == "2026-11-01T00:00:00+00:00"
    assert document["market"] == {"source": "sample", "as_of": "2026-11-01T00:00:00+00:00", "simulated": True}


def test_monitor_warns_with_code_3_and_shows_the_position(run, executed):
    document = monitored(run, executed())

    assert (document["exit_code"], document["severity"]) == (3, "warning")
    (alert,) = document["alerts"]
    assert set(alert) == {"code", "key", "severity", "evidence", "threshold", "action"}
    assert (alert["key"], document["new"]) == ("drift", ["drift"])
    assert document["position"][0] == {
        "contract": "Coinbase Derivatives:ETP",
        "expiry": None,
        "side": "short",
        "contracts": 28,
        "entry_price": pytest.approx(3300.0),
        "mark": 3180.0,
        "is_marked_at_spot": False,
        "open_pnl": pytest.approx(28 * 0.1 * 120),
    }
    assert document["pnl"] == pytest.approx(336 + 9 * 5 * 2)
    assert document["equity"] == pytest.approx(30_426)
    assert (document["realised_pnl"], document["fees"], document["funding"]) == (0, 0, 0)
    assert document["rally_left"] > 0.5
    assert document["drift"] < -0.4
    assert [trade["lots"] for trade in document["trades"]] == [1, -1, 24, 3, 4, 2, 1]
    assert document["closing_order"][0] == "Buy 28 Coinbase Derivatives:ETP, about $8,904, to close."


def test_monitor_calls_for_action_with_code_4_where_a_rule_is_met(run, executed):
    met = {"kind": "on_date", "day": "2026-10-30", "share": 0.5}
    done = {"kind": "on_date", "day": "2026-10-29", "is_done": True}
    far = {"kind": "fall_reached", "fall": 0.5}

    document = monitored(run, executed(met, done, far))

    assert (document["exit_code"], document["severity"]) == (4, "critical")
    assert [(r["kind"], r["share"], r["is_met"], r["is_done"]) for r in document["rules"]] == [
        ("on_date", 0.5, True, False),
        ("on_date", 1.0, False, True),
        ("fall_reached", 1.0, False, False),
    ]


def test_monitor_without_prices_ends_with_code_5(run, executed):
    path = executed()

    document = monitored(run, path, "--market", "kraken", "--offline")
    code, out, err = run("monitor", path, "--market", "kraken", "--offline")

    assert (document["exit_code"], document["severity"]) == (5, "blind")
    assert (document["market"], document["position"], document["pnl"]) == (None, [], None)
    assert (code, out) == (5, "")
    assert err == f"no prices: {document['no_prices']}\n"


def test_monitor_without_the_price_of_one_coin_ends_with_code_5(run, plan_file):
    document = json.loads(as_bytes(GOOD))
    document["holdings"] = [{"coin": "NOSUCHCOIN", "quantity": 1.0}]

    assert "NOSUCHCOIN" in monitored(run, plan_file(document))["no_prices"]


def test_monitor_judges_the_age_of_prices_at_the_moment_that_is_given(run, tmp_path, plan_file):
    prices = make_history(seed=2, days=200, coins=("BTC", "ETH"))
    lines = ["date,BTC,ETH", *(f"{day},{a!r},{b!r}" for day, (a, b) in zip(prices.days, prices.values.tolist(), strict=True))]  # fmt: skip # noqa: E501
    market = tmp_path / "prices.csv"
    market.write_text("\n".join(lines), encoding="utf-8")
    document = json.loads(as_bytes(GOOD))
    document["holdings"] = [{"coin": "ETH", "quantity": 1.0}]
    path = plan_file(document)

    def code(moment):  # the last close is that of 31 Jan
        return monitored(run, path, "--market", f"csv:{market}", "--now", moment)["exit_code"]

    moments = ("2026-02-02T01:00Z", "2026-02-02T03:00Z", "2026-02-02T06:01Z", "2026-02-02 08:00+02:00")
    assert [code(moment) for moment in moments] == [0, 3, 5, 3]


def test_monitor_in_words_begins_with_the_alerts(run, executed):
    code, out, err = run("monitor", executed({"kind": "on_date", "day": "2026-10-30", "share": 0.5}))

    assert (code, err) == (4, "")
    lines = out.split("\n")
    assert lines[:2] == ["Example on simulated prices", "Layer-1 bag: critical"]
    assert lines[2].startswith("  CRITICAL An exit rule is met: 30 Oct 2026 has come.")
    assert "The hedge is 50% smaller than its target." not in out  # no word of selling more beside an order to close
    places = [
        out.index(text)
        for text in ("short 28 x Coinbase Derivatives:ETP", "Margin room", "Drift", "Exit rules", "To close everything")
    ]
    assert places == sorted(places)
    assert "total +426.00: realised +0.00, unrealised +426.00, funding +0.00, fees +0.00" in out


def test_monitor_tells_a_webhook_once_with_a_state_file_and_each_time_without(run, executed, tmp_path, monkeypatch):
    path, state = executed(), tmp_path / "state"
    with webhook() as hook:
        monkeypatch.setenv("HEDGE_NOTIFY", hook.address)
        for _ in range(3):
            assert run("monitor", path, "--state", state)[0] == 3
        assert len(hook.received) == 1
        for _ in range(2):
            assert run("monitor", path)[::2] == (3, "")
        assert len(hook.received) == 3
        assert run("monitor", path, "--market", "kraken", "--offline")[0] == 5
        assert hook.titles[-1] == "CRITICAL: no usable prices (Layer-1 bag)"
        hook.status = 500
        code, _, err = run("monitor", path)

    assert (code, err) == (3, "note: a message to address 1 was not delivered; it is sent again later.\n")
    assert {message["title"] for message in hook.received[:3]} == {"WARNING: drift (Layer-1 bag)"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_monitor_prints_a_line_a_check_and_ends_calmly_when_it_is_told_to(executed, tmp_path, number):
    with webhook() as hook:
        options = ["--notify", hook.address, "--state", str(tmp_path / "state")]
        process = subprocess.Popen(
            [sys.executable, "-m", "hedge_core", "monitor", str(executed()), "--every", "1s", "--json", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        first = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(number)
        _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (0, "")
    assert [document["exit_code"] for document in first] == [3, 3]
    assert [document["new"] for document in first] == [["drift"], []]
    assert hook.titles == ["WARNING: drift (Layer-1 bag)"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--every", "soon"], "write 90s, 15m or 4h"),
        (["--every", "0s"], "write 90s, 15m or 4h"),
        (["--quiet", "22:00"], "write 22:00-07:00"),
        (["--quiet", "7:00-07:00"], "write 22:00-07:00"),
        (["--digest", "25:00"], "write 08:00"),
        (["--heartbeat", "8"], "write 08:00"),
        (["--zone", "Moon/Base"], "write Europe/Berlin"),
        (["--zone", "../etc"], "write Europe/Berlin"),
        (["--now", "later"], "write 2026-01-31T14:00:00Z"),
        (["--now", "2026-01-31", "--every", "15m"], "leave out --every"),
        (["--digest", "08:00", "--every", "15m"], "need an address"),
        (["--digest", "08:00", "--notify", "json://127.0.0.1:9/"], "--state FILE"),
        (["--notify", "moon://secret"], "Address 1 for notifications"),
        (["--market", "moon"], "no market source 'moon'"),
        (["--market", "csv:missing.csv"], "missing.csv"),
        (["--state", "."], "cannot be written"),
    ],
)
def test_monitor_refuses_what_cannot_be_meant(run, executed, arguments, words):
    code, out, err = run("monitor", executed(), *arguments)

    assert (code, out) == (2, "")
    assert words in err
    assert "secret" not in err


def test_monitor_reads_a_plan_from_standard_input(run_process, executed):
    done = run_process("monitor", "-", "--json", stdin=executed().read_bytes())

    assert (done.returncode, json.loads(done.stdout)["severity"]) == (3, "warning")
