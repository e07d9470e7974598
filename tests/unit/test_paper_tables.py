"""Tables in paper style: their texts are the rounded results, and they are written alike every time."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from asteroid_repro import (
    ASTEROID,
    InputError,
    Trial,
    adverse_events_table,
    effects_table,
    estimate_effects,
    event_rates,
    published,
    simulate_trial,
    study,
    table_one,
)
from asteroid_repro.estimate.effects.estimate_effects import Effects
from asteroid_repro.estimate.safety.rates import EventRates
from asteroid_repro.reporting.paper_tables import PaperTable
from asteroid_repro.tables.rounding import number

DESIGN = ASTEROID.design
OTHER = study(Path(__file__).parents[1] / "studies" / "stretching")
TRIAL, OTHER_TRIAL = simulate_trial(ASTEROID, seed=2024), simulate_trial(OTHER.assumptions, seed=5)
EFFECTS = estimate_effects(TRIAL, method="random_intercept")
OTHER_EFFECTS = estimate_effects(OTHER_TRIAL)
RATES, OTHER_RATES = event_rates(TRIAL), event_rates(OTHER_TRIAL)
TABLES = {
    "participants": table_one(TRIAL, ASTEROID.characteristics),
    "effects": effects_table(EFFECTS, design=DESIGN),
    "effects beside the published": effects_table(EFFECTS, design=DESIGN, ledger=published()),
    "adverse events": adverse_events_table(RATES, design=DESIGN),
    "other participants": table_one(OTHER_TRIAL, OTHER.assumptions.characteristics),
    "other effects": effects_table(OTHER_EFFECTS, design=OTHER.design, ledger=OTHER.ledger),
    "other adverse events": adverse_events_table(OTHER_RATES, design=OTHER.design),
}
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


def cell(table: PaperTable, row: str, column: str) -> str:
    """Return the text in a row, named by its first column, and a column."""
    return str(table.to_frame().set_index(next(iter(table.columns))).loc[row, column])


def with_values(trial: Trial, week: int, outcome: str, value: float) -> Trial:
    chosen = (trial.outcomes["week"] == week) & (trial.outcomes["outcome"] == outcome)
    return replace(trial, outcomes=trial.outcomes.assign(value=trial.outcomes["value"].mask(chosen, value)))


@every_table
class TestEveryTable:
    def test_says_what_the_data_are_in_every_form(self, table: PaperTable) -> None:
        assert table.label in {TRIAL.label, OTHER_TRIAL.label}
        assert "SIMULATED" in table.label
        for text in (table.html(), table.latex(), table.markdown()):
            assert table.title in text
            assert table.label in text

    def test_is_written_alike_every_time(self, table: PaperTable) -> None:
        again = replace(table)
        assert (table.html(), table.latex(), table.markdown()) == (again.html(), again.latex(), again.markdown())
        assert table._repr_html_() == table.html()

    def test_its_latex_is_balanced_and_plain(self, table: PaperTable) -> None:
        text = table.latex()
        assert text.isascii()
        depth = 0
        for sign in re.sub(r"\\[{}]", "", text):
            depth += {"{": 1, "}": -1}.get(sign, 0)
            assert depth >= 0
        assert depth == 0
        assert text.count("$") % 2 == 0
        assert sorted(re.findall(r"\\begin\{(.+?)\}", text)) == sorted(re.findall(r"\\end\{(.+?)\}", text))
        assert not re.search(r"(?<!\\)[%#]|(?<!\\)_", text)

    def test_its_latex_rows_have_a_cell_for_each_column(self, table: PaperTable) -> None:
        rows = [line for line in table.latex().splitlines() if re.search(r"(?<!\\) & ", line)]
        assert len(rows) == len(table.rows) + 1
        assert {len(re.findall(r"(?<!\\) & ", row)) + 1 for row in rows} == {len(table.columns) - table.grouped}

    def test_what_it_says_is_escaped(self, table: PaperTable) -> None:
        odd = replace(table, label="SIMULATED <b>, 5 %", footnotes=("a < b & c_d",))
        assert "SIMULATED &lt;b&gt;" in odd.html()
        assert "<b>" not in odd.html()
        assert r"c\_d" in odd.latex()

    def test_every_row_has_a_text_for_each_column(self, table: PaperTable) -> None:
        assert {len(row) for row in table.rows} == {len(table.columns)}

    def test_needs_great_tables_for_html_and_latex_only(
        self, table: PaperTable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "great_tables", None)
        assert table.title in table.markdown()
        for write in (table.html, table.latex):
            with pytest.raises(InputError, match=r"asteroid-repro\[notebooks\]"):
                write()
        plain = replace(table, label="SIMULATED <b>")._repr_html_()  # a notebook shows it all the same
        assert "SIMULATED &lt;b&gt;" in plain
        assert table.rows[-1][-1] in plain


class TestTableOne:
    def test_ages_are_those_of_the_table_of_participants(self) -> None:
        ages = TRIAL.participants.groupby("arm")["age_years"].agg(["mean", "std"])
        table = TABLES["participants"]
        for arm, people in (("running", "Running (n = 20)"), ("waitlist", "Waitlist (n = 20)")):
            mean, sd = ages.loc[arm]
            assert cell(table, "Age, years: mean (SD)", people) == f"{mean:.1f} ({sd:.1f})"

    def test_people_are_counted_with_their_share_of_the_arm(self) -> None:
        women = int((TRIAL.participants["sex"] == "female").sum())
        assert (
            cell(TABLES["participants"], "Sex, female: people (%)", "All (n = 40)")
            == f"{women} ({100 * women / 40:.1f})"
        )
        ran = int(TRIAL.participants.query("arm == 'waitlist'")["ran_before"].sum())
        found = cell(TABLES["participants"], "Had run for fitness before: people (%)", "Waitlist (n = 20)")
        assert found == f"{ran} ({100 * ran / 20:.1f})"

    def test_scores_are_those_of_the_first_week(self) -> None:
        row = "Disability (Oswestry), points (ODI, 0-100): mean (SD)"
        later = table_one(with_values(TRIAL, 12, "disability", 50.0), ASTEROID.characteristics)
        assert later == TABLES["participants"]
        constant = table_one(with_values(TRIAL, 0, "disability", 30.0))
        assert cell(constant, row, "Running (n = 20)") == "30.0 (0.0)"

    def test_a_missing_score_is_counted(self) -> None:
        first = TRIAL.outcomes["outcome"].eq("current_pain") & TRIAL.outcomes["week"].eq(0)
        gap = TRIAL.outcomes.assign(value=TRIAL.outcomes["value"].mask(first & TRIAL.outcomes["participant"].eq(1)))
        arm = TRIAL.participants.set_index("participant").loc[1, "arm"]
        table = table_one(replace(TRIAL, outcomes=gap))
        row = "Current pain, points (VAS, 0-100): mean (SD)"
        assert cell(table, row, f"{str(arm).capitalize()} (n = 20)").endswith(", n = 19")
        assert cell(table, row, "All (n = 40)").endswith(", n = 39")

    def test_a_missing_row_is_a_missing_score(self) -> None:
        first = TRIAL.outcomes["outcome"].eq("current_pain") & TRIAL.outcomes["week"].eq(0)
        table = table_one(
            replace(TRIAL, outcomes=TRIAL.outcomes[~(first & TRIAL.outcomes["participant"].eq(1))]),
        )
        row = "Current pain, points (VAS, 0-100): mean (SD)"
        assert cell(table, row, "All (n = 40)").endswith(", n = 39")

    def test_any_characteristic_is_described_by_its_kind(self) -> None:
        table = TABLES["other participants"]
        people = OTHER_TRIAL.participants
        paid = int((people["work"] == "paid").sum())
        assert cell(table, "Work, paid: people (%)", "All (n = 78)") == f"{paid} ({100 * paid / 78:.1f})"
        age = people.loc[people["arm"] == "stretching", "age_years"]
        found = cell(table, "Age, years: mean (SD)", "Stretching at home (n = 40)")
        assert found == f"{age.mean():.1f} ({age.std():.1f})"

    def test_names_stand_in_words_where_nothing_is_said_of_them(self) -> None:
        people = TRIAL.participants.assign(smoker_now=np.array(["yes", "no", "was", None] * 10))
        names = table_one(replace(TRIAL, participants=people)).columns["Characteristic"]
        assert {"Age years: mean (SD)", "Ran before: people (%)", "Smoker now, was: people (%)"} <= set(names)
        table = table_one(replace(TRIAL, participants=people))
        assert cell(table, "Smoker now, yes: people (%)", "All (n = 40)") == "10 (33.3), n = 30"

    def test_decimals_follow_the_spread(self) -> None:
        small = OTHER_TRIAL.outcomes.assign(value=OTHER_TRIAL.outcomes["value"] / 100)
        text = cell(
            table_one(replace(OTHER_TRIAL, outcomes=small)), "Sleep disturbance, T-score: mean (SD)", "All (n = 78)"
        )
        values = small.query("week == 0 and outcome == 'sleep'")["value"]
        assert text == f"{values.mean():.3f} ({values.std():.3f})"


class TestEffectsTable:
    @pytest.mark.parametrize(
        ("name", "effects", "digits"),
        [("effects", EFFECTS, {}), ("other effects", OTHER_EFFECTS, {"Back function": 2, "Sleep disturbance": 1})],
    )
    def test_its_texts_are_the_rounded_estimates(self, name: str, effects: Effects, digits: dict[str, int]) -> None:
        frame = TABLES[name].to_frame()
        design = DESIGN if name == "effects" else OTHER.design
        assert len(frame) == len(effects.rows)
        for effect in effects.rows:
            label = design.outcome(effect.outcome).label
            here = frame["Outcome"].str.startswith(label) & (frame["Week"] == f"{effect.week:g}")
            (texts,) = frame.loc[here].iloc[:, 2:5].itertuples(index=False, name=None)
            estimate, low, high = (
                number(each, digits.get(label, 1)) for each in (effect.estimate, effect.ci_low, effect.ci_high)
            )
            p = "<0.001" if effect.p_value < 0.001 else f"{effect.p_value:.3f}"
            assert texts == (f"{estimate} ({low}, {high})", p, f"{effect.n_treatment} + {effect.n_reference}")

    @pytest.mark.parametrize(
        ("p_value", "printed"), [(0.00099, "<0.001"), (0.001, "0.001"), (0.0496, "0.050"), (1.0, "1.000")]
    )
    def test_p_has_three_digits(self, p_value: float, printed: str) -> None:
        table = effects_table(Effects((replace(EFFECTS.rows[0], p_value=p_value),), 0.95))
        assert table.columns["p"] == [printed]

    def test_zero_has_no_minus(self) -> None:
        row = replace(EFFECTS.rows[0], estimate=-0.04, ci_low=-5.0, ci_high=4.92)
        assert effects_table(Effects((row,), 0.95)).rows[0][2].startswith("0.0 (")

    def test_outcomes_come_in_the_order_of_the_design_and_others_last(self) -> None:
        other = replace(EFFECTS.rows[0], outcome="acceptability")
        outcomes = effects_table(Effects((other, *EFFECTS.rows[::-1]), 0.95), design=DESIGN).columns["Outcome"]
        assert [name.partition(",")[0] for name in dict.fromkeys(outcomes)] == [
            "Average pain",
            "Current pain",
            "Disability (Oswestry)",
            "Acceptability",
        ]

    @pytest.mark.parametrize("method", ["random_intercept", "mmrm", "ancova"])
    @pytest.mark.parametrize(
        ("level", "printed"), [(0.9, "90 %"), (0.95, "95 %"), (0.975, "97.5 %"), (0.9999, "99.99 %"), (0.3, "30 %")]
    )
    def test_the_heading_has_the_level_of_the_result(self, method: str, level: float, printed: str) -> None:
        table = effects_table(estimate_effects(TRIAL, method=method, level=level))
        assert list(table.columns)[2] == f"Estimate ({printed} CI)"

    def test_the_level_is_never_guessed_from_numbers(self) -> None:
        off = replace(EFFECTS.rows[0], ci_low=-1000.0, ci_high=1000.0)
        assert "Estimate (80 % CI)" in effects_table(Effects((off,), 0.8)).columns

    def test_one_direction_is_said_once_and_several_by_outcome(self) -> None:
        assert TABLES["effects"].footnotes[0] == (
            "Estimate: running minus waitlist, points; negative favours running. CI: confidence interval."
        )
        mixed = TABLES["other effects"]
        assert mixed.footnotes[0] == (
            "Estimate: stretching at home minus usual care, in the unit of the outcome. CI: confidence interval."
        )
        assert list(dict.fromkeys(mixed.columns["Outcome"])) == [
            "Back function, points (0-10) (positive favours stretching at home)",
            "Sleep disturbance, T-score (negative favours stretching at home)",
        ]

    def test_where_nobody_says_which_way_is_better_neither_does_the_table(self) -> None:
        plain = estimate_effects(TRIAL.outcomes, treatment="running", reference="waitlist")
        table = effects_table(plain)
        assert "favours" not in table.markdown()
        assert table.footnotes[0].startswith("Estimate: treatment minus reference, points. CI")

    def test_the_method_is_named_with_its_distribution(self) -> None:
        assert "Method: random_intercept (z)." in TABLES["effects"].footnotes
        assert "Method: mmrm (kenward_roger)." in TABLES["other effects"].footnotes

    def test_people_stand_in_the_order_of_the_arms(self) -> None:
        assert OTHER.assumptions.arm_sizes == (40, 38)
        (people,) = (column for name, column in TABLES["other effects"].columns.items() if name.startswith("People"))
        assert set(people) == {"40 + 38"}

    def test_published_lines_stand_as_printed_with_their_role(self) -> None:
        printed = TABLES["effects beside the published"].columns["Published (role of the estimate)"]
        assert printed[:2] == [
            "no figures printed",
            "−15.30 (−25.33, −5.27), p = 0.003 (fitted)",  # noqa: RUF001 - a minus, as printed
        ]
        other = TABLES["other effects"].columns["Published (role of the estimate)"]
        assert other == [
            "no figures printed",
            "0.80 (context)",
            "1.20 (0.35, 2.05), p = 0.006 (fitted)",
            "no figures printed",
            "no figures printed",
            "−1.8 (predicted)",  # noqa: RUF001 - a minus, as printed
        ]

    def test_a_printed_level_that_is_not_the_result_s_is_said(self) -> None:
        table = effects_table(estimate_effects(TRIAL, level=0.9), design=DESIGN, ledger=published())
        assert "; 95 % CI)" in table.rows[1][-1]

    def test_a_fitted_number_is_never_called_confirmed(self) -> None:
        text = TABLES["effects beside the published"].markdown()
        assert "that it agrees confirms nothing" in text
        assert "confirmed" not in text

    def test_a_contradiction_has_a_dagger_and_its_reason(self) -> None:
        table = TABLES["effects beside the published"]
        assert "\N{DAGGER}" in table.rows[-1][-1]
        assert any(published()["disability.week12.ci_high"].reason in note for note in table.footnotes)

    def test_no_effects_are_refused(self) -> None:
        with pytest.raises(InputError, match="at least one row"):
            effects_table(Effects((), 0.95))


class TestAdverseEventsTable:
    @pytest.mark.parametrize(("name", "rates"), [("adverse events", RATES), ("other adverse events", OTHER_RATES)])
    def test_its_texts_are_the_rounded_rates(self, name: str, rates: EventRates) -> None:
        for rate, row in zip(rates.rows, TABLES[name].rows, strict=True):
            assert row[-4:-1] == (str(rate.events), str(rate.people), f"{rate.exposure:.1f}")
            assert row[-1] == f"{rate.rate_per_1000:.1f} ({rate.ci_low:.1f}, {rate.ci_high:.1f})"

    def test_arms_are_apart_where_both_have_rates(self) -> None:
        table = TABLES["other adverse events"]
        assert table.grouped
        assert table.columns["Arm"] == ["Stretching at home"] * 3 + ["Usual care"] * 3
        assert list(table.columns)[-2:] == ["Person-weeks", "Rate per 1000 person-weeks (95 % CI)"]
        assert not TABLES["adverse events"].grouped

    def test_small_rates_keep_two_digits(self) -> None:
        rates = event_rates(pd.DataFrame({"participant": [1], "kind": ["fall"]}), hours=20_000)
        assert adverse_events_table(rates).rows[0][-1] == "0.050 (0.001, 0.279)"

    def test_the_published_counts_give_the_published_rates(self) -> None:
        counts = {kind: published()[f"adverse_events.{kind}"].value for kind in DESIGN.kinds}
        kinds = [kind for kind, count in counts.items() for _ in range(int(count or 0))]
        events = TRIAL.adverse_events.iloc[[0] * len(kinds)].assign(kind=kinds)
        rates = event_rates(events, hours=published()["exposure.running_hours"].value, kinds=DESIGN.kinds)
        texts = [row[-1] for row in adverse_events_table(rates).rows[:3]]
        assert texts == ["85.7 (39.2, 162.7)", "66.7 (26.8, 137.4)", "9.5 (0.2, 53.1)"]

    @pytest.mark.parametrize("per", ["running_hours", "attended_hours", "prescribed_hours"])
    @pytest.mark.parametrize(("level", "printed"), [(0.9, "90 %"), (0.95, "95 %"), (0.9999, "99.99 %")])
    def test_the_denominator_and_the_level_are_named(self, per: str, level: float, printed: str) -> None:
        words = per.replace("_", " ")
        columns = list(adverse_events_table(event_rates(TRIAL, per=per, level=level)).columns)
        assert columns[3:] == [words.capitalize(), f"Rate per 1000 {words} ({printed} CI)"]

    def test_the_limits_are_named_by_their_method(self) -> None:
        for method, words in (("exact", "Exact Poisson"), ("mid_p", "Mid-p Poisson"), ("clustered", "several events")):
            rates = event_rates(TRIAL, method=method)  # type: ignore[arg-type]
            assert words in adverse_events_table(rates).footnotes[0]

    def test_a_trial_without_events_has_a_one_sided_limit_and_says_so(self) -> None:
        table = adverse_events_table(event_rates(replace(TRIAL, adverse_events=TRIAL.adverse_events.iloc[:0])))
        assert "Rate per 1000 running hours (95 % CI)" in table.columns
        assert any("one-sided" in note for note in table.footnotes)
        assert table.rows[0][4].startswith("0.0 (0.0, ")

    def test_no_rates_are_refused(self) -> None:
        with pytest.raises(InputError, match="at least one row"):
            adverse_events_table(EventRates((), 0.95))
