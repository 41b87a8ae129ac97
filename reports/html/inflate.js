/* The data of a large run are deflated (RFC 1950, 1951), or most call flows would not fit into a page that has to go through
 * the mail. The browser's own DecompressionStream gives them later only, and a page begins with them. */

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/* Canonical codes from their lengths: a table by the next 15 bits, each entry symbol × 16 + length. */
function codeTable(lengths) {
  const count = new Array(16).fill(0), next = new Array(16).fill(0), table = new Uint16Array(1 << 15);
  for (const length of lengths) if (length) count[length]++;
  for (let length = 1, code = 0; length < 16; length++) next[length] = code = (code + (length > 1 ? count[length - 1] : 0)) << 1;
  lengths.forEach((length, symbol) => {
    if (!length) return;
    let reversed = 0;
    for (let bit = 0, code = next[length]++; bit < length; bit++) reversed |= (code >> bit & 1) << length - 1 - bit;
    for (let at = reversed; at < table.length; at += 1 << length) table[at] = symbol << 4 | length;
  });
  return table;
}

class Inflation {
  constructor(input, sizeBytes) { Object.assign(this, {input, at: 2, held: 0, count: 0, output: new Uint8Array(sizeBytes), used: 0}); }
  bits(wanted) {
    while (this.count < wanted) { this.held |= this.input[this.at++] << this.count; this.count += 8; }
    const value = this.held & (1 << wanted) - 1;
    this.held >>>= wanted;
    this.count -= wanted;
    return value;
  }
  symbol(table) {
    while (this.count < 15) { this.held |= (this.input[this.at++] || 0) << this.count; this.count += 8; }
    const entry = table[this.held & 0x7fff], length = entry & 15;
    if (!length) throw new Error("the data of this page are damaged");
    this.held >>>= length;
    this.count -= length;
    return entry >> 4;
  }
  stored() {
    this.at -= this.count >> 3; /* whole bytes that were taken too early */
    this.held = this.count = 0;
    const size = this.input[this.at] | this.input[this.at + 1] << 8;
    this.output.set(this.input.subarray(this.at + 4, this.at + 4 + size), this.used);
    this.at += 4 + size;
    this.used += size;
  }
  tables() {
    const literals = this.bits(5) + 257, distances = this.bits(5) + 1, codes = this.bits(4) + 4, order = new Array(19).fill(0), lengths = [];
    for (let i = 0; i < codes; i++) order[CODE_ORDER[i]] = this.bits(3);
    const table = codeTable(order);
    while (lengths.length < literals + distances) {
      const symbol = this.symbol(table);
      if (symbol < 16) lengths.push(symbol);
      else {
        const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
        for (let times = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7); times > 0; times--) lengths.push(value);
      }
    }
    return [codeTable(lengths.slice(0, literals)), codeTable(lengths.slice(literals))];
  }
  coded([literals, distances]) {
    for (let symbol; (symbol = this.symbol(literals)) !== 256;) {
      if (symbol < 256) { this.output[this.used++] = symbol; continue; }
      const length = LENGTH_BASE[symbol - 257] + this.bits(LENGTH_BITS[symbol - 257]), far = this.symbol(distances);
      const distance = DISTANCE_BASE[far] + this.bits(DISTANCE_BITS[far]);
      for (const end = this.used + length; this.used < end; this.used++) this.output[this.used] = this.output[this.used - distance];
    }
  }
  run() {
    const same = [...new Array(144).fill(8), ...new Array(112).fill(9), ...new Array(24).fill(7), ...new Array(8).fill(8)];
    for (let isLast = 0; !isLast;) {
      isLast = this.bits(1);
      const kind = this.bits(2);
      if (kind === 0) this.stored();
      else this.coded(kind === 1 ? [codeTable(same), codeTable(new Array(30).fill(5))] : this.tables());
    }
    return this.output;
  }
}

/* What stands in the page: {"deflated": base64 of zlib, "size_bytes"}, or the data themselves. */
function pageData() {
  const element = document.getElementById("data"), data = JSON.parse(element.textContent);
  element.remove(); /* megabytes that nobody needs twice, and that every walk over the page would read */
  if (!data.deflated) return data;
  const input = Uint8Array.from(atob(data.deflated), c => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(new Inflation(input, data.size_bytes).run()));
}
