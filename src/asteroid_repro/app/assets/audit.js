// A field for a text, two for what is known of it, a button; the audit comes back as HTML.
function field(box, id, label, element) {
  const words = Object.assign(document.createElement("label"), { htmlFor: id, textContent: label });
  element.id = id;
  const both = Object.assign(document.createElement("div"), { className: "control" });
  both.append(words, element);
  box.append(both);
  return element;
}

const KINDS = [["", "not said"], ["wald", "linear or mixed model (Wald)"], ["exact", "exact"], ["profile", "profile likelihood"],
  ["bootstrap", "bootstrap"], ["credible", "Bayesian"], ["rank", "ranks"]];

export function render({ model }) {
  const box = document.createElement("div");
  box.style.cssText = "max-width: 72rem; margin: 0 auto; padding: 1rem";
  const title = Object.assign(document.createElement("h1"), { textContent: "Audit a paper" });
  const about = Object.assign(document.createElement("p"), {
    textContent: "Paste an abstract, a page or a table. The text stays on this machine.",
  });
  box.append(title, about);
  const area = document.createElement("textarea");
  area.rows = 12;
  area.style.cssText = "width: 100%; font: inherit; box-sizing: border-box; padding: 0.5rem";
  const text = field(box, "text", "Text", area);
  const select = document.createElement("select");
  for (const [value, label] of KINDS) select.append(new Option(label, value));
  const kind = field(box, "kind", "How it says it was analysed", select);
  const people = field(box, "people", "People of the arms, as 20 + 20", Object.assign(document.createElement("input"), { type: "text", className: "people" }));
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Audit", id: "audit" });
  button.addEventListener("click", () => model.send_msg({ text: text.value, kind: kind.value, people: people.value }));
  const result = document.createElement("div");
  result.setAttribute("role", "region");
  result.setAttribute("aria-live", "polite");
  result.setAttribute("aria-label", "Audit");
  result.id = "result";
  const show = () => { result.innerHTML = model.page; };
  model.on("page", show);
  show();
  box.append(button, result);
  return box;
}
