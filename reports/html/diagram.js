/* The sequence diagram: hosts as columns, each connection a coloured line from its opening to its end, what it
 * carried as arrows on it. Returns {node, select(seq)}. */

const GUTTER = 76, ROW = 30, HEAD = 58, CHAR = 6.95;

function diagram(flow, strings, options) {
  const layout = diagramLayout(flow, strings, options);
  const svg = el("svg", {width: layout.width, height: layout.height, viewBox: `0 0 ${layout.width} ${layout.height}`, role: "group",
    "aria-label": "Sequence diagram: " + layout.columns.map(c => c.name).join(", ")});
  for (const column of layout.columns) svg.append(el("line", {class: "life", x1: column.x, x2: column.x, y1: HEAD - 8, y2: layout.height - 6}));
  for (const lane of layout.lanes)
    for (const x of [lane.x, lane.deviceX])
      svg.append(el("line", {class: "lane s" + lane.colour, x1: x, x2: x, y1: lane.from, y2: lane.to, "stroke-dasharray": lane.number >= 8 ? "7 5" : null}));
  for (const column of layout.columns) svg.append(hostHead(column));
  const groups = layout.rows.map(row => eventGroup(row, layout, options));
  groups.forEach(group => svg.append(group));
  const select = keyboardAndClicks(groups, layout.rows, options);
  const node = el("div", {class: "diagram"}, svg);
  /* Where it does not fit, the deciding arrow is what is looked at first. */
  const show = () => {
    const row = layout.rows.find(one => one.decides), lane = row && row.lane !== null ? layout.lanes[row.lane] : null;
    if (lane && Math.max(lane.x, lane.deviceX) > node.clientWidth) node.scrollLeft = Math.max(0, (lane.x + lane.deviceX) / 2 - node.clientWidth / 2);
  };
  return {node, select, show};
}

/* ---- what goes where ---- */

function shortName(name, zone) {
  return zone ? String(name).split(zone).join("\u2039zone\u203a") : String(name);
}

function hostOrder(flow) {
  const used = [...new Set(flow.connections.map(c => c.host).filter(Boolean))];
  const left = used.filter(host => host === "ua"), last = used.filter(host => host === "barrier");
  const right = used.filter(host => host !== "ua" && host !== "barrier");
  const names = [...left, "\u0000device", ...right, ...last];
  if (flow.events.some(e => e.k === "dns-query")) names.push("\u0000dns");
  return names;
}

