"""The verdicts on means with their SD and on counts with their percentage."""

from decimal import Decimal

from asteroid_repro.printed.grading.exact_forms import read_counts
from asteroid_repro.printed.granularity import debit, grimmer
from asteroid_repro.printed.reading.found_result import FoundResult
from asteroid_repro.printed.rounding_interval import rounding_interval


def grade_share(found: FoundResult) -> tuple[str, str]:
    """Return verdict and sentence for a count of people with its percentage: 20/40 (50 %).

    Examples
    --------
    >>> grade_share(FoundResult("", "", 0, 0, estimate="51", counts="20/40", kind="share"))[0]
    'contradiction'
    """
    ((count, people),) = read_counts(found.counts)
    if count > people:
        return "impossible", f"{count:g} is more than {people:g}."
    share, printed = 100 * count / people, rounding_interval(str(found.estimate))
    slack = 1e-9
    if printed.low - slack <= share <= printed.high + slack:
        return "compatible", f"{count:g} of {people:g} is {found.estimate} %."
    nearest = f"{share:.{-int(Decimal(str(found.estimate)).as_tuple().exponent)}f}"
    could = debit(str(found.estimate), int(people)) if float(str(found.estimate)) <= 100 else None
    other = f"{found.estimate} % of {people:g} can" + ("" if could is not None and could.consistent else "not")
    return "contradiction", f"{count:g} of {people:g} is {nearest} %, not {found.estimate} %; {other} be had."


def grade_mean(found: FoundResult) -> tuple[str, str]:
    """Return verdict and sentence for a mean with its SD; with the people, whether whole-number scores print both.

    Examples
    --------
    >>> grade_mean(FoundResult("", "", 0, 0, estimate="33", spread="-6", kind="mean"))[0]
    'impossible'
    """
    mean, sd = str(found.estimate), str(found.spread)
    if float(sd) < 0:
        return "impossible", f"An SD is not negative, as {sd} is."
    if len(found.people) != 1 or found.people[0] < 2 or "e" in (mean + sd):
        return "compatible", "A mean and an SD, which any scores may have; the people are not known."
    people = found.people[0]
    check = grimmer(sd, mean, people)
    if check.consistent:
        return "compatible", f"Whole-number scores of {people} people can have this mean and SD."
    return "compatible on another scale", f"No whole-number scores of {people} people have both; finer scores can."
