"""Reading result lines as papers print them."""

import pytest

from asteroid_repro.errors import InputError
from asteroid_repro.printed.printed_triple import PrintedTriple
from asteroid_repro.printed.reading.printed_line import parse_line
from asteroid_repro.printed.rounding_interval import p_interval, rounding_interval

PAIN = PrintedTriple("-15.30", "-25.33", "-5.27", "0.003")


@pytest.mark.parametrize(
    "text",
    [
        "-15.30 (-25.33, -5.27), p=0.003",
        "\u221215.30 (\u221225.33, \u22125.27), p=0.003",
        "\u201315.30 (\u201325.33 to \u20135.27); P = 0.003",
        "-15.30 [-25.33; -5.27], p-value 0.003",
        "-15.30 (95% CI -25.33 to -5.27; p=0.003)",
        "-15.30 (95% CI: -25.33, -5.27) (p=0.003)",
        "-15.30, 95 % confidence interval -25.33 to -5.27, p = 0.003",
        "-15.30 (-25.33 \u2013 -5.27), p=0.003",
        "-15.30 (-25.33--5.27) p=0.003",
        "-15\u00b730 (-25\u00b733 to -5\u00b727), p=0\u00b7003",
        "  -15.30  -25.33, -5.27  p 0.003 ",
    ],
)
def test_every_way_to_print_the_pain_line_is_read_alike(text: str) -> None:
    assert parse_line(text) == PAIN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.25 (1.02\u20131.53), p=.03", PrintedTriple("1.25", "1.02", "1.53", ".03")),
        ("1.25 (90% CI 1.02-1.53), P<.05", PrintedTriple("1.25", "1.02", "1.53", "<.05", level=0.9)),
        ("1 (0 to 2) p>=0.05", PrintedTriple("1", "0", "2", ">0.05")),
        ("-15.30 (-25.33, -5.27)", PrintedTriple("-15.30", "-25.33", "-5.27", None)),
        ("(-25.33, -5.27), p<0.001", PrintedTriple(None, "-25.33", "-5.27", "<0.001")),
        ("-15.30, p\u22640.05", PrintedTriple("-15.30", None, None, "<0.05")),
        ("70% (60%, 80%)", PrintedTriple("70", "60", "80", None)),
        ("2 (1, 3), p=1.2e-5", PrintedTriple("2", "1", "3", "1.2e-5")),
        ("10 (-5 to 25)", PrintedTriple("10", "-5", "25", None)),
        ("-15.30 (-25.33 -5.27), p=0.003", PAIN),
        ("-15,30 (-25,33; -5,27), p=0,003", PAIN),
        ("-15.30 (-5.27, -25.33), p=0.003", PAIN),
        ("mean -15.30 (-25.33, -5.27) points, p=0.003", PAIN),
        ("1 (0, 2), p=n.s.", PrintedTriple("1", "0", "2", ">0.05")),
        ("1,234, p=0.01", PrintedTriple("1234", None, None, "0.01")),
        ("-15,30, p=0.003", PrintedTriple("-15.30", None, None, "0.003")),
        ("1.1 (0.9 to 1.3), p=0.8%", PrintedTriple("1.1", "0.9", "1.3", "0.008")),
    ],
)
def test_other_forms_and_missing_parts(text: str, expected: PrintedTriple) -> None:
    assert parse_line(text) == expected


def test_the_standard_form_reads_back_as_itself() -> None:
    for text in ("-15.30 (-25.33, -5.27), p=0.003", "(1.0, 2.0), p<0.001", "1.5, p=0.2", "1.5 (1.0, 2.0)"):
        assert str(parse_line(text)) == text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("running works", "line must be one result"),
        ("", "line must be one result"),
        ("-15.30", "line must be one result"),
        ("p=0.003", "line must be one result"),
        ("CI 95%: 90 to 100", "line must be one result"),
        ("1.2 (0, 2), p=0.1; 2.3 (1.2, 3.4), p=0.2", "line must be one result"),
        ("-35.30 (-25.33, -5.27), p=0.003", "line must be possible"),
        ("-15.30 (-25.33, -5.27), p=3", "line must be possible"),
        ("-15.30 (-25.33, -5.27), p=-0.1", "line must be possible"),
    ],
)
def test_nonsense_gets_one_clear_line(text: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_line(text)
    message = str(caught.value)
    assert message.startswith(complaint)
    assert "\n" not in message
    assert ", got " in message


def test_nonsense_that_is_not_text_is_refused_too() -> None:
    with pytest.raises(InputError, match="limits must be two or none"):
        PrintedTriple("1.0", "0.5", None, "0.03")
    with pytest.raises(InputError, match="upper must be a printed number, got 'high'"):
        PrintedTriple("1.0", "0.5", "high", None)
    with pytest.raises(InputError, match="level must be in"):
        parse_line("1 (0, 2)", level=95)
    with pytest.raises(InputError, match="which no ratio is"):
        parse_line("1 (-0.5, 2)", ratio=True)


def test_an_estimate_outside_its_limits_by_rounding_alone_is_read() -> None:
    assert parse_line("0.5 (0.51, 0.64)").estimate == "0.5"


def test_limits_reversed_by_rounding_alone_are_read() -> None:
    assert parse_line("0.15 (0.1515, 0.15)").upper == "0.1515"


@pytest.mark.parametrize(
    ("printed", "low", "high"),
    [("-15.30", -15.305, -15.295), ("2", 1.5, 2.5), ("0.0", -0.05, 0.05), (".125", 0.1245, 0.1255)],
)
def test_decimals_set_the_rounding_interval(printed: str, low: float, high: float) -> None:
    band = rounding_interval(printed)
    assert band.low == pytest.approx(low, abs=1e-9)
    assert band.high == pytest.approx(high, abs=1e-9)


@pytest.mark.parametrize(
    ("printed", "low", "high"),
    [
        ("0.003", 0.0025, 0.0035),
        ("<0.001", 0.0, 0.001),
        (">0.05", 0.05, 1.0),
        ("0.000", 0.0, 0.0005),
        ("0", 0.0, 0.5),
        ("1.00", 0.995, 1.0),
        ("1.2e-5", 1.15e-5, 1.25e-5),
    ],
)
def test_p_intervals_stay_within_zero_and_one(printed: str, low: float, high: float) -> None:
    band = p_interval(printed)
    assert band.low == pytest.approx(low, abs=1e-10)
    assert band.high == pytest.approx(high, rel=1e-8)
    assert 0 <= band.low <= band.high <= 1
