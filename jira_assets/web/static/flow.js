// Draws the panels of the Flow page: each is asked for when it comes into view, the others when there is nothing else
// to do, and drawn from its own rows.

// What came for each panel.
const answers = new Map();

// The charts wear the colours of the page, by name: the sheet says which they are on the screen, in the dark and on
// paper, and nothing has to be drawn again. A canvas does not know names, so everything is drawn as SVG.
const colour = (name) => `var(--${name})`;

function theme(width) {
  const quiet = colour("quiet");
  const font = getComputedStyle(document.body).fontFamily;
  const narrow = width < 480; // a phone
  const columns = Math.max(1, Math.floor(width / (narrow ? 160 : 135)));
  return {
    aria: false, // hundreds of marks are no way to read it; the rows are there as a table
    background: "transparent",
    font,
    padding: { left: 2, top: 2, right: 14, bottom: 2 },
    params: [
      ...["ink", "quiet", "accent", "card"].map((name) => ({ name, value: colour(name) })),
      ...[1, 2, 3, 4, 5, 6].map((number) => ({ name: `series${number}`, value: colour(`series-${number}`) })),
    ],
    view: { stroke: null },
    range: { category: [1, 2, 3, 4, 5, 6].map((number) => colour(`series-${number}`)) },
    axis: {
      labelColor: quiet, titleColor: quiet, titleFontWeight: 400, titleFontSize: 12, labelFontSize: 12,
      gridColor: colour("line"), domainColor: colour("line"), tickColor: colour("line"), titlePadding: 8, tickSize: 4,
    },
    axisX: { grid: false, labelOverlap: "greedy", labelSeparation: 8 },
    axisY: { domain: false, ticks: false },
    legend: {
      labelColor: colour("ink"), labelFontSize: 12, symbolSize: 90, columnPadding: 14, rowPadding: 4, padding: 0,
      offset: 12, columns, symbolType: "square",
      // A legend of colours and one of lines stand below each other: side by side they would be cut off.
      layout: { top: { direction: "vertical", anchor: "start", margin: 6 } },
      // Where two long names do not fit beside each other, better one shortened than one cut off.
      labelLimit: narrow ? Math.floor(width / columns) - 34 : 260,
    },
    text: { font, fontSize: 12 },
  };
}

// What stands between backticks is code: remedies name commands that way.
function withCode(words) {
  return words.split("`").map((part, place) => {
    if (place % 2 === 0) return part;
    const code = document.createElement("code");
    code.textContent = part;
    return code;
  });
}

function tell(panel, kind, title, words) {
  const state = panel.querySelector("[data-state]");
  state.className = kind;
  state.hidden = false;
  state.replaceChildren();
  const heading = document.createElement("strong");
  heading.textContent = title;
  const text = document.createElement("p");
  text.append(...withCode(words));
  state.append(heading, text);
  panel.querySelector("[data-chart]").hidden = true;
  panel.removeAttribute("aria-busy");
  showRows(panel);
}

async function load(panel) {
  const query = location.search;
  let answer;
  let found;
  try {
    answer = await fetch(`/flow/${panel.dataset.panel}.json${query}`);
    found = await answer.json();
  } catch {
    tell(panel, "note bad", "The page did not answer.", "Reload the page. The data shown may be out of date.");
    return;
  }
  if (!answer.ok) {
    tell(panel, "note bad", found.reason, found.instruction);
    return;
  }
  found.rows = found.rows.map((values) => Object.fromEntries(found.columns.map((name, at) => [name, values[at]])));
  panel.querySelector("[data-headline]").textContent = found.headline;
  panel.querySelector("[data-sql]").textContent = found.sql;
  if (found.not_followed.length) {
    const badge = panel.querySelector("[data-not-followed]");
    badge.hidden = false;
    const whole = found.whole ? `: shows the whole ${found.whole}` : "";
    badge.textContent = `Not filtered by ${found.not_followed.join(" or ")}${whole}.`;
  }
  answers.set(panel, found);
  showRows(panel);
  if (!found.is_enough) {
    tell(panel, "too-little", "Not enough data", found.needs);
    return;
  }
  await draw(panel, found);
}

