"""The command line: every command works on the same plan and gives the same numbers as the app.

`main` runs it. Each command stands beside its options in a module named after its subject; only this room imports
click.
"""
