"""wirewatch watches the news wires.

A wire story comes in as raw bytes, in whatever format its provider sends, and goes through the steps of
``core/flow.py``: it is parsed, tagged by region and actor, and matched against alert rules; a match becomes an
alert. The steps are pure functions of (payload, dictionaries, rules), so that the same story gives the same
alerts live, in ``explain``, in the tests of a rule, on a replay and on either way of running:

- *embedded*, one process over one SQLite file: ``runners/embedded.py``;
- *distributed*, Kafka, Faust workers and Elasticsearch: ``runners/desk.py`` and ``runners/index.py``.

The map, from the inside out (imports point inwards only, and import-linter holds them there)::

    core/        no I/O and no clock: Story, errors, flow, formats/, tag/, rules/
    config.py    config/wirewatch.yaml as types; every problem is reported at once
    metrics.py   every metric that any process serves
    adapters/    one file per outside system: kafka, elastic, sqlite, feeds, files
    runners/     move payloads through the steps and acknowledge after the effects
    wiring.py    the composition root: which adapter and which rules go where
    cli/         one file per command; parses arguments and prints
"""

__version__ = "0.1.0"
