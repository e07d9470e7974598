"""Figures are read back from their axes: what is drawn is what the result holds, on a crooked trial."""

import math
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from scipy import stats

import asteroid_repro as ar
from asteroid_repro import ASTEROID

CROOKED = ASTEROID.with_values(
    name="crooked", n_treatment=21, n_reference=19, missing_treatment=0.2, missing_reference=0.1, visit_correlation=0.3,
    **{"average_pain.sd": [16, 19, 22], "every_outcome.effect": -6},
)  # fmt: skip
TRIAL = ar.simulate_trial(CROOKED, seed=8)
LEVEL = 0.8
EFFECTS = ar.estimate_effects(TRIAL, level=LEVEL)
LEDGER = ar.study().ledger


def axes() -> Axes:
    return Figure(figsize=(7, 4.5), layout="constrained").subplots()


def spans(ax: Axes) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    """Return what every line is drawn through: across and up."""
    return [(tuple(map(float, line.get_xdata())), tuple(map(float, line.get_ydata()))) for line in ax.lines]  # type: ignore[arg-type]


def across(ax: Axes) -> list[tuple[float, ...]]:
    return [x for x, _ in spans(ax)]


def bars(ax: Axes) -> np.ndarray:
    """Return the ends of the error bars: x, low, x, high."""
    return np.concatenate(
        [np.array(part.get_segments()).reshape(-1, 4) for part in ax.collections if hasattr(part, "get_segments")]
    )


def texts(ax: Axes) -> list[str]:
    found = [text.get_text() for text in ax.texts]
    legend = ax.get_legend()
    return found + ([text.get_text() for text in [*legend.get_texts(), legend.get_title()]] if legend else [])


def labels(axis: Any) -> list[str]:
    return [tick.get_text() for tick in axis.get_ticklabels()]


@pytest.mark.parametrize("week", [6, 12])
def test_forest(week: int) -> None:
    ax = ar.plot_forest(EFFECTS, axes(), design=CROOKED.design, ledger=LEDGER, week=week)
    drawn = across(ax) + [x for child in ax.child_axes for x in across(child)]  # type: ignore[arg-type]
    for row in EFFECTS.rows:
        if row.week == week:
            assert (row.estimate,) in drawn
            assert (row.ci_low, row.ci_high) in drawn
        else:
            assert (row.ci_low, row.ci_high) not in drawn


def test_forest_has_the_printed_intervals() -> None:
    ax = ar.plot_forest(EFFECTS, axes(), design=CROOKED.design, ledger=LEDGER)
    drawn = across(ax) + [x for child in ax.child_axes for x in across(child)]  # type: ignore[arg-type]
    assert {(-25.33, -5.27), (-15.3,), (-32.01, -6.69)} <= set(drawn)


@pytest.mark.parametrize("week", [6, 12])
def test_sampling_distribution(week: int) -> None:
    found = ar.sampling_distribution(CROOKED, trials=400, seed=2)
    ax = ar.plot_sampling_distribution(found, "average_pain", axes(), design=CROOKED.design, ledger=LEDGER, week=week)
    values = found.estimates["average_pain"][[0, 6, 12].index(week) - 1]
    (band,) = [part for part in ax.patches if "95 % of trials" in str(part.get_label())]
    assert isinstance(band, Rectangle)
    low, high = np.quantile(values, [0.025, 0.975])
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((low, high))
    heights = [part.get_height() for part in ax.patches if isinstance(part, Rectangle) and part is not band]
    assert sum(heights) == len(values)
    below = 100 * (values < 0).mean()
    assert any(f"No difference, 0: {below:.1f} % of trials below" in text for text in texts(ax))


def test_power_curve() -> None:
    curve = ar.power_curve(
        CROOKED, {"people_per_arm": [10, 20], "average_pain.sd": [16, 22]}, trials=200, seed=1, week=6
    )
    ax = ar.plot_power_curve(curve, axes(), target=0.9, design=CROOKED.design)
    assert any(set(y) == {0.9} for _, y in spans(ax))
    found = curve.at("power")
    drawn = {(x, y) for xs, ys in spans(ax) for x, y in zip(xs, ys, strict=True)}
    for (values, _), one in zip(curve.points, found, strict=True):
        assert (values["people_per_arm"], one.value) in drawn
        ends = bars(ax)[:, [0, 1, 3]]
        assert np.isclose(ends, [values["people_per_arm"], one.low, one.high]).all(axis=1).any()
        assert not math.isclose(one.value - one.low, one.high - one.value)


