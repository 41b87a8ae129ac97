/* The report of one run: summary, requirements, scenarios, one scenario. */

const data = JSON.parse(document.getElementById("data").textContent);
document.getElementById("data").remove(); /* megabytes that nobody needs twice, and that every walk over the page would read */
const strings = data.strings;
const STATUS = ["not-conformant", "undecided", "not-exercised", "conformant", "not-applicable"];
const STATUS_TEXT = {"conformant": "conformant", "not-conformant": "not conformant", "undecided": "undecided", "not-exercised": "not exercised", "not-applicable": "not applicable"};
const LEVELS = ["MUST", "SHOULD", "MAY", "seed", "obs"];
const VERDICTS = ["fail", "error", "inconclusive", "not-exercised", "pass", "not-applicable"];
const VERDICT_TEXT = {"not-exercised": "pass, not exercised", "not-applicable": "not applicable"};

/* ---- the data, made ready ---- */

const variants = data.variants.map((variant, number) => {
  const parts = /^(tls-sctp|tcp|tls|sctp)-(tls12|tls13|-)-(ip[46])-(client|server)(?:-(.*))?$/.exec(variant.variant) || [];
  return {...variant, number, flow: data.flows[number], transport: parts[1] || "other", tls: parts[2] === "-" ? "" : parts[2] || "", ip: parts[3] || "", role: parts[4] || "other", caseName: parts[5] || "",
    word: variant.verdict === "pass" && !variant.exercised ? "not-exercised" : variant.verdict,
    titleText: strings[variant.title] || variant.id, purposeText: strings[variant.purpose] || "", commandText: variant.command === null ? "" : strings[variant.command]};
});
const requirements = data.requirements.map(requirement => ({...requirement, of: requirement.variants.map(number => variants[number])}));
const requirementOf = new Map(requirements.map(requirement => [requirement.id, requirement]));
const scenarios = [...new Set(variants.map(variant => variant.id))].map(id => {
  const own = variants.filter(variant => variant.id === id);
  return {id, variants: own, title: own[0].titleText, requirements: [...new Set(own.flatMap(variant => variant.requirements))]};
});
for (const variant of variants)
  variant.classes = [...new Set(variant.requirements.map(id => (requirementOf.get(id) || {}).class).filter(Boolean))];

const worstFirst = (a, b) => VERDICTS.indexOf(a.word) - VERDICTS.indexOf(b.word);
const variantLink = variant => fragment.of(["scenario", ...variant.id.split("/"), variant.variant]);
const plural = (count, one, many) => count + " " + (count === 1 ? one : many || one + "s");
const roleText = role => role === "client" ? "device opens" : role === "server" ? "device accepts" : role;
const sectionText = requirement => [requirement.document, requirement.section && "\u00a7" + requirement.section].filter(Boolean).join(" ") || "Other";
/* Names in the scenario's own zone without it: they are what a sentence is about. */
const brief = (variant, text) => variant.flow && variant.flow.zone && text ? shortName(text, variant.flow.zone) : text;
const ZONE_NOTE = "\u2039zone\u203a stands for the DNS zone that a scenario has of its own.";
/* RFC 5923 first: it is what the suite is about. */
const documentRank = requirement => { const at = ["RFC 5923", "RFC 5922", "RFC 3261", "RFC 3263"].indexOf(requirement.document); return at < 0 ? 9 : at; };
const pcapName = variant => "pcap/" + strings[variant.pcap];

/* ---- summary ---- */

function summaryView() {
  const missed = !data.gate.met, isShort = requirements.filter(requirement => requirement.status === "not-conformant").length < 3;
  return [incompleteBanner(), el("section", {class: "card hero " + (missed ? "missed" : "met"), "aria-labelledby": "device"}, el("div", {},
    el("h1", {id: "device"}, data.device.name || "device"), el("p", {class: "muted"}, (data.device.version || "version not known").replace(/^version: /, "")),
    el("p", {class: "gate"}, missed ? "\u2717 Gate not met" : "\u2713 Gate met"), gateReasons(),
    data.faults ? el("p", {}, chip("bad", "seeded faults"), " ", data.faults.join(", ")) : null),
    facts()),
    el("div", {class: "columns lead"}, el("div", {}, findingsCard(), isShort ? levelsCard() : null), el("div", {}, reuseCard(), isShort ? null : levelsCard()))];
}

function levelsCard() {
  return el("section", {class: "card"}, el("h2", {}, "Requirements by level"), levelBars(), scenarioTotals());
}

