"""``wirewatch explain``: why stories are tagged as they are, and why rules match them or do not, word by word."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

import msgspec

from pipeline import config, wiring
from pipeline.adapters import files
from pipeline.cli.render import BOLD, DIM, GREEN, RED, YELLOW, Style
from pipeline.core import formats
from pipeline.core.errors import InputError
from pipeline.core.rules import Rule, RuleSet
from pipeline.core.rules.explain import explain
from pipeline.core.rules.view import View
from pipeline.core.story import Actor, Region, Span, Story
from pipeline.core.tag import explain_text

NEAR_MISSES = 5
AROUND = 60
"""Characters shown on either side of a marked word."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the rules and the files."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="any accepted format; - is standard input")
    parser.add_argument("--rules", metavar="PATH", action="append", help="rule file or folder (the rules in force)")
    parser.add_argument("--rule", metavar="ID", help="this rule alone, whether or not it matches")
    parser.add_argument("--provider", help="the provider of stories that do not name theirs")
    parser.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")


def run(options: argparse.Namespace) -> int:
    """Explain every story of the files; return 1 when any input was refused, 3 when a rule was."""
    settings = config.load(options.config)
    dictionary = wiring.dictionary(settings)
    tagger = wiring.tagger(settings, dictionary)
    rules, problems = wiring.rules(settings, dictionary, options.rules)
    for problem in problems:
        print(problem, file=sys.stderr)
    if options.rule is not None and rules.get(options.rule) is None:
        raise InputError(f"no rule in force is called {options.rule!r}; `wirewatch rules list` shows all")
    status, style = 3 if problems else 0, Style()

    def refuse(origin: str, reason: str) -> None:
        nonlocal status
        status = status or 1
        print(f"{origin}: {reason}", file=sys.stderr)

    for payload in files.payloads(options.files, refuse, options.provider):
        try:
            parsed = formats.parse(payload)
        except InputError as error:
            refuse(payload.origin, error.reason)
            continue
        for reason in parsed.refused:
            refuse(payload.origin, reason)
        for story in parsed.stories:
            tags = tagger.tag(story)
            tagged = msgspec.structs.replace(story, regions=tags.regions, actors=tags.actors)
            lines = list(_story(tagged, rules, options.rule, style))
            if options.rule is None:
                lines += [style(f"  {line}", DIM) for line in explain_text(tagger, story)]
            print("\n".join(lines) + "\n")
    return status


def _story(story: Story, rules: RuleSet, only: str | None, style: Style) -> Iterable[str]:
    yield style(story.headline or story.uri, BOLD) + style(f"  {story.provider} {story.uri}", DIM)
    tags: list[Region | Actor] = [*story.regions, *story.actors]
    for tag in tags:
        name = tag.code if isinstance(tag, Region) else tag.id
        words = list(dict.fromkeys(_text(story, span) for span in tag.spans))
        about = f"{tag.role}, score {tag.score:.2f}, {tag.mentions} × {', '.join(words)}"
        yield f"  {name:<8} {tag.name}: {style(about, DIM)}"
    if only is not None:
        rule = rules.get(only)
        if rule is not None:
            yield from _rule(story, rule, rules, style)
        return
    matching = {match.rule for match in rules.match(story).matches}
    for rule in rules:
        if rule.id in matching:
            yield from _rule(story, rule, rules, style)
    for rule in rules.near(story)[:NEAR_MISSES]:
        yield from _rule(story, rule, rules, style)


def _rule(story: Story, rule: Rule, rules: RuleSet, style: Style) -> Iterable[str]:
    found = next((match for match in rules.match(story).matches if match.rule == rule.id), None)
    verdict = style("matches", GREEN) if found else style("does not match", RED)
    yield f"  {style(rule.id, BOLD)} {verdict}  {style(' '.join(rule.query.split()), DIM)}"
    for clause in explain(rule.node, View(story), 2):
        yield str(clause)
    for span in found.spans[:NEAR_MISSES] if found else ():
        yield f"    {span[0]}: {_marked(story, span, style)}"


def _text(story: Story, span: Span) -> str:
    return (getattr(story, span[0], None) or "")[span[1] : span[2]]


def _marked(story: Story, span: Span, style: Style) -> str:
    """Return the words around a span, itself marked."""
    field, start, end = span
    text = getattr(story, field, None) or ""
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    mark = style(text[start:end], BOLD, YELLOW) if style.colour else f"[{text[start:end]}]"
    return " ".join(
        f"{'…' if start > AROUND else ''}{before}{mark}{after}{'…' if end + AROUND < len(text) else ''}".split()
    )
