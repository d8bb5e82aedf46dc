"""What should be mended in data before training, as `striate data show` prints it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from striate.cli.output import note

if TYPE_CHECKING:
    from striate.data import Summary, Twins
    from striate.errors import Problem


def print_findings(findings: Mapping[str, Sequence[str]]) -> None:
    """Each kind under its title, twenty lines of each."""
    for title, lines in findings.items():
        if lines:
            print(f"\n{title} ({len(lines)})")
            print("\n".join(f"  {line}" for line in lines[:20]) + ("\n  …" if len(lines) > 20 else ""))
    note("" if any(findings.values()) else "\nno bad files, no duplicates")


def image_findings(s: "Summary") -> dict[str, list[str]]:
    """What should be mended before training, by kind."""
    return {
        **common_findings(s.bad, s.twins, "image"),
        "Look alike": [
            f"{n.first.part}:{n.first.path} ~ {n.second.part}:{n.second.path} ({n.correlation:.3f})" for n in s.near
        ],
    }


def common_findings(bad: Sequence["Problem"], twins: Sequence["Twins"], thing: str) -> dict[str, list[str]]:
    """What images and recordings may both have: bad files, and what stands in the data several times."""
    places = {twin: " = ".join(f"{p.part}:{p.path}" for p in twin.places) for twin in twins}
    return {
        "Bad files": [str(problem) for problem in bad],
        f"Leaks: the same {thing} in several parts": [text for twin, text in places.items() if twin.leak],
        f"Conflicts: the same {thing} with different labels": [t for twin, t in places.items() if twin.conflict],
        f"Repeated {thing}s": [text for twin, text in places.items() if not (twin.leak or twin.conflict)],
    }
