// Native controls: they have names, keys and a focus of their own, which the sliders of the toolkit lack.
const shown = (value) => String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function labelled(control) {
  const label = element("label", { htmlFor: control.name }, control.label);
  if (control.unit) label.append(" ", element("span", { className: "unit" }, `(${control.unit})`));
  return label;
}

function choice(control, change) {
  const options = Object.entries(control.choices).map(([value, text]) => new Option(text, value));
  const select = element("select", { id: control.name }, ...options);
  select.addEventListener("change", () => change(control.name, select.value));
  return { parts: [select], show: (value) => { select.value = value; } };
}

function box(control, change) {
  const number = element("input", { type: "number", id: control.name, min: control.ends[0], max: control.ends[1], step: "any" });
  number.addEventListener("change", () => {
    if (Number.isFinite(number.valueAsNumber)) change(control.name, number.valueAsNumber / control.scale);
  });
  return { parts: [number], show: (value) => { number.value = shown(value * control.scale); } };
}

function slider(control, change) {
  const range = element("input", {
    type: "range", id: control.name, min: control.ends[0], max: control.ends[1], step: control.step,
  });
  const set = (value) => {
    show(value);
    change(control.name, value);
  };
  const beside = box({ ...control, name: `${control.name}_number` }, (_, value) => set(value));
  beside.parts[0].setAttribute("aria-label", `${control.label}, number, ${control.unit}`);
  const show = (value) => {
    range.value = value * control.scale;
    range.setAttribute("aria-valuetext", `${shown(value * control.scale)} ${control.unit}`);
    beside.show(value);
  };
  range.addEventListener("input", () => set(range.valueAsNumber / control.scale));
  return { parts: [element("div", { className: "pair" }, range, ...beside.parts)], show };
}

const KINDS = { choice, number: box, range: slider };

export function render({ model }) {
  let values = JSON.parse(model.values);
  let waiting = false; // one change at a time is under way; only the newest of the others follows it
  let newer = false;

  const send = () => {
    if (waiting) { newer = true; return; }
    waiting = true;
    newer = false;
    model.values = JSON.stringify(values);
  };
  const change = (name, value) => {
    values = { ...values, [name]: value };
    send();
  };
  const form = element("form", { ariaLabel: "Assumptions" });
  form.addEventListener("submit", (event) => event.preventDefault());
  const made = {};
  const wide = window.matchMedia("(min-width: 800px)").matches;
  for (const [title, controls] of JSON.parse(model.groups)) {
    const group = element("details", { open: wide || Object.keys(made).length < 2 }, element("summary", {}, title));
    for (const control of controls) {
      made[control.name] = KINDS[control.kind](control, change);
      group.append(element("div", { className: "control", title: control.help }, labelled(control), ...made[control.name].parts));
    }
    form.append(group);
  }
  const show = () => Object.entries(made).forEach(([name, one]) => one.show(values[name]));
  show();
  model.on("answered", () => {
    waiting = false;
    if (newer) send();
  });
  model.on("values", () => {
    if (newer || model.values === JSON.stringify(values)) return;
    values = JSON.parse(model.values);
    show();
  });
  return form;
}
