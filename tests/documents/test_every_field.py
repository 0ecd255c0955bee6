"""The plan is known in every form: each field and each rule survives documents, links and reports, has words,
a place in links, an input where a form exists, and is there for the fuzzer to damage.

What is asked of `fields` and `members` is asked of all that a plan can hold, as `schema.walk` lists it. A field or a
rule that is forgotten somewhere fails here under its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields as dataclass_fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given, settings, strategies as st

from hedge_core import SampleSource, assess, load_plan
from hedge_core.documents.link import format_2
from hedge_core.documents.link.hidden_amounts import stripped
from hedge_core.documents.link.link import Shared, decode, encode, hide_amounts
from hedge_core.documents.link.pin import Pin
from hedge_core.documents.plan_file import json_schema, plan_element, plan_from_json, plan_to_json, read_plan
from hedge_core.plan.bag import Holding
from hedge_core.plan.changes import change_between
from hedge_core.plan.entry_rule import EntryRule
from hedge_core.plan.entry_rules import ENTRY_RULES
from hedge_core.plan.exit_rule import ExitRule
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides, Thresholds, Watch
from hedge_core.plan.rules import EXIT_RULES
from hedge_core.plan.schema import (
    REQUIRED,
    About,
    PlanField,
    Record,
    Scalar,
    default_document,
    fields_of,
    places,
    walk,
)
from hedge_core.reports.html.page import report_html
from tests.support.whole_plans import values_of
from tools import fuzz
from tools.whole_plan import filled

ROOT = Path(__file__).parents[2]
FULL = filled(HedgePlan)
"""A plan in which every field differs from its default."""

FIELDS = list(walk(HedgePlan))
RULES = (EntryRule, ExitRule)
TAGS = {"kind"}
"""Fields that tell the members of a union apart; they have no place in links, because the tag stands in front."""

HIDDEN = {
    "HedgePlan.name", "HedgePlan.notes", "HedgePlan.execution", "HedgePlan.watch", "HedgePlan.market", "Holding.note",
    "Holding.quantity", "Decisions.rounding", "Decisions.collateral", "Decisions.reserve", "Overrides.prices",
    "Overrides.contracts", "Overrides.contract_choice", "Overrides.margins", "Overrides.lots", "CostAssumptions.depth",
    "HedgePlan.residence", "HedgePlan.currency", "Decisions.pledges", "Overrides.rates",
}  # fmt: skip
"""What a link with hidden amounts leaves out or replaces: all that shows a size, and names that the user typed."""

KEPT = {
    "HedgePlan.holdings", "HedgePlan.decisions", "HedgePlan.overrides", "HedgePlan.is_example", "HedgePlan.edition",
    "Holding.coin", "Holding.role", "Holding.stop_loss", "Decisions.risk_accepted", "Decisions.method",
    "Decisions.approach", "Decisions.horizon_days", "Decisions.venue", "Decisions.window_days", "Decisions.breach",
    "Decisions.rally_to_survive", "Decisions.margin_mode", "Decisions.stages", "Overrides.betas", "Overrides.proxies",
    "Overrides.costs", "Overrides.dangers",
    "CostAssumptions.cash_rate",
    "CostAssumptions.slippage",
    "CostAssumptions.liquidity", "CostAssumptions.fee_rate", "CostAssumptions.half_spread_rate",
    "CostAssumptions.carry_rate",
}  # fmt: skip
"""What a link with hidden amounts shows."""


def is_tag(field: PlanField) -> bool:
    return issubclass(field.record, RULES) and field.name in TAGS


def of_each(*chosen: PlanField) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("field", chosen, ids=[field.path for field in chosen])


def values(plan: Any, field: PlanField) -> list[Any]:
    """The values of a field everywhere in a plan."""
    found, waiting = [], [plan]
    while waiting:
        value = waiting.pop()
        if isinstance(value, tuple | list):
            waiting.extend(value)
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif hasattr(value, "__dataclass_fields__"):
            if type(value) is field.record:
                found.append(getattr(value, field.name))
            waiting.extend(getattr(value, one.name) for one in dataclass_fields(value))
    return found


@of_each(*FIELDS)
def test_the_full_plan_has_a_value_of_its_own_in_every_field(field):
    found = values(FULL, field)

    assert found, f"{field.path} is nowhere in the full plan"
    if not is_tag(field):
        assert field.default is REQUIRED or all(value != field.default for value in found) or field.name == "usd"


@of_each(*FIELDS)
def test_a_field_survives_a_document_a_link_and_a_report(field):
    assert values(plan_from_json(plan_to_json(FULL)), field) == values(FULL, field)
    assert values(decode(encode(Shared(plan=FULL))).plan, field) == values(FULL, field)
    assert values(read_plan(f"<!doctype html><p>Report</p>{plan_element(FULL)}"), field) == values(FULL, field)


def test_the_full_plan_is_the_same_after_every_form():
    assert plan_from_json(plan_to_json(FULL)) == FULL
    assert decode(encode(Shared(plan=FULL))).plan == FULL
    assert read_plan(f"<!doctype html>{plan_element(FULL)}") == FULL


@of_each(*(field for field in FIELDS if not is_tag(field)))
def test_a_field_alone_survives_a_link(field):
    """Every other field has its default, so that nothing stands at the places beside it."""
    given = {one.name: getattr(filled(field.record), one.name) for one in fields_of(field.record) if _is_needed(one)}
    record = field.record(**{**given, field.name: getattr(filled(field.record), field.name)})
    shape = Record(field.record, _abouts(field.record))
    document = _document_of(record)

    assert format_2._unpack_record(shape, format_2._pack_record(shape, document, _tag(field)), _tag(field)) == {
        name: value for name, value in document.items() if name != _tag(field)
    }


def _tag(field: PlanField) -> str:
    return "kind" if issubclass(field.record, RULES) else ""


def _is_needed(field: PlanField) -> bool:
    return field.default is REQUIRED or field.name == "coins" or field.name == "rally_critical"


def _abouts(record: type) -> dict[str, About]:
    return {field.name: field.about for field in FIELDS if field.record is record}


def _document_of(record: Any) -> dict[str, Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(type(record)).dump_python(record, mode="json")


@of_each(*FIELDS)
def test_a_field_has_words_a_place_in_links_and_its_place_in_the_published_schema(field):
    published = json.loads((ROOT / "docs" / "plan.schema.json").read_text(encoding="utf-8"))
    part = published if field.record is HedgePlan else published["$defs"][field.record.__name__]
    if is_tag(field):
        assert field.about.link is None
        return

    assert field.about.link is not None, f"{field.path} has no place in links: add About(link=...)"
    assert field.about.label or field.about.ticks, f"{field.path} has no words: add About(label=...)"
    place = part["properties"][field.name]["link"]
    assert place["place"] == field.about.link, f"{field.path} had place {place['place']} in links for ever"
    if "default" in place:
        assert place["default"] == default_document(field), (
            f"{field.path} meant {place['default']!r} where links leave it out, and does so for ever: "
            f"add link_default={place['default']!r} to its About"
        )


def test_places_and_defaults_of_a_pin_never_change():
    """A pin is no part of the published schema, so its places are written down beside the golden links."""
    frozen = json.loads((ROOT / "tests" / "golden" / "link-v2-pin.json").read_text(encoding="utf-8"))
    found = {
        field.path: [field.about.link, None if default_document(field) is REQUIRED else default_document(field)]
        for field in walk(Pin)
    }

    assert {path: place for path, place in found.items() if frozen.get(path) != place} == {}
    assert frozen.keys() <= found.keys()


@of_each(*(field for field in FIELDS if field.record in (HedgePlan, Decisions, Overrides)))
def test_undo_names_the_change_of_a_field(field):
    plan = HedgePlan()
    value = values(FULL, field)[0]
    changed = (
        replace(plan, **{field.name: value})
        if field.record is HedgePlan
        else replace(plan, **{_part(field): replace(getattr(plan, _part(field)), **{field.name: value})})
    )

    expected = "several changes" if field.about.is_group else field.about.label
    assert change_between(plan, changed) == expected


def _part(field: PlanField) -> str:
    return next(one.name for one in fields_of(HedgePlan) if type(getattr(FULL, one.name)) is field.record)


@of_each(*(field for field in FIELDS if field.record in (HedgePlan, Holding, Decisions, Overrides, CostAssumptions)))
def test_a_link_with_hidden_amounts_shows_a_field_or_leaves_it_out_and_which_is_written_down(field):
    assert (field.path in HIDDEN) != (field.path in KEPT), f"say whether {field.path} is in HIDDEN or in KEPT"
    coin = FULL.holdings[0].coin
    plan = FULL.with_overrides(betas={coin: 1.5}, proxies={coin: "BTC"})
    kept = stripped(plan)

    if field.path in {"HedgePlan.holdings", "HedgePlan.decisions", "HedgePlan.overrides", "Overrides.costs"}:
        assert values(kept, field) != [field.default]  # a part of it is shown, see its own fields
    elif field.path in KEPT:
        assert values(kept, field) == values(plan, field)
    elif field.path != "Holding.quantity":  # shares of the bag replace it, once the rest is left out
        assert values(kept, field) != values(plan, field)


def test_a_link_with_hidden_amounts_comes_back_as_it_was_made():
    plan = load_plan(ROOT / "examples" / "layer1_bag.json")
    shared = hide_amounts(assess(replace(plan, watch=FULL.watch, notes="secret"), SampleSource().snapshot()))

    assert decode(encode(shared)) == shared
    assert shared.plan.watch == Watch()


@pytest.mark.parametrize("rule", EXIT_RULES, ids=lambda rule: rule.__name__)
def test_a_report_says_what_a_rule_says_and_carries_it(rule):
    plan = load_plan(ROOT / "examples" / "layer1_bag.json")
    one = filled(rule)
    market = SampleSource().snapshot()
    assessment = assess(plan.with_watch(exit_rules=(one,)), market)
    page = report_html(assessment, made_at=datetime(2026, 11, 1, 12, tzinfo=UTC))

    assert one.text in page.replace("&#39;", "'").replace("&#x27;", "'")
    assert read_plan(page).watch.exit_rules == (one,)


@pytest.mark.parametrize("rule", ENTRY_RULES, ids=lambda rule: rule.__name__)
def test_a_report_says_what_an_entry_rule_says_and_carries_it(rule):
    plan = load_plan(ROOT / "examples" / "layer1_bag.json")
    one = filled(rule)
    assessment = assess(plan.with_watch(entry_rules=(one,)), SampleSource().snapshot())
    page = report_html(assessment, made_at=datetime(2026, 11, 1, 12, tzinfo=UTC))

    assert one.text in page.replace("&#39;", "'").replace("&#x27;", "'")
    assert read_plan(page).watch.entry_rules == (one,)


@of_each(*(field for field in FIELDS if issubclass(field.record, RULES) or field.record is Thresholds))
def test_a_field_of_a_form_can_be_entered(field):
    """The forms of rules and thresholds are drawn from these; tests of the monitor's page use them."""
    if is_tag(field):
        return
    assert isinstance(field.shape, Scalar), f"{field.path} needs an input of its own: it is not a single value"
    assert field.about.label or field.about.ticks, f"{field.path} has no label"
    if field.shape.python is float:
        assert field.about.unit, f"{field.path} has no unit"