function incompleteBanner() {
  const journal = data.journal, said = [];
  if (journal.cut) said.push("the journal ends in the middle of a line, as when the run was killed");
  if (journal.corrupt_lines)
    said.push(plural(journal.corrupt_lines, "corrupt line") + " skipped (" + (journal.corrupt_lines === 1 ? "line " : "lines ") + journal.corrupt_at.join(", ") + (journal.corrupt_lines > journal.corrupt_at.length ? ", \u2026" : "") + ")");
  if (journal.missing_lines) said.push(plural(journal.missing_lines, "line") + " missing");
  if (data.outcome && data.outcome !== "done") said.push("the run ended as: " + data.outcome);
  if (data.complete && !said.length) return null;
  if (!said.length) said.push("the run did not come to its end");
  return el("p", {class: "banner", role: "status"}, el("strong", {}, data.complete ? "Note: " : "Incomplete: "), said.join("; ") + ".");
}

/* What the gate rests on, in counts that a manager reads; the rest of its reasons as they are. */
function gateReasons() {
  const gating = data.suite.strict ? ["MUST", "SHOULD"] : ["MUST"];
  const total = level => STATUS.reduce((sum, status) => sum + data.levels[level][status], 0);
  const said = gating.flatMap(level => ["not-conformant", "undecided"].filter(status => data.levels[level][status]).map(status =>
    data.levels[level][status] + " of " + total(level) + " " + level + " requirements " + (status === "undecided" ? "could not be decided" : "are violated")));
  const security = requirements.filter(r => r.status === "not-conformant" && r.class === "security" && gating.includes(r.level)).length;
  if (security) said[0] += ", " + security + " of them for security";
  const others = data.gate.reasons.filter(reason => !/requirements? (is|are) (not-conformant|undecided)/.test(reason));
  const crashes = data.crashes.filter(Boolean).slice(0, 3).map(text => "Crash: " + text);
  if (!said.length && !others.length) return el("p", {}, "None of the " + total("MUST") + " MUST requirements is violated or undecided" + (data.suite.strict ? ", and no SHOULD." : "."));
  return el("ul", {}, [...said.map(text => text + "."), ...others, ...crashes].map(reason => el("li", {}, reason)));
}

function facts() {
  const libraries = data.tool.libraries || {}, environment = data.environment || {};
  const rows = [["When", (data.start || "not known").replace("T", " ").replace(/\.\d+Z$|Z$/, " UTC") + ", " + (data.duration_ms / 1000).toFixed(1) + " s"],
    ["Suite", [data.suite.name, data.suite.version && "version " + data.suite.version, data.suite.strict && "strict"].filter(Boolean).join(", ") || "chosen scenarios"],
    ["Transports", data.claims && data.claims.transports ? data.claims.transports.join(", ") : ""],
    ["SCTP", environment.sctp === "none" ? "none" : environment.sctp], ["TLS library", libraries.gnutls ? "GnuTLS " + libraries.gnutls : ""],
    ["Kernel", environment.kernel], ["Sandbox", environment.sandbox], ["Tool", "sipreuse " + data.tool.version], ["Seed", data.seed], ["Profile", (data.device.profile || "").split("/").slice(-2).join("/")]];
  return el("dl", {class: "facts"}, rows.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]));
}

function levelBars() {
  return el("div", {class: "bars"}, LEVELS.map(level => {
    const counts = data.levels[level] || {}, total = STATUS.reduce((sum, status) => sum + (counts[status] || 0), 0);
    if (!total) return null;
    const present = STATUS.filter(status => counts[status]);
    return el("div", {class: "bar-row"}, el("strong", {}, level),
      el("div", {class: "bar", "aria-hidden": "true"}, present.map(status => { const span = el("span", {class: status}); span.style.flex = counts[status] + " 0 0"; return span; })),
      el("div", {class: "legend"}, present.map(status => el("a", {href: fragment.of(["requirements"], {status, level})}, el("strong", {}, counts[status]), " " + STATUS_TEXT[status]))));
  }));
}

function scenarioTotals() {
  const words = VERDICTS.map(word => [word, variants.filter(variant => variant.word === word).length]).filter(([, count]) => count);
  return el("p", {class: "small"}, plural(variants.length, "scenario variant") + ": ", words.map(([word, count], i) => [i ? ", " : "",
    el("a", {href: fragment.of(["scenarios"], {verdict: word})}, count + " " + (VERDICT_TEXT[word] || word))]), data.baseline ? "; a baseline was given (" + data.baseline.file + ")" : "");
}

/* The failing variant that shows a requirement best: the one that is about it alone. */
function showcase(requirement) {
  const failing = requirement.of.filter(variant => variant.verdict === "fail" && (!variant.requirement || variant.requirement === requirement.id));
  return failing.sort((a, b) => a.requirements.length - b.requirements.length)[0];
}

