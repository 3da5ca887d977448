"""The names of months and time zones that wires write, in the languages of the agencies read here.

A zone's name is an offset in minutes: summer time has a name of its own. Where a name has several meanings
(``IST``, ``CST``, ``BST``), the one counts that news wires mean: India, North America, Britain. The letters of RFC 822
were published with the wrong sign, so RFC 2822 has them read as UTC.
"""

from __future__ import annotations

from string import ascii_lowercase

_HOURS = {
    **dict.fromkeys(("ut", "utc", "gmt", "wet", "zulu", *ascii_lowercase.replace("j", "")), 0.0),
    **dict.fromkeys(("bst", "cet", "mez", "west", "wat"), 1.0),
    **dict.fromkeys(("cest", "mesz", "mest", "eet", "sast", "cat"), 2.0),
    **dict.fromkeys(("eest", "msk", "eat", "idt"), 3.0),
    **dict.fromkeys(("msd", "gst"), 4.0),
    **dict.fromkeys(("pkt", "uzt"), 5.0),
    "irst": 3.5,
    "ist": 5.5,
    "npt": 5.75,
    **dict.fromkeys(("ict", "wib"), 7.0),
    **dict.fromkeys(("hkt", "sgt", "awst", "pht", "myt", "wita"), 8.0),
    **dict.fromkeys(("jst", "kst", "wit"), 9.0),
    "acst": 9.5,
    "acdt": 10.5,
    "aest": 10.0,
    "aedt": 11.0,
    "nzst": 12.0,
    "nzdt": 13.0,
    "nst": -3.5,
    "ndt": -2.5,
    **dict.fromkeys(("adt", "art", "brt"), -3.0),
    **dict.fromkeys(("ast", "edt"), -4.0),
    **dict.fromkeys(("est", "cdt", "et"), -5.0),
    **dict.fromkeys(("cst", "mdt", "ct"), -6.0),
    **dict.fromkeys(("mst", "pdt", "mt"), -7.0),
    **dict.fromkeys(("pst", "akdt", "pt"), -8.0),
    "akst": -9.0,
    "hst": -10.0,
}
ZONES = {name: round(hours * 60) for name, hours in _HOURS.items()}
"""Minutes east of Greenwich by the zone's name in lower case."""

_MONTHS = (
    "jan january januar janvier janv januari enero ene gennaio gen janeiro",
    "feb february februar février févr fév fevrier february februari febrero febbraio fevereiro fev",
    "mar march märz maerz mär mrz mars maart mrt marzo março marts",
    "apr april avril avr abril abr aprile",
    "may mai mayo maggio mag maio mei maj",
    "jun june juni juin junio giugno giu junho",
    "jul july juli juillet juil julio luglio lug julho",
    "aug august août aout aou agosto ago augustus augusti",
    "sep sept september septembre septiembre settembre set setembro",
    "oct october oktober octobre okt octubre ottobre ott outubro out",
    "nov november novembre noviembre novembro",
    "dec december dezember décembre déc dez diciembre dic dicembre dezembro desember des",
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
"""The number of a month by its name or usual abbreviation in lower case."""
