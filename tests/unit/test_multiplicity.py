"""P-values of co-primary outcomes against numbers worked out by hand."""

from typing import Any

import pytest

from asteroid_repro import InputError, adjust_p_values
from asteroid_repro.estimate.effects.estimate_effects import Effect, Effects

RAW = {"sleep": 0.01, "pain": 0.04, "mood": 0.03}


def effects() -> Effects:
    rows = [
        Effect(name, week, "mmrm", "t", -1.0, 0.5, 38.0, -2.0, 0.0, p if week == 12 else 0.5, 20, 20, "lower")
        for name, p in RAW.items()
        for week in (6, 12)
    ]
    return Effects(tuple(rows), 0.95)


@pytest.mark.parametrize(
    ("rule", "order", "expected"),
    [
        ("holm", (), {"sleep": 0.03, "pain": 0.06, "mood": 0.06}),
        ("hochberg", (), {"sleep": 0.03, "pain": 0.04, "mood": 0.04}),
        ("fixed_sequence", ("pain", "sleep", "mood"), {"pain": 0.04, "sleep": 0.04, "mood": 0.04}),
        ("fixed_sequence", ("sleep", "mood"), {"sleep": 0.01, "mood": 0.03}),
    ],
)
def test_adjusted_p_values_by_hand(rule: Any, order: tuple[str, ...], expected: dict[str, float]) -> None:
    found = adjust_p_values(effects(), rule=rule, order=order)
    assert {row.outcome: row.p_adjusted for row in found.rows} == pytest.approx(expected)
    assert {row.outcome: row.p_value for row in found.rows} == {name: RAW[name] for name in expected}
    assert {row.week for row in found.rows} == {12}


def test_what_cannot_be_adjusted_is_refused() -> None:
    for how, message in (
        ({"rule": "bonferoni"}, "rule must be one of holm"),
        ({"week": 7}, "week must be one of 6, 12, got 7"),
        ({"rule": "fixed_sequence"}, "order must be given for fixed_sequence"),
        ({"order": ["pain"]}, "order must be given for fixed_sequence and for no other rule"),
        ({"rule": "fixed_sequence", "order": ["pian"]}, "Did you mean 'pain'"),
    ):
        with pytest.raises(InputError, match=message):
            adjust_p_values(effects(), **how)