function findingItem(requirement) {
  const variant = showcase(requirement);
  return el("li", {}, el("div", {class: "chips"}, chip("level", requirement.level), requirement.class === "security" ? chip("bad", "security") : null,
    requirement.baselined ? chip("not-exercised", "known") : null, el("a", {href: fragment.of(["requirements"], {q: requirement.id})}, sectionText(requirement)), el("span", {class: "mono muted small"}, requirement.id)),
    el("div", {class: "rule"}, prose(requirement.rule || requirement.id)), variant && variant.reason ? el("div", {}, brief(variant, variant.reason)) : null,
    variant ? el("div", {class: "small"}, el("a", {class: "no-print", href: variantLink(variant)}, "Show the call flow"), el("span", {class: "print-only mono"}, variant.id), el("span", {class: "muted"}, " \u00b7 " + plural(requirement.of.filter(v => v.verdict === "fail").length, "failing variant"))) : null);
}

function findingsCard() {
  const failed = requirements.filter(requirement => requirement.status === "not-conformant");
  const rank = requirement => LEVELS.indexOf(requirement.level) * 10 + documentRank(requirement);
  const security = failed.filter(requirement => requirement.class === "security").sort((a, b) => rank(a) - rank(b));
  const others = failed.filter(requirement => requirement.class !== "security").sort((a, b) => rank(a) - rank(b));
  const list = found => el("ul", {class: "findings"}, found.map(findingItem));
  return el("section", {class: "card"}, el("h2", {}, "Security findings" + (security.length ? " (" + security.length + ")" : "")),
    security.length ? [list(security), el("p", {class: "muted small"}, ZONE_NOTE)] : el("p", {}, failedOpen() ? "None seen, but not everything could be decided." : "None."),
    el("h2", {style: null}, "Other findings" + (others.length ? " (" + others.length + ")" : "")), others.length ? list(others) : el("p", {}, "None."));
}
const failedOpen = () => !data.complete || requirements.some(requirement => requirement.status === "undecided");

function reuseCard() {
  const mark = {good: "\u2713", bad: "\u2717", doubt: "?", plain: "\u2022"};
  return el("section", {class: "card"}, el("h2", {}, "Reuse profile"), el("p", {class: "muted small"}, "What the device was seen to do, whatever it claims."),
    data.reuse.length ? el("ul", {class: "findings"}, data.reuse.map(one => el("li", {class: "tone " + one.tone}, el("span", {"aria-hidden": "true"}, mark[one.tone] || "\u2022"),
      el("div", {}, one.text + " ", el("a", {class: "small no-print", href: fragment.of(["scenarios"], {q: one.scenarios[0]})}, "why")))))
      : el("p", {}, "The scenarios that tell it did not run."));
}

/* ---- requirements ---- */

const variantFacets = [
  {key: "role", label: "Role", of: one => one.roles, options: ["client", "server"].map(value => ({value, label: roleText(value)}))},
  {key: "transport", label: "Transport", of: one => one.transports, options: [...new Set(variants.map(v => v.transport))].sort().map(value => ({value}))},
  {key: "class", label: "Class", of: one => one.classes, options: [...new Set(requirements.map(r => r.class).filter(Boolean))].sort().map(value => ({value}))},
];
const levelFacet = {key: "level", label: "Level", of: one => one.levels, options: LEVELS.filter(level => requirements.some(r => r.level === level)).map(value => ({value}))};

function filteredView(view, title, items, facets, textOf, table) {
  const {query} = fragment.read();
  const open = new Set((query.get("open") || "").split(",").filter(Boolean));
  const count = el("p", {class: "muted", role: "status", "aria-live": "polite"});
  const body = el("div", {class: "card"});
  const update = () => {
    const found = filters.apply(items);
    count.textContent = found.length === items.length ? "All " + items.length : found.length + " of " + items.length;
    body.replaceChildren(found.length ? table(found, filters, open, keep) : el("p", {}, "Nothing matches. ", el("button", {type: "button", onclick: () => filters.clear()}, "Clear the filters")));
    keep();
  };
  const keep = () => fragment.put([view], {...filters.state(), open: [...open].join(",")});
  const filters = new Filters(facets, textOf, query, update);
  update();
  return [el("h1", {}, title), filters.node, count, body];
}

function requirementsView() {
  const items = requirements.map(requirement => ({...requirement, levels: [requirement.level], classes: [requirement.class], roles: [...new Set(requirement.of.map(v => v.role))], transports: [...new Set(requirement.of.map(v => v.transport))]}));
  const status = {key: "status", label: "Status", of: one => [one.status], options: STATUS.map(value => ({value, label: STATUS_TEXT[value]}))};
  const text = one => [one.id, one.rule, one.clause, one.document, one.section, ...one.of.map(v => v.id + " " + (v.reason || ""))].join(" ");
  return filteredView("requirements", "Requirements", items, [status, levelFacet, ...variantFacets], text, requirementTable);
}

