"""A plan in a link: what goes in comes out, in at most 2,000 characters, and nothing else gets in.

By hand: the empty plan is the array [[]] (every place has its default), which compresses to a handful of bytes; with
four bytes of checksum and the format's number in front that is a text of less than 20 characters.
"""

from __future__ import annotations

import base64
import json
import random
import time
import tracemalloc
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import TypeAdapter

from hedge_core import SampleSource, Shock, assess, load_plan, run_scenario
from hedge_core.documents import plan_file
from hedge_core.documents.link import format_2, link
from hedge_core.documents.link.envelope import DICTIONARIES, FORMAT, MAX_CONTENT, MAX_TEXT, checksum
from hedge_core.documents.link.format_1 import PLAN_VERSION
from hedge_core.documents.link.hidden_amounts import basis_points
from hedge_core.documents.link.link import (
    LONGEST,
    Shared,
    decode,
    encode,
    fits,
    hide_amounts,
    link_to,
    reveals,
)
from hedge_core.documents.link.pin import Pin, pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.errors import HedgeError, InvalidInput, InvalidPlan
from hedge_core.exposure.estimates import HistoryEstimates
from hedge_core.exposure.estimators import HUBER
from hedge_core.exposure.evidence import gather_evidence
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.bag import Holding
from hedge_core.plan.calendar import CalendarEvent
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.plan.plan import Decisions, Execution, HedgePlan, JournalEntry, Overrides, Thresholds, Watch
from hedge_core.plan.rules import Catalyst, FallReached, OnDate
from tests.support.markets import make_market
from tests.support.scale import scaled
from tests.support.strategies import amounts, tradable_plans

GOLDEN = Path(__file__).parents[2] / "golden"
PIN = TypeAdapter(Pin)

# ------------------------------------------------------------------------------------------------ plans

WITH_ALL = HedgePlan(
    name="Everything",
    holdings=(
        Holding(coin="SOL", quantity=120),
        Holding(coin="NOVA", quantity=10_000, note="no future of its own"),
        Holding(coin="INJ", quantity=150.5, role="speculative", stop_loss=0.12),
    ),
    decisions=Decisions(risk_accepted=0.3, collateral=12_000, horizon_days=60),
    overrides=Overrides(
        prices={"NOVA": 1.25},
        betas={"NOVA": 1.8},
        proxies={"NOVA": "ETH"},
        contracts=(CustomContract(code="MINI", underlying="XYZ", coins=10),),
    ),
    execution=Execution(
        fills=(
            Fill(
                at=datetime(2026, 1, 5, 14, tzinfo=UTC),
                contract="Coinbase Derivatives:ETP",
                side="sell",
                contracts=5,
                price=3100,
                fee=1.5,
            ),
            Fill(
                at=datetime(2026, 1, 6, 9, 30, tzinfo=UTC),
                contract="CME:MET",
                side="buy",
                contracts=1,
                price=3_050.25,
                expiry=date(2026, 1, 30),
            ),
        ),
        payments=(
            FundingPayment(at=datetime(2026, 1, 6, tzinfo=UTC), contract="Coinbase Derivatives:ETP", amount=0.42),
        ),
        stop_prices={"INJ": 4.4},
        journal=(JournalEntry(day=date(2026, 1, 5), text="opened"),),
    ),
    watch=Watch(
        thresholds=Thresholds(drift=0.2),
        exit_rules=(FallReached(fall=0.3, share=0.5), OnDate(day=date(2026, 6, 1)), Catalyst(event="listing")),
        events=(CalendarEvent(day=date(2026, 3, 1), title="unlock"),),
        checked=("volume",),
    ),
    notes="all of it",
)


def bag_of(count: int, *, coins: tuple[str, ...] = (), venue: str = "CME") -> HedgePlan:
    """A plan with so many holdings of three digits and nine settings; coins without a price have one of their own."""
    market, draw = SampleSource().snapshot(), random.Random(count)
    names = list(coins or draw.sample(market.coins, min(count, len(market.coins))))
    names += [f"X{number}" for number in range(count - len(names))]
    own = {name: round(draw.uniform(0.01, 100), 4) for name in names if name not in market.coins}
    rows = []
    for name in names:
        value = draw.uniform(2e3, 3e4)
        rows.append(Holding(coin=name, quantity=float(f"{value / (market.price_or_none(name) or own[name]):.3g}")))
    return HedgePlan(
        name="My alts",
        holdings=tuple(rows),
        decisions=Decisions(
            risk_accepted=0.3,
            method="notional",
            rounding="down",
            horizon_days=90,
            venue=venue,
            collateral=12_000,
            window_days=180,
        ),
        overrides=Overrides(prices=own, betas={"SOL": 1.2}),
    )


def test_a_plan_with_all_that_there_is_comes_out_as_it_went_in_of_a_text_an_address_and_one_broken_over_lines():
    text = encode(Shared(plan=WITH_ALL))

    assert decode(text).plan == WITH_ALL
    assert decode(link_to(text, "http://localhost:8501/?p=")).plan == WITH_ALL
    assert decode(link_to(text, "https://x.app/bag")) == decode(f"p={text}")
    assert decode(link_to(text, "https://x.app/?theme=dark")).plan == WITH_ALL
    assert decode(f"  {text[:40]}\n{text[40:]}\r\n").plan == WITH_ALL
    assert plan_file.plan_from_json(plan_file.plan_to_json(decode(text).plan)) == WITH_ALL


