// The picture: put in once for each structure of the graph; after that only the texts of its numbers change.

class Graph {
  constructor(name, first) {
    this.first = first;
    this.drawn = "";
    this.places = [];
    this.cells = [];
    this.nodes = [];
    this.view = element("div", "graph");
    this.view.tabIndex = 0;
    this.view.setAttribute("role", "region");
    this.view.setAttribute("aria-label", `${name}: the graph`);
    this.table = element("details", "all", element("summary", "", "All numbers"));
    this.table.addEventListener("toggle", () => this.fill());
    new ResizeObserver((_, observer) => {
      if (!this.view.clientHeight) return; // not on the page yet
      observer.disconnect();
      this.centre();
    }).observe(this.view);
  }

  // A large picture opens at what the first slider moves, which may stand half-way down.
  centre() {
    const moved = this.nodes.find(([name]) => name === this.first) || this.nodes[0];
    const place = this.places[moved?.[1]]?.getBoundingClientRect();
    const frame = this.view.getBoundingClientRect();
    if (place) this.view.scrollBy(place.left - frame.left - frame.width / 2, place.top - frame.top - frame.height / 2);
  }

  // The SVG holds only shapes and text; parsed as a document of its own, nothing in it is executed.
  draw(picture, nodes) {
    if (picture === this.drawn) return;
    this.drawn = picture;
    this.nodes = nodes;
    const svg = document.importNode(new DOMParser().parseFromString(picture, "image/svg+xml").documentElement, true);
    const width = Number(svg.getAttribute("width"));
    svg.style.cssText = `width:100%;height:auto;min-width:${READABLE * width}px;max-width:${width}px`;
    this.view.replaceChildren(svg);
    this.places = [];
    for (const text of svg.querySelectorAll("[data-number]")) this.places[Number(text.dataset.number)] = text;
    this.cells = [];
    this.table.querySelector("table")?.remove();
  }

  write(texts) {
    this.texts = texts;
    texts.forEach((text, place) => {
      if (this.places[place].textContent !== text) this.places[place].textContent = text;
    });
    this.fill();
  }

  // The same numbers as a table, for those who can't see the picture, or not all of it at once.
  fill() {
    if (!this.table.open) return;
    if (!this.cells.length) this.table.append(this.makeTable());
    for (const [place, cell] of this.cells) cell.textContent = this.texts[place];
  }

  makeTable() {
    const head = ["node", "value", "gradient"].map((words) => element("th", "", words));
    head.forEach((cell) => cell.setAttribute("scope", "col"));
    const rows = this.nodes.map(([name, value, gradient]) => {
      const row = element("th", "", name || "unnamed");
      row.setAttribute("scope", "row");
      const numbers = [value, gradient].map((place) => [place, element("td")]);
      this.cells.push(...numbers);
      return element("tr", "", row, ...numbers.map(([, cell]) => cell));
    });
    return element("table", "", element("thead", "", element("tr", "", ...head)), element("tbody", "", ...rows));
  }
}

const READABLE = 0.6; // of its natural size: what does not fit at this size is scrolled instead
