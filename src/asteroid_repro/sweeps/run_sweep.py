"""A grid of scenarios to a folder of Parquet files: stopped at any moment, it goes on where it was."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from html import escape
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from tqdm import tqdm

from asteroid_repro.engine.monte_carlo import MOST_TRIALS, TARGET_MCSE, Run, workers
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import Analysis, Distribution
from asteroid_repro.evaluate.performance import OperatingCharacteristics, characteristics, study_analysis
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.sweeps.grid import grid, naming, records
from asteroid_repro.sweeps.sweep_manifest import (
    check_manifest,
    plain,
    store_manifest,
    stored_manifest,
    sweep_manifest,
)
from asteroid_repro.sweeps.sweep_pieces import (
    check_pyarrow,
    column_order,
    find_pieces,
    piece_name,
    read_piece,
    remove_leftovers,
    write_piece,
)
from asteroid_repro.trial.assumptions import TrialAssumptions

if TYPE_CHECKING:
    import pandas as pd

Piece = tuple[int, Mapping[str, Any], TrialAssumptions, Analysis]
"""Number, combination of the grid, its assumptions, and one of the analyses."""

_AHEAD: Final = 1000  # pieces handed out to an executor at a time: enough for a cluster of as many cores


@dataclass(frozen=True)
class Sweep:
    """A sweep and how far it has got.

    Attributes
    ----------
    folder : pathlib.Path
        Where it is.
    pieces : int
        Pieces of the whole sweep: combinations of the grid times methods.
    before, now : int
        Pieces that were there already, and pieces done by this run.
    redone : tuple of str
        Files that were cut short or damaged, and were done again.
    stopped : bool
        Whether the user stopped the run before its end; run it again to go on.
    manifest : mapping
        What the sweep is, as in ``manifest.json``.
    label : str
        ``SIMULATED`` with scenario, grid, trials and seed.
    """

    folder: Path
    pieces: int
    before: int
    now: int
    redone: tuple[str, ...]
    stopped: bool
    label: str
    manifest: Mapping[str, Any] = field(repr=False)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per combination, method, outcome, week and measure, in the order of the grid.

        The fields of the grid come first; one whose values are lists is JSON text. After a run that was stopped these
        are the rows of its finished pieces.

        Raises
        ------
        InputError
            A piece that was damaged since, or no finished piece; pyarrow is not installed.
        """
        check_pyarrow()
        import pyarrow as pa  # type: ignore[import-untyped]

        names = [piece_name(number) for number in range(self.pieces)]
        there = [number for number, name in enumerate(names) if (self.folder / name).exists()]
        tables = [read_piece(self.folder, self.manifest, number) for number in there]
        damaged = [names[number] for number, table in zip(there, tables, strict=True) if table is None]
        if damaged or not there:
            got = f"{damaged[0]} damaged" if damaged else "none that is finished"
            raise InputError(f"{self.folder} must hold whole pieces, got {got}. Run the sweep again.")
        frame: pd.DataFrame = pa.concat_tables(tables).select(column_order(self.manifest)).to_pandas()
        return frame

    def _repr_html_(self) -> str:
        state = f"{self.before + self.now} of {self.pieces} pieces done"
        return f"<p><strong>{escape(self.label)}</strong><br>{escape(f'{state} in {self.folder}')}</p>"


