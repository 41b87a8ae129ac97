/* The pages of an event: devices and survey, the matrix of requirements and devices, the history of each device. */
const data = JSON.parse(document.getElementById("data").textContent);
const devices = data.devices.map((device, index) => ({...device, index, run: device.runs[device.shown]}));
const SIGNS = {"conformant": "✓", "pass": "✓", "not-conformant": "✗", "fail": "✗", "undecided": "?", "inconclusive": "?", "error": "!",
               "not-exercised": "○", "not-applicable": "–", "withheld": "▒"};
const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const day = run => run.start.slice(0, 10);
const count = (device, status, level) => data.requirements.filter(row => (!level || row.level === level) && row.cells[device.index] === status).length;

/* The page of the device's run, opened at a requirement or scenario. */
function reportLink(device, parts, query) {
  return device.run.link ? device.run.link + (parts ? fragment.of(parts, query) : "") : null;
}

/* ---- overview ---- */
function surveyList() {
  const asked = data.survey.filter(question => question.yes + question.no > 0);
  return el("ul", {class: "survey"}, asked.map(question => {
    const known = question.yes + question.no;
    return el("li", {class: question.given ? "given" : null},
      el("div", {class: "bar", "aria-hidden": "true"},
        question.yes > 0 && el("span", {class: "yes", style: `flex:${question.yes}`}),
        question.no > 0 && el("span", {class: "no", style: `flex:${question.no}`})),
      el("span", {}, el("strong", {}, `${question.yes} of ${known}`), " " + question.text,
        question.unknown > 0 && el("span", {class: "muted"}, ` (${question.unknown} not known)`)));
  }));
}

function deviceTable() {
  return el("div", {class: "scroll"}, el("table", {class: "devices"},
    el("thead", {}, el("tr", {}, ["Device", "Version", "Run", "Gate"].map(text => el("th", {scope: "col"}, text)),
      ["MUST met", "MUST not met", "SHOULD not met", "Crashes", "Runs"].map(text => el("th", {scope: "col", class: "count"}, text)))),
    el("tbody", {}, devices.map(device => el("tr", {},
      el("th", {scope: "row"}, device.run.link ? el("a", {href: reportLink(device)}, device.label) : device.label),
      el("td", {}, device.run.version || ""),
      el("td", {}, day(device.run), device.run.complete ? null : " (not complete)"),
      el("td", {}, chip(device.run.gate_met ? "good" : "bad", device.run.gate_met ? "met" : "not met")),
      el("td", {class: "count"}, count(device, "conformant", "MUST")),
      el("td", {class: "count"}, count(device, "not-conformant", "MUST")),
      el("td", {class: "count"}, count(device, "not-conformant", "SHOULD")),
      el("td", {class: "count"}, device.crashes),
      el("td", {class: "count"}, device.runs.length))))));
}

function viewOverview() {
  return [
    el("h1", {}, data.title),
    el("p", {class: "muted"}, `${many(devices.length, "device")}, ${many(devices.reduce((sum, device) => sum + device.runs.length, 0), "run")}`,
      data.anonymous ? ". Devices are numbered in an order of chance; who is named has agreed to it." : "."),
    el("section", {class: "card", "aria-labelledby": "h-survey"}, el("h2", {id: "h-survey"}, "Survey"), surveyList()),
    el("section", {class: "card", "aria-labelledby": "h-devices"}, el("h2", {id: "h-devices"}, "Devices"), deviceTable()),
  ];
}

/* ---- matrix ---- */
function cell(device, word, label, place, reason) {
  const text = SIGNS[word] || "";
  const says = `${device.label}, ${label}: ${word || "not in that run"}${reason ? ". " + reason : ""}`;
  const link = word && reportLink(device, ...place);
  return el("td", {class: "cell " + (word || "none"), title: says},
    link ? el("a", {href: link, "aria-label": says}, text) : el("span", {role: "img", "aria-label": says}, text));
}

const order = {
  catalogue: rows => rows,
  failures: rows => [...rows].sort((a, b) => failures(b) - failures(a)),
  id: rows => [...rows].sort((a, b) => a.id.localeCompare(b.id, "en", {numeric: true})),
};
const failures = row => row.cells.filter(word => word === "not-conformant").length;
const across = {
  name: list => list,
  failures: list => [...list].sort((a, b) => count(b, "not-conformant") - count(a, "not-conformant")),
};