async function draw(panel, found) {
  const place = panel.querySelector("[data-chart]");
  if (typeof vegaEmbed === "undefined") {
    tell(panel, "note warn", "The charts are not built.", "Run `make assets` where this page runs. The rows are below.");
    return;
  }
  const spec = { ...found.spec, data: { name: "rows", values: structuredClone(found.rows) } };
  try {
    const result = await vegaEmbed(place, spec, {
      ast: true,
      actions: false,
      logLevel: 1, // errors; a hint about sizes is none
      defaultStyle: false,
      renderer: "svg",
      config: theme(place.clientWidth),
      tooltip: { theme: "page", disableDefaultStyle: true },
      loader: { target: "_blank", rel: "noopener noreferrer" },
    });
    panel.view = result.view;
    panel.removeAttribute("aria-busy");
    panel.dataset.drawn = "yes";
    panel.querySelector(".loading")?.remove();
  } catch {
    tell(panel, "note bad", "This chart cannot be drawn.", "Its rows are available: show them as a table, or download them.");
  }
}

// The same rows for those who read them rather than look at them.
const MOST_ROWS = 200;

function cell(row, column) {
  const value = row[column];
  if (column === "jira_key" && /^https?:/.test(row.url ?? "")) {
    const link = document.createElement("a");
    link.href = row.url;
    link.textContent = value;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }
  if (value === null) return "–";
  if (typeof value === "number" && !Number.isInteger(value)) return String(Math.round(value * 100) / 100);
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function showRows(panel) {
  if (!panel.querySelector("[data-rows]").open) return;
  const found = answers.get(panel);
  if (found?.rows.length) table(panel, found);
  else if (found) tellRows(panel, "There are no rows.");
  else tellRows(panel, panel.hasAttribute("aria-busy") ? "The rows are loading." : "The rows could not be loaded.");
}

function tellRows(panel, words) {
  const text = document.createElement("p");
  text.className = "quiet small padded";
  text.textContent = words;
  panel.querySelector("[data-table]").replaceChildren(text);
}

function table(panel, found) {
  const place = panel.querySelector("[data-table]");
  const columns = found.columns.filter((column) => column !== "url");
  const whole = document.createElement("table");
  const head = whole.createTHead().insertRow();
  for (const column of columns) {
    const name = document.createElement("th");
    name.scope = "col";
    name.textContent = column;
    head.append(name);
  }
  const body = whole.createTBody();
  for (const row of found.rows.slice(0, MOST_ROWS)) {
    const line = body.insertRow();
    for (const column of columns) {
      const one = line.insertCell();
      one.append(cell(row, column));
      if (typeof row[column] === "number") one.className = "number";
    }
  }
  place.replaceChildren(whole);
  if (found.rows.length > MOST_ROWS) {
    const more = document.createElement("p");
    more.className = "quiet small padded";
    more.textContent = `The first ${MOST_ROWS} of ${found.rows.length} rows; the CSV has all rows.`;
    place.append(more);
  }
}

const panels = [...document.querySelectorAll("[data-panel]")];
const asked = new Map();

function ask(panel) {
  if (!asked.has(panel)) asked.set(panel, load(panel));
  return asked.get(panel);
}

// One after the other, behind those that somebody looks at: paper, and who searches the page, want them all.
async function askForTheOthers() {
  await Promise.all(asked.values());
  for (const panel of panels) {
    if (asked.has(panel)) continue;
    await idle();
    await ask(panel);
  }
}

function idle() {
  // Not every browser tells when it is idle.
  return new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done));
}

let othersFollow = false;
const seen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      ask(entry.target);
    }
    if (!othersFollow) askForTheOthers();
    othersFollow = true;
  },
  { rootMargin: "300px" },
);
for (const panel of panels) {
  seen.observe(panel);
  panel.querySelector("[data-rows]").addEventListener("toggle", () => showRows(panel));
}

// What is printed before they were all there.
addEventListener("beforeprint", () => {
  for (const panel of panels) ask(panel);
});
