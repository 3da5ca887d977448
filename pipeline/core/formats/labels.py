"""What desks write into headlines, slugs and notes where their dialect has no flag: kills, corrections, updates.

A label counts in a headline only as the desks set it: at the start, in capitals, set off from the headline by a
colon, a dash or brackets (``UPDATE 2-``, ``CORRECTED:``, ``(REFILE)``). "Kill Bill returns" carries none. Web pages
write ``Correction:``, so the words that mean nothing else before a colon count in mixed case too.
"""

from __future__ import annotations

import re

from pipeline.core.formats.words import MEANT, signal_of

_OTHER_TONGUES = {
    **dict.fromkeys(
        ("KORREKTUR", "BERICHTIGUNG", "RICHTIGSTELLUNG", "KORRIGIERT", "RECTIFICATIF", "CORRECTIF"), "correction"
    ),
    **dict.fromkeys(
        ("CORRECCIÓN", "CORRECCION", "CORREGIDO", "CORREGIDA", "RETTIFICA", "CORRETTA", "CORRETTO"), "correction"
    ),
    **dict.fromkeys(("RETTELSE", "KORRIGERING", "KORRIGERT", "RÄTTELSE", "KORR", "ИСПРАВЛЕНИЕ"), "correction"),
    **dict.fromkeys(("更正", "订正", "訂正"), "correction"),
    **dict.fromkeys(("STORY KILLED", "STORY REMOVED", "STORY WITHDRAWN", "STORY RETRACTED", "ZURÜCKGEZOGEN"), "kill"),
    **dict.fromkeys(("ANNULATION", "ANNULÉ", "ANNULÉE", "ANULADA", "ANULACIÓN", "ANULACION", "ANNULLAMENTO"), "kill"),
    **dict.fromkeys(("EILMELDUNG", "EIL", "МОЛНИЯ", "快讯", "快訊"), "flash"),
    **dict.fromkeys(("URGENTE", "ALERTE", "BREAKING", "BREAKING NEWS", "СРОЧНО"), "urgent"),
    **dict.fromkeys(
        ("TOPWRAP", "LD", "AMPLIACIÓN", "AMPLIACION", "ACTUALIZA", "ACTUALIZACIÓN", "AKTUALISIERT"), "update"
    ),
    "ANNULLA E SOSTITUISCE": "replacement",
}
_WORDS = (
    r"KILL(?: NOTICE| ADVISORY| STORY)?|KILLED|WITHDRAWAL|WITHDRAWN|RETRACTION|CORRECTION|CORRECTED|CORRECTS|CORRECTIVE"
    r"|CLARIFICATION|CLARIFIED|UPDATE|UPDATED|UPDATES|REFILE|REFILED|REFILES|RPT|REPEAT|REPEATING|WRITETHRU|WRITE-THRU"
    r"|ADVISORY|WRAPUP|LEAD|FLASH|BULLETIN|URGENT|NEWSALERT|ALERT"
    rf"|{'|'.join(sorted(_OTHER_TONGUES, key=len, reverse=True))}"
    r"|(?i:CORRECTION|CORRECTED|CLARIFICATION|KORREKTUR|BERICHTIGUNG|EILMELDUNG)(?=:)"
)
_ORDINAL = r"(?:\d{1,2}(?i:st|nd|rd|th)\s)?"
_BEFORE = (
    r"(?:(?:ATTENTION )?(?:EDITORS?|EDS)(?:['’]?S?\sNOTE)?\s*[-–—:]\s*)?"
    rf"(?:(?:OFFICIAL|MANDATORY|BULLETIN)\s|\(OFFICIAL\)[-\s])?{_ORDINAL}"
)
_HEADLINE = re.compile(
    rf"[\s*]{{0,5}}{_BEFORE}(?:[(\[【（]{_ORDINAL}({_WORDS})(?:\s?\d{{1,2}})?[)\]】）]\s?"
    rf"|({_WORDS})(?:[\s-]?\d{{1,2}})?(?:\s\([^()]{{2,30}}\))?\s*(?:[-–—:：/]|\*+)\s?"
    r"|(?:MANDATORY|BULLETIN)\s(KILL)\b|(KILL)(?=[\s,!]*(?:$|KILL)))"
)
_STACKED = 4
_SLUG = re.compile(
    r"(?:[,\s-](?:\d{1,2}(?:st|nd|rd|th)\s)?(?:Ld[-\s])?"
    r"(Writethru|Write-Thru|Withdrawal|Advisory|Corrective|Correction|Corrected|Refile|Ld)"
    r"|(?:[-,\s](?:Mandatory|Bulletin)\s|,\s?(?:\d{1,2}(?:st|nd|rd|th)\s)?)(Kill|Sub))\s*(?=$|[,(])",
    re.IGNORECASE,
)
_ITEM = r"(?:story|stories|versions?|item|article|report|copy|slug)"
_NOTE = re.compile(
    r"\b(?:(mandatory kill|bulletin kill|kill is mandatory|advised to kill"
    r"|please kill(?! (?:the |all )?(?:photo|picture|image|graphic|video))"
    rf"|kill(?= (?:the |this |all )?{_ITEM})|kill(?= [A-Z]{{2}}-)|(?-i:KILL)(?=\s*(?:[:–—-]|$))|(?-i:STORY KILLED)"
    r"|(?:story|item|article|version|copy|report)\b.{0,40}?"
    r"\b(?:has been|is being|is|was) (?:withdrawn|killed|retracted|recalled)(?! by)"
    r"|(?:story|item|article|report) withdrawn"
    r"|(?:withdraws?|withdrawn|disregard|do not (?:use|publish)) (?:the |this |its )?(?:story|item|article|report)"
    r"|meldung\b.{0,40}?\b(?:zurückgezogen|nicht (?:zu )?verwenden)|dépêche\b.{0,40}?\bannulée"
    r"|(?:annuler|ne pas tenir compte de) (?:la |cette )?dépêche"
    r"|(?:se anula|anulada|anulen) (?:la |esta )?(?:noticia|nota|información))"
    r"|(corrects|correcting|correction|corrected|corrective|to correct|fixes|to fix"
    r"|korrektur|berichtigung|berichtigt|korrigiert"
    r"|corrige|rectifie|rectificatif|rettifica|rettelse|rättelse|rättar|korrigert|korrigering)"
    r"|(write-?thru|writethrough)"
    r"|(refiles?|refiling|refiled)"
    r"|(updates|updating|(?<!be )updated|adds|recasts|clarifies|removes|deletes|aktualisiert|ergänzt|mise à jour"
    r"|actualiza|añade|ampliación|aggiorna|utvidet|oppdatert|opdateret|uppdaterad)"
    r"|(advisory)|(repeats|repeating|resends|resending))\b",
    re.IGNORECASE,
)
_CUES = (
    *("kill", "withdr", "retract", "recall", "disregard", "do not use", "do not publish", "zurückgezogen", "nicht "),
    *("annul", "anul", "ne pas ", "correct", "korr", "bericht", "corrig", "rectifi", "rettifica", "rettelse", "rätt"),
    *("fix", "writ", "refil", "updat", "adds", "recasts", "clarif", "remov", "delet", "aktualisiert", "ergänzt"),
    *("mise à jour", "actualiza", "añade", "ampliación", "aggiorna", "utvidet", "ppdat", "opdater", "advis", "repeat"),
    "resend",
)
"""A part of each word of the pattern: looking for them first takes a tenth of the time."""

