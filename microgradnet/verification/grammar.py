r"""The grammar of a printed calculation: plain text, Unicode and LaTeX read into one syntax tree.

A Pratt parser (Vaughan Pratt, *Top Down Operator Precedence*, 1973) over tokens that keep their columns. It reads what
people write (``0.5·(0.4621-0.5)²``, ``1/2 (0.01 - 0.75)^2``, ``\frac{1}{1 + e^{-1.2}}``, ``½(t − y)²``), evaluates
nothing, and is bounded in length and depth. What a line around such a formula may hold is in ``lines``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from microgradnet.errors import ExpressionError
from microgradnet.verification.tokens import (
    CLOSING,
    IN_SUBSCRIPT,
    LONGEST,
    SUBSCRIPT,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    Token,
    closing_brace,
    tokens,
)

DEEPEST = 60  # nested brackets of one formula
HIGHEST = 250  # operations of one formula within one another, as in a sum of so many terms

_ACCENTS = frozenset(["hat", "bar", "tilde", "vec", "dot", "mathbf", "boldsymbol", "bm", "mathrm", "mathit",
                      "mathcal", "mathbb", "mathsf", "boxed", "text", "textbf", "textit", "textrm", "operatorname",
                      "color", "underline", "overline", "widehat", "widetilde"])  # fmt: skip
_FRACTIONS = frozenset(["frac", "dfrac", "tfrac", "cfrac"])
_BRACES = frozenset(["underbrace", "overbrace", "underset", "overset", "cancel", "textcolor", "colorbox"])
_ROOTS = {"√": "2", "∛": "3", "∜": "4"}
_CURRENCIES = ("$", "€", "£", "¥", "₹")
_SUMS = {"sum": "+", "prod": "*", "∑": "+", "Σ": "+", "∏": "*", "Π": "*"}
_MOST_TERMS = 60  # of a sum with limits
_FUNCTIONS = {"σ": "sigmoid", "sigma": "sigmoid", "sig": "sigmoid", "logistic": "sigmoid", "ln": "log", "√": "sqrt",
              "arcsin": "asin", "arccos": "acos", "arctan": "atan", "max": "maximum", "min": "minimum",
              "sgn": "sign", "log10": "log10", "log_10": "log10", "log_2": "log2", "lg": "log10",
              "log2": "log2", "log₂": "log2", "log₁₀": "log10"}  # fmt: skip
_PREFIXED = frozenset(
    ["log", "log10", "log2", "exp", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan"]
)  # without a bracket: log 0.2
_POWERED = frozenset(["sin", "cos", "tan", "tanh", "sinh", "cosh", "log", "sigmoid"])  # tanh^2(x) is tanh(x)^2
_SMALL_WORD = re.compile("(?:as|is|in|at|of|on|to|if|by|or|so|we|it|an|and|the|for|per|with)$")  # is no factor
_MARK_ABOVE = re.compile(r"\^\s*\{?\s*(T|⊤|\\top|\\intercal|\\circ|∘)\s*\}?(?![\w])")
_RATIO = re.compile(r"(?:\d+|π|\\pi)\s?/\s?\d+(?![\w.])")
_WORDED = re.compile(r"\\(?:text|math[a-z]*|operatorname)\{\s*(\w+)\s*\}")
_AMOUNT = re.compile(
    r"\s*[≈~=]?\s*[\d.,]+\s?(?:[\u3040-\u9fff\uac00-\ud7af]+|(?!pi\b)[A-Za-z]{2,}\.?)\s*"
)  # 1.3억, 21 billion
_PRIMES_ABOVE = re.compile(r"\^\s*(?:\{\s*((?:\\prime\s*|')+)\}|(\\prime)(?![A-Za-z]))")
_ACCENTED = re.compile("(?=.*[à-öø-ÿđăơưạ-ỹ])[^\\W\\d_]{2}")  # là, đó: a word
_REPEATED = re.compile(r"\\(?:overline|bar|dot)\s*\{(\d+)\}")
_MEASURES = {"|": "abs", "‖": "norm", "⌊": "floor", "⌈": "ceil"}
_INFIX = {"+": 10, "-": 10, "*": 20, "/": 20, "mod": 20, "^": 40}


@dataclass(frozen=True, slots=True)
class Syntax:
    """A node of the syntax tree.

    Arguments:
        kind: ``"number"``, ``"name"``, ``"call"``, ``"vector"``, ``"%"``, ``"!"``, ``"°"``, ``"neg"``, ``"group"``,
            ``"abs"``, ``"norm"``, ``"floor"``, ``"ceil"``, ``"T"`` for transposed, or an operator ``+ - * / ^``.
        start, end: the columns of the line that it covers, counted from 0.
        parts: the operands.
        text: of a number its digits in plain notation, of a name or call the name.
        number: of a number, exactly what it says.
        decimals: of a number, the place of its last digit.
        cut: of a number, whether dots follow its digits.
        primes: of a call, the order of the derivative.
    """

    kind: str
    start: int
    end: int
    parts: tuple[Syntax, ...] = ()
    text: str = ""
    number: Fraction = Fraction(0)
    decimals: int = 0
    cut: bool = False
    primes: int = 0

    def walk(self) -> Iterator[Syntax]:
        """Yield this node and all below it, in the order in which they are written."""
        yield self
        for part in self.parts:
            yield from part.walk()


def is_function(name: str) -> bool:
    """Tell whether a name before a bracket is a function that can be computed."""
    from microgradnet.operation import TABLE

    found = _FUNCTIONS.get(name, name.lower())
    return found in ("log10", "log2") or found in TABLE


class Parser:
    """Reads one formula out of a line.

    Arguments:
        text: the line.
        start, end: the part of it that is the formula.
        bound: names that stand for numbers: ``x(1-x)`` is a product where ``x`` is one, else a call.
    """

    def __init__(self, text: str, start: int = 0, end: int | None = None, bound: Container[str] = frozenset()) -> None:
        self._coming, self._tokens = tokens(text, start, end), list[Token]()  # read on demand: most fail early
        self._line, self._at, self._depth, self._bound = text, 0, 0, bound
        self._whole = False  # whether a name is all there is: a² may be the name of the second layer's a

    def parse(self) -> Syntax:
        """Return the tree of the whole part.

        Raises:
            ExpressionError: it is not a formula; the message names the column.
        """
        if [self._peek(0).kind, self._peek(1).kind] == ["name", "end"]:
            self._whole = True
        tree = self.prefix()
        if self._next.text in ("(", "[") and self._is_remark():
            while self._advance().text not in (")", "]", ""):
                pass
        if self._next.kind != "end":
            raise self._wrong(f"{self._next.text!r} can't follow here")
        return tree

    def prefix(self) -> Syntax:
        """Return the tree of the longest formula at the beginning; :attr:`end` is where it ends."""
        tree = self._expression(0)
        level = [tree]
        for _ in range(HIGHEST):
            level = [part for node in level for part in node.parts]
            if not level:
                break
        if level:  # what reads the tree goes into it as deep
            raise ExpressionError(f"a formula has at most {HIGHEST} operations in a row", "more", "Split it.")
        return tree

    @property
    def end(self) -> int:
        """The column behind the last token that was read."""
        return self._tokens[self._at - 1].end if self._at else self._next.start

    @property
    def _next(self) -> Token:
        return self._peek(0)

    def _peek(self, ahead: int) -> Token:
        while len(self._tokens) <= self._at + ahead:
            self._tokens.append(next(self._coming))
        return self._tokens[self._at + ahead]

    def _advance(self) -> Token:
        token = self._peek(0)
        if token.kind != "end":
            self._at += 1
        return token

    def _skip(self, end: int) -> None:
        """Pass over the tokens that begin before a column."""
        while self._next.kind != "end" and self._next.start < end:
            self._advance()

    def _wrong(self, why: str) -> ExpressionError:
        column = self._next.start + 1
        return ExpressionError(
            f"column {column} of a formula continues it", why, "Write numbers, names, + - * / ^ and brackets."
        )

    def _expression(self, least: int) -> Syntax:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong("brackets nested too deep")
        left = self._operand()
        while True:
            token = self._next
            if token.kind == "raised":
                self._advance()
                left = Syntax("^", left.start, token.end, (left, _number(token.text.lstrip("+"), token)))
            elif token.kind == "sign" and token.text in ("%", "!", "°") and self._is_mark_behind(token):
                self._advance()
                left = Syntax(token.text, left.start, token.end, (left,))
            elif token.text == "^" and (mark := self._mark_above()):
                left = Syntax(mark, left.start, self.end, (left,))
            elif token.text == "ᵀ" and token.start == self.end:
                left = Syntax("T", left.start, self._advance().end, (left,))
            elif left.kind == "number" and token.text in _CURRENCIES[1:]:  # 100 €
                left = replace(left, end=self._advance().end)
            elif left.kind == "number" and token.kind == "vulgar" and token.start == self.end:  # 2½ is two and a half
                left = Syntax("+", left.start, token.end, (left, self._operand()))
            elif token.kind == "sign" and token.text in _INFIX and _INFIX[token.text] >= least + (token.text != "^"):
                self._advance()
                right = self._exponent() if token.text == "^" else self._expression(_INFIX[token.text])
                left = Syntax(token.text, left.start, right.end, (left, right), self._line[token.start : token.end])
            elif least < 20 and self._multiplies(left):
                right = self._expression(20)
                left = Syntax("*", left.start, right.end, (left, right))
            else:
                self._depth -= 1
                return left

    def _is_prose(self, name: str) -> bool:
        """Tell whether a name looks like a word of a sentence."""
        is_word = len(name) > 2 and name.isalpha() and not re.search("[Α-ω∂∇]", name)
        return is_word and name not in self._bound and name not in _GREEK

    def _is_mark_behind(self, token: Token) -> bool:
        """Tell whether a sign belongs to the number before it: in ``7 °C`` it does not."""
        if token.text == "!" and re.match(r"\s+[A-Z]", self._line[token.end :]):
            return False  # a sentence ends
        unit = self._line[token.end : token.end + 1].isalpha()
        return token.text == "%" or (token.start == self.end and not (token.text == "°" and unit))

    def _multiplies(self, left: Syntax) -> bool:
        """Tell whether the next token is a factor without a sign: ``2x``, ``0.1(4)``, ``½(...)``, ``da_3 W_{hh}``."""
        token, apart = self._next, self._next.start > self.end
        if apart and "quad" in self._line[self.end : token.start]:
            return False  # another statement
        if token.kind == "sign" and token.text in ("(", "[", "（", "⟦", "⌊", "⌈"):
            label = token.text == "(" and left.kind == "name" and apart and self._at == 1 and self._is_prose(left.text)
            return not (label or self._is_remark())  # slope (6-2)/2
        called = token.kind == "name" and is_function(token.text) and self._peek(1).text == "("
        is_worded = called or (token.kind == "name" and self._is_prose(token.text))
        if is_worded and apart and left.kind == "name" and self._is_prose(left.text):
            return False  # then ReLU(1.3), or two words of a sentence
        if _SMALL_WORD.match(token.text) and apart and token.text not in self._bound:
            return False
        if left.kind == "name" and apart and token.kind == "command" and self._is_prose(left.text):
            return False  # we get \sigma(1.2)
        if token.text[1:] in _FRACTIONS and left.kind == "number" and left.decimals == 0 and self._is_proper():
            raise self._wrong("a mixed number or a product")
        if token.kind in ("name", "command"):
            worded = _WORDED.match(self._line, token.start)
            if worded and is_function(worded[1]):
                return True  # 0.5\\text{log}_2(0.5)
            if token.text[:5] in ("\\text", "\\math") and not any(
                part.kind in ("name", "call") for part in left.walk()
            ):
                return False  # a unit or a remark
            if token.text[:1] == "\\" and token.text[1:] not in _FRACTIONS and not self._is_letter(token):
                return is_function(token.text[1:])
            word = (
                (len(token.text) > 2 or _ACCENTED.match(token.text))
                and token.text not in self._bound
                and not is_function(token.text)
            )
            return not (apart and left.kind in ("number", "%", "neg", "vector") and word and token.text[:1] != "\\")
        if token.kind == "number":  # \frac{1}{2} 0.3 and 2!\,3!
            return self._tokens[self._at - 1].text in ("}", "!") and left.kind in ("group", "call", "!", "*", "/", "^")
        return token.kind == "vulgar" or token.text in _ROOTS

    def _is_remark(self) -> bool:
        """Tell whether a bracket repeats the value as a percentage, as in ``0.659 (66%)``, or holds words."""
        close = self._line.find(CLOSING[self._next.text], self._next.end)
        inside = self._line[self._next.end : close if close >= 0 else None]
        if re.match(r"\s*[^\W\d_]{3,}\s+[^\W\d_]{2,}\s", inside):
            return True
        if _AMOUNT.fullmatch(inside):
            return True
        if re.fullmatch(r"\s*[^\W\d_]{3,}(?:[ -][^\W\d_]+)*\s*", inside) and inside.strip() not in self._bound:
            return True
        return re.match(r"\s*[≈~=]?\s*[\d.,{}]+\s*\\?%(?!\s*(?:[-+*/×·⋅^]|\\times|\\cdot))", inside) is not None

    def _is_proper(self) -> bool:
        r"""Tell whether a proper fraction of two whole numbers follows: ``1\frac{1}{2}`` may be one and a half."""
        match = re.compile(r"\\\w+\s*\{\s*(\d+)\s*\}\s*\{\s*(\d+)\s*\}").match(self._line, self._next.start)
        return match is not None and int(match[1]) < int(match[2])

    def _mark_above(self) -> str:
        r"""Read a superscript that is no power: ``^T`` and ``^\top`` transpose, ``^\circ`` is a degree."""
        match = _MARK_ABOVE.match(self._line, self._next.start)
        if match is None or "T" in self._bound:
            return ""
        self._skip(match.end())
        return "°" if match[1] in ("\\circ", "∘") else "T"

    @staticmethod
    def _is_letter(token: Token) -> bool:
        return token.kind == "name" or token.text[1:] in _GREEK or token.text[1:] in _ACCENTS

    def _exponent(self) -> Syntax:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong("powers nested too deep")
        power = self._exponent_here()
        self._depth -= 1
        return power

    def _exponent_here(self) -> Syntax:
        sign = self._next
        if sign.text in ("-", "+"):
            self._advance()
            inner = self._exponent()
            return Syntax("neg", sign.start, inner.end, (inner,)) if sign.text == "-" else inner
        if sign.text in ("*", "'", "′") or (sign.kind == "command" and sign.text == "\\prime"):
            self._advance()
            return Syntax("name", sign.start, sign.end, text=sign.text)
        operand = self._operand()
        if self._next.text == "^":
            self._advance()
            power = self._exponent()
            return Syntax("^", operand.start, power.end, (operand, power))
        return operand

    def _operand(self) -> Syntax:
        token = self._advance()
        if token.kind == "number":
            return self._repeated(token) or _number(token.text, token)
        if token.kind == "vulgar":
            number = Fraction(unicodedata.numeric(token.text)).limit_denominator(10)
            return Syntax("number", token.start, token.end, text=token.text, number=number, decimals=-1)
        if token.text in _SUMS and self._next.text == "_":
            return self._sum(token, _SUMS[token.text])
        if token.kind == "name":
            return self._name(token, token.text)
        if token.kind == "command":
            return self._command(token)
        if token.text in ("-", "+", *_CURRENCIES):
            inner = self._expression(30 if token.text in _CURRENCIES else 20)
            return Syntax("neg", token.start, inner.end, (inner,)) if token.text == "-" else inner
        if token.text in _ROOTS:
            inner = self._expression(30)
            if token.text == "√":
                return Syntax("call", token.start, inner.end, (inner,), "sqrt")
            power = Syntax("/", token.start, token.end, (_number("1", token), _number(_ROOTS[token.text], token)))
            return Syntax("^", token.start, inner.end, (inner, power))
        if token.text in CLOSING:
            return self._bracket(token)
        if token.text in ("∂", "∇", "Δ") and self._next.text == "(":  # ∂(x*y)/∂x
            inner = self._bracket(self._advance())
            return Syntax("name", token.start, inner.end, text=self._line[token.start : inner.end])
        self._at -= token.kind != "end"
        raise self._wrong("its end" if token.kind == "end" else f"{token.text!r}")

    def _repeated(self, token: Token) -> Syntax | None:
        r"""Read a number with digits that repeat, ``0.1\overline{6}``; None where none do."""
        match = _REPEATED.match(self._line, token.end)
        if match is None or "." not in token.text:
            if token.text[-1] == "." and self._next.text == "(" and self._next.start == token.end:
                raise self._wrong("digits that repeat")
            return None
        self._skip(match.end())
        number = _number(token.text, token)
        period = Fraction(int(match[1]), 10**number.decimals * (10 ** len(match[1]) - 1))
        return replace(number, end=match.end(), text="…", number=number.number + period, decimals=-1)

    def _bracket(self, opening: Token) -> Syntax:
        items = self._items(CLOSING[opening.text])
        end = self._tokens[self._at - 1].end
        if opening.text in _MEASURES:
            order = re.sub(r"[_{}\s]", "", self._subscripts("", self.end)[0]).translate(SUBSCRIPTS)
            return Syntax(_MEASURES[opening.text], opening.start, self.end, tuple(items[:1]), order)
        if (opening.text == "{" and len(items) > 1) or (opening.text == "⟨" and len(items) == 1):
            raise self._wrong("a set or a mean")
        if opening.text == "⟨" and [item.kind for item in items] == ["vector", "vector"]:
            return Syntax("call", opening.start, end, tuple(items), "dot")
        if opening.text == "⟦" and any(item.kind == "vector" for item in items):
            return Syntax("vector", opening.start, end, tuple(items))
        if len(items) == 1:
            only = items[0]
            return Syntax("group", opening.start, end, (only,))
        return Syntax("vector", opening.start, end, tuple(items))

    def _only(self, closing: str) -> Syntax:
        """Read what stands between brackets that hold one formula."""
        items = self._items(closing)
        if len(items) > 1:
            raise self._wrong("a list")
        return items[0]

    def _items(self, closing: str) -> list[Syntax]:
        """Read what stands between brackets; a bracket that is never closed ends with the formula."""
        items = [self._expression(0)]
        while self._next.text in (",", ";", "，", "&", "\\over", "\\choose"):
            sign = self._advance().text
            if sign[0] == "\\":
                under = self._expression(0)
                kind, text = ("/", "") if sign == "\\over" else ("call", "binom")
                items[-1] = Syntax(kind, items[-1].start, under.end, (items[-1], under), text)
            else:
                items.append(self._expression(0))
        if self._next.text == closing:
            self._advance()
        elif self._next.kind != "end" or len(items) > 1 or closing in ("|", "‖"):
            raise self._wrong(f"{self._next.text!r}, where {closing!r} is missing")
        return items

    def _command(self, token: Token) -> Syntax:
        name = token.text[1:]
        if name in _FRACTIONS:
            over, under = self._argument(), self._argument()
            return Syntax("group", token.start, under.end, (Syntax("/", token.start, under.end, (over, under)),))
        if name == "sqrt":
            root = self._bracket(self._advance()) if self._next.text == "[" else None
            inner = self._argument()
            if root is not None:
                power = Syntax("/", root.start, root.end, (_number("1", token), root))
                return Syntax("^", token.start, inner.end, (inner, power))
            return Syntax("call", token.start, inner.end, (inner,), "sqrt")
        if name in _ACCENTS and self._next.text == "{":
            return self._accented(token, name)
        if name in _BRACES and self._next.text == "{":
            return self._braced(token, name)
        if name in ("binom", "dbinom", "tbinom"):
            above, below = self._argument(), self._argument()
            return Syntax("call", token.start, below.end, (above, below), "binom")
        if name in _SUMS:
            return self._sum(token, _SUMS[name])
        if name == "partial" and self._next.kind in ("name", "command"):
            inner = self._operand()
            return Syntax("name", token.start, inner.end, text="∂" + inner.text)
        return self._name(token, name)

    def _braced(self, token: Token, name: str) -> Syntax:
        r"""Read what ``\underbrace{...}_{remark}`` and ``\textcolor{red}{...}`` hold."""
        if name in ("underset", "overset", "textcolor", "colorbox"):  # what stands first is the remark
            close = closing_brace(self._line, self._next.start)
            self._skip(close + 1)
        inner = self._argument()
        if name[-5:] == "brace" and self._next.text in ("_", "^"):
            close = closing_brace(self._line, self._next.end)
            self._skip(close + 1)
        return Syntax("group", token.start, self.end, (inner,))

    def _sum(self, token: Token, sign: str) -> Syntax:
        r"""Read ``\sum_{i=1}^{3} i^2`` as the sum of its terms; one without such limits is in letters."""
        limits = re.compile(
            rf"(?:\\limits)?\s*_\{{\s*([A-Za-z])\s*{IN_SUBSCRIPT}\s*(\d+)\s*\}}\s*\^(?:\{{\s*(\d+)\s*\}}|(\d))"
        )
        found = limits.match(self._line, token.end)
        if found is None:
            name, end = self._subscripts(token.text.lstrip("\\"), token.end)
            return Syntax("name", token.start, end, text=name)
        self._skip(found.end())
        letter, first, last = found[1], int(found[2]), int(found[3] or found[4])
        if not 0 < last - first < _MOST_TERMS:
            raise self._wrong(f"a sum of {last - first + 1} terms")
        term = self._expression(20 - (sign == "+"))
        if sum(1 for _ in term.walk()) * (last - first) > LONGEST:
            raise self._wrong("a sum of sums of too many terms")
        terms = [_replaced(term, letter, number) for number in range(first, last + 1)]
        whole = terms[0]
        for each in terms[1:]:
            whole = Syntax(sign, token.start, term.end, (whole, each))
        return Syntax("group", token.start, term.end, (whole,))

    def _accented(self, token: Token, name: str) -> Syntax:
        r"""Read ``\hat{y}`` and ``\text{ReLU}`` as a name, and ``\mathbf{0.17}`` as what stands in it."""
        opening = self._advance()
        close = closing_brace(self._line, opening.start)
        content = self._line[opening.end : close]
        is_word = re.match(r"\D*?[^\W\d]", content) and not re.search(r"[+*/^=]|\d\s*[-−]", content)
        if not is_word or name == "boxed":
            return Syntax("group", token.start, self.end, (self._only("}"),))
        self._skip(close + 1)
        plain = content.strip().lstrip("\\")
        whole = plain if name[:4] in ("text", "math", "oper") else f"{name}({plain})"
        return self._name(Token("name", plain, token.start, self.end), whole)

    def _argument(self) -> Syntax:
        """Read the operand of a LaTeX command: a group in braces, or one digit or letter."""
        token = self._next
        if token.text == "{":
            self._advance()
            only = self._only("}")
            if self._tokens[self._at - 1].text != "}":
                raise self._wrong("its end, where '}' is missing")
            return Syntax("group", token.start, self.end, (only,))
        if token.kind == "number" and len(token.text) > 1:  # \frac12 is a half
            self._tokens[self._at] = Token("number", token.text[1:], token.start + 1, token.end)
            return _number(token.text[0], Token("number", token.text[0], token.start, token.start + 1))
        return self._operand()

    def _name(self, token: Token, base: str) -> Syntax:
        """Read a name with its subscripts and primes and, if it is a call, its arguments."""
        if self._at == 1 and _SMALL_WORD.match(base) and self._next.start > token.end and base not in self._bound:
            raise self._wrong("a word")
        base, token = self._without_power(base, token)
        name, end = self._subscripts(base, token.end)
        primes = 0
        while self._next.text in ("'", "′", "’") and self._next.start == end:
            end, primes = self._advance().end, primes + 1
        function = self._function(base, name)
        raised = _PRIMES_ABOVE.match(self._line, end) if is_function(function) else None
        if raised:  # \\sigma^{\\prime}(0.5)
            end, primes = raised.end(), len(re.findall(r"'|prime", raised[0]))
            self._skip(end)
        known = is_function(function)
        power = self._power_of_function() if function in _POWERED and not primes else None
        if power is not None:
            inner = self._name(Token("name", base, token.start, self.end), base)
            return Syntax("^", token.start, inner.end, (inner, power))
        opening, apart = self._next.text, self._next.start > end
        is_call = opening in ("(", "（") or (known and opening in ("[", "{"))
        if (
            is_call
            and name not in self._bound
            and name not in ("e", "π")
            and (not apart or known or token.text[0] == "\\")
        ) or (name == "det" and opening == "⟦"):
            arguments = self._items(CLOSING[self._advance().text])
            return Syntax("call", token.start, self.end, tuple(arguments), function if known else name, primes=primes)
        if function in _PREFIXED and (self._next.kind in ("number", "name", "command") or opening == "-"):
            inner = self._prefixed_ratio() or self._expression(30)
            if self._next.text in ("π", "\\pi", "pi"):  # \sin \frac{29}{180} \pi
                factor = self._operand()
                inner = Syntax("*", inner.start, factor.end, (inner, factor))
            return Syntax("call", token.start, inner.end, (inner,), function, primes=primes)
        return Syntax("name", token.start, end, text=name, primes=primes)

    def _prefixed_ratio(self) -> Syntax | None:
        """Read the ratio in ``log2 1/3`` and ``sin π/6``, which is the argument; in ``ln 2/0.05`` it is not."""
        if _RATIO.match(self._line, self._next.start) is None:
            return None
        over, _, under = self._operand(), self._advance(), self._operand()
        return Syntax("/", over.start, under.end, (over, under))

    def _without_power(self, base: str, token: Token) -> tuple[str, Token]:
        """Split the digits above a name off, e⁰·⁷ and tanh²(x), where the rest is a function or a known number."""
        match = re.fullmatch(r"(.*?[^\W⁰¹²³⁴⁵⁶⁷⁸⁹])([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", base)
        if match is None or (self._whole and match[1] != "e") or base in self._bound or token.text != base:
            return base, token
        known = match[1] in self._bound and match[2] != "¹"
        if not (known or match[1] == "e" or self._function(match[1], match[1]) in _POWERED):
            return base, token
        start = token.start + len(match[1])
        above = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+(?:·[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?").match(self._line, start)
        end = above.end() if above else token.end
        self._skip(end)
        self._at -= 1
        self._tokens[self._at] = Token("raised", self._line[start:end].translate(SUPERSCRIPTS), start, end)
        return match[1], Token("name", match[1], token.start, start)

    def _power_of_function(self) -> Syntax | None:
        """Read the power in ``tanh^2(x)``; None where there is none."""
        token = self._next
        if token.kind == "raised" and token.text.isdigit():
            self._advance()
            return _number(token.text, token)
        match = re.compile(r"\^\s*(?:\{\s*(\d+)\s*\}|(\d))(?=\s*(?:\\left\s*)?[(\[])").match(self._line, token.start)
        if token.text != "^" or match is None:
            return None
        self._skip(match.end())
        return _number(match[1] or match[2], Token("number", match[1] or match[2], token.start, match.end()))

    def _subscripts(self, name: str, end: int) -> tuple[str, int]:
        """Read the subscripts behind a name; return the whole name and where it ends."""
        while subscript := SUBSCRIPT.match(self._line, end):
            name, end = name + subscript.group(), subscript.end()
        self._skip(end)
        if self._next.text == "+" and self._next.start == end and self._peek(1).kind == "end":
            return name + "+", self._advance().end  # w5+ is the new w5
        return name, end

    @staticmethod
    def _function(base: str, name: str) -> str:
        r"""Return the function that a name may stand for: ``\log_{10}`` is one, ``\sigma_1`` is a name."""
        if base == "log" and name != base:
            base_of = re.sub(r"\W|_", "", name[len(base) :]).translate(SUBSCRIPTS)
            return {"2": "log2", "10": "log10", "e": "log"}.get(base_of, name)
        return name if name != base else _FUNCTIONS.get(name, name.lower())


_GREEK = frozenset(["alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta",
                    "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "phi", "varphi",
                    "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi",
                    "Omega", "ell", "partial", "nabla"])  # fmt: skip


def _number(text: str, token: Token) -> Syntax:
    plain = re.sub(r"\{,\}|\\?,|[_'’ \u2009\u202f\u2060]", "", text)
    mantissa, _, exponent = plain.lower().partition("e")
    _, _, places = mantissa.partition(".")
    power = int(exponent or 0)
    if abs(power) > 400 or len(plain) > 400:
        raise ExpressionError("a number lies within the range of doubles", plain[:40], "Write a number up to 1e308.")
    number = Fraction(mantissa if mantissa not in ("", ".") else "0") * Fraction(10) ** power
    return Syntax(
        "number", token.start, token.end, text=plain, number=number, decimals=len(places) - power, cut=token.cut
    )


def _replaced(tree: Syntax, letter: str, number: int) -> Syntax:
    """Return a tree in which a whole number stands for a letter."""
    if tree.kind == "name" and tree.text == letter:
        return Syntax("number", tree.start, tree.end, text=str(number), number=Fraction(number))
    return replace(tree, parts=tuple(_replaced(part, letter, number) for part in tree.parts)) if tree.parts else tree
