"""The ledger against hand-worked cases, and against two other ways of keeping the books.

By hand, a linear contract of 0.1 ETH:

    sell 63 at 2,000                 short 6.3 ETH at 2,000
    sell 37 at 2,100                 short 10 ETH at (6.3·2,000 + 3.7·2,100)/10 = 2,037.00
    buy  40 at 1,900                 realised 4·(2,037 − 1,900) = 548.00; short 6 ETH, still at 2,037
    buy  80 at 2,087                 closes 60: 6·(2,037 − 2,087) = −300.00, realised 248.00; opens long 2 ETH at 2,087
    mark 2,100                       open 2·(2,100 − 2,087) = 26.00
    fees 1 + 2 + 3 + 4, funding 5    total 248 + 26 + 5 − 10 = 269.00

By hand, an inverse contract of $10 face: 200 sold at 2,000 and 200 at 4,000 are 1 + 0.5 = 1.5 ETH for $4,000, entered
at the harmonic 2,666.67. 100 bought back at 2,000: F·(1 − exit/entry) = 1,000·(1 − 2,000/2,666.67) = 250.00.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter, ValidationError

from hedge_core.errors import InvalidInput, UnknownContract
from hedge_core.market.contracts import Contract, CustomContract, catalogue
from hedge_core.monitoring.ledger import Key, Ledger, post
from hedge_core.plan.fills import MAX_LOTS, Fill, FundingPayment, Side

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
NEAR, FAR = date(2026, 3, 27), date(2026, 6, 26)

ETP = catalogue().get("Coinbase Derivatives:ETP")
MET = catalogue().get("CME:MET")
WEEKLY = catalogue().get("CME:BFF")
DOLLARS = CustomContract(code="D100", underlying="ETH", usd=100.0).contract()
INVERSE = Contract(
    venue="Deribit",
    code="ETH-PERPETUAL",
    underlying="ETH",
    kind="perpetual",
    style="inverse",
    contract_size=10.0,
    size_in_usd=True,
)
DATED = replace(INVERSE, code="ETH-26JUN26", kind="future", expiry="dated", expires_on=FAR)
STEPPED = replace(ETP, venue="Kraken Futures", code="PF_ETHUSD", contract_size=1.0, amount_step=0.001)
KNOWN = {contract.id: contract for contract in (ETP, MET, WEEKLY, DOLLARS, INVERSE, DATED, STEPPED)}


def fill(
    side: Side,
    contracts: int,
    price: float,
    *,
    of: Contract = ETP,
    hour: float = 0,
    fee: float = 0.0,
    expiry: date | None = None,
) -> Fill:
    at = START + timedelta(hours=hour)
    return Fill(at=at, contract=of.id, side=side, contracts=contracts, price=price, fee=fee, expiry=expiry)


def paid(amount: float, *, of: Contract = ETP, hour: float = 0) -> FundingPayment:
    return FundingPayment(at=START + timedelta(hours=hour), contract=of.id, amount=amount)


def key(contract: Contract = ETP, expiry: date | None = None) -> Key:
    return contract.id, expiry


TEXTBOOK = (
    fill("sell", 63, 2000.0, hour=0, fee=1.0),
    fill("sell", 37, 2100.0, hour=1, fee=2.0),
    fill("buy", 40, 1900.0, hour=2, fee=3.0),
    fill("buy", 80, 2087.0, hour=30, fee=4.0),
)


@pytest.mark.parametrize(
    ("fills", "contracts", "entry", "realised"),
    [
        (1, -63, 2000.0, 0.0),
        (2, -100, 2037.0, 0.0),
        (3, -60, 2037.0, 548.0),
        (4, 20, 2087.0, 248.0),
    ],
)
def test_the_textbook_case_is_right_after_each_fill(fills: int, contracts: int, entry: float, realised: float) -> None:
    position = post(TEXTBOOK[:fills], [], KNOWN).positions[key()]

    assert position.contracts == contracts
    assert position.coins == pytest.approx(contracts * 0.1)
    assert position.entry_price == pytest.approx(entry)
    assert position.realised_pnl == pytest.approx(realised)


def test_the_textbook_total_is_realised_and_open_and_funding_less_fees() -> None:
    ledger = post(TEXTBOOK, [paid(5.0, hour=3)], catalogue())

    assert (ledger.fees, ledger.funding) == (10.0, 5.0)
    assert ledger.open_pnl({key(): 2100.0}) == pytest.approx(26.0)
    assert ledger.total_pnl({key(): 2100.0}) == pytest.approx(269.0)


def test_an_inverse_contract_has_the_harmonic_average_and_the_profit_of_its_formula() -> None:
    sold = [fill("sell", 200, 2000.0, of=INVERSE), fill("sell", 200, 4000.0, of=INVERSE, hour=1)]
    position = post([*sold, fill("buy", 100, 2000.0, of=INVERSE, hour=2)], [], KNOWN).positions[key(INVERSE)]

    assert position.entry_price == pytest.approx(8000.0 / 3.0)
    assert position.realised_pnl == pytest.approx(250.0)
    assert position.notional(5000.0) == pytest.approx(-3000.0)
    assert position.open_pnl(2000.0) == pytest.approx(750.0)


def test_a_contract_in_dollars_keeps_the_coins_that_its_dollars_bought_at_each_opening() -> None:
    """$100 at 2,000 are 0.05 ETH a lot, at 2,500 0.04: ten of each are 0.9 ETH for $2,000, entered at 2,222.22."""
    sold = [fill("sell", 10, 2000.0, of=DOLLARS), fill("sell", 10, 2500.0, of=DOLLARS, hour=1)]
    position = post(sold, [], KNOWN).positions[key(DOLLARS)]

    assert position.coins == pytest.approx(-0.9)
    assert position.entry_price == pytest.approx(2000.0 / 0.9)
    assert position.open_pnl(2000.0) == pytest.approx(200.0)
    assert position.notional(2000.0) == pytest.approx(-1800.0)


def test_a_lot_is_the_size_times_the_step() -> None:
    position = post([fill("sell", 1500, 2000.0, of=STEPPED)], [], KNOWN).positions[key(STEPPED)]
    assert (position.coins, position.open_pnl(1900.0)) == (pytest.approx(-1.5), pytest.approx(150.0))


@pytest.mark.parametrize(("step", "lots"), [(0.001, 1500), (0.01, 15_000), (0.0005, 750), (None, 1500)])
def test_a_position_stays_what_it_was_when_the_venue_changes_its_step(step: float | None, lots: int) -> None:
    """1,500 lots that were counted in `step` are so many of 0.001."""
    made = replace(fill("sell", 1500, 2000.0, of=STEPPED), amount_step=step)
    assert post([made], [], KNOWN).positions[key(STEPPED)].contracts == -lots


def test_lots_that_are_no_whole_number_in_the_new_step_are_named() -> None:
    made = replace(fill("sell", 15, 2000.0, of=STEPPED), amount_step=0.0001)
    with pytest.raises(InvalidInput, match=r"row 1, field 'contracts': 15 lots .* are 1\.5 lots of 0\.001"):
        post([made], [], KNOWN)


def test_the_profit_of_a_rolled_hedge_is_the_sum_over_its_futures() -> None:
    rolled = (
        fill("buy", 10, 1800.0, of=MET, hour=70 * 24, fee=1.0, expiry=NEAR),
        fill("sell", 10, 1820.0, of=MET, hour=70 * 24, fee=2.0, expiry=FAR),
    )
    ledger = post([fill("sell", 10, 2000.0, of=MET, expiry=NEAR), *rolled], [], KNOWN)

    assert [position.expiry for position in ledger.open_positions] == [FAR]
    assert ledger.realised_pnl == pytest.approx(200.0)
    assert ledger.total_pnl({key(MET, FAR): 1700.0}) == pytest.approx(200.0 + 120.0 - 3.0)


def test_fills_of_one_moment_keep_their_order() -> None:
    crossing = [fill("sell", 1, 100.0), fill("buy", 2, 90.0), fill("sell", 1, 95.0)]
    assert post(crossing, [], KNOWN).realised_pnl == pytest.approx(0.1 * 10 + 0.1 * 5)


def test_a_position_that_is_flat_has_no_entry_and_needs_no_mark() -> None:
    ledger = post([fill("sell", 5, 100.0), fill("buy", 5, 90.0, hour=1)], [], KNOWN)

    assert ledger.open_positions == ()
    assert ledger.positions[key()].entry_price is None
    assert ledger.total_pnl({}) == pytest.approx(5.0)


def test_lots_that_hedge_are_counted_positive_and_a_long_future_negative() -> None:
    assert post([fill("sell", 7, 100.0)], [], KNOWN).positions[key()].lots == 7
    assert post([fill("buy", 7, 100.0)], [], KNOWN).positions[key()].lots == -7


def test_a_position_was_opened_at_the_first_fill_since_everything_was_last_flat() -> None:
    closed_in_two = [fill("sell", 5, 100.0), fill("buy", 2, 90.0, hour=1), fill("buy", 3, 90.0, hour=2)]
    again = [*closed_in_two, fill("sell", 4, 95.0, hour=3), fill("sell", 1, 95.0, hour=4)]

    assert post(closed_in_two, [], KNOWN).opened_at is None
    assert post(closed_in_two[:2], [], KNOWN).opened_at == START
    assert post(again, [], KNOWN).opened_at == START + timedelta(hours=3)


def test_a_ledger_without_entries_is_zero() -> None:
    ledger = post([], [], KNOWN)
    assert (ledger.total_pnl({}), dict(ledger.positions)) == (0.0, {})
    assert ledger.timeline([date(2026, 1, 1)], {}).total.tolist() == [0.0]


# -- what is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"at": datetime(2026, 1, 1)}, "at: .* no time zone"),  # noqa: DTZ001
        ({"at": datetime(1970, 1, 1, tzinfo=UTC)}, "at: .* in the years"),
        ({"at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))}, "at: .* in the years"),
        ({"side": "short"}, "side: enter sell or buy"),
        ({"contracts": 0}, "contracts: must be a whole number"),
        ({"contracts": 1.5}, "contracts: must be a whole number"),
        ({"contracts": float("nan")}, "contracts: must be a whole number"),
        ({"contracts": MAX_LOTS + 1}, "contracts: must be a whole number"),
        ({"price": 0.0}, "price: must be a positive number"),
        ({"price": float("nan")}, "price: must be a positive number"),
        ({"price": 1e15}, "price: must be a positive number"),
        ({"fee": float("inf")}, "fee: must be a finite number"),
        ({"amount_step": 0.0}, "amount_step: must be a positive number"),
    ],
)
def test_a_fill_names_the_field_at_fault(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(TEXTBOOK[0], **changes)  # type: ignore[arg-type]


def test_a_payment_must_be_finite() -> None:
    with pytest.raises(InvalidInput, match="amount: must be a finite number"):
        paid(float("nan"))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (fill("sell", 1, 100.0, expiry=NEAR), "row 2, field 'expiry': .*perpetual.*leave the expiry empty"),
        (fill("sell", 1, 100.0, of=MET), "row 2, field 'expiry': .*write the expiry date"),
        (fill("sell", 1, 100.0, of=WEEKLY), "row 2, field 'expiry': .*write the expiry date"),
        (fill("sell", 1, 100.0, of=DATED, expiry=NEAR), "row 2, field 'expiry': .*expires on 2026-06-26"),
        (fill("sell", 1, 100.0, of=MET, expiry=date(2025, 12, 26)), "row 2, field 'at': .*the day the future expired"),
    ],
)
def test_what_does_not_fit_its_contract_is_named_by_row_and_field(bad: Fill, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        post([TEXTBOOK[0], bad], [], KNOWN)
    assert [fault.row for fault in caught.value.faults] == [2]


def test_a_future_may_be_filled_on_the_day_on_which_it_ends() -> None:
    assert post([fill("sell", 1, 100.0, of=MET, expiry=START.date())], [], KNOWN).open_positions


def test_every_row_at_fault_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        post([fill("sell", 1, 1.0, of=MET), TEXTBOOK[0], fill("sell", 1, 1.0, expiry=NEAR)], [], KNOWN)
    assert [fault.row for fault in caught.value.faults] == [1, 3]


def test_a_contract_whose_size_is_in_conflict_is_not_posted() -> None:
    with pytest.raises(InvalidInput, match="is unclear: two sizes"):
        post([TEXTBOOK[0]], [], {ETP.id: replace(ETP, conflict="two sizes")})


@pytest.mark.parametrize("contracts", [catalogue(), KNOWN])
def test_an_unknown_contract_is_named_with_its_row(contracts: object) -> None:
    wrong = replace(TEXTBOOK[0], contract="CME:NONE")
    with pytest.raises(UnknownContract, match=r"contract of fill 2.*'CME:NONE'"):
        post([TEXTBOOK[0], wrong], [], contracts)  # type: ignore[arg-type]
    with pytest.raises(UnknownContract, match="contract of funding payment 1"):
        post([], [replace(paid(1.0), contract="CME:NONE")], contracts)  # type: ignore[arg-type]


def test_a_single_dated_future_needs_no_expiry() -> None:
    ledger = post([fill("sell", 1, 100.0, of=DATED), fill("buy", 1, 100.0, of=DATED, hour=1, expiry=FAR)], [], KNOWN)
    assert list(ledger.positions) == [key(DATED, FAR)]


def test_an_open_position_without_a_mark_is_named() -> None:
    ledger = post([fill("sell", 1, 100.0, of=MET, expiry=NEAR)], [], KNOWN)
    with pytest.raises(InvalidInput, match="CME:MET of 2026-03-27"):
        ledger.open_pnl({})


def test_a_future_that_ended_and_was_not_settled_is_found() -> None:
    ledger = post([fill("sell", 1, 100.0, of=MET, expiry=NEAR), TEXTBOOK[0]], [], KNOWN)
    assert [p.key for p in ledger.ended(NEAR + timedelta(days=1))] == [key(MET, NEAR)]
    assert ledger.ended(NEAR) == ()


# -- documents


def test_fills_and_payments_survive_a_document() -> None:
    entries = (TEXTBOOK[0], fill("buy", 2, 1.5, of=MET, expiry=NEAR)), (paid(-3.0),)
    adapter = TypeAdapter(tuple[tuple[Fill, ...], tuple[FundingPayment, ...]])
    assert adapter.validate_json(adapter.dump_json(entries), strict=True) == entries


@pytest.mark.parametrize(
    "change",
    [
        '"contracts": 1.5',
        '"contracts": true',
        '"contracts": 0',
        '"price": -1',
        '"price": NaN',
        '"side": "short"',
        '"at": "2026-01-01T00:00:00"',
        '"at": "yesterday"',
        '"fee": 1e999',
        '"colour": 1',
        '"contract": ""',
    ],
)
def test_a_document_with_a_fault_is_refused(change: str) -> None:
    good = '{"at": "2026-01-01T00:00:00Z", "contract": "A:B", "side": "sell", "contracts": 1, "price": 1.0'
    adapter = TypeAdapter(Fill)
    assert adapter.validate_json(good + "}", strict=True).contracts == 1
    with pytest.raises(ValidationError):
        adapter.validate_json(f"{good}, {change}}}", strict=True)


# -- timelines


def test_a_timeline_shows_the_end_of_each_day() -> None:
    ledger = post(TEXTBOOK, [paid(5.0, hour=3)], KNOWN)
    days = [START.date() + timedelta(days=n) for n in range(-1, 3)]

    line = ledger.timeline(days, {key(): [float("nan"), 1937.0, 2100.0, 2187.0]})

    assert line.realised.tolist() == pytest.approx([0.0, 548.0, 248.0, 248.0])
    assert line.open.tolist() == pytest.approx([0.0, 600.0, 26.0, 200.0])
    assert line.fees.tolist() == pytest.approx([0.0, 6.0, 10.0, 10.0])
    assert line.funding.tolist() == pytest.approx([0.0, 5.0, 5.0, 5.0])
    assert line.total.tolist() == pytest.approx([0.0, 1147.0, 269.0, 443.0])
    assert line.days.tolist() == days
    assert not line.total.flags.writeable


def test_a_timeline_may_begin_after_the_first_fill_and_leave_days_out() -> None:
    days = np.array(["2026-01-08", "2026-02-01"], dtype="datetime64[D]")
    line = post(TEXTBOOK, [], KNOWN).timeline(days, {key(): [2087.0, 2097.0]})
    assert line.total.tolist() == pytest.approx([238.0, 258.0])


def test_a_mark_that_is_missing_on_a_day_leaves_that_day_open() -> None:
    line = post(TEXTBOOK[:1], [], KNOWN).timeline(["2026-01-05", "2026-01-06"], {key(): [float("nan"), 1900.0]})  # type: ignore[list-item]
    assert np.isnan(line.total).tolist() == [True, False]
    assert not np.isnan(line.realised).any()


@pytest.mark.parametrize(
    ("days", "marks", "message"),
    [
        ([date(2026, 1, 6), date(2026, 1, 5)], {key(): [1.0, 1.0]}, "days: "),
        ([date(2026, 1, 5), date(2026, 1, 5)], {key(): [1.0, 1.0]}, "days: "),
        ([date(2026, 1, 5)], {key(): [1.0, 1.0]}, "2 prices for 1 days"),
        ([date(2026, 1, 5)], {}, "no price for Coinbase Derivatives:ETP"),
    ],
)
def test_a_timeline_names_what_it_lacks(days: list[date], marks: dict[Key, list[float]], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        post(TEXTBOOK, [], KNOWN).timeline(days, marks)


def test_the_ledger_at_a_moment_knows_nothing_of_what_came_later() -> None:
    ledger = post(TEXTBOOK, [paid(5.0, hour=3)], KNOWN)

    assert ledger.at(START + timedelta(hours=2)) == post(TEXTBOOK[:3], [], KNOWN)
    assert ledger.at(START + timedelta(hours=3)).funding == 5.0
    assert ledger.at(START - timedelta(hours=1)).positions == {}
    with pytest.raises(InvalidInput, match="no time zone"):
        ledger.at(datetime(2026, 1, 1))  # noqa: DTZ001


# -- against other books


class LotBook:
    """Every lot that was opened, with its own price; a close takes the same share of each. Exact."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.lots: list[tuple[Fraction, Fraction]] = []  # signed count, price
        self.realised = Fraction(0)

    def profit(self, count: Fraction, entry: Fraction, price: Fraction) -> Fraction:
        """Of `count` lots (negative: short), by the formula of the contract's kind."""
        size = Fraction(self.contract.contract_size) * Fraction(self.contract.amount_step)
        if self.contract.style == "inverse":
            return count * size * (price / entry - 1)
        return count * (size / entry if self.contract.size_in_usd else size) * (price - entry)

    def trade(self, signed: int, price: float) -> None:
        at, held = Fraction(price), sum((count for count, _ in self.lots), Fraction(0))
        closing = Fraction(max(-abs(held), min(abs(held), signed))) if held * signed < 0 else Fraction(0)
        if closing:
            share = -closing / held
            self.realised += sum(self.profit(count * share, entry, at) for count, entry in self.lots)
            self.lots = [(count * (1 - share), entry) for count, entry in self.lots if share != 1]
        if signed != closing:
            self.lots.append((signed - closing, at))

    def open(self, mark: float) -> Fraction:
        return sum((self.profit(count, entry, Fraction(mark)) for count, entry in self.lots), Fraction(0))

    def average(self) -> float:
        if self.contract.size_in_usd:
            return float(sum(c for c, _ in self.lots) / sum(c / entry for c, entry in self.lots))
        return float(sum(c * entry for c, entry in self.lots) / sum(c for c, _ in self.lots))


