// Building elements. Text is only ever set as text, never as HTML, so a label is shown and not executed.

const byId = (id) => document.getElementById(id);

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}
