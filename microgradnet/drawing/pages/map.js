// The map of a picture that is larger than its frame: all boxes, the part in view, and where the step is.

const map = byId("map");
const MAP_SIZE = view.clientWidth < 600 ? [90, 60] : [190, 120]; // pixels, at most

const inView = shape("rect", { class: "view" });
const marks = new Map(); // the mark of each box on the map

function makeMap() {
  const factor = Math.min(MAP_SIZE[0] / natural.width, MAP_SIZE[1] / natural.height);
  map.setAttribute("viewBox", svg.getAttribute("viewBox"));
  map.style.width = `${natural.width * factor}px`;
  map.style.height = `${natural.height * factor}px`;
  const all = shape("g", { transform: boxes[0].group.parentNode.getAttribute("transform") });
  for (const box of boxes) {
    const frame = box.group.querySelector("rect[rx]");
    const mark = shape("rect", Object.fromEntries(["x", "y", "width", "height"].map((name) => [name, frame.getAttribute(name)])));
    marks.set(box, mark);
    all.append(mark);
  }
  map.append(all);
  map.append(inView);
  view.addEventListener("scroll", followView);
  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    lookAt(event);
  });
  map.addEventListener("pointermove", (event) => event.buttons && lookAt(event));
}

function followView() {
  const [left, top, width, height] = map.getAttribute("viewBox").split(" ").map(Number);
  if (!view.scrollWidth || !view.scrollHeight) return; // not laid out yet
  const isWhole = view.scrollWidth <= view.clientWidth && view.scrollHeight <= view.clientHeight;
  map.classList.toggle("away", isWhole);
  const sizes = {
    x: left + (width * view.scrollLeft) / view.scrollWidth,
    y: top + (height * view.scrollTop) / view.scrollHeight,
    width: (width * view.clientWidth) / view.scrollWidth,
    height: (height * view.clientHeight) / view.scrollHeight,
  };
  for (const [name, size] of Object.entries(sizes)) inView.setAttribute(name, String(size));
}

function lookAt(event) {
  const place = map.getBoundingClientRect();
  view.scrollTo({
    left: ((event.clientX - place.left) / place.width) * view.scrollWidth - view.clientWidth / 2,
    top: ((event.clientY - place.top) / place.height) * view.scrollHeight - view.clientHeight / 2,
  });
}

function markMap(positions) {
  for (const [box, mark] of marks) mark.classList.toggle("now", positions.some((position) => box.positions.has(position)));
}
