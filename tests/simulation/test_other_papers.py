"""The other papers that come with the package go through every door, from their folders alone."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import asteroid_repro as ar
from asteroid_repro.cli.commands import app
from asteroid_repro.reproduction import reproduce

OTHERS = [name for name in ar.study_names() if name != "asteroid"]


@pytest.mark.parametrize("name", OTHERS)
def test_every_command_takes_the_study(name: str, tmp_path: Path) -> None:
    own = ar.study(name)
    outcome = own.design.outcome_names[0]
    for command in (
        ["study", "check", name],
        ["audit", "--study", name],
        ["simulate", "--study", name, "--json"],
        ["estimate", "--study", name, "--json"],
        ["scenarios", "--study", name],
        ["verify", "--study", name, "--trials", "400", "--json"],
        ["power", "--study", name, "--trials", "200", "--outcome", outcome, "--json"],
        ["what-if", "--study", name, "--trials", "400", "--to", "no_effect", "--json"],
        ["sweep", str(tmp_path / "sweep"), "--study", name, "--over", "people_per_arm=20,40", "--trials", "200"],
    ):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, (command, done.output)


@pytest.mark.parametrize("name", OTHERS)
def test_everything_is_written_and_every_scenario_can_be(name: str, tmp_path: Path) -> None:
    own = ar.study(name)
    done = reproduce(tmp_path, own, trials=400)
    assert done.verification.ok
    assert "forest.png" in {path.name for path in done.files}
    for scenario in own.scenario_names:
        assert ar.simulate_trial(own.scenario(scenario), seed=1).label.startswith("SIMULATED")


@pytest.mark.parametrize("name", OTHERS)
def test_the_what_if_page_answers(name: str) -> None:
    pytest.importorskip("panel", reason="the what-if page needs the extra app")
    from asteroid_repro.app.html import headline
    from asteroid_repro.app.page import page_of

    own = ar.study(name)
    assert own.design.treatment.label in headline(page_of("", own).state)


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_known_of_the_people_sets_no_assumption_and_is_never_foretold(name: str) -> None:
    own = ar.study(name)
    known = [claim for claim in own.ledger.claims if claim.id.startswith("known.")]
    assert known
    assert all(claim.role == "context" for claim in known)
    assert not any("known." in one.claim for one in own.assumptions.provenance)
    assert not any(claim.blind for claim in known)


def test_a_difference_printed_the_other_way_round_is_the_same_effect() -> None:
    own = ar.study("acupuncture_headache")
    line = ar.audit(own).triples["headache.week52"].triple
    assert (line.estimate, line.lower, line.upper) == ("-4.6", "-7.0", "-2.2")
    rows = {row.claim: row for row in ar.verify(own, seed=1, trials=400).rows}
    near, estimate, far = (
        rows[f"headache.month12.{part}"].reproduced for part in ("near_limit", "estimate", "far_limit")
    )
    assert 0 < float(near or 0) < float(estimate or 0) < float(far or 0)  # as printed
    effect = ar.estimate_effects(ar.simulate_trial(own.assumptions, seed=1), method="ancova").rows[-1]
    assert effect.estimate < 0  # treatment minus reference


def test_the_imbalance_in_print_gives_the_printed_means() -> None:
    means = ar.study("acupuncture_headache").scenario("printed_imbalance").means("headache")
    np.testing.assert_allclose([means["treatment"][-1], means["reference"][-1]], [16.2, 22.3], atol=0.005)
