// The words beside the picture: the step, the chain rule of a leaf, and the table of all steps.

// A part of a line: text; a formula ["$", latex]; a number ["=", source], with "(" in place of "=" where a negative one is
// in brackets; and ["~", source, ...] for "=" or "≈".
function part(written, step) {
  if (typeof written === "string") return [document.createTextNode(written)];
  const [kind, ...rest] = written;
  if (kind === "$") return formula(rest[0], step);
  if (kind === "~") return [document.createTextNode(areExact(rest, step) ? " = " : " ≈ ")];
  const number = numberOf(rest[0], step);
  return kind === "(" && number < 0 ? [element("span", "", "(", figure(number), ")")] : [figure(number)];
}

const areExact = (sources, step) => sources.every((source) => show(numberOf(source, step), data.digits)[1]);

function figure(number) {
  const written = element("span", "number", writeFigure(number, data.digits));
  written.dataset.full = written.title = String(number);
  return written;
}

const writeParts = (parts, step) => parts.flatMap((written) => part(written, step));

function showStep(number) {
  const step = steps[number];
  byId("heading").textContent = step.heading;
  byId("step").className = step.kind;
  byId("rows").replaceChildren(
    ...step.rows.map(([caption, ...parts]) =>
      element("div", caption ? caption.split(",")[0].replace(/ /g, "-") : "remark", element("dt", "", caption), element("dd", "", ...writeParts(parts, step))),
    ),
  );
}

// One equation: its left side, and a line for each relation or term after it.
function equation(number) {
  const [left, rows] = data.lines[number];
  const right = element("div", "right");
  for (const [relation, ...terms] of rows) {
    terms.forEach((term, place) => right.append(element("div", "", `${place ? "+" : relation} `, ...formula(term))));
  }
  return element("div", "equation", element("div", "left", ...formula(left)), right);
}

function showRule(position) {
  const sections = position === null ? null : data.rules[position];
  byId("rule").hidden = !sections;
  byId("leaf").value = sections ? String(position) : "";
  markPaths(sections ? position : null);
  showTyped();
  if (!sections) return;
  const name = nodeAt.get(position).name;
  const body = typed.size ? [edgeByEdge(position)] : sections.map(section);
  byId("derivation").replaceChildren(element("h2", "", `The chain rule for ${name}`), ...body);
}

function section([title, equations, sentences]) {
  const words = sentences.map((sentence) => element("p", "", sentence));
  return element("div", "", element("h3", "", title), ...equations.map(equation), ...words);
}

// The same for numbers that were typed: each edge on the ways from the loss down to the leaf, as its step says it.
function edgeByEdge(position) {
  const above = onPaths(position);
  const rows = [];
  for (const step of steps.filter((each) => each.kind === "backward" && each.nodes.every((node) => above.has(node)))) {
    const row = (caption) => step.rows.find(([words]) => words === caption).slice(1);
    const isLast = steps[completeAt.get(step.nodes[0])] === step;
    rows.push(element("div", "equation", element("div", "right", ...writeParts(row("chain rule"), step))));
    if (isLast && step.nodes[0] === position) rows.push(element("div", "equation", element("div", "right", ...writeParts(row("added"), step))));
  }
  return element("div", "", element("h3", "", "With the numbers typed, edge by edge from the loss down"), ...rows);
}

let opened = null; // the box whose inside is shown

// What a folded box stands for: each node in it with its numbers as they are at this step. A name goes to its step.
function showInside(box) {
  opened = box;
  byId("inside").hidden = !box;
  if (!box) return;
  const gradients = gradientsAt(current);
  byId("opened").textContent = `Inside ${box.words ? box.words.textContent : box.node.name}`;
  const rows = [...box.positions].map((position) => nodeAt.get(position)).filter(Boolean).map((node) => {
    const name = element("button", "", node.name);
    name.type = "button";
    name.addEventListener("click", () => goTo(node));
    const known = computedAt.get(node.position) <= current;
    const cells = [known ? figure(numbers.values[node.position]) : NOT_YET, gradients ? figure(gradients.get(node.position)) : NOT_YET];
    return element("tr", "", element("td", "", name), ...cells.map((cell) => element("td", "", cell)));
  });
  const head = element("tr", "", ...["Node", "Value", "Gradient"].map((title) => element("th", "", title)));
  for (const cell of head.children) cell.scope = "col";
  byId("contents").replaceChildren(element("table", "", element("thead", "", head), element("tbody", "", ...rows)));
}

function fillChoice() {
  for (const node of nodes) {
    if (data.rules[node.position]) byId("leaf").append(new Option(node.name, String(node.position)));
  }
  if (data.stale) {
    byId("stale").hidden = false;
    byId("stale").textContent =
      `Some .data was assigned after the graph was recorded: ${data.stale} results no longer follow from their ` +
      "operands. Call mg.recompute(loss) and step through it again.";
  }
}

// The table is built when it is asked for, or printed.
function fillTable(jump) {
  const all = byId("all");
  all.replaceChildren();
  const body = element("tbody", "");
  steps.forEach((step, number) => {
    const go = element("button", "", String(number));
    go.type = "button";
    go.setAttribute("aria-label", `Go to step ${number}`);
    go.addEventListener("click", () => jump(number));
    const rows = step.rows.map(([caption, ...parts]) => element("div", "", caption ? `${caption}: ` : "", ...writeParts(parts, step)));
    body.append(element("tr", step.kind, element("td", "", go), element("td", "", step.heading), element("td", "", ...rows)));
  });
  const head = element("tr", "", ...["Step", "What happens", "Calculation"].map((title) => element("th", "", title)));
  for (const cell of head.children) cell.scope = "col";
  all.append(element("table", "", element("caption", "", "All steps"), element("thead", "", head), body));
}
