"""A class at once: answers marked against a key, errors carried forward, slips counted.

An answer is a stranger's file: only its figures count. The key's network, names and step decide, and each answer is
judged by itself, so that no file can change the marks of another.
"""

from __future__ import annotations

import gc
import math
import os
import re
import signal
import sys
import tomllib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, DataFileError, MicrogradnetError, described, did_you_mean, shown
from microgradnet.text import clean
from microgradnet.verification.answers import HandedIn, answers_of, text_of_answer
from microgradnet.verification.calculation import Calculation
from microgradnet.verification.feedback import EARNS_A_SHARE, GradeReport, MarkedAnswer, figure_of
from microgradnet.verification.figure import Figure
from microgradnet.verification.lines import begin_of_front, end_of_front
from microgradnet.verification.page import PageReader
from microgradnet.verification.report import Finding, KnownSlips, Report, Verdict
from microgradnet.verification.spelling import key as spelled
from microgradnet.verification.worksheet import Worksheet

if TYPE_CHECKING:
    from microgradnet.derivation import Derivation

FOLLOWS = 0.5  # the share of a mark for a figure that follows from a wrong one
_OBJECTS_OF_AN_ANSWER = 10_000  # that are made before a worker looks for circles among them
_MOST_NOTES = 12  # on one answer
_MOST_ALIKE = 1000  # different answers that are kept, in case another is the same
_ENOUGH_DIGITS = 3  # significant ones, of a figure that has fewer decimals than the key's
_KEY = re.compile(r"[-_. ]*key[-_. ]*", re.I)  # in the names of keys
_OF_TWO = re.compile(  # a name, behind a colon or in the next cell of a table what begins as a number
    r"\s*\|?\s*([^|:=]+?)\s*[|:：]\s*([-−+]?\.?\d[^|:=<>→]*?)\s*\|?\s*"
)
_SHEET = re.compile(r"\W*sheet\W+(\w+)\W*$", re.I)  # the line of a sheet that says its number
_LONGEST_TITLE = 30  # characters of a quantity that stands for its name


def grade(
    key: Any,
    answers: Any,
    *,
    weights: Mapping[str, float] | None = None,
    follows: float = FOLLOWS,
    workers: int | None = 1,
    progress: Callable[[int, int], None] | None = None,
) -> GradeReport:
    """Mark answers against a key. Each asked figure earns its mark if it is right, and a share if it follows.

    A figure with more digits than the key's is right where it rounds to that; one with fewer decimals needs three
    significant digits, or as many as the key's.

    Arguments:
        key: a page or worksheet whose claims are the figures that are asked for: its path, its text, or an exercise.
            A folder of keys, or a list of them, for a class in which each student has a sheet of their own; an answer
            is of the sheet that its front matter, the name of its file, or a column ``sheet`` of its table says.
        answers: paths of answers (pages, notebooks, TOML, plain lines, folders of those, or CSV: of a class with a row
            per student, of one student with a row per figure), a mapping from names to texts, to paths, or to
            mappings from figures to numbers, or a DataFrame.
        weights: what a figure is worth, by its name or quantity, or all figures of a group such as ``"dE/dw1"``, each;
            1 where not given.
        follows: the share of a mark for a figure that follows correctly from an earlier wrong one, or that is right
            under another order of updates or another convention than the key's figure.
        workers: how many processes; None for one per processor.
        progress: called after each answer with how many are done, and of how many.

    Returns:
        A :class:`GradeReport`, with a row also for an answer that could not be read. Ctrl-C ends the marking: the
        report is on what was done until then, and says how many answers are missing.

    Raises:
        WorksheetError: the key can't be used.
        ArgumentError: the key asks for nothing or has a wrong figure, or a weight is for none of its figures.

    Example:
        >>> from microgradnet.verification.exercises import exercises
        >>> one, = exercises("1-1", ask="forward", seed=1)
        >>> report = grade(one.key, {"Ada": one.key, "Bob": one.sheet})
        >>> [answer.total for answer in report]
        [3.0, 0.0]
    """
    texts, files = _keys_of(key)
    judge = Keys(texts, follows, dict(weights or {}))
    judge.check()
    given = list(answers_of(answers, judge.asked, files))
    marked: list[MarkedAnswer] = []
    try:
        for done, answer in enumerate(_sharing(_marked(judge, given, workers)), 1):
            marked.append(answer)
            if progress is not None:
                progress(done, len(given))
    except KeyboardInterrupt:
        if not marked:
            raise  # else what is done is kept
    left = len(given) - len(marked)
    return GradeReport(judge.title, judge.asked, judge.most, marked, judge.follows, judge.derivation, left, len(texts))


