"""The rules of a plan replayed on past days, in words and as plain values for JSON: what `rules` prints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.history.entry_replay import EntryReplay, Outcome, replay_entry
from hedge_core.history.rule_replay import RuleReplay, replay_rule
from hedge_core.plan.entry_rule import EntryRule
from hedge_core.plan.exit_rule import ExitRule

NO_ANSWER = "Past days cannot answer this rule: it depends on the calendar or on your judgement."


@dataclass(frozen=True, slots=True)
class ReplayedEntry:
    """An entry rule with its replay, or with the reason for which there is none."""

    rule: EntryRule
    replay: EntryReplay | None
    why: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The replay in words, or why there is none."""
        return (self.why,) if self.replay is None else self.replay.sentences


@dataclass(frozen=True, slots=True)
class ReplayedExit:
    """An exit rule with its replay, or with the reason for which there is none."""

    rule: ExitRule
    replay: RuleReplay | None
    why: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The replay in words, or why there is none."""
        return (self.why,) if self.replay is None else (self.replay.sentence,)


@dataclass(frozen=True, slots=True)
class ReplayedRules:
    """The rules of a plan in their order, each with its replay."""

    entries: tuple[ReplayedEntry, ...]
    exits: tuple[ReplayedExit, ...]


def replayed_rules(assessment: HedgeAssessment) -> ReplayedRules:
    """Every rule of the plan on past days; a rule without the history that it needs says so."""
    watch = assessment.plan.watch
    return ReplayedRules(
        entries=tuple(replayed_entry(assessment, rule) for rule in watch.entry_rules),
        exits=tuple(_exit(assessment, rule) for rule in watch.exit_rules),
    )


def replayed_entry(assessment: HedgeAssessment, rule: EntryRule) -> ReplayedEntry:
    """One entry rule on past days."""
    try:
        replay = replay_entry(assessment, rule)
    except InvalidInput as error:
        return ReplayedEntry(rule, None, str(error))
    return ReplayedEntry(rule, replay, "" if replay is not None else NO_ANSWER)


def _exit(assessment: HedgeAssessment, rule: ExitRule) -> ReplayedExit:
    try:
        replay = replay_rule(assessment, rule)
    except InvalidInput as error:
        return ReplayedExit(rule, None, str(error))
    return ReplayedExit(rule, replay, "" if replay is not None else NO_ANSWER)


def rules_document(assessment: HedgeAssessment, replayed: ReplayedRules) -> dict[str, Any]:
    """What `rules --json` prints. Outcomes are fractions of the bag over the whole history."""
    return {
        "name": assessment.plan.name,
        "is_simulated": assessment.market.simulated,
        "entry_rules": [
            {
                "kind": one.rule.kind,
                "text": one.rule.text,
                "is_done": one.rule.is_done,
                "fired": [day.isoformat() for day in one.replay.fired] if one.replay else None,
                "outcomes": {outcome.name: _outcome(outcome) for outcome in one.replay.outcomes}
                if one.replay
                else None,
                "record": asdict(one.replay.record) if one.replay else None,
                "sentences": list(one.sentences),
            }
            for one in replayed.entries
        ],
        "exit_rules": [
            {
                "kind": one.rule.kind,
                "text": one.rule.text,
                "is_done": one.rule.is_done,
                "fired": [day.isoformat() for day in one.replay.fired] if one.replay else None,
                "sentences": list(one.sentences),
            }
            for one in replayed.exits
        ],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {name: value for name, value in asdict(outcome).items() if name != "name"}
