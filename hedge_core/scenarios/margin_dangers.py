"""Dangers that come to the hedge through its margin: pledged coins that fall, and a venue that is shut in a rally."""

from __future__ import annotations

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.scenarios.crash import Crash
from hedge_core.scenarios.danger import Danger, crash_chance, left_text, of_the_short
from hedge_core.scenarios.halts import PRESETS, Halt, halt_of, usual_halt
from hedge_core.scenarios.lows import LOW
from hedge_core.text import exact_percent, listed, percent, usd


def pledged_coins(crash: Crash) -> Danger | None:
    """Pledged coins at their lows take the margin; None if nothing is closed for that."""
    if not crash.assessment.margin.pledged or crash.first_day.open_share == 1.0:
        return None
    at_closes = crash.with_pledged_at_closes
    if at_closes.is_liquidated:
        return None
    pledged = listed([one.name for one in crash.assessment.margin.pledged])
    return Danger(
        key="pledged_coins",
        title="Your pledged coins fall farther than your short",
        without=at_closes.net_pnl,
        with_it=crash.both_days.net_pnl,
        chance=crash_chance(crash.assessment),
        happens=f"On a day like {crash.day.said} {pledged} count as margin at their lows, and margin runs out: "
        f"{crash.assessment.breach.rule.how}. What is closed is missing on the day after.",
        left=left_text(crash.first_day.open_share),
        to_do=f"Post {usd(crash.missing_at_low)} more cash beside the coins, or pledge coins that fall less.",
        assumed=f"known lows of {crash.day.said}, else {exact_percent(LOW)} of a coin's close",
    )


def halt_in_rally(assessment: HedgeAssessment) -> Danger | None:
    """The venue is shut while the market rises; None if that closes nothing more than a rally in an open market."""
    if not assessment.margin.is_enough_to_open:
        return None
    halt = usual_halt(assessment)
    if halt.cost <= 0.5:
        return None
    owed = f"; {usd(halt.owed)} more than your cash is lost" if halt.owed >= 1.0 else ""
    venue = halt.venue if assessment.margin.is_by_venue else None
    shorter = [halt_of(assessment, one, venue) for one in PRESETS if one.hours < halt.preset.hours]
    return Danger(
        key="halt_in_rally",
        title=f"{'One' if assessment.margin.is_by_venue else 'The'} venue is shut while the market rises",
        without=halt.without,
        with_it=halt.with_it,
        chance=None,
        happens=(f"{halt.venue}: " if assessment.margin.is_by_venue else "")
        + f"Shut for {halt.preset.name} while the market rises by {percent(halt.rise)}, it opens at a gap: "
        f"{usd(-halt.room)} of margin is missing, nothing could be paid in or closed on the way, and contracts are "
        f"closed at the gap{owed}." + "".join(f" {_shorter(one)}" for one in shorter),
        left=left_text(halt.open_share),
        to_do=f"Post {usd(halt.needed)} before the venue shuts; a reserve outside it does not help there.",
        assumed=f"a rise of {exact_percent(assessment.plan.overrides.dangers.weekend_rally)} over a weekend of 49 "
        "hours, and by the root of the hours over fewer",
    )


def _shorter(halt: Halt) -> str:
    """A shorter halt in one sentence."""
    what = "nothing" if halt.open_share == 1.0 else of_the_short(1.0 - halt.open_share)
    return f"In {halt.preset.name} (a rise of {percent(halt.rise)}), {what} is closed."
