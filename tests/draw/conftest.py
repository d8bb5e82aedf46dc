import xml.etree.ElementTree as ET

import pytest

from striate.draw import History


def parse(svg):
    """The SVG as a tree, checked for what every chart must be: XML, described, and content with itself."""
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label")
    for element in root.iter():
        for name, value in element.attrib.items():
            if name.endswith("href") or "url(" in value:
                assert value.startswith(("#", "data:", "url(#")), value
    return root


@pytest.fixture(scope="session")
def texts():
    """The letters of an SVG: every text that a reader sees."""
    return lambda svg: ["".join(e.itertext()) for e in parse(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(scope="session")
def parse_svg():
    return parse


@pytest.fixture(scope="session")
def history():
    return History((0.9, 0.5, 0.3), (0.8, 0.6, 0.7), (0.7, 0.8, 0.75), (0.1, 0.05, 0.0), 2, (0.6, 0.8, 0.9))
