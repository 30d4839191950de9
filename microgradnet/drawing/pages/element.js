// Building elements. Text is only ever set as text, never as HTML, so a label is shown and not executed.

const byId = (id) => document.getElementById(id);

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

// A part of a line: text, a number ["=", short, full], or a fraction ["/", above, below].
function part(written) {
  if (typeof written === "string") return document.createTextNode(written);
  if (written[0] === "=") {
    const number = element("span", "number", written[1]);
    number.dataset.full = written[2];
    number.title = written[2];
    return number;
  }
  const slash = element("span", "hidden", "/");
  return element("span", "fraction", element("span", "above", written[1]), slash, element("span", "below", written[2]));
}

function line(className, parts) {
  return element("dd", className, ...parts.map(part));
}
