/* Placeholders: which there are, which are fixed by a variant's coordinates, and which only a run can fill.
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scenario/scenario_private.h"

enum { PLACEHOLDER_BYTES_MAX = 80, KNOWN_MAX = 160 };

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Length of "{NAME}" at text with both braces; 0: there is none. */
static size_t placeholder_length(const char *text)
{
    if (text[0] != '{' || !is_letter(text[1]))
        return 0;
    size_t at = 1;
    while (is_letter(text[at]) || (text[at] >= '0' && text[at] <= '9') ||
           (text[at] && strchr("._-", text[at])))
        at++;
    return text[at] == '}' && at - 1 < PLACEHOLDER_BYTES_MAX ? at + 1 : 0;
}

struct output {
    char *text;
    size_t length, capacity;
    bool has_failed;
};

static void output_add(struct output *output, const char *bytes, size_t count)
{
    if (output->length + count + 1 > output->capacity) {
        size_t capacity = (output->length + count + 1) * 2;
        char *larger = realloc(output->text, capacity);
        output->has_failed = output->has_failed || !larger;
        if (!larger)
            return;
        output->text = larger;
        output->capacity = capacity;
    }
    memcpy(output->text + output->length, bytes, count);
    output->length += count;
    output->text[output->length] = '\0';
}

/* What stands for a name; NULL: "{NAME}" stays. */
typedef const char *(*lookup_cb)(const char *name, void *arg);

/* keeps_braces: "{{" stays for a later pass. */
static char *expand(const char *text, lookup_cb lookup, void *arg, bool keeps_braces)
{
    struct output output = {0};
    output_add(&output, "", 0);
    while (*text && !output.has_failed) {
        size_t length = placeholder_length(text);
        if (text[0] == '{' && text[1] == '{') {
            output_add(&output, text, keeps_braces ? 2 : 1);
            text += 2;
        } else if (length) {
            char name[PLACEHOLDER_BYTES_MAX + 1];
            memcpy(name, text + 1, length - 2);
            name[length - 2] = '\0';
            const char *value = lookup(name, arg);
            output_add(&output, value ? value : text, value ? strlen(value) : length);
            text += length;
        } else {
            output_add(&output, text++, 1);
        }
    }
    if (!output.has_failed)
        return output.text;
    free(output.text);
    return NULL;
}

static const char *lookup_fixed(const char *name, void *arg)
{
    const struct scenario_variant *variant = arg;
    static const char *const upper[] = {
        [NET_TCP] = "TCP", [NET_TLS] = "TLS", [NET_SCTP] = "SCTP", [NET_TLS_SCTP] = "TLS-SCTP"};
    if (strcmp(name, "transport") == 0)
        return net_transport_name(variant->transport);
    if (strcmp(name, "TRANSPORT") == 0)
        return upper[variant->transport];
    if (strcmp(name, "port") == 0)
        return net_transport_is_secure(variant->transport) ? "5061" : "5060";
    if (strcmp(name, "srv") == 0)
        return net_transport_service(variant->transport);
    if (strcmp(name, "A") == 0)
        return variant->ip == 6 ? "AAAA" : "A";
    if (strcmp(name, "B") == 0)
        return variant->ip == 6 ? "A" : "AAAA";
    return NULL;
}

/* What stays true wherever the variant runs. The port is not: across a network a world has ports of its own.
 */
static const char *lookup_kept(const char *name, void *arg)
{
    return strcmp(name, "port") == 0 ? NULL : lookup_fixed(name, arg);
}

/* "there", "there.uri": of a host of the other IP version. */
static bool is_other_host(const struct scenario_variant *variant, const char *name, const char *dot)
{
    size_t length = dot && strcmp(dot, ".uri") == 0 ? (size_t)(dot - name) : strlen(name);
    for (size_t i = variant->hosts.count - variant->other_hosts; i < variant->hosts.count; i++)
        if (strncmp(variant->hosts.items[i], name, length) == 0 && variant->hosts.items[i][length] == '\0')
            return true;
    return false;
}

/* Plausible values for what only a run knows, so that zone lines, SAN entries and patterns can be tried out.
 */
static const char *lookup_sample(const char *name, void *arg)
{
    const struct build *build = arg;
    const char *fixed = lookup_fixed(name, build->variant), *dot = strrchr(name, '.');
    if (fixed)
        return fixed;
    if (strcmp(name, "zone") == 0)
        return "1-sample.run.test";
    if (strcmp(name, "dut.one") == 0 || strcmp(name, "dut.two") == 0)
        return "device.test";
    if (strcmp(name, "dut.TWO") == 0)
        return "DEVICE.TEST";
    if (strcmp(name, "i") == 0)
        return "1";
    if (dot && strcmp(dot, ".port") == 0)
        return "5061";
    if ((build->variant->ip == 6) != is_other_host(build->variant, name, dot))
        return dot && strcmp(dot, ".uri") == 0 ? "[2001:db8::1]" : "2001:db8::1";
    return "192.0.2.1";
}

char *text_sample(const struct build *build, const char *text)
{
    /* The callback's argument is not const, lookup_sample() changes nothing. */
    struct build copy = *build;
    return expand(text, lookup_sample, &copy, false);
}

/* Told each placeholder that may stand somewhere: "{NAME" and "SUFFIX}". */
typedef void (*known_cb)(const char *name, const char *suffix, void *arg);

/* Whether one is among them: asked of every text of every variant, so nothing is put together for it. */
struct known_search {
    const char *name; /* what stands between the braces */
    size_t length;
    bool is_found;
};

static void known_compare(const char *name, const char *suffix, void *arg)
{
    struct known_search *search = arg;
    size_t length = strlen(name);
    search->is_found =
        search->is_found || (length <= search->length && memcmp(name, search->name, length) == 0 &&
                             strlen(suffix) == search->length - length &&
                             memcmp(suffix, search->name + length, search->length - length) == 0);
}

