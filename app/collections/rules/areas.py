"""Special status: counties where, between two days, nobody is asked for late money."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

_COUNTY = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialArea:
    """A county with a special status, from one day to another, both included."""

    county: str
    begins_on: date
    ends_on: date

    def stands_on(self, day: date) -> bool:
        """Tell whether it has the status on a day."""
        return self.begins_on <= day <= self.ends_on

    def covers(self, county: str, day: date) -> bool:
        """Tell whether somebody there has the status on a day; a province's code covers it all."""
        return self.county in {county, f"{county[:2]}0000"} and self.stands_on(day)


def areas_from(lines: Iterable[str]) -> tuple[SpecialArea, ...]:
    """
    Read the policy value: each line is `county from to`, such as `130681 2023-07-31 2023-10-31`.

    Where only the county can be read, it has the status until somebody corrects the line: a slip
    of the pen leaves people in peace.
    """
    return tuple(area for line in lines if (area := _area(line)) is not None)


def special_until(areas: Iterable[SpecialArea], county: str | None, day: date) -> date | None:
    """Return the last day of a county's special status; None where it has none on the day."""
    if county is None:
        return None
    ends = [one.ends_on for one in areas if one.covers(county, day)]
    return max(ends, default=None)


def _area(line: str) -> SpecialArea | None:
    county, *days = line.split() or [""]
    if not _COUNTY.fullmatch(county):
        return None
    try:
        begins, ends = map(date.fromisoformat, days)
    except ValueError:
        begins, ends = date.min, date.max
    return SpecialArea(county=county, begins_on=begins, ends_on=ends)
