"""Former keys of alerts, as the first release saved them; the state file of that release is tested in test_watch.

By hand: a fall of 25.5% with half of the short was saved as
"exit_rule:fall_reached:the bag has fallen 25.5% since the hedge was opened:0.5".
"""

from __future__ import annotations

from datetime import date

import pytest

from hedge_core.monitoring.alert_keys import FIRST_TEXTS, keyed_by_text, renamed
from hedge_core.plan.rules import (
    EXIT_RULES,
    BagRecovered,
    CarryLimit,
    Catalyst,
    ExpiryNear,
    FallReached,
    LossLimit,
    OnDate,
)


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        (
            FallReached(fall=0.255, share=0.5),
            "fall_reached:the bag has fallen 25.5% since the hedge was opened:0.5",
        ),
        (
            BagRecovered(fall=0.2, recovered=0.6),
            "bag_recovered:after a fall of 20% or more the bag has made up 60% of it:1",
        ),
        (OnDate(day=date(2026, 1, 31), share=0.25), "on_date:31 Jan 2026 has come:0.25"),
        (ExpiryNear(days=1), "expiry_near:a future that you hold ends within 1 day:1"),
        (ExpiryNear(days=2), "expiry_near:a future that you hold ends within 2 days:1"),
        (Catalyst(event="a: b"), "catalyst:a: b (you tick it):1"),
        (LossLimit(loss=0.1234567), "loss_limit:the hedge has lost 12.3457% of the bag's value at the start:1"),
        (CarryLimit(paid=0.3), "carry_limit:the short pays 30% a year or more (mean of 30 days):1"),
    ],
)
def test_a_rule_is_found_under_the_key_of_the_first_release(rule, key):
    assert keyed_by_text(rule) == f"exit_rule:{key}"
    assert renamed([rule]) == {f"exit_rule:{key}": rule.key}


def test_every_rule_of_the_first_release_has_a_former_key_and_still_exists():
    assert len(FIRST_TEXTS) == 7
    assert FIRST_TEXTS.keys() <= {rule.__dataclass_fields__["kind"].default for rule in EXIT_RULES}


def test_of_two_rules_with_one_former_key_the_first_keeps_the_alert():
    """Both read 12.3457%."""
    first, second = LossLimit(loss=0.1234567), LossLimit(loss=0.12345671)

    assert renamed([first, second]) == {keyed_by_text(first): first.key}
