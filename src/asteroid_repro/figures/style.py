"""What all figures share: colours, the marks of an estimate, the stamp that says what the data are, files."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import Any, Final, Literal

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from asteroid_repro.errors import InputError
from asteroid_repro.reporting.files import write_file

# The colours of Okabe and Ito, told apart with every common kind of colour vision (with the greys for text).
BLACK, GREY, LIGHT_GREY = "#000000", "#555555", "#E5E5E5"
BLUE, VERMILLION, ORANGE, SKY_BLUE, GREEN = "#0072B2", "#D55E00", "#E69F00", "#56B4E9", "#009E73"
SIZE: Final = (7.0, 4.5)  # width and height of a figure in print, inches
TEXT, SMALL = 9, 8  # font sizes, points
# How the treatment and the reference are drawn, alike in every figure: never by colour alone.
ARM_STYLES: Final[tuple[dict[str, Any], ...]] = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": VERMILLION, "linestyle": "--", "marker": "s"},
)
_WIDEST: Final = 95  # letters of a label or an axis that fit beside each other


def new_axes(ax: Axes | None, height: float = SIZE[1]) -> Axes:
    """Return the axes to draw on: those given, or those of a new figure of that height, inches."""
    return ax or plt.subplots(figsize=(SIZE[0], height), layout="constrained")[1]


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
    for each in (ax, *(child for child in ax.child_axes if isinstance(child, Axes))):
        each.spines[["top", "right"]].set_visible(False)
        each.tick_params(labelsize=SMALL)
        each.xaxis.label.set_fontsize(TEXT)
        each.yaxis.label.set_fontsize(TEXT)
    wrapped = "\n".join(fill(line, _WIDEST) for line in label.splitlines())
    ax.set_title(wrapped, loc="left", fontsize=SMALL, color=GREY, pad=8)
    return ax


def legend_below(ax: Axes, columns: int, **options: Any) -> None:
    """Put the legend under the axis label, where it can cover no data."""
    # In font sizes, so that it clears the label in a figure of any height.
    below = 4.5 + 1.4 * ax.get_xlabel().count("\n")
    options["title"] = fill(options.get("title") or "", _WIDEST)
    options |= {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "borderaxespad": below, "frameon": False}
    ax.legend(ncols=columns, fontsize=SMALL, title_fontsize=SMALL, **options)


def note_below(ax: Axes, text: str, place: tuple[float, float] = (0, -38), width: int = 88) -> None:
    """Write a note under the axis label; its place is in points from the lower left corner, its width in letters."""
    text = "\n".join(fill(line, width) for line in text.splitlines())
    look: dict[str, Any] = {"va": "top", "fontsize": SMALL, "color": GREY}
    ax.annotate(text, (0, 0), place, xycoords="axes fraction", textcoords="offset points", **look)


def beside(ax: Axes, y: float, text: str, x: float = 1.02, **options: Any) -> None:
    """Write a text to the right of a row."""
    look: dict[str, Any] = {"fontsize": SMALL, "va": "center"} | options
    ax.text(x, y, text, transform=ax.get_yaxis_transform(), **look)


def name_rows(ax: Axes, names: Mapping[float, str]) -> None:
    """Name the rows of a figure at their heights."""
    ax.set_yticks(list(names), list(names.values()))
    ax.tick_params(axis="y", length=0)


def draw_estimate(
    ax: Axes, y: float, estimate: float, low: float | None, high: float | None, *, color: str, marker: str, **_: str
) -> None:
    """Draw an estimate in its row, with its limits where it has both."""
    if low is not None and high is not None:
        ax.plot([low, high], [y, y], color=color, linewidth=1.6, solid_capstyle="butt")
    ax.plot(estimate, y, color=color, marker=marker, markersize=7, linestyle="none")


def axis_label(text: str) -> str:
    """Return a text as an axis has it: with a capital, and in lines of about one length where it is long."""
    lines = -(-len(text) // _WIDEST)
    return fill(text[:1].upper() + text[1:], _WIDEST if lines == 1 else len(text) // lines + 10)


def in_percent(axis: Axis) -> None:
    """Write the shares of an axis in percent."""
    axis.set_major_formatter(PercentFormatter(1.0, symbol="\N{NO-BREAK SPACE}%"))


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
    if not path.name:
        raise InputError(f"path_without_suffix must name a file, got {str(path)!r}. Add a name.")
    with mpl.rc_context({"figure.autolayout": False, "figure.constrained_layout.use": False}):
        engine = whole.get_layout_engine()
        if engine is not None:  # laid out once: each further pass would cost a drawing and move everything by a hair
            engine.execute(whole)
            whole.set_layout_engine(None)
    return [write_file(path.with_name(f"{path.name}.{kind}"), image(whole, kind)) for kind in ("svg", "png")]


def image(figure: Figure, kind: Literal["svg", "png"]) -> bytes:
    """Return a figure as the content of a file, the same bytes every time.

    Examples
    --------
    >>> image(Figure(), "png")[1:4]
    b'PNG'
    """
    content = BytesIO()
    # Dates and program versions would make two runs differ, and so would the random names inside an SVG.
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context({"svg.hashsalt": "asteroid-repro", "svg.fonttype": "path"}):
        figure.savefig(content, format=kind, dpi=150, metadata=metadata)
    return content.getvalue()
