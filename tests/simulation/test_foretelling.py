"""Foretold holds as often as it says, sets that follow from print always; and a file once frozen stays."""

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import asteroid_repro as ar
from asteroid_repro.cli.commands import app
from asteroid_repro.errors import InputError
from asteroid_repro.study_contents import write_skeleton
from asteroid_repro.verdicts.people_foretold.foretell import foretell, intervals
from asteroid_repro.verdicts.people_foretold.foretelling_plan import read_plan
from asteroid_repro.verdicts.people_foretold.foretold import FILE, file_hashes, read_foretelling
from asteroid_repro.verdicts.people_foretold.imagine import Imagined
from asteroid_repro.verdicts.people_foretold.people_quantities import people_quantities

ROOT = Path(__file__).parents[2]
OTHERS = ("acupuncture_headache", "neck_pain")
SPEC: Any = importlib.util.spec_from_file_location("calibration", ROOT / "benchmarks" / "foretelling.py")
CALIBRATION = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(CALIBRATION)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> ar.Study:
    """Return a new study whose people are foretold."""
    folder = tmp_path_factory.mktemp("studies") / "mine"
    write_skeleton(folder)
    plan = folder / "foretelling.toml"
    plan.write_text(plan.read_text("utf-8").replace("draws = 1000", "draws = 120"), "utf-8")
    done = CliRunner().invoke(app, ["study", "foretell", str(folder), "--date", "2026-01-02"])
    assert done.exit_code == 0, done.output
    return ar.study(folder)


def test_sets_that_follow_from_print_always_hold() -> None:
    rows = pd.DataFrame(CALIBRATION.exact_rows(150, seed=20261125))
    sets = rows[rows["kind"] == "set"]
    assert len(sets) > 150
    assert sets["holds"].all()
    assert not rows.loc[rows["kind"] == "paper", "empty"].any()
    assert 0.2 < rows.loc[rows["kind"] == "wrong digit", "empty"].mean() < 0.8


def test_foretold_intervals_hold_as_often_as_they_say() -> None:
    own = ar.study("neck_pain")
    plan = read_plan(own).model_copy(update={"draws": 160, "seed": 20261126})
    rows = pd.DataFrame(CALIBRATION.foretold_rows(own, plan, 110))
    by_paper = rows.groupby(rows.groupby("quantity").cumcount())[
        "holds"
    ].mean()  # the quantities of a paper go together
    mcse = by_paper.std(ddof=1) / np.sqrt(len(by_paper))
    assert abs(by_paper.mean() - 0.95) <= 4 * mcse + 0.01  # quantiles of a hundred trials are a little too narrow


def test_print_that_tells_more_sharpens_and_what_it_tells_is_not_foretold() -> None:
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=(2, 3000))
    imagined = Imagined({"a": x, "b": x + noise, "c": 2 * x, "d": noise}, np.arange(3000))
    found = {entry.quantity: entry for entry in intervals(imagined, {"a": "1.00"}, level=0.9)}
    assert found["b"].middle == pytest.approx(1, abs=0.15)
    assert found["b"].high - found["b"].low == pytest.approx(2 * 1.645, abs=0.3)
    assert (found["b"].status, found["c"].status, found["d"].status) == ("foretold", "told", "foretold")
    assert found["d"].middle == pytest.approx(0, abs=0.15)


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_committed_is_as_it_was_frozen_and_foretells_nothing_that_was_known(name: str) -> None:
    own = ar.study(name)
    found = read_foretelling(own.folder)
    assert found.files == file_hashes(own.folder)
    status = {entry.quantity: entry.status for entry in found.entries}
    assert {status[quantity] for quantity in read_plan(own).known} == {"known"}
    assert list(status.values()).count("foretold") > 15
    assert (own.folder / "registration.md").read_text("utf-8").count(found.sha256) == 1


def test_a_foretelling_is_made_anew_to_the_last_digit_and_never_over_an_old_one(frozen: ar.Study) -> None:
    again = foretell(frozen, date="2026-01-02")
    assert again == read_foretelling(frozen.folder)
    refused = CliRunner().invoke(app, ["study", "foretell", str(frozen.folder)])
    assert isinstance(refused.exception, InputError)
    assert "what was foretold stays" in str(refused.exception)


def test_people_are_scored(frozen: ar.Study) -> None:
    trial = ar.simulate_trial(frozen.assumptions, seed=3)
    found = ar.score_foretelling(frozen, trial)
    assert "SIMULATED" in found.label
    scores = [trial.outcomes[trial.outcomes["arm"] == arm] for arm in frozen.design.arm_names]
    row = next(row for row in found.rows if row.quantity == "pain.week12.reference.mean")
    mean = scores[1].loc[scores[1]["week"] == 12, "value"].mean()
    assert row.found == pytest.approx(mean)
    assert row.interval_score == pytest.approx(row.width + 40 * row.outside_by)
    moved = trial.outcomes.assign(value=trial.outcomes["value"].where(trial.outcomes["week"] != 12, 0))
    far = ar.score_foretelling(frozen, moved.assign(value=moved["value"] + trial.outcomes["value"] % 2))
    row = next(row for row in far.rows if row.quantity == "pain.week12.reference.mean")
    assert not row.inside
    assert row.outside_by == pytest.approx(row.low - row.found)
    assert float(row.interval_score or 0) > 10 * row.width