def random_story(seed: int) -> tuple[list[Fill], list[FundingPayment]]:
    """Openings, additions, partial closes, crossings, rolls and funding on several contracts."""
    chance = random.Random(seed)
    price = chance.choice([0.00001234, 0.5, 20.0, 2000.0, 90_000.0])
    fills: list[Fill] = []
    payments: list[FundingPayment] = []
    held: dict[Key, int] = {}
    at = START
    for _ in range(chance.randint(1, 30)):
        at += timedelta(minutes=chance.choice([0, 0, 7, 1440]))
        price *= chance.uniform(0.8, 1.25)
        fee = round(chance.uniform(-1.0, 20.0), 4)
        step = chance.random()
        if step < 0.15:
            of = chance.choice([ETP, INVERSE, DOLLARS, STEPPED])
            payments.append(FundingPayment(at=at, contract=of.id, amount=round(chance.uniform(-50, 50), 6)))
        elif step < 0.25 and held.get(key(MET, NEAR), 0) < 0:
            lots = chance.randint(1, -held[key(MET, NEAR)])
            bought = Fill(at=at, contract=MET.id, side="buy", contracts=lots, price=price, fee=fee, expiry=NEAR)
            later = price * chance.uniform(0.98, 1.05)
            fills += [bought, replace(bought, side="sell", price=later, expiry=FAR)]
            held[key(MET, NEAR)] += lots
        else:
            of, expiry = chance.choice(
                [(ETP, None), (INVERSE, None), (DOLLARS, None), (STEPPED, None), (MET, NEAR), (MET, FAR)]
            )
            lots = chance.randint(1, 60)
            owned = held.get(key(of, expiry), 0)
            if owned and chance.random() < 0.2:
                lots, side = abs(owned), "buy" if owned < 0 else "sell"
            else:
                side = chance.choice(["sell", "sell", "buy"])
            made = Fill(at=at, contract=of.id, side=side, contracts=lots, price=price, fee=fee, expiry=expiry)  # type: ignore[arg-type]
            fills.append(made)
            held[key(of, expiry)] = owned + made.signed_contracts
    return fills, payments


