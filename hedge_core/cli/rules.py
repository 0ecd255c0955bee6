"""The command `rules`: what the plan's entry and exit rules would have done in the past."""

from __future__ import annotations

import click

from hedge_core.cli.options import PlanSource, json_option, plan_options, print_json
from hedge_core.text import plain


@click.command()
@plan_options
@json_option
def rules(source: PlanSource, as_json: bool) -> None:
    """Replay the plan's entry and exit rules on past days.

    An entry rule is compared with a hedge on every day and with none, costs counted, and with what followed it.
    """
    from hedge_core.reports.rules import replayed_rules, rules_document

    assessment = source.assessment()
    replayed = replayed_rules(assessment)
    if as_json:
        print_json(rules_document(assessment, replayed))
        return
    for title, found in (("Entry rules", replayed.entries), ("Exit rules", replayed.exits)):
        click.echo(title if found else f"{title}: none")
        for one in found:
            click.echo(plain(f"  If {one.rule.text}:"))
            for sentence in one.sentences:
                click.echo(plain(f"    {sentence}"))
