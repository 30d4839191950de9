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
  return { node, group, value, grad, room: [value, grad].map(roomFor) };
});
// How wide a number may be: to the caption before it.
function roomFor(text) {
  const caption = text.previousElementSibling;
  return Number(text.getAttribute("x")) - Number(caption.getAttribute("x")) - caption.getComputedTextLength() - 4;
}
const operandOf = new Map(); // of each edge of the picture the result, and which operand it comes from
for (const [result, places] of Object.entries(data.edges)) {
  places.forEach((edge, place) => operandOf.set(edge, [result, place]));
}
for (const edge of edges) edge.querySelector("path").classList.add("line");
const natural = { width: Number(svg.getAttribute("width")), height: Number(svg.getAttribute("height")) };
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const NOT_YET = "–";
const LARGEST = 1.7; // of its natural size
const READABLE = { narrow: 0.7, wide: 1 }; // what does not fit at this size is scrolled instead
const WIDE = 900; // pixels
for (const box of boxes) box.group.setAttribute("role", "button");
const [THINNEST, WIDEST] = [0.9, 6]; // pixels
const FITTED = "fitted"; // the whole picture, as large as letters can be read, or larger
const WHOLE = "whole"; // the whole picture, however small
let scale = FITTED; // or a number

function light(number) {
  const step = steps[number];
  const gradients = gradientsAt(number);
  for (const box of boxes) {
    const known = computedAt.get(box.node.position) <= number;
    const value = known ? numbers.values[box.node.position] : null;
    const gradient = gradients ? gradients.get(box.node.position) : null;
    write(box.value, value, box.room[0]);
    write(box.grad, gradient, box.room[1]);
    const place = (step.nodes || []).indexOf(box.node.position);
    box.group.classList.toggle("todo", !known);
    box.group.classList.toggle("now", place === 0);
    box.group.classList.toggle("from", place > 0);
    box.group.classList.toggle("complete", Boolean(gradients) && completeAt.get(box.node.position) <= number);
    box.group.setAttribute("aria-label", describe(box));
  }
  svg.classList.toggle("backward", number >= seed);
  lightEdges(step, number);
  settle(step.nodes && boxes.find((box) => box.node.position === step.nodes[0]));
}

// A number that a reader's typing made longer than its place is set narrower.
function write(text, number, room) {
  text.textContent = number === null ? NOT_YET : writeFigure(number, data.digits);
  text.dataset.full = number === null ? "" : String(number);
  text.removeAttribute("textLength");
  if (typed.size && text.getComputedTextLength() > room) {
    text.setAttribute("textLength", String(room));
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

function describe(box) {
  const [value, gradient] = [box.value, box.grad].map((text) => text.textContent);
  const words = value === NOT_YET ? "not computed yet" : `value ${value}`;
  return `${box.node.name}, ${words}${gradient === NOT_YET ? "" : `, gradient ${gradient}`}${box.node.leaf ? ", leaf" : ""}`;
}

// The local derivatives on the edges.
function writeLabels() {
  for (const [, label] of labels) {
    const [result, place] = operandOf.get(Number(label.dataset.of));
    label.textContent = writeFigure(numbers.slopes[result][place], data.digits);
  }
}

// How wide an edge is drawn along which a gradient has been passed on: by the size of what was added, on a logarithmic
// scale where that spans more than two decades, as in mg.draw(loss, flow=True).
function widthOf(part) {
  const sizes = numbers.flows.map((flow) => Math.abs(flow.part)).filter((size) => size > 0 && Number.isFinite(size));
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const size = Math.abs(part);
  if (!size || !sizes.length) return THINNEST;
  if (most <= 100 * least) return THINNEST + (WIDEST - THINNEST) * Math.min(size / most, 1);
  return THINNEST + (WIDEST - THINNEST) * Math.max(0, 1 - Math.log10(most / size) / Math.log10(most / least));
}

// The backward pass: what has flowed so far keeps its width.
function widen(number) {
  graph.flows.forEach(([result, place], flow) => {
    const edge = edges[data.edges[result][place]];
    if (!edge) return;
    const hasFlowed = number > seed + flow;
    edge.classList.toggle("flowed", hasFlowed);
    for (const line of edge.querySelectorAll(".line, .rest")) {
      line.style.strokeWidth = hasFlowed ? `${widthOf(numbers.flows[flow].part)}px` : "";
    }
  });
}

function lightEdges(step, number) {
  widen(number);
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

// The positions of a leaf and of all that depends on it.
function onPaths(position) {
  const above = new Set(position === null ? [] : [position]);
  graph.values.forEach((_, result) => {
    if ((graph.operands[result] || []).some((operand) => above.has(operand))) above.add(result);
  });
  return above;
}

// Mark the ways from a leaf up to the loss.
function markPaths(position) {
  const above = onPaths(position);
  edges.forEach((edge) => {
    const ends = edge.dataset.edge.split(" ").map((key) => nodeOf.get(key));
    edge.classList.toggle("path", ends.every((node) => node && above.has(node.position)));
  });
  for (const box of boxes) box.group.classList.toggle("chosen", box.node.position === position);
}
