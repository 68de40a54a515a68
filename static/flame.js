// Keyboard control and a readout for flame graphs. Frames are links without this script. It adds
// arrow keys that move between frames, one tab stop for the whole graph, and a line that describes
// the frame under the pointer or with the focus.

const graphs = () => [...document.querySelectorAll("[data-flame]")];
const frames = (svg) => [...svg.children].map((element) => {
  const box = element.querySelector("svg");
  const [x, width] = ["x", "width"].map((name) => parseFloat(box.getAttribute(name)));
  return { element, row: Number(box.getAttribute("y")), x, width };
});

// One tab stop for each graph: the frame that had the focus last, or the first link.
function setUp() {
  for (const svg of graphs()) {
    if (svg.dataset.ready !== undefined) continue;
    fit(svg);
    resized.observe(svg);
    svg.dataset.ready = "";
    for (const { element } of frames(svg)) element.setAttribute("tabindex", "-1");
    (svg.querySelector("a") ?? svg.firstElementChild)?.setAttribute("tabindex", "0");
    svg.setAttribute("aria-keyshortcuts", "ArrowLeft ArrowRight ArrowUp ArrowDown Enter Escape");
  }
  const readout = document.querySelector("[data-flame-readout]");
  if (readout) {
    readout.hidden = false;
    readout.textContent = "Point at a frame, or move with the arrow keys, to read it here.";
  }
  if (sessionStorage.getItem("flame-keys")) {
    sessionStorage.removeItem("flame-keys");
    const [svg] = graphs();
    if (svg && document.activeElement === document.body) go(current(svg)); // unless the user has moved the focus
  }
}

// The server fits names and changes to a graph of 1100 pixels. In a narrower graph this shortens
// names again, and shortens changes to their sign or hides them.
const character = 6.7; // pixels
const texts = new WeakMap(); // the original text of each element
function fit(svg) {
  const whole = svg.getBoundingClientRect().width;
  for (const box of svg.querySelectorAll("svg")) {
    const [name, note] = ["name", "note"].map((kind) => box.querySelector(`.${kind}`));
    let room = (parseFloat(box.getAttribute("width")) / 100) * whole - 10;
    for (const text of [name, note]) if (text && !texts.has(text)) texts.set(text, text.textContent);
    if (note) {
      const change = texts.get(note);
      const shown = [change, change.split(" ")[0], ""].find((s) => !s || room > (s.length + 7) * character);
      note.textContent = shown;
      room -= shown && (shown.length + 2) * character;
    }
    if (name) {
      const most = Math.floor(room / character);
      const full = texts.get(name);
      name.textContent = full.length <= most ? full : most < 3 ? "" : `${full.replace("…", "").slice(0, most - 1)}…`;
    }
  }
}
const resized = new ResizeObserver((entries) => entries.forEach((entry) => fit(entry.target)));

const current = (svg) => svg.querySelector("[tabindex='0']");

function go(element) {
  if (!element) return;
  current(element.closest("[data-flame]"))?.setAttribute("tabindex", "-1");
  element.setAttribute("tabindex", "0");
  element.focus({ preventScroll: false });
  say(element);
}

function say(element) {
  const readout = document.querySelector("[data-flame-readout]");
  const title = element?.querySelector("title");
  if (readout && title) readout.textContent = title.textContent;
}

// Returns the next frame in a direction: the neighbour in the same row, or the frame above or below
// that overlaps most.
function next(svg, from, key) {
  const all = frames(svg);
  const here = all.find((f) => f.element === from);
  if (!here) return null;
  const rows = [...new Set(all.map((f) => f.row))].sort((a, b) => a - b);
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const row = all.filter((f) => f.row === here.row).sort((a, b) => a.x - b.x);
    return row[row.indexOf(here) + (key === "ArrowRight" ? 1 : -1)]?.element;
  }
  const row = rows[rows.indexOf(here.row) + (key === "ArrowDown" ? 1 : -1)];
  const overlap = (f) => Math.min(f.x + f.width, here.x + here.width) - Math.max(f.x, here.x);
  const touching = all.filter((f) => f.row === row && overlap(f) > 0);
  return touching.sort((a, b) => overlap(b) - overlap(a))[0]?.element;
}

document.addEventListener("keydown", (event) => {
  if (graphs().length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const on = event.target.closest?.("[data-flame] > *");
  if (on && event.key.startsWith("Arrow")) {
    event.preventDefault();
    go(next(on.closest("[data-flame]"), on, event.key));
  }
  if (event.key === "Enter" && on) sessionStorage.setItem("flame-keys", "1");
  if (event.key === "Escape" && !document.querySelector(":popover-open, dialog[open]")) {
    const reset = document.querySelector("[data-reset]");
    if (event.target.matches("input") && event.target.value) return; // a search field clears itself
    if (!reset) return;
    if (on) sessionStorage.setItem("flame-keys", "1");
    follow(reset.href + "#graph");
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-flame] a");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  follow(link.getAttribute("href"));
});

// Replaces only the part of the page that changes if htmx is loaded. Shared reports do not load it;
// there, the browser follows the link.
function follow(url) {
  if (!window.htmx || !document.getElementById("profile")) {
    location.href = url;
    return;
  }
  const address = url.replace(/#.*/, "");
  htmx.ajax("GET", address, { target: "#profile", select: "#profile", swap: "outerHTML", push: address });
}

// URLs contain only values that differ from the default.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches(".filters")) return;
  for (const [name, value] of [...event.formData]) {
    const field = event.target.elements[name];
    if (value === "" || value === field?.dataset?.standard) event.formData.delete(name);
  }
});

document.addEventListener("mouseover", (event) => say(event.target.closest?.("[data-flame] > *")));
document.addEventListener("focusin", (event) => say(event.target.closest?.("[data-flame] > *")));
document.addEventListener("htmx:afterSettle", setUp);
setUp();
