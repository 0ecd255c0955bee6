"""The program `hedge`: its commands, its exit codes and how it reports an error.

With --json a command prints one object on standard output and nothing else; messages go to standard error. An error
that the user can fix ends with exit code 2 and one message. Anything else is a bug and ends with a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from hedge_core.cli.alternatives import alternatives
from hedge_core.cli.analyses import backtest, scenario, simulate, stress
from hedge_core.cli.contracts import contracts
from hedge_core.cli.dangers import dangers
from hedge_core.cli.importing import import_table
from hedge_core.cli.monitor import monitor
from hedge_core.cli.plans import new, propose, report, schema
from hedge_core.cli.rules import rules
from hedge_core.cli.share import open_link, share
from hedge_core.cli.study import study
from hedge_core.cli.tax import tax
from hedge_core.cli.ticket import ticket
from hedge_core.cli.venues import venues
from hedge_core.errors import HedgeError
from hedge_core.text import plain

COMMANDS = (
    new,
    import_table,
    propose,
    ticket,
    scenario,
    backtest,
    stress,
    dangers,
    simulate,
    alternatives,
    study,
    rules,
    monitor,
    tax,
    share,
    open_link,
    report,
    contracts,
    venues,
    schema,
)
"""In the order in which --help lists them."""

HELP_OPTIONS = ["-h", "--help"]


class _CommandList(click.Group):
    """A group that lists its commands in the order in which they were added; click's own sorts them by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_CommandList,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": HELP_OPTIONS, "show_default": True, "max_content_width": 100},
)
@click.pass_context
def command_line(context: click.Context) -> None:
    """Work out a futures hedge for a bag of altcoins, in whole contracts. Not financial advice."""
    if context.invoked_subcommand is None:
        context.fail(f"Give a COMMAND, one of: {', '.join(command_line.commands)}.")


for _command in COMMANDS:
    # Click keeps the help option that a command builds first; without this it depends on who asked first.
    _command.context_settings.setdefault("help_option_names", HELP_OPTIONS)
    command_line.add_command(_command)


def main(arguments: Sequence[str] | None = None, *, program: str = "hedge") -> int:
    """Run one command; return the exit code: 0 done, 2 an error that the user can fix; `monitor` has more.

    `arguments` are those of the process by default, `program` is the name that help and messages show. Click's own
    `main` is not used: it would turn Ctrl-C into an exception of its own and a closed pipe into exit code 1.
    """
    try:
        with command_line.make_context(program, list(sys.argv[1:] if arguments is None else arguments)) as context:
            code: int | None = command_line.invoke(context)
        sys.stdout.flush()
        return code or 0
    except click.exceptions.Exit as left:  # --help has been printed
        return left.exit_code
    except click.UsageError as error:
        print(plain(f"error: {_usage_text(error)}"), file=sys.stderr)
        return 2
    except HedgeError as error:
        print(plain(f"error: {error}"), file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has gone, as after `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _usage_text(error: click.UsageError) -> str:
    """Return what is wrong with the arguments, beginning with the option at fault, and where to read more."""
    text = error.format_message()
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter) and error.param:
        text = f"{error.param.opts[0]}: {error.message}"
    return f"{text}\nSee '{error.ctx.command_path} --help'." if error.ctx else text
