/* One scenario variant: expected against observed, the call flow, the evidence. */

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
    return el("section", {class: "card"}, el("h2", {}, "Call flow"), el("p", {}, flow || variant.tries ? "It did not fit into this page; the journal has it" + (flow ? ": " + leftOutText(flow.left_out) : "") + "." : "Nothing was exchanged."));
  const panel = el("aside", {class: "bytes", "aria-live": "polite", "aria-label": "The chosen event"});
  const width = Math.max(320, Math.min(1680, document.documentElement.clientWidth) - (matchMedia("(min-width: 1400px)").matches ? 560 : 60));
  const drawn = diagram(flow, strings, {width, narrow: width < 700, device: data.device.name || "device", on: variant.on,
    onselect: row => { eventPanel(panel, row, variant); fragment.put(["scenario", ...variant.id.split("/"), variant.variant], {event: row.event.s === variant.on ? "" : String(row.event.s)}); }});
  const withoutBytes = flow.events.filter(event => event.k === "message" && !event.m).length;
  const missing = [leftOutText(flow.left_out), withoutBytes && "bytes of " + plural(withoutBytes, "message")].filter(Boolean).join(", ");
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
