// A film of training: the plane, the network and the curve of the loss at each picture.

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const shots = data.shots.map(([epoch, field, weights]) => ({ epoch, weights, field: Uint8Array.from(atob(field), (byte) => byte.charCodeAt(0)) }));
const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const FINE = 6; // points of the screen's picture for each point of the field
const WIDEST = 7; // pixels, of a line of the network
const PALEST = 0.1; // share of the class's colour where the model is least sure
let current = 0;
let timer = null;

const isDark = () => root.dataset.theme === "dark" || (root.dataset.theme === "auto" && dark.matches);
const paper = () => getComputedStyle(root).getPropertyValue("--background").trim();
const rgb = (colour) => [1, 3, 5].map((place) => Number.parseInt(colour.slice(place, place + 2), 16));
const written = (number) => String(Number(number.toPrecision(4))).replace("-", "−");

function shape(parent, name, attributes, words) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  if (words !== undefined) made.textContent = words;
  parent.append(made);
  return made;
}

// The plane ------------------------------------------------------------------------------------------------------------

// How sure the model is of class 1 against class 0, from -1 to 1, between the points of the field.
function between(field, x, y) {
  const count = data.points;
  const [left, top] = [Math.min(Math.floor(x), count - 2), Math.min(Math.floor(y), count - 2)];
  const at = (column, row) => {
    const byte = field[row * count + column];
    const sure = (byte % data.levels) / (data.levels - 1);
    return byte < data.levels ? -sure : sure;
  };
  const [right, down] = [x - left, y - top];
  const above = at(left, top) * (1 - right) + at(left + 1, top) * right;
  const below = at(left, top + 1) * (1 - right) + at(left + 1, top + 1) * right;
  return above * (1 - down) + below * down;
}

// The class at a point of the screen, and how sure the model is of it.
function leaderAt(field, x, y) {
  if (data.colours.length === 2) {
    const sure = between(field, x, y);
    return [sure > 0 ? 1 : 0, Math.abs(sure)];
  }
  const byte = field[Math.round(y) * data.points + Math.round(x)];
  return [Math.floor(byte / data.levels), (byte % data.levels) / (data.levels - 1)];
}

function drawField(shot) {
  const canvas = byId("field");
  const size = data.points * FINE;
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const picture = context.createImageData(size, size);
  const [background, colours] = [rgb(paper()), data.colours.map(rgb)];
  const leaders = new Uint8Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const scale = (data.points - 1) / (size - 1);
      const [named, sure] = leaderAt(shot.field, column * scale, row * scale);
      const share = PALEST + (0.62 - PALEST) * sure;
      const place = row * size + column;
      leaders[place] = named;
      const isBorder = (column && leaders[place - 1] !== named) || (row && leaders[place - size] !== named);
      for (let part = 0; part < 3; part += 1) {
        const mixed = background[part] + (colours[named][part] - background[part]) * share;
        picture.data[4 * place + part] = isBorder ? 255 - background[part] : mixed;
      }
      picture.data[4 * place + 3] = 255;
    }
  }
  context.putImageData(picture, 0, 0);
  drawSamples(context, size);
}

function drawSamples(context, size) {
  const across = ([low, high], number) => ((number - low) / (high - low)) * size;
  context.lineWidth = 1;
  for (const [x, y, kind] of data.samples) {
    context.fillStyle = data.colours[kind];
    context.strokeStyle = isDark() ? "#000" : "#fff";
    context.beginPath();
    markOf(context, kind, across(data.x, x), size - across(data.y, y));
    context.fill();
    context.stroke();
  }
}

// A shape for each class, for readers who see no colours.
function markOf(context, kind, x, y) {
  const sides = [0, 4, 3, 4.5, 5, 6, 7, 8][kind];
  if (!sides) {
    context.arc(x, y, 4, 0, 2 * Math.PI);
    return;
  }
  const whole = Math.floor(sides);
  const turn = sides === 4 ? Math.PI / 4 : -Math.PI / 2;
  for (let corner = 0; corner < whole; corner += 1) {
    const angle = turn + (2 * Math.PI * corner) / whole;
    context.lineTo(x + 5 * Math.cos(angle), y + 5 * Math.sin(angle));
  }
  context.closePath();
}

