"""Plans as documents: what is saved is what is read, and nothing else is read.

By hand: a plan with 10 SOL and 30% risk accepted is {"schema": "hedge-plan", "version": 1, "holdings":
[{"coin": "SOL", "quantity": 10}], "decisions": {"risk_accepted": 0.3}}; everything left out has its default.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from hedge_core.documents import plan_file
from hedge_core.documents.plan_file import (
    SCHEMA,
    VERSION,
    json_schema,
    load_plan,
    plan_from_json,
    plan_to_json,
    save_plan,
)
from hedge_core.errors import HedgeError, InvalidPlan
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from tests.support.malformed import DOCUMENTS, GOOD, as_bytes, cases
from tests.support.strategies import documents

SMALL = {
    "schema": SCHEMA,
    "version": VERSION,
    "holdings": [{"coin": "SOL", "quantity": 10}],
    "decisions": {"risk_accepted": 0.3},
}


def test_what_a_document_leaves_out_has_its_default():
    plan = plan_from_json(json.dumps(SMALL))

    holdings, decisions = (Holding(coin="SOL", quantity=10),), Decisions(risk_accepted=0.3)
    assert plan == HedgePlan(holdings=holdings, decisions=decisions, edition=None)


def test_a_saved_plan_writes_every_field_out_so_that_a_later_default_does_not_change_it():
    document = json.loads(plan_to_json(plan_from_json(json.dumps(SMALL))))

    assert list(document)[:2] == ["schema", "version"]
    assert document["decisions"] == {
        "risk_accepted": 0.3,
        "method": "beta_weighted",
        "rounding": "nearest",
        "approach": "recommended",
        "horizon_days": 30,
        "venue": "Coinbase Derivatives",
        "collateral": None,
        "window_days": 365,
        "breach": "closed",
        "reserve": 0.0,
        "rally_to_survive": 0.0,
        "margin_mode": "cross",
        "stages": {"parts": 1, "rule": "by_date", "days": 7, "move": 0.05},
        "pledges": {},
    }


@given(documents)
def test_every_plan_survives_being_saved_and_read(plan):
    text = plan_to_json(plan)

    assert plan_from_json(text) == plan
    assert plan_from_json(text.encode()) == plan
    assert plan_to_json(plan_from_json(text)) == text


@given(documents)
def test_a_file_that_a_text_editor_marked_or_indented_is_read_all_the_same(plan):
    content = b"\xef\xbb\xbf" + json.dumps(json.loads(plan_to_json(plan)), indent="\t").replace("\n", "\r\n").encode()

    assert plan_from_json(content) == plan


@pytest.mark.parametrize("name", ["altcoin_x", "novacoin", "novacoin_as_printed", "layer1_bag"])
def test_the_examples_are_written_as_this_release_writes_them(examples, name):
    path = examples / f"{name}.json"

    assert plan_to_json(load_plan(path)) == path.read_text(encoding="utf-8")


def test_the_good_document_that_the_bad_ones_are_made_of_is_good():
    assert len(plan_from_json(as_bytes(GOOD)).holdings) == 2


@pytest.mark.parametrize(("content", "words"), cases(DOCUMENTS))
def test_a_malformed_document_is_refused_and_the_message_names_the_place(content, words):
    with pytest.raises(HedgeError) as caught:
        plan_from_json(content)

    assert words in str(caught.value)
    assert len(str(caught.value)) < 1_000
    str(caught.value).encode("utf-8")  # fit to be printed


def test_every_fault_is_reported_at_once():
    document = {
        **SMALL,
        "holdings": [{"coin": "SOL", "quantity": -1}, {"coin": "=1", "quantity": 1}, {"quantity": 1}],
        "decisions": {"risk_accepted": 2, "colour": "red"},
    }

    with pytest.raises(InvalidPlan) as caught:
        plan_from_json(json.dumps(document))

    places = [(fault.row, fault.field) for fault in caught.value.faults]
    assert places == [
        (1, "holdings[0].quantity"),
        (2, "holdings[1]"),
        (3, "holdings[2].coin"),
        (None, "decisions.risk_accepted"),
        (None, "decisions.colour"),
    ]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw):
    """The good document with one value somewhere replaced by any other."""
    document = json.loads(as_bytes(GOOD))
    place = document
    while True:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or draw(st.booleans()):
            place[key] = draw(JSON_VALUES)
            return json.dumps(document)
        place = place[key]


@given(damaged())
def test_any_value_in_any_place_gives_a_plan_or_a_message_and_no_other_error(text):
    try:
        plan = plan_from_json(text)
    except HedgeError:
        return
    assert plan_from_json(plan_to_json(plan)) == plan


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_bytes_and_any_text_are_refused_with_a_message(content):
    with pytest.raises(InvalidPlan):
        plan_from_json(content)


def test_a_plan_is_saved_and_loaded_from_a_file(tmp_path):
    plan = plan_from_json(as_bytes(GOOD))

    save_plan(plan, tmp_path / "plan.json")
    save_plan(plan.with_decisions(risk_accepted=0.1), str(tmp_path / "plan.json"))

    assert load_plan(tmp_path / "plan.json").decisions.risk_accepted == 0.1
    assert os.listdir(tmp_path) == ["plan.json"]


@pytest.mark.parametrize("fails", ["os.replace", "os.fsync", "json.dumps"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_whatever_ends_a_save_half_way_the_old_file_stays_and_nothing_else_is_left(tmp_path, monkeypatch, fails, error):
    path = tmp_path / "plan.json"
    save_plan(plan_from_json(as_bytes(GOOD)), path)
    before = path.read_bytes()

    def fail(*_args, **_options):
        raise error("no more space")

    monkeypatch.setattr(f"hedge_core.documents.plan_file.{fails}", fail)
    with pytest.raises(error, match="no more space"):
        save_plan(HedgePlan(name="new"), path)

    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["plan.json"]


def test_a_save_writes_to_a_file_beside_the_old_one_before_it_takes_its_place(tmp_path, monkeypatch):
    path = tmp_path / "plan.json"
    path.write_text("old", encoding="utf-8")
    seen = []

    def watch(source, target):
        seen.append((Path(source).parent, json.loads(Path(source).read_text(encoding="utf-8"))["name"]))
        assert Path(target).read_text(encoding="utf-8") == "old"

    monkeypatch.setattr("hedge_core.documents.plan_file.os.replace", watch)
    save_plan(HedgePlan(name="new"), path)

    assert seen == [(tmp_path, "new")]


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    with pytest.raises(InvalidPlan, match="Cannot read the plan"):
        load_plan(tmp_path / name)


def test_no_more_of_a_file_is_read_than_a_plan_can_have(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(5_000_000_000)  # sparse: it takes no space

    with pytest.raises(InvalidPlan, match="larger than"):
        load_plan(path)


def test_a_plan_with_a_number_that_is_not_finite_is_not_written():
    with pytest.raises(InvalidPlan, match="finite"):
        plan_to_json(HedgePlan(decisions=Decisions(collateral=float("nan"))))


def test_an_older_document_is_migrated_step_by_step(monkeypatch):
    def rename(document):
        return {("name" if key == "title" else key): value for key, value in document.items()}

    monkeypatch.setattr(plan_file, "VERSION", 3)
    monkeypatch.setattr(plan_file, "MIGRATIONS", {1: rename, 2: lambda document: {**document, "notes": "moved"}})

    plan = plan_from_json('{"schema": "hedge-plan", "version": 1, "title": "old"}')

    assert (plan.name, plan.notes) == ("old", "moved")


def test_the_published_schema_names_every_field_and_allows_no_other():
    schema = json_schema()

    assert schema["properties"]["schema"] == {"const": SCHEMA}
    assert schema["required"] == ["schema", "version"]
    assert schema["additionalProperties"] is False
    assert set(json.loads(plan_to_json(HedgePlan()))) == set(schema["properties"])
    for name, kind in {"Decisions": Decisions, "Overrides": Overrides, "Holding": Holding}.items():
        assert set(schema["$defs"][name]["properties"]) == {field.name for field in fields(kind)}
        assert schema["$defs"][name]["additionalProperties"] is False


def test_no_message_speaks_of_the_library_behind_it():
    for document, _ in DOCUMENTS.values():
        with pytest.raises(HedgeError) as caught:
            plan_from_json(as_bytes(document))
        assert not re.search(r"pydantic|ValidationError|Traceback|errors\.pydantic", str(caught.value))
