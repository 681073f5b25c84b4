"""Column types: ids as 16 bytes, instants as milliseconds, days and JSON as text."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import Dialect, Integer, LargeBinary, String, Text
from sqlalchemy.types import TypeDecorator

from clinic_desktop.domain.instants import from_millis, to_millis

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Id(TypeDecorator[uuid.UUID]):
    """A UUIDv7 stored as BLOB(16), which sorts by time of creation."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> bytes | None:
        """To the file."""
        return None if value is None else value.bytes

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> uuid.UUID | None:
        """From the file."""
        return None if value is None else uuid.UUID(bytes=bytes(value))


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, stored as integer milliseconds since 1970 UTC; naive values are refused."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the file."""
        return None if value is None else to_millis(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """From the file."""
        return None if value is None else from_millis(value)


class Day(TypeDecorator[date]):
    """A calendar date, stored as ISO text."""

    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """To the file."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """From the file."""
        return None if value is None else date.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """Structured detail as compact JSON text with sorted keys, so that equal values are equal."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To the file."""
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """From the file."""
        return None if value is None else json.loads(value)


def to_json(value: Any) -> str:
    """The one spelling of a JSON value."""
    return _encode(value)
