"""What a picture is written as beside SVG and DOT, and that no label breaks out of any format."""

import html.parser
import re
import shutil
import struct
import subprocess
import sys
import unicodedata
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing import export, markup
from microgradnet.drawing.engine import run_graphviz
from microgradnet.drawing.export import Drawing, formats_of
from microgradnet.drawing.markup import escape_tex
from microgradnet.errors import DrawingError
from tests.drawing.graphs import doubled, lecture, network
from tests.drawing.hostile import HOSTILE, check_harmless

TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=40))


def pixels(png):
    """Return width, height, and all bytes of the rows of a PNG."""
    width, height = struct.unpack(">II", png[16:24])
    data, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += length + 12
    return width, height, zlib.decompress(data)


@pytest.mark.parametrize("suffix", [*formats_of(Drawing), ".SVG"])
def test_saving_writes_what_the_drawing_holds(tmp_path, suffix):
    if suffix == ".pdf":
        pytest.importorskip("typst")
    drawing = mg.draw(doubled())
    path = drawing.save(tmp_path / f"graph{suffix}")
    assert [file.name for file in tmp_path.iterdir()] == [f"graph{suffix}"]
    written = getattr(drawing, formats_of(Drawing)[suffix.lower()])
    assert path.read_bytes() == (written if isinstance(written, bytes) else written.encode("utf-8"))
    assert drawing.save(str(path)) == path


def test_the_same_graph_gives_the_same_bytes_in_every_format():
    pytest.importorskip("typst")
    first, second = (mg.draw(network(), flow=True, fold="layer") for _ in range(2))
    for name in set(formats_of(Drawing).values()):
        assert getattr(first, name) == getattr(second, name)


def test_an_unknown_suffix_names_the_known_ones(tmp_path):
    with pytest.raises(DrawingError, match=r"\.svg, \.html, \.png, \.pdf, \.tikz, .*\.dot, .*; got"):
        mg.draw(doubled()).save(tmp_path / "graph.jpg")
    with pytest.raises(DrawingError, match="ends in"):
        mg.draw(doubled()).save(tmp_path / "graph")
    assert list(tmp_path.iterdir()) == []


# PNG


def test_png_has_twice_the_pixels_of_the_svg_and_text_in_it():
    drawing = mg.draw(lecture())
    root = ElementTree.fromstring(drawing.svg)
    width, height, data = pixels(drawing.png)
    assert (width, height) == pytest.approx((2 * float(root.get("width")), 2 * float(root.get("height"))), abs=2)
    wordless = re.sub(r"<text[^>]*>[^<]*</text>", "", drawing.svg)
    bare = pixels(export.write_png(wordless))[2]
    assert len(bare) == len(data)
    assert bare != data


def test_png_is_set_in_our_own_fonts_where_they_have_every_letter(monkeypatch):
    labels = ["w1[1,2]", r"\hat{y}", r"$\theta_0$", "delta2[1]", "é ß ∂ → ₂ α Ω ℝ √ ²"]
    drawing = mg.draw(mg.total(Value(1.0, label=label) for label in labels), flow=True, detail="operations")
    assert export._fonts(drawing.svg)["skip_system_fonts"]
    assert not export._fonts(mg.draw(Value(1.0, label="权重")).svg)["skip_system_fonts"]
    wordless = re.sub(r"<text[^>]*>[^<]*</text>", "", drawing.svg)
    assert drawing.png != export.write_png(wordless)
    monkeypatch.setattr(export, "FONT_FOLDER", Path("nowhere"))
    with pytest.raises(DrawingError, match="needs the fonts of this package"):
        export.write_png(drawing.svg)


@pytest.mark.slow
def test_our_fonts_hold_the_letters_that_they_are_said_to_hold():
    ttlib = pytest.importorskip("fontTools.ttLib")
    letters = [letter for first, last in export.FONT_LETTERS for letter in range(ord(first), ord(last) + 1)]
    for file in export.FONT_FOLDER.glob("*.ttf"):
        missing = [letter for letter in letters if letter not in ttlib.TTFont(file).getBestCmap()]
        unexpected = [chr(each) for each in missing if unicodedata.category(chr(each)) not in ("Cn", "Cf", "Zl", "Zp")]
        assert unexpected == []
    assert sum(file.stat().st_size for file in export.FONT_FOLDER.iterdir()) < 150_000


