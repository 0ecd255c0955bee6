"""The scenarios page: questions in a user's words, each answered within three actions.

The first action is to open the page; each line of ACTIONS is one more: a preset, a view, or one slider.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hedge_core import HedgePlan, load_plan
from hedge_core.hedge.planner import assess
from hedge_core.market.sources.sample import SampleSource
from hedge_core.monitoring.filled import as_filled
from hedge_core.plan.fills import Fill
from hedge_core.scenarios.presets import PRESETS
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import outrunning_leg
from hedge_core.simulation.frontier import hedge_frontier
from hedge_core.simulation.simulation import simulate
from pages.ui.scenarios import path_inputs
from pages.ui.scenarios.views import VIEWS
from tests.pages.test_monitor_page import executed
from tests.pages.test_pages import calm, on_page, words
from tests.support.scale import SCALE

LAYER1 = load_plan(Path(__file__).parents[2] / "examples" / "layer1_bag.json")

QUESTIONS = {
    "what if the market corrects by 15%?": ("preset 15% correction of the bag",),
    "what if Bitcoin rises by 40% while my coins stand still?": ("preset Bitcoin +40%, alts do not move",),
    "what if my largest coin is hacked?": ("preset A coin is hacked",),
    "what if funding turns against the short?": ("preset Funding turns against you",),
    "what would the week of 12 March 2020 have done?": ("preset The week of 12 March 2020",),
    "what if my coins stop following the market?": ("preset Correlation breaks",),
    "what was the worst crash for this bag?": ("view Past crashes",),
    "how likely is it that the short is liquidated within the month?": ("view Thousands of paths",),
    "I expect the market to fall by 20%: and then?": ("view Thousands of paths", "slider paths_move -20"),
    "would a stop-loss at 8% have been better in a dip that comes back?": (
        "view Alternatives",
        "slider policy_stop 8",
    ),
    "should I hedge more or less than I do?": ("view Thousands of paths", "open paths_frontier"),
    "stop-loss or hedge: which was better, then and on the paths?": ("view Alternatives",),
    "what if the market jumps by 40% in two weeks?": ("slider scenario_move 40", "slider scenario_days 14"),
    "what could take my hedge away?": ("view What can take the hedge away",),
    "why not a put?": ("view Alternatives",),
    "what if I accept half of the loss?": ("view Thousands of paths", "slider hedge_share 50"),
}
ANSWERS = {
    "what if the market corrects by 15%?": "your bag falls 15%",
    "what if Bitcoin rises by 40% while my coins stand still?": "If the market rises 40%",
    "what if my largest coin is hacked?": "If only SOL moves by −60%",
    "what if funding turns against the short?": "At 50% per year, the short pays $",
    "what would the week of 12 March 2020 have done?": "07 Mar 2020 to 12 Mar 2020",
    "what if my coins stop following the market?": "If the market rises 20%",
    "what was the worst crash for this bag?": "Your worst period is",
    "how likely is it that the short is liquidated within the month?": "The chance that the short is liquidated is",
    "I expect the market to fall by 20%: and then?": "The market is assumed to move by −20% on average",
    "would a stop-loss at 8% have been better in a dip that comes back?": "Here the hedge does better",
    "should I hedge more or less than I do?": "One step up, to 70%",
    "what could take my hedge away?": "What hurts most: the venue fails",
    "why not a put?": "Over 30 days the short protects better than the put",
    "stop-loss or hedge: which was better, then and on the paths?": "in the worst 5% of past periods",
    "what if the market jumps by 40% in two weeks?": "The market rises 40% in 14 days: your hedge is liquidated, **$",
    "what if I accept half of the loss?": "In the worst 5% of paths over 30 days you lose **$9,",
}


FEW = 2_000
"""Paths of the tests that do not ask for the usual number."""


def opened() -> AppTest:
    """The page with a plan, on which views of many paths draw few of them."""
    test = on_page("scenarios", LAYER1)
    test.session_state.kept = {**test.session_state.kept, "paths_count": FEW}
    return test


def act(test: AppTest, action: str) -> AppTest:
    kind, _, rest = action.partition(" ")
    if kind == "preset":
        return test.button_group(key="scenario_preset").set_value(rest).run()
    if kind == "view":
        return test.button_group(key="scenario_view").set_value(rest).run()
    if kind == "open":
        test.session_state[rest] = True
        return test.run()
    key, _, value = rest.rpartition(" ")
    return test.slider(key=key).set_value(int(value)).run()


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_in_words_is_answered_within_three_actions(question: str) -> None:
    test = opened()
    actions = QUESTIONS[question]
    assert len(actions) + 1 <= 3
    for action in actions:
        act(test, action)
    calm(test)
    assert ANSWERS[question] in words(test).replace("\\", "")


def test_every_view_is_asked_for() -> None:
    used = {action.partition(" ")[2] for actions in QUESTIONS.values() for action in actions if "view" in action}
    assert used >= set(VIEWS) - {"One move"}


@pytest.mark.parametrize("preset", [preset.name for preset in PRESETS])
def test_each_preset_draws_calmly_and_another_takes_it_back(preset: str) -> None:
    test = on_page("scenarios", LAYER1)
    act(test, f"preset {preset}")
    calm(test)
    act(test, "view One move")
    act(test, "preset 15% correction of the bag")
    assert "your bag falls 15%, it loses $7,132" in words(test).replace("\\", "")


EXAMPLES = ("novacoin", "altcoin_x", "layer1_bag")
OPENED = [
    (stem, view) for stem in EXAMPLES for view in VIEWS if SCALE > 1 or stem == EXAMPLES[-1] or view == "One move"
]


@pytest.mark.long
@pytest.mark.parametrize(("stem", "view"), OPENED)
def test_each_view_opens_for_each_example(view: str, stem: str) -> None:
    test = on_page("scenarios", load_plan(Path(__file__).parents[2] / "examples" / f"{stem}.json"))
    act(test, f"view {view}")
    calm(test)
    assert len(test.get("plotly_chart")) >= 1


@pytest.mark.parametrize("view", VIEWS)
def test_a_plan_that_hedges_nothing_opens_every_view(view: str) -> None:
    test = on_page("scenarios", LAYER1.with_decisions(risk_accepted=1.0, collateral=None))
    act(test, f"view {view}")
    calm(test)


def test_the_page_shows_what_the_simulation_says() -> None:
    test = act(on_page("scenarios", LAYER1), "view Thousands of paths")
    found = simulate(assess(LAYER1, SampleSource().snapshot()), paths=path_inputs.USUAL_PATHS)
    metrics = {metric.label: metric.value for metric in test.metric}
    assert metrics["Together, worst 5%"] == f"−${found.net.expected_shortfall.value:,.0f}"
    assert found.closed is not None
    assert metrics["Liquidated"] == f"{found.closed.value:.1%}"
    assert found.sentence in words(test).replace("\\", "")


def test_the_page_shows_what_the_frontier_says() -> None:
    test = act(act(opened(), "view Thousands of paths"), "open paths_frontier")
    found = hedge_frontier(assess(LAYER1, SampleSource().snapshot()), paths=FEW)
    for sentence in found.sentences:
        assert sentence in words(test).replace("\\", "")


def test_a_decision_made_inside_a_view_is_the_plans() -> None:
    """That the strip follows is seen in the browser: AppTest does not run the page again from inside a fragment."""
    test = act(opened(), "view Thousands of paths")
    act(test, "slider hedge_share 80")
    plan: HedgePlan = test.session_state.plan
    assert plan.decisions.hedge_ratio == 0.8


@pytest.mark.rare  # 730 days of 10,000 paths, three times
def test_the_longest_horizon_draws_calmly_in_every_view() -> None:
    test = on_page("scenarios", LAYER1)
    test.session_state.plan = load_plan(Path(__file__).parents[2] / "examples" / "novacoin.json").with_decisions(
        horizon_days=730
    )
    test.run()
    for view in VIEWS:
        act(test, f"view {view}")
        calm(test)


def test_a_leg_that_outruns_the_bag_rises_alone_on_the_page() -> None:
    test = act(on_page("scenarios", LAYER1), "preset A leg outruns your bag")
    found = assess(LAYER1, SampleSource().snapshot())
    (leg,) = (leg for leg in found.legs if leg.underlying == outrunning_leg(found))

    assert test.selectbox(key="scenario_coin").value == leg.underlying
    assert f"If only {leg.underlying} moves by +100%" in words(test)
    assert f"the short loses ${leg.notional:,.0f}" in words(test).replace("\\", "")


def test_a_move_of_the_market_moves_each_coin_by_its_own_beta() -> None:
    test = on_page("scenarios", LAYER1)
    act(test, "slider scenario_move 20")
    found = run_scenario(assess(LAYER1, SampleSource().snapshot()), Shock(move=0.2, of="market"))
    said = words(test).replace("\\", "")

    assert f"your bag gains ${found.bag_pnl:,.0f}" in said
    assert f"The short contracts then move: ETH {found.moves['ETH']:+.1%}" in said


def payoff(test: AppTest) -> str:
    return next(chart.proto.spec for chart in test.get("plotly_chart") if "scenario_range" in chart.proto.id)


def test_the_payoff_follows_every_input_although_its_lines_are_kept_while_the_move_changes() -> None:
    test = on_page("scenarios", LAYER1)
    drawn = [payoff(test)]
    for number, change in enumerate(
        (
            lambda: test.slider(key="scenario_move").set_value(20),
            lambda: test.slider(key="scenario_days").set_value(90),
            lambda: test.slider(key="scenario_carry").set_value(50),
            lambda: test.slider(key="scenario_basis").set_value(5),
            lambda: test.slider(key="scenario_beta").set_value(40),
            lambda: test.slider(key="scenario_break").set_value(50),
            lambda: test.slider(key="scenario_own").set_value(-30),
            lambda: test.radio(key="scenario_of").set_value("bag"),
            lambda: test.radio(key="scenario_of").set_value("market"),
            lambda: test.toggle(key="scenario_worst_days").set_value(True),
        )
    ):
        change().run()
        kept = payoff(test)
        test.session_state.at_hand.clear()
        test.run()
        assert payoff(test) == kept, f"change {number} shows what was worked out before"
        drawn.append(kept)
    plan: HedgePlan = test.session_state.plan
    test.session_state.plan = plan.with_decisions(collateral=9_000.0)
    drawn.append(payoff(test.run()))

    assert drawn[3] == drawn[2], "carry is not in the lines, which are before costs"
    assert drawn[9] == drawn[7], "the market moves again"
    assert len(set(drawn)) == len(drawn) - 2
    calm(test)


def test_a_danger_is_worked_out_again_with_ones_own_assumption_and_an_empty_input_takes_it_back() -> None:
    test = act(on_page("scenarios", LAYER1), "view What can take the hedge away")
    test.number_input(key="danger_loss_chance").set_value(5.0).run()
    test.number_input(key="danger_halt_hours").set_value(0.0).run()
    calm(test)
    figures = test.session_state.plan.overrides.dangers

    assert (figures.loss_chance, figures.halt_hours) == (0.05, 0.0)
    assert "You cannot trade at the low" not in words(test)
    test.number_input(key="danger_halt_hours").set_value(None).run()
    assert test.session_state.plan.overrides.dangers.halt_hours is None
    assert "You cannot trade at the low" in words(test)


def test_coins_can_be_pledged_and_the_plan_stays_as_it_is() -> None:
    test = act(on_page("scenarios", LAYER1.with_decisions(venue="OKX")), "view What can take the hedge away")
    before = test.session_state.plan
    test.multiselect(key="pledge_coins").set_value(["SOL"]).run()
    calm(test)

    assert "count for" in words(test)
    assert "SOL counts for 80% of its value: assumed" in words(test).replace("\\", "")
    assert test.session_state.plan == before


def test_once_fills_are_entered_the_page_speaks_of_what_is_filled() -> None:
    whole = executed()
    plan = whole.with_execution(fills=whole.execution.fills[:1])
    planned = assess(plan, SampleSource().snapshot())
    filled = as_filled(planned)
    assert filled is not None
    said = words(on_page("scenarios", plan)).replace("\\", "")
    fall = Shock(move=-0.15, of="market")

    assert f"the short gains ${run_scenario(filled.assessment, fall).hedge_pnl:,.0f}" in said
    assert f"the short gains ${run_scenario(planned, fall).hedge_pnl:,.0f}" not in said


PUT = Fill(
    at=SampleSource().snapshot().as_of,
    contract="Deribit:ETH_USDC-25DEC26-2400-P",
    side="buy",
    contracts=300,
    price=60.0,
)
OPTIONED = executed().with_execution(fills=(*executed().execution.fills, PUT), payments=())


@pytest.mark.parametrize("view", VIEWS)
def test_options_that_are_held_count_in_every_view_and_it_says_how(view: str) -> None:
    test = on_page("scenarios", OPTIONED)
    test.session_state.kept = {**test.session_state.kept, "paths_count": 500}
    act(test, f"view {view}")
    calm(test)
    assert "Your option Deribit:ETH_USDC-25DEC26-2400-P is part of the hedge." in words(test).replace("\\", "")


def test_the_reading_of_a_move_names_the_hedge_and_not_the_short_once_options_are_in_it() -> None:
    filled = as_filled(assess(OPTIONED, SampleSource().snapshot()))
    assert filled is not None
    fall = run_scenario(filled.assessment, Shock(move=-0.15, of="market"))
    said = words(on_page("scenarios", OPTIONED)).replace("\\", "")

    assert f"the hedge, your options included, gains ${fall.hedge_pnl:,.0f}" in said
    assert fall.options_pnl > 0.0


def test_options_alone_hedge_the_bag_in_every_sentence_that_leads_a_page() -> None:
    alone = LAYER1.with_execution(fills=(PUT,), payments=())
    for page in ("plan", "risk", "scenarios"):
        test = on_page(page, alone)
        calm(test)
        assert "othing is hedged" not in words(test)
