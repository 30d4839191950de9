// The graph computed again in the page: values forward and gradients backward, with the rules of the table.

// Note which local derivatives are passed on: none by a constant.
function prepare(graph) {
  graph.varied = {};
  for (const [result, place] of graph.flows) (graph.varied[result] ||= [])[place] = true;
  return { names: [], ...graph };
}

// The numbers as Python recorded them.
function recordedIn(graph) {
  const slopes = Object.entries(graph.slopes).map(([result, each]) => [result, each.map(Number)]);
  return { values: graph.values.map(Number), slopes: Object.fromEntries(slopes) };
}

// The sweep of the engine: results from the last to the first, each edge once. Return the gradients of all nodes, and
// for each edge what it adds, with the gradient of the operand before and after.
function sweep(graph, slopes) {
  const gradients = graph.values.map(() => 0);
  gradients[gradients.length - 1] = 1;
  const flows = graph.flows.map(([result, place]) => {
    const operand = graph.operands[result][place];
    const part = gradients[result] * slopes[result][place];
    const before = gradients[operand];
    gradients[operand] += part;
    return { part, before, after: gradients[operand] };
  });
  return { gradients, flows };
}

// Return the graph's numbers with others in some leaves: only what depends on them is computed again. Throws an Error
// that says which operation has no result.
function recompute(graph, recorded, typed) {
  const values = [...recorded.values];
  const slopes = { ...recorded.slopes };
  const changed = new Set();
  graph.values.forEach((_, position) => {
    const operands = graph.operands[position];
    if (typed.has(position)) values[position] = typed.get(position);
    else if (operands && operands.some((operand) => changed.has(operand))) computeNode(graph, position, values, slopes);
    else return;
    changed.add(position);
  });
  const swept = sweep(graph, slopes);
  const lost = swept.gradients.findIndex(Number.isNaN);
  if (lost >= 0) throw new Error(`The gradient of ${graph.names[lost]} is not a number here.`);
  return { values, slopes, ...swept };
}

function computeNode(graph, position, values, slopes) {
  const name = graph.ops[position];
  const rule = rules[name];
  const operands = graph.operands[position].map((operand) => values[operand]);
  const out = rule.value(...operands);
  if (!Number.isFinite(out)) throw new Error(refusal(graph, position, operands, "finite result"));
  values[position] = out;
  slopes[position] = rule.slopes.map((slope, place) => (graph.varied[position]?.[place] ? slope(...operands, out) : 0));
  if (slopes[position].some(Number.isNaN)) throw new Error(refusal(graph, position, operands, "derivative"));
}

function refusal(graph, position, operands, what) {
  const given = operands.map((number, place) => {
    const label = graph.names[graph.operands[position][place]];
    return `${"xy"[place]} = ${typeset(String(number))}${label ? ` (${label})` : ""}`;
  });
  return `${graph.ops[position]} has no ${what} at ${given.join(", ")}: it needs ${graph.domains[graph.ops[position]]}.`;
}
