"""The command line: parse, call one function, print. No statistics here."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import asteroid_repro as ar
from asteroid_repro.cli import planning_commands
from asteroid_repro.cli.options import (
    SEED,
    AsJson,
    Changes,
    ScenarioName,
    Seed,
    Show,
    analysis,
    changed,
    chosen_study,
    show,
    supposed,
    takes,
)
from asteroid_repro.cli.output import print_records, print_table, print_verification
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import METHODS
from asteroid_repro.study_folder import DEFAULT

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Simulate, analyse and check a two-arm trial from what is published about it: ASTEROID, or a study of your own.",
)
app.add_typer(planning_commands.commands)
studies = typer.Typer(no_args_is_help=True)
app.add_typer(studies, name="study", help="Begin a study of your own, or see what one holds.")

Folder = Annotated[Path, typer.Argument(help="New folder.")]
Out = Annotated[Path | None, typer.Option(help="Folder to write the tables into.")]
Simulated = Annotated[int, typer.Option("--trials", help="Simulated trials.")]


def main() -> None:
    """Run a command; wrong input ends with one line and exit status 2."""
    try:
        app()
    except InputError as error:
        print(f"asteroid-repro: {error}", file=sys.stderr)  # noqa: T201 - one plain line, never wrapped
        raise SystemExit(2) from None


@app.callback(invoke_without_command=True)
def _options(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(ar.__version__)
        raise typer.Exit


@app.command()
@takes(chosen_study, supposed)
def reproduce(
    chosen_study: ar.Study,
    supposed: ar.TrialAssumptions,
    *,
    out: Annotated[Path, typer.Option(help="Folder to write data/ and figures/ into.")] = Path(),
    seed: Seed = SEED,
    trials: Simulated = 20_000,
    as_json: AsJson = False,
) -> None:
    """Audit, simulate, estimate, verify and draw; write data/ and figures/.

    Exit status 1 if a check failed. Example: asteroid-repro reproduce --out results --seed 7
    """
    from asteroid_repro.reproduction import reproduce as run

    say = _say_nothing if as_json else typer.echo
    done = run(out, supposed, study=chosen_study, seed=seed, trials=trials, progress=not as_json, say=say)
    say(f"Wrote {len(done.files)} files below {out.resolve()}")
    print_verification(done.verification, as_json=as_json)
    raise typer.Exit(0 if done.verification.ok else 1)


@app.command()
@takes(supposed)
def simulate(
    supposed: ar.TrialAssumptions, *, seed: Seed = SEED, out: Out = None, as_json: AsJson = False
) -> None:
    """Simulate one trial: participants, outcomes, sessions and adverse events.

    Example: asteroid-repro simulate --seed 7 --out my-trial
    """
    trial = ar.simulate_trial(supposed, seed=seed)
    _write(out, trial.tables(), trial.label)
    print_records(trial.label, trial.tables() if as_json else {"tables": trial.to_frame()}, as_json=as_json)


@app.command()
@takes(chosen_study, analysis, show)
def estimate(
    chosen_study: ar.Study,
    analysis: dict[str, Any],
    show: Show,
    outcomes: Annotated[
        Path | None, typer.Argument(help="CSV of outcomes (participant, arm, week, outcome, value); else simulated.")
    ] = None,
    *,
    treatment: Annotated[str | None, typer.Option(help="Arm of the CSV that is treated; else the study's.")] = None,
    reference: Annotated[str | None, typer.Option(help="Arm it is compared with; else the study's.")] = None,
    scenario: ScenarioName = None,
    changes: Changes = None,
    seed: Seed = SEED,
) -> None:
    """Estimate the effects in a table of outcomes, or in one simulated trial with its event rates and attendance.

    Example: asteroid-repro estimate outcomes.csv --treatment exercise --reference usual_care
    """
    if outcomes is not None:
        from asteroid_repro.reporting.files import read_table

        table = read_table(outcomes)
        arms = _arms(table, chosen_study.design.arm_names, treatment, reference)
        show(str(outcomes), {"effects": ar.estimate_effects(table, **arms, **analysis).to_frame()})
        return
    trial = ar.simulate_trial(changed(chosen_study, scenario, changes), seed=seed)
    results = {"effects": ar.estimate_effects(trial, **analysis).to_frame()}
    if has_exposure(trial):
        level = {name: given for name, given in analysis.items() if name == "level"}
        results["event_rates"] = ar.event_rates(trial, **level).to_frame()
    if len(trial.sessions):
        results["attendance"] = ar.attendance(trial).to_frame()
    show(trial.label, results)


@app.command(context_settings={"ignore_unknown_options": True})  # a line may begin with a minus sign
@takes(chosen_study)
def audit(
    chosen_study: ar.Study,
    line: Annotated[str | None, typer.Argument(help='A result, such as "-15.30 (-25.33, -5.27), p=0.003".')] = None,
    *,
    file: Annotated[
        Path | None, typer.Option(help="CSV with a column line and, for results of one model, a column group.")
    ] = None,
    level: Annotated[float, typer.Option(help="Confidence level of the printed intervals.")] = 0.95,
    ratio: Annotated[bool, typer.Option(help="Odds, risk, rate or hazard ratios: audited on the log scale.")] = False,
    as_json: AsJson = False,
) -> None:
    """Audit a printed result, a file of them, or all printed numbers of a study.

    Exit status 1 if a line contradicts itself. Example: asteroid-repro audit "-5.20 (-10.12, -0.24), p=0.038"
    """
    from asteroid_repro.printed.families import AuditedLines, audit_lines
    from asteroid_repro.reporting.files import read_table

    if line is None and file is None:
        found = ar.audit(chosen_study)
        label = f"Printed numbers of {chosen_study.design.name}"
        print_records(label, {"audit": found.to_frame()}, as_json=as_json)
        raise typer.Exit(0 if found.as_recorded else 1)
    if line is not None and file is not None:
        raise InputError(f"audit must have a line or --file, got both {line!r} and {file}. Leave one out.")
    if file is not None:
        audits = audit_lines(read_table(file), level=level, ratio=ratio)
    else:
        audits = AuditedLines((ar.audit_triple(str(line), level=level, ratio=ratio),), ("",))
    if as_json:
        typer.echo("\n".join(json.dumps(record) for record in audits.records()))
    else:
        table = audits.to_frame()
        wide = table.drop(columns=["level", "ratio", "midpoint_explained", "se_low", "se_high"])
        tall = table.T.reset_index(names="").set_axis(["quantity", "value"], axis=1)
        print_table(wide if file else tall, "Audit")
    raise typer.Exit(0 if audits.consistent else 1)


@app.command()
@takes(chosen_study, show)
def reconstruct(
    chosen_study: ar.Study,
    show: Show,
    *,
    outcome: Annotated[str, typer.Option(help="Outcome of the study whose printed line is meant.")],
    n: Annotated[int, typer.Option(help="Data sets wanted.")] = 100,
    seed: Seed = SEED,
    out: Out = None,
) -> None:
    """Find whole-number data sets that print the published line, and show what it leaves open.

    Example: asteroid-repro reconstruct --outcome OUTCOME --n 100 --out reconstructed
    """
    found = ar.reconstruct(outcome, study=chosen_study, n=n, seed=seed)
    line = found.data_sets[0].target.line
    tables = {f"{outcome}-{number:04d}": one.to_frame() for number, one in enumerate(found.data_sets, start=1)}
    _write(out, tables, f"{found.label} ({line})")
    label = f"{found.label}: {n} data sets that print {line}"
    show(label, {"ranges": found.ranges(), "data_sets": found.to_frame()})


@app.command()
@takes(chosen_study)
def verify(
    chosen_study: ar.Study,
    *,
    scenario: ScenarioName = None,
    changes: Changes = None,
    seed: Seed = SEED,
    trials: Simulated = 20_000,
    as_json: AsJson = False,
) -> None:
    """Check every published claim against the simulation; exit status 1 if a check failed.

    Example: asteroid-repro verify --seed 7 --json
    """
    record = changed(chosen_study, scenario, changes)
    result = ar.verify(chosen_study, assumptions=record, seed=seed, trials=trials, progress=not as_json)
    print_verification(result, as_json=as_json)
    raise typer.Exit(0 if result.ok else 1)


@app.command()
@takes(chosen_study)
def scenarios(
    chosen_study: ar.Study,
    name: Annotated[str | None, typer.Argument(help="Print this scenario as TOML, ready to copy and change.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the scenarios of a study, or print one with where each value comes from.

    Example: asteroid-repro scenarios no_effect > mine.toml
    """
    if name is None:
        records = [chosen_study.scenario_record(known) for known in chosen_study.scenario_names]
        listed = [{"scenario": one.name, "description": one.description, "source": one.source} for one in records]
        print_records(f"Scenarios of {chosen_study.design.name}", {"scenarios": listed}, as_json=as_json)
        return
    record = chosen_study.scenario(name)
    if as_json:
        print_records(record.name, {"values": record.to_frame()}, as_json=True)
    else:
        typer.echo(record.to_toml(), nl=False)


