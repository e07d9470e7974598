"""The options that commands share: a group of them is read together, and made into what the functions take."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, NamedTuple

import typer

import asteroid_repro as ar
from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.study_folder import DEFAULT
from asteroid_repro.trial.changes import read_value

Command = Callable[..., None]

SEED = 2024
_METHOD = f"One of {', '.join(METHODS)}; when left out, the study's own (estimate: mmrm)"
_DISTRIBUTION = "z, t, satterthwaite or kenward_roger; the method's own when left out."
_TARGET = "Instead of --trials: until power and coverage, or their changes, have this Monte Carlo standard error."

StudyName = Annotated[str, typer.Option("--study", help="Name of a study, or a folder that holds one.")]
ScenarioName = Annotated[str | None, typer.Option("--scenario", help="One of `scenarios`, or a .toml file of changes.")]
Changes = Annotated[list[str] | None, typer.Option("--set", help="A change, as people_per_arm=30; may repeat.")]
Method = Annotated[str | None, typer.Option(help=f"{_METHOD}.")]
Methods = Annotated[list[str] | None, typer.Option("--method", help=f"{_METHOD}; may repeat.")]
Distribution = Annotated[str | None, typer.Option(help=_DISTRIBUTION)]
Level = Annotated[float | None, typer.Option(help="Confidence level.")]
Outcome = Annotated[str | None, typer.Option(help="Name of the outcome; the study's first when left out.")]
Week = Annotated[float | None, typer.Option(help="Week of the visit; the last when left out.")]
Seed = Annotated[int, typer.Option(help="Seed of the random numbers; the same seed gives the same result.")]
Trials = Annotated[int | None, typer.Option(help="Simulated trials.")]
TargetMcse = Annotated[float | None, typer.Option(help=_TARGET)]
Jobs = Annotated[int, typer.Option(help="Processes.")]
Plain = Annotated[bool, typer.Option("--plain", help="Plain shares and means, without control variates.")]
Dask = Annotated[str | None, typer.Option(help="Address of a Dask scheduler that does the work, as tcp://host:8786.")]


class Case(NamedTuple):
    """A study, and what is supposed of it: its own assumptions or a scenario, with changes."""

    study: StudyName = DEFAULT
    scenario: ScenarioName = None
    changes: Changes = None

    def assumptions(self) -> ar.TrialAssumptions:
        """Return what is supposed."""
        own = ar.study(self.study)
        record = own.assumptions if self.scenario is None else own.scenario(self.scenario)
        changes = {name: read_value(text) for name, text in fields(self.changes or [], "--set").items()}
        return record.changed_by("--set", changes) if changes else record


def analysis(method: Method = None, distribution: Distribution = None, level: Level = None) -> dict[str, Any]:
    """Return the arguments of an analysis that were given."""
    return _given(method=method, distribution=distribution, level=level)


def analyses(methods: Methods = None, distribution: Distribution = None, level: Level = None) -> dict[str, Any]:
    """Return the arguments of several analyses that were given."""
    return _given(method=methods, distribution=distribution, level=level)


def run(
    context: typer.Context, *, trials: Trials = None, target_mcse: TargetMcse = None, seed: Seed = SEED, jobs: Jobs = 1,
    plain: Plain = False, dask: Dask = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the arguments of a run of many trials that were given; a scheduler is left when the command ends."""
    if trials is not None and target_mcse is not None:
        raise ar.InputError(f"--trials must be left out beside --target-mcse, got {trials}. One of them decides.")
    client, many = _dask_client(dask) if dask else None, trials if target_mcse is None else "auto"
    if client:
        context.with_resource(client)
    where = {"seed": seed, "n_jobs": jobs, "executor": client, "progress": True}
    return where | _given(trials=many, target_mcse=target_mcse, control_variate=False if plain else None)


def fixed_run(
    context: typer.Context, *, trials: Trials = None, seed: Seed = SEED, jobs: Jobs = 1, dask: Dask = None
) -> dict[str, Any]:
    """Return the arguments of runs whose trials do not depend on what they find: :func:`run` without a target."""
    return run(context, trials=trials, seed=seed, jobs=jobs, dask=dask)


def place(outcome: Outcome = None, week: Week = None) -> dict[str, Any]:
    """Return the outcome and the week that were given; the study's first outcome and last visit when left out."""
    return _given(outcome=outcome, week=week)


def takes(**makers: Callable[..., Any]) -> Callable[[Command], Command]:
    """Give a command the options of other functions; it is handed what each makes of them."""

    def decorate(command: Command) -> Command:
        asked = {name: inspect.signature(maker, eval_str=True).parameters for name, maker in makers.items()}
        own = inspect.signature(command, eval_str=True)
        options = {name: each for name, each in own.parameters.items() if name not in makers}
        together = options | {name: each for group in asked.values() for name, each in group.items()}

        @wraps(command)
        def called(**given: Any) -> None:
            made = {name: maker(**{option: given[option] for option in asked[name]}) for name, maker in makers.items()}
            command(**{name: given[name] for name in options}, **made)

        keywords = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in together.values()]
        called.__signature__ = own.replace(parameters=keywords)  # type: ignore[attr-defined]  # read by typer
        return called

    return decorate


def fields(texts: list[str], option: str) -> dict[str, str]:
    """Return what is left and right of each equals sign."""
    found: dict[str, str] = {}
    for text in texts:
        name, _, given = text.partition("=")
        if not (name and given):
            wanted = "a field, an equals sign and a value"
            raise ar.InputError(f"{option} must be {wanted}, got {text!r}. Try people_per_arm=30.")
        if name in found:
            wanted = "each field once"
            raise ar.InputError(f"{option} must name {wanted}, got {name} twice. Give it one value, or one list.")
        found[name] = given
    return found


def _given(**arguments: Any) -> dict[str, Any]:
    return {name: argument for name, argument in arguments.items() if argument is not None}


def _dask_client(address: str) -> Any:
    """Connect to a Dask scheduler."""
    try:
        from distributed import Client

        return Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except ImportError:
        need = f"--dask must have the package distributed, got none for {address}. Install asteroid-repro[cluster]."
        raise ar.InputError(need) from None
    except (OSError, ValueError) as error:  # a TimeoutError is an OSError
        need = f"--dask must be the address of a running scheduler, got {address}: {error}. Start one."
        raise ar.InputError(need) from None
