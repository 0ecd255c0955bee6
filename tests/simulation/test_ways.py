"""Ways: how they are ranked, and what the verdict says of them."""

from __future__ import annotations

from dataclasses import replace

from hedge_core.simulation.distributions import Chance, Distribution, Figure
from hedge_core.simulation.ways import Alternatives, Gap, PastResult, Way, ranked


def way(kind, worst: float, mean: float, *, closed: float | None = None, is_own: bool = False) -> Way:
    end = Distribution(
        mean=Figure(mean, 1.0),
        deviation=1.0,
        quantiles=(0.0,) * 5,
        value_at_risk=Figure(worst, 1.0),
        expected_shortfall=Figure(worst, 1.0),
    )
    return Way(
        kind=kind,
        label=kind,
        end=end,
        lowest=0.0,
        lowest_bad=0.0,
        closed=None if closed is None else Chance(closed, 1_000),
        up_front=0.0,
        cash=0.0,
        cash_cost=0.0,
        upside_kept=None,
        regret=0.0,
        point_cost=None,
        is_own=is_own,
    )


HOLD = way("hold", 3_000.0, 0.0)
SHORT = way("short", 1_000.0, 20.0, closed=0.04, is_own=True)
PUT = way("put", 1_040.0, -150.0)


def alternatives(*ways: Way, gap: Gap | None, even: float | None = 0.31) -> Alternatives:
    return Alternatives(
        horizon=30,
        start_value=10_000.0,
        paths=1_000,
        model="",
        target="",
        surface="",
        ways=ways,
        missing=(),
        gap=gap,
        put_volatility=0.42,
        break_even_volatility=even,
        path_volatility=0.38,
        stretches=0,
        independent=0,
        notes=(),
    )


def test_ways_are_ranked_by_the_worst_and_within_a_point_by_the_mean() -> None:
    # A point of $10,000 is $100: short and put are level, and so the better mean leads.
    assert [one.kind for one in ranked([HOLD, PUT, SHORT], 10_000.0)] == ["short", "put", "hold"]
    dear_short = way("short", 1_000.0, -200.0, is_own=True)
    assert [one.kind for one in ranked([HOLD, PUT, dear_short], 10_000.0)] == ["put", "short", "hold"]
    assert [one.kind for one in ranked([HOLD, PUT, dear_short], 1_000.0)] == ["short", "put", "hold"]


def test_the_verdict_says_how_much_apart_they_are_and_how_sure_that_is() -> None:
    gap = Gap(better=SHORT, other=PUT, mean=Figure(170.0, 25.0), is_equal=True)
    assert alternatives(SHORT, PUT, HOLD, gap=gap).verdict == (
        "Over 30 days the short and the put leave about the same in the worst 5% (−$1,000 and −$1,040), and the short "
        "ends $170 higher on average (95% range $121 to $219); the short is closed by force on 4.0% of the paths; put "
        "and short would cost the same at 31% volatility instead of 42% (the paths move 38%)."
    )


def test_a_difference_within_its_error_is_too_close_to_call() -> None:
    gap = Gap(better=SHORT, other=PUT, mean=Figure(40.0, 25.0), is_equal=True)
    assert "which of them ends higher is too close to call" in alternatives(SHORT, PUT, HOLD, gap=gap).verdict


def test_unequal_protection_is_said_before_the_mean() -> None:
    weak = replace(PUT, end=way("put", 1_900.0, 60.0).end)
    gap = Gap(better=SHORT, other=weak, mean=Figure(-40.0, 5.0), is_equal=False)
    assert alternatives(SHORT, weak, HOLD, gap=gap).verdict == (
        "Over 30 days the short protects better than the put in the worst 5% (−$1,000 against −$1,900), but the short "
        "ends $40 lower on average (95% range $30 to $50); the short is closed by force on 4.0% of the paths; the put "
        "is priced at 42% volatility (the paths move 38%)."
    )


def test_a_short_that_makes_the_worst_no_better_is_said_to() -> None:
    useless = way("short", 3_100.0, 0.0, is_own=True)
    assert alternatives(useless, HOLD, gap=None).verdict == (
        "Over 30 days this short does not make the worst 5% better: it loses $3,100 there, holding $3,000."
    )


def test_where_nothing_is_short_holding_is_set_against_the_stop_loss() -> None:
    """A plan that shorts nothing ends like holding on every path."""
    nothing, stop = replace(way("short", 0.0, 0.0, is_own=True), end=HOLD.end), way("stop_loss", 1_600.0, -50.0)
    found = alternatives(nothing, stop, HOLD, gap=None)

    assert found.lead == "Nothing is sold short: over 30 days holding loses $3,000 in the worst 5%."
    assert found.against_stop_loss == "The stop_loss would lose $1,600 there."


def test_without_options_the_verdict_says_so() -> None:
    assert alternatives(SHORT, HOLD, gap=None).verdict.startswith("Only the short can be compared over 30 days")


def test_the_verdict_is_its_lead_and_its_terms() -> None:
    gap = Gap(better=SHORT, other=PUT, mean=Figure(170.0, 25.0), is_equal=True)
    found = alternatives(SHORT, PUT, HOLD, gap=gap)

    assert found.lead == (
        "Over 30 days the short and the put leave about the same in the worst 5% (−$1,000 and −$1,040)."
    )
    assert found.terms.startswith("The short ends $170 higher on average (95% range $121 to $219); the short is closed")
    assert alternatives(SHORT, HOLD, gap=None).terms == ""


def test_the_short_is_set_against_the_stop_loss_on_the_paths_and_in_the_past() -> None:
    """The short loses 1,000 and in the past 900; the stop-loss 1,600 and in the past 700."""
    stop = way("stop_loss", 1_600.0, -50.0)
    then = {
        "short": PastResult(worst=Figure(900.0, 1.0), mean=0.0),
        "stop": PastResult(worst=Figure(700.0, 1.0), mean=0.0),
    }
    tried = replace(SHORT, past=then["short"]), replace(stop, past=then["stop"])

    assert alternatives(SHORT, stop, HOLD, gap=None).against_stop_loss == (
        "Against the stop_loss the short saves you $600 in the worst 5% of the paths."
    )
    assert alternatives(*tried, HOLD, gap=None).against_stop_loss.endswith(
        "of the paths, and costs you $200 more in the worst 5% of past periods."
    )
    assert alternatives(SHORT, HOLD, gap=None).against_stop_loss == ""