function holdsVariant(filters, variant) {
  const role = filters.chosen.role, transport = filters.chosen.transport;
  return (!role.size || role.has(variant.role)) && (!transport.size || transport.has(variant.transport));
}

function requirementTable(found, filters, open, keep) {
  const groups = new Map();
  for (const requirement of found) {
    const section = sectionText(requirement);
    if (!groups.has(section)) groups.set(section, []);
    groups.get(section).push(requirement);
  }
  const ordered = [...groups].sort(([a, [first]], [b, [second]]) => documentRank(first) - documentRank(second) || a.localeCompare(b, "en", {numeric: true}));
  return el("table", {class: "list"}, el("caption", {class: "visually-hidden"}, "Requirements by document and section"),
    el("thead", {}, el("tr", {}, ["Requirement", "Status", "Level", "Scenario variants"].map(text => el("th", {scope: "col"}, text)))),
    ordered.map(([section, rows]) => el("tbody", {}, el("tr", {}, el("th", {scope: "rowgroup", colspan: "4"}, section + " ", el("span", {class: "muted"}, sectionCounts(rows)))),
      rows.map(row => requirementRows(row, filters, open, keep)))));
}

function sectionCounts(rows) {
  return STATUS.map(status => [status, rows.filter(row => row.status === status).length]).filter(([, count]) => count).map(([status, count]) => count + " " + STATUS_TEXT[status]).join(", ");
}

function requirementRows(requirement, filters, open, keep) {
  const shown = requirement.of.filter(variant => holdsVariant(filters, variant)).sort(worstFirst);
  return unfolding(requirement.id, open, keep, [
    [el("span", {class: "rule"}, prose(requirement.rule || requirement.id)), el("span", {class: "id"}, requirement.id)],
    [chip(requirement.status, STATUS_TEXT[requirement.status]), requirement.baselined ? [" ", chip("not-exercised", "known")] : null],
    [chip("level", requirement.level), el("span", {class: "muted small"}, " " + [requirement.derived && "derived", requirement.class === "security" && "security"].filter(Boolean).join(", "))],
    verdictCounts(shown)], () => [requirement.clause ? el("blockquote", {cite: null}, "\u201c" + requirement.clause + "\u201d ", el("span", {class: "muted"}, sectionText(requirement))) : null, variantList(shown), faultsOf(requirement.id)]);
}

function verdictCounts(list) {
  return el("span", {class: "small"}, VERDICTS.map(word => [word, list.filter(variant => variant.word === word).length]).filter(([, count]) => count)
    .map(([word, count], i) => (i ? ", " : "") + count + " " + (VERDICT_TEXT[word] || word)).join(""));
}

function variantList(list) {
  return el("ul", {class: "variants"}, list.map(variant => el("li", {}, el("span", {}, chip(variant.word, VERDICT_TEXT[variant.word] || variant.word)),
    el("span", {}, el("a", {href: variantLink(variant)}, variant.id + " ", el("span", {class: "mono"}, variant.variant)), variant.reason ? el("span", {class: "small"}, " \u2014 " + brief(variant, variant.reason)) : null))));
}

/* A row whose first cell is a button that shows a second row below it. */
function unfolding(key, open, keep, cells, inside) {
  const id = "open-" + key.replace(/[^A-Za-z0-9]/g, "-");
  const button = el("button", {type: "button", class: "unfold", "aria-expanded": String(open.has(key)), "aria-controls": id}, cells[0]);
  const inner = el("tr", {class: "inner", id}, el("td", {colspan: String(cells.length)}));
  const show = isOpen => {
    inner.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen && !inner.firstChild.hasChildNodes()) inner.firstChild.append(...inside().filter(Boolean));
  };
  button.addEventListener("click", () => {
    if (!open.delete(key)) open.add(key);
    show(open.has(key));
    keep();
  });
  show(open.has(key));
  return [el("tr", {}, el("td", {}, button), cells.slice(1).map(cell => el("td", {class: "inline"}, cell))), inner];
}

/* ---- scenarios ---- */

function scenariosView() {
  const items = scenarios.map(scenario => ({...scenario, words: [...new Set(scenario.variants.map(v => v.word))], levels: [...new Set(scenario.variants.map(v => v.level))],
    roles: [...new Set(scenario.variants.map(v => v.role))], transports: [...new Set(scenario.variants.map(v => v.transport))], classes: [...new Set(scenario.variants.flatMap(v => v.classes))]}));
  const verdict = {key: "verdict", label: "Verdict", of: one => one.words, options: VERDICTS.map(value => ({value, label: VERDICT_TEXT[value] || value}))};
  const text = one => [one.id, one.title, ...one.requirements, ...one.variants.map(v => v.variant + " " + (v.reason || ""))].join(" ");
  return filteredView("scenarios", "Scenarios", items, [verdict, levelFacet, ...variantFacets], text, scenarioTable);
}

