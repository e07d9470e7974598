"""Tables in paper style: their texts are the rounded results, and they are written alike every time."""

import re
import sys
from dataclasses import replace

import pytest

from asteroid_repro import ASTEROID, InputError, Trial, estimate_effects, event_rates, published, simulate_trial
from asteroid_repro.estimate.effects.estimate_effects import Effects
from asteroid_repro.estimate.safety.rates import EventRates
from asteroid_repro.figures.style import number
from asteroid_repro.reporting.paper_tables import PaperTable, adverse_events_table, effects_table, table_one
from asteroid_repro.trial.quantities import EVENT_KINDS

TRIAL = simulate_trial(ASTEROID, seed=2024)
EFFECTS = estimate_effects(TRIAL, method="random_intercept")
RATES = event_rates(TRIAL)
TABLES = {
    "participants": table_one(TRIAL),
    "effects": effects_table(EFFECTS),
    "effects beside the published": effects_table(EFFECTS, published()),
    "adverse events": adverse_events_table(RATES),
}
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


def cell(table: PaperTable, row: str, column: str) -> str:
    """Return the text in a row, named by its first column, and a column."""
    return str(table.to_frame().set_index(table.columns[0]).loc[row, column])


def with_values(trial: Trial, week: int, outcome: str, value: float) -> Trial:
    chosen = (trial.outcomes["week"] == week) & (trial.outcomes["outcome"] == outcome)
    return replace(trial, outcomes=trial.outcomes.assign(value=trial.outcomes["value"].mask(chosen, value)))


@every_table
class TestEveryTable:
    def test_says_what_the_data_are_in_every_form(self, table: PaperTable) -> None:
        assert table.label == TRIAL.label
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
        assert {len(re.findall(r"(?<!\\) & ", row)) + 1 for row in rows} == {len(table.columns)}

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


class TestTableOne:
    def test_ages_are_those_of_the_table_of_participants(self) -> None:
        ages = TRIAL.participants.groupby("arm")["age_years"].agg(["mean", "std"])
        table = TABLES["participants"]
        for arm, people in (("running", "Running (n = 20)"), ("waitlist", "Waitlist (n = 20)")):
            mean, sd = ages.loc[arm]
            assert cell(table, "Age, years: mean (SD)", people) == f"{mean:.1f} ({sd:.1f})"

    def test_people_are_counted_with_their_share_of_the_arm(self) -> None:
        women = int((TRIAL.participants["sex"] == "female").sum())
        assert cell(TABLES["participants"], "Female: people (%)", "All (n = 40)") == f"{women} ({100 * women / 40:.1f})"
        ran = int(TRIAL.participants.query("arm == 'waitlist'")["ran_before"].sum())
        found = cell(TABLES["participants"], "Ran before the back pain: people (%)", "Waitlist (n = 20)")
        assert found == f"{ran} ({100 * ran / 20:.1f})"

    def test_scores_are_those_of_the_first_week(self) -> None:
        row = "Disability, points (ODI, 0-100): mean (SD)"
        later = table_one(with_values(TRIAL, 12, "disability", 50.0))
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


