"""Run the loopback exchange by hand: `python -m tests.exchange --fault okx:history:slow`."""

from __future__ import annotations

import argparse
import time

from tests.exchange.server import LoopbackExchange


def main() -> None:
    parser = argparse.ArgumentParser(description="A loopback exchange for tests and for looking at the app.")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to each answer")
    parser.add_argument("--fault", action="append", default=[], metavar="EXCHANGE:KIND:FAULT", help="KIND may be 'all'")
    options = parser.parse_args()
    with LoopbackExchange(latency=options.latency) as exchange:
        for text in options.fault:
            name, kind, fault = text.split(":")
            exchange.play(name, None if kind == "all" else kind, fault)
        print(f"HEDGE_EXCHANGE_BASE_URL={exchange.url}", flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
