"""The options that commands share: a function takes a group of them and makes what the library's functions take."""

import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Annotated, Any

import typer

import asteroid_repro as ar
from asteroid_repro.cli.output import print_records
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.study_folder import DEFAULT

Command = Callable[..., None]

StudyName = Annotated[str, typer.Option("--study", help="Name of a study, or a folder that holds one.")]
ScenarioName = Annotated[
    str | None,
    typer.Option("--scenario", help="Scenario of the study (see `scenarios`), or a .toml file of changes; else its own."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="A changed value, as people_per_arm=30 or OUTCOME.effect=-8; may repeat."),
]
_METHODS = f"One of {', '.join(METHODS)}; when left out, the study's own (estimate: mmrm)"
Method = Annotated[str | None, typer.Option(help=f"{_METHODS}.")]
Methods = Annotated[list[str] | None, typer.Option("--method", help=f"{_METHODS}; may repeat.")]
Distribution = Annotated[
    str | None, typer.Option(help="z, t, satterthwaite or kenward_roger; the method's own when left out.")
]
Level = Annotated[float | None, typer.Option(help="Confidence level.")]
Trials = Annotated[int | None, typer.Option(help="Simulated trials.")]
Seed = Annotated[int, typer.Option(help="Seed of the random numbers; the same seed gives the same result.")]
TargetMcse = Annotated[
    float | None,
    typer.Option(
        help="Go on until power and coverage (what-if: their changes) of every outcome and visit have this Monte Carlo "
        "standard error; instead of --trials."
    ),
]
Jobs = Annotated[int, typer.Option(help="Processes.")]
Dask = Annotated[str | None, typer.Option(help="Address of a Dask scheduler that does the work, as tcp://host:8786.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table, of the first table where several.")]

Show = Callable[..., None]
"""Prints groups of rows under a label."""

SEED = 2024


def takes(*makers: Callable[..., Any]) -> Callable[[Command], Command]:
    """Give a command the options of other functions; it is handed what each makes of them, under its name."""

    def decorate(command: Command) -> Command:
        wanted = {maker.__name__: inspect.signature(maker, eval_str=True).parameters for maker in makers}
        own = inspect.signature(command, eval_str=True)

        @wraps(command)
        def called(**given: Any) -> None:
            made = {maker.__name__: maker(**{name: given[name] for name in wanted[maker.__name__]}) for maker in makers}
            command(**{name: value for name, value in given.items() if name in own.parameters}, **made)

        options = [each for name, each in own.parameters.items() if name not in wanted]
        shared = {name: each for names in wanted.values() for name, each in names.items()}
        together = [*options, *(each for name, each in shared.items() if name not in own.parameters)]
        keywords = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in together]
        called.__signature__ = own.replace(parameters=keywords)  # type: ignore[attr-defined]  # read by typer
        return called

    return decorate


def chosen_study(study: StudyName = DEFAULT) -> ar.Study:
    """Return the study that is named."""
    return ar.study(study)


def supposed(study: StudyName = DEFAULT, scenario: ScenarioName = None, changes: Changes = None) -> ar.TrialAssumptions:
    """Return what is supposed: of the study, or of a scenario, with changes."""
    return changed(ar.study(study), scenario, changes)


def analysis(method: Method = None, distribution: Distribution = None, level: Level = None) -> dict[str, Any]:
    """Return the arguments of an analysis that were given."""
    return _given(method=method, distribution=distribution, level=level)


def analyses(methods: Methods = None, distribution: Distribution = None, level: Level = None) -> dict[str, Any]:
    """Return the arguments of several analyses that were given."""
    return _given(method=methods, distribution=distribution, level=level)


def run(
    context: typer.Context,
    trials: Trials = None,
    target_mcse: TargetMcse = None,
    seed: Seed = SEED,
    jobs: Jobs = 1,
    dask: Dask = None,
) -> dict[str, Any]:
    """Return the arguments of a run of many trials that were given; a scheduler is left when the command ends."""
    if trials is not None and target_mcse is not None:
        raise InputError(f"--trials must be left out beside --target-mcse, got {trials}. One of them decides.")
    client = context.with_resource(_dask_client(dask))
    many = trials if target_mcse is None else "auto"
    return _given(trials=many, target_mcse=target_mcse) | {
        "seed": seed, "n_jobs": jobs, "executor": client, "progress": True
    }  # fmt: skip


def show(*, as_json: AsJson = False, as_csv: AsCsv = False) -> Show:
    """Return what prints groups of rows under a label."""
    if as_json and as_csv:
        raise InputError("--json must stand without --csv, got both. Leave one out.")
    return partial(print_records, as_json=as_json, as_csv=as_csv)


def changed(study: ar.Study, scenario: str | None, changes: list[str] | None) -> ar.TrialAssumptions:
    """Return the assumptions of a study or of a scenario, with what ``--set`` changes."""
    record = study.assumptions if scenario is None else study.scenario(scenario)
    named = {name: value(text) for name, text in fields(changes or [], "--set").items()}
    return record.changed_by("--set", named) if named else record


def fields(texts: list[str], option: str) -> dict[str, str]:
    """Return what is left and right of each equals sign."""
    found: dict[str, str] = {}
    for text in texts:
        name, _, given = text.partition("=")
        if not (name and given):
            raise InputError(f"{option} must be a field, an equals sign and a value, got {text!r}. Try people_per_arm=30.")
        if name in found:
            raise InputError(f"{option} must name each field once, got {name} twice. Give it one value, or one list.")
        found[name] = given
    return found


def value(text: str) -> Any:
    """Return numbers and lists as JSON has them; anything else is text.

    Examples
    --------
    >>> value("-8"), value("[-4, -8]"), value("mar")
    (-8, [-4, -8], 'mar')
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _given(**arguments: Any) -> dict[str, Any]:
    return {name: argument for name, argument in arguments.items() if argument is not None}


@contextmanager
def _dask_client(address: str | None) -> Iterator[Any]:
    """Connect to a Dask scheduler, or to none."""
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            f"--dask must have the package distributed, got none for {address}. Install asteroid-repro[cluster]."
        ) from None
    try:
        client = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"--dask must be the address of a running scheduler, got {address}: {error}. Start one."
        ) from None
    with client:
        yield client