def test_a_thousand_random_stories_agree_to_the_cent_with_a_book_of_lots_and_one_of_cash() -> None:
    for seed in range(1000):
        fills, payments = random_story(seed)
        chance = random.Random(-seed)
        lots: dict[Key, LotBook] = {}
        cash: dict[Key, Fraction] = {}
        signed: dict[Key, int] = {}
        for entry in sorted(fills, key=lambda each: each.at):
            place = entry.contract, entry.expiry
            lots.setdefault(place, LotBook(KNOWN[entry.contract])).trade(entry.signed_contracts, entry.price)
            signed[place] = signed.get(place, 0) + entry.signed_contracts
            cash[place] = cash.get(place, Fraction(0)) - entry.signed_contracts * Fraction(entry.price)
        marks = {place: fills[0].price * chance.uniform(0.3, 3.0) for place in lots}

        ledger = post(fills, payments, KNOWN)

        for place, book in lots.items():
            position = ledger.positions[place]
            assert position.contracts == signed[place]
            assert position.entry_price == (pytest.approx(book.average(), rel=1e-9) if book.lots else None)
            assert position.realised_pnl == pytest.approx(float(book.realised), abs=0.004), seed
            assert position.open_pnl(marks[place]) == pytest.approx(float(book.open(marks[place])), abs=0.004), seed
            if not position.contract.size_in_usd:
                coins = Fraction(position.contract.contract_size) * Fraction(position.contract.amount_step)
                flow = coins * (cash[place] + signed[place] * Fraction(marks[place]))
                assert position.realised_pnl + position.open_pnl(marks[place]) == pytest.approx(float(flow), abs=0.004)
        extra = sum(Fraction(p.amount) for p in payments) - sum(Fraction(f.fee) for f in fills)
        total = sum((book.realised + book.open(marks[place]) for place, book in lots.items()), extra)
        assert ledger.total_pnl(marks) == pytest.approx(float(total), abs=0.005), seed


