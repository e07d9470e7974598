"""What stands on top of each scenario's file: where the scenario comes from."""

from importlib.resources import files

from asteroid_repro.calibration import scenario_names
from asteroid_repro.errors import InputError, did_you_mean

_MATCHED = "Source: the claims with role fitted. Assumption: the rest, field by field, as `scenarios asteroid` says."


def scenario_source(name: str) -> str:
    """Return the source of a named scenario: the comment its file begins with, in one line.

    Parameters
    ----------
    name : str
        One of ``scenario_names()``.

    Returns
    -------
    str
        ``Source:`` and claim ids or ``none``, then ``Assumption:`` and what is supposed.

    Raises
    ------
    InputError
        No scenario of that name, with the nearest one.

    Examples
    --------
    >>> scenario_source("waitlist")
    'Source: claim design.waitlist_care. Assumption: no effect, since both arms carry on as usual.'
    """
    if name not in scenario_names():
        raise InputError(f"scenario must be a name, got {name!r}.{did_you_mean(name, scenario_names())}")
    if name == "asteroid":
        return _MATCHED
    path = files("asteroid_repro.studies") / "asteroid" / "scenarios" / f"{name}.toml"
    return leading_comment(path.read_text(encoding="utf-8"))


def leading_comment(text: str) -> str:
    r"""Return the comment that a TOML text begins with, in one line; empty if it begins with none.

    Examples
    --------
    >>> leading_comment("# Source: none;\n# a guess.\nweeks = 3\n# not this")
    'Source: none; a guess.'
    """
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return " ".join(lines)
