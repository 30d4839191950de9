// The map of a picture that is larger than its frame: all boxes, the part in view, and where the step is.

const map = byId("map");
const SVG = "http://www.w3.org/2000/svg";
const MAP_SIZE = view.clientWidth < 600 ? [90, 60] : [190, 120]; // pixels, at most

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  return made;
}

const inView = shape("rect", { class: "view" });
const marks = new Map(); // the mark of each box on the map

function makeMap() {
  const factor = Math.min(MAP_SIZE[0] / natural.width, MAP_SIZE[1] / natural.height);
  const [left, top, width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  map.setAttribute("viewBox", svg.getAttribute("viewBox"));
  map.style.width = `${natural.width * factor}px`;
  map.style.height = `${natural.height * factor}px`;
  const whole = svg.getBoundingClientRect();
  for (const box of boxes) {
    const place = box.group.querySelector("rect[rx]").getBoundingClientRect();
    const at = { x: left + ((place.left - whole.left) * width) / whole.width, y: top + ((place.top - whole.top) * height) / whole.height };
    const mark = shape("rect", { ...at, width: (place.width * width) / whole.width, height: (place.height * height) / whole.height });
    marks.set(box, mark);
    map.append(mark);
  }
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
