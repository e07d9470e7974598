"""The figures: what stands on them comes from the results and the ledger, and they are written alike every time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from asteroid_repro import ASTEROID, InputError, Trial, estimate_effects, event_rates, published, simulate_trial
from asteroid_repro.estimate.effects.estimate_effects import Effects
from asteroid_repro.estimate.safety.rates import EventRates
from asteroid_repro.figures.effect_figures import plot_forest, plot_sampling_distribution
from asteroid_repro.figures.exposure_figures import plot_attendance, plot_event_rates, plot_running_hours
from asteroid_repro.figures.people_figures import plot_participant_flow, plot_trajectories
from asteroid_repro.figures.style import SIZE, SMALL, plain_name, save_figure
from asteroid_repro.simulate.screening import screen
from asteroid_repro.trial.candidacy import CANDIDACY, REASONS
from asteroid_repro.trial.quantities import EVENT_KINDS, UNITS
from asteroid_repro.verdicts.verdict import verify

mpl.use("Agg")

TRIAL = simulate_trial(ASTEROID, seed=2024)
NO_EVENTS = replace(TRIAL, adverse_events=TRIAL.adverse_events.iloc[:0])
ESTIMATES = np.random.default_rng(3).integers(-700, 200, size=4000) / 20
PUBLISHED = published()["average_pain.week12.estimate"].value
EFFECTS = estimate_effects(TRIAL, method="random_intercept")
SCREENING = screen(CANDIDACY, wanted=40, seed=2024)
ALL_REASONS = screen(CANDIDACY.with_values(**dict.fromkeys(REASONS, 0.3)), wanted=40, seed=1)

Draw = Callable[[Axes | None], Axes]
FIGURES: dict[str, Draw] = {
    "participant flow": lambda ax: plot_participant_flow(TRIAL, ax),
    "participant flow with screening": lambda ax: plot_participant_flow(TRIAL, ax, screening=SCREENING),
    "participant flow with every reason": lambda ax: plot_participant_flow(TRIAL, ax, screening=ALL_REASONS),
    "trajectories": lambda ax: plot_trajectories(TRIAL, "average_pain", ax),
    "forest": lambda ax: plot_forest(EFFECTS, published(), ax=ax),
    "attendance": lambda ax: plot_attendance(TRIAL, ax),
    "event rates": lambda ax: plot_event_rates(event_rates(TRIAL), published(), ax),
    "event rates without events": lambda ax: plot_event_rates(event_rates(NO_EVENTS), published(), ax),
    "running hours": lambda ax: plot_running_hours(TRIAL, ax),
    "running hours without events": lambda ax: plot_running_hours(NO_EVENTS, ax),
    "sampling distribution": lambda ax: plot_sampling_distribution(ESTIMATES, "average_pain", PUBLISHED, ax),
}


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


def new_ax() -> Axes:
    return Figure(figsize=SIZE, layout="constrained").subplots()


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.findobj(Text) if isinstance(text, Text)]


def visible(ax: Axes) -> list[Text]:
    """Texts that are drawn: matplotlib keeps further ones, such as tick labels outside the axes."""
    hidden: list[Artist] = []
    for axis, (low, high) in ((ax.xaxis, sorted(ax.get_xlim())), (ax.yaxis, sorted(ax.get_ylim()))):
        ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        hidden += [tick for tick in ticks if not low <= tick.get_loc() <= high] if ax.axison else [axis]
    undrawn = {text for part in hidden for text in part.findobj(Text)}
    found = [text for text in ax.findobj(Text) if isinstance(text, Text)]
    return [text for text in found if text not in undrawn and text.get_visible() and text.get_text()]


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_says_that_it_is_simulated(draw: Draw) -> None:
    assert any("SIMULATED" in text for text in texts(draw(new_ax())))


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_draws_where_it_is_told_or_on_a_figure_of_its_own(draw: Draw) -> None:
    ax = new_ax()
    assert draw(ax) is ax
    assert plt.get_fignums() == []
    own = draw(None)
    assert plt.get_fignums() == [plt.gcf().number]
    assert own.figure is plt.gcf()


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_all_text_is_large_enough_and_inside_the_figure(draw: Draw) -> None:
    ax = draw(new_ax())
    figure = ax.figure.canvas.figure
    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    for text in visible(ax):
        box = text.get_window_extent()
        assert float(text.get_fontsize()) >= SMALL, text.get_text()
        assert box.x0 >= -1, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.x1 <= width + 1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_two_runs_write_the_same_bytes_and_leave_the_settings_alone(draw: Draw, tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    first = [path.read_bytes() for path in save_figure(draw(new_ax()), tmp_path / "a")]
    again = [path.read_bytes() for path in save_figure(draw(new_ax()).figure.canvas.figure, tmp_path / "b")]
    assert first == again
    assert dict(mpl.rcParams) == before


def test_a_figure_saved_again_has_the_same_bytes(tmp_path: Path) -> None:
    ax = FIGURES["forest"](new_ax())  # its layout moves by a hair with every pass
    first = [path.read_bytes() for path in save_figure(ax, tmp_path / "forest")]
    assert [path.read_bytes() for path in save_figure(ax, tmp_path / "forest")] == first


def test_files_have_the_right_names_and_carry_no_dates_or_versions(tmp_path: Path) -> None:
    svg, png = save_figure(new_ax(), tmp_path / "new" / "figure.v1")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["figure.v1.png", "figure.v1.svg"]
    assert svg.read_bytes().startswith(b"<?xml")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert not any(word in svg.read_bytes() for word in (b"<dc:date>", b"<dc:creator>"))
    assert b"Software" not in png.read_bytes()


def test_save_figure_refuses_a_place_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("x")
    with pytest.raises(InputError, match="must be a place to write to"):
        save_figure(new_ax(), tmp_path / "note" / "figure")


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("trajectories", "Weeks since randomisation", "Average pain, points (VAS, 0-100)"),
        ("forest", "Running minus waitlist, points (negative favours running)", ""),
        ("attendance", "Week of the programme", "Participant (number), by sessions attended"),
        ("event rates", "Adverse events per 1000 running hours, 95 % CI (logarithmic scale)", ""),
        ("running hours", "Weeks since the start of the programme", "Cumulative running time of all runners, hours"),
        (
            "sampling distribution",
            "Effect on average pain at week 12: running minus waitlist, points (negative favours running)",
            "Simulated trials (number per bin)",
        ),
    ],
)
def test_axes_name_what_they_show_with_its_unit(name: str, x: str, y: str) -> None:
    ax = FIGURES[name](new_ax())
    assert (ax.get_xlabel(), ax.get_ylabel()) == (x, y)


def test_flow_counts_people_from_the_tables() -> None:
    gone = TRIAL.participants.loc[TRIAL.participants["arm"] == "waitlist", "participant"].iloc[0]
    rows = TRIAL.outcomes
    lost = (rows["participant"] == gone) & (rows["week"] == 12) & (rows["outcome"] == "disability")
    shown = texts(plot_participant_flow(replace(TRIAL, outcomes=rows[~lost]), new_ax()))
    assert "Randomised (n = 40)" in shown
    assert "Assessed for eligibility\n(screening not published)" in shown
    assert shown.count("Followed up at week 6 (n = 20)\nan outcome missing: 0") == 2
    assert shown.count("Followed up at week 12 (n = 20)\nan outcome missing: 0") == 1
    assert shown.count("Followed up at week 12 (n = 19)\nan outcome missing: 1") == 1
    assert shown.count("Analysed (n = 20)\nleft out: 0") == 2


def test_flow_shows_the_screening_as_assumed() -> None:
    shown = texts(plot_participant_flow(TRIAL, new_ax(), screening=SCREENING))
    assert f"Assessed for eligibility (n = {SCREENING.assessed})\nassumed, not published" in shown
    (excluded,) = (text.splitlines() for text in shown if text.startswith("Excluded"))
    assert excluded[:2] == [f"Excluded (n = {SCREENING.assessed - 40})", "assumed, not published"]
    counts = zip(REASONS.values(), SCREENING.excluded, strict=True)
    assert excluded[3:] == [f"{reason}: {people}" for reason, people in counts if people]
    assert not any("screening not published" in text for text in shown)
    assert "Randomised (n = 40)" in shown


def test_flow_keeps_every_text_inside_its_box() -> None:
    for name in ("participant flow", "participant flow with screening", "participant flow with every reason"):
        ax = FIGURES[name](new_ax())
        ax.figure.canvas.figure.draw_without_rendering()
        boxes = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, Rectangle)]
        for text in ax.texts:
            if text.get_text():  # an arrow is an annotation without text
                extent = text.get_window_extent()
                assert any(box.contains(*extent.min) and box.contains(*extent.max) for box in boxes), text.get_text()


def test_flow_refuses_the_screening_of_another_trial() -> None:
    with pytest.raises(InputError, match=r"screening\.randomised must be the 40 people of the trial, got 39\."):
        plot_participant_flow(TRIAL, new_ax(), screening=screen(CANDIDACY, wanted=39, seed=1))


@pytest.mark.parametrize("outcome", UNITS)
def test_trajectories_show_every_person_and_the_mean_of_each_arm(outcome: str) -> None:
    ax = plot_trajectories(TRIAL, outcome, new_ax())
    means = TRIAL.outcomes[TRIAL.outcomes["outcome"] == outcome].groupby(["arm", "week"])["value"].mean()
    thick = [np.asarray(line.get_ydata(), dtype=float) for line in ax.lines if line.get_marker() in {"o", "s"}]
    assert sum(line.get_linewidth() == 0.6 for line in ax.lines) == 40
    assert np.allclose(thick[0], means["running"], rtol=0, atol=1e-12)
    assert np.allclose(thick[1], means["waitlist"], rtol=0, atol=1e-12)


def test_the_interval_of_an_arm_is_that_of_a_mean() -> None:
    ax = plot_trajectories(TRIAL, "average_pain", new_ax())
    rows = TRIAL.outcomes.query("outcome == 'average_pain' and arm == 'running' and week == 0")["value"]
    half = 2.093024 * rows.std(ddof=1) / np.sqrt(20)  # t quantile 0.975 with 19 df, from a printed table
    caps = [np.asarray(line.get_ydata(), dtype=float)[0] for line in ax.lines if line.get_marker() == "_"]
    assert abs(caps[0] - (rows.mean() - half)) < 1e-5
    assert abs(caps[1] - (rows.mean() + half)) < 1e-5


@pytest.mark.parametrize("outcome", UNITS)
def test_forest_draws_the_published_line_where_the_ledger_has_it(outcome: str) -> None:
    ax = plot_forest(EFFECTS, published(), ax=new_ax())
    claims = published().group(f"{outcome}.week12")
    squares = [np.asarray(line.get_xdata(), dtype=float)[0] for line in ax.lines if line.get_marker() == "s"]
    spans = [np.asarray(line.get_xdata(), dtype=float).tolist() for line in ax.lines]
    assert claims["estimate"].value in squares
    assert [claims["ci_low"].value, claims["ci_high"].value] in spans
    assert any(claims["estimate"].printed.replace("-", "\N{MINUS SIGN}") in text for text in texts(ax))


def test_forest_marks_the_limit_that_contradicts_its_line() -> None:
    shown = texts(plot_forest(EFFECTS, published(), ax=new_ax()))
    claim = published()["disability.week12.ci_high"]
    printed = claim.printed.replace("-", "\N{MINUS SIGN}")
    assert sum("\N{DAGGER}" in text for text in shown) == 2  # the number and the note
    assert any(f"{printed}\N{DAGGER}" in text for text in shown)
    assert any(claim.reason in text.replace("\n", " ") for text in shown)


def test_forest_adds_the_mean_of_many_trials() -> None:
    average = verify(seed=1, trials=500)
    ax = plot_forest(EFFECTS, published(), average, new_ax())
    rows = [row for row in average.rows if row.claim in {f"{name}.week12.estimate" for name in UNITS}]
    diamonds = [np.asarray(line.get_xdata(), dtype=float)[0] for line in ax.lines if line.get_marker() == "D"]
    assert diamonds == [row.reproduced for row in rows]
    assert sum("(MCSE 0." in text for text in texts(ax)) == 3


def test_forest_needs_an_effect_and_a_published_line() -> None:
    with pytest.raises(InputError, match="at week 12, got none"):
        plot_forest(Effects((), 0.95), published(), ax=new_ax())
    with pytest.raises(InputError, match=r"average_pain\.week6"):
        plot_forest(EFFECTS, published(), ax=new_ax(), week=6)


def test_attendance_shows_each_person_and_week() -> None:
    ax = plot_attendance(TRIAL, new_ax())
    (mesh,) = (item for item in ax.collections if isinstance(item, QuadMesh))
    tiles = np.asarray(mesh.get_array())
    assert tiles.shape == (20, 12)
    assert tiles.sum() == TRIAL.sessions["attended"].sum()
    assert (np.diff(tiles.sum(axis=1)) >= 0).all()
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["0", "1", "2", "3"]


def test_event_rates_are_drawn_and_printed() -> None:
    rates = event_rates(TRIAL)
    ax = plot_event_rates(rates, published(), new_ax())
    points = [np.asarray(line.get_xdata(), dtype=float)[0] for line in ax.lines if line.get_marker() == "o"]
    assert points == [row.rate_per_1000 for row in rates.rows if row.events]
    shown = " ".join(texts(ax))
    for part in ("", ".low", ".high"):
        assert published()[f"yardstick.injury_rate.novice{part}"].printed in shown
        assert published()[f"yardstick.injury_rate.recreational{part}"].printed in shown
    assert "running-related injuries only" in shown
    assert f"{rates.rows[0].events} events in {rates.rows[0].exposure:.1f} running hours" in shown


def test_a_kind_without_events_has_an_upper_limit_only() -> None:
    rates = event_rates(NO_EVENTS.adverse_events, hours=105, kinds=EVENT_KINDS)
    ax = plot_event_rates(rates, published(), new_ax())
    assert not [line for line in ax.lines if line.get_marker() == "o"]
    assert sum("at most 28.5, one-sided" in text for text in texts(ax)) == 1 + len(EVENT_KINDS)


def test_yardsticks_of_running_hours_stay_off_other_denominators() -> None:
    ax = plot_event_rates(event_rates(TRIAL, per="attended_hours"), published(), new_ax())
    assert ax.get_legend() is None
    assert "per 1000 attended hours" in ax.get_xlabel()


def test_event_rates_need_rows() -> None:
    with pytest.raises(InputError, match="rates must have rows"):
        plot_event_rates(EventRates(()), published(), new_ax())


@pytest.mark.parametrize("trial", [TRIAL, NO_EVENTS], ids=["events", "no events"])
def test_running_hours_add_up_and_every_event_is_on_the_figure(trial: Trial) -> None:
    ax = plot_running_hours(trial, new_ax())
    hours = np.asarray(ax.lines[0].get_ydata(), dtype=float)
    assert abs(hours[-1] - event_rates(TRIAL).rows[0].exposure) < 1e-9
    assert (np.diff(hours) >= 0).all()
    legend = ax.get_legend()
    assert legend is not None
    counts = trial.adverse_events["kind"].value_counts()
    for kind, text, line in zip(EVENT_KINDS, legend.get_texts(), ax.lines[1:], strict=True):
        assert text.get_text() == f"{plain_name(kind)}: {counts.get(kind, 0)} (0 serious)"
        assert len(np.asarray(line.get_xdata())) == counts.get(kind, 0)


def test_events_of_one_session_do_not_hide_each_other() -> None:
    ax = plot_running_hours(TRIAL, new_ax())
    places = [point for line in ax.lines[1:] for point in np.round(np.asarray(line.get_xydata()), 6).tolist()]
    assert len({tuple(point) for point in places}) == len(TRIAL.adverse_events)


def test_sampling_distribution_marks_published_and_zero() -> None:
    ax = plot_sampling_distribution(ESTIMATES, "average_pain", PUBLISHED, new_ax())
    assert [np.asarray(line.get_xdata(), dtype=float)[0] for line in ax.lines] == [PUBLISHED, 0.0]
    legend = ax.get_legend()
    assert legend is not None
    shown = " ".join(text.get_text() for text in legend.get_texts())
    low, high = (f"{limit:.1f}".replace("-", "\N{MINUS SIGN}") for limit in np.quantile(ESTIMATES, [0.025, 0.975]))
    assert f"95 % of trials: {low} to {high}" in shown
    assert f"{100 * (ESTIMATES < -15.3 - 1e-9).mean():.1f} % of trials below" in shown
    assert "4,000 trials" in shown


def test_sampling_distribution_draws_every_usable_estimate_and_counts_the_others() -> None:
    estimates = np.append(ESTIMATES, [np.nan, np.nan])
    ax = plot_sampling_distribution(estimates, "disability", None, new_ax())
    counts = [bar.get_height() for bar in ax.patches if hasattr(bar, "get_height")]
    assert len(ax.lines) == 1
    assert abs(sum(counts) - 4000) <= 1  # and the shaded band, whose height is 1
    assert any("4,000 trials (2 more failed to fit)" in text for text in texts(ax))


def test_bins_hold_equally_many_points_of_the_grid_that_scores_lie_on() -> None:
    grid = np.repeat(np.arange(-400, 400) / 20, 5)
    ax = plot_sampling_distribution(grid, "average_pain", None, new_ax())
    heights = [bar.get_height() for bar in ax.patches if hasattr(bar, "get_height") and bar.get_height() > 1]
    assert len(set(heights[1:-1])) == 1


@pytest.mark.parametrize(
    "draw", [plot_trajectories, lambda _, name, ax: plot_sampling_distribution(ESTIMATES, name, 0, ax)]
)
def test_an_unknown_outcome_is_named_with_the_nearest(draw: Callable[[Trial, str, Axes], Axes]) -> None:
    with pytest.raises(InputError, match=r"outcome must be one of .* got 'disabilty'.*Did you mean 'disability'"):
        draw(TRIAL, "disabilty", new_ax())


@pytest.mark.parametrize(
    ("estimates", "message"),
    [(np.zeros((2, 3)), r"got shape \(2, 3\)"), (np.array([1.0, np.nan]), "2 finite values or more, got 1")],
)
def test_estimates_that_cannot_be_drawn(estimates: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plot_sampling_distribution(estimates, "average_pain", None, new_ax())


def test_estimates_that_are_all_the_same_can_be_drawn() -> None:
    ax = plot_sampling_distribution(np.full(10, -5.0), "average_pain", -5.0, new_ax())
    assert any("0.0 % of trials below, 0.0 % above" in text for text in texts(ax))


def test_empty_tables_are_refused() -> None:
    empty = replace(TRIAL, outcomes=TRIAL.outcomes.iloc[:0], sessions=TRIAL.sessions.iloc[:0])
    with pytest.raises(InputError, match="outcomes must have rows"):
        plot_participant_flow(empty, new_ax())
    with pytest.raises(InputError, match="rows of disability"):
        plot_trajectories(empty, "disability", new_ax())
    with pytest.raises(InputError, match="sessions must have rows"):
        plot_running_hours(empty, new_ax())
