"""The reader of running text and its verdicts: forms of print, numbers that are no results, what is said of each."""

import pandas as pd
import pytest

import asteroid_repro as ar
from asteroid_repro.printed.grading.audited_print import audit_lines
from asteroid_repro.printed.reading.find_results import find_results

ABSTRACT = """Results: All 40 people (20 runners) were seen at 12 weeks, between March 2023 and May 2024. Average pain
(mean net difference (95% CI): -15.30 (-25.33, -5.27) points, p=0.003), current pain (-19.35 (-32.01, -6.69) points,
p=0.003) and disability (-5.20 (-10.12, -0.24) points, P=0.038) fell. Adherence was 70% (SD 20%); 9 adverse events."""
PAIN = ("-15.30", "-25.33", "-5.27", "0.003")


def parts(text: str, *, line: bool = False) -> list[tuple[str | None, ...]]:
    """Return the numbers of every result."""
    return [(one.estimate, one.lower, one.upper, one.p) for one in find_results(text, line=line)]


def test_an_abstract_gives_its_three_results_and_leaves_its_other_numbers_alone() -> None:
    found = [row for row in ar.audit_text(ABSTRACT).rows if row.found.kind != "mean"]
    assert [(row.found.estimate, row.verdict) for row in found] == [
        ("-15.30", "compatible"),
        ("-19.35", "compatible"),
        ("-5.20", "interval not symmetric"),
    ]
    assert [row.found.scale for row in found] == ["difference"] * 3
    for row in found:
        assert " ".join(ABSTRACT[row.found.start : row.found.end].split()).rstrip(")") == row.found.quote.rstrip(")")
    assert "average pain" in found[0].found.label.lower()
    assert "disability" in found[2].found.label


@pytest.mark.parametrize(
    "text",
    [
        "Pain fell (MD \u221215.30 [95% CI, \u221225.33 to \u22125.27]; P = .003).",
        "The difference was \u221215.30 mm (95% confidence interval [CI] \u221225.33 to \u22125.27, p=0.003).",
        "The difference (95% CI) was -15.30 points (-25.33; -5.27), p-value 0.003.",
        "A difference of -15\u00b730 (95% CI \u221225\u00b733 to \u22125\u00b727; p=0\u00b7003) was seen.",
        "In week 12 the effect was -15,30 (IC 95%: -25,33; -5,27; p = 0,003).",
        "Effect -15.30 on a 100-point scale, 95%CI: -25.33 to -5.27, p=0.003.",
        "Effect $-15.30$ (95\\% CI $-25.33$ to $-5.27$; $p=0.003$).",
        "Effect **-15.30** (95% con\ufb01dence inter-\nval: -25.33,\n-5.27); *p* = 0.003.",
        "| Pain | -15.30 (95% CI -25.33 to -5.27) | 0.003 |",
        "Effect (p=0.003; 95% CI -25.33 to -5.27; n=40) was",  # without an estimate
    ],
)
def test_running_text_in_the_forms_in_use(text: str) -> None:
    (found,) = parts(text)
    wanted = (None, *PAIN[1:]) if "n=40" in text else PAIN
    assert [one and float(one) for one in found] == [one and float(one) for one in wanted]


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("(hazard ratio 0.72, 95% CI 0.60-0.85)", "ratio"),
        ("pain or disability 0.72 (95% CI 0.60-0.85)", ""),
        ("OR 0.72 (95% CI 0.60-0.85)", "ratio"),
        ("efficacy 72% (95% CI 60 to 85)", "per cent reduction"),
        ("correlation r = 0.72 (95% CI 0.60-0.85)", "Fisher z"),
        ("risk difference 7.2% (95% CI 6.0 to 8.5)", "difference"),
    ],
)
def test_the_scale_comes_from_the_nearest_word(text: str, scale: str) -> None:
    (found,) = find_results(text)
    assert found.scale == scale


@pytest.mark.parametrize(
    "text",
    [
        "Adults aged 33 (18-45) years, seen in 2012-2016 (Smith, 2016) on a 10-point scale.",
        "The median was 5 (IQR 2 to 9) and the mean 50 km (range 2-110).",
        "See refs 12 (3,4) and [5, 6]; Table 2 (page 99-108); doi 10.1136/bjsports-2024-108245.",
        "Version 1.2.3 of 22 November 2026, COVID-19, 3 sessions a week (2 to 4).",
        "Limits of agreement -5 to 5; F(1, 38) = 4.2; t(38) = 2.1, p=0.04.",
    ],
)
def test_numbers_that_are_no_results_are_left_alone(text: str) -> None:
    assert parts(text) == []


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("-15.30 (-25.33, -5.27), p=0.003", "compatible"),
        ("2.00 (1.00, 4.00), p=0.050", "compatible"),
        ("risk difference 2.00 (1.00, 4.00), p=0.050", "compatible on another scale"),
        ("efficacy 50 (20, 69), p=0.004", "compatible"),
        ("50 (20, 69), p=0.004", "compatible on another scale"),
        ("-15.30 (-25.33, -5.27), p=0.0014", "compatible if p is one-sided / from another test"),
        ("-15.30 (-25.33, -5.27), p=0.0005", "compatible if p is one-sided / from another test"),
        ("-15.30 (-25.33, -5.27), one-sided p=0.0014", "compatible"),
        ("-15.30 (-25.33, -5.27), p=0.3", "contradiction"),
        ("-15.30 (-25.33, 2.10), p=0.003", "contradiction"),
        ("-5.20 (-10.12, -0.24), p=0.038", "interval not symmetric"),
        ("-35.30 (-25.33, -5.27), p=0.003", "impossible"),
        ("-15.30 (-25.33, -5.27), p=1.3", "impossible"),
        ("20/40 (51%)", "contradiction"),
        ("20 of 40 people (50%)", "compatible"),
        ("33 (SD -6)", "impossible"),
        ("-15.30 (SE 5.12), p=0.003", "compatible"),
    ],
)
def test_the_verdicts(line: str, verdict: str) -> None:
    (row,) = ar.audit_text(line, line=True).rows
    assert row.verdict == verdict, row.sentence
    assert row.fails == (verdict in ("contradiction", "impossible"))
    assert row.sentence.endswith(".")


