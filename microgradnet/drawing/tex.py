"""Any text as LaTeX that compiles: commands escaped, mathematical signs set as such."""

from __future__ import annotations

from microgradnet.text import clean

_COMMANDS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "&": r"\&", "#": r"\#", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\char34{}", "`": r"\textasciigrave{}", "'": r"{'}", "-": "{-}", ",": "{,}",
    "[": "{[}", "]": "{]}",
}  # fmt: skip
_SIGNS = {
    "−": "-", "×": r"\times", "÷": r"\div", "·": r"\cdot", "→": r"\to", "∂": r"\partial", "≈": r"\approx",
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "∞": r"\infty", "‖": r"\Vert", "√": r"\surd", "∛": r"\sqrt[3]{}",
    "∑": r"\textstyle\sum", "∏": r"\textstyle\prod", "²": "^2", "³": "^3", "′": r"{}'", "∇": r"\nabla", "⌊": r"\lfloor",
    "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "∧": r"\wedge", "∨": r"\vee", "¬": r"\neg", "ℓ": r"\ell",
    "±": r"\pm",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "ς": "varsigma",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma",
    "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi",
    "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ₙ", "0123456789n", strict=True))
BEYOND = r"\beyond"  # the command around a letter that pdfLaTeX has no font for; see PREAMBLE
# XeLaTeX and LuaLaTeX set any letter that their font has; pdfLaTeX shows where there is one.
PREAMBLE = rf"""\ifdefined\directlua\def{BEYOND}#1{{#1}}\else
\ifdefined\XeTeXversion\def{BEYOND}#1{{#1}}\else
\usepackage[T1]{{fontenc}}
\def{BEYOND}#1{{\textsf{{?}}}}\fi\fi
\IfFileExists{{lmodern.sty}}{{\usepackage{{lmodern}}}}{{}}
"""


def escape_tex(text: str) -> str:
    r"""Return text for LaTeX.

    Example:
        >>> print(escape_tex("w_1 → 50 %"))
        w\_1 $\to$ 50 \%
    """
    return "".join(map(_character, clean(text)))


def _character(character: str) -> str:
    if character in _COMMANDS:
        return _COMMANDS[character]
    if character in _SIGNS:
        return f"${_SIGNS[character]}$"
    if character in _GREEK:
        return rf"$\{_GREEK[character]}$"
    if character in _SUBSCRIPTS:
        return f"$_{_SUBSCRIPTS[character]}$"
    if character == "…":
        return r"\dots{}"
    if character == "\N{NO-BREAK SPACE}":
        return "~"
    if character.isascii() or (character.isalpha() and "\xc0" <= character <= "\xff"):
        return character
    return f"{BEYOND}{{{character}}}"
