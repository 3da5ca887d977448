"""What a user could write to make matching slow: queries far beyond the limits of a rule, stories of a megabyte."""

from __future__ import annotations

from pipeline.core.rules import Limits, RuleDefinition
from pipeline.core.rules.definition import Rule, compiled
from pipeline.core.rules.parser import Parser
from pipeline.core.story import Story

LIFTED = Limits(characters=1_000_000, clauses=20_000, distances=20_000, patterns=20_000, cost=10**9)

TEXTS = {
    "one word": "attack " * 150_000,
    "two words in turn": "a b " * 250_000,
    "far apart": ("a " + "x " * 10 + "b " + "x " * 10) * 20_000,
    "pairs": " ".join(f"a b x{number}" for number in range(100_000)),
    "new words": " ".join(f"att{number}" for number in range(150_000)),
    "no spaces": "x" * 1_000_000,
    "initials": "a." * 500_000,
    "apostrophes": "a'" * 500_000,
    "marks": "a\u0301" * 300_000,
    "characters": "北京大学" * 80_000,
    "lines": "attack\n" * 150_000,
}

QUERIES = {
    "10,000 words": " OR ".join(["attack", "a", *(f"w{number}" for number in range(9_998))]),
    "10,000 words and one": f"({' OR '.join(f'att{number}' for number in range(9_998))}) AND (attack OR a OR att7)",
    "1,000 NEAR": " OR ".join(f"(a NEAR/{number} b)" for number in range(1, 1_001)),
    "1,000 NEAR at once": " AND ".join(f"(a NEAR/{number} b)" for number in range(1, 1_001)),
    "1,000 NEAR of nothing": " OR ".join(f"(a NEAR/{number} zz)" for number in range(1, 1_001)),
    "1,000 NEAR of a word": " AND ".join(f"(attack NEAR/{number} attack)" for number in range(1, 1_001)),
    "long sides": "(a OR b OR x OR attack) BEFORE/1000 (b OR x OR attack)",
    "1,000 wildcards": " OR ".join(["att*", *(f"att{number}*" for number in range(999))]),
    "wildcards within": " OR ".join(f"att*{number}*" for number in range(1_000)),
    "1,000 edits": " OR ".join(f"attack{number}~1" for number in range(1_000)),
    "two words": '"a b"',
    "any order": '"' + " ".join(["a"] * 500) + '"~900',
    "the same in any order": '"' + " ".join(["attack"] * 20) + '"~900',
    "one word 100 times": '"' + " ".join(["attack"] * 100) + '"',
    "500 of 1,000": f"ATLEAST/500 ({' '.join(f'att{number}' for number in range(1_000))})",
    "forms and case": f"{' OR '.join(f'forms:attack{number}' for number in range(500))} OR =ATTACK OR =attack",
}


def rules() -> list[Rule]:
    """Return the hostile rules; the limits of one rule refuse most of them, so they are lifted."""
    parser = Parser(limits=LIFTED)
    found = [RuleDefinition(id=name.replace(" ", "-").replace(",", ""), query=query) for name, query in QUERIES.items()]
    return [compiled(definition, parser) for definition in found]


def story(text: str) -> Story:
    """Return a story that says so wherever it can."""
    return Story(
        uri="x", provider="p", source_format="t", headline=text, slugline=text, byline=text, dateline=text, body=text
    )
