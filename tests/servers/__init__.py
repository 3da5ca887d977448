"""Real servers for development and tests: one Kafka node and one Elasticsearch node on loopback, without Docker.

Both come from Maven Central, by ``mvn`` as it is set up on the machine: ``downloads.py``. ``process.py`` holds what a
server of either kind can do (start, stop, kill, pause, start again on the same data), ``kafka.py`` and
``elastic.py`` what each needs, ``stack.py`` the pair that ``make stack`` keeps running. By hand::

    python -m tests.servers start | status | stop

Tests get addresses from the fixtures of ``tests/conftest.py``, which look in this order: the environment
(``WIREWATCH_TEST_KAFKA``, ``WIREWATCH_TEST_ELASTICSEARCH``), a running ``make stack``, servers of their own. Docker is
left out: docs/decisions/0010-servers-from-maven.md.
"""
