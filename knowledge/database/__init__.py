"""The database of record: versions of the warehouse, plays, approvals and the audit log."""

from knowledge.database.connect import SCHEMA_HEAD, open_database
from knowledge.database.sqlite import reading, share_between_processes

__all__ = ["SCHEMA_HEAD", "open_database", "reading", "share_between_processes"]
