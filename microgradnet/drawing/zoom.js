// A picture that is moved by dragging and arrow keys, and made larger by the wheel, by pinching, and by + and -.

const view = document.getElementById("view");
const svg = view.querySelector("svg");
const size = [Number.parseFloat(svg.getAttribute("width")), Number.parseFloat(svg.getAttribute("height"))];
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
view.addEventListener("pointerdown", (event) => {
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
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
for (const [id, act] of [["smaller", () => zoom(1 / STEP)], ["fit", fit], ["larger", () => zoom(STEP)]]) {
  document.getElementById(id).addEventListener("click", act);
}
view.classList.add("script");
new ResizeObserver(() => isFitted && fit()).observe(view);
fit();
