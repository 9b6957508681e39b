// What a page does besides being read. Everything here also works, by a click more, without it.

const say = (text) => {
  document.getElementById("spoken").textContent = text;
};

// Parts that are loaded after the page, or looked at again while somebody reads it.
async function loadPart(part) {
  try {
    const answer = await fetch(part.dataset.load, { headers: { "x-part": "1" } });
    if (!answer.ok) throw new Error(answer.status);
    const html = await answer.text();
    if (html === part.dataset.shown) return true;
    const focused = document.activeElement?.id;
    // Our own page, in which every value was escaped.
    part.innerHTML = html;
    part.dataset.shown = html;
    if (focused) document.getElementById(focused)?.focus();
    part.removeAttribute("aria-busy");
    watchChoices();
    return true;
  } catch {
    return false;
  }
}

function lookAgain(part) {
  const seconds = Number(part.querySelector("[data-again]")?.dataset.again ?? part.dataset.again);
  if (!seconds) return;
  setTimeout(async () => {
    // Nobody looks at a hidden page, and a half-typed answer is not to be lost.
    const typing = part.contains(document.activeElement) && document.activeElement.matches("input, select");
    if (!document.hidden && !typing) {
      const before = part.querySelector("[data-summary]")?.textContent;
      const reached = await loadPart(part);
      document.getElementById("unreachable").hidden = reached;
      const after = part.querySelector("[data-summary]")?.textContent;
      if (reached && before !== after) say(after ?? "");
    }
    lookAgain(part);
  }, seconds * 1000);
}

for (const part of document.querySelectorAll("[data-load]")) {
  if (part.dataset.again !== undefined) lookAgain(part);
  else {
    loadPart(part).then((reached) => {
      if (!reached) part.querySelector("[data-failed]")?.removeAttribute("hidden");
      part.querySelector(".loading")?.toggleAttribute("hidden", !reached);
    });
  }
}

// Projects: how much is not saved yet.
let unsaved = 0;

function watchChoices() {
  const form = document.querySelector("form[data-choices]");
  if (!form || form.dataset.watched) return;
  form.dataset.watched = "yes";
  const state = form.querySelector("[data-unsaved]");
  const saved = state.textContent;
  form.addEventListener("change", () => {
    const boxes = [...form.querySelectorAll("input[type=checkbox]")].filter((b) => b.checked !== b.defaultChecked);
    const selects = [...form.querySelectorAll("select")].filter((s) => !s.selectedOptions[0]?.defaultSelected);
    const gone = boxes.filter((box) => !box.checked).map((box) => box.dataset.key);
    unsaved = boxes.length + selects.length;
    state.textContent = unsaved
      ? `${unsaved} ${unsaved === 1 ? "change" : "changes"} not saved yet.` +
        (gone.length ? ` ${gone.join(", ")}: the rows are removed from the tables, synced data is kept.` : "")
      : saved;
  });
  form.addEventListener("submit", () => {
    unsaved = 0;
  });
}

watchChoices();
addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

// A file is read here and sent as text, like what is pasted.
for (const input of document.querySelectorAll("[data-into]")) {
  input.closest("[data-needs-script]").hidden = false;
  input.addEventListener("change", async () => {
    if (input.files[0]) document.getElementById(input.dataset.into).value = await input.files[0].text();
  });
}

// Filters. A choice by pointer takes effect at once. The keyboard passes through values that nobody means, the
// first digit of a year or every option on the way: what it chose waits for Enter, or until the control is left.
function applyChoices(form) {
  let byKeyboard = false;
  let waiting = false;
  const apply = () => {
    waiting = false;
    form.requestSubmit();
  };
  form.addEventListener("pointerdown", () => {
    byKeyboard = false;
  });
  form.addEventListener("keydown", (event) => {
    byKeyboard = true;
    if (event.key !== "Enter" || !waiting) return;
    event.preventDefault(); // a select would open its list, or do nothing
    apply();
  });
  form.addEventListener("change", () => {
    if (byKeyboard) waiting = true;
    else apply();
  });
  form.addEventListener("focusout", (event) => {
    // Who only looks at another window has not left the control.
    if (!waiting || !document.hasFocus()) return;
    keepPlace(form, form.contains(event.relatedTarget) && event.relatedTarget.name ? event.relatedTarget : event.target);
    apply();
  });
  // An address says what was chosen; what was not is left out.
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (!value) formData.delete(name);
  });
  form.addEventListener("submit", () => {
    waiting = false;
    if (form.contains(document.activeElement)) keepPlace(form, document.activeElement);
  });
}

// The page that a choice leads to is a new one: there, too, the keyboard is to go on where it was.
const placeOf = (form) => `place in ${form.getAttribute("action")}`;

function keepPlace(form, control) {
  try {
    if (control.name) sessionStorage.setItem(placeOf(form), control.name);
  } catch {
    // Where the browser keeps nothing, the focus is lost, and nothing else.
  }
}

function returnToPlace(form) {
  try {
    const name = sessionStorage.getItem(placeOf(form));
    sessionStorage.removeItem(placeOf(form));
    if (name) form.elements[name]?.focus();
  } catch {
    // As above.
  }
}

for (const form of document.querySelectorAll("form[data-at-once]")) {
  applyChoices(form);
  returnToPlace(form);
  form.querySelector("[data-no-script]")?.classList.add("when-focused");
}
