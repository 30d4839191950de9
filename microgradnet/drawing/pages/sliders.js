// The sliders: one for each argument, with its number, the derivative of the result by it, and the result along the slider
// as a curve with its tangent.

const CURVE = { width: 150, height: 44, margin: 4 };

class Sliders {
  constructor(sliders, values, moved, released) {
    this.values = { ...values };
    this.rows = new Map(sliders.map((slider) => [slider.name, this.makeRow(slider, moved, released)]));
    this.view = element("div", "sliders", ...[...this.rows.values()].map((row) => row.view));
  }

  makeRow(slider, moved, released) {
    const input = element("input");
    Object.assign(input, { type: "range", min: slider.low, max: slider.high, step: slider.step });
    const row = { slider, input, number: element("span", "number"), slope: element("span", "slope"), curve: shape("svg", { class: "curve" }) };
    row.curve.setAttribute("viewBox", `0 0 ${CURVE.width} ${CURVE.height}`);
    row.curve.setAttribute("aria-hidden", "true"); // the numbers beside it say the same
    const name = element("span", "name", slider.name);
    row.view = element("div", "slider", element("label", "", name, input), row.number, row.slope, row.curve);
    input.addEventListener("input", () => {
      this.values[slider.name] = Number(input.value);
      this.write(row, Number(input.value));
      moved();
    });
    input.addEventListener("change", released);
    this.place(row, this.values[slider.name]);
    return row;
  }

  place(row, number) {
    row.input.value = String(number);
    this.write(row, number);
  }

  write(row, number) {
    const text = String(Number(number.toPrecision(6))).replace("-", "−");
    row.number.textContent = text;
    row.input.setAttribute("aria-valuetext", text);
  }

  // Where they stand by someone else's hand: another view of the same widget, or Python.
  move(values) {
    for (const [name, row] of this.rows) {
      if (this.values[name] !== values[name]) this.place(row, values[name]);
    }
    this.values = { ...values };
  }

  slopes(name, slopes) {
    for (const [argument, row] of this.rows) row.slope.textContent = `∂${name}/∂${argument} = ${slopes[argument]}`;
  }

  // All curves have one scale, so that steep and flat ones can be compared.
  curves(values, curves, [result, ...gradients]) {
    const heights = [result, ...Object.values(curves).flat()].filter((height) => height !== null);
    const [low, high] = [Math.min(...heights), Math.max(...heights)];
    const y = (height) => CURVE.height - CURVE.margin - ((height - low) / (high - low || 1)) * (CURVE.height - 2 * CURVE.margin);
    [...this.rows.values()].forEach((row, place) => {
      const { name, low: start, high: end } = row.slider;
      const x = (number) => CURVE.margin + ((number - start) / (end - start)) * (CURVE.width - 2 * CURVE.margin);
      const heightsHere = curves[name];
      const at = heightsHere.map((height, step) => [x(start + ((end - start) * step) / (heightsHere.length - 1)), height]);
      const parts = [shape("path", { class: "line", d: pathOf(at.map(([across, height]) => [across, height === null ? null : y(height)])) })];
      const gradient = gradients[place];
      if (result !== null && gradient !== null) {
        const reach = (end - start) * 0.22;
        const ends = [-reach, reach].map((by) => [x(values[name] + by), y(result + gradient * by)]);
        parts.push(shape("path", { class: "tangent", d: pathOf(ends) }));
      }
      if (result !== null) parts.push(shape("circle", { cx: x(values[name]), cy: y(result), r: 3.2 }));
      row.curve.replaceChildren(...parts);
    });
  }
}

// A line through places; a gap where there is none.
function pathOf(places) {
  let isDrawing = false;
  return places.map(([x, y]) => {
    if (y === null) {
      isDrawing = false;
      return "";
    }
    const command = isDrawing ? "L" : "M";
    isDrawing = true;
    return `${command}${x.toFixed(1)},${y.toFixed(1)}`;
  }).join("");
}
