"""Calendar files: what is taken of one, what is refused and said, and that no bytes do any harm.

By hand: 18 March 2026, 20:30 in New York is 00:30 UTC on the 19th (summer time since the 8th, UTC−4); 09:00 in Tokyo
is 00:00 UTC on the same day, and 08:59 is 23:59 UTC on the day before.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import vobject
from hypothesis import example, given, settings, strategies as st

from hedge_core.documents.calendar_file import MAX_BYTES, MAX_EVENTS, calendar_to_ics, read_calendar
from hedge_core.errors import HedgeError, InvalidFile, InvalidInput
from hedge_core.market.contracts import catalogue
from hedge_core.market.expiries import expiries
from hedge_core.plan.calendar import CalendarEvent, merged
from tests.support.scale import scaled

STAMP = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)
DAY = date(2026, 3, 18)


def entry(*lines, kind="VEVENT"):
    return "\r\n".join([f"BEGIN:{kind}", *lines, f"END:{kind}"])


def calendar(*parts):
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""]).encode()


def meeting(start=":20260318", *lines):
    return entry("UID:1@elsewhere", f"DTSTART{start}", "SUMMARY:Central bank", *lines)


ZONE = entry(
    "TZID:Our office",
    entry("DTSTART:19700101T000000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+1200", "RRULE:FREQ=SECONDLY", kind="STANDARD"),
    kind="VTIMEZONE",
)
GOOD = calendar(
    ZONE,
    meeting(";TZID=America/New_York:20260318T203000", "RRULE:FREQ=WEEKLY;COUNT=5"),
    entry("DTSTART;VALUE=DATE:20260401", r"SUMMARY:Unlock\, 3% of supply", "DESCRIPTION:a link", "BEGIN:VALARM"
          "\r\nTRIGGER:-PT15M\r\nACTION:DISPLAY\r\nDESCRIPTION:soon\r\nEND:VALARM"),
    entry("SUMMARY:Buy milk", kind="VTODO"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("start", "day"),
    [
        (":20260318", DAY),
        (";VALUE=DATE:20260318", DAY),
        (":20260318T235959Z", DAY),
        (":20260318T100000", DAY),
        (";TZID=America/New_York:20260318T203000", date(2026, 3, 19)),
        (";TZID=Asia/Tokyo:20260318T090000", DAY),
        (";TZID=Asia/Tokyo:20260318T085900", date(2026, 3, 17)),
        (";TZID=Eastern Standard Time:20260318T203000", date(2026, 3, 19)),
        (";TZID=Our office:20260318T010000", DAY),
        (";TZID=../../etc/passwd:20260318T010000", DAY),
        (";TZID=Europe:20260318T010000", DAY),
    ],
)
def test_a_time_becomes_the_day_in_utc(start, day):
    assert [event.day for event in read_calendar(calendar(ZONE, meeting(start))).events] == [day]


def test_a_day_and_a_title_are_all_that_is_taken_and_the_rest_is_said():
    found = read_calendar(GOOD)

    assert found.events == (
        CalendarEvent(day=date(2026, 3, 19), title="Central bank"),
        CalendarEvent(day=date(2026, 4, 1), title="Unlock, 3% of supply"),
    )
    assert found.remarks == (
        "Repeating events, only the first day used: 1.",
        "Tasks and journal entries, which are not events, left out: 1.",
    )


@pytest.mark.parametrize(
    ("part", "titles", "remark"),
    [
        (meeting(":20260318", "STATUS:CANCELLED"), [], "Cancelled events, left out: 1."),
        (meeting(":20260318", "RDATE:20260325"), ["Central bank"], "only the first day used"),
        (meeting(":20260318T100000"), ["Central bank"], "without a known time zone"),
        (meeting(";TZID=Our office:20260318T100000"), ["Central bank"], "without a known time zone"),
        (meeting(":19691231"), [], "without a readable date between 2009 and 2199"),
        (meeting(":99991231T235959Z"), [], "without a readable date"),
        (meeting(";TZID=Asia/Tokyo:00010101T000000"), [], "without a readable date"),
        (meeting(":tomorrow"), [], "without a readable date"),
        (entry("SUMMARY:Some day"), [], "without a readable date"),
        (entry("DTSTART:20260318"), ["Without a title"], None),
        (entry("DTSTART:20260318", "SUMMARY:" + "x" * 121), ["x" * 119 + "…"], "Titles shortened to 120 characters"),
        (entry("DTSTART:20260318", "SUMMARY:a", " b", "\tc"), ["abc"], None),
        (entry("dtstart:20260318", "Summary;LANGUAGE=en:Mixed"), ["Mixed"], None),
        (meeting() + "\r\n" + meeting(), ["Central bank"], "Duplicates with the same day and title, left out: 1."),
    ],
)
def test_what_cannot_be_taken_as_it_stands_is_said(part, titles, remark):
    found = read_calendar(calendar(part))

    assert [event.title for event in found.events] == titles
    assert len(found.remarks) == (0 if remark is None else 1)
    assert remark is None or remark in found.remarks[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a calendar"),
        (b"coin,quantity\nSOL,1\n", "not a calendar"),
        (meeting().encode(), "not a calendar"),
        (b"BEGIN:VCARD\r\nEND:VCARD", "not a calendar"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00\xff\xfe", "not UTF-8"),
        (b" " * (MAX_BYTES + 1), "larger than 1,000,000 bytes"),
    ],
)
def test_what_is_no_calendar_is_refused_in_words(data, words):
    with pytest.raises(InvalidFile, match=words):
        read_calendar(data)


def test_a_byte_order_mark_and_bare_line_feeds_are_read():
    assert len(read_calendar(b"\xef\xbb\xbf" + GOOD.replace(b"\r\n", b"\n")).events) == 2


def test_a_file_that_was_cut_off_gives_what_was_whole():
    found = read_calendar(GOOD[: GOOD.index(b"Unlock")])

    assert [event.title for event in found.events] == ["Central bank"]
    assert "Entries cut off at the end of the file, left out: 1." in found.remarks


def test_only_so_many_events_are_taken():
    parts = [entry(f"DTSTART:{DAY + timedelta(days=n):%Y%m%d}", "SUMMARY:x") for n in range(MAX_EVENTS + 3)]

    found = read_calendar(calendar(*parts))

    assert len(found.events) == MAX_EVENTS
    assert found.remarks == (f"Events beyond the first {MAX_EVENTS}, left out: 3.",)


def test_zones_that_a_file_defines_are_forgotten_with_it():
    from icalendar.timezone import tzp

    read_calendar(calendar(ZONE, meeting(";TZID=Our office:20260318T100000")))

    assert tzp.timezone("Our office") is None


def test_our_file_opens_in_another_parser_and_says_the_same():
    ends = expiries(catalogue().get("CME:MET"), date(2025, 12, 31), date(2026, 12, 31))
    monthly = [CalendarEvent(day=day, title="CME MET ends", kind="expiry", note="Check it.") for day in ends]
    mine = CalendarEvent(day=DAY, title="Zürich; a, b \\ c: 会議 " + "long " * 15, note="my 400 coins")

    data = calendar_to_ics([*monthly, mine], stamp=STAMP, name="Plan\r\nX-EVIL:1")
    other = vobject.readOne(data.decode())

    entries = other.contents["vevent"]
    assert other.contents["x-wr-calname"][0].value == "Plan X-EVIL:1"
    assert [(one.dtstart.value, one.summary.value) for one in entries] == [
        (event.day, event.title) for event in merged(monthly, [mine])
    ]
    assert {one.dtstamp.value for one in entries} == {STAMP.replace(microsecond=0)}
    assert len({one.uid.value for one in entries}) == 13
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))


def test_notes_of_the_user_stay_at_home_and_those_of_the_rules_go_out():
    end = CalendarEvent(day=DAY, title="CME MET ends", kind="expiry", note="last Friday")
    mine = CalendarEvent(day=DAY, title="Unlock", note="I hold 12345 coins")

    data = calendar_to_ics([end, mine], stamp=STAMP)

    assert b"12345" not in data
    assert b"last Friday" in data


def test_the_same_events_at_the_same_moment_are_the_same_bytes():
    events = [CalendarEvent(day=DAY, title="b"), CalendarEvent(day=DAY, title="a")]

    assert calendar_to_ics(events, stamp=STAMP) == calendar_to_ics(events[::-1] + events, stamp=STAMP)


@pytest.mark.parametrize("stamp", [STAMP.replace(tzinfo=None), STAMP.astimezone(timezone(timedelta(hours=1)))])
def test_a_stamp_that_is_not_in_utc_is_refused(stamp):
    with pytest.raises(InvalidInput, match="stamp"):
        calendar_to_ics([], stamp=stamp)


def test_a_file_of_ours_taken_back_doubles_nothing():
    end = CalendarEvent(day=DAY, title="CME MET ends", kind="expiry")
    mine = CalendarEvent(day=DAY, title="Unlock", note="kept")

    found = read_calendar(calendar_to_ics([end, mine], stamp=STAMP))

    assert merged([mine], found.events) == (mine,)
    assert found.remarks == ("Expiries and rolls, which the program computes itself, left out: 1.",)


TITLES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=100).filter(
    lambda text: any(map(str.isalnum, text))
)


@given(st.lists(st.tuples(st.dates(date(2009, 1, 1), date(2199, 12, 31)), TITLES), max_size=8))
def test_what_goes_out_comes_back(rows):
    events = merged(CalendarEvent(day=day, title=title) for day, title in rows)

    found = read_calendar(calendar_to_ics(events, stamp=STAMP))

    assert (found.events, found.remarks) == (events, ())


def mutated(seed, base):
    """The calendar with a few bytes or lines changed, removed, doubled or swapped."""
    chance = random.Random(seed)
    lines = base.split(b"\r\n")
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(lines))
        line = bytearray(lines[place])
        match chance.randrange(6):
            case 0:
                del lines[place : place + chance.randint(1, 3)]
            case 1:
                lines[place:place] = [lines[chance.randrange(len(lines))]] * chance.choice([1, 2, 50])
            case 2:
                other = chance.randrange(len(lines))
                lines[place], lines[other] = lines[other], lines[place]
            case 3 if line:
                line[chance.randrange(len(line))] = chance.choice(b':;=",\\\x00\xff \t\n9A')
                lines[place] = bytes(line)
            case 4 if line:
                cut = chance.randrange(len(line))
                lines[place] = bytes(line[:cut] + bytes(chance.choice(b":;=\"'TZ0\xc3") for _ in range(5)) + line[cut:])
            case _:
                lines[place] = bytes(line) * chance.choice([2, 3, 200])
        lines = lines or [b""]
    return b"\r\n".join(lines)[: chance.choice([10**9, 10**9, chance.randrange(1, 400)])]


def read_or_refused(data):
    try:
        found = read_calendar(data)
    except HedgeError:
        return
    assert len(found.events) <= MAX_EVENTS
    assert all(event.kind == "user" and event.title for event in found.events)
    calendar_to_ics(found.events, stamp=STAMP)


@settings(max_examples=scaled(150))
@given(st.integers(0, 2**32))
def test_no_changed_calendar_does_more_than_be_refused(seed):
    read_or_refused(mutated(seed, GOOD))


@settings(max_examples=scaled(150))
@given(st.binary(max_size=300), st.binary(max_size=300))
@example(b"DTSTART;TZID=\x00:20260318T010000", b"SUMMARY:x")
@example(b'DTSTART;TZID="a":20260318T010000', b'SUMMARY;X="a;b:c')
def test_no_bytes_within_an_event_do_more_than_be_refused(one, other):
    read_or_refused(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART" + one + b"\n" + other + b"\nEND:VEVENT\nEND:VCALENDAR")
    read_or_refused(one + other)


@pytest.mark.parametrize(
    "data",
    [
        b"\n" * MAX_BYTES,
        b"BEGIN:VCALENDAR\n" + b" \n" * 490_000,
        b"BEGIN:VCALENDAR\n" + b"BEGIN:X\n" * 120_000,
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART" + b";A=B" * 240_000 + b":20260318",
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + b'SUMMARY;A="' * 90_000,
        b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nDTSTART:20260318\nEND:VEVENT\n" * 23_000,
        pytest.param(
            b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nDTSTART;TZID=A/B:20260318T000000\nRRULE:x\nEND:VEVENT\n" * 15_000,
            marks=pytest.mark.rare,
        ),
    ],
    ids=["line feeds", "folds", "deep", "parameters", "quotes", "events", "unknown zones"],
)
def test_a_file_made_to_take_long_takes_a_few_seconds_at_most(data):
    assert len(data) <= MAX_BYTES
    started = time.thread_time()

    read_or_refused(data)

    assert time.thread_time() - started < 20
