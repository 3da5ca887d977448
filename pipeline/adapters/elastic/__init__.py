"""Elasticsearch: what stories and alerts look like there, how they get in, and how they are found again.

``connect``: clients, and their errors as one sentence; ``templates``: names, mappings and ``init``; ``documents``: from
stories and alerts to documents and back; ``bulk``: the loop that writes until each document is answered for;
``shelf``: where a story already stands; ``archive``: what searches and backtests read.
"""

from pipeline.adapters.elastic.archive import ElasticArchive

__all__ = ["ElasticArchive"]
