"""What a node is called, once for the whole package: in plain text, and in LaTeX.

A node below a root is called, in this order, by

1. its label,
2. the caller's variable that is bound to it at the time of the call; for a leaf also an element, ``xs[0]``,
3. ``loss``, if it is the root,
4. its formula where that is short, ``w*x + b``, or the element of the caller's list that it is,
5. its number ``v1``, ``v2``, ... in topological order.

Every node has a name of its own. Where several nodes share a label, as the pre-activations of a network that was
applied to several samples do, ``z1[1]#2`` is the second of them in topological order.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import CO_VARARGS, CO_VARKEYWORDS
from itertools import count
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from microgradnet.figures import show
from microgradnet.operation import ATOM, SUM, is_array
from microgradnet.text import clean
from microgradnet.text import latex as upright
from microgradnet.value import Constant, Value

LOSS = "loss"  # the root without a label or variable
_LONGEST_LABEL, _LONGEST_FORMULA = 48, 24  # characters
_DIGITS = 4  # of the constants in a formula that serves as a name

_WORD = re.compile(r"[^\W\d_]+", re.ASCII)
_LAYERED = re.compile(r"([A-Za-z]+)(\d+)\[(\d+(?:,\d+)*)\]")  # w1[1,2]
_INDEXED = re.compile(r"([A-Za-z]+)\[(\d+(?:,\d+)*)\]")  # x[1]
_NUMBERED = re.compile(r"([A-Za-z]+)_?(\d+)")  # v1, w_5
_SUBSCRIPTED = re.compile(r"([A-Za-z]+)_([A-Za-z0-9]+)")  # net_h1
_PLAIN = re.compile(r"[^\W\d_][\w.]*(['′]|\[[\w, '\"]+\])*")  # stands in a formula without brackets
_PRE_ACTIVATION = re.compile(r"z(\d+\[[\d,]+\](?:#\d+)?)")
_ACTIVATION = re.compile(r"a(\d+\[)(.*)")
_LAST_INDEX = re.compile(r"(\[[^\]]*\]|_?\d+)$")
_GREEK = re.compile(
    "alpha|beta|[Gg]amma|[Dd]elta|epsilon|zeta|eta|[Tt]heta|iota|kappa|[Ll]ambda|mu|nu|[Xx]i|[Pp]i|rho|[Ss]igma|tau|"
    "[Uu]psilon|[Pp]hi|chi|[Pp]si|[Oo]mega"
)

_Term = tuple[str, int]  # a formula's text and how tightly it binds


@dataclass(frozen=True, slots=True)
class Written:
    """One thing in two notations.

    Arguments:
        text: for a terminal.
        latex: for a page, in math mode.
        compound: whether it is no single word and needs brackets where it stands beside anything else.
    """

    text: str
    latex: str
    compound: bool = False

    @property
    def bracketed(self) -> Written:
        """The same, in brackets if it needs them."""
        return Written(f"({self.text})", rf"\left({self.latex}\right)") if self.compound else self


class Names:
    """The names of the nodes below a root.

    Arguments:
        order: the nodes in topological order, the root last.
        variables: the caller's names of nodes without a label, by the ``id`` of the node; see :func:`caller_variables`.

    Example:
        >>> from microgradnet.graph import topological
        >>> w, x = Value(2.0, label="w"), Value(3.0)
        >>> order = topological((w * x).tanh() + 1.0)
        >>> [Names(order).text(node) for node in order]
        ['w', 'v1', 'w*v1', 'tanh(w*v1)', '1', 'loss']
    """

    def __init__(self, order: Sequence[Value], variables: Mapping[int, str] | None = None) -> None:
        self._order, self._variables = order, variables or {}
        labels = [_label(node.label) for node in order]
        self._sharing = Counter(label for label in labels if label)
        self._names: dict[int, str] = {}
        self._terms: dict[int, _Term] = {}
        self._written: dict[int, Written] = {}
        self._given: set[int] = set()
        self._numbered: set[int] = set()  # named by their number, or by a formula in which one stands
        self._found: dict[str, list[Value]] = {}  # filled when a name is first looked for
        taken, seen = set(self._sharing), Counter[str]()
        reserved = taken | {self._variables[id(node)] for node in order if id(node) in self._variables}
        unused = (name for name in (f"v{number}" for number in count(1)) if name not in reserved)
        for node, label in zip(order, labels, strict=True):
            if label:
                seen[label] += 1
                self._given.add(id(node))
                name = label if self._sharing[label] == 1 else f"{_in_brackets(label)}#{seen[label]}"
                self._terms[id(node)] = name, ATOM if is_plain(label) else 0
            elif isinstance(node, Constant):
                self._terms[id(node)] = _number(node)
            else:
                self._terms[id(node)] = self._invented(node, taken, unused)
            self._names[id(node)] = self._terms[id(node)][0]

    def _invented(self, node: Value, taken: set[str], unused: Iterator[str]) -> _Term:
        """Return the name of a node without a label, and how tightly it binds in a formula."""
        variable, is_root = _label(self._variables.get(id(node), "")), node is self._order[-1]
        given = [variable] if variable.isidentifier() else [LOSS * is_root, variable * (node.op is None)]
        for name in (*given, LOSS * is_root):
            if name and name not in taken:
                taken.add(name)
                self._given.add(id(node))
                return name, ATOM if is_plain(name) else 0
        if node.op is not None:
            formula = node.op.text.write([self._terms[id(operand)] for operand in node.inputs])
            numbered = any(id(operand) in self._numbered for operand in node.inputs)
            for name, precedence in ((variable, 0), formula) if numbered else (formula, (variable, 0)):
                if name and len(name) <= _LONGEST_FORMULA and name not in taken:
                    taken.add(name)
                    self._numbered |= {id(node)} if numbered and name != variable else set()
                    return name, precedence
        self._numbered.add(id(node))
        return next(unused), ATOM

    @property
    def shared(self) -> bool:
        """Whether any label stands on several nodes."""
        return any(number > 1 for number in self._sharing.values())

    def text(self, node: Value) -> str:
        """Return the name of a node; a node that is not below the root is called by its label or variable, or ``w``."""
        name = self._names.get(id(node))
        return name if name is not None else _label(node.label) or self._variables.get(id(node), "") or "w"

    def given(self, node: Value) -> str:
        """Return the name of a node that somebody gave it, as a label or a variable, or of the root; else ``""``."""
        return self.text(node) if id(node) in self._given else ""

    def term(self, node: Value) -> _Term:
        """Return the name of a node with its precedence, to be filled into a notation of the table."""
        return self._terms.get(id(node)) or (self.text(node), 0)

    def of(self, node: Value) -> Written:
        """Return how a node is written in a formula."""
        if id(node) not in self._written:
            self._written[id(node)] = self._write(node)
        return self._written[id(node)]

    def formula(self, node: Value) -> str:
        """Return the operation that made a node, written with the names of its operands; of a leaf, its name."""
        return node.op.text.write([self.term(operand) for operand in node.inputs])[0] if node.op else self.text(node)

    def definition(self, node: Value) -> str:
        """Return name and formula, ``"z = a*b"``; the formula alone where it is the name."""
        name, formula = self.text(node), self.formula(node)
        return name if name == formula else f"{name} = {formula}"

    def derivative(self, upper: Value, lower: Value, *, partial: bool = False) -> Written:
        """Return how the derivative of one node by another is written: dz/dx, or the partial one ∂z/∂x."""
        above, below = self.of(upper).bracketed, self.of(lower).bracketed
        text, latex = ("∂", r"\partial ") if partial else ("d", "d")
        return Written(
            f"{text}{above.text}/{text}{below.text}", rf"\frac{{{latex}{above.latex}}}{{{latex}{below.latex}}}"
        )

    def known(self) -> list[str]:
        """Return the names that somebody gave, as labels or variables, each once: for suggestions."""
        return list(dict.fromkeys(filter(None, map(self.given, self._order))))

    def find(self, name: str) -> list[Value]:
        """Return the nodes that a name means; several where they share a label, none where it is unknown.

        ``delta1[2]`` finds z1[2], and ``a1[2]`` finds z1[2] where the activation is the identity and has no node.
        """
        if not self._found:
            for node in self._order:
                names = {self._names[id(node)], _label(node.label)} - {""}
                for each in names if node.label or not isinstance(node, Constant) else ():
                    self._found.setdefault(each, []).append(node)
        expected = _label(name)
        for each in (expected, re.sub(r"^delta(?=\d)", "z", expected)):
            spelling = resolve(each, self._found)
            if spelling is not None:
                return self._found[spelling]
        return []

    def _write(self, node: Value) -> Written:
        label = _label(node.label)
        name = self.text(node)
        if label:
            written = letter(label)
            if name == label:
                return written
            which, inner = name.rpartition("#")[2], written.bracketed
            return Written(name, rf"{{{inner.latex}}}\langle{which}\rangle")
        if node.op is not None and id(node) in self._names and name == self.formula(node):
            operands = [self.of(operand) for operand in node.inputs]
            terms = [(operand.latex, self.term(node.inputs[place])[1]) for place, operand in enumerate(operands)]
            latex, precedence = node.op.latex.write(terms, r"\left(#1\right)")
            return Written(name, latex, compound=precedence < ATOM)
        return Written(name, show(node.data, _DIGITS).latex) if isinstance(node, Constant) else letter(name)


def letter(label: str) -> Written:
    r"""Return a label as it stands in a formula.

    The notation is read out of the label: ``w1[1,2]`` becomes :math:`w^{(1)}_{1,2}` and ``delta2[1]`` becomes
    :math:`\delta^{(2)}_{1}`. Any other label is upright text, with everything escaped that LaTeX or HTML could act on.

    Example:
        >>> letter("w1[1,2]").latex
        'w^{(1)}_{1,2}'
        >>> letter("x1*w1").bracketed.text
        '(x1*w1)'
    """
    label = _label(label)
    for pattern, build in _LETTERED:
        match = pattern.fullmatch(label)
        if match:
            return Written(label, build(match))
    return Written(label, upright(label), compound=not is_plain(label))


def is_plain(name: str) -> bool:
    """Tell whether a name stands in a formula without brackets."""
    return _PLAIN.fullmatch(name) is not None


def stem(label: str) -> str:
    """Return a label without its last index: ``"x"`` for ``"x[3]"``, ``"x3"``, ``"x_3"``; "w1" for ``"w1[1,2]"``."""
    return _LAST_INDEX.sub("", label)


def delta(name: str) -> str:
    """Return what dE/dz is called for a pre-activation of a network, ``"delta1[2]"`` for ``"z1[2]"``; else ``""``."""
    found = _PRE_ACTIVATION.fullmatch(name)
    return f"delta{found[1]}" if found else ""


def resolve(name: str, known: Collection[str]) -> str | None:
    """Return the known name that a name means, or None.

    Behind an activation that is the identity there is no node of its own: ``a2[1]`` is ``z2[1]`` where the layer has no
    activations among the known names.
    """
    if name in known:
        return name
    layer = _ACTIVATION.match(name)
    before = f"z{name[1:]}"
    if layer is None or before not in known or any(each.startswith(f"a{layer[1]}") for each in known):
        return None
    return before


def _label(label: str) -> str:
    if not label or (label.isidentifier() and label.isascii() and len(label) <= _LONGEST_LABEL):
        return label  # nearly all nodes of large graphs
    return clean(label, _LONGEST_LABEL)


def _in_brackets(label: str) -> str:
    return label if is_plain(label) else f"({label})"


def _number(node: Value) -> _Term:
    return show(node.data, _DIGITS).text, SUM if node.data < 0 else ATOM


def _word(word: str) -> str:
    if _GREEK.fullmatch(word):
        return f"\\{word}"
    return word if len(word) == 1 else rf"\mathrm{{{word}}}"


_LETTERED: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_WORD, lambda match: _word(match[0])),
    (_LAYERED, lambda match: f"{_word(match[1])}^{{({match[2]})}}_{{{match[3]}}}"),
    (_INDEXED, lambda match: f"{_word(match[1])}_{{{match[2]}}}"),
    (_NUMBERED, lambda match: f"{_word(match[1])}_{{{match[2]}}}"),
    (_SUBSCRIPTED, lambda match: rf"{_word(match[1])}_{{\mathrm{{{match[2]}}}}}"),
)


_GREEK_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω",
}  # fmt: skip
_LOW = dict(zip("0123456789aehijklmnoprstuvx+-=(),", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋₌₍₎,", strict=True))
_HIGH = dict(zip("0123456789iln+-=()[]", "⁰¹²³⁴⁵⁶⁷⁸⁹ⁱˡⁿ⁺⁻⁼⁽⁾⁽⁾", strict=True))
_MARKS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307", "vec": "\u20d7"}
_MARKED = re.compile(r"\\(hat|bar|tilde|dot|vec)\{(\w)\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_SCRIPT = re.compile(r"([_^])(?:\{([^{}]*)\}|(\w))")
_IN_LAYER = re.compile(r"\b([A-Za-z]+)(\d+)\[(\d+(?:,\d+)*)\]")  # w1[1,2]
_WITH_INDEX = re.compile(r"\b([A-Za-z]+)(?:\[(\d+(?:,\d+)*)\]|_(\d+)\b)")  # x[1], w_5
_POWER = re.compile(r"(?:\*\*|\^)(\d+)\b(?!\.)")
_GREEK_WORD = re.compile(r"\b([A-Za-z]+)\b(?![(\w])")


def typeset(text: str) -> str:
    r"""Return names as a book sets them, in Unicode: x₁, w₁,₂⁽¹⁾, δ₁⁽²⁾, θ; LaTeX-like labels are read.

    Example:
        >>> [typeset(name) for name in ("w1[1,2]*x[2]", "delta2[1]", "(y - t)**2", r"$W_{ij}^{[l]}$", r"\hat{y}", "w1")]
        ['w₁,₂⁽¹⁾*x₂', 'δ₁⁽²⁾', '(y - t)²', 'Wᵢⱼ⁽ˡ⁾', 'ŷ', 'w1']
    """
    if "\\" in text or "$" in text or "^{" in text or "_{" in text:
        return _read_latex(text)
    text = _IN_LAYER.sub(lambda found: f"{_greek(found[1])}{_script(found[3], _LOW)}⁽{_script(found[2], _HIGH)}⁾", text)
    text = _POWER.sub(lambda found: _script(found[1], _HIGH), text)
    text = _WITH_INDEX.sub(lambda found: f"{_greek(found[1])}{_script(found[2] or found[3], _LOW)}", text)
    return _GREEK_WORD.sub(lambda found: _greek(found[1]), text)


def _read_latex(text: str) -> str:
    """Return a LaTeX-like label in Unicode; unchanged where it holds anything that has no sign there."""
    read = text[1:-1] if len(text) > 2 and text[0] == text[-1] == "$" else text
    read = _MARKED.sub(lambda found: unicodedata.normalize("NFC", found[2] + _MARKS[found[1]]), read)
    read = _COMMAND.sub(lambda found: _GREEK_LETTERS.get(found[1], found[0]), read)
    read = _SCRIPT.sub(lambda found: _script(found[2] or found[3], _LOW if found[1] == "_" else _HIGH), read)
    return text if any(character in read for character in "\\{}$^_") else read


def _greek(word: str) -> str:
    return _GREEK_LETTERS.get(word, word)


def _script(text: str, signs: Mapping[str, str]) -> str:
    return "".join(signs.get(character, "{") for character in text)  # a brace for what has no sign


_PACKAGE = str(Path(__file__).parent)
_HISTORY = ("In", "Out")  # IPython's lists of what was typed and shown
_MOST = 1000  # elements of a list that are looked at
_DEEPEST = 2  # lists inside lists


def caller_variables() -> dict[int, str]:
    """Return the variables that the code outside this package has bound to nodes, by the ``id`` of the node.

    Nothing is remembered while a graph is recorded, so a name can't be wrong: after ``a = a * 2`` the variable ``a`` is
    the product, and the first operand has no name any more. Local variables come before global ones, and plain
    variables before elements: ``xs[0]`` is what one would type.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return {}
    variables = _variables(frame)
    names: dict[int, str] = {}
    for name, bound in variables.items():
        _note(names, bound, name)
    for name, bound in variables.items():
        for path, element in _elements(name, bound):
            _note(names, element, path)
    return names