function diagramLayout(flow, strings, options) {
  const names = hostOrder(flow);
  const lanesOf = new Map(names.map(name => [name, []]));
  flow.connections.forEach((connection, number) => { if (lanesOf.has(connection.host)) lanesOf.get(connection.host).push(number); });
  const gap = Math.max(options.narrow ? 190 : 260, Math.min(430, (options.width - GUTTER - 200) / Math.max(1, names.length - 1)));
  const columns = names.map((name, i) => ({
    key: name, x: GUTTER + 84 + i * gap,
    name: name === "\u0000device" ? options.device : name === "\u0000dns" ? "DNS" : name,
    ip: name === "\u0000device" ? (flow.device || "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "") : name === "\u0000dns" ? "of the harness" : flow.hosts[name] || "",
    isDevice: name === "\u0000device"}));
  const at = new Map(columns.map(column => [column.key, column]));
  const device = at.get("\u0000device");
  const step = Math.min(9, 90 / Math.max(1, flow.connections.length));
  /* At the device, too, what leads to the left is on the left. */
  const order = flow.connections.map((connection, number) => number).sort((a, b) => names.indexOf(flow.connections[a].host) - names.indexOf(flow.connections[b].host) || a - b);
  const lanes = flow.connections.map((connection, number) => {
    const column = at.get(connection.host) || device;
    const siblings = lanesOf.get(connection.host) || [number];
    const spread = Math.min(10, 80 / siblings.length);
    return {number, colour: number % 8, connection, column,
      x: column.x + (siblings.indexOf(number) - (siblings.length - 1) / 2) * spread,
      deviceX: device.x + (order.indexOf(number) - (flow.connections.length - 1) / 2) * step, from: 0, to: 0, ended: false};
  });
  const rows = diagramRows(flow, strings, {...options, columns, lanes, device, dns: at.get("\u0000dns")});
  let y = HEAD + 6;
  for (const row of rows) {
    row.y = y;
    y += row.height;
    if (row.lane === undefined || row.lane === null) continue;
    const lane = lanes[row.lane];
    if (!lane.from) lane.from = row.y + row.height - 8;
    /* What still came over it, or was sent into it, lies on it too. */
    if (row.ends || lane.ended) { lane.to = row.y + row.height - 8; lane.ended = true; }
  }
  const height = y + 12;
  for (const lane of lanes) if (!lane.ended) lane.to = lane.from ? height - 8 : 0;
  const width = Math.max(columns[columns.length - 1].x + 110, Math.min(options.width, GUTTER + 300));
  return {columns, lanes, rows, height, width, device, dns: at.get("\u0000dns"), zone: flow.zone};
}

function describeConnection(connection) {
  const out = connection.by === "harness";
  return (connection.name ? connection.name + "  " : "#" + connection.id + "  ") + connection.transport + "  " +
    (out ? connection.local + " \u2192 " + connection.remote : connection.remote + " \u2192 " + connection.local) +
    (connection.stream === undefined ? "" : "  streams " + connection.stream + " of association " + connection.association);
}

function certificateNames(certificate, strings) {
  if (!certificate) return "no certificate";
  return (certificate.names !== null && strings[certificate.names]) || "a certificate without names";
}

function handshakeLines(connection, strings) {
  const tls = connection.tls;
  if (!tls) return ["TLS"];
  const lines = [(tls.complete ? "TLS " + (tls.version || "?") : "TLS handshake not completed") + (tls.resumed ? ", resumed" : "") +
    (tls.sni ? ", server name " + tls.sni : ", no server name")];
  lines.push("harness showed " + certificateNames(tls.own, strings) + (connection.by === "harness" ? (tls.asked ? " (asked for)" : " (not asked for)") : ""));
  lines.push("device showed " + certificateNames(tls.peer, strings) + (connection.by === "device" ? (tls.asked ? " (asked for)" : " (not asked for)") : ""));
  return lines;
}

/* Broken behind commas, further lines indented: no identity may be cut off where there is room below. */
function wrapNames(text, most) {
  const lines = [];
  for (const part of text.split(/(?<=, )/)) {
    const last = lines.length - 1;
    if (last >= 0 && (lines[last] + part).trimEnd().length <= most) lines[last] += part;
    else lines.push((lines.length ? "  " : "") + part);
  }
  return lines.map((line, i) => i === 0 && lines.length > 1 ? line.replace(/, $/, "") : line);
}

/* A start line as short as it can be said: the SIP version says nothing. */
function shortStart(line) {
  return line.replace(/ SIP\/2\.0$/, "").replace(/^SIP\/2\.0 /, "");
}

function rowOf(event, index, strings, context) {
  const lane = event.c === undefined ? null : event.c;
  const row = {event, index, lane, height: ROW, kind: event.k, decides: event.s === context.on, from: null, to: null, ends: false};
  const host = lane === null ? null : context.lanes[lane];
  const tag = host ? host.connection.name || "#" + host.connection.id : "";
  switch (event.k) {
  case "message": case "raw":
    row.label = shortName(shortStart(firstLine(event, strings)), context.zone);
    if (event.k === "raw") row.label = "bytes that are no SIP: " + (event.text || "");
    row.tag = tag;
    row.toDevice = event.d === "out";
    row.speech = (row.toDevice ? "to" : "from") + " the device on " + tag + ": " + firstLine(event, strings);
    break;
  case "connection":
    row.label = describeConnection(host ? host.connection : {});
    row.toDevice = host && host.connection.by === "harness";
    row.speech = (row.toDevice ? "the harness" : "the device") + " opens " + row.label;
    break;
  case "tls":
    row.lines = host ? handshakeLines(host.connection, strings).map(line => shortName(line, context.zone)) : [];
    row.speech = row.lines.join("; ");
    if (host && host.column) row.lines = row.lines.flatMap(line => wrapNames(line, Math.max(46, Math.floor((Math.abs(host.x - host.deviceX) - 32) / CHAR)))).slice(0, 14);
    row.height = 14 * row.lines.length + 18;
    break;
  case "sign":
    row.label = (event.sign === "alert" ? "TLS alert " + (event.alert_name || "") : event.sign) + "  " + tag;
    row.toDevice = false;
    row.ends = true;
    row.speech = "the device: " + row.label + (event.text ? ", " + event.text : "");
    break;
  case "close":
    row.label = "closes: " + event.how + "  " + tag;
    row.toDevice = true;
    row.ends = true;
    row.speech = "the harness " + row.label;
    break;
  case "renegotiation":
    row.label = (event.outcome === "asked" ? "asks for another handshake" : "another handshake: " + event.outcome) + "  " + tag;
    row.toDevice = event.outcome === "asked";
    row.speech = (row.toDevice ? "the harness " : "the device, ") + row.label;
    break;
  case "dns-query":
    row.label = event.type + " " + shortName((event.name === null ? "" : strings[event.name]).replace(/\.$/, ""), context.zone) + (event.times ? " \u00d7" + event.times : "");
    row.answer = shortName(dnsAnswer(event, strings), context.zone);
    row.height = 44;
    row.speech = "DNS query " + row.label + ": " + row.answer;
    break;
  default:
    row.label = shortName(noteText(event), context.zone);
    row.height = 24;
    row.note = true;
    row.speech = row.label;
  }
  return row;
}

function dnsAnswer(event, strings) {
  const answer = event.answer === null || event.answer === undefined ? "" : strings[event.answer];
  if (!answer) return event.rcode === "NOERROR" ? "no such record" : event.rcode;
  return answer.split("\n").filter(Boolean).map(record => record.split(/\s+/).slice(4).join(" ").replace(/\.$/, "")).join(" | ");
}

function membersText(members) {
  return Object.entries(members || {}).map(([key, value]) => (key === "text" ? "" : key.replace(/_/g, " ") + " ") + (value !== null && typeof value === "object" ? JSON.stringify(value) : value)).join(", ");
}

function noteText(event) {
  switch (event.k) {
  case "barrier": return "barrier sent (" + event.text + "): is the device alive and quick?";
  case "silence": return "nothing came, and the barrier was answered";
  case "dns-change": return "DNS: " + (event.name === "remove" ? "gone: " : "new: ") + (event.text || "");
  case "close-port": return "the port of " + event.text + " is closed; its connections stay";
  case "observation": return "observed: " + event.name + " = " + event.value;
  case "step": return "waits (line " + event.line + " of the scenario)";
  case "lose": return "the host " + event.name + " loses its address: " + membersText(event.counts);
  case "association": case "stimulus": case "tell": return event.k + (event.name ? " " + event.name : "") + ": " + membersText(event.counts);
  case "actor": return event.name + " counts: " + membersText(event.counts);
  case "actor-log": return event.name + ": " + event.text;
  case "actor-answer": return event.name + " was answered " + event.text;
  }
  return event.k;
}

/* What was left out, in words: "586 messages, 7 DNS queries". */
const LEFT_OUT = {"message": "message", "raw": "piece of bytes that are no SIP|pieces of bytes that are no SIP", "connection": "opening of a connection|openings of connections", "tls": "TLS handshake",
  "sign": "sign of an end|signs of an end", "close": "closing", "association": "line about associations|lines about associations", "dns-query": "DNS query|DNS queries", "dns-change": "DNS change",
  "barrier": "barrier", "silence": "silence", "observation": "observation", "step": "wait", "close-port": "closing of a port|closings of ports", "actor": "count of the reference|counts of the reference",
  "actor-log": "line of the reference's log|lines of the reference's log", "actor-answer": "answer to the reference|answers to the reference"};
function leftOutText(counts) {
  return Object.entries(counts || {}).map(([kind, count]) => {
    const [one, many] = (LEFT_OUT[kind] || kind).split("|");
    return count + " " + (count === 1 ? one : many || one + "s");
  }).join(", ");
}

function diagramRows(flow, strings, context) {
  const rows = [];
  flow.events.forEach((event, i) => {
    const row = rowOf(event, i, strings, {...context, zone: flow.zone}), last = rows[rows.length - 1];
    /* The same note again is counted where it stood first. */
    if (row.note && !row.decides && last && last.note && !last.decides && last.speech === row.speech) {
      last.times = (last.times || 1) + 1;
      last.label = row.label + "  \u00d7" + last.times;
    } else rows.push(row);
  });
  const missing = leftOutText(flow.left_out);
  if (missing && flow.cut !== undefined && flow.events.length > flow.cut)
    rows.splice(rows.findIndex(row => row.index >= flow.cut), 0, {kind: "gap", label: "\u22ef not shown: " + missing + " \u22ef", height: 26, note: true, lane: null, speech: "not shown: " + missing, event: null});
  return rows;
}

/* ---- drawing ---- */

function hostHead(column) {
  const width = Math.max(96, Math.min(150, Math.max(column.name.length * 8.2, column.ip.length * 6.8) + 20));
  return el("g", {class: "host"}, el("rect", {x: column.x - width / 2, y: 6, width, height: 40, rx: 6}),
    el("text", {class: "name", x: column.x, y: 23, "text-anchor": "middle"}, cut(column.name, 17)),
    el("text", {class: "ip", x: column.x, y: 38, "text-anchor": "middle"}, cut(column.ip, 21)));
}

function cut(text, most) {
  text = visible(String(text));
  return text.length > most ? text.slice(0, Math.max(1, most - 1)) + "\u2026" : text;
}

function timeText(us) {
  return us < 10000000 ? (us / 1000).toFixed(1) + " ms" : (us / 1000000).toFixed(2) + " s";
}

function arrow(from, to, y, classes) {
  const head = to > from ? -7 : 7;
  return el("path", {class: "arrow " + classes, d: `M${from} ${y}H${to}M${to + head} ${y - 4.5}L${to} ${y}L${to + head} ${y + 4.5}`});
}

function eventGroup(row, layout, options) {
  const parts = [];
  const lane = row.lane === null || row.lane === undefined ? null : layout.lanes[row.lane];
  const y = row.y + row.height - 8, colour = lane ? lane.colour : 0;
  if (lane && row.kind === "tls") parts.push(...handshakeBox(row, lane, layout));
  else if (lane && row.label !== undefined && !row.note) parts.push(...connectionArrow(row, lane, y, colour, layout));
  else if (row.kind === "dns-query" && layout.dns) parts.push(...dnsArrow(row, layout));
  else parts.push(el("text", {class: "note halo", x: GUTTER + 4, y: row.y + 16}, cut(row.label || row.kind, Math.floor((layout.width - GUTTER) / CHAR))));
  if (row.decides) parts.push(el("text", {class: "halo", x: 4, y: row.y + row.height - 5}, "\u2605 decides"));
  const time = row.event ? el("text", {class: "time", x: 4, y: row.decides ? row.y + row.height - 19 : y + 4}, timeText(row.event.t)) : null;
  const classes = "event " + (row.kind === "dns-query" ? "dns " : "") + (row.decides ? "decides" : "");
  if (!row.event) return el("g", {}, parts);
  return el("g", {class: classes, role: "button", tabindex: "-1", "aria-pressed": "false", "data-seq": row.event.s,
    "aria-label": (row.decides ? "Deciding event. " : "") + timeText(row.event.t) + ", " + row.speech},
    el("rect", {class: "hit", x: 1, y: row.y + 1, width: layout.width - 2, height: row.height - 2, rx: 4}), time, parts);
}

function connectionArrow(row, lane, y, colour, layout) {
  const from = row.toDevice ? lane.x : lane.deviceX, to = row.toDevice ? lane.deviceX : lane.x;
  const left = Math.min(from, to), span = Math.abs(to - from);
  const isOpen = row.kind === "connection", label = row.tag ? row.tag + "  " + row.label : row.label;
  const parts = [arrow(from, to, y, "s" + colour + (isOpen ? " open" : ""))];
  /* A 5-tuple is shown whole: it may go beyond its connection, but not beyond the drawing. */
  const text = cut(row.label, Math.floor((isOpen ? layout.width - GUTTER - 12 : span + 60) / CHAR) - (row.tag ? row.tag.length + 2 : 0));
  const half = (text.length + (row.tag ? row.tag.length + 2 : 0)) * CHAR / 2;
  const middle = isOpen ? Math.min(Math.max(left + span / 2, GUTTER + half), layout.width - 6 - half) : left + span / 2;
  parts.push(el("text", {class: "halo" + (isOpen || row.ends ? " f" + colour : ""), x: middle, y: y - 7, "text-anchor": "middle"},
    row.tag ? [el("tspan", {class: "f" + colour, "font-weight": "700"}, row.tag), "  "] : null, text,
    el("title", {}, label)));
  if (row.ends) parts.push(el("path", {class: "arrow s" + colour, d: `M${to - 5} ${y - 5}l10 10m0 -10l-10 10`}));
  return parts;
}

/* Wider than its connection where the names ask for it: nothing else is in its rows. */
function handshakeBox(row, lane, layout) {
  const span = Math.abs(lane.x - lane.deviceX) - 16, width = Math.max(span, Math.max(...row.lines.map(line => line.length)) * CHAR + 14);
  const left = Math.max(GUTTER, Math.min(Math.min(lane.x, lane.deviceX) + 8, layout.width - width - 6)), right = Math.min(left + width, layout.width - 6), most = Math.floor((right - left - 12) / CHAR);
  return [el("rect", {class: "box s" + lane.colour, x: left, y: row.y + 4, width: right - left, height: row.height - 8, rx: 5}),
    row.lines.map((line, i) => el("text", {x: left + 6, y: row.y + 18 + i * 14, class: i === 0 ? "f" + lane.colour : ""}, cut(line, most), el("title", {}, line)))];
}

function dnsArrow(row, layout) {
  const from = layout.device.x, to = layout.dns.x, most = Math.floor(Math.abs(to - from) / CHAR) - 2, y = row.y + row.height - 20;
  return [arrow(from, to, y, ""),
    el("text", {class: "halo", x: (from + to) / 2, y: y - 6, "text-anchor": "middle"}, cut(row.label, most), el("title", {}, row.label)),
    el("text", {class: "halo", x: (from + to) / 2, y: y + 14, "text-anchor": "middle"}, cut("\u21a9 " + row.answer, most), el("title", {}, row.answer))];
}

/* ---- keyboard ---- */

/* One tab stop; arrow keys move along, and what has the focus is shown. */
function keyboardAndClicks(groups, rows, options) {
  const events = groups.map((group, i) => ({group, row: rows[i]})).filter(one => one.row.event);
  let current = -1;
  const select = (at, focus) => {
    if (at < 0 || at >= events.length) return;
    if (current >= 0) { events[current].group.setAttribute("tabindex", "-1"); events[current].group.setAttribute("aria-pressed", "false"); }
    current = at;
    events[at].group.setAttribute("tabindex", "0");
    events[at].group.setAttribute("aria-pressed", "true");
    if (focus) { events[at].group.focus({preventScroll: true}); events[at].group.scrollIntoView({block: "nearest", inline: "nearest"}); }
    options.onselect(events[at].row);
  };
  events.forEach(({group}, at) => {
    group.addEventListener("click", () => select(at, true));
    group.addEventListener("keydown", event => {
      const to = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: events.length - 1, Enter: at, " ": at}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      select(to, true);
    });
  });
  return seq => {
    const at = events.findIndex(one => one.row.event.s === seq);
    select(at >= 0 ? at : 0, false);
  };
}