function nameAxes() {
  const put = (words, place) => {
    const label = document.createElement("span");
    label.textContent = words;
    Object.assign(label.style, place);
    byId("frame").append(label);
  };
  const [[left, right], [low, high]] = data.ticks;
  put(left, { left: "3.4rem", bottom: "0" });
  put(data.names[0], { left: "calc(50% + 1.7rem)", bottom: "0", transform: "translateX(-50%)" });
  put(right, { right: "0", bottom: "0" });
  put(high, { right: "calc(100% - 3.1rem)", top: "0" });
  put(data.names[1], { right: "calc(100% - 3.1rem)", top: "calc(50% - 1.3rem)" });
  put(low, { right: "calc(100% - 3.1rem)", bottom: "1.5rem" });
  byId("classes").replaceChildren(
    ...data.colours.flatMap((colour, kind) => {
      const mark = document.createElement("canvas");
      mark.width = mark.height = 14;
      mark.setAttribute("aria-hidden", "true");
      const context = mark.getContext("2d");
      context.fillStyle = colour;
      context.beginPath();
      markOf(context, kind, 7, 7);
      context.fill();
      return [mark, ` ${data.classes[kind]}   `];
    }),
  );
}

// The network ----------------------------------------------------------------------------------------------------------

const NETWORK = { width: 460, height: 200, margin: 16 };
const lines = []; // of each parameter its line, or the circle of the neuron whose bias it is

function drawNetwork() {
  byId("sketch").hidden = !data.layers.length;
  if (!data.layers.length) return;
  const svg = byId("network");
  svg.setAttribute("viewBox", `0 0 ${NETWORK.width} ${NETWORK.height}`);
  const at = (layer, neuron) => [
    NETWORK.margin + (layer * (NETWORK.width - 2 * NETWORK.margin)) / (data.layers.length - 1),
    ((neuron - 0.5) * NETWORK.height) / data.layers[layer],
  ];
  for (const [layer, to, from] of data.weights) {
    if (!from) {
      lines.push(null);
      continue;
    }
    const [[x1, y1], [x2, y2]] = [at(layer - 1, from), at(layer, to)];
    lines.push(shape(svg, "line", { x1, y1, x2, y2 }));
  }
  const radius = Math.min(9, (0.38 * NETWORK.height) / Math.max(...data.layers));
  data.layers.forEach((count, layer) => {
    for (let neuron = 1; neuron <= count; neuron += 1) {
      const [cx, cy] = at(layer, neuron);
      shape(svg, "circle", { cx, cy, r: radius });
    }
  });
}

const heaviest = Math.max(1e-12, ...shots.flatMap((shot) => shot.weights.filter((_, place) => data.weights[place]?.[2]).map(Math.abs)));

function weigh(shot) {
  lines.forEach((line, place) => {
    if (!line) return;
    const weight = shot.weights[place];
    line.setAttribute("class", weight < 0 ? "minus" : "plus");
    line.setAttribute("stroke-width", String(Math.max(0.4, (WIDEST * Math.abs(weight)) / heaviest)));
  });
}

// The loss -------------------------------------------------------------------------------------------------------------

const CURVE = { width: 460, height: 190, left: 52, right: 12, top: 10, bottom: 24 };
const losses = data.epochs.flatMap(([, loss, validation]) => [loss, validation]).filter((number) => number !== null);
const isLogarithmic = losses.length > 0 && Math.min(...losses) > 0 && Math.max(...losses) > 30 * Math.min(...losses);
const scaled = (loss) => (isLogarithmic ? Math.log10(loss) : loss);
const last = Math.max(1, data.epochs.length ? data.epochs.at(-1)[0] : 1);
const ends = losses.length ? [scaled(Math.min(...losses)), scaled(Math.max(...losses))] : [0, 1];
if (ends[0] === ends[1]) ends[1] += 1;

const across = (epoch) => CURVE.left + (epoch / last) * (CURVE.width - CURVE.left - CURVE.right);
const down = (loss) =>
  CURVE.height - CURVE.bottom - ((scaled(loss) - ends[0]) / (ends[1] - ends[0])) * (CURVE.height - CURVE.top - CURVE.bottom);
let moment = null;
let dot = null;

