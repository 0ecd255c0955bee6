"""Option series and options: their codes, their dates, their fees, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from hedge_core.errors import InvalidInput, UnknownContract
from hedge_core.market.options.contracts import (
    OptionSeries,
    is_option_id,
    option_of,
    option_series,
    proposed_series,
    round_step,
)

BTC = option_series()["Deribit:BTC_USDC"]


def test_every_row_has_a_source_and_a_date() -> None:
    assert all(one.source and date.fromisoformat(one.verified_on) for one in option_series().values())


@pytest.mark.parametrize(
    "contract_id",
    [
        "Deribit:BTC_USDC-27NOV26-90000-P",
        "Deribit:XRP_USDC-25DEC26-1d52-C",
        "Deribit:BTC-26MAR27-100000-C",
        "CME:MBT-27NOV26-92500-P",
    ],
)
def test_an_option_is_found_by_the_id_that_it_writes(contract_id: str) -> None:
    assert is_option_id(contract_id)
    assert option_of(contract_id).id == contract_id


def test_an_option_says_what_it_is_and_what_it_pays() -> None:
    put = option_of("Deribit:BTC_USDC-27NOV26-90000-P")
    assert (put.series, put.kind, put.strike, put.expiry) == (BTC, "put", 90_000.0, date(2026, 11, 27))
    assert put.name == "BTC put 90,000, 27 Nov 2026"
    assert [float(put.payoff(price)) for price in (81_234.56, 90_000.0, 95_000.0)] == pytest.approx(
        [8_765.44, 0.0, 0.0]
    )
    assert float(option_of("Deribit:XRP_USDC-25DEC26-1d52-C").payoff(2.0)) == pytest.approx(0.48)
    assert put.days_left(date(2026, 11, 1)) == 26


def test_an_american_option_is_refused_with_a_way_out() -> None:
    with pytest.raises(InvalidInput, match=r"American.*exercised early.*Choose a European series"):
        option_of("US ETF:IBIT-27NOV26-60-P")
    assert "BTC" not in proposed_series("US ETF")


def test_a_series_settled_in_the_coin_is_read_but_the_usdc_one_is_proposed() -> None:
    assert option_of("Deribit:BTC-27NOV26-90000-P").series.settlement == "coin"
    assert proposed_series("Deribit")["BTC"] is BTC


@pytest.mark.parametrize(
    "contract_id", ["Deribit:BTC_USDC", "Deribit:DOGE_USDC-27NOV26-1-P", "OKX:BTC-PERP", "nothing"]
)
def test_an_id_of_no_known_option_is_refused(contract_id: str) -> None:
    with pytest.raises(UnknownContract):
        option_of(contract_id)


def test_a_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidInput, match="31NOV26 is no date"):
        option_of("Deribit:BTC_USDC-31NOV26-90000-P")


def test_the_next_month_ends_and_quarter_ends_are_listed() -> None:
    # Fridays: 27 Nov, 25 Dec 2026, 29 Jan, 26 Mar, 25 Jun, 24 Sep 2027.
    assert BTC.expiries(date(2026, 11, 1)) == tuple(
        date.fromisoformat(day)
        for day in ("2026-11-27", "2026-12-25", "2027-01-29", "2027-03-26", "2027-06-25", "2027-09-24")
    )
    assert option_series()["CME:MBT"].expiries(date(2026, 11, 27)) == (date(2026, 12, 25), date(2027, 1, 29))


def test_strikes_lie_at_round_steps_around_the_price() -> None:
    assert BTC.strikes(92_400.0, 0.95, 1.05) == (88_000.0, 90_000.0, 92_000.0, 94_000.0, 96_000.0)
    assert option_series()["Deribit:XRP_USDC"].strikes(2.05, 0.95, 1.0) == (1.95, 2.0, 2.05)


@pytest.mark.parametrize(("most", "step"), [(2_310.0, 2_000.0), (0.0501, 0.05), (25.0, 25.0), (1.0, 1.0), (0.99, 0.5)])
def test_a_step_is_the_largest_round_number_that_fits(most: float, step: float) -> None:
    assert round_step(most) == step


def test_a_fee_is_a_share_of_the_coin_or_at_most_of_the_premium_and_a_fixed_part() -> None:
    assert float(BTC.fee(3_000.0, 90_000.0)) == pytest.approx(45.0)
    assert float(BTC.fee(100.0, 90_000.0)) == pytest.approx(12.5)
    assert float(BTC.delivery_fee(0.0, 90_000.0)) == 0.0
    assert float(BTC.delivery_fee(5_000.0, 80_000.0)) == pytest.approx(12.0)
    assert float(option_series()["CME:MBT"].fee(3_000.0, 90_000.0)) == pytest.approx(25.0)


def test_a_series_of_the_users_own_comes_before_the_venues() -> None:
    mine = OptionSeries.own("ETH", 0.1)
    assert proposed_series("Deribit", [mine])["ETH"] is mine
    assert mine.lot_coins == 0.1
    with pytest.raises(InvalidInput, match="positive number of coins"):
        OptionSeries.own("ETH", 0.0)
    with pytest.raises(InvalidInput, match="strike"):
        mine.option("put", 0.0, date(2026, 11, 27))
