// A librarian and an operator at the console, in a real browser. `tests/tests/service/browser.rs` prepares everything and
// starts this; a step that does not come to its end fails the test.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";

// The packages are installed elsewhere.
const require = createRequire(join(process.env.QUIRE_BROWSER_PACKAGES, "package.json"));
const { chromium } = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

const { url, issuer, invitations, sample, breaking, large, hostile, waiting, letter, screens } = JSON.parse(process.env.QUIRE_BROWSER_TASK);
const PASSWORD = "correct horse battery staple";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const PATIENCE = 240_000;

const browser = await chromium.launch({ executablePath: process.env.QUIRE_BROWSER, args: FLAGS });
await mkdir(screens, { recursive: true });

async function person(invitation, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") page.faults.push(message.text()); });
  await page.goto(url + invitation);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("The same again").fill(PASSWORD);
  await page.getByRole("button", { name: "Choose this password" }).click();
  await page.waitForURL(`${url}/`);
  return page;
}

// axe is put into the page over the debugger's connection, where the page's policy does not hold.
async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
  assert.deepEqual(told, [], `axe finds something on ${what}`);
}

// At both widths, light and dark: nothing for axe, nothing outside the window.
async function fits(page, name, path, look = async () => {}) {
  for (const width of [1280, 390]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      if (path) await page.goto(url + path);
      const what = `${name}-${width}-${colorScheme}`;
      await accessible(page, what);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(beyond <= 0, `${what} is ${beyond} pixels too wide`);
      await look(what);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

async function step(name, action) {
  const began = Date.now();
  try {
    await action();
  } catch (error) {
    console.log(`FAILED ${name}: ${error.stack}`);
    await browser.close();
    process.exit(1);
  }
  console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

async function send(page, file) {
  await page.goto(`${url}/upload`);
  await page.locator("input[type=file]").setInputFiles(file);
  await page.locator("[data-verdict]", { hasText: "pages 201 to 207" }).waitFor();
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await page.waitForURL(/\/volumes\/\d+$/, { timeout: PATIENCE });
  // A page that was loaded again would have lost this.
  await page.evaluate(() => { window.isTheSame = true; });
}

const says = (page, text) => page.locator(".lead .state", { hasText: text }).waitFor({ timeout: PATIENCE });

const admin = await person(invitations.admin);
let volume;

await step("the first page says that nothing needs anybody", async () => {
  await admin.getByText("Nothing needs you.").waitFor();
});

await step("the sample is uploaded and finishes without reloading", async () => {
  await send(admin, sample);
  volume = new URL(admin.url()).pathname;
  await says(admin, "Ready for review");
  assert.equal(await admin.evaluate(() => window.isTheSame), true);
  const opinion = admin.getByRole("link", { name: /^arc\.12\..*\.pdf$/ }).first();
  const answer = await admin.request.get(url + (await opinion.getAttribute("href")));
  assert.equal((await answer.body()).subarray(0, 5).toString(), "%PDF-");
});

await step("a broken volume is found, told, retried, and finishes as told", async () => {
  await send(admin, breaking);
  await says(admin, "Failed");
  await admin.locator("summary", { hasText: "Skip pages" }).click();
  await admin.getByLabel(/^Pages of the file/).fill("2");
  await admin.getByRole("button", { name: "See what skipping them would do" }).click();
  await admin.getByText("Compresses again, reads 1 part (1) again").waitFor();
  await admin.getByText(/of work/).waitFor();
  await admin.getByRole("button", { name: "Skip page 2 and go on" }).waitFor();
  await admin.getByRole("link", { name: "Leave it" }).click();
  await says(admin, "Failed");
  await admin.goto(`${url}/failures`);
  await admin.locator("tbody a").first().click();
  await admin.locator("#chosen [data-select]").first().check();
  await admin.getByRole("button", { name: "See what a retry would do" }).click();
  const told = await admin.locator("tbody td").first().textContent();
  assert.match(told, /^Reads \d+ parts? .*again, keeps \d+ parts?, then splits\.$/);
  await admin.getByRole("button", { name: "Retry 1 volume" }).click();
  await admin.getByText("1 volume of 1 retried.").waitFor();
  await admin.locator("tbody a").first().click();
  await says(admin, "Ready for review");
  await admin.getByText("by admin").first().waitFor();
  await admin.reload();
});

await step("a finding leads to its page, and the keys change what is drawn", async () => {
  const shown = new URL(admin.url()).pathname;
  await admin.locator(".cards .card a").first().click();
  await admin.waitForURL(/\/pages\/\d+/);
  await admin.locator(".cards .card").first().waitFor();
  // The picture comes from S3, and the page's policy lets it.
  await admin.locator(".page img").first().evaluate((picture) => picture.decode());
  assert.ok(await admin.locator(".page.boundaries rect.cover").count() > 0);
  for (const overlay of ["transparent", "solid", "off", "boundaries"]) {
    await admin.keyboard.press("b");
    await admin.locator(`.page.${overlay} >> nth=0`).waitFor();
  }
  for (const side of [1, 1, 2]) {
    await admin.keyboard.press("s");
    await admin.waitForFunction((count) => document.querySelectorAll("figure.page").length === count, side);
  }
  await admin.goto(`${url}${shown}/pages`);
  await admin.locator(".grid img").first().evaluate((picture) => picture.decode());
  await admin.locator(".grid a").first().click();
  await admin.waitForURL(/\/pages\/1$/);
  await admin.keyboard.press("ArrowRight");
  await admin.waitForURL(/\/pages\/2\?/);
  await admin.keyboard.press("ArrowLeft");
  await admin.waitForURL(/\/pages\/1\?/);
});

await step("a poisoned letter is corrected and sent again", async () => {
  await admin.goto(`${url}/letters`);
  await admin.getByRole("link", { name: "Look at the letters" }).click();
  await admin.getByText("fails again").waitFor();
  await admin.locator("input[name=letter]").first().check();
  await admin.getByRole("button", { name: "See what the selected would do" }).click();
  await admin.getByRole("button", { name: "Send 1 letter again" }).waitFor();
  await fits(admin, "letters-preview");
  await reached(admin, "letters-preview");
  await admin.getByRole("link", { name: "Back to the letters" }).click();
  await admin.getByRole("link", { name: "Look at the letters" }).click();
  await admin.getByRole("link", { name: "Correct …" }).first().click();
  await admin.getByLabel("Body, as JSON").fill(letter);
  await admin.getByRole("button", { name: "Send the corrected letter" }).click();
  await admin.getByText("corrected and sent again").first().waitFor();
});

await step("an upload goes on after a lost connection and after the page was closed", async () => {
  const parts = [];
  let isLost = true;
  await admin.route(/partNumber=/, (route) => {
    const part = Number(new URL(route.request().url()).searchParams.get("partNumber"));
    // The last part never gets there before the page is opened again.
    if (isLost && part === 3) return route.abort();
    parts.push(part);
    return route.continue();
  });
  await admin.goto(`${url}/upload`);
  await admin.locator("input[type=file]").setInputFiles(large);
  await admin.getByRole("button", { name: "Upload", exact: true }).click();
  await admin.locator("[data-progress-text]", { hasText: "2 of 3 parts" }).waitFor();
  admin.once("dialog", (dialog) => dialog.accept());
  await admin.goto(`${url}/upload`);
  isLost = false;
  await admin.locator("input[type=file]").setInputFiles(large);
  await admin.getByRole("button", { name: "Upload", exact: true }).click();
  await admin.waitForURL(/\/volumes\/\d+$/, { timeout: PATIENCE });
  assert.deepEqual(parts.toSorted(), [1, 2, 3]);
  await admin.unroute(/partNumber=/);
  // What the browser says about the part that was lost.
  admin.faults = admin.faults.filter((fault) => !fault.includes("net::ERR_FAILED"));
});

await step("markup in a key and in a message is text", async () => {
  await admin.goto(`${url}${hostile}`);
  assert.match(await admin.locator("main").textContent(), /<script>alert/);
  assert.equal(await admin.locator("main script, main img").count(), 0);
});

await step("the keys lead everywhere", async () => {
  await admin.goto(url);
  for (const [key, path] of [["v", "/volumes"], ["f", "/failures"], ["l", "/letters"], ["u", "/upload"], ["h", "/health"], ["p", "/people"], ["a", "/activity"], ["t", "/"]]) {
    await admin.keyboard.press("g");
    await admin.keyboard.press(key);
    await admin.waitForURL(url + path);
  }
  await admin.goto(`${url}/volumes`);
  await admin.keyboard.press("/");
  await admin.keyboard.type("arc 12");
  await admin.keyboard.press("Enter");
  await admin.waitForURL(/search=arc/);
  await admin.keyboard.press("j");
  await admin.keyboard.press("o");
  await admin.waitForURL(url + volume);
  await admin.keyboard.press("?");
  await admin.getByRole("heading", { name: "Keyboard keys" }).waitFor();
  await admin.keyboard.press("Escape");
});

// Every screen.
const SCREENS = [["today", "/"], ["volumes", "/volumes"], ["volume", volume], ["pages", `${volume}/pages`], ["page", `${volume}/pages/2`], ["failures", "/failures"], ["letters", "/letters"],
  ["upload", "/upload"], ["health", "/health"], ["people", "/people"], ["activity", "/activity"]];

// Everything that can be pressed or filled in is reached with the tabulator, and shows that it is.
async function reached(page, what) {
  const wanted = await page.evaluate(() => {
    const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.tabIndex >= 0 && !element.disabled;
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(shown);
    all.forEach((element, index) => { element.dataset.number = index; });
    document.activeElement?.blur();
    return all.length;
  });
  const found = new Set();
  for (let press = 0; press < wanted + 3 && found.size < wanted; press += 1) {
    await page.keyboard.press("Tab");
    const [number, isSeen] = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      return [element.dataset.number, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0];
    });
    if (number === undefined) continue;
    assert.ok(isSeen, `${what}: element ${number} has the focus and does not show it`);
    found.add(number);
  }
  assert.equal(found.size, wanted, `${what}: the tabulator reaches ${found.size} of ${wanted}`);
}

await step("every action is reached with the keyboard alone", async () => {
  const questions = [["logs", `${volume}/logs`], ["delete", `${volume}/delete`], ["skip", `${hostile}/skip?pages=2`],
    ["retry", `/failures/preview?scan=${hostile.split("/").at(-1)}`]];
  for (const [name, path] of [...SCREENS, ...questions]) {
    await admin.goto(url + path);
    await reached(admin, name);
  }
  for (const [name, path] of questions) await fits(admin, name, path);
  // A retry from the first key to the last, of the volume that failed for good.
  await admin.goto(`${url}/failures`);
  await admin.keyboard.press("j");
  await admin.keyboard.press("o");
  await admin.waitForURL(/code=/);
  const groups = await admin.locator("table").first().locator("[data-row]").count();
  for (let row = 0; row <= groups; row += 1) await admin.keyboard.press("j");
  await admin.keyboard.press("x");
  await admin.getByRole("button", { name: "See what a retry would do" }).focus();
  await admin.keyboard.press("Enter");
  await admin.getByRole("button", { name: "Retry 1 volume" }).focus();
  await admin.keyboard.press("Enter");
  await admin.getByText("1 volume of 1 retried.").waitFor();
});

await step("a page refreshes itself, and waits while something is open or nobody looks", async () => {
  const page = await admin.context().newPage();
  await page.clock.install();
  await page.goto(url + waiting);
  const isRefresh = (request) => request.headers()["hx-request"] === "true";
  let asked = 0;
  page.on("request", (request) => { if (isRefresh(request)) asked += 1; });
  const refreshes = () => Promise.all([page.waitForResponse((answer) => isRefresh(answer.request())), page.clock.runFor(6_000)]);
  const waits = async (why) => {
    asked = 0;
    await page.clock.runFor(60_000);
    assert.equal(asked, 0, why);
  };
  await refreshes();
  await page.locator("#live summary").last().click();
  await waits("something is open");
  await page.locator("#live summary").last().click();
  await page.evaluate(() => document.activeElement.blur());
  await refreshes();
  await page.evaluate(() => Object.defineProperty(document, "hidden", { value: true, configurable: true }));
  await waits("nobody looks");
  await page.evaluate(() => { delete document.hidden; });
  await refreshes();
  await page.close();
});

await step("a viewer sees it and is refused by the server", async () => {
  const viewer = await person(invitations.viewer);
  await viewer.goto(url + volume);
  await viewer.getByText("Ready for review").first().waitFor();
  assert.equal(await viewer.getByRole("button", { name: /Approve|Cancel|retry/ }).count(), 0);
  const token = await viewer.evaluate(() => document.body.dataset.formToken);
  const refused = await viewer.evaluate(async ([path, form_token]) =>
    (await fetch(path, { method: "POST", body: new URLSearchParams({ form_token, seen: "" }) })).status, [`${volume}/approve`, token]);
  assert.equal(refused, 403);
  await viewer.context().close();
});

await step("every screen is accessible and fits", async () => {
  for (const [name, path] of SCREENS) {
    await fits(admin, name, path, (what) => admin.screenshot({ path: join(screens, `${what}.png`), fullPage: true }));
  }
});

await step("nothing was blocked and nothing broke", async () => {
  assert.deepEqual(admin.faults, []);
});

await step("signing out ends it", async () => {
  await admin.goto(url);
  await admin.locator("details.me summary").click();
  await admin.getByRole("button", { name: "Sign out", exact: true }).click();
  await admin.waitForURL(/\/sign-in/);
  await reached(admin, "sign-in");
  await fits(admin, "sign-in", "/sign-in");
});

await step("somebody signs in with the account of the library", async () => {
  // The page leads to the issuer by itself. It stays only if the issuer answers that it has nothing to show.
  let asked = 0;
  await admin.route(`${issuer}/auth?**`, (route) => {
    asked += 1;
    return asked === 1 ? route.fulfill({ status: 204 }) : route.continue({ url: `${route.request().url()}&login_hint=ada` });
  });
  await admin.getByRole("button", { name: "Sign in with the library's account" }).click();
  await admin.getByRole("link", { name: "Continue to the library's account" }).waitFor();
  await fits(admin, "openid");
  await reached(admin, "openid");
  await admin.getByRole("link", { name: "Continue to the library's account" }).click();
  await admin.waitForURL(`${url}/`);
  assert.equal(asked, 2);
  assert.equal(await admin.locator("details.me summary").textContent(), "ada@example.org");
});

await browser.close();
