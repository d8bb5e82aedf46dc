"""What a network is, sees and costs; what its layers give and look for; for any module."""

from striate.explain.capture import capture, capturing
from striate.explain.table import Row, Table, table

__all__ = ["Row", "Table", "capture", "capturing", "table"]
