"""Levels of a graph of boxes: how many arrows, at most, lead from a start to each. Boxes of one level are independent.

Nothing recurses, and boxes that arrows lead around in a circle (a folded scope may be left and entered again) have no
level.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def find_levels(after: Mapping[Key, Collection[Key]]) -> dict[Key, int]:
    """Return the level of each box that no circle leads to.

    Arguments:
        after: the boxes that the arrows from each box lead to.
    """
    waiting_for = dict.fromkeys(after, 0)
    for followers in after.values():
        for follower in followers:
            waiting_for[follower] += 1
    ready = [key for key, count in waiting_for.items() if count == 0]
    level = dict.fromkeys(ready, 0)
    for key in ready:  # grows while it is walked
        for follower in after[key]:
            level[follower] = max(level.get(follower, 0), level[key] + 1)
            waiting_for[follower] -= 1
            if waiting_for[follower] == 0:
                ready.append(follower)
    reached = set(ready)
    return {key: found for key, found in level.items() if key in reached}


def leaves_and_returns(run: Sequence[Key], after: Mapping[Key, Collection[Key]], level: Mapping[Key, int]) -> bool:
    """Tell whether some way leaves a run of boxes and comes back, so that one box for all would close a circle."""
    members = set(run)
    highest = level[run[-1]]
    waiting = [follower for member in run for follower in after[member] if follower not in members]
    seen = set(waiting)
    while waiting:
        key = waiting.pop()
        if level.get(key, highest) >= highest:
            continue
        for follower in after[key]:
            if follower in members:
                return True
            if follower not in seen:
                seen.add(follower)
                waiting.append(follower)
    return False
