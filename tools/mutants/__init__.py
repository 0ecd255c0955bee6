"""Mutation testing: change the code in one place at random, and see whether a test notices.

`places` finds what can be changed and draws from it, `trials` runs the tests on each change, `pytest_plugin` sees to
their order, and `python -m tools.mutants` (or `make mutants`) does all of it and reports.
"""
