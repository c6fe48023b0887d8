// Sends a file to S3 in parts, with a signed URL for each. What was begun is kept in the browser, so an upload goes on after
// a lost connection and after the page was closed: choose the same file again.
"use strict";

const AT_ONCE = 3;
const PATIENCE = [1, 2, 5, 10, 20, 30, 30, 30, 30, 30];

const form = document.querySelector("[data-upload]");
const find = (name) => form.querySelector(`[data-${name}]`);
const input = form.elements.chosen;
const button = form.querySelector("button.primary");
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
let stopped = false;

function described() {
  const fields = new URLSearchParams();
  const file = input.files[0];
  fields.set("file", file ? file.name : "");
  fields.set("bytes", file ? file.size : 0);
  for (const name of ["reporter", "volume", "first_page", "last_page"]) fields.set(name, form.elements[name].value);
  if (form.elements.unnamed.checked) fields.set("unnamed", "true");
  return fields;
}

// Sends a form to the console. Repeats what got lost on the way, but not what was refused.
async function ask(path, fields) {
  for (const wait of [...PATIENCE, null]) {
    try {
      const answer = await fetch(path, {
        method: "POST", body: fields, redirect: "error",
        headers: { "X-Quire-Form-Token": document.body.dataset.formToken },
      });
      if (answer.ok) return answer.json();
      if (answer.status < 500) throw new Refusal(await reason(answer));
    } catch (error) {
      if (error instanceof Refusal) throw error;
    }
    if (wait === null) throw new Error("The connection was lost. Choose the same file again to go on.");
    tell(`The connection was lost. Trying again in ${wait} s …`);
    await pause(wait);
  }
}

class Refusal extends Error {}

// The sentence of the console's error page.
async function reason(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector(".notice")?.textContent ?? `The console answered ${answer.status}.`;
}

let asked = 0;

async function check() {
  const number = ++asked;
  button.disabled = true;
  if (!input.files[0]) return;
  const answer = await fetch(`/upload/check?${described()}`);
  // The answer to an older question is of no use.
  if (!answer.ok || number !== asked) return;
  const { key, text, conflict } = await answer.json();
  find("verdict").textContent = text;
  find("conflict").textContent = conflict ?? "";
  find("conflict").hidden = !conflict;
  button.disabled = !key;
}

const identity = (file) => `upload ${file.name} ${file.size} ${file.lastModified}`;

function remembered(file) {
  try { return JSON.parse(localStorage.getItem(identity(file))); } catch { return null; }
}

const of = ({ key, upload }, more = {}) => new URLSearchParams({ key, upload, ...more });

async function begin(file) {
  const earlier = remembered(file);
  if (earlier) {
    try {
      return { ...earlier, done: new Set(await ask("/upload/state", of(earlier))) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  const begun = await ask("/upload/begin", described());
  localStorage.setItem(identity(file), JSON.stringify(begun));
  return { ...begun, done: new Set() };
}

function tell(text, share) {
  find("progress").hidden = false;
  find("progress-text").textContent = text;
  if (share !== undefined) form.querySelector("progress").value = 100 * share;
}

// One part, until S3 has it. A URL is asked for again, because it may have expired meanwhile.
async function send(file, begun, part) {
  for (const wait of [...PATIENCE, null]) {
    if (stopped) throw new Error("The upload was stopped. Choose the same file again to go on.");
    try {
      const signed = await ask("/upload/part", of(begun, { part }));
      const from = (part - 1) * begun.part_bytes;
      const answer = await fetch(signed, { method: "PUT", body: file.slice(from, from + begun.part_bytes) });
      if (answer.ok) return;
    } catch (error) {
      if (error instanceof Refusal) throw error;
    }
    if (wait === null) throw new Error("S3 does not take the file. Choose the same file again to go on.");
    await pause(wait);
  }
}

async function sendAll(file, begun) {
  const count = Math.max(1, Math.ceil(file.size / begun.part_bytes));
  const waiting = Array.from({ length: count }, (_, index) => index + 1).filter((part) => !begun.done.has(part));
  let sent = count - waiting.length;
  const began = performance.now(), first = sent;
  const show = () => {
    const seconds = (performance.now() - began) / 1000;
    const left = sent > first ? Math.round(seconds / (sent - first) * (count - sent)) : null;
    const time = left === null ? "" : left < 60 ? `, ${left} s left` : `, ${Math.round(left / 60)} min left`;
    tell(`${sent} of ${count} parts are sent${time}`, sent / count);
  };
  show();
  const worker = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      await send(file, begun, part);
      sent += 1;
      show();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function arrive(key, { version_id, etag }) {
  tell("All is sent. Waiting until it is recorded …", 1);
  for (let tries = 0; tries < 60; tries += 1) {
    const answer = await fetch(`/upload/arrival?${new URLSearchParams({ key, version_id, etag })}`);
    const scan = answer.ok ? await answer.json() : null;
    if (scan) return location.assign(`/volumes/${scan}`);
    await pause(1);
  }
  location.assign("/volumes");
}

async function upload() {
  const file = input.files[0];
  const begun = await begin(file);
  await sendAll(file, begun);
  const version = await ask("/upload/complete", of(begun));
  localStorage.removeItem(identity(file));
  await arrive(begun.key, version);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  stopped = false;
  button.disabled = true;
  tell("Beginning …", 0);
  upload().catch((error) => { tell(error.message); button.disabled = false; });
});

form.addEventListener("input", check);
find("stop").addEventListener("click", () => { stopped = true; });

const drop = find("drop");
for (const kind of ["dragover", "dragleave", "drop"]) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      check();
    }
  });
}

// Leaving in the middle is no loss, but a surprise.
addEventListener("beforeunload", (event) => {
  if (!find("progress").hidden && !stopped && button.disabled && form.querySelector("progress").value < 100) event.preventDefault();
});