function scenarioTable(found, filters, open, keep) {
  return el("table", {class: "list"}, el("caption", {class: "visually-hidden"}, "Scenarios"),
    el("thead", {}, el("tr", {}, ["Scenario", "Verdicts", "Requirements"].map(text => el("th", {scope: "col"}, text)))),
    el("tbody", {}, found.map(scenario => {
      const shown = scenario.variants.filter(v => holdsVariant(filters, v) && (!filters.chosen.verdict.size || filters.chosen.verdict.has(v.word))).sort(worstFirst);
      return unfolding(scenario.id, open, keep, [[el("span", {class: "rule"}, scenario.title), el("span", {class: "id"}, scenario.id)],
        el("span", {class: "chips"}, VERDICTS.filter(word => shown.some(v => v.word === word)).map(word => chip(word, shown.filter(v => v.word === word).length + " " + (VERDICT_TEXT[word] || word)))),
        el("span", {class: "small mono"}, scenario.requirements.join(", "))], () => [variantList(shown)]);
    })));
}

/* ---- one scenario ---- */

function scenarioView(parts) {
  const id = parts.slice(0, -1).join("/");
  const variant = variants.find(v => v.id === id && v.variant === parts[parts.length - 1]) || variants.filter(v => v.id === parts.join("/")).sort(worstFirst)[0];
  if (!variant) return [el("h1", {}, "No such scenario"), el("p", {}, parts.join("/") + " is not in this report. ", el("a", {href: "#scenarios"}, "All scenarios"))];
  return [crumbs(variant), el("h1", {}, variant.titleText), el("p", {class: "muted"}, el("span", {class: "mono"}, variant.id), variant.purposeText ? " \u2014 " + variant.purposeText : ""),
    variantTabs(variant), verdictLine(variant), expectedAgainstObserved(variant), flowSection(variant), evidenceCard(variant)];
}

function crumbs(variant) {
  const failing = variants.filter(v => v.verdict === "fail"), at = failing.indexOf(variant);
  const link = (other, text) => other ? el("a", {class: "button", href: variantLink(other)}, text) : null;
  return el("div", {class: "crumbs no-print"}, el("span", {}, el("a", {href: "#scenarios"}, "Scenarios"), " / ", variant.id.split("/").join(" / ")),
    at >= 0 ? el("span", {class: "chips"}, el("span", {class: "muted"}, "failure " + (at + 1) + " of " + failing.length), link(failing[at - 1], "\u2190 previous"), link(failing[at + 1], "next \u2192")) : null);
}

function variantTabs(variant) {
  const siblings = variants.filter(v => v.id === variant.id);
  return el("nav", {class: "chips", "aria-label": "Variants"}, siblings.map(other => chip(other.word, (VERDICT_TEXT[other.word] || other.word) + " \u00b7 " + other.variant,
    {href: variantLink(other), "aria-current": other === variant ? "page" : null})));
}

function verdictLine(variant) {
  const because = variant.because ? " (" + variant.because + ")" : "";
  return el("p", {class: "verdict-line " + variant.word}, (VERDICT_TEXT[variant.word] || variant.word).replace(/^./, c => c.toUpperCase()) + because + ". ",
    brief(variant, variant.reason) || (variant.word === "pass" ? "What the rule wants was seen." : ""), variant.known ? " Known: " + variant.known : "");
}

function expectedAgainstObserved(variant) {
  const all = variant.expects.map(([line, words, verdict]) => ({line, words: words === null ? "" : strings[words], verdict}));
  const here = all.filter(one => variant.step ? one.line === variant.step : one.verdict);
  const good = here.filter(one => !one.verdict || one.verdict === "pass"), bad = here.filter(one => one.verdict && one.verdict !== "pass");
  const item = one => el("li", {}, one.words, one.verdict && one.verdict !== "pass" ? [" ", chip(one.verdict)] : null);
  return el("section", {class: "card against"}, el("div", {}, el("h3", {}, "Expected, whichever is seen first"),
    good.length ? el("ul", {}, good.map(item)) : el("p", {}, here.length ? "That nothing of this is seen:" : "That every step can be carried out."), bad.length ? [el("p", {class: "muted small"}, good.length ? "Not:" : ""), el("ul", {}, bad.map(item))] : null),
    el("div", {}, el("h3", {}, "Observed"), el("p", {}, brief(variant, variant.evidence || observedText(variant))),
      variant.observations.length ? el("ul", {}, variant.observations.map(([name, value]) => el("li", {}, name.replace(/_/g, " ") + ": " + brief(variant, String(value))))) : null,
      variant.control ? el("p", {class: "small"}, "Control, the same flow with nothing wrong: ", el("a", {href: fragment.of(["scenario", ...variant.control.scenario.split("/"), variant.control.variant || ""].filter(Boolean))}, variant.control.scenario), ", which has to show \u201c" + (variant.control.shows || "reused") + "\u201d.") : null));
}