def _marked(judge: Keys, given: Sequence[HandedIn], workers: int | None) -> Iterator[MarkedAnswer]:
    if workers == 1 or len(given) < 2 or sys.platform == "emscripten":  # a browser starts no processes
        yield from map(judge.mark, given)
        return
    with ProcessPoolExecutor(workers, initializer=_prepare, initargs=(judge.arguments,)) as pool:
        try:
            yield from pool.map(_mark, given, chunksize=4)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _sharing(answers: Iterable[MarkedAnswer]) -> Iterator[MarkedAnswer]:
    """Yield answers of which equal parts are one object, so that a large class takes little memory."""
    known: dict[Any, Any] = {}

    def shared(part: Any) -> Any:
        return known.setdefault(part, part) if type(part) in (str, Finding) else part

    for answer in answers:
        findings = {}
        for quantity, finding in answer.findings.items():
            parts = (shared(getattr(finding, each.name)) for each in fields(finding))
            findings[shared(quantity)] = shared(Finding(*parts))
        marks = known.setdefault(tuple(answer.marks.items()), answer.marks)
        yield replace(answer, marks=marks, findings=findings, lines=tuple(map(shared, answer.lines)))


_judge: Keys | None = None  # of a worker process


def _prepare(arguments: tuple[Any, ...]) -> None:
    global _judge
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the first one decides
    gc.set_threshold(_OBJECTS_OF_AN_ANSWER)  # which saves a fifth of the time
    _judge = Keys(*arguments)


def _mark(given: HandedIn) -> MarkedAnswer:
    assert _judge is not None
    return _judge.mark(given)


class Keys:
    """What the answers of a class are marked against: one key, or one for each of several sheets.

    Arguments:
        texts: of pages or worksheets, each with the name of its file.
        follows: the share of a mark for what follows from a wrong figure.
        weights: what a figure is worth, by its name or quantity; 1 where not given.

    Attributes:
        title: of the first.
        asked: the quantities that are asked for, with what the keys call them.
        most: what each is worth.
    """

    def __init__(self, texts: Sequence[tuple[str, str]], follows: float, weights: dict[str, float]) -> None:
        self.arguments = (texts, follows, weights)
        self.follows, self._weights = follows, weights
        self._texts = {_sheet_name(name): (text, name) for text, name in texts}
        if len(self._texts) < len(texts):
            raise ArgumentError("each key has a name of its own", ", ".join(name for _, name in texts), "Rename one.")
        self._keys: dict[str, Key] = {}  # made when they are needed: a worker may meet few of them
        self._tasks: dict[str, Any] = {}
        first = self._key(next(iter(self._texts)))
        self.title, self.asked, self.most = first.title, first.asked, first.most

    def _key(self, sheet: str) -> Key:
        if sheet not in self._keys:
            self._keys[sheet] = Key(*self._texts[sheet], self.follows, self._weights)
        return self._keys[sheet]

    def check(self) -> None:
        """Make every key.

        Raises:
            ArgumentError: two keys ask for something else.
        """
        for sheet in self._texts:
            if self._key(sheet).asked != self.asked:
                given = f"{self._texts[sheet][1]} asks for {', '.join(self._key(sheet).asked.values())}"
                expected = f"the keys of a class ask for the same figures, {', '.join(self.asked.values())}"
                raise ArgumentError(expected, given, "Grade these sheets by themselves.")

    def derivation(self, sheet: str, quantity: str, figures: Mapping[str, float]) -> Derivation | None:
        """Return how a quantity of a sheet is worked out from these figures; None where it can't be."""
        return self._key(sheet or next(iter(self._texts))).derivation(quantity, figures)

    def mark(self, given: HandedIn) -> MarkedAnswer:
        """Return the marked answer; one that can't be read is a row with its problem."""
        name, identity = clean(given.name), clean(given.identity, 80)
        try:
            lines, front = text_of_answer(given.content)
            sheet = self._sheet(given, lines, front)
            marked = self._key(sheet).mark(name, lines)
            return replace(marked, sheet="" if len(self._texts) == 1 else sheet, identity=identity)
        except MicrogradnetError as error:
            problem = str(error)
        except OSError as error:
            problem = f"it can't be read: {error.strerror}"
        except Exception as error:  # whatever it is, the others are marked
            problem = f"it can't be judged: {type(error).__name__}: {error}"
        return MarkedAnswer(name, problem=clean(problem, 200), identity=identity)

    def _sheet(self, given: HandedIn, lines: Sequence[str], front: str) -> str:
        """Return which sheet an answer is of, as its front matter, its table, a line, or the name of its file says.

        Raises:
            DataFileError: none of them says so.
        """
        if len(self._texts) == 1:
            return next(iter(self._texts))
        named = given.sheet or next((match[1] for line in lines if (match := _SHEET.match(line))), "")
        if named and not front:
            found = [sheet for sheet in self._texts if sheet.lstrip("0") == named.strip().lstrip("0")]
            said = f"sheet {clean(named, 40)}"
        else:
            self._tasks = self._tasks or {sheet: _task(text) for sheet, (text, _) in self._texts.items()}
            task = _task(f"+++\n{front}\n+++\n") if front else None
            found = [sheet for sheet, its in self._tasks.items() if its == task][:1]
            file = f"{given.name} {given.content.name if isinstance(given.content, Path) else ''}"
            found = found or [
                sheet for sheet in self._texts if re.search(rf"(?<![^\W_]){re.escape(sheet)}(?![^\W_])", file)
            ]
            said = "the front matter of another" if front else "neither its front matter nor its number in a name"
        if len(found) != 1:
            advice = f"Name the file after its sheet, as in {next(iter(self._texts))}-name.md."
            raise DataFileError(f"an answer is of one of the {len(self._texts)} sheets", said, advice)
        return found[0]


