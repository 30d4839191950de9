// Formulas as MathML, from the LaTeX that the table's notations and names are written in. In it the source of a number
// stands between two marks, with another first mark where a negative one is in brackets.

const SYMBOLS = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", varepsilon: "ε", zeta: "ζ", eta: "η", theta: "θ", iota: "ι",
  kappa: "κ", lambda: "λ", mu: "μ", nu: "ν", xi: "ξ", pi: "π", rho: "ρ", sigma: "σ", tau: "τ", upsilon: "υ", phi: "φ", varphi: "φ",
  chi: "χ", psi: "ψ", omega: "ω", Gamma: "Γ", Delta: "Δ", Theta: "Θ", Lambda: "Λ", Xi: "Ξ", Pi: "Π", Sigma: "Σ", Phi: "Φ",
  Psi: "Ψ", Omega: "Ω", partial: "∂", nabla: "∇", ell: "ℓ", infty: "∞",
};
const OPERATORS = {
  cdot: "·", times: "×", geq: "≥", leq: "≤", neq: "≠", lnot: "¬", bmod: "mod", approx: "≈", lfloor: "⌊", rfloor: "⌋", lceil: "⌈",
  rceil: "⌉", wedge: "^", backslash: "\\", cdots: "⋯", ldots: "…", lt: "<", gt: ">", pm: "±", to: "→", mid: "|",
};
const FUNCTIONS = "arccos arcsin arctan cos cosh cot exp ln log max min sin sinh tan tanh".split(" ");
const ACCENTS = { hat: "^", tilde: "~", bar: "¯", vec: "→", dot: "˙" };
const TOKEN = /\\[A-Za-z]+|\\.|[\ue000\ue002][^\ue001]*\ue001|\s+|\d+\.?\d*(?:e-?\d+)?|./gsu;
const MATH = "http://www.w3.org/1998/Math/MathML";

function math(tag, ...children) {
  const made = document.createElementNS(MATH, tag);
  made.append(...children);
  return made;
}

class Reader {
  constructor(latex, step) {
    this.tokens = latex.match(TOKEN) || [];
    this.place = 0;
    this.step = step;
  }

  peek() {
    while (/^\s+$/.test(this.tokens[this.place] || "")) this.place += 1;
    return this.tokens[this.place];
  }

  take() {
    const token = this.peek();
    this.place += 1;
    return token;
  }

  // What stands up to a closing token, which is left.
  sequence(end) {
    const found = [];
    while (this.peek() !== undefined && this.peek() !== end) found.push(this.scripted());
    return found;
  }

  scripted() {
    const base = this.atom();
    const scripts = {};
    while (["^", "_"].includes(this.peek())) scripts[this.take()] = this.atom();
    const [above, below] = [scripts["^"], scripts._];
    if (above && below) return math("msubsup", base, below, above);
    return above ? math("msup", base, above) : below ? math("msub", base, below) : base;
  }

  atom() {
    const token = this.take();
    if (token === undefined) throw new Error("the formula ends too early");
    if (token === "{") return this.rest("}");
    if (/^[\ue000\ue002]/.test(token)) return this.number(token);
    if (token[0] === "\\") return this.command(token.slice(1));
    if (/^\d/.test(token)) return math("mn", token.replace(/-/g, "−"));
    return /[\p{L}]/u.test(token) ? math("mi", token) : this.operator(token);
  }

  operator(token) {
    const sign = math("mo", token === "-" ? "−" : token);
    if (/[(),[\]]/.test(token)) for (const side of ["lspace", "rspace"]) sign.setAttribute(side, "0");
    if (/[()[\]]/.test(token)) sign.setAttribute("stretchy", "false");
    return sign;
  }

  rest(end) {
    const row = math("mrow", ...this.sequence(end));
    if (this.take() !== end) throw new Error(`${end} is missing`);
    return row;
  }

  number(token) {
    const number = numberOf(token.slice(1, -1), this.step);
    const written = math("mn", writeFigure(number, data.digits));
    written.setAttribute("class", "number");
    written.dataset.full = String(number);
    return token[0] === "\ue002" && number < 0 ? math("mrow", math("mo", "("), written, math("mo", ")")) : written;
  }

  command(name) {
    if (SYMBOLS[name]) return math("mi", SYMBOLS[name]);
    if (OPERATORS[name]) return math("mo", OPERATORS[name]);
    if (FUNCTIONS.includes(name)) return math("mi", name);
    if (ACCENTS[name]) return math("mover", this.atom(), math("mo", ACCENTS[name]));
    if (name === "frac") return math("mfrac", this.atom(), this.atom());
    if (name === "sqrt") return this.root();
    if (name === "left") return this.fenced();
    if (["operatorname", "mathrm", "mathbf", "mathcal"].includes(name)) return math("mi", this.words());
    if (name === "text") return math("mtext", this.words());
    if (/^[,;:! ]$/.test(name)) return math("mspace");
    if (/^[{}%&#$_|]$/.test(name)) return math("mo", name);
    throw new Error(`\\${name} is not known here`);
  }

  root() {
    if (this.peek() !== "[") return math("msqrt", this.atom());
    this.take();
    const degree = this.rest("]");
    return math("mroot", this.atom(), degree);
  }

  fenced() {
    const open = this.fence();
    const inside = this.sequence("\\right");
    this.take();
    return math("mrow", open, ...inside, this.fence());
  }

  fence() {
    const token = this.take() || "";
    const sign = token[0] === "\\" ? OPERATORS[token.slice(1)] || token.slice(1) : token;
    return math("mo", sign === "." ? "" : sign);
  }

  // The letters between two braces as they are.
  words() {
    if (this.take() !== "{") throw new Error("{ is missing");
    let text = "";
    for (let depth = 1; ; this.place += 1) {
      const token = this.tokens[this.place];
      if (token === undefined) throw new Error("} is missing");
      if (token === "{") depth += 1;
      if (token === "}") depth -= 1;
      if (!depth) break;
      if (token !== "{" && token !== "}") text += token === "\\backslash" ? "\\" : token.replace(/^\\/, "");
    }
    this.place += 1;
    return text;
  }
}

// A formula that breaks before its operators where the line is too short: one element for each part between them. What
// can't be read stays LaTeX.
function formula(latex, step) {
  try {
    const reader = new Reader(latex, step);
    const parts = reader.sequence(undefined);
    const chunks = [[]];
    for (const part of parts) {
      const breaks = part.localName === "mo" && ["+", "−", "·", "=", "≈"].includes(part.textContent) && chunks.at(-1).length;
      if (breaks) {
        part.setAttribute("form", "infix");
        chunks.push([]);
      }
      chunks.at(-1).push(part);
    }
    return chunks.map((chunk) => math("math", ...chunk));
  } catch (error) {
    return [document.createTextNode(latex.replace(/[\ue000\ue002]([^\ue001]*)\ue001/g, (_, source) => writeFigure(numberOf(source, step), data.digits)))];
  }
}
