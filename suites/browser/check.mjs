// Looks at reports as a reader does: check.mjs FOLDER [PART...]. In FOLDER are outputs of runs: reference, kamailio, faulty, markup, cut-N, damaged, big; event, event-90, event-anonymous: pages of an event.
// Screenshots and a printed PDF go to FOLDER/screens; CI keeps them. Exit 0 only when every expectation held.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import zlib from "node:zlib";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {chromium} from "playwright-core";

const folder = path.resolve(process.argv[2]);
const screens = path.join(folder, "screens");
const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
fs.mkdirSync(screens, {recursive: true});
let failures = 0, held = 0;

function expect(holds, what) {
  if (holds) { held++; return; }
  failures++;
  console.log("FAILED: " + what);
}
const equal = (found, wanted, what) => expect(JSON.stringify(found) === JSON.stringify(wanted), `${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
const report = name => path.join(folder, name, name.startsWith("event") ? "index.html" : "report.html");
const address = (name, hash = "") => pathToFileURL(report(name)).href + hash;
// What the page holds, read without the page's own code.
function dataOf(name) {
  const text = fs.readFileSync(report(name), "utf8");
  const data = JSON.parse(/<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(text)[1]);
  return data.deflated ? JSON.parse(zlib.inflateSync(Buffer.from(data.deflated, "base64"))) : data;
}
const linkTo = variant => "#scenario/" + variant.id + "/" + variant.variant;

const profile = fs.mkdtempSync(path.join(os.tmpdir(), "sipreuse-browser-"));
const context = await chromium.launchPersistentContext(profile, {executablePath: process.env.CHROMIUM || "/usr/bin/chromium", headless: true, viewport: {width: 1280, height: 900},
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]});

// A page on which an error, a dialog, or a request to anywhere is a failure.
async function open(name, hash = "", options = {}) {
  const page = await context.newPage();
  page.setDefaultTimeout(120000); // a loaded machine is no finding
  page.on("pageerror", error => expect(false, `${name}${hash}: ${error.message}`));
  page.on("console", message => expect(message.type() !== "error", `${name}${hash}: console: ${message.text()}`));
  page.on("dialog", async dialog => { expect(false, `${name}: a dialog opened: ${dialog.message()}`); await dialog.dismiss(); });
  page.on("request", request => expect(request.url().split("#")[0] === address(name), `${name}: a request to ${request.url()}`));
  if (options.size) await page.setViewportSize(options.size);
  await page.emulateMedia({colorScheme: options.scheme || "light", media: options.media || "screen"});
  await page.goto(address(name, hash));
  await page.waitForSelector("#main > *", {state: "attached"});
  return page;
}
const shot = (page, name, fullPage = true) => page.screenshot({path: path.join(screens, name + ".png"), fullPage});

async function axe(page, what) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => globalThis.axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}));
  const serious = result.violations.filter(one => one.impact === "serious" || one.impact === "critical");
  expect(serious.length === 0, `${what}: axe: ` + serious.map(one => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 160)} ${one.nodes[0].failureSummary || ""}`).join(" | "));
}
const background = page => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const firstFailure = data => data.variants.find((v, i) => v.verdict === "fail" && data.flows[i] && data.flows[i].events.some(e => e.s === v.on && e.k === "message"));

async function summary() {
  for (const [name, met] of [["reference", true], ["kamailio", false], ["faulty", false]]) {
    const data = dataOf(name), page = await open(name);
    equal(await page.textContent(".gate"), met ? "\u2713 Gate met" : "\u2717 Gate not met", `${name}: gate`);
    const security = data.requirements.filter(r => r.status === "not-conformant" && r.class === "security").length;
    expect((await page.textContent("main")).includes(security ? `Security findings (${security})` : "Security findings"), `${name}: number of security findings`);
    const first = await page.locator(".columns h2").first().textContent();
    expect(first.startsWith("Security findings"), `${name}: security comes first, not '${first}'`);
    for (const level of ["MUST", "SHOULD"])
      for (const [status, count] of Object.entries(data.levels[level]).filter(([, n]) => n))
        expect(await page.locator(`.legend a[href="#requirements?status=${status}&level=${level}"]`).textContent().then(text => text.startsWith(count + " ")), `${name}: ${level} ${status} ${count}`);
    expect(await page.locator(".tone").count() >= 5, `${name}: the reuse profile has sentences`);
    await shot(page, `summary-${name}`, false);
    await axe(page, `${name} summary`);
    await page.close();
  }
  const page = await open("kamailio", "", {scheme: "dark"});
  expect(await background(page) !== "rgb(246, 247, 249)", "dark follows the system");
  await shot(page, "summary-kamailio-dark", false);
  await axe(page, "summary, dark");
  await page.click("button.theme");
  equal(await background(page), "rgb(246, 247, 249)", "the button makes it light");
  await page.click("button.theme");
  await page.click("button.theme");
  await page.close();
}

