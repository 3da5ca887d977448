"""What desks write into headlines, slugs and notes where their dialect has no flag: kills, corrections, updates.

A label counts in a headline only as the desks set it: at the start, in capitals, set off from the headline by a
colon, a dash or brackets (``UPDATE 2-``, ``CORRECTED:``, ``(REFILE)``). "Kill Bill returns" carries none. Web pages
write ``Correction:``, so the words that mean nothing else before a colon count in mixed case too.
"""

from __future__ import annotations

import re

from pipeline.core.formats.words import signal_of

_WORDS = (
    r"KILL(?: NOTICE| ADVISORY| STORY)?|KILLED|WITHDRAWAL|WITHDRAWN|RETRACTION|CORRECTION|CORRECTED|CORRECTS|CORRECTIVE"
    r"|CLARIFICATION|UPDATE|UPDATED|UPDATES|REFILE|REFILED|REFILES|RPT|REPEAT|WRITETHRU|WRITE-THRU|ADVISORY|WRAPUP|TOPWRAP"
    r"|LEAD|LD|FLASH|BULLETIN|URGENT|NEWSALERT|ALERT|URGENTE|ALERTE|BREAKING(?: NEWS)?"
    r"|EILMELDUNG|EIL|KORREKTUR|BERICHTIGUNG|RECTIFICATIF|CORRECTIF|CORRECCIÓN|RETTELSE|KORRIGERING|ZURÜCKGEZOGEN|ANNULATION|ANNULÉE?|ANULADA"
    r"|(?i:CORRECTION|CORRECTED|CLARIFICATION|KORREKTUR|BERICHTIGUNG)(?=:)"
)
_BEFORE = (
    r"(?:(?:ATTENTION )?(?:EDITORS|EDS)\s*[-–—:]\s*)?(?:\d{1,2}(?:ST|ND|RD|TH)\s|(?:OFFICIAL|MANDATORY|BULLETIN)\s)?"
)
_HEADLINE = re.compile(
    rf"[\s*]{{0,5}}{_BEFORE}(?:[(\[]({_WORDS})(?:\s?\d{{1,2}})?[)\]]\s?|({_WORDS})(?:[\s-]?\d{{1,2}})?\s*(?:[-–—:/]|\*+)\s?"
    r"|(?:MANDATORY|BULLETIN)\s(KILL)\b)"
)
_STACKED = 4
_SLUG = re.compile(
    r"(?:[,\s-](?:\d{1,2}(?:st|nd|rd|th)\s)?(?:Ld[-\s])?"
    r"(Writethru|Write-Thru|Withdrawal|Advisory|Corrective|Correction|Refile|Ld)"
    r"|(?:[-,\s](?:Mandatory|Bulletin)\s|,\s?)(Kill))\s*(?=$|[,(])",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\b(?:(mandatory kill|bulletin kill|kill(?= (?:the |this |all )?(?:story|stories|versions?|item|copy|slug))"
    r"|(?-i:KILL)(?=\s*(?:[:–—-]|$))"
    r"|(?:story|item|article|version|copy|report)\b.{0,40}?"
    r"\b(?:has been|is|was) (?:withdrawn|killed|retracted|recalled)(?! by)|(?:story|item|article|report) withdrawn"
    r"|(?:withdraws?|withdrawn|disregard|do not use) (?:the |this |its )?(?:story|item|article|report)"
    r"|advised to kill"
    r"|meldung\b.{0,40}?\bzurückgezogen|dépêche\b.{0,40}?\bannulée)"
    r"|(corrects|correcting|correction|corrected|corrective|fixes|korrektur|berichtigung|berichtigt|corrige)"
    r"|(write-?thru|writethrough)"
    r"|(refiles?|refiling|refiled)"
    r"|(updates|updating|updated|adds|recasts|clarifies|removes|deletes|aktualisiert|ergänzt|mise à jour)"
    r"|(advisory)|(repeats|repeating|resends|resending))\b",
    re.IGNORECASE,
)
_CUES = (
    *(
        "kill",
        "withdr",
        "retract",
        "recall",
        "disregard",
        "do not use",
        "zurückgezogen",
        "annul",
        "correct",
        "korrektur",
    ),
    *(
        "bericht",
        "corrig",
        "fixes",
        "writ",
        "refil",
        "updat",
        "adds",
        "recasts",
        "clarif",
        "remov",
        "delet",
        "aktualisiert",
    ),
    *("ergänzt", "mise à jour", "advis", "repeat", "resend"),
)
"""A part of each word of the pattern: looking for them first takes a tenth of the time."""

_OPENING = 300
"""A label stands where a note opens; behind it dpa, for one, lists corrections among its contacts."""

_NOTE_SIGNALS = ("kill", "correction", "writethru", "refile", "update", "advisory", "repeat")
_OTHER_TONGUES = {
    **dict.fromkeys(("KORREKTUR", "BERICHTIGUNG", "RECTIFICATIF", "CORRECTIF", "CORRECCIÓN"), "correction"),
    **dict.fromkeys(("RETTELSE", "KORRIGERING"), "correction"),
    **dict.fromkeys(("ZURÜCKGEZOGEN", "ANNULATION", "ANNULÉ", "ANNULÉE", "ANULADA"), "kill"),
    **dict.fromkeys(("EILMELDUNG", "EIL"), "flash"),
    **dict.fromkeys(("URGENTE", "ALERTE", "BREAKING", "BREAKING NEWS"), "urgent"),
    **dict.fromkeys(("TOPWRAP", "LD"), "update"),
}
_GRAVE = ("kill", "correction")
"""What counts before the other labels of a stack: ``UPDATE 2-CORRECTED-`` corrects."""

_LOUD = {"flash": 1, "urgent": 2, "alert": 2, "bulletin": 3}


def headline_label(headline: str | None) -> str | None:
    """Return the signal of the labels at the start of a headline: the gravest, else the first."""
    stack: list[str] = []
    at = 0
    while headline and len(stack) < _STACKED and (found := _HEADLINE.match(headline, at)):
        word = (found[1] or found[2] or found[3]).upper()
        if signal := _OTHER_TONGUES.get(word) or signal_of([word.split()[0]]):
            stack.append(signal)
        at = found.end()
    return next((signal for signal in _GRAVE if signal in stack), stack[0] if stack else None)


def slug_label(slugline: str | None) -> str | None:
    """Return the signal of a slug's tail: ``BC-US--Earns, 1st Ld-Writethru``."""
    found = _SLUG.search(slugline) if slugline else None
    if found is None:
        return None
    word = (found[1] or found[2]).lower()
    return "update" if word == "ld" else signal_of([word])


def note_label(note: str | None) -> str | None:
    """Return the signal that an editor's note puts into words."""
    if not note or not any(map(note[:_OPENING].lower().__contains__, _CUES)):
        return None
    found = _NOTE.search(note, 0, _OPENING)
    return (
        next((name for name, text in zip(_NOTE_SIGNALS, found.groups(), strict=True) if text), None) if found else None
    )


def loudness(signal: str | None) -> int | None:
    """Return the urgency of a label that is one of urgency: flash 1, urgent and alert 2, bulletin 3."""
    return _LOUD.get(signal or "")
