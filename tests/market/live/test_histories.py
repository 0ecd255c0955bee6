"""Histories of exchanges made for the test: which is used, what is left out of it, and what the cache forgets."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.histories import Histories
from hedge_core.market.live.remarks import Remarks
from hedge_core.market.live.series import today
from tests.support.feeds import StatedFeed

DAYS = 100


def day(ago: int) -> date:
    return today() - timedelta(days=ago)


def calm(level: float = 100.0, *, changed: dict[int, float] | None = None, last: int = 1) -> dict[date, float]:
    """Closes that alternate by 1%, of DAYS days; `changed` maps days ago to factors."""
    factors = changed or {}
    return {day(ago): level * (1.0 + 0.01 * (ago % 2)) * factors.get(ago, 1.0) for ago in range(DAYS, last - 1, -1)}


def closes_of(*feeds: StatedFeed, coin: str = "LINK") -> tuple[dict[date, float], dict[str, str]]:
    """The closes that are used, and the notices by code."""
    remarks = Remarks()
    found = Histories(feeds, DAYS, remarks).closes(coin, is_wanted=True)  # type: ignore[arg-type]
    return dict(found), {notice.code: notice.text for notice in remarks.notices()}


def feeds(*histories: dict[date, float] | ExchangeFault | None) -> list[StatedFeed]:
    names = ("okx", "kraken", "gate")
    return [
        StatedFeed(name, histories={} if found is None else {"LINK": found})
        for name, found in zip(names, histories, strict=False)
    ]


def test_a_history_that_another_confirms_is_used_without_a_word_and_a_third_is_not_asked():
    asked = feeds(calm(), calm(101.0), calm())

    assert closes_of(*asked) == (calm(), {})
    assert [feed.asked for feed in asked] == [["LINK"], ["LINK"], []]
    assert asked[0].forgotten == {}


def test_one_close_that_the_others_contradict_is_left_out_named_and_forgotten():
    asked = feeds(calm(changed={50: 1.3}), calm(), calm())

    found, said = closes_of(*asked)

    assert found.keys() == calm().keys() - {day(50)}
    assert str(day(50)) in said["close_refused"]
    assert asked[0].forgotten == {"LINK": {day(50)}}


def test_a_history_of_another_price_is_replaced_by_the_one_on_which_two_others_agree():
    asked = feeds(calm(1_000.0), calm(), calm())

    found, said = closes_of(*asked)

    assert found == calm()
    assert said["taken_elsewhere"].startswith("LINK: history from Kraken (OKX's belongs to another price")
    assert asked[0].forgotten == {"LINK": set(calm())}


@pytest.mark.parametrize("third", [None, calm(10.0)], ids=["nobody else", "a third price"])
def test_a_history_that_is_contradicted_and_cannot_be_judged_is_not_used(third):
    asked = feeds(calm(1_000.0), calm(), third)

    found, said = closes_of(*asked)

    assert found == {}
    assert "We cannot tell which is right" in said["odd_history"]
    assert asked[0].forgotten == {"LINK": set(calm())}


@pytest.mark.parametrize("factor", [1.5, 0.5, 1000.0])
def test_a_spike_that_nobody_can_confirm_is_left_out(factor):
    (asked,) = feeds(calm(changed={50: factor}))

    found, said = closes_of(asked)

    assert day(50) not in found
    assert str(day(50)) in said["close_refused"]
    assert "no other exchange confirms it" in said["close_refused"]
    assert asked.forgotten == {"LINK": {day(50)}}


def test_a_spike_that_another_exchange_saw_too_stays():
    spiked = calm(changed={50: 1.5})

    assert closes_of(*feeds(spiked, spiked)) == (spiked, {})


def test_the_next_exchange_is_taken_with_the_reason_and_without_any_all_are_named():
    fault = ExchangeFault("OKX", "slow")

    found, said = closes_of(*feeds(fault, calm()))
    assert found == calm()
    assert said["taken_elsewhere"].startswith("LINK: history from Kraken (OKX did not answer in time")

    found, said = closes_of(*feeds(fault, None))
    assert found == {}
    assert said["no_history"].startswith("LINK: no history. OKX did not answer in time")
    assert said["no_history"].endswith("Kraken does not list it.")


@pytest.mark.parametrize("factor", [1.5, 3.0, 0.3])
def test_half_a_history_in_another_unit_is_found_with_the_whole_history_of_another_exchange(factor):
    """The newest days agree, so that a look at these alone would confirm it."""
    halved = calm(changed=dict.fromkeys(range(50, DAYS + 1), factor))

    assert closes_of(*feeds(halved, calm(), calm()))[0] == calm()
    found, said = closes_of(*feeds(halved, calm()))
    assert found == {}
    assert str(day(50)) in said["odd_history"]


def test_half_a_history_in_another_unit_that_nobody_can_confirm_is_named():
    halved = calm(changed=dict.fromkeys(range(50, DAYS + 1), 3.0))

    found, said = closes_of(*feeds(halved))

    assert found == halved
    assert str(day(49)) in said["close_unusual"]


def test_a_step_that_another_exchange_saw_too_is_no_reason_for_a_word():
    halved = calm(changed=dict.fromkeys(range(50, DAYS + 1), 3.0))

    assert closes_of(*feeds(halved, halved)) == (halved, {})


def test_closes_before_a_redenomination_are_left_out():
    found, said = closes_of(*feeds(calm(changed=dict.fromkeys(range(40, DAYS + 1), 1_000.0))))

    assert min(found) == day(39)
    assert str(day(39)) in said["redenominated"]


def test_a_history_that_ends_early_stands_still_or_has_gaps_says_so():
    assert str(day(30)) in closes_of(*feeds(calm(last=30)))[1]["history_ended"]
    still = calm() | {day(ago): 77.0 for ago in range(20, 0, -1)}
    asked = feeds(still, still)
    assert "stood still at 77 for 20 days" in closes_of(*asked)[1]["history_still"]
    assert asked[0].forgotten == {"LINK": {day(ago) for ago in range(20, 0, -1)}}  # they may not be closes
    gapped = {moment: close for moment, close in calm().items() if moment not in (day(20), day(21))}
    assert "no close for 2 days" in closes_of(*feeds(gapped, calm()))[1]["gaps"]


def test_the_closes_of_a_former_symbol_come_before_those_of_the_new_one_at_the_published_ratio():
    new = {moment: close for moment, close in calm(0.065).items() if moment >= day(60)}
    old = {moment: close * 24_000.0 for moment, close in calm(0.065).items() if moment <= day(55)}
    feed = StatedFeed("okx", histories={"SKY": new}, old={"MKR": old})

    found, said = closes_of(feed, coin="SKY")

    assert found == pytest.approx(calm(0.065))
    assert "those of MKR, divided by 24,000" in said["renamed_history"]


def test_an_old_symbol_of_another_level_is_not_joined():
    new = {moment: close for moment, close in calm(0.065).items() if moment >= day(60)}
    feed = StatedFeed("okx", histories={"SKY": new}, old={"MKR": calm(5.0)})

    assert closes_of(feed, coin="SKY") == (new, {})


def moving(*, shift: int = 0, error: float = 0.0) -> dict[date, float]:
    """Closes that move by 3% a day; `shift` days late."""
    random = np.random.default_rng(1)
    values = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.03, DAYS + 10)) + random.normal(0.0, error, DAYS + 10))
    return {day(ago): float(values[DAYS - ago + 5 - shift]) for ago in range(DAYS, 0, -1)}


def test_a_history_that_is_a_day_late_is_replaced_or_not_used_and_forgotten():
    asked = feeds(moving(shift=1), moving(), moving(error=0.002))
    found, said = closes_of(*asked)

    assert found == moving()
    assert "OKX's daily changes do not match those of other exchanges (to " in said["taken_elsewhere"]
    assert asked[0].forgotten == {"LINK": set(moving())}

    found, said = closes_of(*feeds(moving(shift=1), moving()))
    assert found == {}
    assert "OKX's daily changes do not match those of other exchanges (to " in said["odd_history"]


def test_days_that_only_this_exchange_lacks_are_asked_for_again():
    short = {moment: close for moment, close in moving().items() if moment >= day(30)}
    asked = feeds(short, moving())
    found, said = closes_of(*asked)

    assert found == short
    assert said["history_short"] == f"LINK: OKX's history begins on {day(30)}, later than other exchanges'."
    assert (asked[0].again, asked[0].forgotten) == ({"LINK": [day(30)]}, {})

    gapped = {moment: close for moment, close in moving().items() if moment not in {day(n) for n in range(40, 45)}}
    asked = feeds(gapped, moving())
    assert closes_of(*asked)[0] == gapped
    assert asked[0].again == {"LINK": [day(DAYS), *(day(n) for n in range(44, 39, -1))]}

    same = feeds(short, short)
    assert closes_of(*same) == (short, {})
    assert (same[0].again, same[0].forgotten) == ({}, {})


def test_a_history_whose_changes_are_unlike_is_used_with_a_note_and_a_third_exchange_is_asked():
    asked = feeds(moving(error=0.04), moving())
    found, said = closes_of(*asked)

    assert found == moving(error=0.04)
    assert said == {
        "history_unlike": f"LINK: OKX's daily changes from {day(DAYS)} to {day(1)} are only roughly those of Kraken. "
        "Its history is used, because nothing shows that its dates are wrong."
    }
    assert (asked[0].again, asked[0].forgotten) == ({"LINK": [day(DAYS)]}, {})

    assert closes_of(*feeds(moving(), moving(error=0.04), moving(error=0.002))) == (moving(), {})


def test_errors_that_only_two_others_together_can_show_are_noted():
    """Errors of 1.3% leave a rank correlation of 0.85 with each, as a thin exchange has with any other."""
    wrong = moving(error=0.013)

    assert closes_of(*feeds(wrong, moving()))[1] == {}
    asked = feeds(wrong, moving(), moving())
    found, said = closes_of(*asked)
    assert found == wrong
    assert said["history_unlike"].startswith("LINK: OKX's daily changes from ")
    assert "those of Kraken and Gate" in said["history_unlike"]
    assert closes_of(*feeds(moving(), wrong, moving()))[1] == {}


def test_closes_at_another_level_or_rounded_are_used_with_a_note_and_asked_for_again():
    off = {moment: close * (1.08 if moment >= day(30) else 1.0) for moment, close in moving().items()}
    asked = feeds(off, moving())
    found, said = closes_of(*asked)
    assert found == off
    assert said == {
        "history_off_level": f"LINK: OKX's 30 closes from {day(30)} to {day(1)} are not in the usual ratio to those "
        "of other exchanges. They are used, because nothing shows which are right."
    }
    assert asked[0].again == {"LINK": [day(DAYS)]}
    assert closes_of(*feeds(off, moving(), off))[1] == {}

    one = moving() | {day(1): moving()[day(1)] * 1.15}
    assert closes_of(*feeds(one, moving()))[1]["history_off_level"].startswith(f"LINK: OKX's close of {day(1)} is not")

    rounded = {moment: float(np.exp(np.round(np.log(close) / 0.04) * 0.04)) for moment, close in moving().items()}
    asked = feeds(rounded, moving())
    found, said = closes_of(*asked)
    assert found == rounded
    assert said["history_coarse"].startswith("LINK: OKX's close is that of the day before on ")
    assert asked[0].again == {"LINK": [day(DAYS)]}


def test_days_before_those_that_are_wanted_are_not_missed():
    longer = {day(ago): 100.0 + ago % 2 for ago in range(2 * DAYS, 0, -1)}
    asked = feeds(calm(), longer)

    assert closes_of(*asked) == (calm(), {})
    assert asked[0].again == {}


def test_gaps_that_no_other_exchange_could_show_are_asked_for_again_too():
    gapped = {moment: close for moment, close in calm().items() if moment not in {day(n) for n in range(40, 45)}}
    (asked,) = feeds(gapped)
    closes_of(asked)

    assert asked.again == {"LINK": [day(DAYS), *(day(n) for n in range(44, 39, -1))]}


def restating(stored: dict[date, float], now: dict[date, float], *others: dict[date, float] | None, **more: object):
    """Feeds of which the first has stored closes and states others now."""
    made = feeds(stored, *others)
    made[0].restated = {"LINK": now}
    for name, value in more.items():
        setattr(made[0], name, value)
    return made


@pytest.mark.parametrize(
    "wrong", [calm(1_000.0), calm(130.0), moving(error=0.05), moving(shift=1)], ids=["units", "level", "errors", "late"]
)
def test_of_two_histories_of_one_exchange_the_one_that_others_bear_out_is_used_and_stored(wrong):
    right = calm() if max(wrong.values()) > 150.0 or wrong == calm(130.0) else moving()
    healed = restating(wrong, right, right, right)
    assert closes_of(*healed) == (right, {})
    assert (healed[0].accepted, healed[0].forgotten) == (["LINK"], {})

    newly_wrong = restating(right, wrong, right, right)
    assert closes_of(*newly_wrong) == (right, {})
    assert newly_wrong[0].accepted == []


def test_a_restated_history_is_taken_with_a_second_exchange_that_restates_it_too():
    new = calm(0.1)
    asked = restating(calm(), new, calm())
    asked[1].restated = {"LINK": new}

    assert closes_of(*asked) == (new, {})


def test_of_two_levels_that_others_bear_out_alike_the_newer_is_used():
    """A constant factor changes no beta, so neither level is in doubt; the stored one would contradict each answer."""
    asked = restating(calm(108.0), calm(), calm())

    assert closes_of(*asked) == (calm(), {})
    assert asked[0].accepted == ["LINK"]


@pytest.mark.parametrize(
    ("stored", "now", "price", "doubted", "is_long", "is_accepted"),
    [
        (calm(1_000.0), calm(), 100.0, {day(1)}, False, True),
        (calm(1_000.0), calm(), 100.0, set(), False, False),
        (calm(1_000.0), calm(), 100.0, set(), True, True),
        (calm(), calm(1_000.0), 100_000.0, set(), False, False),
        (calm(), calm(1_000.0), 100.0, set(), True, False),
        (calm(changed={1: 1.5}), calm(), 100.0, set(), False, True),
        (calm(), calm(changed={1: 1.5}), 100.0, set(), False, False),
        (calm(1_000.0), calm(), None, {day(1)}, False, False),
        (calm(115.0), calm(), 101.0, {day(1)}, False, True),
        (calm(115.0), calm(), 101.0, set(), False, False),
        (calm(115.0), calm(), 108.0, {day(1)}, False, False),
        (calm(), calm(115.0), 101.0, {day(1)}, False, False),
    ],
)
def test_without_another_exchange_the_price_decides_between_two_histories(
    stored, now, price, doubted, is_long, is_accepted
):
    prices = {} if price is None else {"LINK": price}
    asked = restating(stored, now, prices=prices, doubted=frozenset(doubted), is_restated_long=is_long)

    found, said = closes_of(*asked)

    assert found == (now if is_accepted else stored)
    assert asked[0].accepted == (["LINK"] if is_accepted else [])
    if is_accepted:
        assert said["close_unusual"].startswith("LINK: OKX states other closes than before, for instance 101 on ")


@pytest.mark.parametrize(
    ("price", "again"), [(100.0, {}), (115.0, {"LINK": [day(DAYS), day(1)]}), (1.0, {"LINK": [day(DAYS), day(1)]})]
)
def test_a_history_that_nobody_can_confirm_is_asked_for_again_if_it_is_far_from_the_price(price, again):
    (asked,) = feeds(calm())
    asked.prices = {"LINK": price}

    assert closes_of(asked) == (calm(), {})
    assert asked.again == again


def test_a_history_with_wrong_closes_and_unlike_changes_is_asked_for_again_as_well():
    wrong = moving(error=0.04)
    wrong[day(50)] *= 1.5
    asked = feeds(wrong, moving())
    closes_of(*asked)

    assert day(50) in asked[0].forgotten["LINK"]
    assert asked[0].again == {"LINK": [day(DAYS)]}


@pytest.mark.parametrize(
    ("ago", "ranges", "price", "is_used"),
    [
        (50, {50: (73.0, 100.0)}, None, True),
        (50, {49: (73.0, 100.0)}, None, True),
        (50, {51: (73.0, 100.0)}, None, False),
        (50, {}, 74.0, False),
        (1, {}, 74.0, True),
        (1, {1: (73.0, 100.0)}, None, True),
        (1, {}, 100.0, False),
        (1, {2: (73.0, 100.0)}, None, False),
    ],
)
def test_a_close_at_which_another_exchange_traded_within_hours_is_used_with_a_note(ago, ranges, price, is_used):
    """One exchange fell by a quarter in the last hours of a day, in which nothing was traded at the other."""
    fell = calm(changed={ago: 0.75})
    stated = {"LINK": {day(on): found for on, found in ranges.items()}}
    other = StatedFeed("kraken", {} if price is None else {"LINK": price}, {"LINK": calm()}, stated_ranges=stated)

    found, said = closes_of(StatedFeed("okx", histories={"LINK": fell}), other)

    assert (day(ago) in found) == is_used
    assert str(day(ago)) in said["history_off_level" if is_used else "close_refused"]


@pytest.mark.parametrize(("low", "is_used"), [(86.0, True), (88.0, False)])
def test_the_own_range_of_a_day_tells_how_far_from_the_others_prices_its_close_may_be(low, is_used):
    """Half of a move from 100 to 75 ends at 86.6. The other exchange closed at 100 and traded down to `low` later."""
    asked = StatedFeed("okx", {}, {"LINK": calm(changed={50: 0.75})}, stated_ranges={"LINK": {day(50): (75.0, 100.0)}})
    other = StatedFeed("kraken", {}, {"LINK": calm()}, stated_ranges={"LINK": {day(49): (low, 100.0)}})

    assert (day(50) in closes_of(asked, other)[0]) == is_used