@pytest.fixture(scope="module")
def fuzzed() -> dict[str, list[Any]]:
    """The plans that the fuzzer damages, as documents and as links."""
    parsers = {parser.name: parser for parser in fuzz.parsers()}
    read = {name: [parsers[name].read(content) for content in parsers[name].good] for name in ("plan", "link")}
    return {name: [one.plan if isinstance(one, Shared) else one for one in plans] for name, plans in read.items()}


@of_each(*FIELDS)
def test_the_fuzzer_has_every_field_to_damage(field, fuzzed):
    for name, plans in fuzzed.items():
        found = [value for plan in plans for value in values(plan, field)]
        assert is_tag(field) or any(value != field.default for value in found) or field.name == "usd", name


@of_each(*(field for field in FIELDS if not is_tag(field)))
@settings(max_examples=5)
@given(data=st.data())
def test_random_plans_draw_every_field(field, data):
    assert data.draw(values_of(field).filter(lambda value: value != field.default)) != field.default


# ------------------------------------------------------------------------------- that these tests would notice


@dataclass(frozen=True, kw_only=True)
class Forgetful:
    """Stands for a part of the plan to which a field was added in a hurry."""

    first: Annotated[int, About(link=0)] = 1
    second: int = 2


@dataclass(frozen=True, kw_only=True)
class Doubled:
    """Two fields at one place."""

    first: Annotated[int, About(link=0)] = 1
    second: Annotated[int, About(link=0)] = 2


