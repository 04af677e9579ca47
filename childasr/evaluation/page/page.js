"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const rows = data.rows.map((values, number) => ({
  number,
  ...Object.fromEntries(data.fields.map((field, i) => [field, values[i]])),
}));
const PAGE = 25; // rows at a time: the whole table would be slow to lay out

const state = {
  language: navigator.language.startsWith("ko") ? "ko" : "en",
  field: "errors",
  descending: true,
  page: 0,
};

function word(key, values = {}) {
  return data.words[state.language][key].replace(/{(\w+)}/g, (_, name) => values[name]);
}

/* An element with attributes, properties and children; texts stay texts. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

function setLanguage(language) {
  state.language = language;
  document.documentElement.lang = language;
  for (const button of document.querySelectorAll("[data-language]")) {
    button.ariaPressed = String(button.dataset.language === language);
  }
  if (rows.length) {
    fillControls();
    show();
  }
}

/* Controls */

const filters = [...document.querySelectorAll("[data-filter]")];
const search = document.getElementById("search");

function fillControls() {
  search.placeholder = word("placeholder");
  for (const select of filters) {
    const chosen = select.value;
    const findings = ["suspect", "empty", "hallucinated"].map((key) => [word(key), key]);
    const labels = data.labels[select.dataset.filter]?.map((label) => [label, label]);
    select.replaceChildren(
      new Option(word("all"), ""),
      ...(labels ?? findings).map(([text, value]) => new Option(text, value)),
    );
    select.value = chosen;
  }
}

function plain(text) {
  return text.normalize("NFC").toLowerCase();
}

const haystack = rows.map((row) => plain([row.ref, row.hyp, row.ID].join("\n")));

function matching() {
  const sought = plain(search.value.trim());
  const chosen = filters.filter((select) => select.value);
  return rows.filter(
    (row) =>
      haystack[row.number].includes(sought) &&
      chosen.every(({ value, dataset: { filter } }) =>
        filter === "finding" ? row.findings.includes(value) : row[filter] === value,
      ),
  );
}

/* Labels are in the order of the report, other text by the alphabet, numbers
   by size; what is unknown comes last in both directions. */
function sorted(found) {
  const { field, descending } = state;
  const ranks = new Map(data.labels[field]?.map((label, rank) => [label, rank]));
  const key = (row) => ranks.get(row[field]) ?? row[field];
  const direction = descending ? -1 : 1;
  return found.sort((left, right) => {
    const [a, b] = [key(left), key(right)];
    if (a === b) return left.number - right.number;
    if (a === null || b === null) return a === null ? 1 : -1;
    return a < b ? -direction : direction;
  });
}

/* Rows */

function show() {
  const found = sorted(matching());
  const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
  state.page = Math.min(Math.max(state.page, 0), last);
  const start = state.page * PAGE;
  const shown = found.slice(start, start + PAGE);
  document.getElementById("rows").replaceChildren(...shown.map(tableRow));
  document.getElementById("count").textContent = counted(found.length, start, shown.length);
  for (const button of document.querySelectorAll("[data-turn]")) {
    button.disabled = state.page === (button.dataset.turn === "1" ? last : 0);
  }
  for (const heading of document.querySelectorAll("[data-field]")) {
    heading.removeAttribute("aria-sort");
    if (heading.dataset.field === state.field) {
      heading.ariaSort = state.descending ? "descending" : "ascending";
    }
  }
}

function counted(found, start, shown) {
  if (!found) return word("nothing");
  const [first, last] = [start + 1, start + shown].map(grouped);
  const kind = found < rows.length ? "filtered" : "whole";
  return (
    word("shown", { first, last, found: grouped(found) }) +
    word(kind, { total: grouped(rows.length) })
  );
}

function grouped(number) {
  return number.toLocaleString("en");
}

function percent(rate) {
  return rate === null ? "–" : (100 * rate).toFixed(1);
}

