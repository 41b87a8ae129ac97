/* The bytes of a message, exactly: what is no text is shown as what it is. */

const utf8 = new TextDecoder("utf-8", {fatal: true});

/* One character a byte → text where it is UTF-8, "\xNN" where it is not. */
function decodeLine(raw) {
  if (!/[\x80-\xff]/.test(raw)) return raw;
  try { return utf8.decode(Uint8Array.from(raw, c => c.charCodeAt(0))); }
  catch { return raw.replace(/[\x80-\xff]/g, c => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0")); }
}

/* [{raw, end}]: the lines of an event's bytes. */
function rawLines(event, strings) {
  return (event.m || []).map(n => n >= 0 ? {raw: strings[n], end: "\r\n"} : {raw: strings[-1 - n], end: ""});
}
function firstLine(event, strings) {
  if (event.m && event.m.length) return decodeLine(rawLines(event, strings)[0].raw.replace(/\n$/, ""));
  return event.f !== undefined && event.f !== null ? strings[event.f] : event.text || "";
}

const COMPACT = {v: "via", f: "from", t: "to", m: "contact", i: "call-id", l: "content-length", s: "subject", k: "supported", c: "content-type", e: "content-encoding"};
function headerName(line) {
  const match = /^([^\s:()<>@,;\\"/[\]?={}]+)\s*:/.exec(line);
  const name = match ? match[1].toLowerCase() : "";
  return COMPACT[name] || name;
}

/* Numbers of the lines that a reader's eye has to go to. Without fields: the start line, which says what
 * came; on which connection is said above the bytes. */
function decisiveLines(lines, fields) {
  const wanted = (fields && fields.length ? fields : ["request-uri"]).map(field => field.toLowerCase());
  const marked = new Set();
  let inHead = true, name = "";
  lines.forEach((line, i) => {
    if (i > 0 && line.raw.trim() === "") inHead = false;
    if (!inHead) return;
    if (i > 0 && !/^[ \t]/.test(line.raw)) name = headerName(line.raw);
    if (i === 0 ? wanted.some(w => w === "request-uri" || w === "status" || w === "method") : wanted.includes(name)) marked.add(i);
  });
  return marked;
}

function hexDump(lines) {
  const bytes = lines.map(line => line.raw + line.end).join("");
  const rows = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.slice(at, at + 16);
    rows.push(at.toString(16).padStart(6, "0") + "  " +
      [...part].map(c => c.charCodeAt(0).toString(16).padStart(2, "0")).join(" ").padEnd(48) + "  " + part.replace(/[^\x20-\x7e]/g, "."));
  }
  return rows.join("\n");
}

/* Odd characters stand out and can be told from text that merely looks like them. */
function markedText(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(/\\x[0-9a-f]{2}|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff]/g)) {
    parts.push(text.slice(at, match.index), el("span", {class: "odd"}, match[0]));
    at = match.index + match[0].length;
  }
  return [...parts, text.slice(at)].filter(part => part !== "");
}

function bytesView(event, strings, fields) {
  const lines = rawLines(event, strings);
  const marked = fields ? decisiveLines(lines, fields) : new Set();
  const plain = el("pre", {tabindex: "0", "aria-label": "Bytes of the message"}, lines.map((line, i) =>
    el("span", {class: "line" + (marked.has(i) ? " decisive" : "")}, markedText(decodeLine(line.raw.replace(/\n$/, ""))), line.raw === "" ? "\u00a0" : null)));
  const hex = el("pre", {class: "hex", hidden: true, tabindex: "0", "aria-label": "Bytes in hexadecimal"}, hexDump(lines));
  const toggle = el("button", {type: "button", "aria-pressed": "false"}, "Hex");
  toggle.addEventListener("click", () => {
    hex.hidden = !hex.hidden;
    plain.hidden = !hex.hidden;
    toggle.setAttribute("aria-pressed", String(!hex.hidden));
  });
  const missing = (event.n || 0) - (event.shown || 0);
  return [el("div", {class: "chips no-print"}, toggle, copyButton(lines.map(line => decodeLine(line.raw) + line.end).join(""), "Copy bytes")),
    plain, hex, missing > 3 ? el("p", {class: "muted small"}, "… and " + missing + " bytes more; the journal has them.") : null];
}
