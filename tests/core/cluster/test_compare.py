"""Copies are told from what only looks like them."""

from __future__ import annotations

import pytest

from pipeline.core.cluster import Text, likeness
from tests.core.cluster.made import FERRY, MARKET, MARKET_NEXT_DAY, sent


def alike(one: str, other: str, title: str = "A headline", other_title: str = "A headline") -> bool:
    first, second = Text(sent("alder", one, headline=title)), Text(sent("birch", other, headline=other_title))
    assert likeness(first, second) == likeness(second, first)
    return likeness(first, second) > 0


@pytest.mark.parametrize(
    "copy",
    [
        FERRY,
        FERRY.upper(),
        FERRY[:300],
        f"VELMAR, June 15 (Birch) - {FERRY}",
        f"{FERRY}\n\n(Reporting by Ada Quill in Velmar; editing by Ben Marlow)",
        FERRY.replace("ran aground", "ran onto rocks").replace("people on board", "passengers and crew"),
        "\n\n".join(FERRY.split("\n\n")[::-1]),
    ],
    ids=["whole", "in capitals", "cut", "dateline", "credits", "rewritten", "reordered"],
)
def test_a_copy_is_known(copy: str) -> None:
    assert alike(FERRY, copy)


def test_the_same_report_of_another_day_is_another_story() -> None:
    assert not alike(MARKET, MARKET_NEXT_DAY)


def test_the_same_form_about_another_company_is_another_story() -> None:
    form = "{0} said it filed a statement with the regulator for an issue of bonds and would use the proceeds for debt."
    assert not alike(form.format("In Velmar, Nordhavn Lines Holding"), form.format("In Brask, Ostavia Steel Works"))


def test_a_short_text_is_the_same_only_under_a_headline_about_the_same() -> None:
    dividend = "Quarterly dividend 10 cents against 10 cents before. Payable on May 4 to holders of record on April 20."
    assert alike(dividend, dividend, "Nordhavn Lines sets dividend", "NORDHAVN LINES PAYOUT")
    assert not alike(dividend, dividend, "Nordhavn Lines sets dividend", "Ostavia Steel payout unchanged")


def test_a_further_take_is_another_story() -> None:
    first, *rest = FERRY.split("\n\n")
    assert not alike(first, "\n\n".join(rest))
