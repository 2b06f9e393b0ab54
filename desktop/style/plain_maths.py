"""LaTeX as one line of plain text: what stands while a formula is being typeset, and what a screen reader says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ",
    "varphi": "φ", "psi": "ψ", "omega": "ω", "Delta": "Δ", "Omega": "Ω", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "odot": "⊙", "otimes": "⊗", "oplus": "⊕", "oslash": "⊘", "cdot": "·", "times": "×", "partial": "∂",
    "nabla": "∇", "sum": "∑", "prod": "∏", "int": "∫", "infty": "∞", "top": "⊤", "circ": "∘", "pm": "±",
    "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈", "in": "∈", "to": "→",
    "rightarrow": "→", "leftarrow": "←", "gets": "←", "mid": "|", "lVert": "‖", "rVert": "‖", "Vert": "‖", "|": "‖",
    "lvert": "|", "rvert": "|", "vert": "|", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋",
    "ldots": "…", "dots": "…", "cdots": "⋯", "prime": "′", "ell": "ℓ", "quad": "  ", "qquad": "    ", ",": " ",
    ";": " ", ":": " ", " ": " ", "!": "", "{": "{", "}": "}", "_": "_", "%": "%", "\\": " ", "left": "",
    "right": "", "big": "", "Big": "", "bigl": "", "bigr": "", "displaystyle": "", "limits": "", "&": "&",
}  # fmt: skip
_WRAPPERS = frozenset(("mathrm", "mathbf", "mathit", "mathsf", "mathtt", "mathcal", "text", "textbf", "textit"))
_WRAPPERS |= frozenset(("operatorname", "boldsymbol", "mathbb", "textrm", "mathop"))
_SKIP_FIRST = frozenset(("href", "textcolor"))
_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "overline": "\u0304", "dot": "\u0307", "vec": "\u20d7"}
_LOW = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_HIGH = dict(zip("0123456789+-=()ni⊤′T∗*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀ′ᵀ**", strict=True))
_SPACED = frozenset("⊙⊗⊕⊘·×±≤≥≠≈∈→←∘")
_TOKEN = re.compile(r"\\[A-Za-z]+\s*|\\.|[{}^_]|\s+|.", re.DOTALL)


@lru_cache(maxsize=2048)  # the same symbols are asked for at every step
def plain_text(latex: str) -> str:
    """The formula as plain text, with sub- and superscripts where Unicode has them."""
    text = _sequence(iter(_TOKEN.findall(latex)))
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"\s+([),\]])", r"\1", re.sub(r"([(\[])\s+", r"\1", text))


def _sequence(tokens: Iterator[str]) -> str:
    """Everything up to the brace that closes this group, or the end."""
    parts: list[str] = []
    for token in tokens:
        if token == "}":
            break
        parts.append(_script(token, tokens) if token in "^_" else _item(token, tokens))
    return "".join(parts)


def _item(token: str, tokens: Iterator[str]) -> str:
    """One token and the arguments it takes."""
    if token == "{":
        return _sequence(tokens)
    if token.isspace():
        return " "
    if token == "-":
        return "\N{MINUS SIGN}"
    return _command(token[1:].strip(), tokens) if token.startswith("\\") and len(token) > 1 else token


def _command(name: str, tokens: Iterator[str]) -> str:
    if name in _SKIP_FIRST:
        _argument(tokens)
        return _argument(tokens)
    if name == "color":
        _argument(tokens)
        return ""
    if name in _WRAPPERS:
        return _argument(tokens)
    if name in _ACCENTS:
        return _argument(tokens) + _ACCENTS[name]
    if name in ("frac", "tfrac", "dfrac"):
        return f"{_grouped(_argument(tokens))}/{_grouped(_argument(tokens))}"
    if name == "sqrt":
        return "√" + _grouped(_argument(tokens))
    symbol = _SYMBOLS.get(name, name)
    return f" {symbol} " if symbol in _SPACED else symbol


def _argument(tokens: Iterator[str]) -> str:
    """The next group or the next single token."""
    for token in tokens:
        if not token.isspace():
            return _item(token, tokens)
    return ""


def _script(mark: str, tokens: Iterator[str]) -> str:
    body = _argument(tokens)
    table = _LOW if mark == "_" else _HIGH
    letters = body.replace("\N{MINUS SIGN}", "-").replace(" ", "")
    if letters and all(letter in table for letter in letters):
        return "".join(table[letter] for letter in letters)
    return mark + (body if len(body) == 1 else f"({body})") if body else ""


def _grouped(text: str) -> str:
    """In brackets where the text is a sum or a product."""
    return f"({text})" if re.search(r"[\s+·⊙×\N{MINUS SIGN}]", text.strip()) else text.strip()