class Key:
    """What answers are marked against.

    Arguments:
        text: of the page or worksheet.
        name: of its file, for errors.
        follows: the share of a mark for what follows from a wrong figure.
        weights: what a figure is worth, by its name or quantity; 1 where not given.

    Attributes:
        title: of the worksheet.
        asked: the quantities that are asked for, with what the key calls them.
        most: what each is worth.
    """

    def __init__(self, text: str, name: str, follows: float, weights: dict[str, float]) -> None:
        self.follows = follows
        worksheet = Worksheet.from_text(text, name)
        calculation, _ = worksheet.as_read
        self.title = worksheet.title
        found = [finding for finding in worksheet.verify() if _is_of_graph(calculation, finding.quantity)]
        _check_figures(found)
        self.asked = _titles(found, calculation.quantities)
        self._in_another_order = {finding.quantity for finding in found if finding.verdict is Verdict.OTHER_ORDER}
        self._figures = _coarsest(found)
        if not self.asked:
            advice = "Fill in its figures; a sheet with blanks is no key."
            raise ArgumentError("a key has claims, which are what is asked for", "none", advice)
        names = {**{title: asked for asked, title in self.asked.items()}, **{asked: asked for asked in self.asked}}
        self._spelled = frozenset(map(spelled, names))
        self.most = dict.fromkeys(self.asked, 1.0) | _worth(weights, names)
        self.worksheet = worksheet
        calculation.under_slips = KnownSlips(self.asked)
        self._alike: dict[tuple[str, ...], MarkedAnswer] = {}  # many answers of a class are the same

    def derivation(self, quantity: str, figures: Mapping[str, float]) -> Derivation | None:
        """Return how a quantity is worked out from these figures; None where it can't be."""
        from microgradnet.derivation import go_on

        descent, quantity = self.worksheet.calculation.descent, self._name_in_graph(quantity)
        figures = {self._name_in_graph(given): number for given, number in figures.items()}
        is_plain = descent is not None and descent.optimizer is None and len(descent.stages) == 1
        if quantity.startswith("new ") and not is_plain:
            quantity = f"d{self.worksheet.calculation.loss_name}/d{quantity[4:]}"  # what is subtracted is another story
        try:
            return go_on(self.worksheet.loss, quantity, figures, eta=descent.eta if descent and is_plain else None)
        except MicrogradnetError:
            return None

    def _name_in_graph(self, quantity: str) -> str:
        """Return the name of the node that a formula of the key is; the quantity itself where it is none."""
        calculation, _ = self.worksheet.as_read
        with calculation.budget.report():
            state, key, sign = calculation.reading().place(calculation.read(quantity))
        return calculation.name_of(key[1]) if key[0] == "value" and not state and sign > 0 else quantity

    def mark(self, name: str, lines: tuple[str, ...]) -> MarkedAnswer:
        """Return the marked answer.

        Raises:
            MicrogradnetError: a line of it can't be judged.
        """
        lines = tuple(map(self._with_equals_sign, lines))
        if lines in self._alike:
            return replace(self._alike[lines], name=name)
        report, failed = self._judged(lines)
        judged = [self._as_asked(finding) for finding in report]
        findings = {finding.quantity: finding for finding in judged if self._is_asked(finding)}
        marks = {asked: self._mark(asked, findings.get(asked)) for asked in self.asked}
        convention = "; ".join(re.findall(r"figures hold only [^:]*: (.*?)\.(?= |$)", report.convention))
        notes = [
            *failed,
            *map(str, report.unread),
            *(_beside(finding) for finding in judged if finding not in findings.values()),
        ]
        notes = [note for note in notes if note] or ["No figure of the key was found in it."] * (not findings)
        if len(notes) > _MOST_NOTES:
            notes[_MOST_NOTES:] = [f"{len(notes) - _MOST_NOTES} more lines are wrong or could not be read."]
        marked = MarkedAnswer(name, marks, findings, lines, "", convention, tuple(notes))
        if len(self._alike) < _MOST_ALIKE:
            self._alike[lines] = marked
        return marked

    def _is_asked(self, finding: Finding) -> bool:
        """Tell whether a finding is on what the key asks for: a formula is no answer where that is a figure."""
        asked = finding.quantity
        return asked in self.asked and (asked not in self._figures or figure_of(finding) is not None)

    def _with_equals_sign(self, line: str) -> str:
        """Return ``z1[1]: 0.55`` and ``| z1[1] | 0.55 |`` with an equals sign, where the key asks for what is named."""
        match = _OF_TWO.fullmatch(line)
        return f"{match[1]} = {match[2]}" if match and spelled(match[1]) in self._spelled else line

    def _as_asked(self, finding: Finding) -> Finding:
        """Return a finding as the key asks for it: to its digits.

        More digits than the key's are right where they round to its figure. Fewer tell too little: 0 is what 0.33
        rounds to, and so are most figures of most sheets.
        """
        key, given = self._figures.get(finding.quantity), figure_of(finding)
        if key is None or given is None or key.decimals is None or given.decimals is None:
            return finding
        off = abs(given.number - key.number)
        if given.decimals > key.decimals and not finding.verdict.is_right and 2 * off <= key.unit:
            words = f"{key.precision} of the key; it is {finding.exact_text}"
            return replace(finding, verdict=Verdict.ROUNDED, explanation=words, slips=())
        is_coarse = given.decimals < key.decimals and given.digits < min(key.digits, _ENOUGH_DIGITS)
        if is_coarse and off > key.unit and finding.verdict.is_right:
            words = f"it is {key.text}; {given.precision} is too few digits"
            return replace(finding, verdict=Verdict.WRONG, explanation=words, slips=())
        return finding

    def _judged(self, lines: Sequence[str]) -> tuple[Report, list[str]]:
        """Judge an answer; of several figures for one quantity, the last counts.

        A line that can't be judged by itself is left out, so that it costs no other line.

        Returns:
            The report, and what is to be said of the lines that are left out.
        """
        try:
            return self._report(lines), []
        except Exception:
            failed = {number: why for number, line in enumerate(lines) if (why := self._failure(line))}
            kept = ["" if number in failed else line for number, line in enumerate(lines)]
            return self._report(kept), [f"not judged: line {number + 1}: {why}" for number, why in failed.items()]

    def _report(self, lines: Sequence[str]) -> Report:
        calculation, names = self.worksheet.as_read
        calculation = calculation.anew()  # so that nothing is kept from one answer to the next
        return PageReader(calculation, names, expectations=False).judge(list(lines))

    def _failure(self, line: str) -> str:
        """Return why a line can't be judged; "" if it can."""
        try:
            self._report([line])
        except Exception as error:
            return clean(str(error) if isinstance(error, MicrogradnetError) else type(error).__name__, 200)
        return ""

    def _mark(self, asked: str, finding: Finding | None) -> float:
        if finding is None:
            return 0.0
        if finding.verdict in EARNS_A_SHARE and not (
            finding.verdict is Verdict.OTHER_ORDER and asked in self._in_another_order  # as the key itself
        ):
            return self.follows * self.most[asked]
        return self.most[asked] if finding.verdict.is_right else 0.0


