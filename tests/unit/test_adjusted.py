"""A printed difference adjusted for the baseline: its formula, its limits, and what print cannot say."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asteroid_repro import InputError, adjusted_from_print, plot_adjusted, reanalyse, study
from asteroid_repro.printed.adjusted import readings_of_print
from asteroid_repro.study_contents import write_skeleton

LINE = "-19.35 (-32.01, -6.69), p=0.003"


def test_current_pain_at_one_half_is_minus_24() -> None:
    one = adjusted_from_print(LINE, baseline=(30.8, 40.1), people=(20, 20), n_visits=3, correlations=[0.5]).rows[0]
    assert (one.model, one.distribution, one.likelihood, one.df) == ("random intercept", "z", "REML", 37)
    assert one.estimate == pytest.approx(-28.65 + 9.3 * 0.5, abs=1e-9)
    assert one.sd == pytest.approx(20.43, abs=0.005)
    assert one.se == pytest.approx(5.82, abs=0.005)  # divided by n - 3: with n - 2 it would be 5.75
    assert (one.ci_low, one.ci_high) == pytest.approx((-35.8, -12.2), abs=0.05)


@settings(max_examples=25)
@given(
    correlation=st.floats(-0.9, 0.95),
    ratio=st.floats(0.5, 2),
    arms=st.tuples(st.integers(5, 60), st.integers(5, 60)),
    mean=st.floats(-50, 50),
)
def test_arms_that_began_alike_keep_the_printed_estimate(
    correlation: float, ratio: float, arms: tuple[int, int], mean: float
) -> None:
    found = adjusted_from_print(
        LINE.partition(", p")[0], baseline=(mean, mean), people=arms, correlations=[correlation], sd_ratio=ratio
    )
    assert {row.estimate for row in found.rows} == {-19.35}


@settings(max_examples=25)
@given(correlation=st.floats(0.2, 0.95), first=st.floats(0, 100), second=st.floats(0, 100))
def test_slope_1_keeps_the_printed_estimate_whatever_the_imbalance(
    correlation: float, first: float, second: float
) -> None:
    found = adjusted_from_print(
        LINE, baseline=(first, second), people=(20, 20), correlations=[correlation], sd_ratio=1 / correlation
    )
    assert [row.estimate for row in found.rows] == pytest.approx([-19.35] * len(found.rows), abs=1e-9)


@settings(max_examples=25)
@given(st.floats(0, 0.9), st.floats(1, 30))
def test_exchanging_the_arms_changes_the_signs_alone(correlation: float, apart: float) -> None:
    one = adjusted_from_print(LINE, baseline=(40 - apart, 40), people=(20, 25), correlations=[correlation])
    other = adjusted_from_print(
        "19.35 (6.69, 32.01), p=0.003", baseline=(40, 40 - apart), people=(25, 20), correlations=[correlation]
    )
    for mine, yours in zip(one.rows, other.rows, strict=True):
        assert (mine.estimate, mine.ci_low) == pytest.approx((-yours.estimate, -yours.ci_high), rel=1e-12)


def test_readings_are_those_that_print_allows_and_maximum_likelihood_divides_by_n() -> None:
    table = readings_of_print(LINE, 20, 20, n_visits=3)
    read = set(zip(table["model"], table["distribution"], strict=True))
    assert read == {("random intercept", "z"), ("random intercept", "t"), ("MMRM", "z")}  # t(38) prints other limits
    sd = table.set_index(["model", "distribution", "likelihood"])["change_sd"]
    assert sd["MMRM", "z", "ML"] / sd["MMRM", "z", "REML"] == pytest.approx(math.sqrt(40 / 38), rel=1e-12)
    assert sd["MMRM", "z", "REML"] == pytest.approx(12.66 / 1.959964 / math.sqrt(0.1), rel=1e-6)
    t = 12.66 / 1.991673 / math.sqrt(0.1)  # on 76 df
    assert sd["random intercept", "t", "REML"] == pytest.approx(t, rel=1e-6)


def test_the_level_of_the_line_is_that_of_the_adjusted_interval() -> None:
    found = adjusted_from_print("-10 (90% CI -18.2 to -1.8)", baseline=(50, 50), people=(20, 20), correlations=[0.5])
    one = found.rows[0]
    assert one.ci_high - one.estimate == pytest.approx(1.6871 * one.se, rel=1e-4)  # t(37) at 0.90


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"line": "-19.35, p=0.003"}, r"line must have confidence limits"),
        ({"line": "(-32.01, -6.69), p=0.003"}, r"line must have a difference of means as its estimate"),
        ({"line": "-5.20 (-10.12, -0.24), p=0.038"}, r"line must be one .* contradicts itself"),
        ({"correlations": [1.0]}, r"correlations must be in \(-1, 1\), got 1.0"),
        ({"people": (1, 20)}, r"people must be"),
        ({"sd_ratio": 0.0}, r"sd_ratio must be"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], said: str) -> None:
    given: dict[str, object] = {"line": LINE, "baseline": (30.8, 40.1), "people": (20, 20)} | change
    with pytest.raises(InputError, match=said):
        adjusted_from_print(**given)  # type: ignore[arg-type]  # what is wrong is the point


def test_a_study_says_what_it_can_and_what_it_cannot() -> None:
    found = reanalyse()
    assert list(found.curves) == ["current_pain"]
    assert found.at("current_pain", 0.5).estimate == pytest.approx(-24.0, abs=1e-9)
    assert (min(found.sourced.values()), max(found.sourced.values())) == (0.24, 0.75)
    assert [text.partition(":")[0] for text in found.cannot] == ["average_pain", "disability"]
    said = found.answer()
    assert "-24.0 (-35.8 to -12.2) at correlation 0.5" in said
    assert "0.24 to 0.75, it is -26.4 to -21.7" in said
    with pytest.raises(InputError, match=r"outcome must be one of current_pain, got 'average_pain'"):
        found.at("average_pain", 0.5)
    with pytest.raises(InputError, match="correlation must be one of the curve"):
        found.at("current_pain", 0.501)


def test_a_study_without_baselines_has_no_curve_and_says_why(tmp_path: Path) -> None:
    write_skeleton(tmp_path / "mine")
    found = reanalyse(study(tmp_path / "mine"))
    assert not found.curves
    assert all("not re-analysed, since" in text for text in found.cannot)


def test_a_line_printed_the_other_way_round_is_turned(tmp_path: Path) -> None:
    folder = tmp_path / "asteroid"
    shutil.copytree(study().folder, folder)
    text = (folder / "claims.toml").read_text(encoding="utf-8")
    for part, printed, turned in (
        ("estimate", "-19.35", "19.35"),
        ("ci_low", "-32.01", "32.01"),
        ("ci_high", "-6.69", "6.69"),
    ):
        old = f'outcome = "current_pain", week = 12, statistic = "{part}" }}'
        assert text.count(old) == 1
        head, _, tail = text.partition(f'id = "current_pain.week12.{part}"')
        tail = tail.replace(f'printed = "{printed}"', f'printed = "{turned}"', 1)
        text = head + f'id = "current_pain.week12.{part}"\nreversed = true' + tail
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    assert reanalyse(study(folder)).at("current_pain", 0.5) == reanalyse().at("current_pain", 0.5)


def test_the_figure_shows_the_curve_and_the_printed_line() -> None:
    found = reanalyse()
    ax = plot_adjusted(found.curves["current_pain"], sourced=found.sourced)
    assert ax.get_title(loc="left").startswith("Current pain. Print re-analysed, nothing simulated")
    names = ax.get_legend_handles_labels()[1]
    assert {"Adjusted", "95% CI", "Printed, unadjusted", "Sourced correlation"} <= set(names)
    curve = next(line for line in ax.lines if line.get_label() == "Adjusted")
    across, up = np.asarray(curve.get_xdata()), np.asarray(curve.get_ydata())
    assert up[across == 0.5].item() == pytest.approx(-24.0)