async function filters() {
  const data = dataOf("kamailio"), page = await open("kamailio", "#requirements");
  const rows = () => page.locator("tbody .unfold").count();
  const failed = data.requirements.filter(r => r.status === "not-conformant");
  equal(await rows(), data.requirements.length, "all requirements are listed");
  await page.click('[data-facet="status"][data-value="not-conformant"]');
  equal(await rows(), failed.length, "the status filter");
  for (const level of new Set(data.requirements.map(r => r.level)))
    equal(await page.textContent(`[data-facet="level"][data-value="${level}"] .count`), String(failed.filter(r => r.level === level).length), `count of ${level} follows the status filter`);
  await page.click('[data-facet="transport"][data-value="tcp"]');
  const overTcp = failed.filter(r => r.variants.map(n => data.variants[n]).some(v => v.verdict === "fail" && v.variant.startsWith("tcp-") && (!v.requirement || v.requirement === r.id)));
  const untested = await page.textContent('[data-facet="transport"][data-value="tls-sctp"] .count');
  equal(untested, "0", "what was not tested over a transport is not counted as failing over it");
  equal(await rows(), overTcp.length, "status and transport together");
  await page.fill("#filter-text", overTcp[0].id);
  expect(await rows() >= 1 && await rows() <= overTcp.length, "text narrows it");
  const hash = await page.evaluate(() => location.hash);
  expect(hash.includes("status=not-conformant") && hash.includes("transport=tcp") && hash.includes("q="), `the fragment holds the filters: ${hash}`);
  const wanted = await rows(), copy = await open("kamailio", hash);
  equal(await copy.locator("tbody .unfold").count(), wanted, "a copied link shows the same");
  await copy.close();
  await page.click("text=Clear");
  equal(await rows(), data.requirements.length, "cleared");
  await page.fill("#filter-text", "no such text anywhere");
  expect((await page.textContent("main")).includes("Nothing matches"), "nothing matches, and it says so");
  await page.close();
}

async function unfolding() {
  const data = dataOf("kamailio"), failed = data.requirements.find(r => r.status === "not-conformant" && r.clause);
  const page = await open("kamailio", "#requirements?q=" + failed.id);
  const button = page.locator("tbody .unfold").first();
  equal(await button.getAttribute("aria-expanded"), "false", "folded at first");
  await button.focus();
  await page.keyboard.press("Enter");
  equal(await button.getAttribute("aria-expanded"), "true", "Enter unfolds");
  expect((await page.textContent("tr.inner:not([hidden])")).includes(failed.clause), "the clause is shown");
  expect(await page.locator("tr.inner:not([hidden]) .variants li").count() >= 1, "the variants are shown");
  await shot(page, "requirement-unfolded");
  await axe(page, "unfolded requirement");
  expect((await page.evaluate(() => location.hash)).includes("open="), "what is unfolded is in the fragment");
  await page.keyboard.press("/");
  equal(await page.evaluate(() => document.activeElement.id), "filter-text", "/ goes to the text filter");
  await page.locator("tr.inner .variants a").first().click();
  await page.waitForSelector(".verdict-line");
  await page.close();
}