function drawCurve() {
  const svg = byId("curve");
  svg.setAttribute("viewBox", `0 0 ${CURVE.width} ${CURVE.height}`);
  const floor = CURVE.height - CURVE.bottom;
  shape(svg, "line", { x1: CURVE.left, y1: floor, x2: CURVE.width - CURVE.right, y2: floor });
  shape(svg, "line", { x1: CURVE.left, y1: CURVE.top, x2: CURVE.left, y2: floor });
  const unscaled = (number) => (isLogarithmic ? 10 ** number : number);
  ends.forEach((end, place) => {
    const y = place ? CURVE.top + 8 : floor;
    shape(svg, "text", { x: CURVE.left - 5, y, "text-anchor": "end" }, String(Number(unscaled(end).toPrecision(2))));
  });
  shape(svg, "text", { x: CURVE.left, y: CURVE.height - 6 }, "0");
  shape(svg, "text", { x: CURVE.width - CURVE.right, y: CURVE.height - 6, "text-anchor": "end" }, `epoch ${last}`);
  const hasSecond = data.epochs.some((epoch) => epoch[2] !== null);
  for (const [column, kind] of [[1, "first"], [2, "second"]]) {
    const places = data.epochs.filter((epoch) => epoch[column] !== null).map((epoch) => `${across(epoch[0]).toFixed(1)},${down(epoch[column]).toFixed(1)}`);
    if (places.length) shape(svg, "path", { class: kind, d: `M${places.join("L")}` });
  }
  byId("legend").textContent = `loss${hasSecond ? " (whole line), validation loss (dashes)" : ""}${isLogarithmic ? ", logarithmic" : ""}`;
  moment = shape(svg, "line", { class: "moment", y1: CURVE.top, y2: floor });
  dot = shape(svg, "circle", { r: 4.5 });
}

function markMoment(shot) {
  const measured = data.epochs.find((epoch) => epoch[0] === shot.epoch);
  for (const end of ["x1", "x2"]) moment.setAttribute(end, String(across(shot.epoch)));
  dot.style.display = measured && measured[1] !== null ? "" : "none";
  if (measured && measured[1] !== null) {
    dot.setAttribute("cx", String(across(shot.epoch)));
    dot.setAttribute("cy", String(down(measured[1])));
  }
  const [, loss, validation, metric] = measured || [];
  const parts = [["loss", loss], ["validation loss", validation], [data.metric, metric]].filter(([, number]) => number !== null && number !== undefined);
  return shot.epoch ? parts.map(([name, number]) => `${name} ${written(number)}`).join(", ") : "before training";
}

// Playing --------------------------------------------------------------------------------------------------------------

function go(number) {
  current = Math.min(Math.max(number, 0), shots.length - 1);
  const shot = shots[current];
  drawField(shot);
  weigh(shot);
  const words = markMoment(shot);
  byId("words").textContent = words;
  byId("epoch").textContent = `${shot.epoch} / ${shots.at(-1).epoch}`;
  byId("field").setAttribute("aria-label", `Decision boundary after epoch ${shot.epoch}: ${words}`);
  byId("slider").value = String(current);
  byId("slider").setAttribute("aria-valuetext", `epoch ${shot.epoch}`);
  root.dataset.shot = String(current);
}

function pause() {
  clearTimeout(timer);
  timer = null;
  showPlaying();
}

function tick() {
  timer = setTimeout(() => {
    go(current + 1);
    if (current < shots.length - 1) tick();
    else pause();
  }, Number(byId("speed").value));
  showPlaying();
}

function toggle() {
  if (timer !== null) {
    pause();
    return;
  }
  if (current === shots.length - 1) go(0);
  tick();
}

function showPlaying() {
  byId("play").textContent = timer === null ? "Play" : "Pause";
  byId("words").setAttribute("aria-live", timer === null ? "polite" : "off"); // what passes is not read out
}

function jump(number) {
  pause();
  go(number);
}

const KEYS = {
  ArrowRight: () => jump(current + 1),
  ArrowLeft: () => jump(current - 1),
  Home: () => jump(0),
  End: () => jump(shots.length - 1),
  " ": toggle,
};
document.addEventListener("keydown", (event) => {
  const own = event.target.closest("select") || (event.key === " " && event.target.closest("button"));
  if (own || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
byId("play").addEventListener("click", toggle);
byId("slider").max = String(shots.length - 1);
byId("slider").addEventListener("input", () => jump(Number(byId("slider").value)));

function showTheme() {
  byId("theme").textContent = isDark() ? "Light" : "Dark";
  go(current);
}
byId("theme").addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  showTheme();
});
dark.addEventListener("change", showTheme);

nameAxes();
drawNetwork();
drawCurve();
showTheme();
go(shots.length - 1);
