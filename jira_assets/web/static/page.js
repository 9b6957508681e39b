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
        (gone.length ? ` ${gone.join(", ")}: the rows leave the tables, what was read is kept.` : "")
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

// A choice in a filter takes effect at once.
for (const form of document.querySelectorAll("form[data-at-once]")) {
  form.addEventListener("change", () => form.requestSubmit());
  form.querySelector("[data-no-script]")?.setAttribute("hidden", "");
}
