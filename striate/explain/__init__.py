"""What a network is, sees and costs; for any module."""

from striate.explain.table import Row, Table, table

__all__ = ["Row", "Table", "table"]
