"""The figures: what stands on them comes from the results, the design and the ledger; they are alike every time.

ASTEROID, and a made-up study: higher is better for one outcome, one scale has no ends, there is no programme.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text
from scipy.stats import t as student

import asteroid_repro as ar
from asteroid_repro import ASTEROID, CANDIDACY, InputError, Study, Trial, published
from asteroid_repro.estimate.effects.estimate_effects import Effects
from asteroid_repro.estimate.safety.rates import EventRates
from asteroid_repro.evaluate.sampling import SamplingDistribution
from asteroid_repro.figures.style import BLACK, BLUE, GREEN, SIZE, SMALL, VERMILLION
from asteroid_repro.trial.design import Design

mpl.use("Agg")

STUDY = ar.study()
OTHER = ar.study(Path(__file__).parents[1] / "studies" / "stretching")
TRIAL = ar.simulate_trial(ASTEROID, seed=2024)
OTHER_TRIAL = ar.simulate_trial(OTHER.assumptions, seed=5)
NO_EVENTS = replace(TRIAL, adverse_events=TRIAL.adverse_events.iloc[:0])
EFFECTS = ar.estimate_effects(TRIAL, method="random_intercept")
OTHER_EFFECTS = ar.estimate_effects(OTHER_TRIAL, level=0.9)
VERDICTS, OTHER_VERDICTS = ar.verify(seed=1, trials=300), ar.verify(OTHER, seed=1, trials=300)
RATES, OTHER_RATES = ar.event_rates(TRIAL), ar.event_rates(OTHER_TRIAL, level=0.9)
SCREENING = ar.screen(CANDIDACY, wanted=40, seed=2024)
CRITERIA = {criterion.name: 0.3 for criterion in CANDIDACY.criteria}
ALL_REASONS = ar.screen(CANDIDACY.with_values(**CRITERIA), wanted=40, seed=1)
PRINTED: dict[str, Any] = {"design": ASTEROID.design, "ledger": published()}
OTHER_CONTRAST = "stretching at home minus usual care"
OTHER_PRINTED: dict[str, Any] = {"design": OTHER.design, "ledger": OTHER.ledger}


def drawn_of(estimates: np.ndarray, design: Design = ASTEROID.design) -> SamplingDistribution:
    """Return a distribution that has these estimates of every outcome at every visit."""
    same = {name: np.stack([estimates] * (len(design.visits) - 1)) for name in design.outcome_names}
    return SamplingDistribution(same, EFFECTS_ANALYSIS, "SIMULATED (made up)")


EFFECTS_ANALYSIS = ar.sampling_distribution(ASTEROID, trials=16, seed=1).analysis
ESTIMATES = np.random.default_rng(3).integers(-700, 200, size=4000) / 20
DISTRIBUTION = drawn_of(ESTIMATES)
OTHER_DISTRIBUTION = ar.sampling_distribution(OTHER.assumptions, trials=300, seed=1)

Draw = Callable[[Axes | None], Axes]
FIGURES: dict[str, Draw] = {
    "participant flow": lambda ax: ar.plot_participant_flow(TRIAL, ax),
    "participant flow with screening": lambda ax: ar.plot_participant_flow(TRIAL, ax, screening=SCREENING),
    "participant flow with every reason": lambda ax: ar.plot_participant_flow(TRIAL, ax, screening=ALL_REASONS),
    "trajectories": lambda ax: ar.plot_trajectories(TRIAL, "average_pain", ax),
    "forest": lambda ax: ar.plot_forest(EFFECTS, ax, **PRINTED),
    "attendance": lambda ax: ar.plot_attendance(TRIAL, ax),
    "event rates": lambda ax: ar.plot_event_rates(RATES, ax, **PRINTED),
    "event rates without events": lambda ax: ar.plot_event_rates(ar.event_rates(NO_EVENTS), ax, **PRINTED),
    "running hours": lambda ax: ar.plot_running_hours(TRIAL, ax),
    "running hours without events": lambda ax: ar.plot_running_hours(NO_EVENTS, ax),
    "sampling distribution": lambda ax: ar.plot_sampling_distribution(DISTRIBUTION, "average_pain", ax, **PRINTED),
    "other participant flow": lambda ax: ar.plot_participant_flow(OTHER_TRIAL, ax),
    "other trajectories": lambda ax: ar.plot_trajectories(OTHER_TRIAL, "back_function", ax, level=0.9),
    "trajectories without ends": lambda ax: ar.plot_trajectories(OTHER_TRIAL, "sleep", ax),
    "other forest": lambda ax: ar.plot_forest(OTHER_EFFECTS, ax, verification=OTHER_VERDICTS, **OTHER_PRINTED),
    "forest of a plain table": lambda ax: ar.plot_forest(OTHER_EFFECTS, ax, week=26),
    "other event rates": lambda ax: ar.plot_event_rates(OTHER_RATES, ax, **OTHER_PRINTED),
    "other sampling distribution": lambda ax: ar.plot_sampling_distribution(
        OTHER_DISTRIBUTION, "back_function", ax, **OTHER_PRINTED
    ),
}
every_figure = pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)


def new_ax() -> Axes:
    return Figure(figsize=SIZE, layout="constrained").subplots()


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.findobj(Text) if isinstance(text, Text)]


def minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def xs(ax: Axes, marker: str) -> list[float]:
    """Places of the single points drawn with a marker."""
    return [np.asarray(line.get_xdata(), dtype=float)[0] for line in ax.lines if line.get_marker() == marker]


def spans(ax: Axes) -> list[list[float]]:
    """Ends of the lines that lie level."""
    flat = [line for line in ax.lines if line.get_marker() == "None" and len(set(np.ravel(line.get_ydata()))) == 1]
    return [np.asarray(line.get_xdata(), dtype=float).tolist() for line in flat]


def panels(ax: Axes) -> list[Axes]:
    return [child for child in ax.child_axes if isinstance(child, Axes)] or [ax]


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def visible(ax: Axes) -> list[Text]:
    """Texts that are drawn: matplotlib keeps further ones, such as tick labels outside the axes."""
    hidden: list[Artist] = []
    for own in {ax, *panels(ax)}:
        for axis, (low, high) in ((own.xaxis, sorted(own.get_xlim())), (own.yaxis, sorted(own.get_ylim()))):
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            hidden += [tick for tick in ticks if not low <= tick.get_loc() <= high] if own.axison else [axis]
    undrawn = {text for part in hidden for text in part.findobj(Text)}
    found = [text for text in ax.findobj(Text) if isinstance(text, Text)]
    return [text for text in found if text not in undrawn and text.get_visible() and text.get_text()]


@every_figure
class TestEveryFigure:
    def test_says_that_it_is_simulated(self, draw: Draw) -> None:
        assert any("SIMULATED" in text for text in texts(draw(new_ax())))

    def test_draws_where_it_is_told_or_on_a_figure_of_its_own(self, draw: Draw) -> None:
        ax = new_ax()
        assert draw(ax) is ax
        assert plt.get_fignums() == []
        own = draw(None)
        assert plt.get_fignums() == [plt.gcf().number]
        assert own.figure is plt.gcf()

    def test_all_text_is_large_enough_and_inside_the_figure(self, draw: Draw) -> None:
        ax = draw(new_ax())
        figure = ax.figure.canvas.figure
        figure.draw_without_rendering()
        width, height = figure.get_size_inches() * figure.dpi
        for text in visible(ax):
            box = text.get_window_extent()
            assert float(text.get_fontsize()) >= SMALL, text.get_text()
            assert -1 <= box.x0 <= box.x1 <= width + 1, text.get_text()
            assert -1 <= box.y0 <= box.y1 <= height + 1, text.get_text()

    def test_two_runs_write_the_same_bytes_and_leave_the_settings_alone(self, draw: Draw, tmp_path: Path) -> None:
        before = dict(mpl.rcParams)
        first = [path.read_bytes() for path in ar.save_figure(draw(new_ax()), tmp_path / "a")]
        again = [path.read_bytes() for path in ar.save_figure(draw(new_ax()).figure.canvas.figure, tmp_path / "b")]
        assert first == again
        assert dict(mpl.rcParams) == before


def test_a_figure_is_drawn_once_for_each_of_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawings, draw = [], Figure.draw

    def count(figure: Figure, renderer: Any) -> None:
        drawings.append(figure)
        draw(figure, renderer)

    monkeypatch.setattr(Figure, "draw", count)
    ar.save_figure(FIGURES["forest"](new_ax()), tmp_path / "forest")
    assert len(drawings) == 2  # SVG and PNG


def test_a_figure_saved_again_has_the_same_bytes(tmp_path: Path) -> None:
    ax = FIGURES["forest"](new_ax())  # its layout moves by a hair with every pass
    first = [path.read_bytes() for path in ar.save_figure(ax, tmp_path / "forest")]
    assert [path.read_bytes() for path in ar.save_figure(ax, tmp_path / "forest")] == first


def test_files_have_the_right_names_and_carry_no_dates_or_versions(tmp_path: Path) -> None:
    svg, png = ar.save_figure(new_ax(), tmp_path / "new" / "figure.v1")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["figure.v1.png", "figure.v1.svg"]
    assert svg.read_bytes().startswith(b"<?xml")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert not any(word in svg.read_bytes() for word in (b"<dc:date>", b"<dc:creator>"))
    assert b"Software" not in png.read_bytes()


def test_save_figure_refuses_a_place_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("x")
    with pytest.raises(InputError, match="must be a place to write to"):
        ar.save_figure(new_ax(), tmp_path / "note" / "figure")


def test_a_long_label_is_wrapped_and_a_long_axis_broken_in_its_middle() -> None:
    far = OTHER.design.model_copy(
        update={"treatment": OTHER.design.treatment.model_copy(update={"label": "Stretching at home, every day"})}
    )
    named = replace(OTHER_DISTRIBUTION, label="SIMULATED " + "very long " * 20)
    ax = ar.plot_sampling_distribution(named, "back_function", new_ax(), design=far)
    assert max(map(len, ax.get_title(loc="left").splitlines())) <= 95
    lengths = [len(line) for line in ax.get_xlabel().splitlines()]
    assert len(lengths) == 2
    assert min(lengths) > 0.5 * max(lengths)


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
        ("other trajectories", "Weeks since randomisation", "Back function, points (0-10)"),
        ("trajectories without ends", "Weeks since randomisation", "Sleep disturbance, T-score"),
        ("other event rates", "Adverse events per 1000 person-weeks, 90 % CI (logarithmic scale)", ""),
        (
            "other sampling distribution",
            f"Effect on back function at week 52: {OTHER_CONTRAST}, points (positive favours stretching at home)",
            "Simulated trials (number per bin)",
        ),
    ],
)
def test_axes_name_what_they_show_with_its_unit(name: str, x: str, y: str) -> None:
    ax = FIGURES[name](new_ax())
    assert (ax.get_xlabel().replace("\n", " "), ax.get_ylabel()) == (x, y)


class TestParticipantFlow:
    def test_people_are_counted_from_the_tables(self) -> None:
        gone = TRIAL.participants.loc[TRIAL.participants["arm"] == "waitlist", "participant"].iloc[0]
        rows = TRIAL.outcomes
        lost = (rows["participant"] == gone) & (rows["week"] == 12) & (rows["outcome"] == "disability")
        shown = texts(ar.plot_participant_flow(replace(TRIAL, outcomes=rows[~lost]), new_ax()))
        assert "Randomised (n = 40)" in shown
        assert "Assessed for eligibility\n(number not known)" in shown
        assert shown.count("Followed up at week 6 (n = 20)\nan outcome missing: 0") == 2
        assert shown.count("Followed up at week 12 (n = 20)\nan outcome missing: 0") == 1
        assert shown.count("Followed up at week 12 (n = 19)\nan outcome missing: 1") == 1
        assert shown.count("Analysed (n = 20)\nleft out: 0") == 2

    def test_a_trial_without_sessions_says_nothing_of_them(self) -> None:
        shown = texts(FIGURES["other participant flow"](new_ax()))
        assert {"Allocated to stretching at home (n = 40)", "Allocated to usual care (n = 38)"} <= set(shown)
        assert sum(text.startswith("Followed up at week 26 ") for text in shown) == 2
        assert not any("session" in text for text in shown)

    def test_many_visits_and_fractional_weeks_have_boxes_of_their_own(self) -> None:
        often = OTHER.assumptions.design.model_copy(update={"visits": (0, 0.5, *range(1, 9))})
        table = OTHER_TRIAL.outcomes[OTHER_TRIAL.outcomes["week"] == 0]
        weekly = [table.assign(week=week) for week in often.visits]
        trial = replace(OTHER_TRIAL, design=often, outcomes=pd.concat(weekly, ignore_index=True))
        ax = ar.plot_participant_flow(trial)
        ax.figure.canvas.figure.draw_without_rendering()
        boxes = [patch.get_window_extent() for patch in ax.patches]
        assert any("at week 0.5 (" in text for text in texts(ax))
        assert not any(one.overlaps(two) for i, one in enumerate(boxes) for two in boxes[i + 1 :])
        assert_texts_lie_in_boxes(ax)

    def test_the_screening_is_shown_as_assumed(self) -> None:
        shown = texts(ar.plot_participant_flow(TRIAL, new_ax(), screening=SCREENING))
        assert f"Assessed for eligibility (n = {SCREENING.assessed})\nassumed, not published" in shown
        (excluded,) = (text.splitlines() for text in shown if text.startswith("Excluded"))
        assert excluded[:2] == [f"Excluded (n = {SCREENING.assessed - 40})", "assumed, not published"]
        counts = zip(CANDIDACY.criteria, SCREENING.excluded, strict=True)
        assert excluded[3:] == [f"{criterion.reason}: {people}" for criterion, people in counts if people]
        assert not any("not known" in text for text in shown)
        assert "Randomised (n = 40)" in shown

    @pytest.mark.parametrize("name", [name for name in FIGURES if "participant flow" in name])
    def test_every_text_lies_inside_its_box(self, name: str) -> None:
        ax = FIGURES[name](new_ax())
        ax.figure.canvas.figure.draw_without_rendering()
        assert_texts_lie_in_boxes(ax)

    def test_the_screening_of_another_trial_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"screening\.randomised must be the 40 people of the trial, got 39\."):
            ar.plot_participant_flow(TRIAL, new_ax(), screening=ar.screen(CANDIDACY, wanted=39, seed=1))


def assert_texts_lie_in_boxes(ax: Axes) -> None:
    boxes = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, Rectangle)]
    for text in ax.texts:
        if text.get_text():  # an arrow is an annotation without text
            extent = text.get_window_extent()
            assert any(box.contains(*extent.min) and box.contains(*extent.max) for box in boxes), text.get_text()


class TestTrajectories:
    @pytest.mark.parametrize(
        ("trial", "outcome"),
        [(TRIAL, name) for name in ASTEROID.design.outcome_names]
        + [(OTHER_TRIAL, name) for name in OTHER.design.outcome_names],
    )
    def test_every_person_and_the_mean_of_each_arm_are_drawn(self, trial: Trial, outcome: str) -> None:
        ax = ar.plot_trajectories(trial, outcome, new_ax())
        means = trial.outcomes[trial.outcomes["outcome"] == outcome].groupby(["arm", "week"])["value"].mean()
        thick = {line.get_color(): np.asarray(line.get_ydata()) for line in ax.lines if line.get_marker() in {"o", "s"}}
        assert sum(line.get_linewidth() == 0.6 for line in ax.lines) == len(trial.participants)
        for arm, colour in zip(trial.design.arm_names, (BLUE, VERMILLION), strict=True):
            np.testing.assert_allclose(thick[colour].astype(float), means[arm], rtol=0, atol=1e-12)

    @pytest.mark.parametrize("level", [0.95, 0.8])
    def test_the_interval_of_an_arm_is_that_of_a_mean(self, level: float) -> None:
        ax = ar.plot_trajectories(OTHER_TRIAL, "sleep", new_ax(), level=level)
        rows = OTHER_TRIAL.outcomes.query("outcome == 'sleep' and arm == 'stretching' and week == 0")["value"]
        half = student.ppf((1 + level) / 2, 39) * rows.std(ddof=1) / np.sqrt(40)
        caps = [np.asarray(line.get_ydata(), dtype=float)[0] for line in ax.lines if line.get_marker() == "_"]
        assert caps[:2] == pytest.approx([rows.mean() - half, rows.mean() + half], abs=1e-9)
        assert f"{100 * level:g} % CI" in str(ax.get_legend().get_title().get_text())  # type: ignore[union-attr]

    def test_a_scale_with_ends_is_shown_whole_and_another_by_its_data(self) -> None:
        assert ar.plot_trajectories(TRIAL, "disability", new_ax()).get_ylim() == (-3, 103)
        assert ar.plot_trajectories(OTHER_TRIAL, "back_function", new_ax()).get_ylim() == pytest.approx((-0.3, 10.3))
        scores = OTHER_TRIAL.outcomes.query("outcome == 'sleep'")["value"]
        low, high = ar.plot_trajectories(OTHER_TRIAL, "sleep", new_ax()).get_ylim()
        assert low < scores.min() < scores.max() < high
        assert high - low < 1.2 * (scores.max() - scores.min())

    def test_visits_stand_at_their_weeks_and_arms_beside_them(self) -> None:
        ax = FIGURES["other trajectories"](new_ax())
        assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "4", "26", "52"]
        for marker, shift in (("o", -0.52), ("s", 0.52)):
            (line,) = (line for line in ax.lines if line.get_marker() == marker)
            assert np.asarray(line.get_xdata(), dtype=float) == pytest.approx(np.array([0, 4, 26, 52]) + shift)
        assert legend(ax) == ["Stretching at home (n = 40)", "Usual care (n = 38)"]


class TestForest:
    @pytest.mark.parametrize("outcome", ASTEROID.design.outcome_names)
    def test_the_published_line_lies_where_the_ledger_has_it(self, outcome: str) -> None:
        ax = FIGURES["forest"](new_ax())
        claims = published().line(outcome, 12)
        assert claims["estimate"].value in xs(ax, "s")
        assert [claims["ci_low"].value, claims["ci_high"].value] in spans(ax)
        assert any(minus(claims["estimate"].printed) in text for text in texts(ax))

    @pytest.mark.parametrize(
        ("effects", "week"), [(EFFECTS, 12), (EFFECTS, 6), (OTHER_EFFECTS, 52), (OTHER_EFFECTS, 26)]
    )
    def test_estimates_and_limits_are_those_of_the_result(self, effects: Effects, week: int) -> None:
        design = ASTEROID.design if effects is EFFECTS else OTHER.design
        ax = ar.plot_forest(effects, new_ax(), design=design, week=week)
        rows = [row for row in effects.rows if row.week == week]
        assert sorted(x for panel in panels(ax) for x in xs(panel, "o")) == sorted(row.estimate for row in rows)
        drawn = [span for panel in panels(ax) for span in spans(panel)]
        assert all([row.ci_low, row.ci_high] in drawn for row in rows)

    def test_outcomes_with_other_directions_have_axes_of_their_own(self) -> None:
        ax = FIGURES["other forest"](new_ax())
        function, sleep = panels(ax)
        assert function.get_xlabel() == (
            "Stretching at home minus usual care, points (positive favours stretching at home)"
        )
        assert sleep.get_xlabel() == (
            "Stretching at home minus usual care, T-score (negative favours stretching at home)"
        )
        lines = {row.outcome: row for row in OTHER_EFFECTS.rows if row.week == 52}
        assert xs(function, "o") == [lines["back_function"].estimate]
        assert xs(sleep, "o") == [lines["sleep"].estimate]
        for panel in (function, sleep):
            low, high = panel.get_xlim()
            assert low < 0 < high
            assert [0.0, 0.0] in [np.asarray(line.get_xdata(), dtype=float).tolist() for line in panel.lines]
        assert "Estimate (90 % CI), p" in texts(ax)
        assert not ax.axison

    def test_a_printed_estimate_without_limits_has_no_interval(self) -> None:
        function, sleep = panels(FIGURES["other forest"](new_ax()))
        assert xs(function, "s") == [1.20]
        assert [0.35, 2.05] in spans(function)
        assert "1.20 (0.35, 2.05; 95 % CI), p = 0.006" in texts(function)  # the result's own level is 0.9
        assert xs(sleep, "s") == [-1.8]
        assert len(spans(sleep)) == 1
        assert minus("-1.8") in texts(sleep)

    def test_axes_do_not_cover_each_other(self) -> None:
        ax = FIGURES["other forest"](None)
        ax.figure.canvas.figure.draw_without_rendering()
        above, below = (panel.get_tightbbox() for panel in panels(ax))
        assert above is not None
        assert below is not None
        assert not above.overlaps(below)

    def test_the_limit_that_contradicts_its_line_has_a_dagger(self) -> None:
        shown = texts(FIGURES["forest"](new_ax()))
        claim = published()["disability.week12.ci_high"]
        assert sum("\N{DAGGER}" in text for text in shown) == 2  # the number and the note
        assert any(f"{minus(claim.printed)}\N{DAGGER}" in text for text in shown)
        assert any(claim.reason in text.replace("\n", " ") for text in shown)

    @pytest.mark.parametrize(
        ("effects", "verdicts", "study"), [(EFFECTS, VERDICTS, STUDY), (OTHER_EFFECTS, OTHER_VERDICTS, OTHER)]
    )
    def test_the_mean_of_many_trials_is_added(self, effects: Effects, verdicts: Any, study: Study) -> None:
        ax = ar.plot_forest(effects, new_ax(), verification=verdicts, design=study.design, ledger=study.ledger)
        ids = {
            parts["estimate"].id for (_, week), parts in study.ledger.lines.items() if week == study.design.visits[-1]
        }
        rows = [row for row in verdicts.rows if row.claim in ids]
        drawn = [x for panel in panels(ax) for x in xs(panel, "D")]
        assert sorted(drawn) == sorted(row.reproduced for row in rows)
        assert sum("(MCSE 0." in text for text in texts(ax)) == sum(row.mcse is not None for row in rows)
        assert {line.get_color() for panel in panels(ax) for line in panel.lines if line.get_marker() == "D"} == {GREEN}

    def test_a_week_without_a_printed_line_shows_the_trial_alone(self) -> None:
        ax = ar.plot_forest(EFFECTS, new_ax(), week=6, **PRINTED)
        assert xs(ax, "s") == []
        assert len(xs(ax, "o")) == 3

    def test_names_stand_in_words_where_no_design_says(self) -> None:
        ax = FIGURES["forest of a plain table"](new_ax())
        assert {"Back function, points", "Sleep, points"} <= set(texts(ax))
        assert [panel.get_xlabel() for panel in panels(ax)] == [
            "Treatment minus reference, points (positive favours the treatment)",
            "Treatment minus reference, points (negative favours the treatment)",
        ]

    def test_where_nobody_says_which_way_is_better_the_axis_says_nothing(self) -> None:
        plain = ar.estimate_effects(TRIAL.outcomes, treatment="running", reference="waitlist")
        ax = ar.plot_forest(plain, new_ax())
        assert ax.get_xlabel() == "Treatment minus reference, points"
        assert "This trial" in texts(ax)

    def test_no_effect_at_the_week_is_refused(self) -> None:
        with pytest.raises(InputError, match="effects must have one at week 0, got none"):
            ar.plot_forest(Effects((), 0.95), new_ax())
        with pytest.raises(InputError, match=r"at week 7\.5, got none\. Choose another week"):
            ar.plot_forest(EFFECTS, new_ax(), week=7.5)


class TestAttendance:
    def test_each_person_and_week_has_a_tile(self) -> None:
        ax = ar.plot_attendance(TRIAL, new_ax())
        (mesh,) = (item for item in ax.collections if isinstance(item, QuadMesh))
        tiles = np.asarray(mesh.get_array())
        assert tiles.shape == (20, 12)
        assert tiles.sum() == TRIAL.sessions["attended"].sum()
        assert (np.diff(tiles.sum(axis=1)) >= 0).all()
        assert legend(ax) == ["0", "1", "2", "3"]

    def test_shares_stand_beside_the_people_in_percent_with_their_mean_and_sd(self) -> None:
        ax = ar.plot_attendance(TRIAL, new_ax())
        (right,) = (axis for axis in ax.child_axes if "%" in axis.get_ylabel())
        shares = TRIAL.sessions.groupby("participant")["attended"].mean()
        assert [label.get_text() for label in right.get_yticklabels()] == [f"{100 * one:.0f}" for one in sorted(shares)]
        assert f"mean {100 * shares.mean():.0f}, SD {100 * shares.std(ddof=1):.0f}" in right.get_ylabel()

    @pytest.mark.parametrize("draw", [ar.plot_attendance, ar.plot_running_hours])
    def test_a_trial_without_sessions_is_refused_in_a_line(self, draw: Callable[[Trial], Axes]) -> None:
        with pytest.raises(InputError, match=r"^sessions must have rows, got none in Stretching\. Leave.*out\.$"):
            draw(OTHER_TRIAL)


class TestEventRates:
    def test_rates_and_limits_are_those_of_the_result(self) -> None:
        ax = FIGURES["event rates"](new_ax())
        assert xs(ax, "o") == [row.rate_per_1000 for row in RATES.rows if row.events]
        assert all([row.ci_low, row.ci_high] in spans(ax) for row in RATES.rows if row.events)

    def test_yardsticks_are_the_claims_with_limits_and_the_unit_of_the_rates(self) -> None:
        ax = FIGURES["event rates"](new_ax())
        ledger, bands = published(), [patch for patch in ax.patches if isinstance(patch, Rectangle | Polygon)]
        for runners, band in zip(("novice", "recreational"), bands, strict=True):
            rate, low, high = (ledger[f"yardstick.injury_rate.{runners}{part}"] for part in ("", ".low", ".high"))
            ends = band.get_path().get_extents(band.get_patch_transform())
            assert (ends.x0, ends.x1) == pytest.approx((low.value, high.value))
            assert f"{rate.statement} {rate.printed} ({low.printed}, {high.printed})" in legend(ax)
        title = ax.get_legend().get_title().get_text()  # type: ignore[union-attr]
        assert (
            title
            == f"{RATES.rows[0].events} events in {RATES.rows[0].exposure:.1f} running hours. Bands: other studies."
        )

    def test_both_arms_are_drawn_per_person_weeks(self) -> None:
        ax = FIGURES["other event rates"](new_ax())
        for arm, marker, colour in (("stretching", "o", BLUE), ("usual_care", "s", VERMILLION)):
            rows = [row for row in OTHER_RATES.rows if row.arm == arm and row.events]
            assert xs(ax, marker) == [row.rate_per_1000 for row in rows]
            assert {line.get_color() for line in ax.lines if line.get_marker() == marker} == {colour}
        names = [label.get_text().partition("\n")[0] for label in ax.get_yticklabels()]
        assert names[:3] == [
            "Stretching at home: all events",
            "Stretching at home: muscle pain",
            "Stretching at home: fall",
        ]
        assert names[3].startswith("Usual care: ")
        total = OTHER_RATES.rows[0]
        assert any(f"Stretching at home: {total.events} events in {total.exposure:.1f}" in text for text in texts(ax))

    def test_a_kind_without_events_has_an_upper_limit_only(self) -> None:
        rates = ar.event_rates(NO_EVENTS.adverse_events, hours=105, kinds=ASTEROID.design.kinds)
        ax = ar.plot_event_rates(rates, new_ax(), **PRINTED)
        assert xs(ax, "o") == []
        assert xs(ax, "|") == [row.ci_high for row in rates.rows]
        assert sum("at most 28.5, one-sided" in text for text in texts(ax)) == 1 + len(ASTEROID.design.kinds)

    def test_yardsticks_of_running_hours_stay_off_other_denominators(self) -> None:
        ax = ar.plot_event_rates(ar.event_rates(TRIAL, per="attended_hours"), new_ax(), **PRINTED)
        assert ax.get_legend() is None
        assert "per 1000 attended hours" in ax.get_xlabel()

    def test_rates_need_rows(self) -> None:
        with pytest.raises(InputError, match="rates must have rows"):
            ar.plot_event_rates(EventRates((), 0.95), new_ax())


class TestRunningHours:
    @pytest.mark.parametrize("trial", [TRIAL, NO_EVENTS], ids=["events", "no events"])
    def test_hours_add_up_and_every_event_is_on_the_figure(self, trial: Trial) -> None:
        ax = ar.plot_running_hours(trial, new_ax())
        hours = np.asarray(ax.lines[0].get_ydata(), dtype=float)
        assert hours[-1] == pytest.approx(RATES.rows[0].exposure, abs=1e-9)
        assert (np.diff(hours) >= 0).all()
        counts = trial.adverse_events["kind"].value_counts()
        for kind, text, line in zip(ASTEROID.design.adverse_events, legend(ax), ax.lines[1:], strict=True):
            assert text == f"{kind.label}: {counts.get(kind.name, 0)} (0 serious)"
            assert len(np.asarray(line.get_xdata())) == counts.get(kind.name, 0)

    def test_events_of_one_session_do_not_hide_each_other(self) -> None:
        both = TRIAL.adverse_events.iloc[[0, 0, 0]]
        ax = ar.plot_running_hours(replace(TRIAL, adverse_events=both), new_ax())
        places = [point for line in ax.lines[1:] for point in np.round(np.asarray(line.get_xydata()), 6).tolist()]
        assert len({tuple(point) for point in places}) == 3

    def test_events_outside_sessions_are_counted_and_not_drawn(self) -> None:
        outside = TRIAL.adverse_events.drop(columns="session")
        ax = ar.plot_running_hours(replace(TRIAL, adverse_events=outside), new_ax())
        assert sum(len(np.asarray(line.get_xdata())) for line in ax.lines[1:]) == 0
        assert f"{len(outside)} outside sessions" in ax.get_legend().get_title().get_text()  # type: ignore[union-attr]


class TestSamplingDistribution:
    def test_published_and_zero_are_marked(self) -> None:
        ax = FIGURES["sampling distribution"](new_ax())
        assert [np.asarray(line.get_xdata(), dtype=float)[0] for line in ax.lines] == [-15.3, 0.0]
        assert [line.get_color() for line in ax.lines] == [VERMILLION, BLACK]
        shown = " ".join(legend(ax))
        low, high = (minus(f"{limit:.1f}") for limit in np.quantile(ESTIMATES, [0.025, 0.975]))
        assert f"95 % of trials: {low} to {high}" in shown
        assert f"{100 * (ESTIMATES < -15.3 - 1e-9).mean():.1f} % of trials below" in shown
        assert "4,000 trials" in shown

    @pytest.mark.parametrize("week", [4, 26, 52])
    def test_a_visit_has_its_own_estimates_and_its_own_printed_number(self, week: int) -> None:
        ax = ar.plot_sampling_distribution(OTHER_DISTRIBUTION, "back_function", new_ax(), week=week, **OTHER_PRINTED)
        estimates = OTHER_DISTRIBUTION.estimates["back_function"][[4, 26, 52].index(week)]
        bars = [bar for bar in ax.patches[1:] if isinstance(bar, Rectangle)]  # the first is the shaded band
        assert bars[0].get_x() <= estimates.min() <= bars[0].get_x() + bars[0].get_width()
        assert sum(bar.get_height() for bar in bars) == len(estimates)
        printed = {4: [], 26: [0.80], 52: [1.20]}[week]
        assert [np.asarray(line.get_xdata(), dtype=float)[0] for line in ax.lines] == [*printed, 0.0]

    def test_every_usable_estimate_is_drawn_and_the_others_counted(self) -> None:
        ax = ar.plot_sampling_distribution(
            drawn_of(np.append(ESTIMATES, [np.nan, np.nan])), "disability", new_ax(), design=ASTEROID.design
        )
        counts = [bar.get_height() for bar in ax.patches if hasattr(bar, "get_height")]
        assert len(ax.lines) == 1
        assert abs(sum(counts) - 4000) <= 1  # and the shaded band, whose height is 1
        assert any("4,000 trials (2 more failed to fit)" in text for text in texts(ax))

    @pytest.mark.parametrize("step", [0.05, 0.1, 1 / 76])
    def test_bins_hold_equally_many_points_of_the_grid_that_scores_lie_on(self, step: float) -> None:
        grid = np.repeat(np.arange(-400, 400) * step, 5)
        ax = ar.plot_sampling_distribution(drawn_of(grid), "average_pain", new_ax(), design=ASTEROID.design)
        heights = [bar.get_height() for bar in ax.patches if hasattr(bar, "get_height") and bar.get_height() > 1]
        assert len(set(heights[1:-1])) == 1

    def test_bins_of_continuous_estimates_follow_their_spread(self) -> None:
        draws = np.random.default_rng(1).normal(0.02, 0.01, size=4000)
        ax = ar.plot_sampling_distribution(drawn_of(draws), "average_pain", new_ax(), design=ASTEROID.design)
        widths = [bar.get_width() for bar in ax.patches if hasattr(bar, "get_width")][1:]
        q1, q3 = np.quantile(draws, [0.25, 0.75])
        assert widths[0] == pytest.approx(2 * (q3 - q1) / 4000 ** (1 / 3))

    def test_estimates_that_are_all_the_same_can_be_drawn(self) -> None:
        ax = ar.plot_sampling_distribution(drawn_of(np.full(10, -15.3)), "average_pain", new_ax(), **PRINTED)
        assert any("0.0 % of trials below, 0.0 % above" in text for text in texts(ax))

    def test_too_few_estimates_are_refused(self) -> None:
        with pytest.raises(InputError, match="2 finite values or more, got 1"):
            ar.plot_sampling_distribution(drawn_of(np.array([1.0, np.nan])), "disability", design=ASTEROID.design)

    def test_a_week_without_a_visit_is_refused(self) -> None:
        with pytest.raises(InputError, match="week must be"):
            ar.plot_sampling_distribution(DISTRIBUTION, "disability", week=7, design=ASTEROID.design)
        with pytest.raises(InputError, match="week must be"):
            ar.plot_sampling_distribution(DISTRIBUTION, "disability", week=0, design=ASTEROID.design)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ar.plot_trajectories(TRIAL, "disabilty", ax),
        lambda ax: ar.plot_sampling_distribution(DISTRIBUTION, "disabilty", ax, **PRINTED),
    ],
)
def test_an_unknown_outcome_is_named_with_the_nearest(draw: Callable[[Axes], Axes]) -> None:
    with pytest.raises(InputError, match=r"outcome must be one of .* got 'disabilty'.*Did you mean 'disability'"):
        draw(new_ax())


def test_empty_tables_are_refused() -> None:
    empty = replace(TRIAL, outcomes=TRIAL.outcomes.iloc[:0])
    with pytest.raises(InputError, match="outcomes must have rows"):
        ar.plot_participant_flow(empty, new_ax())
    with pytest.raises(InputError, match="rows of disability"):
        ar.plot_trajectories(empty, "disability", new_ax())