def test_the_random_stories_hold_what_they_are_meant_to_hold() -> None:
    """Else a thousand of them would prove little."""
    rolls = crossings = flats = funding = 0
    for seed in range(1000):
        fills, payments = random_story(seed)
        funding += len(payments)
        rolls += sum(f.side == "buy" and f.expiry == NEAR for f in fills)
        held: dict[Key, int] = {}
        for entry in sorted(fills, key=lambda each: each.at):
            before = held.get((entry.contract, entry.expiry), 0)
            after = held[entry.contract, entry.expiry] = before + entry.signed_contracts
            crossings += before * after < 0
            flats += bool(before) and not after
    assert min(rolls, crossings, flats, funding) > 200


# -- properties

prices = st.floats(1e-6, 1e6)
trades = st.lists(
    st.tuples(st.sampled_from(["sell", "buy"]), st.integers(1, 500), prices, st.integers(0, 5)), min_size=1, max_size=12
)
contracts = st.sampled_from([ETP, INVERSE, DOLLARS])


def posted(rows: list[tuple[Side, int, float, int]], of: Contract, factor: int = 1) -> Ledger:
    return post([fill(side, n * factor, price, of=of, hour=hour) for side, n, price, hour in rows], [], KNOWN)


@given(trades, contracts, st.randoms())
def test_only_the_time_of_fills_matters_not_their_place_in_the_list(
    rows: list[tuple[Side, int, float, int]], of: Contract, chance: random.Random
) -> None:
    apart = [fill(side, n, price, of=of, hour=place) for place, (side, n, price, _) in enumerate(rows)]
    shuffled = apart.copy()
    chance.shuffle(shuffled)
    assert post(shuffled, [], KNOWN) == post(apart, [], KNOWN)


