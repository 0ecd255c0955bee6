"""The schema of a plan as it is read from annotations.

By hand: `share: Annotated[float, Gt(0), Le(1), About(link=1)] | None = 0.5` is an optional number above 0 and at most
1, at place 1 in links, with the default 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from hedge_core.plan.schema import (
    REQUIRED,
    About,
    AboutFields,
    Bounds,
    ByName,
    Choice,
    OneOf,
    Record,
    Rows,
    Scalar,
    default_document,
    fields_of,
    places,
    tag_of,
    walk,
)


@dataclass(frozen=True, kw_only=True)
class Animal:
    name: Annotated[str, MinLen(1), MaxLen(9), About(link=0, label="name")]


@dataclass(frozen=True, kw_only=True)
class Cat(Animal):
    kind: Literal["cat"] = "cat"
    lives: Annotated[int, Ge(0), Lt(10), About(link=1)] = 9


@dataclass(frozen=True, kw_only=True)
class Dog(Animal):
    kind: Literal["dog"] = "dog"


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    size: float = 1.0


@dataclass(frozen=True, kw_only=True)
class House:
    share: Annotated[float, Gt(0), Le(1), About(link=1, unit="%")] | None = 0.5
    colour: Annotated[Literal["red", "blue"], About(link=0)] = "red"
    built: Annotated[date, About(link=2)] = date(2026, 1, 31)
    animals: Annotated[tuple[Annotated[Animal, OneOf(Cat, Dog, tag="kind")], ...], About(link=3)] = ()
    prices: Annotated[Mapping[str, Annotated[float, Gt(0)]], About(link=4)] = field(default_factory=dict)
    other: Annotated[Elsewhere, AboutFields(size=About(link=0, label="size")), About(link=5)] = field(
        default_factory=Elsewhere
    )
    tiers: Annotated[tuple[tuple[float, float], ...], MaxLen(3), About(link=6, link_default=((1.0, 2.0),))] = ()


OF = {one.name: one for one in fields_of(House)}


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("share", Scalar(float, is_optional=True, bounds=Bounds(lowest=0, highest=1, is_above=True))),
        ("colour", Scalar(str, choices=("red", "blue"))),
        ("built", Scalar(date)),
        ("animals", Rows(Choice((Cat, Dog), "kind"))),
        ("prices", ByName(Scalar(float, bounds=Bounds(lowest=0, is_above=True)))),
        ("tiers", Scalar(tuple, bounds=Bounds(most=3))),
    ],
)
def test_a_shape_follows_from_the_annotation(name, shape):
    assert OF[name].shape == shape


def test_a_field_knows_its_path_and_what_is_known_about_it():
    assert (OF["share"].path, OF["share"].about.unit, OF["share"].default) == ("House.share", "%", 0.5)
    assert fields_of(Animal)[0].default is REQUIRED


def test_a_dataclass_of_another_room_is_described_where_it_is_used():
    assert isinstance(OF["other"].shape, Record)
    assert [one.about.label for one in fields_of(OF["other"].shape)] == ["size"]
    assert fields_of(Elsewhere)[0].about == About()


def test_places_are_in_the_order_of_links_and_a_tag_has_none():
    assert [one.name for one in places(Record(House))][:3] == ["colour", "share", "built"]
    assert [one.name for one in places(Record(Cat), "kind")] == ["name", "lives"]
    assert tag_of(Dog, "kind") == "dog"


def test_defaults_are_those_of_documents_and_a_frozen_one_comes_first():
    assert default_document(OF["built"]) == "2026-01-31"
    assert default_document(OF["animals"]) == []
    assert default_document(OF["prices"]) == {}
    assert default_document(OF["other"]) == {"size": 1.0}
    assert default_document(OF["tiers"]) == [(1.0, 2.0)]
    assert default_document(fields_of(Animal)[0]) is REQUIRED


def test_everything_that_a_dataclass_can_hold_is_walked_once():
    paths = [one.path for one in walk(House)]
    assert len(paths) == len(set(paths))
    assert {"House.share", "Cat.lives", "Dog.name", "Elsewhere.size"} <= set(paths)
