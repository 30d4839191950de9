// What is known at each step: the values that have been computed, the gradients as they are by then.

const data = JSON.parse(byId("data").textContent);
const seed = data.steps.findIndex((step) => step.kind === "seed");
const steps = data.steps.map((step, number) => ({
  ...step,
  result: (step.nodes || []).at(-1),
  flow: number - seed - 1, // for a backward step, which edge of the sweep it is
  rows: step.rows.map((row) => row.map((number) => data.parts[number])),
  gradients: step.gradients || [], // pairs of a position and the source of its number
}));
const nodes = data.nodes.map(([position, name, leaf]) => ({ position, name, leaf: leaf === 1 }));
const nodeAt = new Map(nodes.map((node) => [node.position, node]));

// The step that computes a node; the first step for a leaf.
const computedAt = new Map(nodes.map((node) => [node.position, 0]));
// The step after which the gradient of a node is complete.
const completeAt = new Map(nodes.map((node) => [node.position, seed]));
steps.forEach((step, number) => {
  if (step.kind === "forward") computedAt.set(step.nodes[0], number);
  for (const [position] of step.gradients) completeAt.set(position, number);
});

// The numbers: as Python recorded them, then as a reader types them.
const graph = prepare(data.graph);
graph.names = graph.values.map((_, position) => nodeAt.get(position)?.name || "");
const recorded = recordedIn(graph);
let numbers = { ...recorded, ...sweep(graph, recorded.slopes) };

// The number that a source names: "v3" is the value of node 3, "g3" its gradient, "s3.1" its local derivative by the
// second operand; those without a position belong to the step: its operands x and y, its result o, the local derivatives s0 and s1, the result's gradient g, what is added c,
// and the operand's gradient before b and after a.
function numberOf(source, step) {
  const kind = source[0];
  const place = source.slice(1);
  if (place.includes(".")) return numbers.slopes[place.split(".")[0]][place.split(".")[1]];
  if (kind === "s") return numbers.slopes[step.result][place];
  if (place) return kind === "v" ? numbers.values[place] : numbers.gradients[place];
  if (kind === "o") return numbers.values[step.result];
  if (kind === "g") return numbers.gradients[step.result];
  if (kind === "x" || kind === "y") return numbers.values[graph.operands[step.result]["xy".indexOf(kind)]];
  return numbers.flows[step.flow][{ c: "part", b: "before", a: "after" }[kind]];
}

// The gradients of all nodes after a step, by position; null before the backward pass.
function gradientsAt(number) {
  if (number < seed) return null;
  const gradients = new Map(nodes.map((node) => [node.position, 0]));
  for (const step of steps.slice(seed, number + 1)) {
    for (const [position, source] of step.gradients) gradients.set(position, numberOf(source, step));
  }
  return gradients;
}
