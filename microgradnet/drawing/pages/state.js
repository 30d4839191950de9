// What is known at each step: the values that have been computed, the gradients as they are by then.

const data = JSON.parse(byId("data").textContent);
const steps = data.steps.map((step) => ({
  ...step,
  rows: step.rows.map((row) => row.map((number) => data.parts[number])),
  gradients: (step.gradients || []).map(([position, number]) => [position, data.parts[number]]),
}));
const seed = steps.findIndex((step) => step.kind === "seed");
const nodes = data.nodes.map(([position, key, name, leaf]) => ({ position, key, name, leaf: leaf === 1 }));
const nodeAt = new Map(nodes.map((node) => [node.position, node]));
const nodeOf = new Map(nodes.map((node) => [node.key, node]));
const ZERO = ["=", "0", "0.0"];

// The step that computes a node; the first step for a leaf.
const computedAt = new Map(nodes.map((node) => [node.position, 0]));
// The step after which the gradient of a node is complete.
const completeAt = new Map(nodes.map((node) => [node.position, seed]));
steps.forEach((step, number) => {
  if (step.kind === "forward") computedAt.set(step.nodes[0], number);
  for (const [position] of step.gradients) completeAt.set(position, number);
});

// The gradients of all nodes after a step, by position; null before the backward pass.
function gradientsAt(number) {
  if (number < seed) return null;
  const gradients = new Map(nodes.map((node) => [node.position, ZERO]));
  for (const step of steps.slice(seed, number + 1)) {
    for (const [position, figure] of step.gradients) gradients.set(position, figure);
  }
  return gradients;
}