/* All of them, for the diagnostic. */
struct known {
    char names[KNOWN_MAX][PLACEHOLDER_BYTES_MAX];
    size_t count;
};

static void known_add(const char *name, const char *suffix, void *arg)
{
    struct known *known = arg;
    if (known->count < KNOWN_MAX)
        snprintf(known->names[known->count++], PLACEHOLDER_BYTES_MAX, "{%.60s%s}", name, suffix);
}

bool variant_needs(const struct scenario_variant *variant, const char *claim)
{
    for (size_t i = 0; i < variant->needs.count; i++)
        if (strcmp(variant->needs.items[i], claim) == 0)
            return true;
    return false;
}

static void known_visit(const struct build *build, enum text_use use, known_cb visit, void *arg)
{
    static const char *const always[] = {"zone",      "dut",     "dut.uri", "dut.port",
                                         "dut.one",   "dut.two", "dut.TWO", "transport",
                                         "TRANSPORT", "port",    "srv",     "A"};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        visit(always[i], "", arg);
    if (build->variant->other_hosts)
        visit("B", "", arg);
    if (variant_needs(build->variant, "challenges"))
        visit("dut.account", "", arg);
    if (build->repeats)
        visit("i", "", arg);
    for (const struct scope_name *entry = build->scope; entry; entry = entry->next) {
        if (entry->kind == SCOPE_HOST) {
            visit(entry->name, "", arg);
            visit(entry->name, ".uri", arg);
        } else if (entry->kind == SCOPE_CONNECTION && entry->is_ours && !entry->is_hidden &&
                   use != TEXT_STATIC) {
            visit(entry->name, ".port", arg);
        }
    }
}

static void reject_placeholder(struct build *build, const struct document_value *value, enum text_use use,
                               const char *placeholder, size_t length)
{
    struct known known = {.count = 0};
    const char *words[KNOWN_MAX];
    char found[PLACEHOLDER_BYTES_MAX + 32], expected[640] = "";
    size_t used = 0;
    known_visit(build, use, known_add, &known);
    for (size_t i = 0; i < known.count; i++) {
        words[i] = known.names[i];
        if (used < sizeof expected - PLACEHOLDER_BYTES_MAX - 8)
            used +=
                (size_t)snprintf(expected + used, sizeof expected - used, "%s'%s'", i ? ", " : "", words[i]);
    }
    char word[PLACEHOLDER_BYTES_MAX + 8];
    snprintf(word, sizeof word, "%.*s", (int)length, placeholder);
    snprintf(found, sizeof found, "the placeholder '%s'", word);
    document_reject(build->diagnostic, value, found, expected, document_nearest(word, words, known.count));
}

static void check_placeholders(struct build *build, const struct document_value *value, enum text_use use)
{
    for (const char *text = document_string(value); *text && !build_failed(build);) {
        size_t length = placeholder_length(text);
        if (text[0] == '{' && text[1] == '{') {
            text += 2;
            continue;
        }
        if (length) {
            struct known_search search = {.name = text + 1, .length = length - 2};
            known_visit(build, use, known_compare, &search);
            if (!search.is_found)
                reject_placeholder(build, value, use, text, length);
            else if (strncasecmp(text, "{dut.two}", 9) == 0 &&
                     !variant_needs(build->variant, "virtual-server"))
                document_reject(
                    build->diagnostic, value, "'{dut.two}'",
                    "'virtual-server' among 'needs', for a single-domain device has no second domain", NULL);
        } else if (text[0] == '{') {
            document_reject(build->diagnostic, value, "a '{' that begins no placeholder",
                            "'{NAME}', or '{{' for a brace", NULL);
        }
        text += length ? length : 1;
    }
}

static void check_pattern(struct build *build, const struct document_value *value, const char *text)
{
    char *sample = text_sample(build, text);
    regex_t regex;
    int code = regcomp(&regex, sample ? sample : "", REG_EXTENDED | REG_ICASE | REG_NOSUB);
    if (code == 0) {
        regfree(&regex);
    } else {
        char why[80], expected[160];
        regerror(code, &regex, why, sizeof why);
        snprintf(expected, sizeof expected, "a POSIX extended regular expression (%s)", why);
        document_reject(build->diagnostic, value, NULL, expected, NULL);
    }
    free(sample);
}

char *text_take(struct build *build, const struct document_value *value, enum text_use use)
{
    if (!document_string(value) || build_failed(build))
        return NULL;
    check_placeholders(build, value, use);
    char *text = expand(document_string(value), lookup_kept, build->variant, true);
    if (text && use == TEXT_PATTERN && !build_failed(build))
        check_pattern(build, value, text);
    char *kept = arena_text(build->arena, text);
    free(text);
    return kept;
}

struct strings texts_take(struct build *build, const struct document_value *list, enum text_use use)
{
    struct strings strings = {.count = document_count(list)};
    strings.items = arena_take(build->arena, strings.count, sizeof *strings.items);
    for (size_t i = 0; i < strings.count; i++)
        strings.items[i] = text_take(build, document_at(list, i), use);
    return strings;
}

struct strings texts_take_each(struct build *build, const struct document_value *value,
                               char *(*take)(struct build *build, const struct document_value *value))
{
    if (!value)
        return (struct strings){0};
    bool is_list = document_kind(value) == DOCUMENT_ARRAY;
    struct strings strings = {.count = is_list ? document_count(value) : 1};
    strings.items = arena_take(build->arena, strings.count, sizeof *strings.items);
    for (size_t i = 0; i < strings.count; i++)
        strings.items[i] = take(build, is_list ? document_at(value, i) : value);
    return strings;
}