@pytest.mark.parametrize(
    "around",
    [
        "{}.", "({})", "{},", "<{}>", "**{}**", "__{}__", "“{}”", "„{}“", "'{}'", "{}!", "{}…", "> {}", ">> {}", "[{}]",
        "{}**)", "\u200b{}\u200b", "{}&zwnj;", "{}\u2060.", "{} (my plan)", "{}) and more words", "*{}*",
        "_{}_", "`{}`",
    ],
)  # fmt: skip
def test_marks_that_chats_and_sentences_add_to_a_link_do_not_matter(around: str) -> None:
    text = encode(Shared(plan=WITH_ALL))

    for whole in (text, f"p={text}", link_to(text, "https://x.app/bag"), link_to(text, "https://x.app/?a=1&amp;b=2")):
        assert decode(around.format(whole)).plan == WITH_ALL


@pytest.mark.parametrize("wrap", ["\n", "\r\n", "=\n"[1:], "\n> ", "\n\t", "\u200b", "\n>> "])
def test_a_link_that_a_mail_has_wrapped_or_quoted_is_whole(wrap: str) -> None:
    address = link_to(encode(Shared(plan=WITH_ALL)), "https://x.app/bag")
    lines = [address[at : at + 60] for at in range(0, len(address), 60)]

    assert decode("> " + wrap.join(lines) + ".").plan == WITH_ALL


def test_the_empty_plan_is_a_handful_of_characters():
    assert len(encode(Shared(plan=HedgePlan()))) < 20


@pytest.mark.parametrize(
    ("count", "own_futures", "plain", "pinned"),
    [(5, False, 140, 750), (20, False, 250, 1_700), (20, True, 250, 1_800), (50, False, 550, None)],
)
def test_plans_of_many_holdings_fit_with_their_pin_and_how_long_they_are(count, own_futures, plain, pinned):
    market = SampleSource().snapshot()
    coins = market.coins[:count] if own_futures else ()
    plan = bag_of(count, coins=coins, venue="Coinbase Derivatives" if own_futures else "CME")
    assessment = assess(plan, market)
    pin = pin_of(assessment)

    assert len(encode(Shared(plan=plan))) <= plain
    if pinned is not None:
        assert len(encode(Shared(plan=plan, pin=pin))) <= pinned <= LONGEST
        assert len(encode(hide_amounts(assessment))) <= LONGEST
        assert decode(encode(Shared(plan=plan, pin=pin))) == Shared(plan=plan, pin=pin)
    else:
        with pytest.raises(InvalidPlan, match=r"without its pin .* or save the plan as a file"):
            encode(Shared(plan=plan, pin=pin))


def test_a_plan_that_is_too_long_names_the_file_as_the_way_out_and_nothing_is_left_out():
    draw = random.Random(1)
    many = tuple(
        Fill(
            at=datetime(2026, 1, 1 + n % 28, n % 24, draw.randrange(60), tzinfo=UTC),
            contract="CME:MET",
            side="sell",
            contracts=draw.randrange(1, 90),
            price=round(draw.uniform(1e3, 4e3), 2),
        )
        for n in range(600)
    )
    plan = HedgePlan(execution=Execution(fills=many))

    with pytest.raises(InvalidPlan, match=r"600 fills and payments.*Save the plan as a file"):
        encode(Shared(plan=plan))
    with pytest.raises(InvalidPlan, match="Save the plan as a file"):
        encode(Shared(plan=HedgePlan(execution=Execution(fills=many * 3))))
    assert not fits("x" * (LONGEST + 1))
    assert fits("x" * LONGEST)


# -------------------------------------------------------------------------------------------------- pin

SHOCKS = (
    Shock(move=-0.15),
    Shock(move=0.4, of="bag"),
    Shock(move=-0.3, correlation_break=0.5),
    Shock(move=0.2, beta_shift=0.2, basis_move=0.01, carry_shift=0.1),
)


def figures(assessment: HedgeAssessment) -> list[float]:
    """What Bag, Size and Scenarios show of an assessment."""
    costs, margin = assessment.costs, assessment.margin
    numbers = [
        assessment.bag_value,
        assessment.hedgeable_value,
        assessment.achieved_hedge_ratio,
        assessment.residual_exposure,
        margin.initial,
        margin.rally_survived or 0.0,
        costs.fees,
        costs.carry,
    ]
    for leg in assessment.legs:
        numbers += [leg.contracts, leg.exact_contracts, leg.notional, leg.target_notional]
    for place in range(len(assessment.legs)):
        numbers += [choice.achieved_hedge_ratio for choice in assessment.alternatives(place)]
    for shock in SHOCKS:
        try:
            result = run_scenario(assessment, shock)
        except InvalidInput:
            continue
        numbers += [result.bag_pnl, result.unhedged_pnl, result.hedge_pnl, result.net_after_costs]
    return numbers