async function diagram(name) {
  const data = dataOf(name), variant = firstFailure(data), flow = data.flows[data.variants.indexOf(variant)];
  const page = await open(name, linkTo(variant));
  const messages = flow.events.filter(e => e.k === "message");
  for (const message of messages) {
    const colours = await page.locator(`[data-seq="${message.s}"] .arrow`).first().getAttribute("class");
    expect(colours.includes("s" + message.c % 8), `${name}: message ${message.s} lies on its connection`);
  }
  for (const connection of flow.connections) {
    const text = await page.textContent(".flow");
    expect(text.includes(connection.local) && text.includes(connection.remote), `${name}: 5-tuple of ${connection.id}`);
  }
  equal(await page.locator(".event.decides").count(), 1, `${name}: one event decides`);
  equal(await page.locator(".event.decides").getAttribute("data-seq"), String(variant.on), `${name}: the right one`);
  expect((await page.textContent(".bytes")).includes("This decides"), `${name}: its bytes are shown at once`);
  expect(await page.locator(".bytes .line.decisive").count() >= 1, `${name}: the decisive line is marked`);
  const text = await page.textContent("main");
  expect(text.includes("Run it again") && text.includes(`${variant.id}:${variant.variant}`), `${name}: the command`);
  expect(await page.locator(`a[href$=".pcapng"]`).count() === 1, `${name}: the capture is linked`);
  for (const requirement of variant.requirements) expect(text.includes(requirement), `${name}: ${requirement} is named`);
  const other = messages.find(m => m.s !== variant.on && m.m);
  await page.locator(`[data-seq="${other.s}"]`).click();
  const start = data.strings[other.m[0] >= 0 ? other.m[0] : -1 - other.m[0]];
  expect((await page.textContent(".bytes pre")).startsWith(start), `${name}: a click shows the bytes of that message`);
  await page.keyboard.press("Home");
  equal(await page.evaluate(() => document.activeElement.dataset.seq), String(flow.events[0].s), `${name}: Home goes to the first event`);
  await page.keyboard.press("ArrowDown");
  equal(await page.evaluate(() => document.activeElement.dataset.seq), String(flow.events[1].s), `${name}: the next one by arrow key`);
  const hash = await page.evaluate(() => location.hash), copy = await open(name, hash);
  equal(await copy.locator('.event[aria-pressed="true"]').getAttribute("data-seq"), String(flow.events[1].s), `${name}: a copied link shows the chosen event`);
  await copy.close();
  await page.close();
}

async function looks() {
  const data = dataOf("kamailio"), hash = linkTo(firstFailure(data));
  for (const [scheme, size, word] of [["light", {width: 1600, height: 1000}, "wide"], ["dark", {width: 1280, height: 900}, "dark"]]) {
    const page = await open("kamailio", hash, {scheme, size});
    await shot(page, "scenario-" + word);
    await axe(page, "scenario, " + word);
    await page.close();
  }
  for (const [view, viewHash] of [["summary", ""], ["requirements", "#requirements?status=not-conformant"], ["scenarios", "#scenarios?verdict=fail"], ["scenario", hash]]) {
    const page = await open("kamailio", viewHash, {size: {width: 390, height: 844}, scheme: view === "requirements" ? "dark" : "light"});
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    equal(await page.locator("tr.inner:visible").count(), 0, `phone, ${view}: what is folded takes no room`);
    expect(width <= 390, `phone, ${view}: nothing is wider than the screen (${width})`);
    await shot(page, "phone-" + view, view === "scenario");
    await axe(page, "phone, " + view);
    await page.close();
  }
}

async function print() {
  const data = dataOf("kamailio");
  for (const [name, hash] of [["summary", ""], ["requirements", "#requirements?status=not-conformant"], ["scenario", linkTo(firstFailure(data))]]) {
    const page = await open("kamailio", hash, {media: "print", scheme: "dark", size: {width: 794, height: 1123}});
    equal(await page.locator(".top").isVisible(), false, `print, ${name}: no navigation`);
    equal(await background(page), "rgb(255, 255, 255)", `print, ${name}: white paper`);
    await shot(page, "print-" + name, false);
    const file = path.join(screens, `print-${name}.pdf`);
    await page.pdf({path: file, format: "A4", printBackground: false});
    expect(fs.statSync(file).size > 10000, `print, ${name}: something is on the paper`);
    await page.close();
  }
}

