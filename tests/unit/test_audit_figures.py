"""The figures of printed lines: the black region is exactly where every number of the line is printed."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from asteroid_repro import InputError, audit_triple, plot_reconstructions, plot_triple, reconstruct, save_figure, study
from asteroid_repro.figures.style import SIZE
from asteroid_repro.printed.audit_triple import TripleAudit
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.verdicts.reconstruction import Reconstructions

Z = math.inf
PAIN = "-15.30 (-25.33, -5.27), p=0.003"
DISABILITY = "-5.20 (-10.12, -0.24), p=0.038"
REPAIRED = "-5.20 (-10.12, -0.28), p=0.038"
LINES = [
    (PAIN, Z),
    (PAIN, 38.0),
    (PAIN, 51.0),
    (DISABILITY, Z),
    (REPAIRED, Z),
    ("-15.30 (-25.33, -5.27)", Z),
    ("(-25.33, -5.27), p=0.003", 60.0),
    ("-15.30, p=0.003", 38.0),
    ("-15.30, p<0.001", Z),
    ("-1.3, p>0.05", Z),
    ("-15 (-25.33, -5.27), p=0.003", Z),
    ("15.30 (5.27, 25.33), p=0.003", Z),
    ("0.00 (-1.00, 1.00), p=0.99", Z),
    ("0.00 (-1.00, 1.00), p=1.00", Z),
    ("-14.30 (-25.33, -5.27), p=0.003", Z),
    ("-15.30 (-25.33, -5.27), p=0.5", Z),
    ("1.2 (0.1, 2.3), p=0.07", 12.0),
]
RATIOS = ["1.50 (1.10, 2.05), p=0.011", "0.05 (0.00, 0.92), p=0.04"]


def draw(audit: TripleAudit, df: float = Z) -> Axes:
    return plot_triple(audit, Figure(figsize=SIZE, layout="constrained").subplots(), df=df)


def shapes(ax: Axes, label: str) -> list[NDArray[np.float64]]:
    return [
        np.asarray(patch.get_xy()) for patch in ax.patches if isinstance(patch, Polygon) and patch.get_label() == label
    ]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def misses(
    line: PrintedTriple, df: float, e: NDArray[np.float64], s: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return by how many half units each printed number is missed at (e, s), from the definition: 0 where printed."""
    tail = (1 - line.level) / 2
    c = -float(ndtri(tail)) if math.isinf(df) else -float(stdtrit(df, tail))
    p = 2 * (ndtr(-np.abs(e) / s) if math.isinf(df) else stdtr(df, -np.abs(e) / s))
    found = {}
    for name, value in {"estimate": e, "lower": e - c * s, "upper": e + c * s, "p": p}.items():
        interval = line.interval(name)
        if interval is not None:
            outside = np.maximum(np.maximum(interval.low - value, value - interval.high), 0.0)
            found[name] = outside / ((interval.high - interval.low) / 2)
    return found


@pytest.mark.parametrize(("text", "df"), LINES)
def test_the_region_is_where_every_number_is_printed(text: str, df: float) -> None:
    audit = audit_triple(text)
    ax = draw(audit, df)
    region = shapes(ax, "possible")
    assert bool(region) == audit.allows(df)
    for corners in region:
        inside = corners[corners[:, 1] > 0]  # s = 0 is a limit, not a standard error
        missed = misses(audit.triple, df, *inside.T)
        assert all(np.all(one < 1e-6) for one in missed.values())


@pytest.mark.parametrize(("text", "df"), LINES)
def test_every_band_holds_exactly_the_points_that_print_its_number(text: str, df: float) -> None:
    audit = audit_triple(text)
    ax = draw(audit, df)
    rng = np.random.default_rng(1)
    points = np.column_stack([rng.uniform(*ax.get_xlim(), 4000), rng.uniform(*ax.get_ylim(), 4000)])
    missed = misses(audit.triple, df, *points.T)
    missed["possible"] = np.max(list(missed.values()), axis=0)
    for name, miss in missed.items():
        drawn = np.any(
            [np.zeros(4000, bool), *(Outline(shape).contains_points(points) for shape in shapes(ax, name))], axis=0
        )
        # Points within a hair of an edge may fall either way in floating point.
        wrong = (drawn != (miss == 0)) & ~((miss > 0) & (miss < 1e-6))
        assert not wrong.any(), name


