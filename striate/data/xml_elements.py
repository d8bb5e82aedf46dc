"""A small XML document with the line of each element, without document types, and so without entities.

Entities are how a few hundred bytes become gigabytes, or name files of this machine; no annotation has need of them.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from striate.errors import DataError, Problem

MAX_BYTES = 2**24
MAX_DEPTH = 64


@dataclass
class XmlElement:
    """An element: its name, the text right in it, the line that it begins on, and the elements in it."""

    tag: str
    line: int
    text: str = ""
    children: list["XmlElement"] = field(default_factory=list)

    def all(self, tag: str) -> list["XmlElement"]:
        """The elements of this name right inside."""
        return [child for child in self.children if child.tag == tag]

    def child(self, tag: str) -> "XmlElement | None":
        """The first element of this name right inside."""
        return next(iter(self.all(tag)), None)

    def text_of(self, tag: str) -> str:
        """The text of the first element of this name right inside, without spaces around; empty if there is none."""
        child = self.child(tag)
        return child.text.strip() if child else ""


def read_xml(data: bytes, name: str) -> XmlElement:
    r"""The outermost element of a document.

    Args:
        data: in UTF-8, or as its first line says.
        name: of the file, for the message.

    Raises:
        DataError: not XML, too large, too deep, or with a document type; says the line.

    Example:
        >>> read_xml(b"<a>\n <b>12</b></a>", "a.xml").child("b")
        XmlElement(tag='b', line=2, text='12', children=[])
        >>> read_xml(b'<!DOCTYPE a [<!ENTITY lol "lol">]><a>&lol;</a>', "a.xml")
        Traceback (most recent call last):
        striate.errors.DataError: a.xml is refused
          a.xml, line 1: it declares a document type or entities, which annotations have no need of
    """
    if len(data) > MAX_BYTES:
        raise DataError(f"{name} is refused: {len(data):,} bytes of XML, where {MAX_BYTES:,} are allowed")
    return _Parser(name).parse(data)


class _Parser:
    """Builds the tree from what expat reports."""

    def __init__(self, name: str):
        self.name = name
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartElementHandler = self.start
        self.expat.EndElementHandler = self.end
        self.expat.CharacterDataHandler = self.characters
        self.expat.StartDoctypeDeclHandler = self.refuse_doctype
        self.top = XmlElement("", 0)
        self.open = [self.top]
        self.pieces: list[list[str]] = [[]]  # of the text of each that is open

    def parse(self, data: bytes) -> XmlElement:
        try:
            self.expat.Parse(data, True)
        except expat.ExpatError as e:
            problem = Problem(self.name, expat.ErrorString(e.code), e.lineno)
            raise DataError(f"{self.name} can't be read as XML", [problem]) from e
        except (ValueError, LookupError) as e:  # an encoding that it names and nobody knows
            raise DataError(f"{self.name} can't be read as XML: {e}") from e
        return self.top.children[0]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.open) > MAX_DEPTH:
            self.refuse(f"nested more than {MAX_DEPTH} deep")
        element = XmlElement(tag, self.expat.CurrentLineNumber)
        self.open[-1].children.append(element)
        self.open.append(element)
        self.pieces.append([])

    def end(self, tag: str) -> None:
        self.open.pop().text = "".join(self.pieces.pop())

    def characters(self, text: str) -> None:
        self.pieces[-1].append(text)

    def refuse_doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        self.refuse("it declares a document type or entities, which annotations have no need of")

    def refuse(self, reason: str) -> None:
        raise DataError(f"{self.name} is refused", [Problem(self.name, reason, self.expat.CurrentLineNumber)])
