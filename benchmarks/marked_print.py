"""Print true analyses in the forms in use, plant errors, hide both in running text: the marked set of the audit.

What was printed is known, so what the reader finds, misreads, invents and accuses can be counted.
"""

import re
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
from scipy import stats

ERRORS = (
    "digit typed wrong",
    "limits of another row",
    "SE for SD",
    "sign lost",
    "p of another test",
    "per cent for proportion",
)
KINDS = ("difference, z", "difference, t", "ratio", "efficacy", "correlation", "one-sided", "exact rate", "exact share",
         "bootstrap", "profile")  # fmt: skip


Numbers = tuple[str, str, str, str | None]  # estimate, limits, p, as printed


@dataclass(frozen=True)
class Marked:
    """A printed result and what is true of it: its numbers and kind, the error planted in it, its place in the text."""

    text: str
    numbers: Numbers
    kind: str
    decimals: int
    scale: str
    level: float
    error: str = ""
    start: int = 0


@dataclass(frozen=True)
class Drawn:
    """An unrounded result: estimate, limits and p, with its kind, level and df."""

    values: tuple[float, float, float]
    p: float | None
    kind: str
    level: float = 0.95

    @property
    def scale(self) -> str:
        """Return the scale on which the result is symmetric."""
        named = {"ratio": "ratio", "efficacy": "per cent reduction", "correlation": "Fisher z"}
        return named.get(self.kind, "difference")


def draw(rng: np.random.Generator) -> Drawn:
    """Draw a result of one of the kinds."""
    kind = str(rng.choice(KINDS, p=[0.25, 0.2, 0.2, 0.05, 0.05, 0.05, 0.06, 0.04, 0.05, 0.05]))
    level = float(rng.choice([0.95, 0.95, 0.95, 0.95, 0.9, 0.99]))
    if kind == "exact rate":
        events = int(rng.integers(2, 60))
        low, high = stats.chi2.ppf((1 - level) / 2, 2 * events) / 2, stats.chi2.ppf((1 + level) / 2, 2 * events + 2) / 2
        scale = 1000 / float(rng.uniform(50, 500))
        return Drawn((events * scale, low * scale, high * scale), None, kind, level)
    if kind == "exact share":
        people = int(rng.integers(15, 200))
        count = int(rng.integers(1, people))
        limits = stats.binomtest(count, people).proportion_ci(level, method=str(rng.choice(["exact", "wilson"])))
        return Drawn((100 * count / people, 100 * limits.low, 100 * limits.high), None, kind, level)
    return _wald(rng, kind, level)


def _wald(rng: np.random.Generator, kind: str, level: float) -> Drawn:
    df = float(rng.integers(8, 400)) if kind == "difference, t" else np.inf
    relative = rng.normal(0, 2.2)
    se = {"ratio": 0.05, "efficacy": 0.1, "correlation": 0.05}.get(kind, 0.1) * float(np.exp(rng.uniform(0, 2)))
    if kind in ("difference, z", "difference, t", "one-sided", "bootstrap", "profile"):
        se *= float(np.exp(rng.uniform(0, 3)))
    centre = float(np.clip(relative * se, -2.2, 2.2)) if kind in ("ratio", "correlation") else relative * se
    half = float(stats.t.ppf((1 + level) / 2, df)) * se
    p = float(2 * stats.t.sf(abs(centre) / se, df))
    values = np.array([centre, centre - half, centre + half])
    if kind in ("bootstrap", "profile"):  # as skewed limits are: one side is longer
        skew = float(rng.uniform(1.1, 1.5))
        values = np.array([centre, centre - half / skew, centre + half * skew])
        return Drawn(tuple(values), None if rng.random() < 0.5 else _p_within(values, p, level), kind, level)
    shown = {"ratio": np.exp, "efficacy": lambda x: 100 * (1 - np.exp(-x)), "correlation": np.tanh}.get(
        kind, lambda x: x
    )
    p = float(stats.norm.sf(abs(centre) / se)) if kind == "one-sided" else p
    return Drawn(tuple(shown(values)), p, kind, level)


def _p_within(values: np.ndarray, p: float, level: float) -> float:
    """Return a p-value on the side of the level on which the interval is: such intervals come with such tests."""
    excludes = values[1] > 0 or values[2] < 0
    return min(p, (1 - level) * 0.9) if excludes else max(p, (1 - level) * 1.1)


def rounded(value: float, decimals: int, rule: str) -> str:
    """Round as a program prints."""
    return f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=rule):f}"


def numbers_of(rng: np.random.Generator, drawn: Drawn) -> tuple[Numbers, int]:
    """Return the printed numbers, and how many decimals the estimate has."""
    least = 1 if drawn.kind in ("efficacy", "exact rate", "exact share") else 2
    decimals = int(rng.integers(least, 4)) if least == 2 else int(rng.integers(0, 2))
    rule = ROUND_HALF_UP if rng.random() < 0.5 else ROUND_HALF_EVEN
    e, low, high = (rounded(value, decimals, rule) for value in drawn.values)
    return (e, low, high, None if drawn.p is None else _printed_p(rng, drawn.p, rule)), decimals


