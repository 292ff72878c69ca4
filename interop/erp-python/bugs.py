"""Planted bugs: none yet."""


def plant(name):
    raise SystemExit(f"no bug is named {name}")
