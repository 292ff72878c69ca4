"""Named seams of the connector.

A seam is a function that a planted bug (see bugs.py) can be put around.
Without a bug a seam costs one dictionary look-up and changes nothing.
"""

import functools

SEAMS = {}
ACTIVE = {}


def seam(name):
    """Mark a function as a place where a planted bug can be put."""

    def decorate(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            bug = ACTIVE.get(name)
            if bug is None:
                return function(*args, **kwargs)
            return bug(function, *args, **kwargs)

        SEAMS[name] = call
        return call

    return decorate


def activate(name, bug):
    """Put a bug around a seam; a second one goes around the first."""
    if name not in SEAMS:
        raise KeyError(f"no seam is named {name}")
    inner = ACTIVE.get(name)
    if inner is None:
        ACTIVE[name] = bug
        return

    def both(function, *args, **kwargs):
        return bug(functools.partial(inner, function), *args, **kwargs)

    ACTIVE[name] = both
