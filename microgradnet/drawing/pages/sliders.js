// The sliders: one for each argument, with its number and the derivative of the result by it.

class Sliders {
  constructor(sliders, values, moved, released) {
    this.values = { ...values };
    this.rows = new Map(sliders.map((slider) => [slider.name, this.makeRow(slider, moved, released)]));
    this.view = element("div", "sliders", ...[...this.rows.values()].map((row) => row.view));
  }

  makeRow(slider, moved, released) {
    const input = element("input");
    Object.assign(input, { type: "range", min: slider.low, max: slider.high, step: slider.step });
    const row = { input, number: element("span", "number"), slope: element("span", "slope") };
    const name = element("span", "name", slider.name);
    row.view = element("div", "slider", element("label", "", name, input), row.number, row.slope);
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

  slopes(result, slopes) {
    for (const [name, row] of this.rows) row.slope.textContent = `∂${result}/∂${name} = ${slopes[name]}`;
  }
}
