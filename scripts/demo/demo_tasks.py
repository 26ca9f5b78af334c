"""What the demonstration's jobs do; an ordinary module that an ordinary RQ worker imports."""

import random


def welcome(name):
    """Greets whoever has just started the demonstration."""
    print(f"Hello, {name}! This is a Python job, run by an RQ worker.")


def roll(dice, sides=6):
    """Rolls some dice: something that differs from run to run."""
    rolled = [random.randint(1, sides) for _ in range(dice)]
    print(f"rolled {rolled}")
    return sum(rolled)


def report(region, limit=10):
    """A nightly report; its time does not come during the demonstration."""
    return f"{limit} rows of {region}"
