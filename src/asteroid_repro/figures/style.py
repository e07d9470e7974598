"""What all figures share: colours, names, the stamp that says what the data are, and how a figure becomes files."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asteroid_repro.errors import InputError, did_you_mean
from asteroid_repro.reporting.files import write_file
from asteroid_repro.trial.quantities import UNITS

BLACK: Final = "#000000"
GREY: Final = "#555555"
LIGHT_GREY: Final = "#E5E5E5"
BLUE: Final = "#0072B2"
VERMILLION: Final = "#D55E00"
ORANGE: Final = "#E69F00"
SKY_BLUE: Final = "#56B4E9"
GREEN: Final = "#009E73"
"""The colours of Okabe and Ito, told apart with every common kind of colour vision (with the greys for text)."""

SIZE: Final = (7.0, 4.5)
"""Width and height of a figure in print, inches."""
TEXT: Final = 9
SMALL: Final = 8
"""Font sizes, points."""
EFFECT: Final = "running minus waitlist, points (negative favours running)"


@dataclass(frozen=True)
class ArmStyle:
    """How an arm is drawn, alike in every figure: never by colour alone.

    Attributes
    ----------
    colour, line, marker : str
        Colour, line style and marker of matplotlib.
    shift : float
        Weeks by which the arm is moved aside, so that intervals at one visit do not cover each other.
    """

    colour: str
    line: str
    marker: str
    shift: float


ARM_STYLES: Final[Mapping[str, ArmStyle]] = {
    "running": ArmStyle(BLUE, "-", "o", -0.12),
    "waitlist": ArmStyle(VERMILLION, "--", "s", 0.12),
}


def new_axes(ax: Axes | None) -> Axes:
    """Return the axes to draw on: those given, or those of a new figure."""
    if ax is None:
        _, ax = plt.subplots(figsize=SIZE, layout="constrained")
    return ax


def finish(ax: Axes, label: str) -> Axes:
    """Give axes their common look and stamp them with what the data are.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes with everything drawn.
    label : str
        For instance the label of a trial, ``SIMULATED ...``; empty for no stamp.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.

    Examples
    --------
    >>> finish(Figure().subplots(), "SIMULATED").get_title(loc="left")
    'SIMULATED'
    """
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL)
    ax.xaxis.label.set_fontsize(TEXT)
    ax.yaxis.label.set_fontsize(TEXT)
    ax.set_title(label, loc="left", fontsize=SMALL, color=GREY, pad=8)
    return ax


def legend_below(ax: Axes, columns: int, **options: Any) -> None:
    """Put the legend under the axis label, where it can cover no data."""
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        borderaxespad=4.5,  # font sizes, so that it clears the axis label in a figure of any height
        ncols=columns,
        frameon=False,
        fontsize=SMALL,
        **options,
    )


def note_below(ax: Axes, text: str) -> None:
    """Write a note under the axis label."""
    ax.annotate(
        text, (0, 0), (0, -38), xycoords="axes fraction", textcoords="offset points",
        va="top", fontsize=SMALL, color=GREY,
    )  # fmt: skip


def plain_name(name: str) -> str:
    """Turn a name from a table into words.

    Examples
    --------
    >>> plain_name("low_back_pain")
    'Low back pain'
    """
    return name.replace("_", " ").capitalize()


def number(value: float, decimals: int) -> str:
    r"""Format a number as it is printed in a paper, with a true minus sign.

    Examples
    --------
    >>> number(-15.3, 2) == "\N{MINUS SIGN}15.30"
    True
    """
    return f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def check_outcome(outcome: str) -> str:
    """Return the outcome's name and unit, to label an axis with.

    Raises
    ------
    InputError
        An unknown outcome.

    Examples
    --------
    >>> check_outcome("disability")
    'Disability, points (ODI, 0-100)'
    """
    if outcome not in UNITS:
        raise InputError(f"outcome must be one of {', '.join(UNITS)}, got {outcome!r}.{did_you_mean(outcome, UNITS)}")
    return f"{plain_name(outcome)}, {UNITS[outcome]}"


def save_figure(figure: Axes | Figure, path_without_suffix: Path | str) -> list[Path]:
    """Write a figure as SVG and as PNG (150 dots per inch), the same bytes every time.

    A saved figure is finished: its layout stays as it is from here on.

    Parameters
    ----------
    figure : matplotlib.axes.Axes or matplotlib.figure.Figure
        What a ``plot_`` function returned, or its figure.
    path_without_suffix : path
        Where to write; ``.svg`` and ``.png`` are added. The folder is made.

    Returns
    -------
    list of pathlib.Path
        The two files.

    Raises
    ------
    InputError
        A place that cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> [path.name for path in save_figure(Figure(), folder / "empty")]
    ['empty.svg', 'empty.png']
    """
    whole = figure if isinstance(figure, Figure) else figure.figure.canvas.figure
    path = Path(path_without_suffix)
    # Dates and program versions would make two runs differ, and so would the random names inside an SVG.
    with mpl.rc_context({"svg.hashsalt": "asteroid-repro", "svg.fonttype": "path"}):
        # Each further pass of the layout would move everything by a hair.
        whole.draw_without_rendering()
        whole.set_layout_engine("none")
        images = {
            "svg": _image(whole, format="svg", metadata={"Date": None, "Creator": None}),
            "png": _image(whole, format="png", dpi=150, metadata={"Software": None}),
        }
    return [write_file(path.with_name(f"{path.name}.{suffix}"), image) for suffix, image in images.items()]


def _image(figure: Figure, **options: Any) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, **options)
    return buffer.getvalue()


def greys_of_blue(levels: int) -> list[tuple[float, float, float, float]]:
    """Return so many blues from almost white to dark, evenly apart in lightness and so readable in grey.

    Examples
    --------
    >>> len(greys_of_blue(4))
    4
    """
    return [tuple(colour) for colour in mpl.colormaps["Blues"](np.linspace(0.05, 0.95, levels))]