function observedText(variant) {
  const flow = variant.flow, event = flow && flow.events.find(e => e.s === variant.on);
  if (!event) return variant.verdict === "not-applicable" ? "It was not run." : variant.on ? "The deciding event is line " + variant.on + " of the journal." : "No single event decided.";
  if (event.k === "message") {
    const connection = flow.connections[event.c] || {};
    return firstLine(event, strings) + " came on " + describeConnection(connection) + ", which the " + (connection.by || "?") + " had opened.";
  }
  return rowOf(event, 0, strings, {lanes: flow.connections.map(connection => ({connection})), zone: "", on: 0}).speech + ".";
}

function flowSection(variant) {
  const flow = variant.flow;
  if (!flow || !flow.events.length)
    return el("section", {class: "card"}, el("h2", {}, "Call flow"), el("p", {}, flow || variant.tries ? "It did not fit into this page; the journal has it." : "Nothing was exchanged."));
  const panel = el("aside", {class: "bytes", "aria-live": "polite", "aria-label": "The chosen event"});
  const width = Math.max(320, Math.min(1680, document.documentElement.clientWidth) - (matchMedia("(min-width: 1400px)").matches ? 560 : 60));
  const drawn = diagram(flow, strings, {width, narrow: width < 700, device: data.device.name || "device", on: variant.on,
    onselect: row => { eventPanel(panel, row, variant); fragment.put(["scenario", ...variant.id.split("/"), variant.variant], {event: row.event.s === variant.on ? "" : String(row.event.s)}); }});
  const withoutBytes = flow.events.filter(event => event.k === "message" && !event.m).length;
  const missing = [...Object.entries(flow.left_out || {}).map(([kind, count]) => count + " " + kind), withoutBytes && "bytes of " + plural(withoutBytes, "message")].filter(Boolean).join(", ");
  afterRender = drawn.show;
  drawn.select(Number(fragment.read().query.get("event")) || variant.on || flow.events[0].s);
  return el("section", {"aria-labelledby": "flow-title"}, el("h2", {id: "flow-title"}, "Call flow"),
    el("p", {class: "small muted no-print"}, "Click an arrow, or use \u2191 and \u2193, for its bytes. Times count from the scenario's beginning.", variant.tries > 1 ? " This is try " + variant.tries + "." : ""),
    el("div", {class: "flow with-bytes"}, el("div", {}, drawn.node, diagramLegend(flow), missing ? el("p", {class: "small muted"}, "Not shown: " + missing + ". The journal has all of it.") : null), panel));
}

function diagramLegend(flow) {
  return el("div", {class: "small"}, flow.zone ? el("p", {class: "muted"}, "\u2039zone\u203a is ", el("span", {class: "mono"}, flow.zone)) : null,
    el("ul", {class: "variants"}, flow.connections.map((connection, number) => el("li", {}, el("span", {class: "k" + number % 8}, el("span", {class: "swatch", "aria-hidden": "true"}), el("strong", {}, connection.name || "#" + connection.id)),
      el("span", {}, el("span", {class: "mono"}, describeConnection(connection).replace(/^\S+ {2}/, "")), ", opened by the " + connection.by + (connection.listener ? ", listener " + connection.listener : ""), connection.tls ? ", TLS " + (connection.tls.version || "not completed") : "")))));
}

function eventPanel(panel, row, variant) {
  const event = row.event, flow = variant.flow, connection = event.c === undefined ? null : flow.connections[event.c], decides = event.s === variant.on;
  const head = [el("h3", {}, decides ? "\u2605 This decides" : {message: "Message", connection: "Connection", tls: "TLS handshake", "dns-query": "DNS query", sign: "Sign of an end", close: "Close", raw: "Bytes"}[event.k] || "Event"),
    el("p", {class: "small"}, timeText(event.t) + " after the scenario began \u00b7 journal line " + event.s + (event.of ? " \u00b7 belongs to \u201c" + event.of + "\u201d" : ""))];
  if (connection)
    head.push(el("p", {class: "small"}, event.k === "message" ? (event.d === "in" ? "From the device on " : "To the device on ") : "", el("strong", {class: "k" + event.c % 8}, connection.name || "#" + connection.id),
      " ", el("span", {class: "mono"}, describeConnection(connection).replace(/^\S+ {2}/, "")), ", which the " + connection.by + " had opened" + (event.sctp ? "; SCTP stream " + event.sctp.stream + (event.sctp.ordered ? "" : ", unordered") + ", payload protocol " + event.sctp.ppid + (event.sctp.clear ? ", in the clear, past TLS" : "") : "")));
  panel.replaceChildren(...head, ...eventDetails(event, row, connection, decides, variant).flat().filter(Boolean));
}

