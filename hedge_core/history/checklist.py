"""The checklist for an exhausted story: questions that prices cannot answer, ticked by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. `code` identifies it in plan documents, a yes favours a hedge, `hint` says where to look."""

    code: str
    text: str
    hint: str


CHECKLIST: tuple[Question, ...] = (
    Question(
        code="macro_date",
        text="Is an event coming up that moves every market?",
        hint="Central bank meetings, inflation figures, elections, court rulings. Add it to the calendar.",
    ),
    Question(
        code="parabolic",
        text="Has the price risen more and more steeply, week after week, without a pause?",
        hint="Each leg of the rally is shorter and steeper than the last.",
    ),
    Question(
        code="believers",
        text="Have most people who might buy already heard the story?",
        hint="You hear the arguments of months ago again, now from people far outside the market.",
    ),
    Question(
        code="everybody",
        text="Is everybody talking about it, including people who never cared about crypto?",
        hint="Headlines, family dinners, search trends, the top of the app stores.",
    ),
    Question(
        code="good_news",
        text="Does good news no longer lift the price?",
        hint="The price fell after a listing, a partnership or an upgrade.",
    ),
    Question(
        code="unlock",
        text="Will many coins soon be unlocked or paid out?",
        hint="See the project's schedule: team, investors, rewards, airdrops.",
    ),
    Question(
        code="funding",
        text="Are longs paying a high funding rate?",
        hint="See the funding signal: several times the usual rate, for days.",
    ),
    Question(
        code="followers",
        text="Are weaker coins of the same kind now rallying instead?",
        hint="Late in a story, money moves into copies and meme coins.",
    ),
    Question(
        code="insiders",
        text="Are founders, funds or the treasury selling?",
        hint="Known wallets are sending coins to exchanges.",
    ),
    Question(
        code="own_reason",
        text="Apart from its price, can you no longer say in one sentence why you hold it?",
        hint="Then review your plan to hold it for years, not only the hedge.",
    ),
)
"""All questions. None of them is measured, and no number of ticks is a forecast."""
