"""The checklist of narrative exhaustion: questions that no price answers, for the holder to tick by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, known in documents by its `code`; a yes speaks for a hedge. `hint` says where to look."""

    code: str
    text: str
    hint: str


CHECKLIST: tuple[Question, ...] = (
    Question(
        code="macro_date",
        text="Is there a date ahead that moves every market?",
        hint="Central banks, inflation figures, elections, rulings; put it in the calendar.",
    ),
    Question(
        code="parabolic",
        text="Has the price risen ever more steeply, week after week, without a pause?",
        hint="Each leg of the rally shorter and steeper than the one before.",
    ),
    Question(
        code="believers",
        text="Is the story running out of people who have not heard it?",
        hint="The same arguments as months ago, from ever more distant voices.",
    ),
    Question(
        code="everybody",
        text="Does everybody talk about it, people who never cared for coins among them?",
        hint="Headlines, family dinners, search trends, the top of the app stores.",
    ),
    Question(
        code="good_news",
        text="Does good news no longer lift the price?",
        hint="A listing, a partnership or an upgrade that was sold.",
    ),
    Question(
        code="unlock",
        text="Are many coins about to be unlocked or paid out?",
        hint="The project's schedule: team, investors, rewards, an airdrop.",
    ),
    Question(
        code="funding",
        text="Do longs pay a high funding rate to stay in?",
        hint="The funding signal; several times the usual rate, for days.",
    ),
    Question(
        code="followers",
        text="Have weaker coins of the same kind begun to run in its place?",
        hint="Money moves to copies and jokes late in a story.",
    ),
    Question(
        code="insiders",
        text="Are founders, funds or the treasury selling?",
        hint="Known wallets sending coins to exchanges.",
    ),
    Question(
        code="own_reason",
        text="Can you no longer say in one sentence why you hold it, apart from the price?",
        hint="Then the plan to hold for years needs another look, not only a hedge.",
    ),
)
"""The whole list; none of it is measured, and no number of ticks is a forecast."""
