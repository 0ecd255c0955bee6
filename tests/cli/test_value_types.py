"""Values as they are typed: what each type reads, what it refuses, and that a minus in front is no obstacle."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import click
import pytest

from hedge_core.cli.main import command_line
from hedge_core.cli.value_types import (
    FRACTION,
    HOURS,
    INTERVAL,
    MARGIN,
    MOMENT,
    SHARE_OF_COIN,
    TEXT,
    TIME,
    ZONE,
    read_dollars,
)  # fmt: skip
from hedge_core.plan.plan import OwnMargin

COMMANDS = command_line.commands


def options_of(*type_names):
    """Command, option and parameter name of every option whose type has one of these names."""
    return [
        pytest.param(command, option, id=f"{name} {option.opts[0]}")
        for name, command in COMMANDS.items()
        for option in command.params
        if isinstance(option, click.Option) and not option.is_flag and option.type.name in type_names
    ]


def parsed(command, option, *arguments):
    """Parse the arguments with whatever else the command needs; return what the option says."""
    needed = ["X" for parameter in command.params if isinstance(parameter, click.Argument)]
    needed += [f"{other.opts[0]}=0" for other in command.params if other.required and other.opts[0].startswith("--")]
    return command.make_context(command.name, [*needed, *arguments]).params[option.name]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (SHARE_OF_COIN, "sol=50%", ("SOL", 0.5)),
        (FRACTION, "0.15", 0.15),
        (FRACTION, "15%", 0.15),
        (FRACTION, "-15%", -0.15),
        (FRACTION, "−15 %", -0.15),
        (FRACTION, "-.15", -0.15),
        (FRACTION, "$5,000", 5_000.0),
        (INTERVAL, "90s", 90.0),
        (INTERVAL, " 1.5 m ", 90.0),
        (INTERVAL, "4h", 14_400.0),
        (INTERVAL, "1d", 86_400.0),
        (TIME, "8:05", time(8, 5)),
        (TIME, "23:59", time(23, 59)),
        (HOURS, "22:00-07:00", (time(22), time(7))),
        (HOURS, "22:00–7:00", (time(22), time(7))),
        (ZONE, "utc", UTC),
        (ZONE, "Europe/Berlin", ZoneInfo("Europe/Berlin")),
        (MOMENT, "2026-01-31T14:00Z", datetime(2026, 1, 31, 14, tzinfo=UTC)),
        (MOMENT, "2026-01-31T14:00+02:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        (MOMENT, "2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        (MARGIN, "CME:MBT=40%", ("CME:MBT", OwnMargin(initial=0.4, maintenance=0.4))),
        (MARGIN, "CME:MBT = 44% / 40%", ("CME:MBT", OwnMargin(initial=0.44, maintenance=0.4))),
        (TEXT, "-", "-"),
        (TEXT, "", ""),
        (TEXT, "csv:a b.csv", "csv:a b.csv"),
    ],
)
def test_a_value_is_read(kind, text, value):
    read = kind.convert(text, None, None)

    assert read == (pytest.approx(value) if isinstance(value, float) else value)
    assert kind.convert(value, None, None) == value


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (FRACTION, "ten", "'ten' is not a number; write 0.15 or 15%."),
        (FRACTION, "nan", "'nan' is not a number"),
        (FRACTION, "9" * 400, f"'{'9' * 40}' is not a number"),
        (INTERVAL, "15", "write 90s, 15m or 4h, at most 1d."),
        (INTERVAL, "0.5s", "'0.5s' is not an interval"),
        (INTERVAL, "25h", "'25h' is not an interval"),
        (INTERVAL, "-5m", "'-5m' is not an interval"),
        (TIME, "24:00", "'24:00' is not a time of day; write 08:00."),
        (HOURS, "22:00", "'22:00' is not a period of the day; write 22:00-07:00."),
        (HOURS, "7:00-07:00", "'7:00-07:00' is not a period of the day"),
        (HOURS, "22:00-25:00", "'25:00' is not a time of day"),
        (ZONE, "../etc", "'../etc' is not a known time zone; write Europe/Berlin or UTC."),
        (ZONE, "Moon/Base", "'Moon/Base' is not a known time zone"),
        (MOMENT, "later", "'later' is not a moment; write 2026-01-31T14:00:00Z."),
        (MOMENT, "0001-01-01T00:00:00+14:00", "'0001-01-01T00:00:00+14:00' is not a moment"),
        (MOMENT, "9999-12-31T23:59:59-14:00", "'9999-12-31T23:59:59-14:00' is not a moment"),
        (MOMENT, "9998-01-01T00:00Z", "'9998-01-01T00:00Z' is not a moment of our time"),
        (MOMENT, "1969-12-31T23:59Z", "'1969-12-31T23:59Z' is not a moment of our time"),
        (SHARE_OF_COIN, "SOL", "'SOL' is not a share of a coin; write SOL=50%."),
        (SHARE_OF_COIN, "SOL=x", "'x' is not a number"),
        (SHARE_OF_COIN, "=5%", "is not a share of a coin"),
        (TEXT, "--offline", "'--offline' looks like an option; a value is missing before it."),
        (TEXT, "-x", "'-x' looks like an option"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_the_right_form(kind, text, words):
    with pytest.raises(click.BadParameter) as refusal:
        kind.convert(text, None, None)

    assert words in refusal.value.message


@pytest.mark.parametrize(("command", "option"), options_of("fraction"))
def test_every_fraction_may_be_negative(command, option):
    name = option.opts[0]
    expected = pytest.approx(-0.15)

    assert parsed(command, option, name, "-15%") == expected
    assert parsed(command, option, f"{name}=-15%") == expected
    assert parsed(command, option, name, "-.15") == expected
    assert parsed(command, option, name, "-15e-2") == expected


@pytest.mark.parametrize(("command", "option"), options_of("integer"))
def test_every_whole_number_may_be_negative_and_is_then_refused_by_what_it_means(command, option):
    assert parsed(command, option, option.opts[0], "-3") == -3
    assert parsed(command, option, f"{option.opts[0]}=-3") == -3


@pytest.mark.parametrize(("command", "option"), options_of("text"))
def test_no_text_swallows_the_option_that_follows_it(command, option):
    with pytest.raises(click.BadParameter, match="a value is missing before it"):
        parsed(command, option, option.opts[0], "--help")


def test_options_without_a_type_of_their_own_are_choices_or_whole_numbers():
    """Text without the guard above would swallow an option, so `TEXT` is used and never click's own string."""
    known = {
        "fraction",
        "interval",
        "hours",
        "time",
        "zone",
        "moment",
        "text",
        "margin",
        "dollars",
        "share of a coin",
        "integer",
        "choice",
        "boolean",
    }

    assert {o.type.name for c in COMMANDS.values() for o in c.params if isinstance(o, click.Option)} <= known


@pytest.mark.parametrize(
    ("text", "amount"), [("15000", 15_000.0), ("$15,000", 15_000.0), (" 1,234,567.5 ", 1_234_567.5), ("0.5", 0.5)]
)
def test_amounts_in_dollars(text, amount):
    assert read_dollars(text) == amount


@pytest.mark.parametrize("text", ["", "15.000,50", "1,50", "-3", "15k", "nan", "inf", "1e9", "€5", "1,0000"])
def test_what_is_no_amount_in_dollars_is_refused(text):
    with pytest.raises(ValueError, match="is not an amount in USD; write 15000"):
        read_dollars(text)
