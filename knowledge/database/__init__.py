"""The database of record: versions of the warehouse, plays, approvals and the audit log."""

from knowledge.database.connect import SCHEMA_HEAD, open_database

__all__ = ["SCHEMA_HEAD", "open_database"]