def test_what_if() -> None:
    found = ar.what_if(CROOKED, CROOKED.with_people(10, 30), trials=256, seed=1, level=LEVEL)
    ax = ar.plot_what_if(found, axes(), week=6, design=CROOKED.design)
    rows = [row for row in found.rows if row.measure == "power" and row.week == 6]
    points = [(line.get_marker(), x[0], y[0]) for line, (x, y) in zip(ax.lines, spans(ax), strict=True) if len(x) == 1]
    assert [point for point in points if point[0] == "s"] == [("s", row.base, at) for at, row in enumerate(rows)]
    assert [point for point in points if point[0] == "o"] == [("o", row.changed, at) for at, row in enumerate(rows)]
    assert len(rows) == 3


def test_rerun() -> None:
    found = ar.replication(-15.3, 5.1, relative_size=2, level=LEVEL, shrinkage=0.3)
    ax = ar.plot_rerun(found, axes())
    (density,) = [(np.array(x), np.array(y)) for x, y in spans(ax) if len(x) > 100]
    assert density[0][np.argmax(density[1])] == pytest.approx(0.7 * -15.3)
    assert np.trapezoid(density[1], density[0]) == pytest.approx(1, abs=0.001)
    assert (found.prediction_low, found.prediction_high) in across(ax)
    assert (-15.3, -15.3) in across(ax)
    shaded = ax.collections[0].get_paths()[0].vertices
    z = stats.norm.ppf((1 + LEVEL) / 2)
    step = density[0][1] - density[0][0]
    assert np.asarray(shaded)[:, 0].max() == pytest.approx(-z * found.replication_se, abs=step)


def test_assurance() -> None:
    found = ar.assurance(ASTEROID, mean=-8, sd=4, nodes=5, trials=200, seed=1, week=6)
    ax = ar.plot_assurance(found, axes(), design=CROOKED.design)
    for one in found.tried:
        if abs(one.effect - found.mean) <= 4 * found.sd:
            wanted = [one.effect, one.power - 1.96 * one.mcse, one.power + 1.96 * one.mcse]
            assert np.isclose(bars(ax)[:, [0, 1, 3]], wanted).all(axis=1).any()
    at = {str(line.get_label()): set(map(float, line.get_ydata())) for line in ax.lines}  # type: ignore[arg-type]
    assert next(y for label, y in at.items() if label.startswith("Assurance")) == {found.assurance}
    assert next(y for label, y in at.items() if label.startswith("Power at the mean")) == {found.power_at_mean}
    assert found.assurance != found.power_at_mean


def test_attendance() -> None:
    ax = ar.plot_attendance(TRIAL, axes())
    shares = TRIAL.sessions.groupby("participant")["attended"].mean().sort_values(kind="stable")
    sides = [child for child in ax.child_axes if labels(child.yaxis)]
    right = next(child for child in sides if "Sessions attended" in child.get_ylabel())
    assert labels(right.yaxis) == [f"{100 * share:.0f}" for share in shares]
    mean, sd = 100 * shares.mean(), 100 * shares.std(ddof=1)
    assert f"(mean {mean:.0f}, SD {sd:.0f})" in right.get_ylabel()
    (mesh,) = [part for part in ax.collections if isinstance(part, QuadMesh)]
    counts = TRIAL.sessions.pivot_table(index="participant", columns="week", values="attended", aggfunc="sum")
    np.testing.assert_array_equal(np.asarray(mesh.get_array()).reshape(counts.shape), counts.loc[shares.index])


def test_event_rates() -> None:
    rates = ar.event_rates(TRIAL, level=LEVEL)
    ax = ar.plot_event_rates(rates, axes(), design=CROOKED.design, ledger=LEDGER)
    for at, row in enumerate(rates.rows):
        if row.events:
            assert ((row.ci_low, row.ci_high), (-at, -at)) in spans(ax)
            assert ((row.rate_per_1000,), (-at,)) in spans(ax)
        else:
            assert any(x[-1] == row.ci_high and set(y) == {-at} for x, y in spans(ax))
    bands = [part for part in ax.patches if isinstance(part, Rectangle)]
    ends = {(round(part.get_x(), 9), round(part.get_x() + part.get_width(), 9)) for part in bands}
    numbers = LEDGER.numbers
    printed = [name.removesuffix(".low") for name in numbers if name.startswith("yardstick") and name.endswith(".low")]
    per_hour = [name for name in printed if LEDGER[name].unit == "events per 1000 h"]
    assert ends == {(numbers[f"{name}.low"], numbers[f"{name}.high"]) for name in per_hour}
    assert per_hour


