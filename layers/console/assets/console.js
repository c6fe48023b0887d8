// What the pages do beyond links and forms. Every page works without it.
"use strict";

const keysAreOff = () => localStorage.getItem("keys") === "off";
const rows = () => [...document.querySelectorAll("[data-row]")];

// Pages refresh themselves. They wait while nobody looks, while something is selected or open, and while somebody types.
function isPaused(element) {
  return document.hidden
    || element.querySelector("input[data-select]:checked, details[open]") !== null
    || element.contains(document.activeElement) && document.activeElement.matches("input, select, textarea, button");
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id === "live" && isPaused(event.detail.elt)) event.preventDefault();
});

// The row that the keys are on survives a refresh.
document.addEventListener("htmx:afterSwap", () => choose(chosen));

// Somebody signed out in another window, or the session ended.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.responseURL.includes("/sign-in")) location.reload();
});

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.ask;
  if (question && !confirm(question)) return event.preventDefault();
  // A second press sends nothing. The button stays in the form, because its name is sent too.
  const form = event.target;
  if (form.method === "post") {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
  }
});

// Going back shows the page as it was, with forms that may be sent again.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) {
    for (const box of event.target.closest("table").querySelectorAll("[data-select]")) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-keys-off]")) localStorage.setItem("keys", event.target.checked ? "off" : "on");
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) showKeys();
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-copy]")) event.target.select();
});

function showKeys() {
  const dialog = document.getElementById("keys");
  dialog.querySelector("[data-keys-off]").checked = keysAreOff();
  dialog.showModal();
}

let chosen = -1;
let after_g = false;

function choose(number) {
  const all = rows();
  chosen = Math.min(Math.max(number, -1), all.length - 1);
  all.forEach((row, index) => row.classList.toggle("chosen", index === chosen));
  return all[chosen];
}

const KEYS = {
  "?": showKeys,
  "/": () => document.querySelector("[data-search]")?.focus(),
  j: () => choose(chosen + 1)?.scrollIntoView({ block: "nearest" }),
  k: () => choose(Math.max(chosen - 1, 0))?.scrollIntoView({ block: "nearest" }),
  o: () => rows()[chosen]?.querySelector("[data-open]")?.click(),
  x: () => rows()[chosen]?.querySelector("[data-select]")?.click(),
  g: () => { after_g = true; },
  ArrowLeft: () => document.querySelector("[data-previous]")?.click(),
  ArrowRight: () => document.querySelector("[data-next]")?.click(),
  b: () => document.querySelector("[data-overlay]")?.click(),
  s: () => document.querySelector("[data-side]")?.click(),
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (isTyping || event.ctrlKey || event.altKey || event.metaKey || keysAreOff() || document.querySelector("dialog[open]")) return;
  if (after_g) {
    after_g = false;
    const link = [...document.querySelectorAll("nav [data-key]")].find((link) => link.dataset.key === event.key);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  const action = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
  if (action) { event.preventDefault(); action(); }
});
