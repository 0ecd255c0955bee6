"""The schema of a plan, read from its dataclasses.

A plan has one description: the dataclasses of this room with their annotations. Documents, links, forms, the names of
changes, the published JSON Schema and the strategies of the tests are derived from it. `About` says what a type cannot:
what people call a field, its unit, and its place in links. `fields_of` lists the fields of a dataclass, each with its
`Shape`; `walk` lists the fields of everything that a plan can hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

Unit = Literal["", "%", "days", "hours"]
T = TypeVar("T")

STRICT: dict[str, object] = {"extra": "forbid", "allow_inf_nan": False}
"""How pydantic reads each dataclass of a plan: an unknown field, NaN and infinity are faults."""

REQUIRED: Any = object()
"""Stands for the default of a field that must be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known about a field besides its type, as in `Annotated[float, Gt(0), About(link=2, label="fall")]`.

    `link` is the field's place in a link: 0 for the first field of a dataclass, the next free number for a new one. It
    never changes. `link_default` is what the absence of the field means in links; set it when the default of the
    dataclass is changed, to the former default. `label` is what people call the field, `unit` the unit in which they
    enter it ("%": the value is a fraction), `help` a sentence about it. `is_group`: undo names the field that changed
    inside this one. `ticks` are the words of the buttons that tick and untick a mark such as "done".
    """

    link: int | None = None
    label: str = ""
    unit: Unit = ""
    help: str = ""
    link_default: Any = REQUIRED
    is_group: bool = False
    ticks: tuple[str, str] | None = None


class AboutFields:
    """What is known about the fields of a dataclass of another room, for use in `Annotated` beside that dataclass."""

    def __init__(self, **abouts: About) -> None:
        self.abouts: Mapping[str, About] = MappingProxyType(abouts)


class OneOf:
    """Marks a base class as standing for any of its `members`, told apart by the field `tag`.

    pydantic is imported only when a document is read.
    """

    def __init__(self, *members: type, tag: str) -> None:
        self.members, self.tag = members, tag

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field

        union = Union[self.members]  # type: ignore[name-defined]  # noqa: UP007 - the members are known at run time
        return handler.generate_schema(Annotated[union, Field(discriminator=self.tag)])


# ------------------------------------------------------------------------------------------------ shapes


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of a value; None where there is none. `least` and `most` characters belong to texts."""

    lowest: float | None = None
    highest: float | None = None
    is_above: bool = False
    is_below: bool = False
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value: a text, number, truth value, date or moment, or one of `choices`; `tuple` for a row of numbers."""

    python: type
    choices: tuple[str, ...] = ()
    is_optional: bool = False
    bounds: Bounds = Bounds()


@dataclass(frozen=True, slots=True)
class Record:
    """A dataclass; `abouts` describes its fields if they do not describe themselves."""

    type: type
    abouts: Mapping[str, About] = field(default_factory=lambda: MappingProxyType({}), hash=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several dataclasses, told apart by the field `tag`."""

    members: tuple[type, ...]
    tag: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Any number of values of the same shape."""

    item: Shape
    bounds: Bounds = Bounds()


@dataclass(frozen=True, slots=True)
class ByName:
    """Values of the same shape, each under a name."""

    item: Shape


Shape = Scalar | Record | Choice | Rows | ByName


@dataclass(frozen=True, slots=True)
class PlanField:
    """A field of a dataclass of the plan: its name, shape, default (or REQUIRED) and what is known about it."""

    record: type
    name: str
    shape: Shape
    default: Any
    about: About

    @property
    def path(self) -> str:
        """The dataclass and the field, as in `Decisions.venue`."""
        return f"{self.record.__name__}.{self.name}"

    @property
    def link_default(self) -> Any:
        """What the absence of the field means in a link, REQUIRED if it must be there."""
        return self.default if self.about.link_default is REQUIRED else self.about.link_default


def fields_of(record: Record | type) -> tuple[PlanField, ...]:
    """The fields of a dataclass in the order in which they are declared."""
    return _fields_of(record if isinstance(record, Record) else Record(record))


def tag_of(member: type, tag: str) -> str:
    """The value of the field by which a member of a `Choice` is recognised."""
    return str(next(one.default for one in fields(member) if one.name == tag))


@lru_cache(maxsize=64)
def places(record: Record, tag: str = "") -> tuple[PlanField, ...]:
    """The fields of a dataclass in the order of their places in a link; `tag` names a field that has none.

    Raises ValueError, naming the field, unless the places are 0, 1, 2, ... without a gap.
    """
    found = [one for one in fields_of(record) if one.name != tag]
    unplaced = [one.path for one in found if one.about.link is None]
    if unplaced:
        raise ValueError(f"{', '.join(unplaced)} has no place in links: add About(link=...)")
    found.sort(key=lambda one: one.about.link or 0)
    if [one.about.link for one in found] != list(range(len(found))):
        listed = ", ".join(f"{one.path} {one.about.link}" for one in found)
        raise ValueError(f"places in links must be 0, 1, 2, ..., each once: {listed}")
    return tuple(found)


def default_document(field: PlanField) -> Any:
    """What the absence of a field means, as in a document; REQUIRED if it must be there."""
    default = field.link_default
    if isinstance(field.shape, Record) and is_dataclass(default):
        return {one.name: default_document(one) for one in fields_of(field.shape)}
    if isinstance(default, tuple):
        return list(default)
    if isinstance(default, Mapping):
        return dict(default)
    return default.isoformat() if isinstance(default, date) else default


def walk(root: Record | type) -> Iterator[PlanField]:
    """Every field of `root` and of all dataclasses that it can hold, each dataclass once."""
    waiting, seen = [root if isinstance(root, Record) else Record(root)], set()
    while waiting:
        record = waiting.pop(0)
        if record.type in seen:
            continue
        seen.add(record.type)
        for one in fields_of(record):
            yield one
            waiting.extend(_held(one.shape))


def _held(shape: Shape) -> Iterator[Record]:
    """The dataclasses that a value of this shape can hold directly."""
    match shape:
        case Record():
            yield shape
        case Choice(members):
            yield from map(Record, members)
        case Rows(item) | ByName(item):
            yield from _held(item)


# ------------------------------------------------------------------------------------------------ reading annotations


@lru_cache(maxsize=256)
def _fields_of(record: Record) -> tuple[PlanField, ...]:
    hints = get_type_hints(record.type, include_extras=True)
    return tuple(
        PlanField(
            record=record.type,
            name=one.name,
            shape=_shape(hints[one.name]),
            default=_default(one),
            about=record.abouts.get(one.name) or _marked(hints[one.name], About) or About(),
        )
        for one in fields(record.type)
    )


def _default(one: Any) -> Any:
    if one.default is not MISSING:
        return one.default
    return REQUIRED if one.default_factory is MISSING else one.default_factory()


def _opened(hint: Any) -> tuple[Any, tuple[Any, ...], bool]:
    """The bare type of an annotation, its metadata, and whether the value may be None."""
    metadata: tuple[Any, ...] = ()
    is_optional = False
    while True:
        if get_origin(hint) is Annotated:
            hint, metadata = hint.__origin__, (*hint.__metadata__, *metadata)
        elif get_origin(hint) in (Union, UnionType) and type(None) in get_args(hint):
            (hint,) = (part for part in get_args(hint) if part is not type(None))
            is_optional = True
        else:
            return hint, metadata, is_optional


def _marked(hint: Any, kind: type[T]) -> T | None:
    return next((mark for mark in _opened(hint)[1] if isinstance(mark, kind)), None)


def _shape(hint: Any) -> Shape:
    bare, metadata, is_optional = _opened(hint)
    bounds = _bounds(metadata)
    choice = _marked(hint, OneOf)
    if choice is not None:
        return Choice(choice.members, choice.tag)
    if is_dataclass(bare) and isinstance(bare, type):
        described = _marked(hint, AboutFields)
        return Record(bare, described.abouts) if described else Record(bare)
    origin, parts = get_origin(bare), get_args(bare)
    if origin is Literal:
        return Scalar(str, choices=parts, is_optional=is_optional)
    if origin is tuple and parts[-1] is Ellipsis and get_origin(_opened(parts[0])[0]) is not tuple:
        return Rows(_shape(parts[0]), bounds)
    if origin is tuple:
        return Scalar(tuple, is_optional=is_optional, bounds=bounds)
    if origin is not None and issubclass(origin, Mapping):
        return ByName(_shape(parts[1]))
    return Scalar(bare, is_optional=is_optional, bounds=bounds)


def _bounds(metadata: tuple[Any, ...]) -> Bounds:
    found: dict[str, Any] = {}
    for mark in metadata:
        match mark:
            case Ge(lowest):
                found |= {"lowest": lowest, "is_above": False}
            case Gt(lowest):
                found |= {"lowest": lowest, "is_above": True}
            case Le(highest):
                found |= {"highest": highest, "is_below": False}
            case Lt(highest):
                found |= {"highest": highest, "is_below": True}
            case MinLen(least):
                found["least"] = least
            case MaxLen(most):
                found["most"] = most
    return Bounds(**found)