def test_a_field_without_a_place_in_links_is_named():
    with pytest.raises(ValueError, match=r"Forgetful\.second has no place in links"):
        places(Record(Forgetful))
    with pytest.raises(ValueError, match=r"Doubled\.first 0, Doubled\.second 0"):
        places(Record(Doubled))


def test_a_default_that_is_not_null_leaves_room_for_null():
    @dataclass(frozen=True, kw_only=True)
    class Later:
        limit: Annotated[float | None, About(link=0)] = 2.0

    shape = Record(Later)
    Later.__module__ = __name__
    for value in (None, 2.0, 3.0):
        packed = json.loads(json.dumps(format_2._pack_record(shape, {"limit": value})))
        assert format_2._unpack_record(shape, packed) == {"limit": value}


def test_a_frozen_default_holds_when_the_dataclass_gets_another():
    @dataclass(frozen=True, kw_only=True)
    class Changed:
        days: Annotated[int, About(link=0, link_default=30)] = 45

    assert format_2._unpack_record(Record(Changed), []) == {"days": 30}
    assert format_2._pack_record(Record(Changed), {"days": 45}) == [45]


def test_the_schema_that_is_published_lists_every_field():
    schema = json_schema()
    for field in FIELDS:
        part = schema if field.record is HedgePlan else schema["$defs"][field.record.__name__]
        assert field.name in part["properties"], field.path
