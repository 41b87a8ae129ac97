/* The data of a run's report, made ready, and what all of its views say in the same words. */

/* What stands in the page: the data themselves, or those of a large run deflated (RFC 1950), or most call flows would not fit
 * into a page that has to go through the mail. */
async function pageData() {
  const element = document.getElementById("data"), data = JSON.parse(element.textContent);
  element.remove(); /* megabytes that nobody needs twice, and that every walk over the page would read */
  if (!data.deflated) return data;
  const packed = new Blob([Uint8Array.from(atob(data.deflated), c => c.charCodeAt(0))]);
  return new Response(packed.stream().pipeThrough(new DecompressionStream("deflate"))).json();
}

const data = await pageData();
const strings = data.strings;
const STATUS = ["not-conformant", "undecided", "not-exercised", "conformant", "not-applicable"];
const STATUS_TEXT = {"conformant": "conformant", "not-conformant": "not conformant", "undecided": "undecided", "not-exercised": "not exercised", "not-applicable": "not applicable"};
const LEVELS = ["MUST", "SHOULD", "MAY", "seed", "obs"];
const VERDICTS = ["fail", "error", "inconclusive", "not-exercised", "pass", "not-applicable"];
const VERDICT_TEXT = {"not-exercised": "pass, not exercised", "not-applicable": "not applicable"};

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
