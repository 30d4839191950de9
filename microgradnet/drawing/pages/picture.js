// The picture: which numbers stand in the boxes, what is lit, and which part of it is in view.

const svg = document.querySelector("#scroll svg");
const view = byId("scroll");
const edges = [...svg.querySelectorAll("g.edge")];
const boxes = data.boxes.map(([key, main, positions]) => {
  const group = svg.querySelector(`[data-node="${key}"]`);
  return { key, group, node: nodeAt.get(main), positions: new Set(positions), words: group.querySelector(".name") };
});
const boxOf = new Map(boxes.flatMap((box) => [...box.positions].map((position) => [position, box])));
const boxCalled = new Map(boxes.map((box) => [box.key, box]));
const heads = edges.map((edge) => boxCalled.get(edge.dataset.edge.split(" ")[1]));

// The texts with numbers: words and sources in turn, and how wide each may be: to the caption before it, in a box.
const texts = [...svg.querySelectorAll("[data-text]")].map((text) => {
  const pieces = text.dataset.text.split("|");
  return { text, pieces, room: text.dataset.of ? Infinity : roomFor(text), head: heads[text.dataset.of] };
});

function roomFor(text) {
  const caption = text.previousElementSibling;
  return Number(text.getAttribute("x")) - Number(caption.getAttribute("x")) - caption.getComputedTextLength() - 4;
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
  for (const text of texts) write(text, number, gradients);
  for (const box of boxes) {
    const known = computedAt.get(box.node.position) <= number;
    const place = (step.nodes || []).findIndex((position) => box.positions.has(position));
    box.group.classList.toggle("todo", !known);
    box.group.classList.toggle("now", place === 0);
    box.group.classList.toggle("from", place > 0);
    box.group.classList.toggle("complete", Boolean(gradients) && completeAt.get(box.node.position) <= number);
    box.group.setAttribute("aria-label", describe(box, known));
  }
  svg.classList.toggle("backward", number >= seed);
  lightEdges(step, number);
  settle(step.nodes && boxOf.get(step.nodes[0]));
}

// A text with its numbers as they are known at a step. One that a reader's typing made longer than its place is set
// narrower.
function write({ text, pieces, room, head }, number, gradients) {
  const known = pieces.map((piece, place) => (place % 2 ? numberKnown(piece, number, gradients) : piece));
  text.textContent = known.map((each, place) => (place % 2 ? (each === null ? NOT_YET : writeFigure(each, data.digits)) : each)).join("");
  text.dataset.full = known.length === 3 && known[1] !== null ? String(known[1]) : "";
  if (pieces[1]?.includes(".")) text.classList.toggle("todo", Boolean(head) && computedAt.get(head.node.position) > number);
  text.removeAttribute("textLength");
  if (typed.size && text.getComputedTextLength() > room) {
    text.setAttribute("textLength", String(room));
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

function numberKnown(source, number, gradients) {
  if (source[0] === "g") return gradients ? gradients.get(Number(source.slice(1))) : null;
  return source[0] === "s" || computedAt.get(Number(source.slice(1))) <= number ? numberOf(source) : null;
}

function describe(box, known) {
  const [value, gradient] = [".value", ".grad"].map((role) => box.group.querySelector(role)?.textContent);
  const words = known && value !== undefined ? `value ${value}` : known ? "computed" : "not computed yet";
  const slope = gradient === undefined || gradient === NOT_YET ? "" : `, gradient ${gradient}`;
  return `${box.node.name}, ${words}${slope}${box.node.leaf ? ", leaf" : ""}${box.positions.size > 1 ? "; opens" : ""}`;
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
  const parts = edges.map(() => null); // what has flowed through each edge of the picture
  graph.flows.forEach(([result, place], flow) => {
    const edge = data.edges[result][place];
    if (edge >= 0 && number > seed + flow) parts[edge] = Math.hypot(parts[edge] || 0, numbers.flows[flow].part);
  });
  edges.forEach((edge, place) => {
    edge.classList.toggle("flowed", parts[place] !== null);
    for (const line of edge.querySelectorAll(".line, .rest")) {
      line.style.strokeWidth = parts[place] === null ? "" : `${widthOf(parts[place])}px`;
    }
  });
}

function lightEdges(step, number) {
  widen(number);
  const lit = step.kind === "forward" ? data.edges[step.nodes[0]] : step.kind === "backward" ? [step.edge] : [];
  edges.forEach((edge, place) => {
    edge.classList.toggle("now", lit.includes(place));
    edge.classList.toggle("todo", Boolean(heads[place]) && computedAt.get(heads[place].node.position) > number);
  });
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
  followView();
}

// The leaves that the first result is computed from, as far as they have boxes of their own, and that result.
function firstLeaves() {
  const result = steps[1].result;
  const leaves = (graph.operands[result] || []).filter((position) => boxOf.get(position)?.node.leaf);
  return result === undefined ? [] : [...leaves, result];
}

// Scroll so that what the step is about stands in the middle; where that is too wide, what changes. The first step is
// about the leaves: the operands of the first result.
function centre(number) {
  const about = steps[number].nodes || (number === 0 ? firstLeaves() : []);
  const places = about.map((position) => boxOf.get(position)).filter(Boolean);
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
  const marked = new Set();
  for (const [result, places] of Object.entries(data.edges)) {
    places.forEach((edge, place) => above.has(graph.operands[result][place]) && marked.add(edge));
  }
  edges.forEach((edge, place) => edge.classList.toggle("path", marked.has(place)));
  for (const box of boxes) box.group.classList.toggle("chosen", position !== null && box.positions.has(position));
}