MARKETS = [
    make_market(1),
    make_market(2, futures=(), funding_rate_a_day=None),
    make_market(3, young={"UNI": 60, "LINK": 20, "NEAR": 200}),
    make_market(4, days=25),
    make_market(5, noise=0.2),
]
"""Full, without carry, with young coins, with too little history for any beta, with coins that go their own ways."""


def texts_of(assessment: HedgeAssessment) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(held.status, held.route, held.proxies) for held in assessment.held_coins]


@settings(max_examples=scaled(30))
@given(tradable_plans(), st.sampled_from(MARKETS))
def test_a_pinned_view_is_the_same_after_every_round_trip_and_that_of_the_original_within_its_digits(plan, market):
    original = assess(plan, market)

    shared = Shared(plan=plan, pin=pin_of(original))
    opened = decode(link._text(shared))
    view = assess(plan, pinned_market(shared.pin))
    again = assess(opened.plan, pinned_market(opened.pin))

    assert opened == shared
    assert figures(again) == figures(view)
    assert pin_of(again).prices == opened.pin.prices
    assert texts_of(view) == texts_of(original)
    assert [(leg.contract.id, leg.contracts) for leg in view.legs] == [
        (leg.contract.id, leg.contracts) for leg in original.legs
    ]
    scale = 1e-4 * max(original.bag_value, 1.0)
    assert figures(view) == pytest.approx(figures(original), rel=1e-4, abs=scale)
    assert view.achieved_hedge_ratio == pytest.approx(original.achieved_hedge_ratio, rel=1e-4, abs=1e-9)
    assert view.costs.fees == pytest.approx(original.costs.fees, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", ["altcoin_x", "layer1_bag", "novacoin", "novacoin_as_printed"])
def test_the_examples_are_the_same_when_pinned_and_say_so(examples, name):
    original = assess(load_plan(examples / f"{name}.json"), SampleSource().snapshot())
    view = assess(original.plan, pinned_market(pin_of(original)))

    assert figures(view) == pytest.approx(figures(original), rel=1e-3, abs=0.5)
    assert {n.code for n in view.notices} == {n.code for n in original.notices} | {"pinned"}
    assert view.is_practice == original.is_practice
    assert (view.market.source, view.market.as_of) == (original.market.source, original.market.as_of)


def test_a_pin_names_the_estimator_of_its_betas_and_an_unknown_one_is_refused():
    plan = HedgePlan(holdings=(Holding(coin="UNI", quantity=900),)).with_decisions(approach="coin_by_coin")
    market = make_market(1)
    evidence = gather_evidence(market.history, ["UNI"], ["ETH", "BTC"], window_days=365, estimator=HUBER)
    estimates = HistoryEstimates(market=market, window_days=365, proxies=("ETH", "BTC"), evidence=evidence)
    pin = pin_of(replace(assess(plan, market), estimates=estimates))

    opened = decode(link._text(Shared(plan=plan, pin=pin))).pin
    view = assess(plan, pinned_market(opened))

    assert opened.estimator == "huber"
    assert view.estimates.betas(["UNI"])["UNI"]["ETH"].method == "huber"
    assert pin_of(view).estimator == "huber"
    with pytest.raises(InvalidPlan, match="does not know"):
        replace(pin, estimator="set by you")


def test_what_happens_to_the_market_and_the_catalogue_afterwards_changes_nothing(monkeypatch):
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=100), Holding(coin="UNI", quantity=900)))
    market = make_market(1)
    shared = Shared(plan=plan, pin=pin_of(assess(plan, market)))
    before = figures(assess(plan, pinned_market(shared.pin)))
    shipped = link.hidden_view.__globals__["catalogue"]()
    changed = [replace(row, taker_fee_rate=0.01, initial_margin_rate=0.9, minimum_fee=9.0) for row in shipped]

    monkeypatch.setattr("hedge_core.hedge.contract_choice.catalogue", lambda: shipped.with_preferred(changed))
    monkeypatch.setattr("hedge_core.documents.link.pin.catalogue", lambda: shipped.with_preferred(changed))

    assert figures(assess(plan, pinned_market(shared.pin))) == before


def test_a_size_that_the_catalogue_contradicts_is_pointed_out():
    plan = HedgePlan(holdings=(Holding(coin="ETH", quantity=100),))
    pin = pin_of(assess(plan, make_market(1)))
    forged = replace(pin, contracts=tuple(replace(row, contract_size=0.2) for row in pin.contracts))

    notices = {notice.code: notice.text for notice in assess(plan, pinned_market(forged)).notices}

    assert "the contract size is 0.2 ETH in the link" in notices["pinned_contract"]


def test_a_coin_that_is_not_pinned_has_no_price_there():
    pin = pin_of(assess(HedgePlan(holdings=(Holding(coin="SOL", quantity=100),)), make_market(1)))

    with pytest.raises(HedgeError, match="No price for LINK"):
        assess(HedgePlan(holdings=(Holding(coin="LINK", quantity=100),)), pinned_market(pin))


def test_risk_accepted_can_be_changed_on_pinned_prices_and_betas_stay():
    plan = replace(bag_of(12), overrides=Overrides())
    original = assess(plan, SampleSource().snapshot())
    changed = plan.with_decisions(risk_accepted=0.25)

    view = assess(changed, pinned_market(pin_of(original)))

    assert view.achieved_hedge_ratio == pytest.approx(assess(changed, original.market).achieved_hedge_ratio, rel=1e-3)
    assert view.legs[0].exact_contracts > original.legs[0].exact_contracts