async function withoutScripts() {
  const browser = await chromium.launch({executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]});
  const page = await (await browser.newContext({javaScriptEnabled: false})).newPage();
  await page.goto(address("kamailio"));
  const text = await page.textContent("main"), data = dataOf("kamailio");
  expect(text.includes("Gate not met"), "without scripts: the gate");
  for (const variant of data.variants.filter(v => v.verdict === "fail").slice(0, 50)) expect(text.includes(variant.reason), `without scripts: ${variant.id}`);
  await shot(page, "without-scripts", false);
  await browser.close();
}

// Everything that the device sent is text, on every page.
async function markup() {
  const data = dataOf("markup"), page = await open("markup");
  const visit = async hash => {
    await page.evaluate(to => { location.hash = to; }, hash);
    const found = await page.evaluate(() => ({ran: "sipreuseRan" in window, odd: document.querySelectorAll("#main script, #main img, #main iframe, #main a[href^='javascript'], #main [onerror], #main [onload]").length}));
    expect(!found.ran && found.odd === 0, `markup ${hash}: something that a device sent came alive`);
  };
  let seen = 0;
  for (const hash of ["#summary", "#requirements", "#scenarios"]) await visit(hash);
  for (const [i, variant] of data.variants.entries()) {
    if (!data.flows[i] || (i % 4 && variant.verdict !== "fail")) continue; // every page that shows a failure, and a sample of the others
    await visit(linkTo(variant));
    for (const event of data.flows[i].events.filter(e => e.k === "message" && e.d === "in" && e.m).slice(0, 2)) {
      await visit(`${linkTo(variant)}?event=${event.s}`);
      const text = await page.textContent(".bytes");
      if (!text.includes("sipreuseRan")) continue;
      seen++;
      expect(text.includes("<script>") && text.includes("</script>"), `markup ${event.s}: the element is readable text`);
      expect(text.includes("\\xff") && text.includes("\u27e8U+202E\u27e9") && text.includes("\u27e8U+001B\u27e9"), `markup ${event.s}: odd bytes are named`);
      expect(!text.includes("\u202e"), `markup ${event.s}: nothing turns the text around`);
    }
  }
  expect(seen > 0, "the device that sends markup was seen to send it");
  await shot(page, "markup");
  await page.close();
}

async function incomplete() {
  for (const name of ["cut-0", "cut-1", "cut-2"]) {
    const page = await open(name);
    expect((await page.textContent(".banner")).startsWith("Incomplete"), `${name}: says that it is incomplete`);
    await shot(page, name, false);
    for (const hash of ["#requirements", "#scenarios"]) await page.evaluate(to => { location.hash = to; }, hash);
    await page.close();
  }
  const page = await open("damaged"), banner = await page.textContent(".banner");
  for (const number of fs.readFileSync(path.join(folder, "damaged", "corrupt"), "ascii").split(" ")) expect(banner.includes(number), `damaged: line ${number} is named: ${banner}`);
  await page.close();
}

async function sizes() {
  for (const name of ["reference", "kamailio", "faulty", "big"]) expect(fs.statSync(report(name)).size < 3000000, `${name}: below 3 MB, is ${fs.statSync(report(name)).size}`);
  const data = dataOf("big");
  equal(data.variants.length, 400, "big: 400 scenarios");
  expect(data.variants.every((v, i) => data.flows[i] && data.flows[i].events.some(e => e.s === v.on)), "big: the deciding message of each is there");
  expect(data.flows.some(flow => flow.events.some(e => e.k === "message" && !e.m)), "big: not all bytes fit");
  for (const [i, flow] of data.flows.entries()) {
    const shown = flow.events.filter(e => e.k === "message").length, counted = flow.left_out.message || 0;
    if (shown + counted !== 24) { expect(false, `big: ${i}: ${shown} shown and ${counted} counted are not 24`); break; }
  }
  const begun = Date.now(), page = await open("big", linkTo(data.variants[399]));
  console.log(`big: ${fs.statSync(report("big")).size} bytes, shown after ${Date.now() - begun} ms`);
  expect((await page.textContent("main")).includes("Not shown: bytes of 23 messages"), "big: what is left out is said");
  await page.close();
}

