"""A grid of scenarios to a folder of Parquet files: stopped at any moment, it goes on where it was."""

from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from html import escape
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from asteroid_repro.engine.monte_carlo import AHEAD, MOST_TRIALS, TARGET_MCSE, Run, progress_bar, results, workers
from asteroid_repro.engine.trial_estimates import simulated_estimates
from asteroid_repro.errors import InputError
from asteroid_repro.estimate.effects.methods import Analysis, Distribution, chosen_analysis
from asteroid_repro.evaluate.performance import OperatingCharacteristics, characteristics
from asteroid_repro.mechanism.mechanism import solve
from asteroid_repro.sweeps.grid import Point, grid, naming
from asteroid_repro.sweeps.sweep_manifest import check_manifest, plain, store_manifest, stored_manifest, sweep_manifest
from asteroid_repro.sweeps.sweep_pieces import (
    MEASURED,
    piece_name,
    pyarrow_modules,
    remove_leftovers,
    stored_pieces,
    write_piece,
)  # fmt: skip
from asteroid_repro.trial.assumptions import TrialAssumptions

if TYPE_CHECKING:
    import pandas as pd

Piece = tuple[int, Point, Analysis]
"""Number, combination of the grid with its assumptions, and one of the analyses."""


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
        pa, _ = pyarrow_modules()
        tables = dict(stored_pieces(self.folder, self.manifest))
        damaged = [piece_name(number) for number, table in tables.items() if table is None]
        if damaged or not tables:
            got = f"{damaged[0]} damaged" if damaged else "none that is finished"
            raise InputError(f"{self.folder} must hold whole pieces, got {got}. Run the sweep again.")
        columns = [*self.manifest["fields"], *MEASURED]
        frame: pd.DataFrame = pa.concat_tables(tables.values()).select(columns).to_pandas()
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
    control_variate: bool = True,
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
    control_variate : bool
        As in :func:`asteroid_repro.operating_characteristics`.
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
    pyarrow_modules()
    run = Run(trials, seed, target_mcse, n_jobs, executor, progress, control_variate)
    values = {name: plain(given) for name, given in over.items()}
    own, points = assumptions.design.analysis, grid(assumptions, values)
    analyses = [chosen_analysis(name, distribution, level, own) for name in _methods(method)]
    pieces = [(number, *one) for number, one in enumerate(product(points, analyses))]
    manifest = sweep_manifest(assumptions, values, [record for _, record in points], analyses, run)
    place = Path(folder)
    with workers(run) as pool:
        # A process of our own gets its next piece when it is free: an interrupt then waits for no more than one each.
        done = partial(results, pool=pool, ahead=n_jobs if executor is None else AHEAD, in_order=False)
        if stored_manifest(place) is None:
            with closing(done(partial(_check_possible, seed=seed), pieces)) as tries:
                deque(progress_bar("Checking", "piece", len(pieces), of=tries, progress=progress), maxlen=0)
            store_manifest(place, manifest)
        check_manifest(place, manifest)
        remove_leftovers(place)
        whole = {number: table is not None for number, table in stored_pieces(place, manifest)}
        missing = [piece for piece in pieces if not whole.get(piece[0])]
        measured = done(
            partial(_measured, run=Run(trials, seed, target_mcse, control_variate=control_variate)), missing
        )
        return _store_all(measured, place, manifest, whole, progress=progress)


def _methods(method: str | Sequence[str] | None) -> Sequence[str | None]:
    methods = [method] if method is None or isinstance(method, str) else list(method)
    if not methods or len(set(methods)) < len(methods):
        raise InputError(f"method must name one method or more, each once, got {methods}. Try 'random_intercept'.")
    return methods


def _store_all(
    measured: Generator[Any], folder: Path, manifest: Mapping[str, Any], whole: Mapping[int, bool], *, progress: bool
) -> Sweep:
    before, stopped, now, pieces = sum(whole.values()), False, list[int](), manifest["pieces"]
    bar = progress_bar("Sweeping", "piece", pieces, before, of=measured, progress=progress)
    try:
        with closing(measured):
            for number, point, found in bar:
                write_piece(folder, manifest, number, point, found)
                now.append(number)
    except KeyboardInterrupt:
        stopped = True
    redone = tuple(piece_name(number) for number in whole if number in now)
    return Sweep(folder, pieces, before, len(now), redone, stopped, manifest["label"], manifest)


def _check_possible(piece: Piece, *, seed: int) -> None:
    """Simulate and estimate two trials: what a record alone does not show, such as scores no distribution gives."""
    _, (point, record), analysis = piece
    with naming(point):
        simulated_estimates(solve(record.with_equal_baselines()), seed, 0, 2, analysis)


def _measured(piece: Piece, *, run: Run) -> tuple[int, Mapping[str, Any], OperatingCharacteristics]:
    number, (point, record), analysis = piece
    with naming(point):  # what only all the trials can tell: too few usable fits
        found = characteristics(record, analysis, run)
    if found.stopped and found.trials < MOST_TRIALS:  # by the user: fewer trials than asked for are no piece
        raise KeyboardInterrupt
    return number, point, found
