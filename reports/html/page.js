/* What every page of the reports shares: elements without HTML, text of devices made harmless, the state in
 * the fragment, the theme, and filters whose counts follow each other. */

/* An element. Strings become text nodes: nothing that came off a wire is ever parsed as HTML. */
function el(tag, attributes, ...children) {
  const svg = el.svg.has(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(3))
    if (child !== null && child !== undefined && child !== false)
      node.append(typeof child === "object" ? child : visible(String(child)));
  return node;
}
el.svg = new Set(["svg", "g", "line", "path", "rect", "text", "tspan", "title", "desc", "circle", "polygon"]);

/* Control characters and those that turn the text around them (bidi) are named instead of obeyed. */
const ODD = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff]/g;
function visible(text) {
  return text.replace(ODD, c => "\u27e8U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "\u27e9");
}

/* ---- the fragment: "#view/a/b?key=value" ---- */
const fragment = {
  read() {
    const [path, query] = location.hash.slice(1).split("?");
    const parts = path.split("/").filter(Boolean).map(part => { try { return decodeURIComponent(part); } catch { return part; } });
    return {parts, query: new URLSearchParams(query || "")};
  },
  of(parts, query) {
    const text = new URLSearchParams(Object.entries(query || {}).filter(([, value]) => value)).toString();
    return "#" + parts.map(encodeURIComponent).join("/") + (text ? "?" + text : "");
  },
  /* Replaces what the address bar shows without a new entry in the history. */
  put(parts, query) {
    try { history.replaceState(null, "", this.of(parts, query)); } catch { /* some viewers forbid it */ }
  },
};

/* ---- theme ---- */
function themeButton() {
  const order = ["auto", "light", "dark"];
  const stored = () => { try { return localStorage.getItem("sipreuse-theme") || "auto"; } catch { return "auto"; } };
  const button = el("button", {type: "button", class: "theme"});
  const apply = theme => {
    if (theme === "auto") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.setAttribute("data-theme", theme);
    button.textContent = "Theme: " + theme;
  };
  button.addEventListener("click", () => {
    const next = order[(order.indexOf(button.textContent.slice(7)) + 1) % order.length];
    try { localStorage.setItem("sipreuse-theme", next); } catch { /* not kept, then */ }
    apply(next);
  });
  apply(order.includes(stored()) ? stored() : "auto");
  return button;
}

/* Text with `code` in it. */
function prose(text) {
  return text.split("`").map((part, i) => i % 2 ? el("code", {}, part) : part);
}

function chip(word, label, attributes) {
  return el(attributes && attributes.href ? "a" : "span", {...attributes, class: "chip " + word}, label || word);
}

async function copyText(text, button) {
  let done = false;
  try { await navigator.clipboard.writeText(text); done = true; } catch { /* mail viewers forbid it */ }
  if (!done) {
    const area = el("textarea", {class: "visually-hidden", "aria-hidden": "true"});
    area.value = text;
    document.body.append(area);
    area.select();
    try { done = document.execCommand("copy"); } catch { done = false; }
    area.remove();
    button.focus();
  }
  const before = button.textContent;
  button.textContent = done ? "Copied" : "Select and copy by hand";
  setTimeout(() => { button.textContent = before; }, 1500);
}
function copyButton(text, label) {
  const button = el("button", {type: "button", class: "no-print"}, label || "Copy");
  button.addEventListener("click", () => copyText(text, button));
  return button;
}

/* ---- filters ----
 * facets: [{key, label, options: [{value, label}], of(item, chosen) → values}]; text: item → what is searched.
 * Several values of a facet are alternatives, several facets all have to hold; chosen (key → Set) is for facets of one
 * thing within the item, which has to hold for all of them at once. */
class Filters {
  constructor(facets, text, state, onchange) {
    Object.assign(this, {facets, text, onchange});
    this.chosen = {};
    for (const facet of facets)
      this.chosen[facet.key] = new Set((state.get(facet.key) || "").split(",").filter(value => facet.options.some(o => o.value === value)));
    this.words = state.get("q") || "";
    this.input = el("input", {type: "search", id: "filter-text", placeholder: "id, clause, reason …", autocomplete: "off", spellcheck: "false"});
    this.input.value = this.words;
    this.input.addEventListener("input", () => { this.words = this.input.value; onchange(); });
    this.buttons = [];
    const groups = el("div", {class: "filters", role: "search", "aria-label": "Filters"},
      facets.filter(facet => facet.options.length > 1).map(facet => el("fieldset", {}, el("legend", {}, facet.label),
        el("div", {class: "options"}, facet.options.map(option => this.button(facet, option))))),
      el("div", {}, el("label", {class: "text", for: "filter-text"}, "Text"), this.input),
      el("button", {type: "button", onclick: () => this.clear()}, "Clear"));
    /* On a phone they would fill the screen: folded there, unless something is chosen. */
    const isOpen = !matchMedia("(max-width: 720px)").matches || this.words || Object.values(this.chosen).some(chosen => chosen.size);
    this.node = el("details", {class: "filter-box", open: Boolean(isOpen)}, el("summary", {class: "no-print"}, "Filters"), groups);
  }
  button(facet, option) {
    const count = el("span", {class: "count"});
    const node = el("button", {type: "button", "data-facet": facet.key, "data-value": option.value}, option.label || option.value, " ", count);
    node.addEventListener("click", () => {
      const chosen = this.chosen[facet.key];
      if (!chosen.delete(option.value)) chosen.add(option.value);
      this.onchange();
    });
    this.buttons.push({facet, option, node, count});
    return node;
  }
  clear() {
    for (const chosen of Object.values(this.chosen)) chosen.clear();
    this.words = this.input.value = "";
    this.onchange();
  }
  holds(item, all = this.chosen) {
    for (const facet of this.facets) {
      const chosen = all[facet.key];
      if (chosen.size && !facet.of(item, all).some(value => chosen.has(value))) return false;
    }
    const text = this.words && this.text(item).toLowerCase();
    return !this.words || this.words.toLowerCase().split(/\s+/).every(word => text.includes(word));
  }
  /* The items that hold; counts say how many there would be with that value alone. */
  apply(items) {
    for (const {facet, option, node, count} of this.buttons) {
      const chosen = {...this.chosen, [facet.key]: new Set([option.value])};
      const number = items.filter(item => this.holds(item, chosen)).length;
      count.textContent = number;
      node.classList.toggle("empty", number === 0);
      node.setAttribute("aria-pressed", this.chosen[facet.key].has(option.value));
    }
    return items.filter(item => this.holds(item));
  }
  state() {
    const state = {};
    for (const facet of this.facets) state[facet.key] = [...this.chosen[facet.key]].join(",");
    state.q = this.words;
    return state;
  }
}
