"""What is handed out: a sheet and its key as pages, in LaTeX, as a notebook, and for Moodle and Canvas."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree import ElementTree as ET

BLANK = "____"


@dataclass(frozen=True, slots=True)
class Exercise:
    """A sheet with its key.

    Arguments:
        title: the heading.
        front: the front matter, as TOML.
        asked: the quantities that are asked for, in order.
        answers: what each is, as it is to be printed.
        digits: decimals of the answers.
        text: what is said above the blanks, line by line.
        typeset: the same lines in LaTeX.
        shown: figures in place of blanks, with a slip among them that is to be found.
        slip: what that slip is, in words.
    """

    title: str
    front: str
    asked: tuple[str, ...]
    answers: tuple[str, ...]
    digits: int
    text: tuple[str, ...] = field(default=())
    typeset: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    slip: str = ""

    @property
    def sheet(self) -> str:
        """The page with blanks, or with figures of which one is wrong and others follow from it."""
        return self._page(self.shown or [BLANK] * len(self.asked))

    @property
    def key(self) -> str:
        """The page filled in, which verifies."""
        return self._page(self.answers)

    def __str__(self) -> str:
        return self.sheet

    def _repr_markdown_(self) -> str:
        """Show the sheet in a notebook, without its front matter."""
        return "# " + self.sheet.partition("+++\n# ")[2]

    def _page(self, results: Sequence[str]) -> str:
        lines = [f"    {name} = {result}" for name, result in zip(self.asked, results, strict=True)]
        return f"+++\n{self.front}+++\n# {self.title}\n\n" + "\n".join([*self.text, "", *lines]) + "\n"

    def numbered(self, number: str) -> Exercise:
        """Return the exercise as one of several, whose number stands above its text."""
        line = f"Sheet {number}."
        return replace(self, text=(line, *self.text), typeset=(latex_text(line), *self.typeset))

    def with_slip(self, shown: tuple[str, ...], slip: str) -> Exercise:
        """Return the exercise with figures in place of blanks, among which a slip is to be found."""
        line = "One slip was made below, and carried on. Find it."
        text, typeset = (*self.text, line), (*self.typeset, latex_text(line))
        return replace(self, text=text, typeset=typeset, shown=shown, slip=slip)

    @property
    def tolerance(self) -> float:
        """How far an answer may be off: one unit in the last asked place."""
        return 10.0**-self.digits

    def latex(self, *, solved: bool = False) -> str:
        r"""Return a LaTeX document, with the answers filled in if it is ``solved``."""
        results = self.answers if solved else self.shown or [r"\underline{\hspace{6em}}"] * len(self.asked)
        rows = [f"  {_latex_name(name)} &= {result}" for name, result in zip(self.asked, results, strict=True)]
        given = "\n".join(rf"{line}\par" for line in self.typeset)
        return (
            "\\documentclass{article}\n\\usepackage{amsmath}\n\\allowdisplaybreaks\n\\begin{document}\n\\raggedright\n"
            f"\\section*{{{latex_text(self.title)}}}\n{given}\n\\begin{{align*}}\n"
            + " \\\\\n".join(rows)
            + "\n\\end{align*}\n\\end{document}\n"
        )

    def notebook(self) -> str:
        """Return a Jupyter notebook: the sheet, and a cell that checks the answers."""
        cells: list[dict[str, Any]] = [
            {"cell_type": "markdown", "metadata": {}, "source": f"# {self.title}\n\n" + "\n".join(self.text)},
            _code(f'front = """\\\n{self.front}"""\nanswers = """\n' + self._lines() + '\n"""'),
            _code(
                "import microgradnet as mg\n\n"
                'mg.Worksheet.from_text("+++\\n" + front + "+++\\n```\\n" + answers + "```\\n", "answers.md").verify()'
            ),
        ]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        book = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}
        return json.dumps(book, indent=1, ensure_ascii=False) + "\n"

    def _lines(self) -> str:
        results = self.shown or [BLANK] * len(self.asked)
        return "\n".join(f"{name} = {result}" for name, result in zip(self.asked, results, strict=True))

    @property
    def questions(self) -> list[str]:
        """What stands before each blank on a platform that marks it: the name, and what is printed for it if any."""
        said = [f"{figure} is printed; " for figure in self.shown] or [""] * len(self.asked)
        return [f"{before}{name}" for before, name in zip(said, self.asked, strict=True)]


def _code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}


def latex_text(text: str) -> str:
    """Return plain text in LaTeX, without signs that it can't have."""
    powers = re.split(r"(\w\^-?\w)", text.replace("\\", "").replace("~", " "))
    return "".join(
        f"${part[0]}^{{{part[2:]}}}$" if place % 2 else re.sub(r"([&%#_{}$])", r"\\\1", part.replace("^", ""))
        for place, part in enumerate(powers)
    )


def _latex_name(name: str) -> str:
    from microgradnet.names import letter

    derivative = re.fullmatch(r"d(.+)/d(.+)", name)
    if derivative:
        return rf"\frac{{d{_latex_name(derivative[1])}}}{{d{_latex_name(derivative[2])}}}"
    if name.startswith("new "):
        return rf"\text{{new }} {_latex_name(name[4:])}"
    return letter(name).latex


