"""People's own tables: what is read of them, harms and adherence of any trial, and print held against people."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from statsmodels.stats.rates import test_poisson_2indep as poisson_test

from asteroid_repro import (
    ASTEROID,
    InputError,
    Trial,
    attendance,
    estimate_effects,
    event_rates,
    harms,
    read_people,
    reconstruct,
    responders,
    simulate_trial,
    study,
    verify,
)

SIMULATED = simulate_trial(ASTEROID, seed=11)
DESIGN = ASTEROID.design


def wide(outcomes: pd.DataFrame) -> pd.DataFrame:
    table = outcomes.assign(column=outcomes["outcome"] + "_" + outcomes["week"].astype(str) + "w")
    table = table.pivot_table(index=["participant", "arm"], columns="column", values="value").reset_index()
    return table.rename_axis(columns=None)


def same_results(trial: Trial) -> None:
    """Equal bits, not almost: effects, rates, attendance."""
    for of in (estimate_effects, event_rates, attendance):
        pd.testing.assert_frame_equal(of(trial).to_frame(), of(SIMULATED).to_frame(), check_exact=True)


def test_a_wide_export_with_decimal_commas_gives_the_same_bits(tmp_path: Path) -> None:
    wide(SIMULATED.outcomes).to_csv(tmp_path / "outcomes.csv", sep=";", decimal=",", index=False)
    for name in ("participants", "sessions", "adverse_events"):
        getattr(SIMULATED, name).to_csv(tmp_path / f"{name}.csv", sep=";", decimal=",", index=False)
    same_results(read_people(tmp_path, design=DESIGN, say=None))


def test_a_labelled_workbook_gives_the_same_bits(tmp_path: Path) -> None:
    path, labels = tmp_path / "trial.xlsx", {arm.name: arm.label for arm in DESIGN.arms}
    with pd.ExcelWriter(path) as book:
        for name, table in SIMULATED.tables().items():
            shown = table.replace({"arm": labels}) if "arm" in table else table
            shown.to_excel(book, sheet_name=name, index=False, startrow=1)
            book.sheets[name].cell(1, 1, SIMULATED.label)
    trial = read_people(path, design=DESIGN, say=None)
    same_results(trial)
    assert trial.label.startswith("SIMULATED")


def test_what_simulate_writes_is_read_back(tmp_path: Path) -> None:
    from asteroid_repro.reporting.files import write_table

    for name, table in SIMULATED.tables().items():
        write_table(tmp_path / f"{name}.csv", table, SIMULATED.label)
    trial = read_people(tmp_path, design=DESIGN, say=None)
    assert trial.label == SIMULATED.label
    pd.testing.assert_frame_equal(trial.outcomes, SIMULATED.outcomes, check_dtype=False)


def test_spss_labels_and_user_missing_codes_are_used(tmp_path: Path) -> None:
    import pyreadstat

    table = wide(SIMULATED.outcomes[SIMULATED.outcomes["outcome"] == "average_pain"])
    coded = table.assign(arm=table["arm"].map({"running": 1.0, "waitlist": 0.0}))
    coded.loc[3, "average_pain_12w"] = -99.0
    path = tmp_path / "trial.sav"
    pyreadstat.write_sav(
        coded, str(path), variable_value_labels={"arm": {1.0: "Running", 0.0: "Waitlist"}},
        missing_ranges={"average_pain_12w": [-99]},
    )  # fmt: skip
    trial = read_people(path, design=DESIGN, say=None)
    assert any("1 values that the file declares missing" in line for line in trial.understood)
    expected = table["average_pain_12w"].drop(index=3).sort_values().tolist()
    assert trial.outcomes.query("week == 12")["value"].dropna().sort_values().tolist() == expected
    pyreadstat.write_dta(
        coded.fillna(0), str(tmp_path / "trial.dta"), variable_value_labels={"arm": {1: "Running", 0: "Waitlist"}}
    )
    with pytest.raises(InputError, match=r"must lie on its scale from 0 to 100, got -99 in row 4"):
        read_people(tmp_path / "trial.dta", design=DESIGN, say=None)


LONG = pd.DataFrame({
    "id": np.repeat([f"P{n}" for n in range(1, 9)], 2), "arm": ["yoga", "yoga", "usual", "usual"] * 4,
    "week": [0, 12] * 8, "pain": [40, 20, 45, 41, 50, 35, 52, 50, 61, 30, 38, 36, 47, 33, 58, 49],
})  # fmt: skip


def read(table: pd.DataFrame = LONG, **options: Any) -> Trial:
    return read_people(table, say=None, **options)


def test_direction_is_taken_from_what_is_said_and_never_assumed() -> None:
    trial = read(better="higher", important=5)
    assert responders(trial, outcome="pain").treatment.responders == 0
    assert responders(read(better="lower", important=5), outcome="pain").treatment.responders == 4
    with pytest.raises(InputError, match="better must be given for pain"):
        responders(read(important=5), outcome="pain")
    assert {row.better for row in estimate_effects(read()).rows} == {""}


def test_of_three_arms_two_are_chosen_and_the_others_counted() -> None:
    third = LONG.assign(arm=LONG["arm"].where(~LONG["id"].isin(["P1", "P2"]), "pilates"))
    with pytest.raises(InputError, match="treatment and reference must name two arms of"):
        read(third)
    trial = read(third, treatment="yoga", reference="usual")
    assert "People of other arms, left out: 2 (pilates)." in trial.understood
    assert trial.participants["participant"].nunique() == 6


SESSIONS = pd.DataFrame({
    "id": ["P1", "P1", "P3", "P3"], "session": [1, 2, 1, 2], "attended": ["yes", "no", "yes", "yes"],
    "run_minutes": [10, 0, 12, 14], "session_minutes": 30,
})  # fmt: skip
TOTALS = pd.DataFrame({
    "id": ["P1", "P3"], "sessions_prescribed": 2, "sessions_attended": [1, 2], "run_minutes": [10, 26],
    "session_minutes": 30,
})  # fmt: skip
EVENTS = pd.DataFrame({"id": ["P1", "P2"], "kind": ["Fall", "Sprain"], "week": [2, 3], "session": ["1", ""]})


def test_a_log_of_sessions_and_its_totals_say_the_same() -> None:
    log, totals = (read(sessions=sessions, adverse_events=EVENTS) for sessions in (SESSIONS, TOTALS))
    one, other = attendance(log), attendance(totals)
    assert (one.mean, one.sd, one.prescribed, one.attended) == (other.mean, other.sd, other.prescribed, other.attended)
    assert one.mean == 0.75
    for per in ("running_hours", "attended_hours", "prescribed_hours", "person_weeks"):
        assert event_rates(log, per=per).rows == event_rates(totals, per=per).rows
    pd.testing.assert_frame_equal(harms(log).to_frame(), harms(totals).to_frame(), check_exact=True)


@pytest.mark.parametrize(
    ("events", "sessions", "message"),
    [
        (EVENTS.assign(id="P99"), SESSIONS, "adverse_events must be of people of the trial, got 'P99' in row 0"),
        (EVENTS.assign(week=-1), SESSIONS, "week must not be before the start, got -1 in row 0"),
        (pd.concat([EVENTS, EVENTS]), SESSIONS, "must list each event once, got row 2 twice"),
        (EVENTS.assign(session=["2", ""]), SESSIONS, "must be a session that was attended, got 2 in row 0"),
        (EVENTS.assign(session=["7", ""]), SESSIONS, "a session of the table of sessions, got 7 in row 0"),
        (EVENTS, SESSIONS.assign(run_minutes=[600, 0, 720, 840]), "minutes within the session, got 600 in row 0"),
        (EVENTS, SESSIONS.assign(run_minutes=[10, 5, 12, 14]), "must be 0 where nobody came, got 5 in row 1"),
        (EVENTS, SESSIONS.assign(run_minutes=[-1, 0, 12, 14]), "run_minutes must be 0 or more, got -1"),
        (EVENTS, pd.concat([SESSIONS, SESSIONS]), "must have one row per participant and session"),
        (EVENTS, TOTALS.assign(sessions_attended=[3, 2]), "at most the sessions prescribed, got 3 in row 0"),
        (EVENTS, TOTALS.assign(sessions_attended=[0.5, 1]), "a whole number of sessions, got 0.5"),
        (EVENTS, TOTALS.assign(run_minutes=[600, 1500]), "minutes within the session, got 600 in row 0"),
        (EVENTS.assign(count=[1, 3]), SESSIONS, "must have a row per event, got counts in 'count'"),
    ],
)  # fmt: skip
def test_exposure_that_cannot_be_is_refused_in_one_line(
    events: pd.DataFrame, sessions: pd.DataFrame, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(sessions=sessions, adverse_events=events)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("method", "outside"), [("exact", "exact-cond"), ("mid_p", "cond-midp")])
def test_limits_of_the_ratio_of_rates_are_where_the_test_of_statsmodels_has_its_level(
    method: Any, outside: str
) -> None:
    trial = _with_events([("P1", "Fall"), ("P1", "Slip"), ("P3", "Fall"), ("P5", "Fall"), ("P2", "Fall")])
    row = next(row for row in harms(trial, method=method).rows if (row.kind, row.per) == ("all", "person_weeks"))
    assert (row.treatment, row.reference, row.exposure_treatment) == (4, 1, 48.0)
    for limit, alternative in ((row.ratio_low, "larger"), (row.ratio_high, "smaller")):
        test = poisson_test(4, 48, 1, 48, value=limit, method=outside, alternative=alternative)
        assert test.pvalue == pytest.approx(0.025, rel=1e-6)


def test_shares_have_the_limits_of_scipy_and_empty_cells_are_explained() -> None:
    trial = _with_events([("P1", "Fall"), ("P3", "Fall")])
    row = next(row for row in harms(trial).rows if (row.kind, row.per) == ("all", "person"))
    own, other = (binomtest(count, 4).proportion_ci() for count in (2, 0))
    assert row.difference_low == pytest.approx(0.5 - math.hypot(0.5 - own.low, other.high - 0))
    assert row.difference_high == pytest.approx(0.5 + math.hypot(own.high - 0.5, 0))
    assert row.ratio == math.inf
    assert row.ratio_high == math.inf
    assert row.note == "none in the reference: no upper limit of the ratio"
    with pytest.raises(InputError, match="adverse_events must be among the tables, got none"):
        event_rates(read(), per="person_weeks")


def _with_events(events: list[tuple[str, str]]) -> Trial:
    table = pd.DataFrame(events, columns=["id", "kind"]).assign(week=range(1, len(events) + 1))
    return read(adverse_events=table)


LINE = reconstruct("average_pain", n=1, seed=5).data_sets[0]
SWAPPED = LINE.assign(arm=LINE["arm"].map({"running": "waitlist", "waitlist": "running"}))


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        (LINE, ""),
        (SWAPPED, "the whole line is printed by: the arms swapped"),
        (LINE.assign(week=LINE["week"].map({0: 0, 6: 12, 12: 6})), "the whole line is printed by: week 6"),
        (LINE.assign(value=LINE["value"].where(LINE.index != 50, LINE["value"] + 9).clip(0, 100)), "number"),
    ],
)
def test_a_printed_line_is_given_back_or_the_one_change_is_found(table: pd.DataFrame, wanted: str) -> None:
    found = verify(against="people", people=read_people(table, design=DESIGN, say=None))
    line = [row for row in found.rows if row.claim.startswith("average_pain.week12.")]
    differing = [row for row in line if row.verdict == "differs"]
    assert bool(differing) == bool(wanted)
    assert all(wanted in row.note for row in differing)
    assert found.ok == (not wanted)
    assert {row.verdict for row in found.rows if row.claim.startswith("disability.week12")} == {"not computable"}


@pytest.mark.parametrize(
    ("analysis", "wanted"),
    [
        ({"method": "mmrm"}, "mmrm, t"),
        ({"method": "random_intercept", "likelihood": "ML"}, "random_intercept, z by ML"),
    ],
)
def test_another_analysis_that_was_printed_is_found(analysis: Any, wanted: str) -> None:
    """A line printed from another analysis than the study names: the ledger is changed, the people are not."""
    trial, own = read_people(LINE, design=DESIGN, say=None), study()
    row = next(row for row in estimate_effects(trial, **analysis).rows if row.week == 12)
    parts = {"estimate": row.estimate, "ci_low": row.ci_low, "ci_high": row.ci_high, "p_value": row.p_value}
    claims = tuple(
        claim.model_copy(update={"printed": f"{parts[part]:.{3 if part == 'p_value' else 2}f}"})
        for claim in own.ledger.claims
        for part in [claim.id.removeprefix("average_pain.week12.")]
        if part in parts
    )
    ledger = type(own.ledger)(claims, own.ledger.sources)
    notes = [each.note for each in verify(own, against="people", people=trial, ledger=ledger).rows if each.note]
    assert notes
    assert all(note == f"the whole line is printed by: {wanted}" for note in notes)


def test_people_of_a_study_stand_in_its_folder(tmp_path: Path) -> None:
    from asteroid_repro.study_contents import study_contents

    for path in study().folder.glob("*.toml"):
        if path.name != "assumptions.toml":
            (tmp_path / path.name).write_text(path.read_text())
    wide(LINE).to_csv(tmp_path / "export.csv", sep=";", index=False)
    (tmp_path / "people.toml").write_text('outcomes = "export.csv"\n')
    own = study(tmp_path)
    assert verify(own, against="people").count("reproduced") >= 4
    assert study_contents(own)[-1].startswith("People: 20 + 20.")
    (tmp_path / "people.toml").write_text('outcomes = "none.csv"\n')
    with pytest.raises(InputError, match=r"people.toml: .*none.csv must be a file that can be read"):
        assert study(tmp_path).people.label
