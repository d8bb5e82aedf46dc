"""A JSON document with the line of each element, so that what is wrong in a file of 400 MB can be found."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from striate.errors import DataError, Problem

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class JsonElement(NamedTuple):
    """One element of a list, and the line that it begins on."""

    value: Any
    line: int


def read_json(data: bytes, name: str) -> dict[str, Any]:
    r"""A JSON object; those of its values that are lists become lists of `JsonElement`.

    Args:
        data: UTF-8, with or without a byte order mark.
        name: of the file, for the message.

    Raises:
        DataError: not an object in JSON; says the line.

    Example:
        >>> read_json(b'{"images": [{"id": 0},\n {"id": 1}], "year": 2017}', "a.json")["images"][1]
        JsonElement(value={'id': 1}, line=2)
    """
    try:
        return _Reader(data.decode("utf-8-sig")).document()
    except UnicodeDecodeError as e:
        raise DataError(f"{name} must be UTF-8 text; byte {e.start} isn't") from e
    except json.JSONDecodeError as e:
        raise DataError(f"{name} can't be read as JSON", [Problem(name, e.msg, e.lineno)]) from e
    except (RecursionError, ValueError) as e:
        reason = "nested too deeply" if isinstance(e, RecursionError) else str(e)
        raise DataError(f"{name} can't be read as JSON: {reason}") from e


class _Reader:
    """Goes through the outermost object and its lists; json itself decodes what is in them."""

    def __init__(self, text: str):
        self.text, self.at = text, 0
        self.counted, self.line = 0, 1  # up to where line ends were counted, and the line there

    def document(self) -> dict[str, Any]:
        self.expect("{")
        found = {key: self.value() for key in self.entries()}
        self.skip()
        if self.at < len(self.text):
            raise json.JSONDecodeError("more text after the end", self.text, self.at)
        return found

    def entries(self) -> Iterator[str]:
        """Stands behind the colon of each entry in turn."""
        if self.ends("}"):
            return
        while True:
            key = self.decode()
            if not isinstance(key, str):
                raise json.JSONDecodeError("a key must be a string", self.text, self.at)
            self.expect(":")
            yield key
            if self.ends("}"):
                return
            self.expect(",")

    def value(self) -> Any:
        self.skip()
        return self.elements() if self.text.startswith("[", self.at) else self.decode()

    def elements(self) -> list[JsonElement]:
        self.expect("[")
        found: list[JsonElement] = []
        if self.ends("]"):
            return found
        while True:
            self.skip()
            line = self.line_here()
            found.append(JsonElement(self.decode(), line))
            if self.ends("]"):
                return found
            self.expect(",")

    def decode(self) -> Any:
        self.skip()
        value, self.at = _DECODER.raw_decode(self.text, self.at)
        return value

    def skip(self) -> None:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at

    def ends(self, bracket: str) -> bool:
        self.skip()
        found = self.text.startswith(bracket, self.at)
        self.at += found
        return found

    def expect(self, sign: str) -> None:
        if not self.ends(sign):
            raise json.JSONDecodeError(f"expected {sign!r}", self.text, self.at)

    def line_here(self) -> int:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.line