def _variables(frame: FrameType) -> dict[str, Any]:
    found = dict(frame.f_locals)
    for name in _collecting(frame.f_code):
        found.pop(name, None)
    for name, bound in list(frame.f_globals.items()):
        found.setdefault(name, bound)
    return {name: bound for name, bound in found.items() if _is_typed(name)}


def _collecting(code: CodeType) -> tuple[str, ...]:
    """Return the names of ``*args`` and ``**kwargs``, whose elements the caller calls otherwise."""
    place = code.co_argcount + code.co_kwonlyargcount
    flags = (CO_VARARGS, CO_VARKEYWORDS)
    return code.co_varnames[place : place + sum(bool(code.co_flags & flag) for flag in flags)]


def _is_typed(name: str) -> bool:
    """Tell whether somebody typed the name for use: tools add others, such as ``_3`` or ``@py_assert1``."""
    return name.isidentifier() and not name.startswith("_") and name not in _HISTORY


def _note(names: dict[int, str], bound: Any, name: str) -> None:
    if isinstance(bound, Value) and not isinstance(bound, Constant):
        names.setdefault(id(bound), name)


def _elements(name: str, bound: Any) -> Iterator[tuple[str, Any]]:
    """Yield the elements of a list, tuple, dict or array, and of those inside it, each as an expression gives it."""
    waiting = [(name, bound, 0)]
    while waiting:
        path, container, depth = waiting.pop()
        for key, element in _items(container):
            inside = f"{path}[{key!r}]"
            yield inside, element
            if depth + 1 < _DEEPEST:
                waiting.append((inside, element, depth + 1))


def _items(container: Any) -> list[tuple[Any, Any]]:
    if type(container) in (list, tuple) and len(container) <= _MOST:
        return list(enumerate(container))
    if type(container) is dict and len(container) <= _MOST:
        return [(key, element) for key, element in container.items() if isinstance(key, (str, int))]
    if not hasattr(type(container), "dtype"):
        return []  # as nearly all variables
    if is_array(container) and container.dtype.hasobject and container.ndim and len(container) <= _MOST:
        return list(enumerate(container))
    return []
