"""What else is known of people: columns that have one value a person, as numbers, yes or no, or words."""

from collections.abc import Callable, Sequence
from typing import Final

import pandas as pd

from asteroid_repro.reading.cells import comma_is_decimal, is_missing, key, looks_numeric, numbers, plain, truths
from asteroid_repro.reading.designed import name_for
from asteroid_repro.reading.files_in.raw_tables import RawTable
from asteroid_repro.reading.identifiers import listed, one_spelling
from asteroid_repro.reading.reading_options import Options
from asteroid_repro.tables.plausible import refuse_odd

Told = Callable[[str], None]
_MOST_CATEGORIES: Final = 10
_SEXES: Final = {"f": "female", "m": "male", "w": "female", "woman": "female", "man": "male"}
_YES_NO: Final = {"yes", "no", "y", "n", "true", "false"}


def describe(raw: RawTable, person: pd.Series, columns: Sequence[str], options: Options, told: Told) -> pd.DataFrame:
    """Return the characteristics of each person.

    Parameters
    ----------
    raw : RawTable
        A table with one row or more a person.
    person : pandas.Series
        Who each row is of.
    columns : sequence of str
        Columns that may be characteristics.
    options : Options
        Codes for missing values, scales, and the columns that are wanted.
    told : callable
        Takes what there is to say.

    Returns
    -------
    pandas.DataFrame
        A row per person, a column per characteristic.

    Raises
    ------
    InputError
        A wanted column that is not there, a cell that is no number among numbers, a value far outside the others.
    """
    wanted = None if options.characteristics is None else {key(each) for each in options.characteristics}
    found: dict[str, pd.Series] = {}
    left_out = []
    for column in columns:
        if wanted is not None and key(column) not in wanted:
            continue
        own = _of_each(raw.cells[column].where(~raw.cells[column].map(is_missing)), person)
        if own is None or own.notna().sum() == 0:
            left_out.append(column)
            continue
        values = _values(own, column, raw, options, told)
        if values is None:
            left_out.append(column)
        else:
            found[name_for(column)] = values
    if left_out:
        told(f"{raw.name}: columns that are not read: {listed(left_out, 10)}.")
    return pd.DataFrame(found, index=pd.Index(dict.fromkeys(person), name="participant"))


def _of_each(column: pd.Series, person: pd.Series) -> pd.Series | None:
    """Return one value a person under the row it was read in; None where somebody has several."""
    filled = column.dropna()
    values = pd.DataFrame({"person": person[filled.index], "text": filled.map(plain)}).drop_duplicates()
    if values["person"].duplicated().any():
        return None
    first = values["person"]
    return pd.Series(
        filled[first.index].to_numpy(), index=pd.MultiIndex.from_arrays([first, first.index]), dtype=object
    )


def _values(own: pd.Series, column: str, raw: RawTable, options: Options, told: Told) -> pd.Series | None:
    rows = own.set_axis(own.index.get_level_values(1))
    field, labels = f"{raw.name}.{column}", raw.value_labels.get(column, {})
    if labels and all(cell in labels for cell in rows):
        rows = rows.map(labels)
    codes = {plain(code).casefold() for code in options.codes(column, name_for(column))}
    rows = rows[~rows.map(lambda cell: plain(cell).casefold() in codes)]
    words = {plain(cell).casefold() for cell in rows}
    if looks_numeric(rows):
        comma = comma_is_decimal([rows], field, options.decimal)
        values = numbers(rows, field, comma=comma)
        refuse_odd(values.to_numpy(), field, [f"row {row}" for row in rows.index], options.scales.get(column))
    elif words and words <= _YES_NO:
        values = truths(rows, field)
    elif len(words) > _MOST_CATEGORIES:
        return None
    else:
        values = one_spelling(rows, told, field)
        if key(column) in ("sex", "gender"):
            values = values.map(lambda word: _SEXES.get(word.casefold(), word.casefold()))
    people = dict(zip(own.index.get_level_values(1), own.index.get_level_values(0), strict=True))
    return values.set_axis([people[row] for row in values.index])
