// The picture: which numbers stand in the boxes, what is lit, and which part of it is in view.

const svg = document.querySelector("#scroll svg");
const view = byId("scroll");
const edges = [...svg.querySelectorAll("g.edge")];
const heads = edges.map((edge) => nodeOf.get(edge.dataset.edge.split(" ")[1]));
const labels = [...svg.querySelectorAll("[data-of]")].map((label) => [heads[Number(label.dataset.of)], label]);
const boxes = nodes.map((node) => {
  const group = svg.querySelector(`[data-node="${node.key}"]`);
  const value = group.querySelector(".value");
  const grad = group.querySelector(".grad");
  return { node, group, value, grad, words: group.querySelector(".name"), shown: value.textContent };
});
const natural = { width: Number(svg.getAttribute("width")), height: Number(svg.getAttribute("height")) };
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const NOT_YET = "–";
const LARGEST = 1.7; // of its natural size
const READABLE = { narrow: 0.7, wide: 1 }; // what does not fit at this size is scrolled instead
const WIDE = 900; // pixels
for (const box of boxes) box.group.setAttribute("role", "button");
const FITTED = "fitted"; // the whole picture, as large as letters can be read, or larger
const WHOLE = "whole"; // the whole picture, however small
let scale = FITTED; // or a number

function light(number) {
  const step = steps[number];
  const gradients = gradientsAt(number);
  for (const box of boxes) {
    const known = computedAt.get(box.node.position) <= number;
    const gradient = gradients && gradients.get(box.node.position);
    box.value.textContent = known ? box.shown : NOT_YET;
    box.grad.textContent = gradient ? gradient[1] : NOT_YET;
    box.grad.dataset.full = gradient ? gradient[2] : "";
    const place = (step.nodes || []).indexOf(box.node.position);
    box.group.classList.toggle("todo", !known);
    box.group.classList.toggle("now", place === 0);
    box.group.classList.toggle("from", place > 0);
    box.group.classList.toggle("complete", Boolean(gradients) && completeAt.get(box.node.position) <= number);
    box.group.setAttribute("aria-label", describe(box, known, gradient));
  }
  svg.classList.toggle("backward", number >= seed);
  lightEdges(step, number);
  settle(step.nodes && boxes.find((box) => box.node.position === step.nodes[0]));
}

function describe(box, known, gradient) {
  const value = known ? `value ${box.shown}` : "not computed yet";
  return `${box.node.name}, ${value}${gradient ? `, gradient ${gradient[1]}` : ""}${box.node.leaf ? ", leaf" : ""}`;
}

function lightEdges(step, number) {
  const lit = step.kind === "forward" ? data.edges[step.nodes[0]] : step.kind === "backward" ? [step.edge] : [];
  edges.forEach((edge, place) => {
    edge.classList.toggle("now", lit.includes(place));
    edge.classList.toggle("todo", Boolean(heads[place]) && computedAt.get(heads[place].position) > number);
  });
  for (const [head, label] of labels) {
    label.classList.toggle("todo", Boolean(head) && computedAt.get(head.position) > number);
  }
}

// One box is reached by the tab key: the one that the step is about, or that was chosen last.
function settle(box) {
  if (!box) return;
  for (const other of boxes) other.group.setAttribute("tabindex", other === box ? "0" : "-1");
}

function factorOf(wanted) {
  if (typeof wanted === "number") return wanted;
  const whole = Math.min((view.clientWidth - 2) / natural.width, (view.clientHeight - 2) / natural.height, LARGEST);
  return wanted === WHOLE ? whole : Math.max(whole, view.clientWidth < WIDE ? READABLE.narrow : READABLE.wide);
}

function resize() {
  const factor = factorOf(scale);
  svg.style.width = `${natural.width * factor}px`;
  svg.style.height = `${natural.height * factor}px`;
}

function zoom(factor) {
  scale = Math.min(Math.max(factorOf(scale) * factor, 0.05), 4);
  resize();
}

// Scroll so that what the step is about stands in the middle; where that is too wide, what changes. The first step is
// about the leaves: the operands of the first result.
function centre(number) {
  const about = steps[number].nodes || (number === 0 && steps.length > 1 ? steps[1].nodes : null) || [];
  const places = about.map((position) => boxes.find((box) => box.node.position === position)).filter(Boolean);
  if (!places.length || (view.scrollWidth <= view.clientWidth && view.scrollHeight <= view.clientHeight)) return;
  const frame = view.getBoundingClientRect();
  const rectangles = places.map((box) => box.group.getBoundingClientRect());
  view.scrollBy({
    left: middle(rectangles, "left", "right", frame.width) - frame.left - frame.width / 2,
    top: middle(rectangles, "top", "bottom", frame.height) - frame.top - frame.height / 2,
    behavior: calm.matches || number === 0 ? "auto" : "smooth",
  });
}

function middle(rectangles, start, end, room) {
  const from = Math.min(...rectangles.map((rectangle) => rectangle[start]));
  const to = Math.max(...rectangles.map((rectangle) => rectangle[end]));
  return to - from <= room ? (from + to) / 2 : (rectangles[0][start] + rectangles[0][end]) / 2;
}

// Mark the ways from a leaf up to the loss.
function markPaths(position) {
  const above = new Set(position === null ? [] : [position]);
  for (const result of Object.keys(data.edges).map(Number).sort((one, other) => one - other)) {
    for (const place of data.edges[result]) {
      const tail = nodeOf.get(edges[place].dataset.edge.split(" ")[0]);
      const onPath = Boolean(tail) && above.has(tail.position);
      edges[place].classList.toggle("path", onPath);
      if (onPath) above.add(result);
    }
  }
  for (const box of boxes) box.group.classList.toggle("chosen", box.node.position === position);
}
