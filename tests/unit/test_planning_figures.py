"""The figures for planning show what the results hold, say what the data are, and are written alike every time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from scipy.special import ndtri

from asteroid_repro import (
    ASTEROID,
    InputError,
    assurance,
    plot_assurance,
    plot_power_curve,
    plot_rerun,
    plot_what_if,
    power_curve,
    replication,
    save_figure,
    study,
    what_if,
)
from asteroid_repro.figures.style import SIZE, SMALL

mpl.use("Agg")

EFFECT = "average_pain.effect"
CURVE = power_curve(ASTEROID, {"people_per_arm": [10, 20, 40]}, measures=("power", "type_m"), trials=200, seed=1)
CURVES = power_curve(ASTEROID, {"people_per_arm": [10, 40], EFFECT: [-8, -15.3]}, trials=200, seed=1)
CHANGED = what_if(ASTEROID, ASTEROID.with_effect(average_pain=-8), trials=256, seed=1)
ASSURANCE = assurance(ASTEROID, mean=-15.3, sd=5.117, trials=200, seed=1)
RERUN = replication(-15.3, 5.117)
OTHER = study(Path(__file__).parents[1] / "studies" / "stretching")
DESIGN, SUPPOSED = OTHER.design, OTHER.assumptions
FUNCTION = "back_function.effect"
OTHER_CURVES = power_curve(SUPPOSED, {"people_per_arm": [20, 40], FUNCTION: [0.5, 1.2]}, trials=200, seed=1)
OTHER_CHANGED = what_if(SUPPOSED, SUPPOSED.with_values(**{FUNCTION: 0.3}), trials=256, seed=1)
OTHER_ASSURANCE = assurance(SUPPOSED, mean=1.2, sd=0.4, trials=200, seed=1)

Draw = Callable[[Axes | None], Axes]
FIGURES: dict[str, Draw] = {
    "power curve": lambda ax: plot_power_curve(CURVE, ax, target=0.9),
    "power curves": lambda ax: plot_power_curve(CURVES, ax, target=0.9),
    "exaggeration": lambda ax: plot_power_curve(CURVE, ax, measure="type_m"),
    "what if": lambda ax: plot_what_if(CHANGED, ax),
    "what if, in points": lambda ax: plot_what_if(CHANGED, ax, measure="mean_estimate", week=6),
    "assurance": lambda ax: plot_assurance(ASSURANCE, ax),
    "rerun": lambda ax: plot_rerun(RERUN, ax),
    "other power curves": lambda ax: plot_power_curve(OTHER_CURVES, ax, design=DESIGN),
    "other what if": lambda ax: plot_what_if(OTHER_CHANGED, ax, design=DESIGN),
    "other assurance": lambda ax: plot_assurance(OTHER_ASSURANCE, ax, design=DESIGN),
}
every_figure = pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)


def new_ax() -> Axes:
    return Figure(figsize=SIZE, layout="constrained").subplots()


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.findobj(Text) if isinstance(text, Text) and text.get_text()]


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def bars(ax: Axes) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the points of each line with error bars."""
    lines = [drawn.lines[0] for drawn in ax.containers if isinstance(drawn, ErrorbarContainer)]
    return [(np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in lines if line is not None]


def curve(ax: Axes) -> tuple[np.ndarray, np.ndarray]:
    """Return the density that was drawn first."""
    return np.asarray(ax.lines[0].get_xdata()), np.asarray(ax.lines[0].get_ydata())


@every_figure
class TestEveryFigure:
    def test_says_what_it_rests_on(self, draw: Draw) -> None:
        title = draw(new_ax()).get_title(loc="left")
        assert title.startswith(("SIMULATED", "Normal approximation, nothing simulated"))

    def test_draws_where_it_is_told_or_on_a_figure_of_its_own(self, draw: Draw) -> None:
        ax = new_ax()
        assert draw(ax) is ax
        assert plt.get_fignums() == []
        assert draw(None).figure is plt.gcf()

    def test_all_text_is_large_enough_and_inside_the_figure(self, draw: Draw) -> None:
        ax = draw(new_ax())
        figure = ax.figure.canvas.figure
        figure.draw_without_rendering()
        width, height = figure.get_size_inches() * figure.dpi
        legends = [each for each in ax.findobj(Legend) if isinstance(each, Legend)]
        named = [text for each in legends for text in (*each.get_texts(), each.get_title())]
        title = [text for text in ax.get_children() if isinstance(text, Text)]
        for text in [*title, *named, ax.xaxis.label, ax.yaxis.label]:
            if not text.get_text():
                continue
            box = text.get_window_extent()
            assert float(text.get_fontsize()) >= SMALL, text.get_text()
            assert -1 <= box.x0 <= box.x1 <= width + 1, text.get_text()
            assert -1 <= box.y0 <= box.y1 <= height + 1, text.get_text()

    def test_two_runs_write_the_same_bytes(self, draw: Draw, tmp_path: Path) -> None:
        first = [path.read_bytes() for path in save_figure(draw(new_ax()), tmp_path / "a")]
        assert [path.read_bytes() for path in save_figure(draw(new_ax()), tmp_path / "b")] == first


class TestPowerCurve:
    def test_points_are_those_of_the_curve(self) -> None:
        ax = FIGURES["power curve"](new_ax())
        table = CURVE.to_frame()
        ((x, y),) = bars(ax)
        np.testing.assert_array_equal(x, table["people_per_arm"])
        np.testing.assert_array_equal(y, table["power"])
        assert legend(ax) == ["Wanted: 0.9", "Power"]
        (wanted,) = (line for line in ax.lines if line.get_label() == "Wanted: 0.9")
        assert np.asarray(wanted.get_ydata()).tolist() == [0.9, 0.9]

    def test_a_second_field_has_a_line_for_each_value(self) -> None:
        ax = FIGURES["power curves"](new_ax())
        table = CURVES.to_frame()
        for (_, y), effect in zip(bars(ax), [-8, -15.3], strict=True):
            np.testing.assert_array_equal(y, table.loc[table[EFFECT] == effect, "power"])
        assert [name.replace("\N{MINUS SIGN}", "-") for name in legend(ax)[1:]] == ["-8", "-15.3"]
        assert "Average pain: true effect at the last visit, points" in texts(ax)

    def test_a_share_is_drawn_in_percent_and_a_ratio_is_not(self) -> None:
        for name, percent in (("power curve", True), ("exaggeration", False)):
            ax = FIGURES[name](new_ax())
            ax.figure.canvas.figure.draw_without_rendering()
            assert any(label.get_text().endswith("%") for label in ax.get_yticklabels()) is percent

    def test_what_cannot_be_drawn_is_refused(self) -> None:
        with pytest.raises(InputError, match="Did you mean 'power'"):
            plot_power_curve(CURVE, measure="powr")
        with pytest.raises(InputError, match="finished point"):
            plot_power_curve(replace(CURVE, points=()))
        by_word = tuple(({"missing_mechanism": "mar"}, found) for _, found in CURVE.points)
        with pytest.raises(InputError, match="must be numbers"):
            plot_power_curve(replace(CURVE, points=by_word))
        many = tuple(({"people_per_arm": 10, "age": age}, CURVE.points[0][1]) for age in range(30, 36))
        with pytest.raises(InputError, match="age must have at most 5 values, got 6"):
            plot_power_curve(replace(CURVE, points=many))

    def test_limits_are_those_of_the_monte_carlo_error(self) -> None:
        ax = FIGURES["power curve"](new_ax())
        (drawn,) = (each for each in ax.containers if isinstance(each, ErrorbarContainer))
        caps = np.array([np.asarray(cap.get_ydata()) for cap in drawn.lines[1]])
        np.testing.assert_allclose(caps, np.array([(one.low, one.high) for one in CURVE.at("power")]).T, atol=1e-12)

    def test_labels_and_units_are_those_of_the_design(self) -> None:
        ax = FIGURES["other power curves"](new_ax())
        table = OTHER_CURVES.to_frame()
        for (x, y), effect in zip(bars(ax), [0.5, 1.2], strict=True):
            own = table[table[FUNCTION] == effect]
            np.testing.assert_array_equal(x, own["people_per_arm"])
            np.testing.assert_array_equal(y, own["power"])
        assert "Back function: true effect at the last visit, points" in texts(ax)
        far = power_curve(SUPPOSED, {"sleep.sd": [8, 9]}, outcome="sleep", trials=50, seed=1)
        assert plot_power_curve(far, new_ax(), design=DESIGN).get_xlabel() == (
            "Sleep disturbance: standard deviation, T-score"
        )

    def test_whole_numbers_have_whole_ticks(self) -> None:
        ax = FIGURES["other power curves"](new_ax())
        assert all(float(tick) == int(tick) for tick in ax.get_xticks())


class TestWhatIf:
    @pytest.mark.parametrize(
        ("name", "measure", "week"), [("what if", "power", 12), ("what if, in points", "mean_estimate", 6)]
    )
    def test_markers_are_the_measures_of_both_scenarios(self, name: str, measure: str, week: int) -> None:
        ax = FIGURES[name](new_ax())
        rows = [row for row in CHANGED.rows if (row.measure, row.week) == (measure, week)]
        drawn = {(np.ravel(line.get_xdata()).tolist()[0], np.ravel(line.get_ydata()).tolist()[0]) for line in ax.lines}
        for y, row in enumerate(rows):
            assert {(row.base, y), (row.changed, y)} <= drawn

    def test_the_change_is_printed_with_its_error_and_unit(self) -> None:
        row = next(row for row in CHANGED.rows if (row.measure, row.week) == ("power", 12))
        change = f"{100 * row.change:.1f} percentage points\n(MCSE {100 * row.mcse:.1f})".replace("-", "\N{MINUS SIGN}")
        assert f"Change {change}" in texts(FIGURES["what if"](new_ax()))

    def test_outcomes_go_by_the_labels_of_the_design(self) -> None:
        ax = FIGURES["other what if"](new_ax())
        assert [label.get_text() for label in ax.get_yticklabels()] == ["Back function", "Sleep disturbance"]
        rows = [row for row in OTHER_CHANGED.rows if (row.measure, row.week) == ("power", 52)]
        for marker, values in (("s", [row.base for row in rows]), ("o", [row.changed for row in rows])):
            drawn = [float(np.ravel(line.get_xdata())[0]) for line in ax.lines if line.get_marker() == marker]
            assert drawn == values

    def test_a_change_in_points_has_the_decimals_of_its_error(self) -> None:
        row = next(row for row in CHANGED.rows if (row.measure, row.week) == ("mean_estimate", 6) and row.change > 1)
        assert 0.001 < row.mcse < 0.01
        assert f"Change +{row.change:.3f}\n(MCSE {row.mcse:.3f})" in texts(FIGURES["what if, in points"](new_ax()))

    def test_an_unknown_measure_or_week_is_refused(self) -> None:
        with pytest.raises(InputError, match="Did you mean 'power'"):
            plot_what_if(CHANGED, measure="powr")
        with pytest.raises(InputError, match=r"at week 7\. Choose a visit"):
            plot_what_if(CHANGED, week=7)


class TestRerun:
    def test_the_shaded_area_is_the_probability_of_significance(self) -> None:
        """Read off the polygon that is drawn: its edge, and its area by the shoelace formula."""
        (shaded,) = FIGURES["rerun"](new_ax()).collections
        x, y = np.asarray(shaded.get_paths()[0].vertices).T
        # The curve ends 3.5 SD out and the shading at a point of its grid: together under half a percent.
        assert x.max() == pytest.approx(ndtri(0.025) * RERUN.replication_se, abs=0.1)
        area = 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
        assert area == pytest.approx(RERUN.significant_predictive, abs=0.005)

    def test_an_estimate_of_the_other_sign_is_its_mirror_image(self) -> None:
        x, density = curve(FIGURES["rerun"](new_ax()))
        mirrored_x, mirrored_density = curve(plot_rerun(replication(15.3, 5.117), new_ax()))
        np.testing.assert_allclose(mirrored_x[::-1], -x, rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(mirrored_density[::-1], density, rtol=1e-12)

    def test_shrinkage_moves_the_curve_towards_no_effect(self) -> None:
        x, density = curve(plot_rerun(replication(-15.3, 5.117, shrinkage=0.25), new_ax()))
        assert x[np.argmax(density)] == pytest.approx(-15.3 * 0.75, abs=0.01)

    def test_the_prediction_interval_is_drawn_and_named(self) -> None:
        ax = FIGURES["rerun"](new_ax())
        assert any("95 % prediction interval" in name for name in legend(ax))
        drawn = [np.asarray(line.get_xdata()).tolist() for line in ax.lines]
        assert [RERUN.prediction_low, RERUN.prediction_high] in drawn


class TestAssurance:
    def test_powers_are_those_tried_near_the_belief(self) -> None:
        ((x, y),) = bars(FIGURES["assurance"](new_ax()))
        near = [each for each in ASSURANCE.tried if abs(each.effect - ASSURANCE.mean) <= 4 * ASSURANCE.sd]
        np.testing.assert_array_equal(x, [each.effect for each in near])
        np.testing.assert_array_equal(y, [each.power for each in near])

    def test_error_bars_are_95_percent_limits(self) -> None:
        ax = FIGURES["assurance"](new_ax())
        (drawn,) = (each for each in ax.containers if isinstance(each, ErrorbarContainer))
        low, high = (np.asarray(cap.get_ydata()) for cap in drawn.lines[1])
        near = [each for each in ASSURANCE.tried if abs(each.effect - ASSURANCE.mean) <= 4 * ASSURANCE.sd]
        np.testing.assert_allclose(high - low, [2 * 1.96 * each.mcse for each in near], rtol=1e-9)

    def test_assurance_and_power_at_the_mean_are_named_with_their_errors(self) -> None:
        names = " ".join(legend(FIGURES["assurance"](new_ax())))
        assert f"Assurance {100 * ASSURANCE.assurance:.1f} % (MCSE {100 * ASSURANCE.mcse:.1f} %)" in names
        assert f"Power at the mean {100 * ASSURANCE.power_at_mean:.1f} %" in names

    def test_a_belief_that_more_is_better_is_drawn_as_it_is(self) -> None:
        ax = FIGURES["other assurance"](new_ax())
        assert ax.get_xlabel() == "True effect: stretching at home minus usual care, in the unit of the outcome"
        ((x, y),) = bars(ax)
        tried = [each for each in OTHER_ASSURANCE.tried if abs(each.effect - 1.2) <= 1.6]
        np.testing.assert_array_equal(x, [each.effect for each in tried])
        np.testing.assert_array_equal(y, [each.power for each in tried])
        level = [line for line in ax.lines if line.get_linestyle() == "--"]
        assert [np.ravel(line.get_ydata())[0] for line in level] == [OTHER_ASSURANCE.assurance]
        assert "Belief: mean 1.20, SD 0.40 (height without scale)" in legend(ax)