@pytest.mark.parametrize("text", RATIOS)
def test_a_ratio_is_drawn_in_log_units(text: str) -> None:
    audit = audit_triple(text, ratio=True)
    ax = draw(audit)
    assert ax.get_xlabel() == "Unrounded estimate, log units"
    assert ax.get_ylabel() == "Unrounded standard error, log units"
    for corners in shapes(ax, "possible"):
        assert all(np.all(one < 1e-6) for one in misses(audit.triple, Z, *corners.T).values())
    assert bool(shapes(ax, "possible")) == audit.df.z


def test_the_region_touches_the_range_of_standard_errors_of_the_audit() -> None:
    audit = audit_triple(REPAIRED)
    heights = np.concatenate(shapes(draw(audit), "possible"))[:, 1]
    assert audit.se_low is not None
    assert audit.se_high is not None
    # The audit's range is over all distributions, of which z has the largest standard errors here.
    assert audit.se_low - 1e-9 <= heights.min()
    assert abs(heights.max() - audit.se_high) < 1e-9


def test_a_consistent_line_says_possible() -> None:
    ax = draw(audit_triple(PAIN))
    assert ax.get_xlabel() == "Unrounded estimate, points"
    assert ax.get_ylabel() == "Unrounded standard error, points"
    assert ax.get_title(loc="left") == "As printed: −15.30 (−25.33, −5.27), p=0.003"  # noqa: RUF001
    assert "possible" in texts(ax)
    assert "no point in all bands" not in texts(ax)
    assert any("Reference distribution: z; 95 % limits.\nConsistent" in text for text in texts(ax))


def test_a_line_that_fits_another_distribution_says_which() -> None:
    ax = draw(audit_triple(PAIN), 38)
    assert "no point in all bands" in texts(ax)
    assert any("t(38)" in text and "fits t from 51 df up and z" in " ".join(text.split()) for text in texts(ax))


def test_a_hair_beyond_the_possible_df_nothing_is_drawn_as_possible() -> None:
    """There rounding still finds a speck in all bands; the figure must not contradict its own words."""
    audit = audit_triple("5.00 (0.70, 9.30), p=0.038")
    df = (1 - 1e-13) / audit.df.u_high
    assert not audit.allows(df)
    ax = draw(audit, df)
    assert "no point in all bands" in texts(ax)
    assert shapes(ax, "possible") == []


def test_a_contradiction_says_so_and_shows_the_gap() -> None:
    ax = draw(audit_triple(DISABILITY))
    assert "no point in all bands" in texts(ax)
    note = " ".join(texts(ax)[-1].split())
    assert "Contradiction, with z and with every t from 1 df up." in note
    assert "upper limit −0.30 to −0.27." in note  # noqa: RUF001
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    for name in ("estimate", "lower", "upper", "p"):
        clipped = [np.clip(shape, (left, bottom), (right, top)) for shape in shapes(ax, name)]
        assert any(np.ptp(shape[:, 0]) > 0 and np.ptp(shape[:, 1]) > 0 for shape in clipped), name


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (PAIN, ["Estimate −15.30", "Lower limit −25.33", "Upper limit −5.27", "p = 0.003", "All bands"]),  # noqa: RUF001
        ("-15.30 (-25.33, -5.27)", ["Estimate", "Lower limit", "Upper limit", "All bands"]),
        ("(-25.33, -5.27), p=0.003", ["Lower limit", "Upper limit", "p = 0.003", "All bands"]),
        ("-15.30, p<0.001", ["Estimate", "p < 0.001", "All bands"]),
        (DISABILITY, ["Estimate", "Lower limit", "Upper limit", "p = 0.038"]),
    ],
)
def test_the_legend_names_each_printed_number(text: str, labels: list[str]) -> None:
    legend = draw(audit_triple(text)).get_legend()
    assert legend is not None
    found = [entry.get_text() for entry in legend.get_texts()]
    assert len(found) == len(labels)
    assert all(entry.startswith(label) for entry, label in zip(found, labels, strict=True))


def test_bands_differ_by_more_than_colour() -> None:
    hatches = {patch.get_hatch() for patch in draw(audit_triple(PAIN)).patches if patch.get_label() != "possible"}
    assert len(hatches) == 4


@pytest.mark.parametrize("text", [line for line, _ in LINES])
def test_every_text_lies_within_the_figure(text: str) -> None:
    ax = draw(audit_triple(text))
    inside_figure(ax)


