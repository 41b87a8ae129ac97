/* The report of one run: its views, and the page around them. */

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
  el("p", {}, "A suite that never fails proves nothing. The reference device is broken on purpose, one small deviation at a time, and the suite runs against each of these devices: every fault has to turn its own requirements red and no other one, or, where nothing can turn red (MAY and observations), to change what is observed, and the same device without a fault has to be green."),
  ...rest];
}

function killTable(found, filters, open, keep) {
  const scenariosOf = (fault, id) => Object.entries((fault.killed_by || {})[id] || {}).map(([scenario, seen]) => seen === true ? scenario : scenario + " (" + seen + ")");
  return el("table", {class: "list"}, el("caption", {class: "visually-hidden"}, "Seeded faults"), el("thead", {}, el("tr", {}, ["Fault", "State", "Device", "Requirements"].map(text => el("th", {scope: "col"}, text)))),
    el("tbody", {}, found.map(fault => unfolding(fault.name, open, keep, [[el("span", {class: "rule mono"}, fault.name)], chip(fault.word === "killed" ? "good" : "bad", fault.word), fault.profile, el("span", {class: "small mono"}, fault.requirements.join(", "))],
      () => [el("ul", {}, fault.requirements.map(id => el("li", {}, el("a", {href: fragment.of(["requirements"], {q: id, open: id})}, id), ": ", scenariosOf(fault, id).join(", ") || ((fault.told || []).includes(id) ? "nothing differs" : "not red"))),
        Object.keys(fault.unexpected).map(id => el("li", {}, chip("bad", "unexpected"), " " + id + ": " + Object.keys(fault.unexpected[id]).join(", ")))), fault.reason ? el("p", {class: "muted"}, fault.reason) : null]))));
}

/* What proves that a requirement can fail. */
function faultsOf(id) {
  const names = data.kill_matrix ? data.kill_matrix.faults.filter(fault => fault.killed && fault.requirements.includes(id) && (fault.killed_by || {})[id]).map(fault => fault.name) : [];
  const onlyTells = names.length && data.kill_matrix.faults.some(fault => names.includes(fault.name) && (fault.told || []).includes(id));
  return names.length ? el("p", {class: "small muted"}, (onlyTells ? "Can tell: what is observed was seen to change with the seeded fault" : "Can fail: it was seen red for the seeded fault") + (names.length > 1 ? "s " : " "), names.map((name, i) => [i ? ", " : "", el("a", {href: fragment.of(["kill-matrix"], {q: name, open: name})}, name)]), ".") : null;
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
