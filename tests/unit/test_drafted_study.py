"""A study drafted from a text holds every printed result, as printed, and none that is not there."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import asteroid_repro as ar
from asteroid_repro.cli.commands import app
from asteroid_repro.errors import InputError
from asteroid_repro.reporting.drafted_study import CHECK, draft_study
from asteroid_repro.study_contents import study_contents

RUNNING = """Forty adults (mean age 33 years, SD 6; 50 % women) with back pain of 3 months or more were
randomised, 20 to run-walk intervals and 20 to a waitlist, and seen at 6 and 12 weeks. At week 12 running
lowered average pain by 15 points on a scale from 0 to 100 (net difference \u221215.30 (95% CI \u221225.33 to
\u22125.27), p=0.003), current pain (\u221219.35 [\u221232.01, \u22126.69], P = .003) and disability (\u22125.20
(\u221210.12, \u22120.24), p = 0.038). Adherence was 70 % (SD 20 %). There were 9 adverse events in 105 hours of
running."""
HEADACHE = """We randomised 401 people with chronic headache to 3 months of acupuncture or to usual care (BMJ
2004;328:744). Headache score at 12 months was lower with acupuncture: 16.2 (SD 13.7), n = 161, against 22.3 (SD
17.0), n = 140. The adjusted difference was 4.6 (95% CI 2.2 to 7.0; P=0.0002)."""
NECK = """Ninety people with neck pain took part, 45 in each arm, over 12 weeks. With laser, pain on a 10 cm
scale changed by -3.0 cm (95% CI -2.1 to -3.8) compared with placebo (Pain 2006;124:201-10)."""
PRINTED = {
    "running": (
        RUNNING,
        ["33", "6", "-15.30", "-25.33", "-5.27", "0.003", "-19.35", "-32.01", "-6.69", "0.003", "-5.20", "-10.12",
         "-0.24", "0.038", "70", "20"],
    ),
    "headache": (HEADACHE, ["16.2", "13.7", "22.3", "17.0", "4.6", "2.2", "7.0", "0.0002"]),
    "neck": (NECK, ["-3.0", "-3.8", "-2.1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", PRINTED)
def test_every_printed_result_is_found_and_none_invented(name: str, tmp_path: Path) -> None:
    text, printed = PRINTED[name]
    (tmp_path / "abstract.txt").write_text(text, "utf-8")
    done = CliRunner().invoke(
        app, ["study", "new", str(tmp_path / "mine"), "--from-text", str(tmp_path / "abstract.txt")]
    )
    assert done.exit_code == 0, done.output
    claims = ar.study(tmp_path / "mine").ledger.claims
    assert [claim.printed for claim in claims] == printed
    assert all(CHECK in claim.reason for claim in claims)
    assert {claim.role for claim in claims} == {"context"}
    assert study_contents(ar.study(tmp_path / "mine"))


def lines(own: ar.Study) -> set[tuple[str, ...]]:
    return {tuple(sorted(claim.printed for claim in line.values())) for line in own.ledger.lines.values()}


def test_the_lines_are_those_that_the_studies_of_the_package_hold(tmp_path: Path) -> None:
    """Whoever has only the abstracts gets the same claims."""
    for (text, _), name in zip(PRINTED.values(), ("asteroid", "acupuncture_headache", "neck_pain"), strict=True):
        draft_study(tmp_path / name, text, "an abstract")
        assert lines(ar.study(tmp_path / name)) == lines(ar.study(name))


def test_limits_in_either_order_and_p_without_a_zero_are_entered_as_claims_have_them(tmp_path: Path) -> None:
    draft_study(tmp_path / "mine", "Fatigue fell: -2.5 points (90% CI -0.5 to -4.5; P < .05).", "a line")
    line = ar.study(tmp_path / "mine").ledger.line("fatigue_fell")
    assert {part: claim.printed for part, claim in line.items()} == {
        "estimate": "-2.5", "ci_low": "-4.5", "ci_high": "-0.5", "p_value": "<0.05"
    }  # fmt: skip
    assert line["ci_low"].about is not None
    assert line["ci_low"].about.level == pytest.approx(0.9)


def test_a_ratio_is_kept_but_is_no_difference(tmp_path: Path) -> None:
    draft_study(tmp_path / "mine", "Relapse was rarer (hazard ratio 0.62, 95% CI 0.45 to 0.85, P=0.003).", "a line")
    own = ar.study(tmp_path / "mine").ledger
    assert [claim.printed for claim in own.claims] == ["0.62", "0.45", "0.85", "0.003"]
    assert not own.lines


def test_what_holds_something_or_prints_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("a", "utf-8")
    with pytest.raises(InputError, match="must be new or empty"):
        draft_study(tmp_path / "full", NECK, "a text")
    with pytest.raises(InputError, match="must print a result"):
        draft_study(tmp_path / "none", "Nothing was measured in 2004.", "a text")
    assert not (tmp_path / "none").exists()


def test_every_entry_of_the_files_says_that_a_person_has_to_look(tmp_path: Path) -> None:
    files = draft_study(tmp_path / "mine", RUNNING, "abstract.txt")
    claims = next(path for path in files if path.name == "claims.toml").read_text("utf-8")
    assert len(re.findall(r"\[\[claim\]\]", claims)) == len(re.findall(r"# to be checked by a person\nstatus", claims))
    assert "checked by a person" in (tmp_path / "mine" / "study.toml").read_text("utf-8")