def inside_figure(ax: Axes) -> None:
    figure = ax.figure.canvas.figure
    figure.draw_without_rendering()
    legend = ax.get_legend()
    labels = [*ax.texts, ax.xaxis.label, ax.yaxis.label, *(legend.get_texts() if legend else [])]
    title = [text for text in ax.get_children() if isinstance(text, Text) and text not in labels]
    for text in [*title, *labels]:
        if not text.get_text():
            continue
        box = text.get_window_extent()
        assert box.x0 >= -0.5, text
        assert box.y0 >= -0.5, text
        assert box.x1 <= figure.bbox.width + 0.5, text
        assert box.y1 <= figure.bbox.height + 0.5, text


def test_errors_say_what_to_do() -> None:
    with pytest.raises(InputError, match=r"df must be at least 1, got 0\.5"):
        draw(audit_triple(PAIN), 0.5)
    zero = audit_triple("0.00 (0.00, 0.01), p=0.04", ratio=True)
    with pytest.raises(InputError, match="Give more decimals of the ratio"):
        draw(zero)


@pytest.fixture(scope="module")
def found() -> Reconstructions:
    return reconstruct("current_pain", n=12, seed=1)


def drawn(found: Reconstructions) -> Axes:
    return plot_reconstructions(found, Figure(figsize=SIZE, layout="constrained").subplots())


def test_reconstructions_say_they_are_not_real(found: Reconstructions) -> None:
    title = drawn(found).get_title(loc="left")
    assert title == "RECONSTRUCTED, NOT REAL DATA (12 data sets)"


def test_reconstructions_show_what_is_pinned_down(found: Reconstructions) -> None:
    ax = drawn(found)
    names = [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]
    assert names == [
        "Within-person residual SD (pinned down)",
        "SD of the change 0-12 (left open)",
        "SD at baseline (left open)",
        "SD at week 12 (left open)",
        "Standard error by MMRM (left open)",
    ]
    assert ax.get_xlabel().endswith("points")
    assert ax.get_xlim()[0] == 0


def test_reconstructions_show_every_data_set_and_the_range(found: Reconstructions) -> None:
    ax, table = drawn(found), found.to_frame()
    rows = [np.asarray(line.get_xdata()) for line in ax.lines if len(np.asarray(line.get_xdata())) == 12]
    assert np.array_equal(rows[1], table["change_sd"])
    assert f"{table['change_sd'].min():.1f} to {table['change_sd'].max():.1f}" in texts(ax)
    inside_figure(ax)


def test_reconstructions_of_another_study_name_its_weeks_and_units() -> None:
    stretching = study(Path(__file__).parents[1] / "studies" / "stretching")
    equal = tuple(
        claim.model_copy(update={"printed": "40"}) if claim.id == "people.usual_care" else claim
        for claim in stretching.ledger.claims
    )
    found = reconstruct("back_function", stretching, n=3, seed=1, ledger=replace(stretching.ledger, claims=equal))
    ax = drawn(found)
    names = [label.get_text().partition("\n")[0] for label in ax.get_yticklabels()]
    assert names[1:4] == ["SD of the change 0-52", "SD at baseline", "SD at week 52"]
    assert ax.get_xlabel() == "Standard deviation or standard error, points"
    rows = [np.asarray(line.get_xdata()) for line in ax.lines if len(np.asarray(line.get_xdata())) == 3]
    assert np.array_equal(rows[3], found.to_frame()["week52_sd"])
    inside_figure(ax)


@pytest.mark.parametrize(("level", "printed"), [(0.9, "90 %"), (0.9999, "99.99 %")])
def test_the_level_of_the_limits_is_that_of_the_line(level: float, printed: str) -> None:
    ax = draw(audit_triple("-15.30 (-25.33, -5.27)", level=level))
    assert any(f"{printed} limits." in text for text in texts(ax))


def test_one_data_set_has_no_range(found: Reconstructions) -> None:
    with pytest.raises(InputError, match="2 data sets or more, got 1"):
        drawn(replace(found, scores=found.scores[:1]))


def test_both_figures_are_the_same_bytes_every_time(found: Reconstructions, tmp_path: Path) -> None:
    for number in (1, 2):
        save_figure(draw(audit_triple(PAIN)), tmp_path / f"triple-{number}")
        save_figure(drawn(found), tmp_path / f"found-{number}")
    for name in ("triple", "found"):
        for suffix in ("svg", "png"):
            first, second = (tmp_path / f"{name}-{number}.{suffix}" for number in (1, 2))
            assert first.read_bytes() == second.read_bytes()