def test_a_pin_answers_for_other_amounts_and_decisions_and_for_no_other_coins_venue_or_proxies():
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=100), Holding(coin="UNI", quantity=900)))
    shared = Shared(plan=plan, pin=pin_of(assess(plan, make_market(1))))
    more = replace(plan, holdings=(Holding(coin="SOL", quantity=150), *plan.holdings[1:]))

    assert shared.answers_for(more.with_decisions(risk_accepted=0.1, collateral=5_000))
    assert not shared.answers_for(replace(plan, holdings=plan.holdings[:1]))
    assert not shared.answers_for(plan.with_decisions(venue="CME"))
    assert not shared.answers_for(plan.with_overrides(proxies={"UNI": "BTC"}))
    assert not Shared(plan=plan).answers_for(plan)


def test_old_prices_are_still_said_to_be_old_on_a_pin():
    market = make_market(1)
    closes = np.array(market.history.values)
    closes[-5:, market.history.column_of["NEAR"]] = np.nan
    stale = replace(market, history=type(market.history)(market.history.days, market.history.coins, closes))
    plan = HedgePlan(holdings=(Holding(coin="NEAR", quantity=9_000),))
    original = assess(plan, stale)

    view = assess(plan, pinned_market(pin_of(original)))

    assert "stale_price" in {notice.code for notice in original.notices} & {notice.code for notice in view.notices}


# ------------------------------------------------------------------------------------------------ hidden


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ([1.0, 1.0, 1.0], (3_334, 3_333, 3_333)),  # 3,333.33 each: one point is left over and goes to the first
        ([1.0, 2.0, 4.0], (1_429, 2_857, 5_714)),  # 1,428.57, 2,857.14, 5,714.29: the largest remainder is 0.57
        ([5.0, 1.0, 1.0], (7_143, 1_429, 1_428)),  # 7,142.86, 1,428.57, 1,428.57: two points are left over
        ([1.0, 999_999.0], (1, 9_999)),  # 0.01 and 9,999.99: no coin disappears
    ],
)
def test_shares_are_rounded_so_that_the_largest_remainders_go_up_and_the_sum_is_whole(values, points):
    assert basis_points(values) == points


@settings(max_examples=scaled(15))
@given(tradable_plans(), st.floats(1e-3, 1e3))
def test_a_bag_of_any_size_gives_the_same_link_when_amounts_are_hidden(plan, factor):
    market = make_market(2)
    larger = replace(plan, holdings=tuple(replace(row, quantity=row.quantity * factor) for row in plan.holdings))

    shared, scaled = hide_amounts(assess(plan, market)), hide_amounts(assess(larger, market))

    assert link._text(shared) == link._text(scaled)
    opened = decode(link._text(shared))
    assert opened == shared
    assert assess(opened.plan, pinned_market(opened.pin)).bag_value == pytest.approx(100.0, abs=1e-9)


def test_nothing_of_what_was_typed_is_in_a_link_of_hidden_amounts():
    secret = replace(WITH_ALL, name="SECRETNAME", notes="SECRETNOTE", market="csv:/SECRET/prices.csv")
    secret = secret.with_overrides(
        prices={"NOVA": 77_123.0, "UNUSED": 4_321.0},
        contracts=(CustomContract(code="SECRETCODE", underlying="ETH", coins=0.123),),
        costs=replace(secret.overrides.costs, depth=98_765.0),
    )
    market = replace(SampleSource().snapshot(), source="csv:/SECRET/prices.csv")

    shared = hide_amounts(assess(secret, market))
    content = json.dumps([json.loads(plan_file.plan_to_json(shared.plan)), PIN.dump_python(shared.pin, mode="json")])

    for word in ("SECRET", "77123", "4321", "98765", "12000", "UNUSED", "opened", "listing", "unlock", "all of it"):
        assert word not in content
    assert shared.plan.execution == Execution()
    assert shared.plan.watch == Watch()
    assert shared.plan.decisions.collateral is None


def test_hidden_amounts_hedge_the_share_that_was_chosen_as_if_contracts_could_be_divided():
    plan = replace(bag_of(8), overrides=Overrides()).with_decisions(method="beta_weighted", approach="coin_by_coin")
    shared = hide_amounts(assess(plan, SampleSource().snapshot()))

    view = assess(shared.plan, pinned_market(shared.pin))

    assert view.achieved_hedge_ratio == pytest.approx(0.7, abs=1e-5)
    assert 0.0 < view.costs.fees < 2.0
    assert view.bag_value == pytest.approx(100.0)


def test_amounts_are_not_hidden_on_a_pinned_market_nor_for_an_empty_bag(market):
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=100),))
    original = assess(plan, market)

    with pytest.raises(InvalidInput, match="Leave the pinned prices"):
        hide_amounts(assess(plan, pinned_market(pin_of(original))))
    with pytest.raises(InvalidInput, match="The bag is empty"):
        hide_amounts(assess(HedgePlan(), market))
    with pytest.raises(InvalidPlan, match="hide_amounts"):
        encode(Shared(plan=plan, pin=pin_of(original), is_hidden=True))


