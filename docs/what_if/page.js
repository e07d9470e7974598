const grid = JSON.parse(document.getElementById("grid").textContent);
const byId = (id) => document.getElementById(id);
const svgns = "http://www.w3.org/2000/svg";
const CONTROLS = [
  { id: "effect", label: "True effect on average pain", unit: "points", min: -30, max: 10, step: 0.1 },
  { id: "people", label: "People per arm", unit: "people", min: 8, max: 500, step: 1 },
  { id: "sd", label: "Standard deviation between people", unit: "points", min: 5, max: 29, step: 0.1 },
  { id: "correlation", label: "Correlation between visits", unit: "0 to 0.9", min: 0, max: 0.9, step: 0.01 },
  { id: "dropout", label: "People lost by week 12", unit: "%", min: 0, max: 50, step: 1, scale: 100 },
];
let state = { ...grid.start.state };

const number = (value, digits) => (value === null ? "none" : value.toFixed(digits).replace("-", "−"));
const percent = (share) => `${number(100 * share, 1)} %`;
const isStart = (one) => Object.entries(grid.start.state).every(([name, value]) => one[name] === value);
const found = (one) => (isStart(one) ? grid.start.measures : measures(grid, one));

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function draw(parent, name, attributes, text) {
  const made = document.createElementNS(svgns, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

// Why there is no such trial; nothing where there is one.
function problem(one) {
  for (const { id, label, unit, min, max, scale = 1 } of CONTROLS) {
    const shown = one[id] * scale;
    if (!Number.isFinite(shown) || shown < min - 1e-9 || shown > max + 1e-9) return `${label} must be from ${min} to ${max} ${unit}.`;
  }
  return "";
}

function sentence({ effect }, { right }) {
    if (effect === 0) return `${percent(right)} of trials like this would find an effect on average pain at week 12 that is not there.`;
  const [how, what] = effect < 0 ? ["lowered", "benefit"] : ["raised", "harm"];
  return `${percent(right)} of trials like this would find average pain ${how} by running at week 12, a ${what}.`;
}

// Power against people per arm; axes never move.
function figure() {
  const width = 640, height = 300, left = 84, right = 26, top = 12, bottom = 52;
  const x = (n) => left + (Math.log(n / 8) / Math.log(500 / 8)) * (width - left - right);
  const y = (share) => top + (1 - share) * (height - top - bottom);
  const svg = document.createElementNS(svgns, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `Share of trials that find the effect, by people per arm. ${byId("answer").textContent}`);
  for (let tick = 0; tick <= 100; tick += 20) {
    draw(svg, "line", { x1: left, x2: width - right, y1: y(tick / 100), y2: y(tick / 100), stroke: "var(--line)" });
    draw(svg, "text", { x: left - 8, y: y(tick / 100) + 5, "text-anchor": "end" }, `${tick} %`);
  }
  for (const n of [8, 15, 30, 60, 120, 250, 500]) draw(svg, "text", { x: x(n), y: height - bottom + 22, "text-anchor": "middle" }, n);
  draw(svg, "text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, "People per arm");
  const sizes = Array.from({ length: 60 }, (_, k) => 8 * (500 / 8) ** (k / 59));
  const line = (one) => sizes.map((people) => `${x(people)},${y(measures(grid, { ...one, people }).right)}`).join(" ");
  const look = { fill: "none", "stroke-width": 3 };
  draw(svg, "polyline", { points: line(grid.start.state), stroke: "var(--paper)", "stroke-dasharray": "7 5", ...look });
  draw(svg, "polyline", { points: line(state), stroke: "var(--own)", ...look });
  draw(svg, "circle", { cx: x(state.people), cy: y(found(state).right), r: 7, fill: "var(--own)" });
  byId("figure").replaceChildren(svg);
}

function cards(one) {
  const shown = [
    ["Finds it", percent(one.right)],
    ["Claims the wrong direction", one.typeS === null ? "none: there is no effect" : percent(one.typeS)],
    ["Exaggerates it", one.typeM === null ? "none: too small" : `${number(one.typeM, 2)} times`],
    ["Coverage", percent(one.coverage)],
  ];
  byId("cards").replaceChildren(...shown.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

function show() {
  for (const { id, scale = 1 } of CONTROLS) {
    const value = Number((state[id] * scale).toPrecision(4));
    for (const input of [byId(id), byId(`${id}-number`)]) if (input !== document.activeElement || input.type === "range") input.value = value;
  }
  byId("method").value = state.method;
  byId("sign").textContent = state.effect < 0 ? "↓ less pain: a benefit" : state.effect > 0 ? "↑ more pain: a harm" : "no effect";
  const result = found(state);
  byId("answer").textContent = sentence(state, result);
  byId("error").textContent = isStart(state) ? grid.start.label : grid.error;
  cards(result);
  figure();
  const changed = Object.entries(state).filter(([name, value]) => value !== grid.start.state[name]);
  const hash = new URLSearchParams(changed).toString();
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
}

// Goes to a state that exists; of another it says why, and stays.
function go(one) {
  const why = problem(one);
  byId("problem").textContent = why;
  if (!why) state = one;
  show();
}

function restore() {
  const given = new URLSearchParams(location.hash.slice(1));
  const one = { ...grid.start.state };
  for (const [name, value] of given) {
    if (name === "method" && grid.axes.method.includes(value)) one.method = value;
    else if (CONTROLS.some(({ id }) => id === name)) one[name] = Number(value);
  }
  if (one.people !== undefined) one.people = Math.round(one.people);
  go(one);
}

function control({ id, label, unit, min, max, step, scale = 1 }) {
  const range = make("input", { type: "range", id, min, max, step });
  const box = make("input", { type: "number", id: `${id}-number`, min, max, step: id === "people" ? 1 : "any" });
  box.setAttribute("aria-label", `${label}, number, ${unit}`);
  const set = (input) => {
    if (input.value === "" || !Number.isFinite(input.valueAsNumber)) return;
    const value = id === "people" ? Math.round(input.valueAsNumber) : Number((input.valueAsNumber / scale).toPrecision(6));
    go({ ...state, [id]: value });
  };
  range.addEventListener("input", () => set(range));
  box.addEventListener("change", () => set(box));
  const name = make("label", { htmlFor: id }, label, " ", make("span", { className: "unit" }, `(${unit})`));
  if (id === "effect") name.append(make("span", { id: "sign", className: "sign" }));
  return make("p", {}, name, range, box);
}

const method = make("select", { id: "method" }, ...grid.axes.method.map((name) => new Option(grid.method_names[name], name)));
method.addEventListener("change", () => go({ ...state, method: method.value }));
byId("controls").append(...CONTROLS.map(control), make("p", {}, make("label", { htmlFor: "method" }, "Method of analysis"), method));
byId("controls").addEventListener("submit", (event) => event.preventDefault());
byId("reset").addEventListener("click", () => go({ ...grid.start.state }));
byId("link").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    byId("copied").textContent = "Link copied.";
  } catch {
    byId("copied").textContent = `Copy this link: ${location.href}`;
  }
});
window.addEventListener("hashchange", restore);
restore();