// The pages of an event: devices beside each other, their history, and one that names nobody.
async function event() {
  const data = dataOf("event"), page = await open("event");
  expect((await page.textContent("main")).includes(`${data.devices.length} devices`), "event: counts the devices");
  equal(await page.locator(".survey li").count(), data.survey.filter(q => q.yes + q.no > 0).length, "event: a line for each question that was answered");
  await shot(page, "event");
  await axe(page, "event overview");
  await page.click("nav >> text=Matrix");
  equal(await page.locator(".matrix tbody tr").count(), data.requirements.length, "event: a row for each requirement");
  equal(await page.locator(".matrix thead th.device").allTextContents(), data.devices.map(d => d.label), "event: a column for each device");
  const bad = data.requirements.filter(row => row.cells.includes("not-conformant"));
  expect(bad.length > 0, "event: something is not conformant");
  await page.click('button[data-value="not-conformant"]');
  equal(await page.locator(".matrix tbody tr").count(), bad.length, "event: the filter leaves what some device does not meet");
  await page.selectOption("#choice-rows", "failures");
  const most = Math.max(...bad.map(row => row.cells.filter(word => word === "not-conformant").length));
  equal(await page.locator(".matrix tbody tr").first().locator("td.not-conformant").count(), most, "event: sorted by failures");
  const row = page.locator(".matrix tbody tr").first();
  const id = await row.getAttribute("data-id");
  await row.locator("button").focus();
  await page.keyboard.press("Enter");
  equal(await page.locator(".matrix tr.scenario").count(), data.requirements.find(one => one.id === id).scenarios.length, "event: unfolds into its scenarios");
  expect(await page.evaluate(() => document.activeElement.matches(".unfold")), "event: the keyboard stays where it was");
  await shot(page, "event-matrix");
  await axe(page, "event matrix");
  const there = await open("event", new URL(page.url()).hash);
  equal(await there.locator(".matrix tbody tr").count(), await page.locator(".matrix tbody tr").count(), "event: a link shows what its sender saw");
  await there.close();
  const device = data.devices.find((d, i) => data.requirements.some(one => one.id === id && one.cells[i] === "not-conformant"));
  const link = await page.locator(`.matrix tr[data-id="${id}"] td.not-conformant a`).first().getAttribute("href");
  expect(fs.existsSync(path.join(folder, "event", decodeURIComponent(link.split("#")[0]))), `event: ${device.label}: the cell leads to a report that is there`);
  await page.evaluate(() => { location.hash = "#history"; });
  await page.waitForSelector(".run");
  expect((await page.textContent("main")).includes("The first run."), "event: history begins with the first run");
  await shot(page, "event-history");
  await axe(page, "event history");
  await page.close();
  const dark = await open("event", "#matrix", {scheme: "dark", size: {width: 390, height: 800}});
  expect(await dark.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "event: a phone scrolls the matrix, not the page");
  await shot(dark, "event-phone-dark", false);
  await axe(dark, "event matrix, dark, phone");
  await dark.close();
  const hidden = fs.readFileSync(report("event-anonymous"), "utf8");
  expect(!/kamailio/i.test(hidden) && hidden.includes("Device 1"), "event: an anonymous page names nobody");
  const begun = Date.now(), big = await open("event-90", "#matrix");
  console.log(`event: 90 devices shown after ${Date.now() - begun} ms`);
  equal(await big.locator(".matrix thead th.device").count(), 90, "event: 90 columns");
  await big.close();
}

const parts = {summary, filters, unfolding, "diagram of kamailio": () => diagram("kamailio"), "diagram of faulty": () => diagram("faulty"), looks, print, withoutScripts, markup, incomplete, sizes, event};
const chosen = process.argv.slice(3);
for (const [name, part] of Object.entries(parts)) {
  if (chosen.length && !chosen.includes(name)) continue;
  const begun = Date.now();
  try { await part(); } catch (error) { expect(false, `${name}: ${error.stack}`); }
  console.log(`${name}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}
await context.close();
fs.rmSync(profile, {recursive: true, force: true});
console.log(failures ? `${failures} expectations failed, ${held} held` : `all ${held} expectations held`);
process.exit(failures ? 1 : 0);