@given(st.lists(amounts(1e-6, 1e12), min_size=1, max_size=60), st.floats(1e-6, 1e6))
def test_basis_points_add_up_are_at_least_one_each_and_do_not_depend_on_the_unit(values, factor):
    points = basis_points(values)

    assert sum(points) == 10_000
    assert min(points) >= 1
    assert basis_points([value * factor for value in values]) == points


@pytest.mark.parametrize("values", [[1, 1, 1], [1, 31], [5, 5, 5, 1], [1] * 7])
def test_ties_of_basis_points_fall_the_same_way_for_any_size_of_the_bag(values):
    draw = random.Random(4)
    found = {
        basis_points([value * factor for value in values]) for factor in (draw.uniform(1e-3, 1e5) for _ in range(500))
    }

    assert len(found) == 1


# ------------------------------------------------------------------------------------------------ hostile


def packed(content: bytes, *, dictionary: bytes | None = None, tail: bytes = b"", start: str = FORMAT) -> str:
    """A text with a right checksum around any content."""
    dictionary = dictionary or DICTIONARIES.get(start, DICTIONARIES["1"]).encode()
    press = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, dictionary)
    body = press.compress(content) + press.flush() + tail
    return start + base64.urlsafe_b64encode(checksum(start, body) + body).decode().rstrip("=")


GOOD = encode(Shared(plan=WITH_ALL))
PINNED = Shared(plan=bag_of(5), pin=pin_of(assess(bag_of(5), SampleSource().snapshot())))


def pin_with(place: int, value: object) -> bytes:
    """A pinned plan in which one part of the pin is replaced."""
    body = base64.urlsafe_b64decode((text := encode(PINNED))[1:] + "=" * (-len(text[1:]) % 4))[4:]
    content = json.loads(zlib.decompressobj(-15, DICTIONARIES[FORMAT].encode()).decompress(body))
    content[1] += [None] * (place + 1 - len(content[1]))
    content[1][place] = value
    return json.dumps(content).encode()


def hidden_with(weights: list[object]) -> bytes:
    """A link of hidden amounts with other weights, for three coins."""
    plan = HedgePlan(holdings=tuple(Holding(coin=coin, quantity=1) for coin in ("SOL", "ETH", "BTC")))
    shared = hide_amounts(assess(plan, SampleSource().snapshot()))
    content = [
        format_2.pack_plan(json.loads(plan_file.plan_to_json(shared.plan))),
        format_2.pack_pin(PIN.dump_python(shared.pin, mode="json")),
        1,
    ]
    content[0][1][2] = weights
    return json.dumps(content).encode()