def _worth(weights: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    """Return what figures are worth, by their quantities; a group such as ``dE/dw1`` or ``new`` is all that begins so.

    Raises:
        ArgumentError: a weight is for none of the figures, or no number from 0.
    """
    exactly = {spelled(name): asked for name, asked in names.items()}
    worth: dict[str, float] = {}
    for which, weight in sorted(weights.items(), key=lambda item: spelled(item[0]) in exactly):  # groups first
        group = [asked for name, asked in names.items() if name.startswith((f"{which}[", f"{which} "))]
        found = [exactly[spelled(which)]] if spelled(which) in exactly else group
        if not found:
            raise ArgumentError("a weight is for a figure of the key", shown(which), did_you_mean(which, names))
        if not 0 <= float(weight) < math.inf:
            raise ArgumentError("a weight is a number from 0", f"{weight:g} for {shown(which)}", "Give marks.")
        worth |= dict.fromkeys(found, float(weight))
    return worth


def _check_figures(found: Sequence[Finding]) -> None:
    """Refuse a key with a figure that is wrong, and is not marked as such."""
    for finding in found:
        if not finding.as_expected:
            given = f"{finding.title} = {finding.printed}: {finding.verdict.words}: {finding.explanation}"
            advice = "Mend it; where the source is wrong, write `# wrong: reason` behind the figure."
            raise ArgumentError("a key verifies", given, advice)


def _coarsest(found: Iterable[Finding]) -> dict[str, Figure]:
    """Return the figure of each quantity of a key; of several, the one with the fewest decimals."""
    figures = dict[str, Figure]()
    for finding in found:
        figure = figure_of(finding)
        if figure is not None and (figure.decimals or 0) <= (figures.get(finding.quantity, figure).decimals or 0):
            figures[finding.quantity] = figure
    return figures


def _beside(finding: Finding) -> str:
    """Return what is to be said of a figure that is not asked for, such as a calculation that leads to one; else ""."""
    return (
        "" if finding.verdict.is_right else f"line {finding.line}: {finding.title} = {finding.printed}: {finding.words}"
    )


def _titles(findings: Iterable[Finding], defined: Container[str]) -> dict[str, str]:
    """Return the quantities of findings, each with what the key calls it; told apart where it calls several so."""
    names = {finding.quantity: finding.name for finding in findings}
    titles = dict[str, str]()
    for quantity, name in names.items():
        alike = [other for other, its in names.items() if its == name]
        is_short = len(quantity) <= _LONGEST_TITLE and quantity not in defined
        apart = quantity if is_short else f"{name} ({alike.index(quantity) + 1})"
        titles[quantity] = name if len(alike) == 1 else apart
    return titles


def _is_of_graph(calculation: Calculation, quantity: str) -> bool:
    """Tell whether a quantity is one of the graph, and not what numbers that a page prints come to."""
    try:
        read = calculation.read(quantity)
    except MicrogradnetError:
        return False
    return bool(read.atoms) or any(True for _ in read.names())


# ---- Reading keys


def _keys_of(key: Any) -> tuple[list[tuple[str, str]], list[Path]]:
    """Return the texts of a key or of several, each with the name of its file, and the files."""
    if isinstance(key, str) and "\n" in key:
        return [(key, "key.md" if begin_of_front(key.split("\n")) is not None else "key.toml")], []
    text = getattr(key, "key", None)  # of an exercise
    if isinstance(text, str):
        return [(text, "key.md")], []
    if isinstance(key, str | os.PathLike):
        paths = _key_files(Path(key))
        return [(_text_of_key(path), path.name) for path in paths], paths
    if not isinstance(key, Iterable):
        expected = "a key is a path, a text or an exercise, or a list of these"
        raise ArgumentError(expected, described(key), "Give the path of its page.")
    found = [_keys_of(each) for each in key]
    texts = [(text, name) for pairs, _ in found for text, name in pairs]
    if len({name for _, name in texts}) < len(texts):  # texts and exercises have no name
        texts = [(text, f"{number:03}-key.md") for number, (text, _) in enumerate(texts, 1)]
    if not texts:
        raise ArgumentError("a key is a page or worksheet", "an empty list", "Give one at least.")
    return texts, [path for _, paths in found for path in paths]


def _key_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    pages = sorted(each for each in path.iterdir() if each.suffix.lower() in (".md", ".markdown", ".toml"))
    found = [each for each in pages if _KEY.search(each.stem)]
    if not found:
        expected = "a folder of keys has pages such as 001-key.md"
        raise DataFileError(expected, f"none in {path}", "Write them with `microgradnet exercise`.")
    return found


def _text_of_key(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError("a key is a page or worksheet in UTF-8", f"{path}: {error}", "Check the path.") from None


def _sheet_name(file: str) -> str:
    """Return what a sheet is called, from the name of its key: 001 for 001-key.md."""
    stem = Path(file).stem
    return _KEY.sub("", stem) or stem


def _task(text: str) -> Any:
    """Return what a page or worksheet calculates, in which a sheet is the same as its key."""
    lines = text.split("\n")
    begin, end = begin_of_front(lines), end_of_front(lines)
    try:
        front = tomllib.loads(text if begin is None else "\n".join(lines[begin + 1 : end]))
    except (tomllib.TOMLDecodeError, RecursionError):
        return None  # which is none of a key's
    return [front.get(table) for table in ("network", "expressions", "step")]
