"""Cut a validation part out of the training recordings: groups stay whole."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

from striate.data.records import Item
from striate.data.split import cut_val
from striate.errors import DataError


def held_back(
    items: Sequence[Item],
    digests: Sequence[str],
    groups: Sequence[str],
    classes: Sequence[str],
    *,
    share: float,
    seed: int,
) -> set[int]:
    """The indices of what goes to val: of every class about `share`, by `cut_val` where there are no groups.

    Groups are looked at in the order of a hash of seed and name. One is held back if that brings the counts of the
    classes nearer to their shares, and never if some class would then have nothing to train on: val may lack a class
    that stands in one group only.

    Args:
        items: what to cut, each of one label.
        digests: of their contents.
        groups: of each item, or none.
        classes: names, for the messages.
        share: of the items, in (0, 1).
        seed: another one gives another cut.

    Raises:
        DataError: a single group, of which nothing can be held back; a class of a single item.

    Example:
        >>> beats = [Item(str(i), (i % 2,)) for i in range(10)]
        >>> sorted(held_back(beats, [], [str(i // 2) for i in range(10)], "NV", share=0.2, seed=1))
        [8, 9]
    """
    if not any(groups):
        _, val = cut_val(items, digests, classes, share=share, seed=seed, thing="recording")
        names = {item.path for item in val}
        return {i for i, item in enumerate(items) if item.path in names}
    members = defaultdict[str, list[int]](list)
    for i, group in enumerate(groups):
        members[group].append(i)
    if len(members) < 2:
        raise DataError(f"all that there is to train on is of one group, {groups[0]!r}: none can be held back")
    order = sorted(members, key=lambda group: hashlib.sha256(f"{seed}:{group}".encode()).digest())
    counts = {group: Counter(items[i].labels[0] for i in members[group]) for group in order}
    chosen = _choose(order, counts, share)
    if not chosen:
        raise DataError("no group can be held back: each has a class that no other has; give the data a val part")
    return {i for group in chosen for i in members[group]}


def _choose(order: Sequence[str], counts: dict[str, Counter[int]], share: float) -> list[str]:
    """Greedily those groups that bring val nearer to its shares; at the least one, if one can be spared."""
    left = sum(counts.values(), Counter[int]())
    wanted = {label: share * n for label, n in left.items()}
    val, chosen = Counter[int](), list[str]()
    for group in order:
        if not _spared(counts[group], left) or _distance(val + counts[group], wanted) >= _distance(val, wanted):
            continue
        val, left = val + counts[group], left - counts[group]
        chosen.append(group)
    spare = [g for g in order if _spared(counts[g], left)]
    return chosen or sorted(spare, key=lambda g: _distance(counts[g], wanted))[:1]


def _spared(group: Counter[int], left: Counter[int]) -> bool:
    """Whether every class has something left to train on without a group."""
    return all(left[label] > n for label, n in group.items())


def _distance(val: Counter[int], wanted: dict[int, float]) -> float:
    """By how much the counts are off, each class counting alike."""
    return sum(abs(val[label] - n) / n for label, n in wanted.items())