HOSTILE = {
    "nothing": ("", "not a link"),
    "the format alone": (FORMAT, "damaged"),
    "too long": (FORMAT * 8_001, "longer than 8,000"),
    "a megabyte": ("A" * 1_000_000, "longer than"),
    "a later format": (packed(b"[[]]", start="3"), "newer release"),
    "format nought": ("0" + GOOD[1:], "not a link"),
    "half of it": (GOOD[: len(GOOD) // 2], "damaged"),
    "without its last character": (GOOD[:-1], "damaged"),
    "one character more": (GOOD + "A", "damaged"),
    "another alphabet": (GOOD.replace("A", "+", 1) + "é", "not a link"),
    "padding": (GOOD + "==", "not a link"),
    "an address without a plan": ("https://x.app/?q=1", "This address contains no plan"),
    "an address with two plans": (f"https://x.app/?p={GOOD}&p={GOOD}", "once"),
    "an address that is none": ("http://[x?p=1", "This address contains no plan"),
    "a thousand parameters": ("https://x.app/?" + "a=1&" * 1_000, "This address contains no plan"),
    "no compression": (
        FORMAT + base64.urlsafe_b64encode(checksum(FORMAT, b"[[]]") + b"[[]]").decode().rstrip("="),
        "damaged",
    ),
    "something after the end": (packed(b"[[]]", tail=b"more"), "damaged"),
    "a bomb of 4 MB": (packed(b" " * 4_000_000), "unpacks to more than 64,000"),
    "a bomb of zeros in a list": (packed(b"[[" + b"0," * 2_000_000 + b"0]]"), "unpacks to more than"),
    "not JSON": (packed(b"[[}"), "cannot be read"),
    "Latin-1": (packed('[["é"]]'.encode("latin-1")), "cannot be read"),
    "UTF-16": (packed("[[]]".encode("utf-16")), "cannot be read"),
    "half of a character": (packed(b'[["\\ud800"]]'), "incomplete character"),
    "NaN": (packed(b'[[null,[1,"SOL",NaN]]]'), "cannot be read"),
    "infinity": (packed(b'[[null,[1,"SOL",Infinity]]]'), "cannot be read"),
    "1e999": (packed(b'[[null,[1,"SOL",1e999]]]'), "holdings[0].quantity"),
    "1e308 coins": (packed(b'[[null,[1,"SOL",1e308]]]'), "holdings[0].quantity"),
    "fewer than no coins": (packed(b'[[null,[1,"SOL",-1]]]'), "holdings[0].quantity"),
    "a number of 9,000 digits": (packed(b'[[null,[1,"SOL",' + b"9" * 9_000 + b"]]]"), "cannot be read"),
    "deep nesting": (packed(b"[" * 30_000 + b"]" * 30_000), "nested too deeply"),
    "deep nesting in a place": (packed(b"[[" + b"[" * 900 + b"]" * 900 + b"]]"), ""),
    "an object": (packed(b'{"schema": "hedge-plan"}'), "does not contain a plan"),
    "a number": (packed(b"7"), "does not contain a plan"),
    "four parts": (packed(b"[[],null,null,null]"), "does not contain a plan"),
    "a place that this release does not know": (
        packed(b"[[" + b"null," * 40 + b"1]]"),
        "newer release",
    ),
    "a decision that this release does not know": (packed(b"[[null,null,[" + b"0," * 40 + b"1]]]"), "newer release"),
    "a column that this release does not know": (packed(b'[[null,[1,"SOL",1,null,null,null,1]]]'), "newer release"),
    "a million rows": (packed(b'[[null,[1000000,"SOL",1]]]'), "wrong shape"),
    "true rows": (packed(b'[[null,[true,"SOL",1]]]'), "wrong shape"),
    "501 holdings": (packed(b'[[null,[501,"SOL",1]]]'), "at most 500"),
    "a coin that is none": (packed(b'[[null,[1,"=1+1",1]]]'), "holdings[0]"),
    "a mapping with a number for a name": (packed(b"[[null,null,null,[[[1],[2]]]]]"), "wrong shape"),
    "a mapping with a name twice": (packed(b'[[null,null,null,[[["A","A"],[1,2]]]]]'), "wrong shape"),
    "an exit rule that this release does not know": (
        packed(b'[[null,null,null,null,null,[null,[["moon"]]]]]'),
        "newer release",
    ),
    "formulas that this release does not know": (packed(pin_with(19, 99)), "newer release"),
    "formulas of text": (packed(pin_with(19, "first")), "pin in this link"),
    "null for a name": (packed(b"[[{}]]"), "field 'name'"),
    "an object for a list": (packed(b"[[null,{}]]"), "field 'holdings'"),
    "an object with a name": (packed(b'[[null,{"a":1}]]'), "wrong shape"),
    "an exit rule of a list": (packed(b"[[null,null,null,null,null,[null,[[[]]]]]]"), "wrong shape"),
    "a pin of text": (packed(b'[[],"pin"]'), "wrong shape"),
    "an empty pin": (packed(b"[[],[]]"), "pin in this link"),
    "a pinned price of 0": (packed(pin_with(5, [["SOL"], [0]])), "pin in this link"),
    "a pinned price of 1e308": (packed(pin_with(5, [["SOL"], [1e308]])), "pin in this link"),
    "a pinned price of markup": (packed(pin_with(5, [["<b>"], [1]])), "pin in this link"),
    "pinned in the year 1": (packed(pin_with(0, "0001-01-01T00:00:00Z")), "pin in this link"),
    "a beta of 1e300": (packed(pin_with(7, [1, "SOL", "ETH", 1e300])), "pin in this link"),
    "a covariance of too few": (packed(pin_with(13, ["SOL", "ETH"])), "pin in this link"),
    "a covariance that cannot be": (
        packed(pin_with(15, [0.99, 0.99, -0.99, 0.99, 0.99, -0.99])),
        "pin in this link",
    ),
    "a regression of another width": (packed(pin_with(9, [1, "SOL", [[1, 2]], [[1]]])), "pin in this link"),
    "hidden without a pin": (packed(b'[[null,[1,"SOL",10000]],null,1]'), "shares of the bag"),
    "hidden with more than all": (packed(hidden_with([10_000, 1, 1])), "shares of the bag"),
    "hidden with half a point": (packed(hidden_with([0.5, 1, 9_998])), "shares of the bag"),
    "hidden with true": (packed(hidden_with([9_998, True, 1])), "shares of the bag"),
    "hidden twice": (packed(b"[[],null,2]"), "shares of the bag"),
}


@pytest.mark.parametrize(("text", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_refused_with_a_message_in_no_time(text, words):
    started = time.thread_time()

    with pytest.raises(InvalidPlan) as caught:
        decode(text)

    assert time.thread_time() - started < 1.0
    assert words in str(caught.value)
    assert len(str(caught.value)) < 1_000
    str(caught.value).encode()


def test_the_worst_bombs_take_little_memory_and_little_time():
    bombs = [packed(b" " * 4_000_000), packed(b"[[" + b"0," * 2_000_000 + b"0]]"), packed(b"[" * 30_000)]
    started = time.thread_time()
    tracemalloc.start()
    try:
        for bomb in bombs * 20:
            with pytest.raises(HedgeError):
                decode(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 10_000_000  # bytes
    assert time.thread_time() - started < 5.0
    assert all(len(bomb) < MAX_TEXT for bomb in bombs)
    assert MAX_CONTENT < 100_000


def test_a_thousand_rows_of_everything_take_less_than_a_second():
    columns = b'[1999,"2026-01-01T00:00:00Z","CME:MET",null,1,1]'
    started = time.thread_time()

    plan = decode(packed(b"[[null,null,null,null,[" + columns + b"]]]")).plan

    assert len(plan.execution.fills) == 1_999
    assert time.thread_time() - started < 1.0


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii"))
@settings(max_examples=scaled(100))
def test_a_changed_character_is_refused_or_makes_no_difference(place, character):
    text = GOOD[:place] + character + GOOD[place + 1 :]

    try:
        opened = decode(text)
    except HedgeError:
        return
    assert opened.plan == WITH_ALL


def test_two_thousand_strings_of_bytes_give_a_message_and_no_other_error():
    draw = random.Random(7)
    for turn in range(2_000):
        content = draw.randbytes(draw.randrange(1, 300))
        text = packed(content) if turn % 2 else FORMAT + base64.urlsafe_b64encode(content).decode().rstrip("=")
        for hostile in (text, content.decode("latin-1")):
            with pytest.raises(HedgeError):
                decode(hostile)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2_000) | st.floats() | st.sampled_from(["SOL", "ETH", "CME", "", "=1"]),
    lambda children: st.lists(children, max_size=4),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=scaled(100))
def test_any_value_in_any_place_gives_a_link_or_a_message_and_what_opens_can_be_worked_out_or_not(data):
    text = encode(PINNED)
    body = base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))[4:]
    place = content = json.loads(zlib.decompressobj(-15, DICTIONARIES[FORMAT].encode()).decompress(body))
    while True:
        key = data.draw(st.integers(0, len(place) - 1))
        if not isinstance(place[key], list) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(VALUES)
            break
        place = place[key]

    try:
        opened = decode(packed(json.dumps(content).encode()))
        if opened.pin is not None:
            view = assess(opened.plan, pinned_market(opened.pin))
            run_scenario(view, Shock(move=-0.2, correlation_break=0.5))
    except HedgeError:
        return
    assert decode(link._text(opened)) == opened


def test_a_pin_with_a_dated_future_without_its_day_is_refused_by_name():
    pinned = decode((GOLDEN / "share-v2-pinned.txt").read_text(encoding="ascii"))
    assert pinned.pin is not None
    content = format_2.pack_pin(PIN.dump_python(pinned.pin, mode="json"))
    document = format_2.unpack_pin(content)
    document["contracts"][0] |= {"expiry": "dated", "expires_on": None}

    with pytest.raises(InvalidPlan, match=r"contracts\.0: .* a dated future needs the day on which it expires"):
        link._pin(document)


# ------------------------------------------------------------------------------------------------ golden


def document_of(shared: Shared) -> dict[str, object]:
    """All that a link holds, as JSON."""
    return {
        "plan": json.loads(plan_file.plan_to_json(shared.plan)),
        "pin": None if shared.pin is None else PIN.dump_python(shared.pin, mode="json"),
        "is_hidden": shared.is_hidden,
    }


def opened_golden(version: int, name: str) -> tuple[Shared, dict[str, Any]]:
    """A golden link, opened, and the document that it held when it was written."""
    text = (GOLDEN / f"share-v{version}-{name}.txt").read_text(encoding="ascii")
    document = (GOLDEN / f"share-v{version}-{name}.json").read_text(encoding="utf-8")
    return decode(text), json.loads(document)


def without_younger_fields(found: Any, expected: Any) -> Any:
    """A document without the fields that `expected` does not name, in its rows too."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return {name: without_younger_fields(found[name], value) for name, value in expected.items()}
    if isinstance(found, list | tuple) and len(found) == len(expected):
        return type(found)(without_younger_fields(*pair) for pair in zip(found, expected, strict=True))
    return found


def assert_holds(opened: Shared, expected: dict[str, Any]) -> None:
    """What a golden link held when it was written, it holds now; a field that is younger has its default."""
    pin = document_of(opened)["pin"]

    assert opened.plan == plan_file.plan_from_json(json.dumps(expected["plan"]))
    assert (pin is None) == (expected["pin"] is None)
    assert pin is None or without_younger_fields(pin, expected["pin"]) == expected["pin"]
    assert opened.is_hidden == expected["is_hidden"]


@pytest.mark.parametrize("name", ["plain", "pinned", "hidden", "fills_and_rules", "every_field"])
def test_links_of_the_first_format_are_read_as_they_were_written(name):
    opened, expected = opened_golden(1, name)

    assert_holds(opened, expected)
    assert opened.pin is None or opened.pin.formulas == 1


@pytest.mark.parametrize("name", ["plain", "pinned", "hidden", "fills_and_rules", "every_field"])
def test_links_of_the_second_format_are_read_and_written_as_they_were(name):
    opened, expected = opened_golden(2, name)
    expected["plan"]["edition"] = "2026-11-29"  # what a link of this format means that does not state it

    assert_holds(opened, expected)
    assert encode(opened) == (GOLDEN / f"share-v2-{name}.txt").read_text(encoding="ascii")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("name", ["pinned", "hidden"])
def test_pinned_links_give_the_counts_the_margin_and_the_scenario_that_they_gave(version, name):
    opened, _ = opened_golden(version, name)
    expected = json.loads((GOLDEN / "share-v1-figures.json").read_text(encoding="utf-8"))[name]

    view = assess(opened.plan, pinned_market(opened.pin))
    result = run_scenario(view, Shock(move=-0.15))

    assert opened.pin.formulas == pinned_market(opened.pin).formulas == 1
    assert {leg.contract.id: leg.contracts for leg in view.legs} == expected["counts"]
    assert {leg.contract.id: leg.exact_contracts for leg in view.legs} == pytest.approx(expected["exact_counts"])
    assert view.achieved_hedge_ratio == pytest.approx(expected["achieved_hedge_ratio"])
    for part, found in (("margin", view.margin), ("scenario", result)):
        for figure, value in expected[part].items():
            assert getattr(found, figure) == (None if value is None else pytest.approx(value)), figure


@pytest.mark.parametrize("name", ["plain", "pinned", "hidden", "fills_and_rules", "every_field"])
def test_a_link_of_the_second_format_is_at_most_5_percent_longer_than_one_of_the_first(name):
    first, second = (len((GOLDEN / f"share-v{version}-{name}.txt").read_text(encoding="ascii")) for version in (1, 2))

    assert second <= 1.05 * first


def test_a_link_and_a_document_without_rounding_round_to_the_nearest_for_ever():
    for start in ("1", "2"):
        assert decode(packed(b'[[null,[1,"SOL",1],[0.3]]]', start=start)).plan.decisions.rounding == "nearest"
    document = {"schema": "hedge-plan", "version": 1, "decisions": {"risk_accepted": 0.3}}
    assert plan_file.plan_from_json(json.dumps(document)).decisions.rounding == "nearest"


def test_the_dictionaries_of_the_formats_never_change():
    assert zlib.crc32(DICTIONARIES["1"].encode()) == 1965374646
    assert zlib.crc32(DICTIONARIES["2"].encode()) == 2504986025


def test_the_format_carries_the_version_of_the_plan_document_that_there_is():
    assert plan_file.VERSION == PLAN_VERSION, "a new version of the plan document needs a new format of links"


FIRST_FORMAT = {
    "too many places": (b"[[null,null,null,null,null,null,null,null,null,1]]", "wrong shape"),
    "a million rows": (b'[[null,[1000000,"SOL",1]]]', "wrong shape"),
    "true rows": (b'[[null,[true,"SOL",1]]]', "wrong shape"),
    "501 holdings": (b'[[null,[501,"SOL",1]]]', "at most 500"),
    "a mapping with a number for a name": (b"[[null,null,null,[[[1],[2]]]]]", "wrong shape"),
    "a mapping with a name twice": (b'[[null,null,null,[[["A","A"],[1,2]]]]]', "wrong shape"),
    "an exit rule that is none": (b'[[null,null,null,null,null,[null,[["moon"]]]]]', "exit rule"),
    "an exit rule of a list": (b"[[null,null,null,null,null,[null,[[[]]]]]]", "exit rule"),
    "an exit rule with too much": (b'[[null,null,null,null,null,[null,[["on_date",1,1,1,1]]]]]', "exit rule"),
    "a pin of text": (b'[[],"pin"]', "wrong shape"),
    "an empty pin": (b"[[],[]]", "pin in this link"),
    "four parts": (b"[[],null,null,null]", "does not contain a plan"),
    "deep nesting": (b"[" * 30_000 + b"]" * 30_000, "nested too deeply"),
    "a bomb": (b" " * 4_000_000, "unpacks to more than 64,000"),
    "hidden without a pin": (b'[[null,[1,"SOL",10000]],null,1]', "shares of the bag"),
}


@pytest.mark.parametrize(("content", "words"), FIRST_FORMAT.values(), ids=FIRST_FORMAT)
def test_a_hostile_text_of_the_first_format_is_refused_with_a_message_in_no_time(content, words):
    started = time.thread_time()

    with pytest.raises(InvalidPlan) as caught:
        decode(packed(content, start="1"))

    assert time.thread_time() - started < 1.0
    assert words in str(caught.value)


def test_a_text_of_one_format_is_no_text_of_the_other():
    for name in ("plain", "pinned"):
        text = (GOLDEN / f"share-v1-{name}.txt").read_text(encoding="ascii")
        with pytest.raises(InvalidPlan, match="damaged"):
            decode("2" + text[1:])


# ------------------------------------------------------------------------------------------------ words


def test_what_a_link_reveals_is_said_in_a_sentence(market):
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=100),))
    assessment = assess(plan, market)

    assert reveals(Shared(plan=plan)).startswith("The link contains the whole plan: your coins with their quantities")
    assert "prices and betas" in reveals(Shared(plan=plan, pin=pin_of(assessment)))
    for word in ("collateral", "fills and payments", "stop prices", "exit rules", "notes", "prices of your own"):
        assert word in reveals(Shared(plan=WITH_ALL))
        assert word not in reveals(Shared(plan=plan))
    for noted in (
        replace(plan, notes="mine"),
        replace(plan, holdings=(Holding(coin="SOL", quantity=100, note="mine"),)),
        replace(plan, execution=Execution(journal=(JournalEntry(day=date(2026, 1, 2), text="mine"),))),
    ):
        assert "your notes" in reveals(Shared(plan=noted))
    assert "shares of the bag" in reveals(hide_amounts(assessment))
    assert "quantities" not in reveals(hide_amounts(assessment))