class Matrix {
  constructor(query) {
    const words = ["not-conformant", "undecided", "not-exercised", "conformant", "not-applicable", "withheld"];
    const section = row => row.document ? `${row.document}` : "other";
    const facet = (key, label, values, of) => ({key, label, options: values.map(value => ({value})), of});
    const distinct = of => [...new Set(data.requirements.flatMap(of))].filter(Boolean);
    this.open = new Set((query.get("open") || "").split(",").filter(Boolean));
    this.filters = new Filters([
      facet("status", "Some device is", words.filter(word => data.requirements.some(row => row.cells.includes(word))), row => row.cells),
      facet("level", "Level", distinct(row => [row.level]), row => [row.level]),
      facet("class", "Class", distinct(row => [row.class]), row => [row.class]),
      facet("document", "Document", distinct(row => [section(row)]), row => [section(row)]),
    ], row => [row.id, row.rule, row.section, ...Object.values(row.reasons)].join(" "), query, () => this.draw());
    this.rows = this.choice("rows", "Rows", ["catalogue", "failures", "id"], query);
    this.columns = this.choice("columns", "Columns", ["name", "failures"], query);
    this.table = el("div", {class: "scroll matrix", tabindex: "0", role: "region", "aria-label": "Requirements and devices"});
    this.status = el("p", {class: "muted", role: "status"});
    this.node = [el("h1", {}, "Requirements and devices"), this.filters.node,
      el("div", {class: "filters"}, this.rows.node, this.columns.node), this.status, this.table, legend()];
    this.draw();
  }
  choice(key, label, values, query) {
    const select = el("select", {id: "choice-" + key}, values.map(value => el("option", {value}, value)));
    select.value = values.includes(query.get(key)) ? query.get(key) : values[0];
    select.addEventListener("change", () => this.draw());
    return {select, node: el("div", {}, el("label", {class: "text", for: select.id}, label + " by"), select)};
  }
  unfold(row) {
    const shown = this.open.has(row.id);
    const button = el("button", {type: "button", class: "unfold", "aria-expanded": String(shown)}, el("span", {class: "rule"}, prose(row.rule || row.id)),
      el("span", {class: "id"}, `${row.id} · ${row.level}${row.derived ? "°" : ""}`));
    button.addEventListener("click", () => { if (!this.open.delete(row.id)) this.open.add(row.id); this.draw(row.id); });
    return button;
  }
  body(row, columns) {
    const lines = [el("tr", {"data-id": row.id}, el("th", {scope: "row"}, this.unfold(row)),
      columns.map(device => cell(device, row.cells[device.index], row.id, [["requirements"], {q: row.id, open: row.id}], row.reasons[device.index])))];
    if (this.open.has(row.id))
      for (const id of row.scenarios)
        lines.push(el("tr", {class: "scenario"}, el("th", {scope: "row"}, id),
          columns.map(device => cell(device, (data.scenarios[id] || [])[device.index], id, [["scenarios"], {q: id}]))));
    return lines;
  }
  draw(focus) {
    const rows = order[this.rows.select.value](this.filters.apply(data.requirements));
    const columns = across[this.columns.select.value](devices);
    this.table.replaceChildren(el("table", {class: "list"},
      el("thead", {}, el("tr", {}, el("th", {scope: "col"}, "Requirement"),
        columns.map(device => el("th", {scope: "col", class: "device", title: `${device.label} ${device.run.version || ""}`}, el("span", {}, device.label))))),
      el("tbody", {}, rows.map(row => this.body(row, columns)))));
    this.status.textContent = `${rows.length} of ${many(data.requirements.length, "requirement")}`;
    const state = this.filters.state();
    fragment.put(["matrix"], {...state, rows: this.rows.select.selectedIndex ? this.rows.select.value : "",
      columns: this.columns.select.selectedIndex ? this.columns.select.value : "", open: [...this.open].join(",")});
    if (focus) this.table.querySelector(`tr[data-id="${CSS.escape(focus)}"] button`)?.focus();
  }
}

function legend() {
  const words = ["conformant", "not-conformant", "undecided", "not-exercised", "not-applicable"].concat(data.anonymous ? ["withheld"] : []);
  return el("p", {class: "chips small"}, words.map(word => el("span", {}, el("span", {class: "cell-key cell " + word, "aria-hidden": "true"}, SIGNS[word]), " " + word)),
    el("span", {class: "muted"}, "empty: not in that run. ° derived rule."));
}

/* ---- history ---- */
function changeList(changes) {
  const kinds = ["worse", "better", "changed", "new", "gone"].filter(kind => changes[kind]);
  if (!kinds.length) return el("p", {class: "muted"}, "No requirement changed.");
  return kinds.map(kind => el("div", {}, el("h3", {}, chip(kind === "worse" ? "bad" : kind === "better" ? "good" : "doubt", `${kind}: ${changes[kind].length}`)),
    el("ul", {}, changes[kind].map(change => el("li", {}, el("code", {}, change.id), ` ${change.old || "not there"} → ${change.new || "not there"}`)))));
}

function viewHistory() {
  const several = devices.filter(device => device.runs.length > 1);
  return [el("h1", {}, "History"),
    several.length === 0 && el("p", {}, "No device was run more than once."),
    several.map(device => el("section", {class: "card"}, el("h2", {}, device.label),
      [...device.runs].reverse().map(run => el("div", {class: "run"},
        el("h3", {}, run.link ? el("a", {href: run.link}, run.start.replace("T", " ")) : run.start, " ", chip(run.gate_met ? "good" : "bad", run.gate_met ? "gate met" : "gate not met"),
          el("span", {class: "muted small"}, ` ${run.version || ""} ${run.suite ? "· suite " + run.suite : ""}`)),
        run.changes ? changeList(run.changes) : el("p", {class: "muted"}, "The first run.")))))];
}

/* ---- the page ---- */
const views = {
  "": ["Overview", () => viewOverview()],
  "matrix": ["Matrix", query => new Matrix(query).node],
  "history": ["History", () => viewHistory()],
};
const main = el("main", {id: "main", class: "sheet wide", tabindex: "-1"});
const nav = el("nav", {"aria-label": "Pages"});
function show() {
  const {parts, query} = fragment.read();
  const name = views[parts[0] || ""] ? parts[0] || "" : "";
  nav.replaceChildren(...Object.entries(views).map(([key, [label]]) => el("a", {href: "#" + key, "aria-current": key === name ? "page" : null}, label)));
  main.replaceChildren(...[views[name][1](query)].flat(2).filter(Boolean));
  document.title = `${views[name][0]} – ${data.title}`;
}
document.getElementById("static").remove();
const app = document.getElementById("app");
app.append(el("a", {class: "skip", href: "#main", onclick: event => { event.preventDefault(); main.focus(); }}, "To the content"),
  el("header", {class: "top"}, el("div", {class: "top-inner"}, el("span", {class: "brand"}, "sipreuse"), nav, themeButton())), main);
app.hidden = false;
addEventListener("hashchange", show);
show();