def test_a_very_large_picture_has_fewer_pixels():
    size = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}"/>'
    assert export._zoom(size.format(100, 100)) == 2.0
    assert export._zoom(size.format(32_000, 100)) == 0.5
    assert export._zoom(size.format(10_000, 10_000)) ** 2 * 1e8 == pytest.approx(6e7)


@pytest.mark.parametrize(("package", "suffix"), [("resvg_py", "png"), ("typst", "pdf")])
def test_a_missing_package_is_named_with_the_choices(tmp_path, monkeypatch, package, suffix):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DrawingError, match=r"pip install .*save as \.svg"):
        mg.draw(doubled()).save(tmp_path / f"graph.{suffix}")
    assert list(tmp_path.iterdir()) == []


# PDF


def test_pdf_holds_its_fonts_and_no_date():
    pytest.importorskip("typst")
    pdf = mg.draw(lecture(), flow=True).pdf
    assert pdf.startswith(b"%PDF-")
    assert b"/FontFile" in pdf
    assert b"CreationDate" not in pdf


@pytest.fixture
def fake_dot(tmp_path, monkeypatch):
    """Put a program called dot first on the path, of which the test gives the text; hide typst."""
    if sys.platform == "win32":
        pytest.skip("a script is no program here")
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setitem(sys.modules, "typst", None)

    def install(body):
        (folder / "dot").write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
        (folder / "dot").chmod(0o755)

    return install


def test_pdf_comes_from_the_machines_dot_where_typst_is_missing(tmp_path, fake_dot):
    fake_dot("source = sys.stdin.buffer.read(); sys.stdout.buffer.write(sys.argv[1].encode() + b' ' + source)")
    drawing = mg.draw(doubled())
    assert drawing.save(tmp_path / "graph.pdf").read_bytes() == f"-Tpdf {drawing.dot}".encode()


def test_a_failing_dot_leaves_the_old_file(tmp_path, fake_dot):
    fake_dot("sys.exit('no such font')")
    path = tmp_path / "graph.pdf"
    path.write_bytes(b"old")
    with pytest.raises(DrawingError, match="no such font"):
        mg.draw(doubled()).save(path)
    assert path.read_bytes() == b"old"


# HTML


