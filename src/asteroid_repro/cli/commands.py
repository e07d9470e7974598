"""The command line: parse, call one function, print. No statistics here."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import asteroid_repro as ar
from asteroid_repro.cli import planning_commands
from asteroid_repro.cli.output import (
    AsJson,
    Level,
    Scenario,
    Seed,
    print_frames,
    print_records,
    print_table,
    print_verification,
)
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import METHODS

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Simulate, analyse and check the ASTEROID trial of running for chronic low back pain.",
)
app.add_typer(planning_commands.commands)


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
def reproduce(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write data/ and figures/ into.")] = Path(),
    seed: Seed = 2024,
    scenario: Scenario = "asteroid",
    trials: Annotated[int, typer.Option(help="Simulated trials behind the verdicts.")] = 20_000,
    as_json: AsJson = False,
) -> None:
    """Audit, simulate, estimate, verify and draw; write data/ and figures/.

    Exit status 1 if a check failed. Example: asteroid-repro reproduce --out results --seed 7
    """
    from asteroid_repro.reproduction import reproduce as run

    done = run(
        out,
        ar.scenario(scenario),
        seed=seed,
        trials=trials,
        progress=not as_json,
        say=_say_nothing if as_json else typer.echo,
    )
    if not as_json:
        typer.echo(f"Wrote {len(done.files)} files below {out.resolve()}")
    print_verification(done.verification, as_json=as_json)
    raise typer.Exit(0 if done.verification.ok else 1)


@app.command()
def simulate(
    *,
    seed: Seed = 2024,
    scenario: Scenario = "asteroid",
    out: Annotated[Path | None, typer.Option(help="Folder to write the four tables into.")] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate one trial: participants, outcomes, sessions and adverse events.

    Example: asteroid-repro simulate --seed 7 --out my-trial
    """
    from asteroid_repro.reporting.files import write_table
    from asteroid_repro.reporting.result_tables import rows

    trial = ar.simulate_trial(ar.scenario(scenario), seed=seed)
    if out is not None:
        for name, table in trial.tables().items():
            write_table(out / f"{name}.csv", table, trial.label)
    if as_json:
        groups = {name: rows(table) for name, table in trial.tables().items()}
        print_records(trial.label, groups, as_json=True)
    else:
        typer.echo(trial.label)
        print_table(trial.to_frame(), "Tables")


@app.command()
def estimate(
    outcomes: Annotated[
        Path | None, typer.Argument(help="CSV of outcomes (participant, arm, week, outcome, value); else simulated.")
    ] = None,
    *,
    method: Annotated[str, typer.Option(help=f"One of {', '.join(METHODS)}.")] = "random_intercept",
    distribution: Annotated[
        str | None, typer.Option(help="z, t, satterthwaite or kenward_roger; the method's own when left out.")
    ] = None,
    level: Level = 0.95,
    seed: Seed = 2024,
    scenario: Scenario = "asteroid",
    as_json: AsJson = False,
) -> None:
    """Estimate the effects in a table of outcomes, or in one simulated trial with its event rates and attendance.

    Example: asteroid-repro estimate outcomes.csv --method mmrm
    """
    chosen: Any = distribution  # checked, with a message, by estimate_effects
    if outcomes is not None:
        from asteroid_repro.reporting.files import read_table
        from asteroid_repro.trial.quantities import ARMS

        effects = ar.estimate_effects(
            read_table(outcomes), method=method, distribution=chosen, level=level, treatment=ARMS[0], reference=ARMS[1]
        )
        print_frames({"effects": effects.to_frame()}, str(outcomes), as_json=as_json)
        return
    trial = ar.simulate_trial(ar.scenario(scenario), seed=seed)
    results = {"effects": ar.estimate_effects(trial, method=method, distribution=chosen, level=level).to_frame()}
    if trial.sessions["run_minutes"].sum() > 0:  # a programme without running has no rate per running hour
        results["event_rates"] = ar.event_rates(trial, level=level).to_frame()
    if len(trial.sessions):
        results["attendance"] = ar.attendance(trial).to_frame()
    print_frames(results, trial.label, as_json=as_json)


