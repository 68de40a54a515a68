// Pages work without this script; it only makes them more convenient.

const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Elements that need this script are hidden until it runs.
function reveal(within = document) {
  for (const e of all("[data-theme-toggle], [data-copy], [data-needs-script]", within)) e.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("themeToggle" in button.dataset) toggleTheme();
  if (button.dataset.copy) copy(button);
  if ("sortBy" in button.dataset) sort(button.closest("th"));
});

function toggleTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = (root.dataset.theme ?? system) === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // Storage may be blocked. Then the choice lasts for this page only.
  }
}

// A copy button names the element whose text or value it copies.
async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    label.textContent = "Copied";
  } catch {
    source.focus();
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    label.textContent = "Selected";
  }
  setTimeout(() => { label.textContent = before; }, 1600);
}

// Columns are sorted by the number in data-v if there is one, otherwise by text.
function sort(th) {
  const row = th.parentElement;
  const table = th.closest("table");
  const column = [...row.cells].indexOf(th);
  const down = th.getAttribute("aria-sort") !== "descending";
  for (const other of row.cells) other.removeAttribute("aria-sort");
  th.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (tr) => {
    const cell = tr.cells[column];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  };
  const order = (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (down ? -1 : 1);
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
}

function makeSortable(table) {
  for (const label of all("[data-sort]", table)) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.sortBy = "";
    button.textContent = label.textContent;
    label.replaceWith(button);
  }
}

document.addEventListener("input", (event) => {
  const table = document.getElementById(event.target.dataset.filter ?? "");
  if (!table) return;
  const query = event.target.value.trim().toLowerCase();
  for (const row of table.tBodies[0].rows) {
    row.hidden = !row.cells[0].textContent.toLowerCase().includes(query);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
  }
  if (event.key === "?") document.getElementById("keys")?.togglePopover();
});

// When the experiment ends, the same URL shows the report instead of the live page.
document.addEventListener("htmx:sseClose", (event) => {
  if (event.detail.type === "message" && event.target.matches("[data-live]")) location.reload();
});

// The live region for screen readers is outside the part of the page that is replaced.
document.addEventListener("htmx:sseMessage", () => {
  const news = document.querySelector("[data-announce]");
  const region = document.querySelector("[data-announcer]");
  if (news && region && region.textContent !== news.textContent) region.textContent = news.textContent;
});

document.addEventListener("htmx:load", (event) => reveal(event.target));

reveal();
all("table[data-sortable]").forEach(makeSortable);