function tableRow(row) {
  const cells = [
    row.errors,
    row.words,
    percent(row.wer),
    percent(row.cer),
    percent(row.confidence),
    row.seconds?.toFixed(1) ?? "–",
    row.snr_db ?? "–",
    row.age,
    row.gender,
    row.style,
    row.speaker,
  ];
  return element(
    "tr",
    {},
    element("td", {}, utterance(row)),
    ...cells.map((cell) => element("td", {}, String(cell))),
  );
}

function utterance(row) {
  const body = element("div", {}, ...alignment(row), element("p", {}, element("code", {}, row.ID)));
  for (const finding of row.findings) {
    const detail = finding === "suspect" ? ` ${row.detail[state.language]}` : "";
    body.append(
      element("p", {}, element("span", { className: "finding" }, word(finding)), detail),
    );
  }
  const button = element("button", { type: "button", textContent: "▶" });
  button.ariaLabel = `${word("play")} ${row.ID}`;
  button.addEventListener("click", () => play(row, body, button));
  return element("div", { className: "utterance" }, button, body);
}

function alignment(row) {
  const [refs, hyps] = [row.ref, row.hyp].map((text) => text.split(" ").values());
  const over = {
    "=": () => [element("span", {}, refs.next().value), element("span", {}, hyps.next().value)],
    s: () => [element("del", {}, refs.next().value), element("ins", {}, hyps.next().value)],
    d: () => [element("del", {}, refs.next().value), element("i", {}, "–")],
    i: () => [element("i", {}, "–"), element("ins", {}, hyps.next().value)],
  };
  return [...row.steps].map((step) => element("span", { className: "mark" }, ...over[step]()));
}

/* Sound: one recording at a time, none before it is asked for. */

function play(row, body, button) {
  document.querySelectorAll("audio").forEach((audio) => audio.pause());
  const say = (text) => body.append(element("p", {}, text));
  button.disabled = true;
  if (row.audio === null) {
    say(word("member"));
    return;
  }
  const embedded = row.audio.startsWith("#");
  const audio = element("audio", { controls: true, autoplay: true });
  audio.addEventListener("error", () => {
    audio.remove();
    const address = decodeURIComponent(row.audio);
    say(embedded ? word("unplayable_embedded") : word("unplayable", { address }));
  });
  audio.src = embedded ? document.querySelector(row.audio).textContent : row.audio;
  body.append(audio);
  audio.focus();
}

/* What the reader does */

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => setLanguage(button.dataset.language));
}

for (const button of document.querySelectorAll("[data-rest]")) {
  button.addEventListener("click", () => {
    button.closest("table").querySelector(".rest").hidden = false;
    button.closest("tfoot").remove();
  });
}

function showFirst() {
  state.page = 0;
  show();
}

function jumpTo(choose) {
  search.form.reset();
  choose();
  showFirst();
  document.getElementById("table").scrollIntoView();
}

if (rows.length) {
  search.form.addEventListener("submit", (event) => event.preventDefault());
  search.form.addEventListener("reset", () => setTimeout(showFirst));
  search.addEventListener("input", showFirst);
  for (const select of filters) select.addEventListener("change", showFirst);
  for (const button of document.querySelectorAll("[data-turn]")) {
    button.addEventListener("click", () => {
      state.page += Number(button.dataset.turn);
      show();
    });
  }
  for (const heading of document.querySelectorAll("[data-field]")) {
    heading.addEventListener("click", () => {
      const { field } = heading.dataset;
      state.descending = field === state.field ? !state.descending : true;
      state.field = field;
      showFirst();
    });
  }
  for (const button of document.querySelectorAll("[data-find]")) {
    button.addEventListener("click", () => jumpTo(() => (search.value = button.dataset.find)));
  }
  for (const button of document.querySelectorAll("[data-finding]")) {
    const finding = filters.find((select) => select.dataset.filter === "finding");
    button.addEventListener("click", () => jumpTo(() => (finding.value = button.dataset.finding)));
  }
}

/* What is folded is printed too. */
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});

setLanguage(state.language);