class TestEffectsTable:
    def test_its_texts_are_the_rounded_estimates(self) -> None:
        table = TABLES["effects"]
        assert len(table.rows) == len(EFFECTS.rows)
        for effect in EFFECTS.rows:
            texts = [
                row
                for row, outcome in zip(table.rows, table.outcomes, strict=True)
                if outcome.lower().startswith(effect.outcome.replace("_", " ")) and row[0] == str(effect.week)
            ]
            interval = f"({number(effect.ci_low, 1)}, {number(effect.ci_high, 1)})"
            p = "<0.001" if effect.p_value < 0.001 else f"{effect.p_value:.3f}"
            assert texts == [(str(effect.week), f"{number(effect.estimate, 1)} {interval}", p, "20 + 20")]

    @pytest.mark.parametrize(
        ("p_value", "printed"), [(0.00099, "<0.001"), (0.001, "0.001"), (0.0496, "0.050"), (1.0, "1.000")]
    )
    def test_p_has_three_digits(self, p_value: float, printed: str) -> None:
        table = effects_table(Effects((replace(EFFECTS.rows[0], p_value=p_value),), 0.95))
        assert table.rows[0][2] == printed

    def test_zero_has_no_minus(self) -> None:
        table = effects_table(Effects((replace(EFFECTS.rows[0], estimate=-0.04, ci_low=-5.0, ci_high=4.92),), 0.95))
        assert table.rows[0][1].startswith("0.0 (")

    def test_outcomes_come_in_the_order_of_the_paper_and_others_last(self) -> None:
        other = replace(EFFECTS.rows[0], outcome="acceptability")
        outcomes = effects_table(Effects((other, *EFFECTS.rows[::-1]), 0.95)).outcomes
        assert [name.partition(",")[0] for name in dict.fromkeys(outcomes)] == [
            "Average pain",
            "Current pain",
            "Disability",
            "Acceptability",
        ]

    @pytest.mark.parametrize("method", ["random_intercept", "mmrm", "ancova"])
    @pytest.mark.parametrize("level", [0.9, 0.95, 0.975])
    def test_the_heading_has_the_level_of_the_interval(self, method: str, level: float) -> None:
        table = effects_table(estimate_effects(TRIAL, method=method, level=level))
        assert table.columns[1] == f"Estimate ({100 * level:g} % CI)"

    def test_published_lines_stand_as_printed_with_their_role(self) -> None:
        table = TABLES["effects beside the published"]
        assert table.rows[1][-1] == "−15.30 (−25.33, −5.27), p = 0.003 (fitted)"  # noqa: RUF001 - a minus, as printed
        assert table.rows[0][-1] == "no figures printed"

    def test_a_fitted_number_is_never_called_confirmed(self) -> None:
        text = TABLES["effects beside the published"].markdown()
        assert "that it agrees confirms nothing" in text
        assert "confirmed" not in text

    def test_a_contradiction_has_a_dagger_and_its_reason(self) -> None:
        table = TABLES["effects beside the published"]
        assert "\N{DAGGER}" in table.rows[-1][-1]
        assert any(published()["disability.week12.ci_high"].reason in note for note in table.notes)

    def test_no_effects_are_refused(self) -> None:
        with pytest.raises(InputError, match="at least one row"):
            effects_table(Effects((), 0.95))


class TestAdverseEventsTable:
    def test_its_texts_are_the_rounded_rates(self) -> None:
        for rate, row in zip(RATES.rows, TABLES["adverse events"].rows, strict=True):
            assert row[1:4] == (str(rate.events), str(rate.people), f"{rate.exposure:.1f}")
            assert row[4] == f"{rate.rate_per_1000:.1f} ({rate.ci_low:.1f}, {rate.ci_high:.1f})"

    def test_the_published_counts_give_the_published_rates(self) -> None:
        counts = {kind: published()[f"adverse_events.{kind}"].value for kind in EVENT_KINDS}
        kinds = [kind for kind, count in counts.items() for _ in range(int(count or 0))]
        events = TRIAL.adverse_events.iloc[[0] * len(kinds)].assign(kind=kinds)
        table = adverse_events_table(
            event_rates(events, hours=published()["exposure.running_hours"].value, kinds=EVENT_KINDS)
        )
        assert [row[-1] for row in table.rows[:3]] == ["85.7 (39.2, 162.7)", "66.7 (26.8, 137.4)", "9.5 (0.2, 53.1)"]

    @pytest.mark.parametrize("per", ["running_hours", "attended_hours", "prescribed_hours"])
    @pytest.mark.parametrize("level", [0.9, 0.95])
    def test_the_denominator_and_the_level_are_named(self, per: str, level: float) -> None:
        table = adverse_events_table(event_rates(TRIAL, per=per, level=level))
        assert table.columns[3] == per.replace("_", " ").capitalize()
        assert table.columns[4] == f"Rate per 1000 h ({100 * level:g} % CI)"

    def test_a_trial_without_events_has_a_one_sided_limit_and_says_so(self) -> None:
        table = adverse_events_table(event_rates(replace(TRIAL, adverse_events=TRIAL.adverse_events.iloc[:0])))
        assert table.columns[4] == "Rate per 1000 h (95 % CI)"
        assert any("one-sided" in note for note in table.notes)
        assert table.rows[0][4].startswith("0.0 (0.0, ")

    def test_no_rates_are_refused(self) -> None:
        with pytest.raises(InputError, match="at least one row"):
            adverse_events_table(EventRates(()))
