"""Placeholder until the derivations are merged."""


def show(result): ...
