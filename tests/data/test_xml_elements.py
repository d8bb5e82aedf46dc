import xml.etree.ElementTree as ET

import pytest

from striate.data.xml_elements import MAX_BYTES, MAX_DEPTH, read_xml
from striate.errors import DataError

LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "lol"}">' for i in range(10))


def plain(element):
    return element.tag, (element.text or "").strip(), [plain(child) for child in element]


def ours(element):
    return element.tag, element.text.strip(), [ours(child) for child in element.children]


@pytest.mark.parametrize(
    "text",
    [
        "<a/>",
        "<a> x <b>é&amp;&#65;</b><b/><c><d>1</d></c></a>",
        "<a><![CDATA[<b>]]><!-- no --></a>",
        "<?xml version='1.0' encoding='latin-1'?><a>\xe9</a>",
    ],
)
def test_the_same_as_another_parser(text):
    data = text.encode("latin-1" if "latin-1" in text else "utf-8")
    assert ours(read_xml(data, "a.xml")) == plain(ET.fromstring(data))


def test_lines():
    top = read_xml(b"<a>\n<b/>\r\n<b>\n<c/></b></a>", "a.xml")
    assert [child.line for child in top.children] == [2, 3]
    assert top.all("b")[1].child("c").line == 4
    assert (top.text_of("none"), top.child("none")) == ("", None)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no element found"),
        (b"<a>\n<b></a>", "line 2: mismatched tag"),
        (b"<a/><b/>", "junk after document element"),
        (f"<!DOCTYPE a [{LAUGHS}]><a>&l9;</a>".encode(), "declares a document type"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "declares a document type"),
        (b'<!DOCTYPE a SYSTEM "http://localhost/a.dtd"><a/>', "declares a document type"),
        (b"<a>&e;</a>", "undefined entity"),
        (b"<a>" * (MAX_DEPTH + 1), "nested more than 64 deep"),
        (b"<a>" + b" " * MAX_BYTES + b"</a>", "16,777,223 bytes of XML"),
        (b"<?xml version='1.0' encoding='nonsense'?><a/>", "can't be read as XML"),
    ],
)
def test_refused(data, message):
    with pytest.raises(DataError, match=message):
        read_xml(data, "a.xml")


def test_text_in_a_million_pieces_is_no_trouble():
    assert read_xml(b"<a>" + b"x<!---->" * 1_000_000 + b"</a>", "a.xml").text == "x" * 1_000_000
