"""Near-duplicates across providers: the same text, sent by several, is one story to a reader.

Three steps, as for rules: the *fingerprint* of a story (a pure step of the flow) says under which bands it is kept,
the bands that two stories have in common make them *candidates* (the store's work: it has the past), and the
*comparison* of their words decides. Docs: docs/duplicates.md.
"""

from pipeline.core.cluster.compare import Text, likeness
from pipeline.core.cluster.fingerprint import bands, fingerprint
from pipeline.core.cluster.gather import CANDIDATES, SHARED, WINDOW, Gathered, cluster_of, gathered, within
from pipeline.core.cluster.recent import Recent

__all__ = [
    "CANDIDATES",
    "SHARED",
    "WINDOW",
    "Gathered",
    "Recent",
    "Text",
    "bands",
    "cluster_of",
    "fingerprint",
    "gathered",
    "likeness",
    "within",
]