def test_running_hours() -> None:
    ax = ar.plot_running_hours(TRIAL, axes())
    sessions = TRIAL.sessions
    x, y = next((x, y) for x, y in spans(ax) if len(x) > 20)
    hours = sessions.groupby("session")["run_minutes"].sum().cumsum() / 60
    assert y == pytest.approx((0.0, *hours))
    a_week = sessions[sessions["week"] == 1]["session"].nunique()
    assert x[: a_week + 1] == pytest.approx(tuple(np.arange(a_week + 1) / a_week))
    assert x[-1] == sessions["week"].max()


def test_trajectories() -> None:
    ax = ar.plot_trajectories(TRIAL, "average_pain", axes(), level=LEVEL)
    table = TRIAL.outcomes[TRIAL.outcomes["outcome"] == "average_pain"].dropna()
    middles = {round(y, 6) for _, ys in spans(ax) for y in ys if not math.isnan(y)}
    for _, group in table.groupby(["arm", "week"])["value"]:
        half = stats.t.ppf((1 + LEVEL) / 2, len(group) - 1) * stats.sem(group)
        assert round(group.mean(), 6) in middles
        assert np.isclose(bars(ax)[:, [1, 3]], [group.mean() - half, group.mean() + half]).all(axis=1).any()


def test_participant_flow() -> None:
    ax = ar.plot_participant_flow(TRIAL, axes())
    said = [text.get_text() for text in ax.texts]
    values = TRIAL.outcomes.dropna(subset=["value"])
    for arm, people in zip(CROOKED.design.arms, (21, 19), strict=True):
        own = values[values["arm"] == arm.name]
        for week in (6, 12):
            seen = int((own[own["week"] == week].groupby("participant")["outcome"].nunique() == 3).sum())
            assert f"Followed up at week {week} (n = {seen})\nan outcome missing: {people - seen}" in said
        assert any(f"(n = {people})" in text and text.startswith("Allocated") for text in said)


def test_followed_up_is_who_gave_every_outcome() -> None:
    """One person misses one outcome only, and so is not followed up in full."""
    outcomes = TRIAL.outcomes.copy()
    who = outcomes[(outcomes["week"] == 6) & outcomes["value"].notna()]["participant"].iloc[0]
    gone = (outcomes["participant"] == who) & (outcomes["week"] == 6) & (outcomes["outcome"] == "disability")
    before, after = (
        [text.get_text() for text in ar.plot_participant_flow(one, axes()).texts if "week 6" in text.get_text()]
        for one in (TRIAL, ar.Trial(**vars(TRIAL) | {"outcomes": outcomes.assign(value=outcomes["value"].mask(gone))}))
    )
    assert before != after


def test_triple_without_a_possible_point_has_no_region() -> None:
    audited = ar.audit_triple("-5.20 (-10.12, -0.24), p=0.038")
    ax = ar.plot_triple(audited, axes())
    assert not audited.consistent
    assert not [part for part in ax.patches if isinstance(part, Polygon) and part.get_label() == "possible"]


def test_triple_region_prints_every_number() -> None:
    audited = ar.audit_triple("-15.30 (-25.33, -5.27), p=0.003")
    ax = ar.plot_triple(audited, axes())
    (region,) = [part for part in ax.patches if isinstance(part, Polygon) and part.get_label() == "possible"]
    estimate, error = np.asarray(region.get_xy()).mean(axis=0)
    z = stats.norm.ppf(0.975)
    assert f"{estimate:.2f} ({estimate - z * error:.2f}, {estimate + z * error:.2f})" == "-15.30 (-25.33, -5.27)"


def test_reconstructions() -> None:
    found = ar.reconstruct("disability", n=4, seed=1)
    ax = ar.plot_reconstructions(found, axes())
    table = found.to_frame()
    for at, name in enumerate(["within_person_residual_sd", "change_sd", "baseline_sd", "week12_sd", "mmrm_se"]):
        low, high = table[name].min(), table[name].max()
        ends = bars(ax)
        own = ends[np.isclose(ends[:, 1], -at - 0.18) & np.isclose(ends[:, 3], -at - 0.18)]
        assert np.isclose(own[:, [0, 2]], [low, high]).all(axis=1).any(), name
