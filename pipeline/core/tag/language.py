"""Which language a story is in, where its provider does not say."""

from __future__ import annotations

from functools import cache
from typing import Any

LANGUAGES = ("en", "ar", "de", "es", "fr", "hi", "id", "it", "ja", "ko", "nl", "pt", "ru", "tr", "uk", "zh")
_KNOWN = frozenset(LANGUAGES)
_ENOUGH = 200
"""Characters that are looked at: more adds time and no certainty."""


def language_of(given: str | None, *texts: str | None) -> str:
    """Return the language given, as its first subtag in lower case, or the likeliest of ours for the texts.

    Only our languages are considered: over all of them one English wire story in ten comes out as something else.
    """
    if given in _KNOWN:
        return given
    if given:
        return given.replace("_", "-").partition("-")[0].lower()
    text = " ".join(text for text in texts if text)[:_ENOUGH]
    letters = text.encode("utf-8", "ignore").decode("utf-8").strip()
    if not letters:
        return "en"
    return str(_identifier().classify(letters)[0])


@cache
def _identifier() -> Any:
    """Return the model, loaded when a story first needs it: that takes a second, and then 50 MB for our languages."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  most processes never need it

    every = LanguageIdentifier.from_model_file(MODEL_FILE)
    ours = [index for index, language in enumerate(every.nb_classes) if language in LANGUAGES]
    # A new one, not set_languages(): that keeps the scores of all languages, 28 MB.
    return LanguageIdentifier(
        every.nb_ptc[:, ours],
        every.nb_pc[ours],
        [every.nb_classes[index] for index in ours],
        every.tk_nextmove,
        every.tk_output,
        tk_row=every.tk_row,
    )