def moodle_xml(exercises: Sequence[Exercise]) -> str:
    """Return a question bank in Moodle's XML: one cloze question a sheet, with a numerical blank for each answer.

    The questions have a category of their own, from which a quiz may draw one at random for each student.
    """
    quiz = ET.Element("quiz")
    category = ET.SubElement(ET.SubElement(quiz, "question", type="category"), "category")
    ET.SubElement(category, "text").text = f"$course$/{exercises[0].title.replace('/', '//')}"
    for number, exercise in enumerate(exercises, 1):
        question = ET.SubElement(quiz, "question", type="cloze")
        name = ET.SubElement(ET.SubElement(question, "name"), "text")
        name.text = f"{exercise.title} {number}"
        body = ET.SubElement(ET.SubElement(question, "questiontext", format="html"), "text")
        blanks = "".join(
            f"<li>{html.escape(question)} = {{1:NUMERICAL:={answer}:{exercise.tolerance:g}}}</li>"
            for question, answer in zip(exercise.questions, exercise.answers, strict=True)
        )
        body.text = _given_html(exercise) + f"<ul>{blanks}</ul>"
    ET.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(quiz, encoding="unicode") + "\n"


def _given_html(exercise: Exercise) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in exercise.text if line)


def qti_zip(exercises: Sequence[Exercise]) -> bytes:
    """Return a package in IMS QTI 1.2, which Canvas imports: a quiz a sheet, a numerical question for each answer."""
    stems = [f"sheet-{number:03}" for number in range(1, len(exercises) + 1)]
    files = {"imsmanifest.xml": _qti_manifest(stems)}
    for stem, exercise in zip(stems, exercises, strict=True):
        files[f"{stem}/{stem}.xml"] = _qti_assessment(exercise, stem)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path)  # with a fixed date, so that the same seed gives the same bytes
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _qti_manifest(stems: Sequence[str]) -> str:
    manifest = ET.Element(
        "manifest", identifier="microgradnet-exercises", xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
    )
    ET.SubElement(manifest, "organizations")
    resources = ET.SubElement(manifest, "resources")
    for stem in stems:
        resource = ET.SubElement(resources, "resource", identifier=stem, type="imsqti_xmlv1p2")
        ET.SubElement(resource, "file", href=f"{stem}/{stem}.xml")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(manifest, encoding="unicode")


def _qti_assessment(exercise: Exercise, stem: str) -> str:
    root = ET.Element("questestinterop", xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2")
    title = f"{exercise.title}: {stem.replace('-', ' ')}"
    assessment = ET.SubElement(root, "assessment", ident=stem, title=title)
    section = ET.SubElement(assessment, "section", ident="root_section")
    for place, (question, answer) in enumerate(zip(exercise.questions, exercise.answers, strict=True), 1):
        _qti_item(section, exercise, f"{stem}-{place}", question, answer)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _qti_item(section: ET.Element, exercise: Exercise, ident: str, question: str, answer: str) -> None:
    item = ET.SubElement(section, "item", ident=ident, title=f"{exercise.title}: {question}")
    fields = ET.SubElement(ET.SubElement(item, "itemmetadata"), "qtimetadata")
    for label, said in (("question_type", "numerical_question"), ("points_possible", "1")):
        entry = ET.SubElement(fields, "qtimetadatafield")
        ET.SubElement(entry, "fieldlabel").text = label
        ET.SubElement(entry, "fieldentry").text = said
    presentation = ET.SubElement(item, "presentation")
    body = ET.SubElement(ET.SubElement(presentation, "material"), "mattext", texttype="text/html")
    body.text = f"{_given_html(exercise)}<p>{html.escape(question)} = ?</p>"
    response = ET.SubElement(presentation, "response_str", ident="response1", rcardinality="Single")
    ET.SubElement(ET.SubElement(response, "render_fib", fibtype="Decimal"), "response_label", ident="answer1")
    processing = ET.SubElement(item, "resprocessing")
    ET.SubElement(ET.SubElement(processing, "outcomes"), "decvar", maxvalue="100", minvalue="0", varname="SCORE")
    condition = ET.SubElement(processing, "respcondition")
    condition.set("continue", "No")
    either = ET.SubElement(ET.SubElement(condition, "conditionvar"), "or")
    exact = ET.SubElement(either, "varequal", respident="response1", margintype="absolute")
    exact.set("margin", f"{exercise.tolerance:.{exercise.digits}f}")
    exact.text = answer
    between = ET.SubElement(either, "and")
    low, high = float(answer) - exercise.tolerance, float(answer) + exercise.tolerance
    ET.SubElement(between, "vargte", respident="response1").text = f"{low:.{exercise.digits + 1}f}"
    ET.SubElement(between, "varlte", respident="response1").text = f"{high:.{exercise.digits + 1}f}"
    ET.SubElement(condition, "setvar", action="Set", varname="SCORE").text = "100"
