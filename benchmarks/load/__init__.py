"""Many users at once over real websocket sessions, without a browser: `python -m benchmarks.load --help`."""