def _printed_p(rng: np.random.Generator, p: float, rule: str) -> str:
    decimals = int(rng.integers(2, 5))
    text = rounded(p, decimals, rule)
    if float(text) == 0:
        return f"<{Decimal(1).scaleb(-decimals):f}"
    bounds = [bound for bound in ("0.001", "0.01", "0.05") if p < float(bound)]
    return f"<{bounds[0]}" if bounds and rng.random() < 0.15 else text


LABELS = {
    "difference, z": ["mean difference", "MD", "net difference", "the adjusted difference was", "change", "\u03b2"],
    "ratio": ["hazard ratio", "HR", "odds ratio", "OR", "RR", "risk ratio", "IRR", "adjusted rate ratio"],
    "efficacy": ["vaccine efficacy", "efficacy was", "effectiveness"],
    "correlation": ["r =", "correlation", "correlation was"],
    "exact rate": ["incidence per 1000 h", "the rate was", "rate"],
    "exact share": ["sensitivity", "recovered:", "the proportion was"],
}  # fmt: skip
UNITS = {"difference, z": ["", "", " points", " mm", " ms", " kg", " points on a 10-point scale", " mm Hg"],
         "efficacy": ["%", ""], "exact share": ["%", " %"]}  # fmt: skip
BOUNDS = ["{a} to {b}", "{a}, {b}", "{a}; {b}", "{a} - {b}", "{a}\u2013{b}"]
OPEN = [(" (", ")"), (" [", "]"), (", ", ""), ("; ", ""), (" {{", "}}")]
ANNOUNCED = ["{n}% CI {l}", "{n}% CI: {l}", "CI {n}%: {l}", "{n}%CI {l}", "{n} % confidence interval {l}",
             "{n}% CI, {l}", "{n}% confidence interval [CI], {l}", "{n}% C.I. = {l}"]  # fmt: skip
P = ["p={p}", "P = {p}", "p-value {p}", "p {p}", "P value: {p}", "p=  {p}"]


def printed(rng: np.random.Generator, drawn: Drawn, numbers: Numbers, *, only_words: bool = False) -> str:
    """Return a result as papers print it; with `only_words` no comma separates its limits."""
    family = drawn.kind if drawn.kind in LABELS else "difference, z"
    label, unit = str(rng.choice(LABELS[family])), str(rng.choice(UNITS.get(family, [""])))
    signs = [minus(rng)] * 3
    e, low, high = (number.replace("-", sign) for number, sign in zip(numbers[:3], signs, strict=True))
    if rng.random() < 0.05 and drawn.kind.startswith("difference"):
        low, high = high, low
    negative = "-" in numbers[1] + numbers[2]
    ways = [BOUNDS[0], BOUNDS[2]] if only_words else BOUNDS[:3] if negative else BOUNDS
    bounds = str(rng.choice(ways)).format(a=low, b=high)
    opened, closed = OPEN[int(rng.integers(len(OPEN)))]
    n = f"{100 * drawn.level:g}"
    announced = str(rng.choice(ANNOUNCED)).format(n=n, l=bounds)
    p = "" if numbers[3] is None else _p_text(rng, numbers[3], one_sided=drawn.kind == "one-sided")
    opened, closed = opened.replace("{{", "{"), closed.replace("}}", "}")
    if rng.random() < 0.2 and opened.strip() in ("(", "["):  # a heading tells the level
        text = f"{label} ({n}% CI) {e}{opened}{bounds}{closed}{unit}"
        return f"{text}, {p}" if p else text
    text = f"{label} {e}{unit}{opened}{announced}"
    if not p:
        return text + closed
    return f"{text}; {p}{closed}" if rng.random() < 0.5 else f"{text}{closed}, {p}"


def minus(rng: np.random.Generator) -> str:
    """Return a minus sign as a journal sets it."""
    return str(rng.choice(["-", "\u2212", "\u2013", "\u2212 "], p=[0.5, 0.3, 0.15, 0.05]))


def _p_text(rng: np.random.Generator, p: str, *, one_sided: bool) -> str:
    text = str(rng.choice(P)).format(p=p)
    if p[0] in "<>":
        text = f"{rng.choice(['p', 'P', 'p ', 'P '])}{p[0]}{rng.choice(['', ' '])}{p[1:]}"
    if rng.random() < 0.1:
        text = text.replace("0.", ".")
    return f"one-sided {text}" if one_sided and rng.random() < 0.7 else text


