"""Proxies: which contract stands in for a coin, and with which verdict.

By hand: a coin with correlation 0.80 to Ether and 0.75 to Bitcoin is hedged with Ether; 0.80² = 64% of its variance
went with Ether. With a future of its own (50 LINK at $15: $750 a lot) a holding of $1,000 is hedged with that, one
of $700 is not: one lot is more than the whole holding.
"""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import InsufficientHistory
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.effectiveness import Effectiveness
from hedge_core.exposure.proxies import choose_proxy, judge, ranking_sentence
from hedge_core.market.contracts import catalogue

LISTED = {
    "ETH": catalogue().get("Coinbase Derivatives:ETP"),
    "BTC": catalogue().get("Coinbase Derivatives:BIP"),
    "LINK": catalogue().get("Coinbase Derivatives:LNP"),
}


def estimate(proxy, beta=1.2, correlation=0.8, coin="LINK"):
    return BetaEstimate(coin=coin, proxy=proxy, beta=beta, method="ols", correlation=correlation, observations=365)


def choose(coin="NOVA", *, value=1_000.0, own_price=15.0, contracts=LISTED, eth=(1.2, 0.8), btc=(1.4, 0.75), **more):
    estimates = {
        proxy: figures if isinstance(figures, InsufficientHistory) else estimate(proxy, *figures, coin=coin)
        for proxy, figures in (("ETH", eth), ("BTC", btc))
    }
    return choose_proxy(coin, value=value, own_price=own_price, estimates=estimates, contracts=contracts, **more)


def test_the_closest_proxy_is_chosen_and_says_how_close_it_is():
    choice = choose()

    assert choice.chosen.proxy == "ETH"
    assert choice.chosen.verdict == "good"
    assert "64% of its daily variance" in choice.reason
    assert not choice.is_override
    assert [candidate.proxy for candidate in choice.candidates] == ["ETH", "BTC"]


def test_which_proxy_is_better_is_said_in_a_sentence():
    assert ranking_sentence(choose()) == (
        "The closest proxy for NOVA is ETH (correlation 0.80); BTC is less close (0.75)."
    )
    assert ranking_sentence(choose(eth=(1.2, 0.70), btc=(1.4, 0.71))) == (
        "The closest proxy for NOVA is BTC (correlation 0.71); ETH is about as close (0.70)."
    )
    assert ranking_sentence(choose("LINK")).endswith("Its own future at this venue (LNP) is closer than any proxy.")


def test_without_a_known_correlation_no_proxy_is_called_the_closest():
    young = [InsufficientHistory("NOVA", proxy, needed=30, found=3) for proxy in ("ETH", "BTC")]

    assert ranking_sentence(choose(eth=young[0], btc=young[1])) == ""


def test_a_coin_is_no_proxy_of_itself_and_the_other_proxy_is_still_looked_at():
    assert [candidate.proxy for candidate in choose("ETH", own_price=2_000.0).candidates] == ["ETH", "BTC"]
    assert [candidate.proxy for candidate in choose("BTC", value=100.0, own_price=60_000.0).candidates] == [
        "BTC",
        "ETH",
    ]


@pytest.mark.parametrize(("value", "proxy"), [(1_000, "LINK"), (750, "LINK"), (749.99, "ETH"), (700, "ETH")])
def test_a_coins_own_future_wins_when_what_is_to_be_shorted_is_at_least_one_lot(value, proxy):
    choice = choose("LINK", value=value)

    assert choice.chosen.proxy == proxy
    assert choice.candidates[0].proxy == "LINK"
    assert ("too large for the amount to short" in choice.candidates[0].reason) == (proxy != "LINK")


@pytest.mark.parametrize(
    ("correlation", "beta", "verdict"),
    [
        (0.95, 1.2, "good"),
        (0.7, 1.2, "good"),
        (0.6999, 1.2, "usable"),
        (0.5, 1.2, "usable"),
        (0.4999, 1.2, "weak"),
        (0.01, 0.1, "weak"),
        (-0.3, -0.5, "unusable"),
        (0.9, 0.0, "unusable"),
    ],
)
def test_the_verdict_follows_the_correlation(correlation, beta, verdict):
    assert judge(estimate("ETH", beta, correlation))[0] == verdict


def test_an_own_future_a_stated_beta_and_a_missing_history_have_verdicts_of_their_own():
    assert judge(BetaEstimate.own("ETH"))[0] == "own future"
    assert judge(BetaEstimate.stated("NOVA", "ETH", 1.8)) == ("usable", "You set the beta of NOVA to ETH at 1.80.")
    assert judge(InsufficientHistory("NOVA", "ETH", needed=30, found=3))[0] == "unknown"


@pytest.mark.parametrize(
    ("eth", "btc", "proxy"),
    [
        ((1.2, 0.8), (1.4, 0.8), "ETH"),  # a tie goes to Ether
        ((1.2, 0.6), (1.4, 0.7), "BTC"),
        ((-0.2, 0.9), (1.4, 0.6), "BTC"),  # what moves against the coin is no hedge
        (InsufficientHistory("NOVA", "ETH", needed=30, found=3), (1.4, 0.6), "BTC"),
    ],
)
def test_the_choice_among_proxies(eth, btc, proxy):
    assert choose(eth=eth, btc=btc).chosen.proxy == proxy