def test_a_linear_or_mixed_model_leaves_no_other_explanation() -> None:
    (row,) = ar.audit_text("-5.20 (-10.12, -0.24), p=0.038", kind="wald", line=True).rows
    assert row.verdict == "contradiction"
    assert row.repairs == ("upper -0.30", "upper -0.29", "upper -0.28", "upper -0.27")


def test_the_people_rule_out_distributions_that_no_such_trial_has() -> None:
    line = "0.71 (0.67, 0.76), p=0.007"
    (alone,), (many,) = (ar.audit_text(line, scale="ratio", people=people, line=True).rows for people in ("", "500"))
    assert alone.verdict == "compatible"
    assert "few df" in alone.sentence
    assert many.verdict == "compatible if p is one-sided / from another test"


@pytest.mark.parametrize(
    ("line", "counts", "form"),
    [
        ("85.7 (39.2, 162.7)", "9/105", "exact Poisson rate of 9/105"),
        ("85.7 (39.2, 162.7)", "", "exact Poisson rate of 9 events"),
        ("4.32 (0.98, 21.95), p=0.054", "12/20 v 5/20", "Fisher odds ratio of 12/20 v 5/20"),
        ("3.20 (0.80, 18.38), p=0.084", "9 events in 105 v 3 events in 112", "exact ratio of rates of 9/105 v 3/112"),
        ("1.80 (0.76, 4.51)", "9/20 v 5/20", "Miettinen-Nurminen ratio of 9/20 v 5/20"),
        ("60 (38.7, 78.1)", "12/20", "Wilson share of 12/20"),
        ("60 (36.1, 80.9)", "12/20", "Clopper-Pearson share of 12/20"),
        ("0.35 (0.04, 0.58)", "12/20 v 5/20", "Newcombe difference of 12/20 v 5/20"),
    ],
)
def test_exact_intervals_are_known_by_their_counts(line: str, counts: str, form: str) -> None:
    """Limits from R 4.2.2 (poisson.test, fisher.test, binom.test, prop.test) and this package's responders()."""
    (row,) = ar.audit_text(line, counts=counts, line=True).rows
    assert row.verdict == "interval not symmetric"
    assert row.form == form


def test_no_line_stops_a_file_and_each_column_is_obeyed() -> None:
    table = pd.DataFrame(
        [
            {"line": "0.11; 95% CI -0.28, 0.06; p = 0.212", "group": "NA"},
            {"line": "", "group": "001"},
            {"line": "# 1.45 (1.02, 2.06), p=.04", "ratio": "yes"},
            {"line": "0.32 (-0.07, 0.71), p=0.035", "level": "0.99"},
            {"line": "0.32 (-0.07, 0.71), p=0.035", "level": "high", "people": "some"},
            {"line": "words only"},
        ],
        dtype=str,
    ).assign(note="")  # fmt: skip
    found = audit_lines(table)
    verdicts = ["impossible", "no result", "compatible", "compatible", "contradiction", "no result"]
    assert [row.verdict for row in found.rows] == verdicts
    assert [row.found.group for row in found.rows][:2] == ["NA", "001"]
    assert found.rows[1].sentence == "The cell is blank."
    assert "level must be" in found.rows[4].sentence
    assert "people must be" in found.rows[4].sentence
    assert "Columns not used: note." in found.notes()


@pytest.mark.parametrize(
    ("source", "line", "verdict"),
    [
        ("Vickers 2004, BMJ 328:744", "adjusted difference 4.6 (95% CI 2.2 to 7.0), P=0.0002", "compatible"),
        ("Chow 2006, Pain 124:201", "-3.0 cm (95% CI -2.1 to -3.8)", "compatible"),
        ("Tagliaferri 2020, J Clin Med 9:1726", "change -10.7 (-18.7, -2.8) mm, 95% CI", "compatible"),
        ("Videbaek 2015, Sports Med 45:1017", "17.8 (95% CI 16.7-19.1) per 1000 h", "compatible"),
        ("PMC4895187", "mean adherence 70 % (95 % CI 62-77 %)", "compatible"),
        ("a news item", "5.2 points out of 100, 95% CI 0.2-10.1", "compatible"),
        ("Walters 2019, Trials 20:566", "back pain 0.24 (0.17-0.37, three correlations)", "interval not symmetric"),
    ],
)
def test_lines_that_were_printed(source: str, line: str, verdict: str) -> None:
    """Single figures of the ledger's sources; the last is a range of three, which a line alone cannot tell."""
    (row,) = ar.audit_text(line, line=True).rows
    assert row.verdict == verdict, (source, row.sentence)