NOISE = [
    "In {y} to {y2} we screened {n} people aged {a} ({b}-{c}) years at {d} centres.",
    "The questionnaire has 10 items scored 0-100 on a 100-point scale (Smith et al., {y}).",
    "Median follow-up was {d} months (IQR {b} to {c}), with {n} visits in weeks 0, 6 and 12.",
    "See Table {d} and references {b}, {c} and [{d}, {b}]; doi:10.1136/bjsm-{y}-{n}.",
    "Adverse events (n = {d}) were mild; {b} of {c} people took part in the 12-week programme.",
    "Sessions lasted {b} to {c} min, 3 times a week, version 2.{d}.1 of the plan.",
    "Pain ranged from {b} to {c} and body mass was 78.4 kg at week {d}.",
    "A minimal important change of 15 points (range 10 to 20) was set on {d} May {y}.",
]


def noise(rng: np.random.Generator) -> str:
    """Return a sentence with numbers that are no results."""
    b = int(rng.integers(2, 40))
    filled = {"y": int(rng.integers(1995, 2020)), "y2": int(rng.integers(2020, 2026)), "n": int(rng.integers(50, 2000)),
              "a": b + 12, "b": b, "c": b + int(rng.integers(20, 40)), "d": int(rng.integers(2, 12))}  # fmt: skip
    return str(rng.choice(NOISE)).format(**filled)


def plant(rng: np.random.Generator, drawn: Drawn, numbers: Numbers, error: str) -> Numbers:
    """Return the numbers with an error of a kind; the same numbers where the kind does not apply."""
    e, low, high, p = numbers
    if error == "digit typed wrong":
        return _with(numbers, at := int(rng.integers(0, 3)), _other_digit(rng, str(numbers[at])))
    if error == "sign lost":
        at = 0 if e[0] == "-" else 1
        return _with(numbers, at, str(numbers[at]).lstrip("-"))
    if error == "p of another test":
        return (e, low, high, None if p is None else rounded(float(rng.uniform(0.0005, 1)), 3, ROUND_HALF_EVEN))
    if error == "per cent for proportion":
        return _with(numbers, 0, rounded(drawn.values[0] / 100, 3, ROUND_HALF_EVEN))
    centre, *ends = drawn.values
    if error == "SE for SD":  # the limits are those of an SE that was divided by the root of 40 people once more
        moved = [centre + (end - centre) / np.sqrt(40) for end in ends]
    else:
        shift = float(rng.choice([-1, 1])) * float(rng.uniform(0.1, 0.5)) * (ends[1] - ends[0])
        moved = [end + shift for end in ends]
    decimals = len(e.partition(".")[2])
    return (e, *(rounded(end, decimals, ROUND_HALF_EVEN) for end in moved), p)  # type: ignore[return-value]


def _with(numbers: Numbers, at: int, text: str) -> Numbers:
    return (*numbers[:at], text, *numbers[at + 1 :])  # type: ignore[return-value]


def _other_digit(rng: np.random.Generator, printed: str) -> str:
    places = [place for place, sign in enumerate(printed) if sign.isdigit()]
    place = places[int(rng.integers(len(places)))]
    other = str((int(printed[place]) + int(rng.integers(1, 10))) % 10)
    return printed[:place] + other + printed[place + 1 :]


def marked_text(rng: np.random.Generator, results: int, error_share: float) -> tuple[str, list[Marked]]:
    """Return a running text of so many results among other sentences, and what is in it.

    One text in ten sets decimals with a raised point, one in twenty with a comma; some sentences list two results.
    """
    mark = str(rng.choice([".", "\u00b7", ","], p=[0.85, 0.1, 0.05]))
    text, marks = "", []
    for _ in range(results):
        marked = marked_result(rng, error_share, mark)
        joined = text.endswith(". ") and bool(marks) and rng.random() < 0.15
        if joined:
            text = f"{text[:-2]} {rng.choice(['and', 'but', 'while'])} for function "
        else:
            text += f"{noise(rng)} ".replace("78.4", f"78{mark}4") if rng.random() < 0.6 else ""
            text += str(rng.choice(["At week 12, ", "For pain: ", "Here ", "In the second model, "]))
        marks.append(replace(marked, start=len(text)))
        text += f"{marked.text}. "
        text += str(rng.choice(["", "\n", "\n\n", "\f"], p=[0.6, 0.2, 0.17, 0.03]))
    return text, marks


def marked_result(rng: np.random.Generator, error_share: float, mark: str) -> Marked:
    """Draw a result, plant an error in it or not, and print it with a decimal mark."""
    drawn = draw(rng)
    numbers, decimals = numbers_of(rng, drawn)
    error = ""
    if rng.random() < error_share and drawn.kind in KINDS[:3]:
        wanted = str(rng.choice(ERRORS))
        planted = plant(rng, drawn, numbers, wanted)
        error, numbers = (wanted, planted) if planted != numbers else ("", numbers)
    said = printed(rng, drawn, numbers, only_words=mark == ",")
    if mark != ".":
        said = re.sub(r"(?<=\d)\.(?=\d)", mark, said)
    return Marked(said, numbers, drawn.kind, decimals, drawn.scale, drawn.level, error)
