"""`striate data`: what a data set is, before anything is trained on it."""

from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.options import Data, Json
from striate.cli.output import note, print_json, print_table
from striate.cli.shard import shard_data
from striate.cli.suspects import show_suspects

if TYPE_CHECKING:
    from striate.data import Summary

data = typer.Typer(help="Look at a data set before training on it; write it as shards.", no_args_is_help=True)


data.command("suspects")(show_suspects)
data.command("shard")(shard_data)


@data.command("show")
def show_data(
    data: Data,
    seed: Annotated[int, typer.Option(min=0, help="By which a val part is cut where the data has none.")] = 0,
    as_json: Json = False,
) -> None:
    """Show what the data is: classes, counts, sizes, bad files, exact and near duplicates across parts.

    Example: `striate data show photos/`
    """
    from striate.data import open_data, summarize

    summary = summarize(open_data(data, seed=seed, skip_bad=True))
    if as_json:
        print_json(summary.to_dict())
        return
    _print_summary(summary)


def _print_summary(s: "Summary") -> None:
    cut = f"; val was cut out of train by seed {s.cut_seed}" if s.cut_seed is not None else ""
    print(f"{s.root}: {s.kind}, {len(s.classes)} classes{', several an image' if s.multilabel else ''}{cut}")
    if s.sizes:
        low, median, high = ("x".join(map(str, hw)) for hw in (s.sizes.min_hw, s.sizes.median_hw, s.sizes.max_hw))
        print(f"height x width: {low} to {high}, median {median}")
    print("modes: " + ", ".join(f"{n} {mode}" for mode, n in s.modes.items()))
    print(f"fingerprint: {s.fingerprint}\n")
    rows = [(name, *(counts[name] for counts in s.counts.values())) for name in s.classes]
    print_table(("class", *s.counts), [*rows, ("images", *s.images.values())], right=tuple(s.counts))
    for title, lines in _findings(s).items():
        if lines:
            print(f"\n{title} ({len(lines)})")
            print("\n".join(f"  {line}" for line in lines[:20]) + ("\n  …" if len(lines) > 20 else ""))
    note("" if any(_findings(s).values()) else "\nno bad files, no duplicates")


def _findings(s: "Summary") -> dict[str, list[str]]:
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
