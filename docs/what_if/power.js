"use strict";
// What a trial would find, between the simulated points of grid.json; docs/simulate_what_if.py says what they are.
const SHARES = ["power", "wrong", "size"];

// The two points of an axis around a value, and how far it lies from the first to the second.
function between(axis, value) {
  let at = 0;
  while (at < axis.length - 2 && (value - axis[at + 1]) * (axis[axis.length - 1] - axis[0]) > 0) at += 1;
  return [at, Math.min(1, Math.max(0, (value - axis[at]) / (axis[at + 1] - axis[at])))];
}

// A monotone cubic through points that rise or fall, after Fritsch and Carlson (1980): no bumps between them.
function monotone(xs, ys, x) {
  const [at, share] = between(xs, x);
  const step = xs[at + 1] - xs[at];
  const slope = (k) => (ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k]);
  const tangent = (k) => {
    if (k === 0 || k === xs.length - 1) return slope(k === 0 ? 0 : k - 1);
    const [before, after] = [slope(k - 1), slope(k)];
    return before * after <= 0 ? 0 : (2 * before * after) / (before + after);
  };
  const [a, b, t] = [tangent(at), tangent(at + 1), share];
  return (
    ys[at] * (1 + 2 * t) * (1 - t) ** 2 + step * a * t * (1 - t) ** 2 +
    ys[at + 1] * t * t * (3 - 2 * t) + step * b * t * t * (t - 1)
  );
}

// The standard error of the effect that complete visits would have.
function completeError(method, { people, correlation, sd }) {
  const share = method === "ancova" ? 1 - correlation ** 2 : 2 * (1 - correlation);
  return sd * Math.sqrt((2 * share) / people);
}

// One curve over delta at a point between people, correlation and drop-out: straight lines between the eight around it.
function curve(grid, name, state, length) {
  const { axes } = grid;
  const method = axes.method.indexOf(state.method);
  const places = [
    between(axes.people.map((n) => 1 / n), 1 / state.people),
    between(axes.correlation, state.correlation),
    between(axes.dropout, state.dropout),
  ];
  const found = new Array(length).fill(0);
  for (let corner = 0; corner < 8; corner += 1) {
    let [row, weight] = [method, 1];
    places.forEach(([at, share], k) => {
      const upper = (corner >> k) & 1;
      row = row * [axes.people, axes.correlation, axes.dropout][k].length + at + upper;
      weight *= upper ? share : 1 - share;
    });
    if (weight > 0) for (let k = 0; k < length; k += 1) found[k] += weight * grid[name][row * length + k];
  }
  return found;
}

// The factor by which the ends of the scale move the standardised effect.
function scaleFactor(grid, state) {
  const { spread, effect, method } = grid.axes;
  const [[row, down], [column, along]] = [between(spread, state.sd), between(effect, state.effect)];
  const start = method.indexOf(state.method) * spread.length;
  const line = (at) => {
    const first = (start + at) * effect.length + column;
    return grid.scale[first] * (1 - along) + grid.scale[first + 1] * along;
  };
  return line(row) * (1 - down) + line(row + 1) * down;
}

// Power, the share of significant trials that have the true sign, type S and M errors, and coverage.
function measures(grid, state) {
  const { delta } = grid.axes;
  const distance = (scaleFactor(grid, state) * Math.abs(state.effect)) / completeError(state.method, state);
  const at = Math.min(distance, delta.at(-1));
  const [power, wrong, size] = SHARES.map((name) => monotone(delta, curve(grid, name, state, delta.length), at));
  const typeS = state.effect === 0 ? null : Math.min(1, wrong / power);
  return {
    power,
    right: state.effect === 0 ? power : power * (1 - typeS),
    typeS,
    typeM: distance < 0.2 ? null : size / power,
    coverage: curve(grid, "coverage", state, 1)[0],
  };
}

if (typeof module !== "undefined") module.exports = { measures };
