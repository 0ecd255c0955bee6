"""Settings of live data: what may be said, and what is refused by its name."""

from __future__ import annotations

import pytest

from hedge_core.errors import InvalidInput
from hedge_core.market.live.settings import LiveSettings, masked


def test_without_any_setting_the_sample_market_and_memory_are_used():
    settings = LiveSettings.read({})

    assert (settings.market, settings.cache_url, settings.base_url, settings.offline) == ("sample", "memory", "", False)
    assert (settings.timeout, settings.max_staleness) == (10.0, 21_600.0)
    assert settings.is_throttled


def test_every_setting_is_read():
    settings = LiveSettings.read(
        {
            "HEDGE_MARKET": "kraken",
            "HEDGE_CACHE_URL": "sqlite:/tmp/prices.db",
            "HEDGE_EXCHANGE_BASE_URL": "http://127.0.0.1:9000/",
            "HEDGE_TIMEOUT": "2.5",
            "HEDGE_MAX_STALENESS": 7200,
            "HEDGE_OFFLINE": "yes",
        }
    )

    assert settings == LiveSettings(
        market="kraken", cache_url="sqlite:/tmp/prices.db", base_url="http://127.0.0.1:9000", timeout=2.5,
        max_staleness=7200.0, offline=True,
    )  # fmt: skip
    assert not settings.is_throttled  # a server on this machine sets its own pace


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEDGE_TIMEOUT", "soon"), ("HEDGE_TIMEOUT", "0"), ("HEDGE_TIMEOUT", "nan"), ("HEDGE_TIMEOUT", "1e9"),
        ("HEDGE_MAX_STALENESS", "-1"), ("HEDGE_MAX_STALENESS", "inf"), ("HEDGE_CACHE_URL", "sqlite:"),
        ("HEDGE_CACHE_URL", "/tmp/prices.db"), ("HEDGE_CACHE_URL", "http://x"), ("HEDGE_EXCHANGE_BASE_URL", "file:///etc"),
        ("HEDGE_EXCHANGE_BASE_URL", "127.0.0.1:80"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_meant_is_refused_by_its_name(name, value):
    with pytest.raises(InvalidInput, match=name):
        LiveSettings.read({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEDGE_CACHE_URL", "redis://"), ("HEDGE_CACHE_URL", "redis://:"), ("HEDGE_CACHE_URL", "redis:///0"),
        ("HEDGE_CACHE_URL", "redis://host:0"), ("HEDGE_CACHE_URL", "redis://host/abc"),
        ("HEDGE_CACHE_URL", "redis://ho st"), ("HEDGE_CACHE_URL", "redis://host/0#1"), ("HEDGE_CACHE_URL", "REDIS://host"),
        ("HEDGE_CACHE_URL", "redis://host/99999999"), ("HEDGE_CACHE_URL", "unix://"), ("HEDGE_CACHE_URL", "sqlite://x"),
        ("HEDGE_CACHE_URL", "sqlite:a\x00b"), ("HEDGE_CACHE_URL", "redis://a\nb"), ("HEDGE_MARKET", "csv:a\x00"),
        ("HEDGE_EXCHANGE_BASE_URL", "http://h?x=1"), ("HEDGE_EXCHANGE_BASE_URL", "http://h#x"),
        ("HEDGE_EXCHANGE_BASE_URL", "http://a b"), ("HEDGE_EXCHANGE_BASE_URL", "http://h\r\nX: y"),
        ("HEDGE_TIMEOUT", "1_0"), ("HEDGE_TIMEOUT", "１０"), ("HEDGE_TIMEOUT", "0x10"),
        ("HEDGE_MAX_STALENESS", "3_600"),
    ],
)  # fmt: skip
def test_what_would_be_ignored_or_read_as_something_else_is_refused_on_one_line(name, value):
    with pytest.raises(InvalidInput, match=name) as caught:
        LiveSettings.read({name: value})

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEDGE_CACHE_URL", "redis://host"), ("HEDGE_CACHE_URL", "redis://host:6379/0"),
        ("HEDGE_CACHE_URL", "rediss://user:p@host:6380/15?ssl_cert_reqs=none"), ("HEDGE_CACHE_URL", "redis://:p@[::1]:6379/"),
        ("HEDGE_CACHE_URL", "unix:///run/redis.sock?db=1"), ("HEDGE_CACHE_URL", "sqlite:prices.db"),
        ("HEDGE_CACHE_URL", "sqlite:/data/prices.db"), ("HEDGE_CACHE_URL", "sqlite:///data/prices.db"),
        ("HEDGE_EXCHANGE_BASE_URL", "https://user:p@proxy.example:8443/path"), ("HEDGE_TIMEOUT", "2.5"),
        ("HEDGE_TIMEOUT", "1e1"), ("HEDGE_TIMEOUT", " 5 "),
    ],
)  # fmt: skip
def test_what_is_meant_in_the_usual_notations_is_taken(name, value):
    LiveSettings.read({name: value})


def test_offline_can_be_asked_for_and_never_be_lifted():
    assert LiveSettings(offline=True).with_offline(False).offline
    assert LiveSettings().with_offline(True).offline


@pytest.mark.parametrize("name", ["HEDGE_TIMEOUT", "HEDGE_MARKET", "HEDGE_OFFLINE"])
def test_an_address_in_the_wrong_setting_is_refused_without_its_password(name):
    with pytest.raises(InvalidInput, match=name) as caught:
        LiveSettings.read({name: "redis://user:geheim@cache:6379/0"})

    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("redis://:geheim", "redis://:***"), ("redis://:geheim/0", "redis://:***/0"),
        ("redis://user:geheim", "redis://user:***"), ("redis://u:geheim@host:6379/0", "redis://***@host:6379/0"),
        ("tgram://123456:geheim/chat", "tgram://123456:***/***"), ("https://hooks.example/geheim", "https://hooks.example/***"),
        ("123456:geheim", "123456:***"), ("sk-geheim-0123456789", "***"), ("eyJ." + "geheim" * 9, "***"),
        ("host?token=geheim", "host?***"), ("http://h#geheim", "http://h#***"), ("//geheim", "/***"),
        ("http://[::1]geheim", "http://[::***"), ("http://[::1]:80/x", "http://[::1]:80/***"), ("a\r\nb", "a b"),
        ("binanc", "binanc"), ("maybe", "maybe"), ("REDIS://host", "REDIS://host"), ("", ""),
    ],
)  # fmt: skip
def test_of_a_value_that_is_refused_nothing_is_shown_that_may_be_a_secret(value, shown):
    assert masked(value) == shown


@pytest.mark.parametrize(
    "address", ["https:null:geheim@proxy.exampleL=https://user:geheim@proxy", "redser:geheim@x://user:geheim@cache/0"]
)
def test_no_part_of_a_damaged_address_before_its_last_host_is_quoted(address):
    assert "geheim" not in masked(address)
