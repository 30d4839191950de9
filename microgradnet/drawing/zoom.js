// A picture that is moved by dragging and arrow keys, and made larger by the wheel, by pinching, and by + and -. A box that
// stands for several nodes opens: the next finer picture is shown there.

const view = document.getElementById("view");
const back = document.getElementById("back");
const pictures = view.querySelectorAll(":scope > svg"); // from coarse to fine
const members = JSON.parse(view.dataset.members).map((boxes) => new Map(Object.entries(boxes)));
let level = 0;
let svg = pictures[0];
let size = [0, 0];
const [MOST, STEP, PIXELS] = [20, 1.25, 60];
const fingers = new Map(); // the pointers that are down, by their number
let [left, top, scale] = [0, 0, 1];
let isFitted = true;

function place() {
  svg.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
  view.dataset.scale = String(scale);
}

function fit() {
  isFitted = true;
  scale = Math.min(view.clientWidth / size[0], view.clientHeight / size[1], 2);
  [left, top] = [(view.clientWidth - scale * size[0]) / 2, (view.clientHeight - scale * size[1]) / 2];
  place();
}

// Show one of the pictures.
function show(number) {
  level = number;
  svg = pictures[level];
  size = ["width", "height"].map((side) => Number.parseFloat(svg.getAttribute(side)));
  pictures.forEach((picture) => picture.classList.toggle("shown", picture === svg));
  back.hidden = !level;
  fit();
}

// Show the nodes of a box in the next finer picture.
function open(group) {
  const nodes = new Set(members[level].get(group.dataset.node));
  show(level + 1);
  const frame = view.getBoundingClientRect();
  const places = [...members[level]].filter(([, inside]) => inside.some((node) => nodes.has(node)))
    .map(([key]) => svg.querySelector(`[data-node="${key}"]`)).filter(Boolean).map((found) => found.getBoundingClientRect());
  if (!places.length) return;
  const [x, y] = [Math.min(...places.map((each) => each.left)), Math.min(...places.map((each) => each.top))];
  const [wide, high] = [Math.max(...places.map((each) => each.right)) - x, Math.max(...places.map((each) => each.bottom)) - y];
  move(frame.width / 2 - (x + wide / 2 - frame.left), frame.height / 2 - (y + high / 2 - frame.top));
  zoom(Math.min((0.8 * frame.width) / wide, (0.8 * frame.height) / high, 2 / scale));
}

function markBoxes() {
  members.slice(0, -1).forEach((boxes, place) => {
    for (const group of pictures[place].querySelectorAll("[data-node]")) {
      if ((boxes.get(group.dataset.node) || []).length < 2) continue;
      group.classList.add("opens");
      group.setAttribute("role", "button");
      group.setAttribute("tabindex", "0");
      group.setAttribute("aria-label", `Open ${group.querySelector("title")?.textContent || "the box"}`);
    }
  });
}

// Change the size; the point under the pointer stays where it is.
function zoom(factor, x = view.clientWidth / 2, y = view.clientHeight / 2) {
  isFitted = false;
  const next = Math.min(Math.max(scale * factor, 0.02), MOST);
  [left, top] = [x - ((x - left) * next) / scale, y - ((y - top) * next) / scale];
  scale = next;
  place();
}

function move(x, y) {
  isFitted = false;
  left += x;
  top += y;
  place();
}

view.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / (event.deltaMode ? 10 : 400)), event.clientX, event.clientY);
}, { passive: false });
let pressed = null; // the box under the pointer when it went down, and where
view.addEventListener("pointerdown", (event) => {
  pressed = { group: event.target.closest(".opens"), x: event.clientX, y: event.clientY };
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  view.setPointerCapture(event.pointerId);
  view.classList.add("moving");
});
view.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const now = [event.clientX, event.clientY];
  const other = [...fingers].find(([number]) => number !== event.pointerId)?.[1];
  if (other) {
    const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
    zoom(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  } else {
    move(now[0] - before[0], now[1] - before[1]);
  }
  fingers.set(event.pointerId, now);
});
for (const end of ["pointerup", "pointercancel"]) {
  view.addEventListener(end, (event) => {
    fingers.delete(event.pointerId);
    const isClick = end === "pointerup" && pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < 5;
    if (isClick && pressed.group) open(pressed.group);
    pressed = null;
    view.classList.toggle("moving", fingers.size > 0);
  });
}

const KEYS = {
  ArrowLeft: () => move(PIXELS, 0),
  ArrowRight: () => move(-PIXELS, 0),
  ArrowUp: () => move(0, PIXELS),
  ArrowDown: () => move(0, -PIXELS),
  "+": () => zoom(STEP),
  "=": () => zoom(STEP),
  "-": () => zoom(1 / STEP),
  0: fit,
  Escape: () => level && show(level - 1),
};
document.addEventListener("keydown", (event) => {
  const group = event.target.closest(".opens");
  if (group && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    open(group);
    view.focus();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
for (const [id, act] of [["smaller", () => zoom(1 / STEP)], ["fit", fit], ["larger", () => zoom(STEP)], ["back", () => show(level - 1)]]) {
  document.getElementById(id).addEventListener("click", act);
}
view.classList.add("script");
markBoxes();
show(0);
new ResizeObserver(() => isFitted && fit()).observe(view);
