// The widget: positions of the sliders go to Python, and their numbers come back.

const MOST_UNDER_WAY = 3; // positions without an answer yet: so many hide the way there and back, and none piles up
const PATIENCE = 4000; // milliseconds without an answer, after which the reader is told
const NO_ANSWER = "No answer from Python: run the cell again, or wait until the kernel is free.";
const DARK_HOSTS =
  'body[data-jp-theme-light="false"], body.vscode-dark, body[data-vscode-theme-kind*="dark"], html[theme="dark"], html.dark';
const LIGHT_HOSTS =
  'body[data-jp-theme-light="true"], body.vscode-light, body[data-vscode-theme-kind*="light"], html[theme="light"], html.light';

class Explorer {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.view = Math.random().toString(36).slice(2); // tells the answers to this view from those to others
    this.serial = 0;
    this.answered = 0;
    this.changed = false;
    this.speak = false;
    this.message = element("p", "message");
    this.message.setAttribute("role", "alert");
    this.status = element("p", "status");
    this.status.setAttribute("role", "status");
    this.graph = new Graph(model.get("title"), model.get("sliders")[0].name);
    const values = model.get("answer").values;
    this.sliders = new Sliders(model.get("sliders"), values, () => this.send(), () => this.release());
    this.result = element("p", "outcome");
    root.append(this.result, this.sliders.view, this.message, this.graph.view, this.graph.table, this.status);
    this.show();
  }

  // As messages of its own: a notebook holds changes of a widget's state back until the kernel has rested.
  send() {
    this.changed = this.underWay() >= MOST_UNDER_WAY;
    if (this.changed) return;
    this.serial += 1;
    this.model.send({ view: this.view, serial: this.serial, values: { ...this.sliders.values } });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.say(NO_ANSWER), PATIENCE);
  }

  underWay() {
    return this.serial - this.answered;
  }

  // Numbers are read out when a slider comes to rest: each one on the way would never be heard out.
  release() {
    this.speak = true;
    this.announce();
  }

  receive() {
    const { view, serial } = this.model.get("answer").origin;
    if (view === this.view) {
      this.answered = serial;
      if (this.underWay() === 0) clearTimeout(this.timer);
      if (this.changed) this.send();
    } else if (this.underWay() === 0) {
      this.sliders.move(this.model.get("answer").values);
    }
    this.show();
    this.announce();
  }

  show() {
    const answer = this.model.get("answer");
    this.graph.draw(this.model.get("picture"), this.model.get("nodes"));
    this.graph.write(answer.texts);
    this.result.textContent = answer.result;
    this.sliders.slopes(answer.name, answer.slopes);
    this.sliders.curves(answer.values, answer.curves, answer.numbers);
    this.graph.view.classList.toggle("old", answer.message !== "");
    this.say(answer.message);
  }

  say(words) {
    const shown = words && words !== NO_ANSWER ? `${words} The picture shows the last position that could be computed.` : words;
    if (this.message.textContent !== shown) this.message.textContent = shown;
  }

  announce() {
    if (!this.speak || this.underWay() > 0) return;
    this.speak = false;
    this.status.textContent = this.model.get("answer").summary;
  }

  colour() {
    const theme = this.model.get("theme");
    const system = window.matchMedia("(prefers-color-scheme: dark)").matches;
    const isDark = document.querySelector(DARK_HOSTS) || (system && !document.querySelector(LIGHT_HOSTS));
    this.root.dataset.theme = theme === "auto" ? (isDark ? "dark" : "light") : theme;
  }
}

function render({ model, el }) {
  const root = element("div", "microgradnet-explore");
  root.setAttribute("role", "group");
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the arrow keys to go from cell to cell
  root.addEventListener("keydown", (event) => event.stopPropagation()); // and so would the classic notebook
  root.setAttribute("aria-label", model.get("title"));
  const explorer = new Explorer(model, root);
  const receive = () => explorer.receive();
  const colour = () => explorer.colour();
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  const host = new MutationObserver(colour);
  for (const page of [document.documentElement, document.body]) host.observe(page, { attributes: true });
  model.on("change:answer", receive);
  scheme.addEventListener("change", colour);
  colour();
  el.append(root);
  return () => {
    clearTimeout(explorer.timer);
    model.off("change:answer", receive);
    scheme.removeEventListener("change", colour);
    host.disconnect();
  };
}

export default { render };
