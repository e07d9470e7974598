"use strict";
const grid = JSON.parse(document.getElementById("grid").textContent);
const byId = (id) => document.getElementById(id);
const sliders = ["effect", "sd", "people"];
const units = { effect: " points", sd: " points", people: " people" };
const svgns = "http://www.w3.org/2000/svg";

const number = (value, digits) => (value === null ? "–" : value.toFixed(digits).replace("-", "−"));

function chosen() {
  const state = { method: Number(byId("method").value) };
  for (const id of sliders) state[id] = Number(byId(id).value);
  return state;
}

// Cells lie in the order of method, effect, sd, people.
function cell(state, people) {
  const [effects, sds, sizes] = sliders.map((id) => grid[id].length);
  return grid.cells[((state.method * effects + state.effect) * sds + state.sd) * sizes + people];
}

function element(parent, name, attributes, text) {
  const made = document.createElementNS(svgns, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function draw(state) {
  const width = 640, height = 320, left = 60, right = 20, top = 15, bottom = 50;
  const sizes = grid.people, largest = sizes[sizes.length - 1];
  const x = (size) => left + (size / largest) * (width - left - right);
  const y = (share) => top + (1 - share) * (height - top - bottom);
  const svg = document.createElementNS(svgns, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Power by people per arm; the table below has the same numbers");
  for (let tick = 0; tick <= 10; tick += 2) {
    element(svg, "line", { x1: left, x2: width - right, y1: y(tick / 10), y2: y(tick / 10), stroke: "#dddddd" });
    element(svg, "text", { x: left - 8, y: y(tick / 10) + 4, "text-anchor": "end" }, (tick / 10).toFixed(1));
  }
  for (const size of sizes) element(svg, "text", { x: x(size), y: height - bottom + 20, "text-anchor": "middle" }, size);
  element(svg, "text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, "People per arm");
  element(svg, "text", { x: -(top + height - bottom) / 2, y: 16, "text-anchor": "middle", transform: "rotate(-90)" }, "Power");
  const points = sizes.map((size, index) => ({ size, index, figures: cell(state, index) })).filter((point) => !point.figures.problem);
  const line = points.map((point) => `${x(point.size)},${y(point.figures.power)}`).join(" ");
  element(svg, "polyline", { points: line, fill: "none", stroke: "#0b57d0", "stroke-width": 2 });
  for (const { size, index, figures } of points) {
    element(svg, "line", { x1: x(size), x2: x(size), y1: y(figures.low), y2: y(figures.high), stroke: "#0b57d0", "stroke-width": 2 });
    element(svg, "circle", { cx: x(size), cy: y(figures.power), r: 5, stroke: "#0b57d0", "stroke-width": 2, fill: index === state.people ? "#0b57d0" : "#ffffff" });
  }
  byId("figure").replaceChildren(svg);
}

function tabulate(state) {
  const rows = grid.people.map((size, index) => {
    const figures = cell(state, index);
    const row = document.createElement("tr");
    if (index === state.people) row.className = "chosen";
    const texts = figures.problem
      ? [size, "–", "–", "–", "–", "–", "–"]
      : [size, number(figures.power, 3), number(figures.mcse, 4), number(figures.coverage, 3), number(figures.type_s, 3), number(figures.type_m, 2), number(figures.empirical_se, 2)];
    texts.forEach((text, column) => {
      const one = document.createElement(column ? "td" : "th");
      if (!column) one.scope = "row";
      one.textContent = text;
      row.append(one);
    });
    return row;
  });
  byId("rows").replaceChildren(...rows);
}

function show() {
  const state = chosen();
  for (const id of sliders) {
    const text = number(grid[id][state[id]], 0) + units[id];
    byId(`${id}-value`).textContent = text;
    byId(id).setAttribute("aria-valuetext", text);
  }
  const figures = cell(state, state.people);
  byId("problem").textContent = figures.problem ? `This trial cannot exist: ${figures.problem} The last result stays.` : "";
  if (figures.problem) return;
  byId("answer").textContent =
    grid.effect[state.effect] === 0
      ? `There is no effect, and ${number(100 * figures.power, 1)} % of such trials find one (type I error).`
      : `${number(100 * figures.power, 1)} % of such trials find the effect (power; MCSE ${number(100 * figures.mcse, 2)} points). ` +
        `Those that do exaggerate it ${number(figures.type_m, 2)} times.`;
  draw(state);
  tabulate(state);
}

function reset() {
  for (const id of sliders) byId(id).value = grid.start[id];
  byId("method").value = grid.start.method;
  show();
}

for (const id of sliders) byId(id).max = grid[id].length - 1;
grid.method.forEach((name, index) => byId("method").add(new Option(name.replaceAll("_", " "), index)));
byId("controls").addEventListener("input", show);
byId("controls").addEventListener("reset", (event) => {
  event.preventDefault();
  reset();
});
reset();
