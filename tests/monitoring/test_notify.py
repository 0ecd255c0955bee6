"""Messages that are fit to be sent, and addresses that stand nowhere."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.monitoring.notify import MAX_BODY, MAX_TITLE, Message, Notifier, addresses, fingerprint
from tests.support.watching import webhook

SECRET = "s3cr3t-t0ken"


@given(st.text(), st.text(st.characters() | st.sampled_from("\n\x1b\x00\r\u202e"), max_size=3_000))
def test_a_message_holds_no_control_character_and_no_more_than_its_bounds(title: str, body: str) -> None:
    message = Message(title, body)

    assert message.title.isprintable()
    assert all(line.isprintable() for line in message.body.split("\n"))
    assert len(message.title) <= MAX_TITLE
    assert len(message.body) <= MAX_BODY
    message.body.encode()


def test_what_is_printable_and_short_stays_as_it_is() -> None:
    message = Message("Zürich −5% ✓", "one\ntwo", "warning")

    assert (message.title, message.body) == ("Zürich −5% ✓", "one\ntwo")
    assert Message("x" * 500, "").title == "x" * (MAX_TITLE - 1) + "…"


def test_addresses_come_from_the_command_line_or_else_from_the_environment() -> None:
    environment = {"HEDGE_NOTIFY": " json://a/  tgram://b/c\njson://a/ "}

    assert addresses([], environment) == ("json://a/", "tgram://b/c")
    assert addresses(["json://d/"], environment) == ("json://d/",)
    assert addresses([], {}) == ()


def test_a_message_arrives_with_title_body_and_severity() -> None:
    with webhook() as hook:
        notifier = Notifier([hook.address])
        sent = [
            notifier.send(notifier.names[0], Message("T", "b\nc", level)) for level in ("critical", "warning", "info")
        ]

    assert sent == [True] * 3
    assert [(m["title"], m["message"], m["type"]) for m in hook.received] == [
        ("T", "b\nc", "failure"),
        ("T", "b\nc", "warning"),
        ("T", "b\nc", "info"),
    ]


def test_a_message_without_a_body_is_told_by_its_title() -> None:
    with webhook() as hook:
        notifier = Notifier([hook.address])
        assert notifier.send(notifier.names[0], Message("T", ""))

    assert hook.received[0]["message"] == "T"


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_a_refusal_is_no_error(status: int) -> None:
    with webhook() as hook:
        hook.status = status
        notifier = Notifier([hook.address])

        assert notifier.send(notifier.names[0], Message("T", "b")) is False


def test_an_address_where_nobody_listens_is_no_error() -> None:
    with webhook() as hook:
        address = hook.address
    notifier = Notifier([address])

    assert notifier.send(notifier.names[0], Message("T", "b")) is False


@pytest.mark.parametrize("text", ["moon", f"moon://{SECRET}/", f"tgram://{SECRET}", "json://"])
def test_an_address_that_cannot_be_used_is_named_by_its_number_only(
    text: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(InvalidInput) as refused:
        Notifier(["json://127.0.0.1:9/", text])

    assert "Address 2 for notifications cannot be used" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())


def test_an_address_is_never_logged_whether_it_works_or_not(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with webhook() as hook, caplog.at_level(logging.DEBUG):
        logging.getLogger("apprise").setLevel(logging.DEBUG)
        notifier = Notifier([hook.address.replace("127", f"{SECRET}:{SECRET}@127") + SECRET])
        (name,) = notifier.names
        assert notifier.send(name, Message("T", "b"))
        hook.status = 500
        assert not notifier.send(name, Message("T", "b"))
        assert logging.getLogger("apprise").level == logging.DEBUG

    assert SECRET not in caplog.text + "".join(capfd.readouterr()) + repr(notifier) + name


def test_a_fingerprint_tells_addresses_apart_and_does_not_hold_them() -> None:
    assert fingerprint("json://a/") != fingerprint("json://b/")
    assert SECRET not in fingerprint(f"json://{SECRET}/")


def test_too_many_addresses_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at most 20"):
        Notifier([f"json://127.0.0.1:9/{number}" for number in range(21)])


def test_without_addresses_the_library_is_not_loaded_and_without_the_library_they_are_refused() -> None:
    program = (
        "import sys; sys.modules['apprise'] = None\n"
        "from hedge_core.monitoring.notify import Notifier\n"
        "from hedge_core.errors import HedgeError\n"
        "assert Notifier([]).names == ()\n"
        "try:\n    Notifier(['json://a/'])\n"
        "except HedgeError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert "pip install apprise" in done.stdout