def sweep(
    assumptions: TrialAssumptions,
    over: Mapping[str, Iterable[Any]],
    folder: Path | str,
    *,
    trials: int | Literal["auto"] = 10_000,
    seed: int,
    method: str | Sequence[str] | None = None,
    distribution: Distribution | None = None,
    level: float | None = None,
    target_mcse: float = TARGET_MCSE,
    n_jobs: int = 1,
    executor: Any = None,
    progress: bool = False,
) -> Sweep:
    r"""Compute the operating characteristics at every combination of fields' values, and keep each on disk.

    A piece is one combination under one method: with :math:`k_f` values of field f and m methods there are
    :math:`m \prod_f k_f`. Each is one file, written in one step when it is finished, beside ``manifest.json``, which
    says what the sweep is. Killed at any moment and run again with the same arguments, only what is missing is done,
    and the folder ends with the same bytes. Two runs at once in one folder do no harm: they write the same bytes.

    Parameters
    ----------
    assumptions : TrialAssumptions
        What stays the same.
    over : mapping of str to values
        Fields and the values of each, for instance ``{"people_per_arm": [20, 40], "average_pain.effect": [-5, -10]}``,
        in the unit of each; names as in :meth:`asteroid_repro.TrialAssumptions.with_values`.
    folder : path
        Where the sweep is kept, on this machine: workers send their figures here.
    trials : int or "auto"
        Simulated trials of each piece; ``"auto"`` as in :func:`asteroid_repro.operating_characteristics`.
    seed : int
        Whole number of 0 or more, the same for all pieces. As long as the number of people stays the same they see
        the same people and noise (common random numbers).
    method : str or sequence of str, optional
        One method or several, as in :func:`asteroid_repro.estimate_effects`; the study's own analysis when not given.
    distribution : str, optional
        Reference distribution of all methods; each method's own when not given.
    level : float, optional
        Confidence level; the study's own when not given.
    target_mcse : float
        Only for ``trials="auto"``.
    n_jobs : int
        Processes, each on a piece of its own. A script that asks for more than one must run under
        ``if __name__ == "__main__":``.
    executor : concurrent.futures.Executor or dask.distributed.Client, optional
        Where to simulate instead. The bytes do not depend on where and by how many it is done.
    progress : bool
        Show a progress bar of pieces on a terminal.

    Returns
    -------
    Sweep
        Stopped from the keyboard it holds the pieces done so far.

    Raises
    ------
    InputError
        pyarrow is not installed; a bad argument; a combination that cannot be (the message begins with it; all are
        tried before the first is simulated); a folder that holds another sweep (every difference is named) or cannot
        be written to.

    References
    ----------
    .. [1] Morris, White & Crowther (2019), Stat Med 38:2074-2102. doi:10.1002/sim.8086

    Examples
    --------
    >>> import tempfile
    >>> from asteroid_repro import ASTEROID
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = sweep(ASTEROID, {"people_per_arm": [10, 40]}, folder, trials=200, seed=1)
    ...     rows = done.to_frame()
    >>> done.pieces, done.before, done.now
    (2, 0, 2)
    >>> power = rows.query("outcome == 'average_pain' and week == 12 and measure == 'power'")["value"]
    >>> bool(power.iloc[1] > power.iloc[0] + 0.2)
    True
    """
    check_pyarrow()
    run = Run(trials, seed, target_mcse, n_jobs, executor, progress)
    values = {name: plain(given) for name, given in over.items()}
    points, analyses = grid(values), _analyses(assumptions, method, distribution, level)
    changed = records(assumptions, points)
    both = product(zip(points, changed, strict=True), analyses)
    pieces: list[Piece] = [(number, *one, analysis) for number, (one, analysis) in enumerate(both)]
    manifest, place = sweep_manifest(assumptions, values, changed, analyses, run), Path(folder)
    with workers(run) as pool:
        # A process of our own gets its next piece when it is free: an interrupt then waits for no more than one each.
        finish = partial(_as_finished, pool=pool, ahead=n_jobs if executor is None else _AHEAD)
        if stored_manifest(place) is None:
            _try_all(finish(partial(_check_possible, seed=seed), pieces), len(pieces), progress=progress)
            store_manifest(place, manifest)
        check_manifest(place, manifest)
        remove_leftovers(place)
        whole = find_pieces(place, manifest)
        missing = [piece for piece in pieces if not whole.get(piece[0])]
        results = finish(partial(_measured, run=Run(trials, seed, target_mcse)), missing)
        return _store_all(results, place, manifest, whole, progress=progress)


def _analyses(
    assumptions: TrialAssumptions,
    method: str | Sequence[str] | None,
    distribution: Distribution | None,
    level: float | None,
) -> list[Analysis]:
    methods = [method] if method is None or isinstance(method, str) else list(method)
    if not methods or len(set(methods)) < len(methods):
        raise InputError(f"method must name one method or more, each once, got {methods}. Try 'random_intercept'.")
    return [study_analysis(assumptions, name, distribution, level) for name in methods]


def _try_all(tries: Generator[Any], pieces: int, *, progress: bool) -> None:
    with closing(tries), _bar("Checking", pieces, 0, progress=progress) as bar:
        for _ in tries:
            bar.update()


def _store_all(
    results: Generator[Any], folder: Path, manifest: Mapping[str, Any], whole: Mapping[int, bool], *, progress: bool
) -> Sweep:
    before, stopped = sum(whole.values()), False
    now: list[int] = []
    with closing(results), _bar("Sweeping", manifest["pieces"], before, progress=progress) as bar:
        try:
            for number, found in results:
                write_piece(folder, manifest, number, found)
                now.append(number)
                bar.update()
        except KeyboardInterrupt:
            stopped = True
    redone = tuple(piece_name(number) for number in whole if number in now)
    return Sweep(folder, manifest["pieces"], before, len(now), redone, stopped, manifest["label"], manifest)


def _check_possible(piece: Piece, *, seed: int) -> None:
    """Simulate and estimate two trials: what a record alone does not show, such as scores no distribution gives."""
    _, point, record, analysis = piece
    with naming(point):
        simulated_estimates(solve(record.with_equal_baselines()), seed, 0, 2, analysis)


def _measured(piece: Piece, *, run: Run) -> tuple[int, OperatingCharacteristics]:
    number, point, record, analysis = piece
    with naming(point):  # what only all the trials can tell: too few usable fits
        found = characteristics(record, analysis, run)
    if found.stopped and found.trials < MOST_TRIALS:  # by the user: fewer trials than asked for are no piece
        raise KeyboardInterrupt
    return number, found


def _as_finished(
    task: Callable[[Piece], Any], pieces: Sequence[Piece], *, pool: Executor | None, ahead: int
) -> Generator[Any]:
    """Yield results as they come, so that what is finished is stored and never waits behind a slow piece."""
    if pool is None:
        yield from map(task, pieces)
        return
    rest = iter(pieces)
    waiting: set[Future[Any]] = set()
    try:
        waiting = {pool.submit(task, piece) for piece in islice(rest, ahead)}
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            waiting |= {pool.submit(task, piece) for piece in islice(rest, len(finished))}
            for future in finished:
                yield future.result()
    finally:
        for future in waiting:
            future.cancel()


def _bar(what: str, pieces: int, done: int, *, progress: bool) -> Any:
    """Show how many pieces are done, how fast, and how long the rest will take."""
    disable = None if progress else True
    return tqdm(total=pieces, initial=done, desc=what, unit="piece", disable=disable, leave=False)