@given(trades, contracts, prices)
def test_twice_the_lots_are_twice_the_profit(
    rows: list[tuple[Side, int, float, int]], of: Contract, mark: float
) -> None:
    once, twice = posted(rows, of), posted(rows, of, 2)
    size = sum(abs(n * of.lot_notional(price)) * (1 + mark / price) for _, n, price, _ in rows)
    assert twice.total_pnl({key(of): mark}) == pytest.approx(2 * once.total_pnl({key(of): mark}), abs=1e-9 * size)


@given(trades, contracts, prices)
def test_closing_at_the_mark_realises_what_was_open(
    rows: list[tuple[Side, int, float, int]], of: Contract, mark: float
) -> None:
    before = posted(rows, of)
    held = before.positions[key(of)].contracts
    if held == 0:
        return
    close = fill("buy" if held < 0 else "sell", abs(held), mark, of=of, hour=9)
    after = post([*before.fills, close], [], KNOWN)
    assert after.open_positions == ()
    assert after.realised_pnl == pytest.approx(before.total_pnl({key(of): mark}), rel=1e-12)


@given(trades, contracts)
def test_the_average_entry_lies_between_the_prices_paid(rows: list[tuple[Side, int, float, int]], of: Contract) -> None:
    position = posted(rows, of).positions[key(of)]
    if position.entry_price is not None:
        low, high = (find(price for _, _, price, _ in rows) for find in (min, max))
        assert low * (1 - 1e-9) <= position.entry_price <= high * (1 + 1e-9)


@given(trades, contracts, prices)
def test_a_timeline_ends_where_the_ledger_stands(
    rows: list[tuple[Side, int, float, int]], of: Contract, mark: float
) -> None:
    spread = [fill(side, n, price, of=of, hour=24 * day) for side, n, price, day in rows]
    ledger = post(spread, [], KNOWN)
    days = [START.date() + timedelta(days=n) for n in range(7)]
    line = ledger.timeline(days, {key(of): [mark] * 7})
    for day, total in zip(days, line.total, strict=True):
        then = ledger.at(datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC))
        assert total == pytest.approx(then.total_pnl({key(of): mark}), rel=1e-12)


def test_a_single_fill_is_its_own_entry_to_the_last_digit() -> None:
    """0.1 ETH at 3,300: coins and cost rounded apart would give 3,299.9999999999995."""
    fill = Fill(
        at=datetime(2026, 1, 5, tzinfo=UTC), contract="CME:MET", side="sell", contracts=3, price=3_300.0,
        expiry=date(2026, 1, 30),
    )  # fmt: skip
    ledger = post((fill,), (), catalogue())
    assert ledger.open_positions[0].entry_price == 3_300.0
