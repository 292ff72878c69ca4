"use strict";
// Filter and copy. The page is complete without it.

// A link to something folded unfolds it.
function reveal() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let node = target; node; node = node.parentElement) {
    if (node.tagName === "DETAILS") node.open = true;
  }
  const own = target.querySelector("details");
  if (own) own.open = true;
  if (target.hidden) {
    document.getElementById("filter").reset();
    filter();
  }
  target.scrollIntoView();
}

const form = document.getElementById("filter");
const rows = Array.from(document.querySelectorAll("tr[data-row]"));

function filter() {
  const text = form.elements.text.value.trim().toLowerCase();
  const wanted = (row, name) => !form.elements[name].value || row.dataset[name] === form.elements[name].value;
  let shown = 0;
  for (const row of rows) {
    row.hidden = !(wanted(row, "level") && wanted(row, "area") && wanted(row, "outcome")
      && (!text || row.textContent.toLowerCase().includes(text)));
    if (!row.hidden) shown += 1;
  }
  document.getElementById("shown").textContent = shown + " of " + rows.length;
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
filter();

for (const box of document.querySelectorAll(".copy")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", () => {
    const code = box.querySelector("code");
    const done = () => {
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    };
    const mark = () => {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      if (document.execCommand("copy")) done();
    };
    // A page from a disk may have no clipboard.
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, mark);
    else mark();
  });
  box.append(button);
}

// Paper shows everything.
let folded = [];
addEventListener("beforeprint", () => {
  folded = Array.from(document.querySelectorAll(
    "#findings details:not([open]), #not-judged details:not([open])"));
  for (const node of folded) node.open = true;
});
addEventListener("afterprint", () => {
  for (const node of folded) node.open = false;
});
addEventListener("hashchange", reveal);
reveal();
