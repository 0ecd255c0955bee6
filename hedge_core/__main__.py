"""Entry point of `python -m hedge_core`, the same program as `hedge`."""

import sys

from hedge_core.cli.main import main

sys.exit(main(program="python -m hedge_core"))
