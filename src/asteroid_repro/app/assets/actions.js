// Buttons: a press goes to Python by its name; what comes back is a file to save or a line to say.
function save(file) {
  const bytes = Uint8Array.from(atob(file.base64), (letter) => letter.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type: file.mime }));
  const link = Object.assign(document.createElement("a"), { href: address, download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
  URL.revokeObjectURL(address);
}

function chooser(model, label) {
  const input = Object.assign(document.createElement("input"), { type: "file", accept: ".toml", id: "restore" });
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    model.send_msg({ action: "restore", text: await input.files[0].text() });
    input.value = "";
  });
  const words = Object.assign(document.createElement("label"), { htmlFor: "restore", textContent: label });
  const both = document.createElement("div");
  both.className = "restore";
  both.append(words, input);
  return both;
}

export function render({ model }) {
  const box = document.createElement("div");
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  const copy = async () => {
    const address = window.location.href;
    try {
      await navigator.clipboard.writeText(address);
      said.textContent = `Link copied: ${address}`;
    } catch {
      said.textContent = `Copy this link: ${address}`;
    }
  };
  for (const [action, label] of JSON.parse(model.buttons)) {
    if (action === "restore") {
      box.append(chooser(model, label));
      continue;
    }
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label, id: action });
    button.addEventListener("click", () => (action === "link" ? copy() : model.send_msg({ action })));
    box.append(button);
  }
  model.on("msg:custom", (message) => {
    const file = message.data ?? message;
    save(file);
    said.textContent = `Saved ${file.name}`;
  });
  box.append(said);
  return box;
}
