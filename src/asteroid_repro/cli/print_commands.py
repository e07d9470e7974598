"""The commands that ask what print says: reanalyse."""

from typing import Annotated, Any

import typer

import asteroid_repro as ar
from asteroid_repro.cli.options import StudyName, takes
from asteroid_repro.cli.output import Show
from asteroid_repro.study_folder import DEFAULT

commands = typer.Typer()

_SHOWN = ["correlation", "sd", "estimate", "se", "ci_low", "ci_high", "p_value"]
_LINE = 'A result of your own with its limits, such as "-19.35 (-32.01, -6.69)"; else those of the study.'

OwnLine = Annotated[str | None, typer.Argument(help=_LINE)]
Baseline = Annotated[str | None, typer.Option(help="Baseline means of treatment and reference, as 30.8,40.1.")]
People = Annotated[str | None, typer.Option(help="People in treatment and reference, as 20,20.")]
Visits = Annotated[int, typer.Option(help="Visits behind your line, the baseline included.")]


@commands.command(context_settings={"ignore_unknown_options": True})  # a line may begin with a minus sign
@takes(show=Show)
def reanalyse(
    show: Show, line: OwnLine = None, *, baseline: Baseline = None, people: People = None, visits: Visits = 2,
    study: StudyName = DEFAULT,
) -> None:  # fmt: skip
    """Adjust printed effects for the chance imbalance at baseline, over the correlation that print leaves open.

    Example: asteroid-repro reanalyse "-19.35 (-32.01, -6.69), p=0.003" --baseline 30.8,40.1 --people 20,20
    """
    if line is None:
        found: Any = ar.reanalyse(ar.study(study))
        chosen = {0.5, *found.sourced.values()}
    else:
        first, second = _two("--baseline", baseline, float)
        arms = _two("--people", people, int)
        found = ar.adjusted_from_print(line, baseline=(first, second), people=arms, n_visits=visits)
        chosen = {row.correlation for row in found.rows}
    table = found.to_frame()
    if not (show.as_json or show.as_csv):
        typer.echo("\n".join(found.notes()))
        readings = table.groupby("outcome") if "outcome" in table else [("adjusted", table)]
        groups = {str(name): _of_first_reading(own, chosen) for name, own in readings}
        show(f"{found.label}; every reading of the print with --csv", groups)
    else:
        show(found.label, {"adjusted": table})


def _of_first_reading(table: Any, correlations: set[float]) -> Any:
    """Return the rows of the first reading of the print, at some correlations."""
    how = ["model", "distribution", "likelihood"]
    own = table[(table[how] == table[how].iloc[0]).all(axis=1)]
    return own.loc[own["correlation"].isin(correlations), _SHOWN]


def _two(option: str, text: str | None, kind: Any) -> tuple[Any, Any]:
    parts = (text or "").split(",")
    try:
        first, second = map(kind, parts)
    except ValueError:
        wanted = "two numbers with a comma, treatment first"
        raise ar.InputError(f"{option} must be {wanted}, got {text!r}. Give it beside the line.") from None
    return first, second