function eventDetails(event, row, connection, decides, variant) {
  if (event.m) return bytesView(event, strings, decides ? variant.fields || [] : null);
  if (event.k === "message") return [el("p", {class: "mono"}, firstLine(event, strings)), el("p", {class: "muted small"}, plural(event.n, "byte") + "; they did not fit into this page, the journal has them.")];
  if (event.k === "tls" && connection && connection.tls) return [handshakeDetails(connection)];
  if (event.k === "dns-query") return [el("dl", {class: "facts"}, el("dt", {}, "Query"), el("dd", {class: "mono"}, strings[event.name] + " " + event.type), el("dt", {}, "Answer"), el("dd", {class: "mono"}, event.rcode + " " + (strings[event.answer] || "(empty)")))];
  return [el("p", {}, row.speech)];
}

function handshakeDetails(connection) {
  const tls = connection.tls, rows = [["Version", tls.version || "none agreed"], ["Cipher", tls.cipher], ["Server name", tls.sni || "none"], ["Completed", tls.complete ? "yes" : "no"], ["Certificate asked for", tls.asked ? "yes" : "no"], ["Resumed", tls.resumed ? "yes" : "no"]];
  const certificate = (name, one) => one ? [[name + ": names", certificateNames(one, strings)], ["subject", strings[one.subject]], ["issuer", strings[one.issuer]], ["SHA-256", strings[one.fingerprint]]] : [[name, "no certificate"]];
  return el("dl", {class: "facts"}, [...rows, ...certificate("The harness showed", tls.own), ...certificate("The device showed", tls.peer)].filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function evidenceCard(variant) {
  const pcap = pcapName(variant);
  return el("section", {class: "card"}, el("h2", {}, "Rules and evidence"),
    variant.requirements.map(id => requirementOf.get(id)).filter(Boolean).map(requirement => el("div", {}, el("div", {class: "chips"}, chip(requirement.status, STATUS_TEXT[requirement.status]), chip("level", requirement.level),
      el("a", {href: fragment.of(["requirements"], {q: requirement.id, open: requirement.id})}, requirement.id)), requirement.clause ? el("blockquote", {}, "\u201c" + requirement.clause + "\u201d ", el("span", {class: "muted"}, sectionText(requirement))) : el("p", {}, requirement.rule || ""))),
    el("dl", {class: "facts"}, el("dt", {}, "Packets"), el("dd", {}, variant.tries ? el("a", {href: pcap}, pcap) : "none: it was not run", el("span", {class: "muted"}, variant.tries ? " (beside this file)" : "")),
      el("dt", {}, "Journal"), el("dd", {}, el("a", {href: "events.jsonl"}, "events.jsonl"), variant.on ? ", line " + variant.on : ""),
      el("dt", {}, "Took"), el("dd", {}, variant.duration_ms === null ? "no verdict" : variant.duration_ms + " ms, from " + variant.start_ms + " ms of the run" + (variant.tries > 1 ? ", " + plural(variant.tries, "try", "tries") : ""))),
    variant.commandText ? [el("h3", {}, "Run it again"), el("div", {class: "command"}, el("pre", {}, el("code", {}, variant.commandText)), copyButton(variant.commandText))] : null);
}

/* ---- the kill matrix ---- */

function killView() {
  const {faults, fault_free: devices} = data.kill_matrix;
  const isGood = fault => fault.killed && !(fault.missed || []).length && !Object.keys(fault.unexpected).length;
  const items = faults.map(fault => ({...fault, word: isGood(fault) ? "killed" : fault.killed ? "not as wanted" : "survived"}));
  const facets = [{key: "state", label: "State", of: one => [one.word], options: ["survived", "not as wanted", "killed"].map(value => ({value}))},
    {key: "profile", label: "Device", of: one => [one.profile], options: [...new Set(items.map(one => one.profile))].sort().map(value => ({value}))}];
  const text = one => [one.name, one.profile, one.reason, ...one.requirements, ...Object.values(one.killed_by).flatMap(scenarios => Object.keys(scenarios))].join(" ");
  const [title, ...rest] = filteredView("kill-matrix", "Why to believe this", items, facets, text, killTable);
  const green = devices.filter(device => device.green).length, killed = items.filter(one => one.word === "killed").length;
  return [title, el("p", {class: "verdict-line " + (killed === items.length && green === devices.length ? "pass" : "inconclusive")},
    killed + " of " + items.length + " seeded faults are found, and for the right reason; " + green + " of " + devices.length + " devices without a fault are all green."),
  el("p", {}, "A suite that never fails proves nothing. The reference device is broken on purpose, one small deviation at a time, and the suite runs against each of these devices: every fault has to turn its own requirements red and no other one, and the same device without a fault has to be green."),
  ...rest];
}

function killTable(found, filters, open, keep) {
  const scenariosOf = (fault, id) => Object.keys((fault.killed_by || {})[id] || {});
  return el("table", {class: "list"}, el("caption", {class: "visually-hidden"}, "Seeded faults"), el("thead", {}, el("tr", {}, ["Fault", "State", "Device", "Requirements"].map(text => el("th", {scope: "col"}, text)))),
    el("tbody", {}, found.map(fault => unfolding(fault.name, open, keep, [[el("span", {class: "rule mono"}, fault.name)], chip(fault.word === "killed" ? "good" : "bad", fault.word), fault.profile, el("span", {class: "small mono"}, fault.requirements.join(", "))],
      () => [el("ul", {}, fault.requirements.map(id => el("li", {}, el("a", {href: fragment.of(["requirements"], {q: id, open: id})}, id), ": ", scenariosOf(fault, id).join(", ") || "not red")),
        Object.keys(fault.unexpected).map(id => el("li", {}, chip("bad", "unexpected"), " " + id + ": " + Object.keys(fault.unexpected[id]).join(", ")))), fault.reason ? el("p", {class: "muted"}, fault.reason) : null]))));
}

/* What proves that a requirement can fail. */
function faultsOf(id) {
  const names = data.kill_matrix ? data.kill_matrix.faults.filter(fault => fault.killed && fault.requirements.includes(id) && (fault.killed_by || {})[id]).map(fault => fault.name) : [];
  return names.length ? el("p", {class: "small muted"}, "Can fail: it was seen red for the seeded fault" + (names.length > 1 ? "s " : " "), names.map((name, i) => [i ? ", " : "", el("a", {href: fragment.of(["kill-matrix"], {q: name, open: name})}, name)]), ".") : null;
}

/* ---- the page ---- */

let afterRender = null; /* what needs the sizes of the page */
const VIEWS = {summary: summaryView, requirements: requirementsView, scenarios: scenariosView, ...(data.kill_matrix ? {"kill-matrix": killView} : {})};

function render() {
  const {parts} = fragment.read(), view = parts[0] === "scenario" && parts.length > 1 ? "scenario" : VIEWS[parts[0]] ? parts[0] : "summary";
  const main = document.getElementById("main");
  main.className = "sheet" + (view === "scenario" ? " wide" : "");
  document.querySelector(".top-inner").classList.toggle("wide", view === "scenario");
  afterRender = null;
  main.replaceChildren(...(view === "scenario" ? scenarioView(parts.slice(1)) : VIEWS[view]()).flat().filter(Boolean));
  if (afterRender) afterRender();
  for (const link of document.querySelectorAll(".top nav a")) {
    if (link.dataset.view === view || (view === "scenario" && link.dataset.view === "scenarios")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = (view === "scenario" ? parts.slice(1).join("/") + " \u00b7 " : "") + (data.device.name || "device") + " \u00b7 sipreuse";
}

function start() {
  const names = {summary: "Summary", requirements: "Requirements", scenarios: "Scenarios", ...(data.kill_matrix ? {"kill-matrix": "Why to believe this"} : {})};
  const app = document.getElementById("app");
  app.append(el("a", {class: "skip", href: "#main", onclick: event => { event.preventDefault(); document.getElementById("main").focus(); }}, "To the content"),
    el("header", {class: "top"}, el("div", {class: "top-inner"}, el("span", {class: "brand"}, "sipreuse \u00b7 " + (data.device.name || "device")),
      el("nav", {"aria-label": "Views"}, Object.entries(names).map(([view, text]) => el("a", {href: "#" + view, "data-view": view}, text))), themeButton())),
    el("main", {id: "main", tabindex: "-1"}));
  document.getElementById("static").remove();
  app.hidden = false;
  addEventListener("hashchange", () => { render(); scrollTo(0, 0); });
  addEventListener("keydown", event => {
    const field = document.getElementById("filter-text");
    if (event.key === "/" && field && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); field.focus(); }
  });
  render();
}
start();