class Page(html.parser.HTMLParser):
    """Collects the elements and attributes of a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def check_page(text):
    page = Page()
    page.feed(text)
    tags = {tag for tag, _ in page.found}
    assert tags <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "svg",
        "g",
        "rect",
        "path",
        "text",
        "line",
        "div",
        "button",
        "script",
    }
    assert [tag for tag, _ in page.found].count("script") == 1
    for tag, attributes in page.found:
        assert not [name for name in attributes if name.startswith("on") or "href" in name or name == "src"]
        assert tag != "style" or not attributes
    policy = next(attributes for _, attributes in page.found if attributes.get("http-equiv"))
    assert policy["content"].startswith("default-src 'none'; script-src 'sha256-")


def test_the_page_holds_the_picture_and_nothing_but_its_own_script_runs():
    for theme in ("auto", "dark"):
        check_page(mg.draw(network(), theme=theme).html)
    drawing = mg.draw(network(), theme="light")
    check_page(drawing.html)
    assert drawing.svg in drawing.html
    assert "<title>Computation graph of E</title>" in drawing.html


@pytest.mark.parametrize("draw", [lambda theme: mg.draw(network(), theme=theme),
                                  lambda theme: mg.draw_network(mg.MLP(2, [2, 1], seed=1), theme=theme)])  # fmt: skip
def test_a_picture_is_light_unless_the_page_around_it_is_dark(draw):
    auto, light, dark = map(draw, ("auto", "light", "dark"))
    assert auto.svg == light.svg  # what a file holds is seen as it is
    assert re.sub(r"var\(--[\w-]+,(#\w+)\)", r"\1", auto._draw_adaptive()) == light.svg
    assert auto._repr_html_().count("<style>") == 1
    assert "prefers-color-scheme" not in light._repr_html_() + dark._repr_html_()
    assert dark.svg in dark._repr_html_()


# Mermaid

LINE = re.compile(
    r"flowchart (LR|RL|TB|BT)"
    r'|subgraph s\w+\["[^"]*"\]|end'
    r'|n\w+(\("[^"]*"\)|\{\{"[^"]*"\}\}|\["[^"]*"\]|\[\["[^"]*"\]\])'
    r'|n\w+ (-->|-\.->|-\.-)(\|"[^"]*"\|)? n\w+'
    r"|linkStyle \d+ [-\w:#.,]+|classDef \w+ [-\w:#.,]+|class [\w,]+ \w+|%% [^{]*"
)
TEXT = re.compile(r'"([^"]*)"')


def check_mermaid(text, picture):
    lines = [line.strip() for line in text.splitlines()]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert lines.count("end") == sum(line.startswith("subgraph") for line in lines)
    arrows = [line for line in lines if re.match(r"n\w+ -", line)]
    assert len(arrows) == len(picture.edges)
    ends = {key for line in arrows for key in re.findall(r"\bn\d+\w*", TEXT.sub("", line))}
    assert ends <= {box.key for box in picture.boxes}
    for quoted in TEXT.findall(text):
        rest = re.sub(r"#\d+;", "", quoted.replace("<br/>", ""))
        assert not set(rest) & set('<>&#"`{}\\|*_;%')


@pytest.mark.parametrize("options", [{}, {"flow": True}, {"fold": "layer"}, {"highlight": "w1[1,1]"}, {"show": ()}])
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_mermaid_has_every_box_and_edge(options, direction):
    drawing = mg.draw(network(), direction=direction, **options)
    check_mermaid(drawing.mermaid, drawing.picture)
    reverse = {"LR": "RL", "TB": "BT"}[direction] if "flow" in options else direction
    assert drawing.mermaid.startswith(f"flowchart {reverse}\n")


# TikZ


PICTURE = """documentclass usepackage ifdefined directlua def beyond else XeTeXversion textsf fi IfFileExists pagestyle
parindent topskip definecolor begin end sffamily path node fontsize selectfont bfseries itshape"""
SIGNS = """textbackslash textasciicircum textasciitilde textless textgreater textbar char textasciigrave dots times div
cdot to partial approx le ge ne infty Vert surd sqrt pm textstyle sum prod nabla lfloor rfloor lceil rceil wedge vee neg
ell"""
NAMES = "mathrm boldmath hat bar tilde dot vec"
COMMANDS = {*PICTURE.split(), *SIGNS.split(), *NAMES.split(), *markup._GREEK.values()}


def check_tikz(text):
    r"""Check that braces balance, and that no command stands in it but those that we write."""
    escaped = re.sub(r"\\[{}]", "", text)
    assert escaped.count("{") == escaped.count("}")
    commands = set(re.findall(r"\\([A-Za-z]+)", text))
    assert commands <= COMMANDS
    assert "^^" not in text


def test_tikz_has_every_text_of_the_picture():
    drawing = mg.draw(network(), flow=True)
    check_tikz(drawing.tikz)
    texts = [element.text for element in ElementTree.fromstring(drawing.svg).iter("{http://www.w3.org/2000/svg}text")]
    assert drawing.tikz.count(r"\node[") == len(texts)
    for each in texts:
        assert f"{{{escape_tex(each)}}};" in drawing.tikz


def test_tikz_of_a_picture_that_is_larger_than_tex_can_measure_is_scaled():
    from microgradnet.drawing.markup import write_tikz

    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 140000 100"><rect width="140000" height="9"/></svg>'
    text = write_tikz(svg)
    assert "paperwidth=14010.0bp" in text
    assert "x=0.1bp,y=-0.1bp" in text


def test_tikz_knows_the_shapes_of_other_pictures():
    from microgradnet.drawing.markup import write_tikz

    shapes = (
        '<circle cx="5" cy="6" r="2"/><ellipse cx="1" cy="2" rx="3" ry="4" fill="none" stroke="#ff0000"/>'
        '<line x1="1" y1="2" x2="3" y2="4" stroke="#00ff00" stroke-dasharray="3 2"/><path d="M1,2h5v6z"/>'
    )
    text = write_tikz(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{shapes}</svg>')
    for part in ("(5.0,6.0) circle [radius=2.0]", "ellipse [x radius=3.0, y radius=4.0]", "(1.0,2.0) -- (3.0,4.0)",
                 "-- ++(5.0,0) -- ++(0,6.0) -- cycle", "draw=mFF0000", "on 3.0bp off 2.0bp"):  # fmt: skip
        assert part in text


LETTERS = "é ß ∂ → ₂ α Ω ℝ √ ²", "w1[1,2]", r"\hat{y}", r"$\theta_0$", "ŵ x[2] delta2[1]", r"W_{ij}^{[l]}"


def has_tikz():
    finder = shutil.which("kpsewhich")
    return bool(finder and subprocess.run([finder, "tikz.sty"], capture_output=True, check=False).stdout)


@pytest.mark.slow
@pytest.mark.skipif(not has_tikz(), reason="there is no LaTeX with TikZ on this machine")
def test_tikz_compiles(tmp_path):
    with mg.scope("".join(map(chr, range(33, 127))).replace("/", "")):
        leaves = [Value(float(place), label=label) for place, label in enumerate((*HOSTILE, *LETTERS))]
    mg.draw(mg.total(leaves), flow=True, highlight=leaves[0]).save(tmp_path / "graph.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "graph.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=100, check=False)
    assert run.returncode == 0, run.stdout[-2000:].decode("utf-8", "replace")
    assert b"(1 page" in run.stdout


# Any label


@settings(max_examples=25)
@given(TEXTS, TEXTS)
@example("<script>alert(1)</script>", "</svg><script>x</script>")
@example('"]; end; click n1 "javascript:alert(1)"', "%%{init: {}}%%")
@example("\\input{/etc/passwd}", "^^5cinput")
def test_no_label_or_scope_breaks_out_of_a_format(label, scope):
    with mg.scope(scope.replace("/", "|") or "scope"):
        loss = Value(2.0, label=label) * Value(-3.0, label=scope)
        loss.label = label[::-1]
    drawing = mg.draw(loss, flow=True, highlight=loss.inputs[0])
    check_harmless(drawing.svg)
    check_page(drawing.html)
    check_mermaid(drawing.mermaid, drawing.picture)
    check_tikz(drawing.tikz)
    dotted = ElementTree.fromstring(run_graphviz(drawing.dot, "svg"))
    kinds = {element.tag.rpartition("}")[2] for element in dotted.iter()}
    assert kinds <= {"svg", "g", "title", "polygon", "path", "polyline", "text", "a", "ellipse"}
    groups = [element.get("class") for element in dotted.iter() if element.get("class")]
    assert groups.count("node") == 3
    assert groups.count("edge") == 2
    for written in (drawing.svg, drawing.mermaid, drawing.tikz, drawing.html, drawing.dot):
        assert max(map(len, written.splitlines())) < 1500


@pytest.mark.parametrize("label", HOSTILE, ids=lambda label: ascii(label[:12]))
def test_hostile_labels_become_pixels_and_pages(label):
    drawing = mg.draw(Value(1.0, label=label), show="value")
    assert drawing.png.startswith(b"\x89PNG")
    if label != HOSTILE[0]:  # one PDF in the suite for each
        return
    pytest.importorskip("typst")
    assert drawing.pdf.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("label", "latex"),
    [
        ("w1[1,2]", "$w_{1,2}^{(1)}$"), ("delta2[1]", r"$\delta_{1}^{(2)}$"), ("x[3]", "$x_{3}$"),
        (r"\hat{y}", r"$\hat{y}$"), (r"W_{ij}^{[l]}", "$W_{ij}^{(l)}$"), (r"$\theta_0$", r"$\theta_{0}$"),
        ("café", "café"), ("50 % & more", r"50 \% \& more"),
    ],
)  # fmt: skip
def test_names_are_formulas_in_tikz(label, latex):
    assert f"{{{latex}}};" in mg.draw(Value(1.0, label=label)).tikz


def test_long_labels_take_two_lines_and_sums_with_a_number_name_their_last_term():
    long = Value(2.0, label="the weight of the first input of the model")
    last = Value(3.0, label="a regression coefficient")
    loss = mg.exp(long * Value(5.0, label="x") * 2.0 + last)
    drawing = mg.draw(loss, detail="operations")
    texts = [text.text for text in ElementTree.fromstring(drawing.svg).iter("{http://www.w3.org/2000/svg}text")]
    for line in ("the weight of the first", "input of the model"):
        assert line in texts
    assert any(re.fullmatch(r"v\d+ = … \+ a regression coefficient", box.name) for box in drawing.picture.boxes)
    assert "… + a" in " ".join(texts)
