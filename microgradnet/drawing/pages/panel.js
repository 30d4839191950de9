// The words beside the picture: the step, the chain rule of a leaf, and the table of all steps.

function showStep(number) {
  const step = steps[number];
  byId("heading").textContent = step.heading;
  byId("step").className = step.kind;
  byId("rows").replaceChildren(
    ...step.rows.map(([caption, ...parts]) =>
      element("div", caption ? caption.split(",")[0].replace(/ /g, "-") : "remark", element("dt", "", caption), line("", parts)),
    ),
  );
}

// One equation: its left side, and a line for each relation or term after it.
function equation(number) {
  const [left, rows] = data.lines[number];
  const right = element("div", "right");
  for (const [relation, ...terms] of rows) {
    terms.forEach((term, place) => right.append(element("div", "", `${place ? "+" : relation} ${term}`)));
  }
  return element("div", "equation", element("div", "left", left), right);
}

function showRule(position) {
  const sections = position === null ? null : data.rules[position];
  byId("rule").hidden = !sections;
  byId("leaf").value = sections ? String(position) : "";
  markPaths(sections ? position : null);
  if (!sections) return;
  const name = nodeAt.get(position).name;
  const body = sections.map(([title, equations, sentences]) =>
    element("div", "", element("h3", "", title), ...equations.map(equation), ...sentences.map((sentence) => element("p", "", sentence))),
  );
  byId("derivation").replaceChildren(element("h2", "", `The chain rule for ${name}`), ...body);
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

// The table is built when it is first asked for, or printed.
function fillTable(jump) {
  const all = byId("all");
  if (all.childElementCount) return;
  const body = element("tbody", "");
  steps.forEach((step, number) => {
    const go = element("button", "", String(number));
    go.type = "button";
    go.setAttribute("aria-label", `Go to step ${number}`);
    go.addEventListener("click", () => jump(number));
    const rows = step.rows.map(([caption, ...parts]) => element("div", "", caption ? `${caption}: ` : "", ...parts.map(part)));
    body.append(element("tr", step.kind, element("td", "", go), element("td", "", step.heading), element("td", "", ...rows)));
  });
  const head = element("tr", "", ...["Step", "What happens", "Calculation"].map((title) => element("th", "", title)));
  for (const cell of head.children) cell.scope = "col";
  all.append(element("table", "", element("caption", "", "All steps"), element("thead", "", head), body));
}