_OPENING = 300
"""A label stands where a note opens; behind it dpa, for one, lists corrections among its contacts."""

_NOTE_SIGNALS = ("kill", "correction", "writethru", "refile", "update", "advisory", "repeat")
_GRAVE = ("kill", "correction")
"""What counts before the other labels of a stack: ``UPDATE 2-CORRECTED-`` corrects."""

_LOUD = {"flash": 1, "urgent": 2, "alert": 2, "bulletin": 3}


def headline_label(headline: str | None) -> str | None:
    """Return the signal of the labels at the start of a headline: the gravest, else the first."""
    stack: list[str] = []
    at = 0
    while headline and len(stack) < _STACKED and (found := _HEADLINE.match(headline, at)):
        word = next(filter(None, found.groups())).upper()
        if signal := _OTHER_TONGUES.get(word) or signal_of([word.split()[0]]):
            stack.append(signal)
        at = found.end()
    return _gravest(stack)


def slug_label(slugline: str | None) -> str | None:
    """Return the signal of a slug's tail: ``BC-US--Earns, 1st Ld-Writethru``, ``BRIDGE/FLOOD (UPDATE 2)``."""
    found = _SLUG.search(slugline) if slugline else None
    if found is None:
        return _in_brackets(slugline) if slugline and slugline.endswith(")") else None
    word = (found[1] or found[2]).lower()
    return "update" if word == "ld" else signal_of([word])


def _in_brackets(slugline: str) -> str | None:
    """Return the gravest of the labels that Reuters puts behind a slug: ``BRIDGE/FLOOD (UPDATE 2, CORRECTED, PIX)``."""
    entries = slugline[slugline.rfind("(") + 1 : -1].split(",")
    words = [entry.split()[0] for entry in entries if entry.strip()]
    found = [signal for word in words if word.isupper() and (signal := signal_of([word])) in MEANT]
    return _gravest(found)


def _gravest(signals: list[str]) -> str | None:
    return next((signal for signal in _GRAVE if signal in signals), signals[0] if signals else None)


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
