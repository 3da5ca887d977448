"""The one file of the embedded pipeline: stories, alerts, held stories, dead letters and the positions of sources."""

from pipeline.adapters.sqlite.archive import SqliteArchive
from pipeline.adapters.sqlite.store import SqliteStore

__all__ = ["SqliteArchive", "SqliteStore"]
