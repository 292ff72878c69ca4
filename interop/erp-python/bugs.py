"""Planted bugs: each is small, plausible, and breaks named requirements.

    python bugs.py            a table of all bugs
    python bugs.py --json     the same for programs

A bug is a function around a seam (seams.py): it gets the function that it
replaces, then that function's arguments. `ids` are the requirements that it
breaks by the words of the contract, the primary one first.
"""

import importlib
import json
import sys
from dataclasses import dataclass, field

import seams

MODULES = (
    "bugs_wire", "bugs_connection", "bugs_metadata", "bugs_actors", "bugs_search", "bugs_write",
    "bugs_handshake", "bugs_refusal", "bugs_further",
)
BUGS = {}


@dataclass
class Bug:
    name: str
    sentence: str
    ids: tuple
    needs: str
    hooks: list = field(default_factory=list)


def bug(name, seam, sentence, ids, needs=""):
    """Register a bug; needs is an option without which it cannot show."""
    if name in BUGS:
        raise ValueError(f"two bugs are named {name}")
    BUGS[name] = Bug(name, sentence, tuple(ids.split()), needs)
    return also(name, seam)


def also(name, seam):
    """A further seam of a bug."""

    def decorate(function):
        BUGS[name].hooks.append((seam, function))
        return function

    return decorate


def load():
    # The modules import this one by name, also when it runs as a script.
    sys.modules["bugs"] = sys.modules[__name__]
    for module in MODULES:
        importlib.import_module(module)


def plant(name):
    load()
    if name not in BUGS:
        raise SystemExit(f"no bug is named {name}")
    for seam, function in BUGS[name].hooks:
        seams.activate(seam, function)


def main():
    load()
    if "--json" in sys.argv[1:]:
        print(json.dumps([
            {"name": one.name, "sentence": one.sentence, "ids": one.ids, "needs": one.needs}
            for one in BUGS.values()], indent=1))
        return
    print("| Bug | What is wrong | Requirements |\n|---|---|---|")
    for one in BUGS.values():
        needs = f" (with `{one.needs}`)" if one.needs else ""
        print(f"| `{one.name}` | {one.sentence}{needs} | {', '.join(one.ids)} |")


if __name__ == "__main__":
    main()
