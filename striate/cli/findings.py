"""What should be mended in data before training, as `striate data show` prints it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from striate.cli.output import note

if TYPE_CHECKING:
    from striate.data import Summary


def print_findings(findings: Mapping[str, Sequence[str]]) -> None:
    """Each kind under its title, twenty lines of each."""
    for title, lines in findings.items():
        if lines:
            print(f"\n{title} ({len(lines)})")
            print("\n".join(f"  {line}" for line in lines[:20]) + ("\n  …" if len(lines) > 20 else ""))
    note("" if any(findings.values()) else "\nno bad files, no duplicates")


def image_findings(s: "Summary") -> dict[str, list[str]]:
    """What should be mended before training, by kind."""
    twins = {twin: " = ".join(f"{p.part}:{p.path}" for p in twin.places) for twin in s.twins}
    return {
        "Bad files": [str(problem) for problem in s.bad],
        "Leaks: the same image in several parts": [text for twin, text in twins.items() if twin.leak],
        "Conflicts: the same image with different labels": [text for twin, text in twins.items() if twin.conflict],
        "Repeated images": [text for twin, text in twins.items() if not (twin.leak or twin.conflict)],
        "Look alike": [
            f"{n.first.part}:{n.first.path} ~ {n.second.part}:{n.second.path} ({n.correlation:.3f})" for n in s.near
        ],
    }
