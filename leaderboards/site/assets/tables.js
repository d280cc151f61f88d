// Tables that sort by every column, and the filters of the board, which live in the address.
"use strict";

const FILTERS = ["track", "badge", "kind", "size"];

/** Put the rows of a table into the order of a column; unknown values stay at the end. */
function sortRows(table, column, kind, direction) {
  const sign = direction === "ascending" ? 1 : -1;
  const value = (row) => row.cells[column].dataset.value;
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (kind === "number" ? Number(a) - Number(b) : a.localeCompare(b, "en"));
  };
  const body = table.tBodies[0];
  body.append(...[...body.rows].sort((a, b) => compare(value(a), value(b))));
}

/** Sort by a heading, the other way round if it was sorted by it already. */
function sortBy(table, heading) {
  const opposite = { ascending: "descending", descending: "ascending" };
  const before = heading.getAttribute("aria-sort");
  const direction = opposite[before] ?? heading.dataset.first;
  for (const other of heading.parentElement.cells) other.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", direction);
  sortRows(table, heading.cellIndex, heading.dataset.sort, direction);
}

/** Turn the headings of a table into buttons. */
function makeSortable(table) {
  for (const heading of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, heading));
    heading.append(button);
  }
}

/** Read the filters from the address; null if it names a place on the page instead. */
function filtersOfAddress(form) {
  const hash = location.hash.slice(1);
  if (hash !== "" && !hash.includes("=")) return null;
  const given = new URLSearchParams(hash);
  const known = (name, value) => [...form.elements[name].options].some((o) => o.value === value);
  const value = (name) => given.get(name) ?? "";
  return FILTERS.map((name) => [name, known(name, value(name)) ? value(name) : ""]);
}

/** Write the filters into the address without a step in the history. */
function keepInAddress(form) {
  const chosen = FILTERS.map((name) => [name, form.elements[name].value]).filter(([, v]) => v);
  const hash = new URLSearchParams(chosen).toString();
  history.replaceState(null, "", hash ? `#${hash}` : location.href.split("#")[0]);
}

/** Show what passes the filters, and say how much of the whole that is. */
function applyFilters(form) {
  const wanted = Object.fromEntries(FILTERS.map((name) => [name, form.elements[name].value]));
  let shown = 0;
  let all = 0;
  for (const section of document.querySelectorAll("section.track")) {
    section.hidden = wanted.track !== "" && wanted.track !== section.dataset.track;
    const rows = [...section.querySelectorAll("tbody tr")];
    for (const row of rows) {
      row.hidden = ["badge", "kind", "size"].some((n) => wanted[n] && wanted[n] !== row.dataset[n]);
    }
    const open = rows.filter((row) => !row.hidden).length;
    for (const line of section.querySelectorAll(".nothing")) line.hidden = open > 0;
    for (const box of section.querySelectorAll(".scroll")) box.hidden = open === 0;
    shown += section.hidden ? 0 : open;
    all += rows.length;
  }
  document.getElementById("shown").textContent = `${shown} of ${all} results shown`;
}

/** Join the filters, the address and the tables. */
function startFilters(form) {
  const restore = () => {
    const filters = filtersOfAddress(form) ?? [];
    for (const [name, value] of filters) form.elements[name].value = value;
    applyFilters(form);
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    keepInAddress(form);
    applyFilters(form);
  });
  form.addEventListener("reset", () => {
    for (const name of FILTERS) form.elements[name].value = "";
    keepInAddress(form);
    applyFilters(form);
  });
  addEventListener("hashchange", restore);
  restore();
}

document.querySelectorAll("table.sortable").forEach(makeSortable);
document.querySelectorAll("form#filters").forEach(startFilters);