def result_of(reduction):
    """A test of 400 days that took out this share of the variance."""
    return Effectiveness(
        days=400,
        variance_reduction=reduction,
        variance_interval=(reduction - 0.1, reduction + 0.1),
        tail_reduction=0.3,
        tail_interval=(0.2, 0.4),
        tracking_error=0.5,
        both_lose_a_day=0.1,
        both_lose_a_horizon=0.1,
        horizon_days=30,
    )


def test_the_proxy_that_did_best_out_of_sample_wins_over_the_one_with_the_best_fit():
    closer = {"eth": (1.2, 0.8), "btc": (1.4, 0.7)}

    assert choose(**closer).chosen.proxy == "ETH"
    choice = choose(**closer, effectiveness={"ETH": result_of(0.4), "BTC": result_of(0.5)})

    assert choice.chosen.proxy == "BTC"
    assert "On unseen days it removed 50% of the variance." in choice.reason
    assert choose(**closer, effectiveness={"BTC": result_of(0.5)}).chosen.proxy == "BTC"


def test_a_proxy_below_one_half_is_used_when_the_user_says_so():
    assert choose(eth=(1.2, 0.45), btc=(1.4, 0.3), proxy_override="BTC").chosen.proxy == "BTC"


def test_a_proxy_that_the_user_sets_wins_over_the_own_future_and_over_a_closer_one():
    choice = choose("LINK", proxy_override="BTC")

    assert (choice.chosen.proxy, choice.is_override) == ("BTC", True)
    assert choice.chosen.estimate.beta == 1.4
    assert choice.reason == "You chose BTC as the proxy."


def test_a_beta_that_the_user_sets_replaces_the_estimate_of_the_proxy_in_use():
    closest = choose(beta_override=1.8)
    stated = choose(beta_override=1.8, proxy_override="BTC")

    assert (closest.chosen.proxy, closest.chosen.estimate.beta, closest.is_override) == ("ETH", 1.8, True)
    assert (stated.chosen.proxy, stated.chosen.estimate.beta, stated.is_override) == ("BTC", 1.8, True)
    assert closest.chosen in closest.candidates
    assert closest.chosen.estimate.method == stated.chosen.estimate.method == "set by you"


def test_a_beta_that_the_user_sets_needs_no_history():
    nothing = InsufficientHistory("NOVA", "ETH", needed=30, found=0)

    choice = choose(eth=nothing, btc=nothing, beta_override=1.8)

    assert (choice.chosen.proxy, choice.chosen.estimate.beta) == ("ETH", 1.8)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"contracts": {}}, "no contract on NOVA, ETH or BTC"),
        ({"contracts": {}, "proxy_override": "ETH"}, "You chose ETH as the proxy, but it cannot be used"),
        ({"proxy_override": "DOGE"}, "You chose DOGE as the proxy, but it cannot be used"),
        ({"eth": (-0.1, -0.1), "btc": (-0.2, -0.1)}, "has not moved with ETH"),
        ({"eth": (1.2, 0.45), "btc": (1.4, 0.3)}, "No proxy is recommended. To hedge NOVA anyway, choose one yourself"),
        (
            {
                "eth": InsufficientHistory("NOVA", "ETH", needed=30, found=12),
                "btc": InsufficientHistory("NOVA", "BTC", needed=30, found=12),
            },
            "NOVA has 12 daily returns in common with ETH",
        ),
        (
            {proxy.lower(): InsufficientHistory("NOVA", proxy, needed=30, found=0) for proxy in ("ETH", "BTC")},
            "The beta of NOVA cannot be estimated without past prices",
        ),
    ],
)
def test_a_coin_that_cannot_be_hedged_says_why(more, words):
    choice = choose(**more)

    assert choice.chosen is None
    assert choice.reason.count(words) == 1


@pytest.mark.parametrize(
    ("proxy", "eth", "reason"),
    [
        ("DOGE", (1.2, 0.8), "You chose DOGE as the proxy, but it cannot be used. No contract on DOGE at this venue."),
        (
            "ETH",
            (-0.4, 0.8),
            "You chose ETH as the proxy, but it cannot be used. NOVA has not moved with ETH (beta -0.40)",
        ),
        ("ETH", (0.0, 0.8), "You chose ETH as the proxy, but it cannot be used. "),
    ],
)
def test_a_proxy_that_the_user_sets_but_that_no_short_can_be_sized_with_is_refused_with_the_reason(proxy, eth, reason):
    choice = choose(eth=eth, proxy_override=proxy)

    assert choice.chosen is None
    assert choice.reason.startswith(reason), choice.reason


@given(
    st.tuples(st.floats(-2, 4), st.floats(-1, 1)),
    st.tuples(st.floats(-2, 4), st.floats(-1, 1)),
    st.sampled_from([None, "ETH", "BTC", "LINK", "DOGE"]),
    st.none() | st.floats(0.1, 4),
    st.sampled_from(["NOVA", "LINK", "ETH"]),
    st.floats(1, 1e6),
)
def test_whatever_is_chosen_has_a_contract_a_positive_beta_and_stands_among_the_candidates(
    eth, btc, proxy_override, beta_override, coin, value
):
    choice = choose(coin, value=value, eth=eth, btc=btc, proxy_override=proxy_override, beta_override=beta_override)

    assert choice.reason
    assert len({candidate.proxy for candidate in choice.candidates}) == len(choice.candidates)
    if choice.chosen is not None:
        assert choice.chosen in choice.candidates
        assert choice.chosen.is_hedgeable
        assert proxy_override in (None, choice.chosen.proxy)
        if beta_override is not None and choice.chosen.proxy != coin:
            assert choice.chosen.estimate.beta == beta_override
