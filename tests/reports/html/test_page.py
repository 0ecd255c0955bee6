"""The report: the numbers are the assessment's, nothing in it can run or call out, and the plan can be read back.

By hand, from the guide's NovaCoin as printed (see `tests/scenarios/test_run.py`): 19 contracts, 21.1% of 70.0%,
$7,888.89 left unhedged; if the bag falls 15% it loses $1,500.00 and the hedge makes $316.67: −$1,183.33 net, of which
the sizing method took $725.93 and whole contracts $7.41.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from hedge_core import Holding, SampleSource, Shock, assess, load_plan, run_scenario
from hedge_core.cli import main
from hedge_core.documents.plan_file import REPORT_PLAN, plan_element, plan_from_json, read_plan
from hedge_core.errors import InvalidPlan
from hedge_core.hedge.insurance import insurance_quote
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.position import position_state
from hedge_core.plan.calendar import CalendarEvent
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import Decisions, Execution, HedgePlan, JournalEntry, Watch
from hedge_core.plan.rules import Catalyst, FallReached
from hedge_core.reports.answer import answer
from hedge_core.reports.drawings import BAG, HEDGE, NET, Line, Step, pnl_drawing, spread, waterfall_drawing
from hedge_core.reports.html.page import report_html
from hedge_core.reports.orders import order_ticket
from hedge_core.reports.scenarios_csv import scenario_table_csv
from hedge_core.scenarios.run import MOVES
from hedge_core.scenarios.stress import run_stress
from hedge_core.text import percent, price, signed_usd, usd
from tests.support.html_document import Document
from tests.support.markets import make_market
from tests.support.strategies import tradable_plans

MADE_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
STEMS = ("altcoin_x", "layer1_bag", "novacoin", "novacoin_as_printed")
HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "the end of a script": "</script><img src=x onerror=alert(1)>",
    "a comment that swallows scripts": "<!--<script>",
    "an attribute": "\" onmouseover='alert(1)' x=\"",
    "a formula": "=cmd|' /C calc'!A0",
    "a formula with a plus": '+HYPERLINK("http://evil.example","x")',
    "a template": "{{ 7 * 7 }}{% raw %}",
    "writing turned around": "abc\u202egnp.exe\u2066\u200f",
    "control characters": "a\x1b[31mred\x07\x9b",
    "500 characters without a space": "W" * 500,
    "a style": "</style><style>*{display:none}</style>",
    "an entity": "&lt;b&gt; & &#x3c;i>",
}


@pytest.fixture(scope="module")
def sample():
    return SampleSource().snapshot()


@pytest.fixture(scope="module")
def reports(project_root, sample):
    """Each example: its assessment and its report."""
    made = {}
    for stem in STEMS:
        assessment = assess(load_plan(project_root / "examples" / f"{stem}.json"), sample)
        made[stem] = (assessment, report_html(assessment, made_at=MADE_AT))
    return made


def hostile_plan(words: str) -> HedgePlan:
    """A plan with these words wherever a user may write."""
    plan = HedgePlan(
        name=words[:120],
        holdings=(Holding(coin="SOL", quantity=40.0, note=words[:500]), Holding(coin="NEAR", quantity=900.0)),
        notes=f"{words}\n{words}",
        watch=Watch(
            exit_rules=(Catalyst(event=words[:200]), FallReached(fall=0.2)),
            events=(CalendarEvent(day=date(2026, 2, 10), title=words[:120], note=words[:500]),),
        ),
        execution=Execution(journal=(JournalEntry(day=date(2026, 1, 20), text=words[:500]),)),
    )
    return plan.with_decisions(collateral=4_000.0)


# Content


@pytest.mark.parametrize("stem", STEMS)
def test_the_report_holds_the_numbers_of_the_assessment(reports, stem):
    assessment, html = reports[stem]
    page = Document(html)

    for figure in (
        usd(assessment.bag_value),
        usd(assessment.hedgeable_value),
        f"Hedged (target {percent(assessment.hedge_ratio)}){percent(assessment.achieved_hedge_ratio)}",
        usd(assessment.residual_exposure),
        usd(assessment.margin.initial),
        insurance_quote(assessment).sentence,
        *(order.sentence for order in order_ticket(assessment)),
        *(f"{leg.exact_contracts:,.2f}" for leg in assessment.legs),
        *(leg.contract.id for leg in assessment.legs),
        *(held.holding.coin for held in assessment.held_coins),
        *(notice.text for notice in assessment.notices),
    ):
        assert figure in page.words


@pytest.mark.parametrize("stem", STEMS)
def test_each_move_of_the_scenario_table_is_that_of_the_scenarios(reports, stem):
    assessment, html = reports[stem]
    cells = Document(html).cells

    for move in MOVES:
        result = run_scenario(assessment, Shock(move=move))
        mark = " ✕" if result.is_liquidated else ""
        row = [
            signed_usd(result.bag_pnl), signed_usd(result.hedge_pnl) + mark, signed_usd(result.net_pnl),
            signed_usd(result.net_after_costs), signed_usd(result.unhedged_pnl),
        ]  # fmt: skip
        assert any(cells[place : place + 5] == row for place in range(len(cells)))


def test_the_guides_example_is_taken_apart_to_the_cent(reports):
    words = Document(reports["novacoin_as_printed"][1]).words

    assert "Sell short 19 × MICRO-ETH (contracts of 0.1 ETH) on My contracts" in words
    assert "Of the $10,000 to hedge, $7,889 stays unhedged" in words
    assert "the hedged coins make −$1,500 and the hedge +$317: −$1,183 net" in words
    for cell in ("−$450.00", "−$725.93", "−$7.41", "−$1,183.33"):
        assert cell in Document(reports["novacoin_as_printed"][1]).cells


def test_the_worst_windows_of_history_stand_in_it_the_worst_first(reports):
    assessment, html = reports["layer1_bag"]
    cells = Document(html).cells
    worst = [result for result in run_stress(assessment) if result.window.kind == "crash"][:5]

    places = [next(i for i, cell in enumerate(cells) if cell.startswith(result.window.label)) for result in worst]

    assert places == sorted(places)
    assert [cells[place + 4] for place in places] == [signed_usd(result.net_pnl) for result in worst]


def test_facts_of_contracts_stand_with_source_and_day(reports):
    assessment, html = reports["layer1_bag"]
    cells = Document(html).cells

    for leg in assessment.legs:
        assert leg.contract.source in cells
        assert leg.contract.verified_on in cells


def test_collateral_for_rallies_of_the_market_is_that_of_the_margin(reports):
    assessment, html = reports["layer1_bag"]
    cells = Document(html).cells

    for rally, text in ((0.25, "+25%"), (0.5, "+50%"), (1.0, "+100%")):
        needed = usd(assessment.collateral_for(rally))
        assert any(cells[place : place + 2] == [text, needed] for place in range(len(cells)))


@pytest.mark.parametrize(
    ("is_example", "simulated", "heading"),
    [
        (True, True, "Example on SIMULATED prices: not for orders"),
        (False, True, "PRACTICE on simulated prices: not for orders"),
        (False, False, None),
    ],
)
def test_simulated_prices_are_named_on_top_and_on_every_printed_page(is_example, simulated, heading):
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=40.0),), is_example=is_example)

    page = Document(report_html(assess(plan, make_market(simulated=simulated)), made_at=MADE_AT))

    (style,) = page.raw["style"]
    if heading is None:
        assert "PRACTICE" not in page.words
        assert "SIMULATED" not in page.words
        assert "@top-right { content" not in style
    else:
        assert page.words.index(heading) < page.words.index("Orders")
        assert f'@top-right {{ content: "{heading}"; }}' in style


def test_market_source_and_both_moments_are_named(reports):
    words = Document(reports["layer1_bag"][1]).words

    assert "Prices: sample (SIMULATED), as of 01 Nov 2026 00:00 UTC. Report made on 02 Nov 2026 09:30 UTC." in words


def test_of_a_price_file_the_name_is_shown_and_not_its_place(market):
    market = replace(market, source="csv:/some/where/private/prices.csv")
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=40.0),))

    words = Document(report_html(assess(plan, market), made_at=MADE_AT)).words

    assert "Prices: your price file prices.csv" in words
    assert "private" not in words


def test_a_position_is_shown_with_its_profit_rules_and_closing_order(market):
    plan = hostile_plan("A new listing").with_decisions(approach="coin_by_coin")
    executed = as_proposed(assess(plan, market), datetime(2026, 1, 10, 12, tzinfo=UTC))

    words = Document(report_html(assess(executed, market), made_at=MADE_AT)).words

    assert re.search(r"The shorts have made [+−]?\$[\d,.]+ in total", words)
    assert "To close everything Buy " in words
    assert "If A new listing (you tick it): Buy back the whole short. You have not ticked it." in words
    assert "Hedge opened as proposed: sold" in words
    assert "Tue 10 Feb 2026" in words


def test_a_position_that_cannot_be_read_does_not_keep_the_report_away(market):
    plan = hostile_plan("x")
    executed = as_proposed(assess(plan, market), datetime(2026, 1, 10, 12, tzinfo=UTC))
    fills = tuple(replace(fill, contract="Nowhere:NONE") for fill in executed.execution.fills)

    words = Document(report_html(assess(executed.with_execution(fills=fills), market), made_at=MADE_AT)).words

    assert "The position cannot be computed" in words
    assert "Nowhere:NONE" in words


@pytest.mark.parametrize(
    "holdings",
    [(), (Holding(coin="USDC", quantity=500.0),), (Holding(coin="SOL", quantity=0.001),)],
    ids=["empty", "cash", "too small"],
)
def test_a_bag_without_a_hedge_has_a_report_that_says_so(market, holdings):
    words = Document(report_html(assess(HedgePlan(holdings=holdings), market), made_at=MADE_AT)).words

    assert "There is nothing to short; the notices below explain why." in words
    assert "Nothing is shorted, so no margin is needed." in words


def test_a_report_of_a_target_of_zero_says_so_and_takes_no_hedge_apart(project_root, sample):
    unhedged = load_plan(project_root / "examples" / "layer1_bag.json").with_decisions(risk_accepted=1.0)

    words = Document(report_html(assess(unhedged, sample), made_at=MADE_AT)).words

    assert "There is nothing to short: your target is 0%." in words
    assert "If the bag falls 15%" not in words
    assert words.count("Nothing is shorted, so no margin is needed.") == 2


def test_a_report_of_sold_calls_without_a_short_says_what_margin_they_need():
    """100 lots of 0.01 BTC are 1 BTC, of which 7.5% is the margin."""
    market = make_market()
    call = "Deribit:BTC_USDC-27FEB26-66000-C"
    sold = Fill(at=datetime(2026, 1, 30, tzinfo=UTC), contract=call, side="sell", contracts=100, price=900.0)
    plan = HedgePlan(
        holdings=(Holding(coin="BTC", quantity=1.0),), decisions=Decisions(venue="Deribit", risk_accepted=1.0)
    )

    words = Document(report_html(assess(plan.with_execution(fills=(sold,)), market), made_at=MADE_AT)).words

    assert "Nothing is shorted, so no margin is needed." not in words
    need = f"the calls you sold need {usd(0.075 * market.price('BTC'))} of margin to stay open"
    assert words.count(f"No futures are short; {need}") == 2


def test_what_is_assumed_of_held_options_is_said_once_for_all_sections():
    market = make_market()
    at = datetime(2026, 1, 30, tzinfo=UTC)
    calls = (
        Fill(at=at, contract="Deribit:BTC_USDC-27FEB26-66000-C", side="sell", contracts=10, price=900.0),
        Fill(at=at, contract="Deribit:BTC-PERPETUAL", side="sell", contracts=4_000, price=market.price("BTC")),
    )
    plan = HedgePlan(holdings=(Holding(coin="BTC", quantity=1.0),)).with_decisions(venue="Deribit", collateral=20_000.0)

    words = Document(report_html(assess(plan.with_execution(fills=calls), market), made_at=MADE_AT)).words

    for said in (
        "is part of the hedge. It is priced at the volatility of its strike",
        "of your collateral, their share",
    ):
        assert words.count(said) == 1
    for part in ("The worst crashes and squeezes", "What hurts most:", "If the bag falls 15%"):
        assert part in words


@pytest.mark.parametrize("stem", STEMS)
def test_a_usual_report_is_small(reports, stem):
    assert len(reports[stem][1].encode()) < 60_000


def test_the_same_plan_gives_the_same_report(reports):
    assessment, html = reports["layer1_bag"]

    assert report_html(assessment, made_at=MADE_AT) == html


# Nothing in it can run or call out


@pytest.mark.parametrize("stem", STEMS)
def test_nothing_is_fetched_from_anywhere(reports, stem):
    page = Document(reports[stem][1])

    for tag, attributes in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "form", "a", "base", "image", "use")
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "href", "xlink:href")}
        assert "style" not in attributes
        assert not any(re.search(r"https?:|//", value or "") for value in attributes.values())
    assert not any(re.search(r"url\(|@import|expression", style) for style in page.raw["style"])


@pytest.mark.parametrize("stem", STEMS)
def test_the_policy_allows_its_own_style_and_nothing_else(reports, stem):
    page = Document(reports[stem][1])
    policies = [a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    (style,) = page.raw["style"]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_are_shown_and_never_obeyed(market, words):
    assessment = assess(hostile_plan(words), market)
    harmless = assess(hostile_plan("harmless"), market)

    html = report_html(assessment, made_at=MADE_AT)
    page = Document(html)

    assert [tag for tag, _ in page.elements] == [
        tag for tag, _ in Document(report_html(harmless, made_at=MADE_AT)).elements
    ]
    assert len(page.raw["script"]) == len(page.raw["style"]) == 1
    assert all(mark.isprintable() or mark in "\n\u00a0" for mark in html)
    assert not any(re.match(r"[=@]|[-+](?![$\d])", cell) for cell in page.cells)
    shown = "".join(mark for mark in words if mark.isprintable())
    assert " ".join(shown.split())[:100] in page.words


@pytest.mark.parametrize("words", ["harmless", *HOSTILE.values()], ids=["harmless", *HOSTILE])
def test_the_embedded_plan_is_read_back_equal(market, words):
    plan = hostile_plan(words)

    page = Document(report_html(assess(plan, market), made_at=MADE_AT))

    (script,) = page.raw["script"]
    assert ("script", {"type": "application/json", "id": "hedge-plan"}) in page.elements
    assert plan_from_json(script) == plan
    assert not set(script) & set("<>&")
    assert script.isascii()


@pytest.mark.parametrize("stem", STEMS)
def test_every_examples_plan_is_read_back_equal(reports, stem):
    assessment, html = reports[stem]

    assert plan_from_json(Document(html).raw["script"][0]) == assessment.plan


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(plan=tradable_plans())
def test_the_plan_comes_out_of_its_own_report(plan):
    assert read_plan(report_html(assess(plan, make_market()), made_at=MADE_AT)) == plan


def test_a_report_that_a_browser_or_an_editor_saved_again_is_read(reports):
    assessment, html = reports["layer1_bag"]

    assert read_plan(("\ufeff\n" + html.replace("\n", "\r\n")).encode()) == assessment.plan


@pytest.mark.parametrize(
    ("page", "words"),
    {
        "a page of another kind": ("<!doctype html><p>hello", "contains no plan"),
        "cut off before the plan": (f"<!doctype html>{REPORT_PLAN}", "contains no plan"),
        "two plans": (f"<p>{plan_element(HedgePlan())}{plan_element(HedgePlan())}", "more than one plan"),
        "a plan that is none": (f"<p>{REPORT_PLAN}{{}}</script>", "not a hedge plan"),
        "a script": (f"<p>{REPORT_PLAN}alert(1)</script>", "not valid JSON"),
        "a plan of the future": (
            f"<p>{plan_element(HedgePlan())}".replace('"version":1', '"version":2'),
            "newer release",
        ),
        "a number that is none": (f'<p>{REPORT_PLAN}{{"version":NaN}}</script>', "plan"),
        "nested": (f"<p>{REPORT_PLAN}{'[' * 100_000}</script>", "nested too deeply"),
        "ten megabytes": ("<" * 10_000_000, "larger than 5,000,000 bytes"),
        "four megabytes of beginnings": ("<script " * 500_000, "contains no plan"),
        "four megabytes of plan": (f"<p>{REPORT_PLAN}{'x' * 4_000_000}</script>", "larger than 1,000,000 bytes"),
        "bytes of an image": (b"<\x89PNG\r\n\xff\xfe\x00", "contains no plan"),
    }.values(),
)
def test_a_page_that_holds_no_plan_of_ours_is_refused_at_once(page, words):
    began = time.thread_time()
    with pytest.raises(InvalidPlan) as refused:
        read_plan(page)

    assert words in str(refused.value)
    assert time.thread_time() - began < 0.5


# The drawings


@pytest.mark.parametrize(
    ("values", "bounds", "placed"),
    [
        ([1.0, 9.0], (0.0, 10.0), [1.0, 9.0]),
        ([5.0, 5.0], (0.0, 10.0), [4.0, 6.0]),
        ([10.0, 10.0, 1.0], (0.0, 10.0), [8.0, 10.0, 1 / 3]),
        ([0.0, 9.5, 0.0], (0.0, 10.0), [0.0, 53 / 6, 2.0]),
        ([5.0, 5.0, 5.0], (4.0, 6.0), [4.0, 6.0, 8.0]),
    ],
)
def test_names_are_moved_apart_and_stay_within_their_bounds_if_they_fit(
    values: list[float], bounds: tuple[float, float], placed: list[float]
) -> None:
    """By hand, two apart: without bounds [10, 10, 1] would be [9⅓, 11⅓, ⅓], and a browser draws no name at 11⅓."""
    assert spread(values, 2.0, low=bounds[0], high=bounds[1]) == pytest.approx(placed)


def test_a_drawing_has_a_title_and_a_description_and_escapes_every_text():
    drawing = pnl_drawing(
        (-1.0, 0.0, 1.0),
        (Line("<Bag>", (-100.0, 0.0, 100.0), BAG), Line("Hedge & co", (50.0, 0.0, -50.0), HEDGE)),
        name="one",
        title="<Title>",
        description="A & B",
        selected=-0.15,
        break_evens=(0.5,),
        closed=(0.5, 1.0),
    )

    assert '<title id="one-title">&lt;Title&gt;</title><desc id="one-desc">A &amp; B</desc>' in drawing
    assert 'role="img" aria-labelledby="one-title one-desc"' in drawing
    assert "&lt;Bag&gt;" in drawing
    assert "<Bag>" not in drawing
    assert drawing.count("<polyline") == 2
    assert "short liquidated" in drawing


def test_after_a_liquidation_a_line_is_dashed_or_ends_and_says_what_was_lost():
    xs, values = (-1.0, 0.0, 0.5, 1.0), (-100.0, 0.0, 50.0, 100.0)
    drawing = pnl_drawing(
        xs,
        (
            Line("Bag", values, BAG),
            Line("Hedge", values, HEDGE, when_closed="ends"),
            Line("Net", values, NET, when_closed="dashed"),
        ),
        name="a",
        title="",
        description="",
        selected=0.0,
        closed=(0.5, 1.0),
        lost="$9,955",
    )

    strokes = re.findall(
        r'polyline points="([^"]+)" fill="none" stroke="([^"]+)"[^>]*?(stroke-dasharray="6 5")?', drawing
    )
    lengths = [(colour, len(points.split())) for points, colour, _ in strokes]
    assert lengths == [(BAG, 4), (HEDGE, 2), (NET, 2), (NET, 2)]
    assert drawing.count('stroke-dasharray="6 5"') == 1
    assert [said for said in re.findall(r">([^<>]+)</text>", drawing) if "liquidated" in said or "lost" in said] == [
        "✕ short liquidated",
        "unhedged, $9,955 lost",
    ]


@pytest.mark.parametrize("stem", STEMS)
def test_the_first_page_decides_and_the_appendix_follows(reports, stem):
    assessment, html = reports[stem]
    first, _, appendix = html.partition('<section class="appendix">')
    words = Document(first).words

    assert appendix.count("<h2>") > 5
    said = answer(assessment)
    for part in (said.lead, said.terms, "Orders", "Cash", "Cost", "When to close the hedge"):
        assert part in words
    assert first.count("<svg") == 2, "the payoff for paper, and for a phone"
    assert "unhedged, $" in first or not any(
        run_scenario(assessment, Shock(move=move, of="market")).is_liquidated for move in (0.2, 0.4, 0.6)
    )


def test_a_line_runs_through_its_values():
    """Half of the way up on the scale of its bounds: −100 … 100 with air lies symmetrically around zero."""
    drawing = pnl_drawing(
        (-1.0, 0.0, 1.0), (Line("Bag", (-100.0, 0.0, 100.0), BAG),), name="a", title="", description="", selected=0.0
    )

    (points,) = re.findall(r'polyline points="([^"]+)"', drawing)
    (x1, y1), (x2, y2), (x3, y3) = (map(float, point.split(",")) for point in points.split())
    assert x2 == pytest.approx((x1 + x3) / 2, abs=0.1)
    assert y2 == pytest.approx((y1 + y3) / 2, abs=0.1)
    assert y1 > y3


def test_steps_of_a_waterfall_begin_where_the_one_before_ended():
    steps = (Step("Ideal", -100.0, is_total=True), Step("Worse", -50.0), Step("Better", 30.0))
    drawing = waterfall_drawing((*steps, Step("End", -120.0, is_total=True)), name="w", title="", description="")

    bars = [
        (float(x), float(x) + float(width))
        for x, width in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawing)
    ]
    ideal, worse, better, end = bars
    assert worse[1] == pytest.approx(ideal[0], abs=0.11)
    assert better[0] == pytest.approx(worse[0], abs=0.11)
    assert end[0] == pytest.approx(better[1], abs=0.11)
    assert end[1] == pytest.approx(ideal[1], abs=0.11)
    assert NET in drawing


@pytest.mark.parametrize("size", [0.0, 1e-9, 1.0, 1e15, 1e300])
def test_a_drawing_stands_for_amounts_of_any_size(size):
    values = (-size, 0.0, size)

    drawing = pnl_drawing(
        (-0.5, 0.0, 1.0), (Line("Bag", values, BAG),), name="a", title="", description="", selected=0.0
    ) + waterfall_drawing([Step("One", value) for value in values], name="b", title="", description="")

    assert not re.search(r"nan|inf", drawing)


# The scenario table as CSV


def test_the_scenario_table_as_csv_holds_the_scenarios(reports):
    assessment, _ = reports["novacoin"]
    rows = list(csv.reader(io.StringIO(scenario_table_csv(assessment))))

    assert rows[0] == ["PRACTICE on simulated prices: not for orders"]
    assert rows[2] == ["market_move", "bag", "hedge", "net", "net_after_costs", "not_hedged", "is_closed_out"]
    assert [float(row[0]) for row in rows[3:]] == list(MOVES)
    for row in rows[3:]:
        result = run_scenario(assessment, Shock(move=float(row[0])))
        assert row[1:4] == [f"{x + 0.0:.2f}" for x in (result.bag_pnl, result.hedge_pnl, result.net_pnl)]


def test_the_name_of_a_price_file_is_no_formula_in_the_csv(market):
    assessment = assess(HedgePlan(holdings=(Holding(coin="SOL", quantity=40.0),)), replace(market, source="=1+1\r=2"))

    rows = list(csv.reader(io.StringIO(scenario_table_csv(assessment))))

    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)


# The command


def run(*arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "hedge_core", "report", *arguments],
        input=stdin, capture_output=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_command_writes_the_report_to_a_file(tmp_path, examples, capsys):
    out = tmp_path / "report.html"

    assert main.main(["report", str(examples / "novacoin.json"), "--out", str(out), "--offline"]) == 0

    assert capsys.readouterr().out == ""
    assert "Sell short 63 × MICRO-ETH" in Document(out.read_text(encoding="utf-8")).words
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_dash_writes_the_report_to_standard_output(examples):
    done = run("-", "--out", "-", stdin=(examples / "novacoin.json").read_bytes())

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"<!doctype html>")
    assert "−$450" in done.stdout.decode("utf-8")


def test_the_command_takes_another_market(tmp_path, examples):
    prices = tmp_path / "prices.csv"
    prices.write_text("date,ETH\n" + "".join(f"2026-01-{day:02},2000\n" for day in range(1, 32)))
    out = tmp_path / "report.html"

    assert main.main(["report", str(examples / "novacoin.json"), "--out", str(out), "--market", f"csv:{prices}"]) == 0

    assert "your price file prices.csv" in Document(out.read_text(encoding="utf-8")).words


@pytest.mark.parametrize("out", ["{folder}", "{folder}/no/such/folder/r.html", "a\x00b"])
def test_a_place_that_cannot_be_written_is_one_clear_message(tmp_path, examples, capsys, out):
    code = main.main(["report", str(examples / "novacoin.json"), "--out", out.format(folder=tmp_path)])

    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    assert captured.err.startswith("error: Cannot write '")
    assert "Traceback" not in captured.err
    assert os.listdir(tmp_path) == []


def test_a_report_that_is_there_stays_whole_when_writing_fails(tmp_path, examples, monkeypatch):
    out = tmp_path / "report.html"
    out.write_text("the old one")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    assert main.main(["report", str(examples / "novacoin.json"), "--out", str(out)]) == 2

    assert out.read_text() == "the old one"
    assert os.listdir(tmp_path) == ["report.html"]


def test_importing_the_report_loads_neither_its_template_engine_nor_anything_heavy():
    program = "import sys, json, hedge_core.reports.html.page; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    heavy = {"jinja2", "markupsafe", "pydantic", "pandas", "scipy", "streamlit", "plotly", "ccxt"}
    assert heavy & {name.partition(".")[0] for name in json.loads(done.stdout)} == set()


def test_once_filled_the_margin_of_the_report_is_that_of_the_account(sample):
    """40 Ether for a plan of 60: what is asked, what the account has, and the prices at which it ends agree."""
    plan = HedgePlan(holdings=(Holding(coin="ETH", quantity=12.0),)).with_decisions(collateral=20_000.0)
    fill = Fill(at=sample.as_of, contract="Coinbase Derivatives:ETP", side="sell", contracts=40, price=3_000.0, fee=0.0)
    filled = assess(replace(plan, execution=Execution(fills=(fill,))), sample)
    state = position_state(filled)

    page = " ".join(Document(report_html(filled, made_at=MADE_AT)).texts)

    kept = 0.3348 * 40 * 0.1 * sample.price("ETH")
    assert f"You need {usd(kept)} of margin to keep the short open." in page
    assert f"Your account has {usd(state.equity)}, what the shorts have made or lost included." in page
    ends = state.equity - kept
    ends = 1.0 + ends / (40 * 0.1 * sample.price("ETH") * 1.3348)
    assert price(ends * sample.price("ETH")) in page