@app.command(name="app")
@takes(chosen_study)
def what_if_page(
    chosen_study: ar.Study,
    *,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 5006,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Serve the interactive what-if page of a study to this machine, until Ctrl-C.

    Example: asteroid-repro app --port 5100 --no-browser
    """
    try:
        from asteroid_repro.app.serve import serve
    except ModuleNotFoundError as error:
        raise InputError(f"app needs panel, got no package {error.name}. Install asteroid-repro[app].") from None
    serve(chosen_study, port, show=browser, say=typer.echo)


@studies.command()
def new(folder: Folder, *, as_json: AsJson = False) -> None:
    """Write a commented study to begin with into a new folder.

    Example: asteroid-repro study new my-trial
    """
    from asteroid_repro.study_contents import write_skeleton

    files = [{"file": str(path)} for path in write_skeleton(folder)]
    print_records(f"Wrote a study to begin with into {folder}", {"files": files}, as_json=as_json)


@studies.command()
def check(
    folder: Annotated[str, typer.Argument(help="Folder or name of the study.")] = DEFAULT, *, as_json: AsJson = False
) -> None:
    """Say what a study holds, what can be done with it and what is missing.

    Example: asteroid-repro study check my-trial
    """
    from asteroid_repro.study_contents import study_contents

    sentences = study_contents(ar.study(folder))
    if as_json:
        print_records(folder, {"contents": [{"sentence": sentence} for sentence in sentences]}, as_json=True)
    else:
        typer.echo("\n".join(sentences))


def _write(out: Path | None, tables: "Mapping[str, pd.DataFrame]", label: str) -> None:
    from asteroid_repro.reporting.files import write_table

    for name, table in tables.items() if out is not None else ():
        write_table(Path(str(out)) / f"{name}.csv", table, label)


def _arms(
    table: "pd.DataFrame", known: tuple[str, str], treatment: str | None, reference: str | None
) -> dict[str, str | None]:
    """Return the arms to compare: those given, else the study's where the table has them."""
    there = "arm" in table and set(known) <= set(table["arm"])
    own = known if there else (None, None)
    return {"treatment": treatment or own[0], "reference": reference or own[1]}


def _say_nothing(_: str) -> None:
    return None
