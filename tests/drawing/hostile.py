"""Labels that attack a format, and a check that a drawn SVG does nothing but show."""

from __future__ import annotations

from xml.etree import ElementTree

HOSTILE = [
    "<script>alert(1)</script>", "</text><script>x</script>", "a\"b'c\\", "\\", '"', "{a|b}<c>", "line\nbreak",
    "😀👩\u200d👧",
    "权重矩阵", "שלום עולם", "x" * 10_000, "\ud800 lone", "\x00\x07", "&lt;b&gt;&#60;", "\\N\\G\\l\\", "\u202eevil",
    "\ufffe",
    "<b>html</b>", "-->", "]]>", "%s {0}", "<>", " ", "javascript:alert(1)", "onload=alert(1)",
]  # fmt: skip


def check_harmless(svg: str) -> ElementTree.Element:
    """Return the root of an SVG that has only shapes and text: no scripts, links, styles or ids."""
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        tag = element.tag.removeprefix("{http://www.w3.org/2000/svg}")
        assert tag in {"svg", "g", "title", "rect", "path", "text", "line"}
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name or name == "id"]
    return root