def test_only_people_with_the_first_and_the_last_visit_count(frozen: ar.Study) -> None:
    trial = ar.simulate_trial(frozen.assumptions, seed=3)
    table = trial.outcomes
    first = table["participant"].iloc[0]
    without = table[(table["participant"] != first) | (table["week"] != 12)]
    scores = {row.quantity: row.found for row in ar.score_foretelling(frozen, without).rows}
    dropped = {
        row.quantity: row.found for row in ar.score_foretelling(frozen, table[table["participant"] != first]).rows
    }
    assert scores == pytest.approx(dropped)


def test_a_changed_file_is_refused_and_a_changed_study_is_said(frozen: ar.Study, tmp_path: Path) -> None:
    trial, folder = ar.simulate_trial(frozen.assumptions, seed=3), tmp_path / "changed"
    shutil.copytree(frozen.folder, folder)
    claims = folder / "claims.toml"
    claims.write_text(claims.read_text("utf-8") + "\n# later\n", "utf-8")
    assert "claims.toml" in ar.score_foretelling(ar.study(folder), trial).notes()[-1]
    fields = json.loads((folder / FILE).read_text("utf-8"))
    fields["entries"][-1]["high"] += 1
    (folder / FILE).write_text(json.dumps(fields), "utf-8")
    with pytest.raises(InputError, match="must be as it was frozen"):
        ar.score_foretelling(ar.study(folder), trial)


def test_the_command_reads_the_tables_that_people_have(frozen: ar.Study, tmp_path: Path) -> None:
    table = ar.simulate_trial(frozen.assumptions, seed=3).outcomes
    wide = table.pivot_table(index=["participant", "arm"], columns="week", values="value", observed=True).reset_index()
    wide.columns = ["id", "group", "pain_bl", "pain_12w"]
    wide["group"] = wide["group"].map(dict(zip(frozen.design.arm_names, ("B", "A"), strict=True)))
    wide.to_csv(tmp_path / "wide.csv", sep=";", index=False)
    command = ["study", "score", str(frozen.folder), "--people", str(tmp_path / "wide.csv"), "--json"]
    done = CliRunner().invoke(app, [*command, "--treatment", "B", "--reference", "A"])
    assert done.exit_code == 0, done.output
    rows = {row["quantity"]: row["found"] for row in json.loads(done.output)["foretold"]}
    tidy = {row.quantity: row.found for row in ar.score_foretelling(frozen, table).rows}
    assert rows["pain.week12.difference"] == pytest.approx(tidy["pain.week12.difference"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 1", "seed = -1", "seed must be"),
        ('fields = ["pain.effect"]', 'fields = ["pain.efect"]', "field must be a name of the assumptions"),
        ("between = [40, 60]", "between = [40]", "draw.baseline.between"),
        ("between = [40, 60]", "between = [400, 600]", "half of the draws must be possible"),
        (
            "# [known",
            '[known."pain.week0.sd"]\nprinted = "21"\nclaim = "nobody"\n# [known',
            "claim must be in the ledger",
        ),
        (
            "# [known",
            '[known."pain.week1.sd"]\nprinted = "21"\nclaim = "people.control"\n# [known',
            "pain.week1.sd must be",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_one_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    write_skeleton(tmp_path / "mine")
    plan = tmp_path / "mine" / "foretelling.toml"
    text = plan.read_text("utf-8").replace("draws = 1000", "draws = 50")
    assert old in text
    plan.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(InputError, match=message) as caught:
        foretell(ar.study(tmp_path / "mine"), date="2026-01-02")
    assert "\n" not in str(caught.value)


def test_nothing_to_foretell_from_or_with_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must hold foretelling.toml"):
        foretell(ar.study("asteroid"), date="2026-01-02")
    with pytest.raises(InputError, match=r"must hold foretold.json"):
        read_foretelling(tmp_path)


def test_quantities_against_pandas() -> None:
    trial = ar.simulate_trial(ar.ASTEROID, seed=5)
    table = trial.outcomes[trial.outcomes["outcome"] == "current_pain"]
    wide = table.pivot_table(index=["arm", "participant"], columns="week", values="value", observed=True)
    arms = [wide.loc[arm].to_numpy().T[:, :, None] for arm in trial.design.arm_names]
    found = people_quantities(trial.design, "current_pain", *arms)
    within = wide - wide.groupby("arm", observed=True).transform("mean")
    assert found["current_pain.week12.correlation"][0] == pytest.approx(within.corr().loc[0, 12])
    assert found["current_pain.week12.sd"][0] == pytest.approx(np.sqrt((within[12] ** 2).sum() / 38))
    assert found["current_pain.week12.treatment.at_end"][0] == (wide.loc["running"][12] == 0).mean()
    effect = next(
        row
        for row in ar.estimate_effects(trial, method="ancova").rows
        if (row.outcome, row.week) == ("current_pain", 12)
    )
    assert found["current_pain.week12.ancova.estimate"][0] == pytest.approx(effect.estimate)
    assert found["current_pain.week12.ancova.se"][0] == pytest.approx(effect.se)
