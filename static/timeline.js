// Draws memory over time with uPlot, instead of the server's picture. It adds a cursor, which the
// mouse or arrow keys move, and a zoom.

const host = document.getElementById("timeline");
const read = document.getElementById("timeline-read");
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const scales = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]];
function bytes(v) {
  if (v == null) return "–";
  const size = Math.abs(v);
  if (size === 0) return "0 B";
  const [unit, name] = scales.find(([s]) => size >= s) ?? scales[3];
  const n = size / unit;
  return `${v < 0 ? "\u2212" : ""}${n < 10 ? n.toFixed(2) : n < 1000 ? n.toFixed(1) : n.toFixed(0)} ${name}`;
}
function seconds(ms, digits = 4) {
  const [n, unit] = ms >= 1000 ? [ms / 1000, "s"] : ms >= 1 || ms === 0 ? [ms, "ms"] : [ms * 1000, "µs"];
  return `${+n.toPrecision(digits)} ${unit}`;
}

// Ticks are multiples of binary units (KiB, MiB, GiB), not of powers of ten.
const byteSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap((n) => [n, n * 2 ** 10, n * 2 ** 20, n * 2 ** 30]).sort((a, b) => a - b);

let plots = [];

function draw(data) {
  for (const p of plots) p.destroy();
  const axis = { stroke: color("--ink-2"), font: "12px Inter, sans-serif", ticks: { show: false }, grid: { stroke: color("--line"), width: 1 } };
  const styles = {
    live: { width: 1.2, dash: [2, 3] },
    file: { width: 1.2, dash: [2, 3] },
    rss: { width: 1.4, dash: [6, 4] },
  };
  const series = data.Series.map((s) => ({
    label: s.Name,
    stroke: color(`--${s.Role}`),
    ...(s.Main ? { width: 1.7, fill: color(`--${s.Role}-area`) } : styles[s.Kind]),
    points: { show: false },
  }));
  const size = 72; // the width of the axis in the server's picture
  const common = {
    width: host.clientWidth,
    legend: { show: false },
    cursor: { sync: { key: "timeline", setSeries: false }, y: false, points: { size: 6 }, drag: { x: true, y: false } },
    scales: { x: { time: false } },
  };
  const memory = new uPlot({
    ...common,
    height: 270,
    padding: [10, 22, 8, 0],
    axes: [{ ...axis, show: false }, { ...axis, size, incrs: byteSteps, values: (_, v) => v.map(bytes) }],
    scales: { ...common.scales, y: { range: (_, lo, hi) => [0, hi * 1.05 || 1] } },
    series: [{}, ...series],
    hooks: { draw: [(u) => marks(u, data)], setCursor: [(u) => tell(u, data)] },
  }, [data.T, ...data.Series.map((s) => s.Values)], host.querySelector("[data-plot=memory]"));
  const difference = new uPlot({
    ...common,
    height: 112,
    padding: [6, 22, 0, 0],
    axes: [
      { ...axis, grid: { show: false }, size: 24, values: (_, v) => v.map((ms) => seconds(ms, 6)) }, // zoomed ticks differ in their last digits
      { ...axis, size, splits: (u) => [u.scales.y.min, 0, u.scales.y.max], values: (_, v) => v.map((n) => (n > 0 ? "+" : "") + bytes(n)) },
    ],
    scales: { ...common.scales, y: { range: (_, lo, hi) => { const most = Math.max(Math.abs(lo), Math.abs(hi)) || 1; return [-most, most]; } } },
    series: [{}, { width: 0, fill: color("--more-area"), points: { show: false } }, { width: 0, fill: color("--less-area"), points: { show: false } }],
  }, [data.T, data.Difference.map((v) => (v == null ? null : Math.max(v, 0))), data.Difference.map((v) => (v == null ? null : Math.min(v, 0)))],
  host.querySelector("[data-plot=difference]"));
  plots = [memory, difference];
}

// Draws a line at the peak of the last operation of each variant.
function marks(u, data) {
  u.ctx.save();
  u.ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  data.Marks.forEach((at, i) => {
    const x = Math.round(u.valToPos(at, "x", true));
    u.ctx.strokeStyle = color(i === 0 ? "--before" : "--after");
    u.ctx.beginPath();
    u.ctx.moveTo(x, u.bbox.top);
    u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
    u.ctx.stroke();
  });
  u.ctx.restore();
}

function tell(u, data) {
  const i = u.cursor.idx;
  if (i == null) {
    read.textContent = read.dataset.rest;
    return;
  }
  const parts = data.Series.map((s) => `${s.Name} ${bytes(s.Values[i])}`);
  read.textContent = `At ${seconds(data.T[i])}: ${parts.join(" · ")}`;
}

// Moves the cursor of both plots to a sample.
function moveTo(i, data) {
  for (const p of plots) p.setCursor({ left: p.valToPos(data.T[i], "x"), top: 10 });
}

// Handles keys: arrows, Home and End move the cursor, + and − zoom around it, Escape shows all.
function steer(event, data) {
  if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own keys
  const [memory] = plots;
  const last = data.T.length - 1;
  const at = memory.cursor.idx ?? 0;
  const step = event.shiftKey ? 10 : 1;
  const to = { ArrowRight: Math.min(at + step, last), ArrowLeft: Math.max(at - step, 0), Home: 0, End: last }[event.key];
  const { min, max } = memory.scales.x;
  if (to !== undefined) {
    moveTo(to, data);
  } else if (event.key === "+" || event.key === "-") {
    const half = (max - min) * (event.key === "+" ? 0.25 : 1);
    for (const p of plots) p.setScale("x", { min: Math.max(data.T[at] - half, 0), max: Math.min(data.T[at] + half, data.T[last]) });
    moveTo(at, data);
  } else if (event.key === "Escape") {
    for (const p of plots) {
      p.setScale("x", { min: data.T[0], max: data.T[last] });
      p.setCursor({ left: -10, top: -10 });
    }
  } else {
    return;
  }
  event.preventDefault();
}

if (host && window.uPlot) {
  const data = JSON.parse(host.dataset.timeline);
  // Keep the server's picture for printing.
  for (const figure of host.querySelectorAll("figure")) figure.classList.add("upgraded");
  host.tabIndex = 0;
  host.setAttribute("aria-describedby", "timeline-read");
  host.addEventListener("keydown", (event) => steer(event, data));
  const redraw = () => draw(data);
  document.fonts.ready.then(redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  let width = host.clientWidth;
  new ResizeObserver(() => {
    if (host.clientWidth === width) return;
    width = host.clientWidth;
    redraw();
  }).observe(host);
}
