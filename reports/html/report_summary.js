/* The summary: what a manager reads. */

function summaryView() {
  const missed = !data.gate.met, isShort = requirements.filter(requirement => requirement.status === "not-conformant").length < 3;
  return [incompleteBanner(), el("section", {class: "card hero " + (missed ? "missed" : "met"), "aria-labelledby": "device"}, el("div", {},
    el("h1", {id: "device"}, data.device.name || "device"), el("p", {class: "muted"}, data.device.version || "version not known"),
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
    ["Transports", transportsTested()],
    ["SCTP", environment.sctp === "none" ? "none" : environment.sctp], ["TLS library", libraries.gnutls ? "GnuTLS " + libraries.gnutls : ""],
    ["Kernel", environment.kernel], ["Sandbox", environment.sandbox], ["Tool", "sipreuse " + data.tool.version], ["Seed", data.seed], ["Profile", (data.device.profile || "").split("/").slice(-2).join("/")]];
  return el("dl", {class: "facts"}, rows.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]));
}

/* What was tested; what the profile claims beyond that was left out of this run. */
function transportsTested() {
  const tested = [...new Set(variants.filter(v => v.verdict !== "not-applicable").map(v => v.transport))].sort();
  const others = ((data.claims && data.claims.transports) || []).filter(transport => !tested.includes(transport));
  return (tested.join(", ") || "none") + (others.length ? " (not tested, though claimed: " + others.join(", ") + ")" : "");
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
