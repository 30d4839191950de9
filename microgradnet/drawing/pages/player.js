// Going from step to step: buttons, keys, slider, clicks in the picture, and playing.

const TEMPO = 1600; // milliseconds a step
const slider = byId("slider");
const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
let current = 0;
let timer = null;

function go(number) {
  current = Math.min(Math.max(number, 0), steps.length - 1);
  slider.value = String(current);
  slider.setAttribute("aria-valuetext", `${current}: ${steps[current].heading}`);
  byId("count").textContent = `${current} / ${steps.length - 1}`;
  byId("back").disabled = byId("first").disabled = current === 0;
  byId("next").disabled = byId("last").disabled = current === steps.length - 1;
  root.dataset.step = String(current);
  showStep(current);
  light(current);
  showInside(opened);
  centre(current);
  markMap(steps[current].nodes || []);
}

// Show the step again, with other numbers.
function refresh() {
  showStep(current);
  light(current);
  showInside(opened);
  if (!byId("rule").hidden) showRule(Number(byId("leaf").value));
  if (!byId("all").hidden) fillTable(jump);
}

function jump(number) {
  pause();
  go(number);
}

function pause() {
  clearTimeout(timer);
  timer = null;
  showPlaying();
}

function play() {
  if (current === steps.length - 1) go(0);
  tick();
}

function tick() {
  timer = setTimeout(() => {
    go(nextUnit(1, byId("by").value));
    if (current < steps.length - 1) tick();
    else pause();
  }, TEMPO * Number(byId("speed").value));
  showPlaying();
}

function showPlaying() {
  const playing = timer !== null;
  byId("play").textContent = playing ? "Pause" : "Play";
  byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  byId("step").setAttribute("aria-live", playing ? "off" : "polite"); // a step a second would never be heard out
}

const toggle = () => (timer === null ? play() : pause());

// A box of several nodes opens; one of a single node is gone to.
function choose(box) {
  settle(box);
  if ([...box.positions].filter((position) => nodeAt.has(position)).length > 1) {
    pause();
    showInside(opened === box ? null : box);
    if (opened) byId("inside").scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  } else {
    goTo(box.node);
  }
}

// A result: to the step of this half that computes it or completes its gradient. A leaf: its chain rule.
function goTo(node) {
  if (node.leaf && data.rules[node.position]) {
    pause();
    showRule(node.position);
    byId("rule").scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  } else {
    jump((current < seed ? computedAt : completeAt).get(node.position));
  }
}

// What a step is about, in units that a reader steps by: an edge, a node, or the neuron or layer that it is in.
function unitOf(step, by) {
  if (by === "edge" || step.result === undefined) return step;
  const unit = by === "node" ? -1 : data.units[by][step.result];
  return [step.kind, unit, unit < 0 ? step.result : ""].join();
}

// The last step of the next unit; in the other direction, that of the one before.
function nextUnit(direction, by) {
  let number = current + direction;
  if (by === "edge" || !steps[number]) return number;
  if (direction < 0) {
    while (steps[number] && unitOf(steps[number], by) === unitOf(steps[current], by)) number -= 1;
    return number;
  }
  while (steps[number + 1] && unitOf(steps[number + 1], by) === unitOf(steps[number], by)) number += 1;
  return number;
}

const move = (direction) => jump(nextUnit(direction, byId("by").value));

const KEYS = {
  ArrowRight: () => move(1),
  ArrowLeft: () => move(-1),
  PageDown: () => move(1), // what presenters' remote controls send
  PageUp: () => move(-1),
  Home: () => jump(0),
  End: () => jump(steps.length - 1),
  " ": toggle,
};

document.addEventListener("keydown", (event) => {
  const own = event.target.closest("select, input, textarea");
  const pressed = event.target.closest("button, [role=button]") && event.key === " ";
  if (own || pressed || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  if (event.shiftKey && event.key.startsWith("Arrow")) jump(nextUnit(event.key === "ArrowRight" ? 1 : -1, "node"));
  else KEYS[event.key]();
});

svg.addEventListener("keydown", (event) => {
  const place = boxes.findIndex((box) => box.group.contains(event.target));
  if (place < 0) return;
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (way && boxes[place + way]) {
    settle(boxes[place + way]);
    boxes[place + way].group.focus();
  } else if (event.key === "Enter" || event.key === " ") {
    choose(boxes[place]);
  }
  if (way || event.key === "Enter" || event.key === " ") event.preventDefault();
});

for (const box of boxes) box.group.addEventListener("click", () => choose(box));
slider.max = String(steps.length - 1);
slider.addEventListener("input", () => jump(Number(slider.value)));
byId("first").addEventListener("click", () => jump(0));
byId("back").addEventListener("click", () => move(-1));
byId("play").addEventListener("click", toggle);
byId("next").addEventListener("click", () => move(1));
byId("last").addEventListener("click", () => jump(steps.length - 1));
byId("smaller").addEventListener("click", () => zoom(1 / 1.25));
byId("larger").addEventListener("click", () => zoom(1.25));
byId("fit").addEventListener("click", () => {
  scale = scale === WHOLE ? FITTED : WHOLE;
  byId("fit").textContent = scale === WHOLE ? "Readable" : "Fit";
  resize();
  centre(current);
  followView();
});
byId("shut").addEventListener("click", () => {
  const box = opened;
  showInside(null);
  box.group.focus();
});
byId("close").addEventListener("click", () => {
  showRule(null);
  byId("leaf").focus();
});
byId("leaf").addEventListener("change", (event) => showRule(event.target.value === "" ? null : Number(event.target.value)));
byId("list").addEventListener("click", () => {
  const all = byId("all");
  fillTable(jump);
  all.hidden = !all.hidden;
  byId("list").setAttribute("aria-expanded", String(!all.hidden));
});

function isDark() {
  return root.dataset.theme === "dark" || (root.dataset.theme === "auto" && dark.matches);
}
function nameTheme() {
  byId("theme").textContent = isDark() ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
}
byId("theme").addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
});
dark.addEventListener("change", nameTheme);

// On paper: the end of the picture, and the table of all steps.
let before = null;
window.addEventListener("beforeprint", () => {
  fillTable(jump);
  before = before === null ? current : before;
  go(steps.length - 1);
});
window.addEventListener("afterprint", () => {
  if (before !== null) go(before);
  before = null;
});

root.classList.add("script");
nameTheme();
fillChoice();
prepareTyping();
makeMap();
new ResizeObserver(() => {
  resize();
  centre(current);
  followView();
}).observe(view);
resize();
go(Number.parseInt(location.hash.slice(1), 10) || 0); // lesson.html#7 opens at step 7
