"""The commands that ask what print says: reanalyse."""

from typing import Annotated, Any

import typer

import asteroid_repro as ar
from asteroid_repro.cli.options import StudyName, takes
from asteroid_repro.cli.output import Show, say
from asteroid_repro.study_folder import DEFAULT

commands = typer.Typer()

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
    else:
        first, second = _two("--baseline", baseline, float)
        found = ar.adjusted_from_print(
            line, baseline=(first, second), people=_two("--people", people, int), n_visits=visits
        )
    for_people = not (show.as_json or show.as_csv)
    show(found.label, {"adjusted": found.short_frame() if for_people else found.to_frame()}, answer=found.answer())
    for note in found.notes() if for_people else ():
        say(note)


def _two(option: str, text: str | None, kind: Any) -> tuple[Any, Any]:
    parts = (text or "").split(",")
    try:
        first, second = map(kind, parts)
    except ValueError:
        wanted = "two numbers with a comma, treatment first"
        raise ar.InputError(f"{option} must be {wanted}, got {text!r}. Give it beside the line.") from None
    return first, second
