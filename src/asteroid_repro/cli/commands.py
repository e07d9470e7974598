"""The command line: parse, call one function, print. No statistics here."""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

import asteroid_repro as ar
from asteroid_repro.cli import audit_commands, people_commands, planning_commands, print_commands, study_commands
from asteroid_repro.cli.options import SEED, Case, Seed, StudyName, analysis, takes
from asteroid_repro.cli.output import Show, WholeHelp
from asteroid_repro.cli.people_commands import Given
from asteroid_repro.study_folder import DEFAULT

_ABOUT = "Simulate, analyse and check a two-arm trial from what is published about it: ASTEROID, or one of your own."

app = typer.Typer(
    cls=WholeHelp, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None, help=_ABOUT
)
app.add_typer(audit_commands.commands)
app.add_typer(planning_commands.commands)
app.add_typer(print_commands.commands)
app.add_typer(people_commands.commands)
app.add_typer(
    study_commands.studies, name="study", help="Begin a study of your own, see what one holds, foretell its people."
)

Out = Annotated[Path | None, typer.Option(help="Folder to write the tables into.")]
Below = Annotated[Path, typer.Option(help="Folder to write data/ and figures/ into.")]
Folder = Annotated[Path, typer.Option(help="Folder to write the report into.")]
OneScenario = Annotated[str | None, typer.Argument(help="Print this one as TOML, ready to change.")]
Trials = Annotated[int, typer.Option(help="Simulated trials.")]
Against = Annotated[str, typer.Option(help="simulation or people.")]
OutcomeName = Annotated[str, typer.Option(help="Outcome of the study whose printed line is meant.")]
Week = Annotated[float | None, typer.Option(help="Week of the line; the last one printed when left out.")]
Everything = Annotated[bool, typer.Option("--all", help="Every verdict, those that passed too.")]
JUnit = Annotated[Path | None, typer.Option(help="File for the verdicts as JUnit XML, which CI shows as tests.")]
Port = Annotated[int, typer.Option(help="Port on 127.0.0.1.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")]
Version = Annotated[bool, typer.Option("--version", help="Print the version and stop.")]


def main() -> None:
    """Run a command; wrong input ends with one line and exit status 2."""
    try:
        _run()
    except ar.InputError as error:
        print(f"asteroid-repro: {error}", file=sys.stderr)  # noqa: T201 - one plain line, never wrapped
        raise SystemExit(2) from None


def _run() -> None:
    if sys.stdout is None:
        raise ar.InputError("standard output must be open, got a closed one. Send it to a file, or to /dev/null.")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal of another alphabet still shows every line
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            app([_utf8(argument) for argument in sys.argv[1:]])
        finally:
            sys.stdout.flush()  # here, where it can still be told
    except OSError as error:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - or the flush at the end of Python would fail once more
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        reason = f"standard output must take what is written, got: {error.strerror}. Free the disk, or read to the end."
        raise ar.InputError(reason) from None


def _utf8(argument: str) -> str:
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        raise ar.InputError(f"arguments must be UTF-8, got {argument!r}. Write it in UTF-8.") from None


@app.callback(invoke_without_command=True)
def _options(*, version: Version = False) -> None:
    if version:
        typer.echo(ar.__version__)
        raise typer.Exit


@app.command()
@takes(case=Case, show=Show)
def reproduce(case: Case, show: Show, *, out: Below = Path(), seed: Seed = SEED, trials: Trials = 20_000) -> None:
    """Audit, simulate, estimate, verify and draw; write data/ and figures/.

    Exit status 1 if a check failed. Example: asteroid-repro reproduce --out results --seed 7
    """
    from asteroid_repro.reproduction import reproduce as run

    said = not (show.as_json or show.as_csv)
    say: Callable[[str], None] = typer.echo if said else lambda _: None
    own, supposed = ar.study(case.study), case.assumptions()
    done = run(out, own, assumptions=supposed, seed=seed, trials=trials, progress=said, say=say)
    say(f"Wrote {len(done.files)} files below {out.resolve()}")
    show.verdicts(done.verification)
    raise typer.Exit(0 if done.verification.ok else 1)


@app.command()
@takes(case=Case, show=Show)
def simulate(case: Case, show: Show, *, seed: Seed = SEED, out: Out = None) -> None:
    """Simulate one trial: participants, outcomes, sessions and adverse events.

    Example: asteroid-repro simulate --seed 7 --out my-trial
    """
    trial = ar.simulate_trial(case.assumptions(), seed=seed)
    if out:
        _write(out, trial.tables(), trial.label)
    show(trial.label, trial.tables() if show.as_json else {"tables": trial.to_frame()})


