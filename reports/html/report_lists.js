/* Requirements and scenarios: filtered tables whose rows unfold. */

/* ---- requirements ---- */

/* One variant has to hold for all of these at once: a failure over TLS and a test over TCP are no failure over TCP. */
const PARTS = {role: v => [v.role], transport: v => [v.transport], verdict: v => [v.word], level: v => [v.level], class: v => v.classes};
function partsOf(key) {
  return (one, chosen) => one.candidates(chosen).filter(variant => one.parts.every(other => other === key || !chosen[other] || !chosen[other].size ||
    PARTS[other](variant).some(value => chosen[other].has(value)))).flatMap(PARTS[key]);
}

const variantFacets = [
  {key: "role", label: "Role", of: partsOf("role"), options: ["client", "server"].map(value => ({value, label: roleText(value)}))},
  {key: "transport", label: "Transport", of: partsOf("transport"), options: [...new Set(variants.map(v => v.transport))].sort().map(value => ({value}))},
  {key: "class", label: "Class", of: (one, chosen) => one.parts.includes("class") ? partsOf("class")(one, chosen) : [one.class], options: [...new Set(requirements.map(r => r.class).filter(Boolean))].sort().map(value => ({value}))},
];
const levelFacet = {key: "level", label: "Level", of: (one, chosen) => one.parts.includes("level") ? partsOf("level")(one, chosen) : [one.level], options: LEVELS.filter(level => requirements.some(r => r.level === level)).map(value => ({value}))};

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

/* The variants that the status rests on. */
function variantsBehind(requirement) {
  const words = {"not-conformant": ["fail"], "undecided": ["error", "inconclusive"], "not-exercised": ["not-exercised"]}[requirement.status];
  return requirement.of.filter(v => words ? words.includes(v.word) && (v.word !== "fail" || !v.requirement || v.requirement === requirement.id) : requirement.status === "not-applicable" || v.word !== "not-applicable");
}

function requirementsView() {
  const items = requirements.map(requirement => {
    const behind = variantsBehind(requirement), ran = requirement.of.filter(v => v.word !== "not-applicable");
    return {...requirement, parts: ["role", "transport"], candidates: chosen => chosen.status && chosen.status.size ? behind : ran.length ? ran : requirement.of};
  });
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
  const items = scenarios.map(scenario => ({...scenario, parts: ["verdict", "level", "role", "transport", "class"], candidates: () => scenario.variants}));
  const verdict = {key: "verdict", label: "Verdict", of: partsOf("verdict"), options: VERDICTS.map(value => ({value, label: VERDICT_TEXT[value] || value}))};
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
