// A number typed for a leaf: the graph is computed again in the page, and all that stands in it follows.

const typed = new Map(); // the numbers typed, by position

function prepareTyping() {
  byId("still").textContent = data.still;
  byId("still").hidden = !data.still;
  byId("typed").addEventListener("change", () => type(readTyped()));
  byId("typed").addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction || readTyped() === null) return;
    event.preventDefault();
    type(moved(readTyped(), direction));
    showTyped();
  });
  byId("restore").addEventListener("click", () => {
    typed.clear();
    settleTyped(null);
    byId("typed").focus();
  });
}

const chosen = () => (byId("leaf").value === "" ? null : Number(byId("leaf").value));

// The field belongs to the leaf that is chosen.
function showTyped() {
  const position = chosen();
  const canType = position !== null && data.typeable.includes(position);
  byId("typing").hidden = !canType;
  if (canType) byId("typed").value = String(numbers.values[position]);
  byId("typed").removeAttribute("aria-invalid");
}

// The number in the field, or null where it holds none.
function readTyped() {
  const text = byId("typed").value.trim().replace(/−/g, "-");
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : null;
}

// One step of an arrow key: a tenth of the number's power of ten.
function moved(number, direction) {
  const power = number ? Math.floor(Math.log10(Math.abs(number))) - 1 : -1;
  return Number((number + direction * 10 ** power).toPrecision(12));
}

function type(number) {
  if (number === null) {
    complain(`${byId("typed").value} is no number: write it as 0.25 or 1e-3.`);
    return;
  }
  const position = chosen();
  const next = new Map(typed);
  if (Object.is(number, recorded.values[position])) next.delete(position);
  else next.set(position, number);
  settleTyped(next);
}

// Compute with these numbers; where that fails, say why, and keep what is shown.
function settleTyped(next) {
  try {
    numbers = next && next.size ? recompute(graph, recorded, next) : { ...recorded, ...sweep(graph, recorded.slopes) };
  } catch (error) {
    complain(`${error.message} The page keeps its last numbers.`);
    return;
  }
  typed.clear();
  for (const [position, number] of next || []) typed.set(position, number);
  complain("");
  const changes = [...typed].map(([position, number]) => `${nodeAt.get(position).name} = ${typeset(String(number))}`);
  byId("changes").textContent = changes.length ? `Typed: ${changes.join(", ")}.` : "";
  byId("changed").hidden = !changes.length;
  for (const box of boxes) box.group.classList.toggle("typed", [...typed.keys()].some((position) => box.positions.has(position)));
  refresh();
  showTyped();
}

function complain(words) {
  byId("trouble").textContent = words;
  byId("trouble").hidden = !words;
  if (words) byId("typed").setAttribute("aria-invalid", "true");
  else byId("typed").removeAttribute("aria-invalid");
}