@app.command(context_settings={"ignore_unknown_options": True})  # a line may begin with a minus sign
def audit(
    line: Annotated[str | None, typer.Argument(help='A result, such as "-15.30 (-25.33, -5.27), p=0.003".')] = None,
    *,
    file: Annotated[
        Path | None, typer.Option(help="CSV with a column line and, for results of one model, a column group.")
    ] = None,
    level: Level = 0.95,
    ratio: Annotated[bool, typer.Option(help="Odds, risk, rate or hazard ratios: audited on the log scale.")] = False,
    as_json: AsJson = False,
) -> None:
    """Audit a printed result, a file of them, or all printed numbers of the trial.

    Exit status 1 if a line contradicts itself. Example: asteroid-repro audit "-5.20 (-10.12, -0.24), p=0.038"
    """
    from asteroid_repro.printed.families import AuditedLines, audit_lines
    from asteroid_repro.reporting.files import read_table

    if line is None and file is None:
        trial = ar.audit()
        print_frames({"audit": trial.to_frame()}, "Printed numbers of ASTEROID", as_json=as_json)
        raise typer.Exit(0 if trial.as_recorded else 1)
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
        print_table(wide if file else table.T.reset_index(names="").set_axis(["quantity", "value"], axis=1), "Audit")
    raise typer.Exit(0 if audits.consistent else 1)


@app.command()
def reconstruct(
    *,
    outcome: Annotated[str, typer.Option(help="average_pain, current_pain or disability.")],
    n: Annotated[int, typer.Option(help="Data sets wanted.")] = 100,
    seed: Seed = 2024,
    out: Annotated[Path | None, typer.Option(help="Folder to write the data sets into.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find whole-number data sets that print the published line, and show what it leaves open.

    Example: asteroid-repro reconstruct --outcome current_pain --n 100 --out reconstructed
    """
    from asteroid_repro.reporting.files import write_table

    found = ar.reconstruct(outcome, n=n, seed=seed)
    for number, one in enumerate(found.data_sets if out is not None else (), start=1):
        write_table(Path(str(out)) / f"{outcome}-{number:04d}.csv", one, f"{found.label} ({found.target.line})")
    label = f"{found.label}: {n} data sets that print {found.target.line}"
    print_frames({"ranges": found.ranges(), "data_sets": found.to_frame()}, label, as_json=as_json)


@app.command()
def verify(
    *,
    seed: Seed = 2024,
    scenario: Scenario = "asteroid",
    trials: Annotated[int, typer.Option(help="Simulated trials.")] = 20_000,
    as_json: AsJson = False,
) -> None:
    """Check every published claim against the simulation; exit status 1 if a check failed.

    Example: asteroid-repro verify --seed 7 --json
    """
    result = ar.verify(seed=seed, assumptions=ar.scenario(scenario), trials=trials, progress=not as_json)
    print_verification(result, as_json=as_json)
    raise typer.Exit(0 if result.ok else 1)


@app.command()
def scenarios(
    name: Annotated[str | None, typer.Argument(help="Print this scenario as TOML, ready to copy and change.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the scenarios, or print one as TOML.

    Example: asteroid-repro scenarios asteroid > mine.toml
    """
    from asteroid_repro.reporting.records import to_json
    from asteroid_repro.scenario_files import scenario_source

    if name is not None:
        record = ar.scenario(name)
        typer.echo(to_json(record.model_dump()) if as_json else record.to_toml(), nl=False)
        return
    listed = [
        {
            "scenario": name,
            "programme": ar.scenario(name).programme,
            "description": ar.scenario(name).description,
            "source": scenario_source(name),
        }
        for name in ar.scenario_names()
    ]
    print_records("Scenarios", {"scenarios": listed}, as_json=as_json)


@app.command(name="app")
def what_if_page(
    *,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 5006,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Serve the interactive what-if page to this machine, until Ctrl-C.

    Example: asteroid-repro app --port 5100 --no-browser
    """
    try:
        from asteroid_repro.app.serve import serve
    except ModuleNotFoundError as error:
        raise InputError(f"app needs panel, got no package {error.name}. Install asteroid-repro[app].") from None
    serve(port, show=browser, say=typer.echo)


def _say_nothing(_: str) -> None:
    return None