@app.command()
@takes(case=Case, given=Given, analysis=analysis, show=Show)
def estimate(case: Case, given: Given, analysis: dict[str, Any], show: Show, *, seed: Seed = SEED) -> None:
    """Estimate the effects in a trial's own tables, or in one simulated trial with its event rates and attendance.

    Example: asteroid-repro estimate outcomes.csv --treatment exercise --reference usual_care
    """
    if given.file is not None:
        own = given.trial(None if case.study == DEFAULT else case.study, show)
        effects = ar.estimate_effects(own, **analysis)
        show(own.label, {"effects": effects.to_frame()}, answer=effects.answer())
        return
    trial = ar.simulate_trial(case.assumptions(), seed=seed)
    found = ar.estimate_effects(trial, **analysis)
    results = {"effects": found.to_frame()}
    if trial.has_exposure:
        results["event_rates"] = ar.event_rates(trial, level=analysis.get("level", 0.95)).to_frame()
    if len(trial.sessions):
        results["attendance"] = ar.attendance(trial).to_frame()
    show(trial.label, results, answer=found.answer())


@app.command()
@takes(show=Show)
def reconstruct(
    show: Show, *, outcome: OutcomeName, week: Week = None, study: StudyName = DEFAULT, seed: Seed = SEED,
    n: Annotated[int, typer.Option(help="Data sets wanted.")] = 100, out: Out = None,
) -> None:  # fmt: skip
    """Find whole-number data sets that print the published line, and show what it leaves open.

    Example: asteroid-repro reconstruct --outcome OUTCOME --n 100 --out reconstructed
    """
    found = ar.reconstruct(outcome, ar.study(study), n=n, seed=seed, week=week)
    if out:
        tables = {f"{outcome}-{number:04d}": one for number, one in enumerate(found.data_sets, start=1)}
        _write(out, tables, f"{found.label} ({found.target.line})")
    label = f"{found.label}: {n} data sets that print {found.target.line}"
    show(label, {"ranges": found.ranges(), "data_sets": found.to_frame()})


@app.command()
@takes(case=Case, given=Given, show=Show)
def verify(
    case: Case, given: Given, show: Show, *, against: Against = "simulation", seed: Seed = SEED,
    trials: Trials = 20_000, everything: Everything = False, junit: JUnit = None,
) -> None:  # fmt: skip
    """Check every published claim against the simulation, or against people; exit status 1 if a check failed.

    Example: asteroid-repro verify --seed 7 --json; asteroid-repro verify outcomes.csv --against people
    """
    own = ar.study(case.study)
    if against == "people" or given.file is not None:
        people = given.trial(case.study, show)
        found = ar.verify(own, against="people", people=people)
        shown = found.to_frame() if show.as_json else found.short_frame()
        show(found.label, {"verdicts": shown}, answer=found.answer())
        raise typer.Exit(0 if found.ok else 1)
    is_print = not (own.has_assumptions or case.scenario or case.changes)
    supposed = None if is_print else case.assumptions()
    result = ar.verify(own, assumptions=supposed, seed=seed, trials=trials, progress=not show.as_json)
    if junit is not None:
        from asteroid_repro.reporting.files import write_file
        from asteroid_repro.reporting.result_tables import verdict_junit

        write_file(junit, verdict_junit(result))
    show.verdicts(result, everything=everything)
    raise typer.Exit(0 if result.ok else 1)


@app.command()
@takes(show=Show)
def scenarios(show: Show, name: OneScenario = None, *, study: StudyName = DEFAULT) -> None:
    """List the scenarios of a study, or print one with where each value comes from.

    Example: asteroid-repro scenarios no_effect > mine.toml
    """
    own = ar.study(study)
    if name is None:
        records = [own.scenario_record(known) for known in own.scenario_names]
        listed = [{"scenario": one.name, "description": one.description, "source": one.source} for one in records]
        show(f"Scenarios of {own.design.name}", {"scenarios": listed})
    elif show.as_json or show.as_csv:
        show(name, {"values": own.scenario(name).to_frame()})
    else:
        typer.echo(own.scenario(name).to_toml(), nl=False)


@app.command()
@takes(show=Show)
def validate(show: Show, *, out: Folder = Path()) -> None:
    """Check this installation against references from outside, without R; write a dated report.

    Exit status 1 if something differs. Example: asteroid-repro validate --out reports
    """
    from asteroid_repro.validation.validate import write_report

    found = ar.validate()
    markdown, page, digest = write_report(found, out)
    summary = found.summary().drop(columns=["What must hold", "Reference"])
    show(found.label, {"requirements": found.to_frame() if show.for_programs else summary}, answer=found.answer())
    if not show.for_programs:
        typer.echo(f"Wrote {markdown} and {page.name}, SHA-256 {digest}")
    raise typer.Exit(0 if found.ok else 1)


@app.command(name="app")
def what_if_page(*, study: StudyName = DEFAULT, port: Port = 5006, browser: Browser = True) -> None:
    """Serve the interactive what-if page of a study to this machine, until Ctrl-C.

    Example: asteroid-repro app --port 5100 --no-browser
    """
    try:
        from asteroid_repro.app.serve import serve
    except ModuleNotFoundError as error:
        raise ar.InputError(f"app needs panel, got no package {error.name}. Install asteroid-repro[app].") from None
    serve(ar.study(study), port, show=browser, say=typer.echo)


def _write(out: Path, tables: dict[str, Any], label: str) -> None:
    from asteroid_repro.reporting.files import write_table

    for name, table in tables.items():
        write_table(out / f"{name}.csv", table, label)
