/* Two results compared: what got better, worse, what is new, what is gone. A change is better only when it
 * ends in good, and worse when it goes down: from a failure to "could not be decided" is neither. */
#include "reports/reports_private.h"

#include <stdlib.h>
#include <string.h>

enum diff_change { DIFF_WORSE, DIFF_BETTER, DIFF_CHANGED, DIFF_NEW, DIFF_GONE, DIFF_CHANGES, DIFF_SAME };
static const char *const change_words[DIFF_CHANGES] = {"worse", "better", "changed", "new", "gone"};

struct diff_item {
    enum diff_change change;
    const char *id, *variant, *level; /* variant NULL: a requirement */
    const char *old, *latest;         /* words; NULL: not there */
    const char *reason;               /* of the new verdict; "" for requirements */
};
struct diff_list {
    struct diff_item *items;
    size_t count;
    size_t by_change[DIFF_CHANGES];
};
struct report_diff {
    const struct report_column *old, *latest;
    struct diff_list requirements, scenarios;
};

/* How bad a word is; both lists use one scale. Not applicable is no place on it: the rule did not apply. */
static int diff_rank(const char *word)
{
    static const struct {
        const char *word;
        int rank;
    } ranks[] = {{"pass", 0},      {"conformant", 0}, {"not-exercised", 1},  {"inconclusive", 2},
                 {"undecided", 2}, {"error", 2},      {"not-conformant", 3}, {"fail", 3}};
    for (size_t i = 0; word && i < sizeof ranks / sizeof ranks[0]; i++)
        if (strcmp(ranks[i].word, word) == 0)
            return ranks[i].rank;
    return -1;
}

static enum diff_change diff_compare(const char *old, const char *latest)
{
    int before = diff_rank(old), after = diff_rank(latest);
    if (before < 0 || after < 0)
        return before == after ? DIFF_SAME : before < 0 ? DIFF_NEW : DIFF_GONE;
    if (after > before)
        return DIFF_WORSE;
    if (after < before)
        return after == 0 ? DIFF_BETTER : DIFF_CHANGED;
    return strcmp(old, latest) == 0 ? DIFF_SAME : DIFF_CHANGED;
}

static const char *diff_word(const json_t *object)
{
    const char *verdict = json_string_value(json_object_get(object, "verdict"));
    if (!verdict)
        return json_string_value(json_object_get(object, "status"));
    bool is_idle = strcmp(verdict, "pass") == 0 && !json_is_true(json_object_get(object, "exercised"));
    return is_idle ? "not-exercised" : verdict;
}

/* "id:variant" or "id" → object; new reference, NULL: out of memory. */
static json_t *diff_index(const json_t *list)
{
    json_t *index = json_object();
    for (size_t i = 0; index && i < json_array_size(list); i++) {
        json_t *object = json_array_get(list, i);
        char *key = NULL;
        if (asprintf(&key, "%s:%s", report_text(object, "id"), report_text(object, "variant")) < 0)
            continue;
        json_object_set(index, key, object);
        free(key);
    }
    return index;
}

static void diff_add(struct diff_list *list, const json_t *old, const json_t *latest)
{
    const json_t *shown = latest ? latest : old;
    struct diff_item item = {.id = report_text(shown, "id"),
                             .variant = json_string_value(json_object_get(shown, "variant")),
                             .level = report_text(shown, "level"),
                             .old = diff_word(old),
                             .latest = diff_word(latest),
                             .reason = report_text(latest, "reason")};
    item.change = diff_compare(item.old, item.latest);
    if (item.change == DIFF_SAME)
        return;
    list->items[list->count++] = item;
    list->by_change[item.change]++;
}

static bool diff_lists(struct diff_list *list, const json_t *old, const json_t *latest)
{
    json_t *before = diff_index(old), *after = diff_index(latest), *object;
    const char *key;
    list->items = calloc(json_object_size(before) + json_object_size(after) + 1, sizeof *list->items);
    if (list->items && before && after) {
        json_object_foreach(after, key, object) diff_add(list, json_object_get(before, key), object);
        json_object_foreach(before, key, object) if (!json_object_get(after, key))
            diff_add(list, object, NULL);
    }
    bool is_good = list->items && before && after;
    json_decref(before);
    json_decref(after);
    return is_good;
}

struct report_diff *report_diff_new(const struct report_column *old, const struct report_column *latest)
{
    struct report_diff *diff = calloc(1, sizeof *diff);
    if (!diff)
        return NULL;
    diff->old = old;
    diff->latest = latest;
    if (diff_lists(&diff->requirements, json_object_get(old->result, "requirements"),
                   json_object_get(latest->result, "requirements")) &&
        diff_lists(&diff->scenarios, json_object_get(old->result, "scenarios"),
                   json_object_get(latest->result, "scenarios")))
        return diff;
    report_diff_free(diff);
    return NULL;
}

void report_diff_free(struct report_diff *diff)
{
    if (!diff)
        return;
    free(diff->requirements.items);
    free(diff->scenarios.items);
    free(diff);
}

bool report_diff_is_worse(const struct report_diff *diff)
{
    return diff->requirements.by_change[DIFF_WORSE] || diff->scenarios.by_change[DIFF_WORSE];
}

static enum page_style diff_style(enum diff_change change)
{
    return change == DIFF_WORSE ? PAGE_BAD : change == DIFF_BETTER ? PAGE_GOOD : PAGE_DOUBT;
}

static void diff_put_item(struct page *page, const struct diff_item *item)
{
    fputs("    ", page->out);
    page_put_text(page, item->id);
    if (item->variant) {
        fputc(' ', page->out);
        page_put_text(page, item->variant);
    } else {
        page_put(page, PAGE_DIM, " %s", item->level);
    }
    fputs(": ", page->out);
    page_put_text(page, item->old ? item->old : "not there");
    fputs(" -> ", page->out);
    page_put_text(page, item->latest ? item->latest : "not there");
    fputc('\n', page->out);
    if (item->change == DIFF_WORSE && item->reason[0])
        page_wrap(page, 8, item->reason);
}

static void diff_put_list(struct page *page, const struct diff_list *list, const char *what)
{
    static const char *const titles[DIFF_CHANGES] = {"Worse", "Better", "Changed, neither better nor worse",
                                                     "New", "Gone"};
    for (enum diff_change change = DIFF_WORSE; change < DIFF_CHANGES; change++) {
        if (list->by_change[change] == 0)
            continue;
        fputs("\n  ", page->out);
        page_put(page, diff_style(change), "%s: %zu %s\n", titles[change], list->by_change[change], what);
        for (size_t i = 0; i < list->count; i++)
            if (list->items[i].change == change)
                diff_put_item(page, &list->items[i]);
    }
}

static void diff_put_head(struct page *page, const char *word, const struct report_column *column)
{
    const json_t *device = json_object_get(column->result, "device");
    fprintf(page->out, "%s  ", word);
    page_put_text(page, report_text(device, "name"));
    if (report_text(device, "version")[0]) {
        fputs(" · ", page->out);
        page_put_text(page, report_text(device, "version"));
    }
    fputs(" · suite ", page->out);
    page_put_text(page, report_text(json_object_get(column->result, "suite"), "name"));
    page_put(page, PAGE_DIM, " · %s", report_text(column->result, "start"));
    fputs("  ", page->out);
    page_put_text(page, column->where);
    if (!json_is_true(json_object_get(column->result, "complete")))
        page_put(page, PAGE_BAD, "  not complete");
    fputc('\n', page->out);
}

void report_print_diff(const struct report_diff *diff, FILE *out, unsigned width, bool is_coloured)
{
    struct page page = {.out = out, .width = width, .is_coloured = is_coloured};
    diff_put_head(&page, "old", diff->old);
    diff_put_head(&page, "new", diff->latest);
    diff_put_list(&page, &diff->requirements, "requirements");
    diff_put_list(&page, &diff->scenarios, "scenario variants");
    fputc('\n', out);
    bool is_worse = report_diff_is_worse(diff);
    page_put(&page, is_worse ? PAGE_BAD : PAGE_GOOD, "%s", is_worse ? "Worse" : "Not worse");
    for (int i = 0; i < 2; i++) {
        const struct diff_list *list = i ? &diff->scenarios : &diff->requirements;
        fprintf(out, "%s", i ? "; scenario variants:" : ". Requirements:");
        for (enum diff_change change = DIFF_WORSE; change < DIFF_CHANGES; change++)
            fprintf(out, "%s %zu %s", change ? "," : "", list->by_change[change], change_words[change]);
    }
    fputs(".\n", out);
}

static json_t *diff_list_json(const struct diff_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct diff_item *item = &list->items[i];
        json_t *object =
            json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "id", item->id, "level", item->level, "change",
                      change_words[item->change], "old", item->old, "new", item->latest);
        if (item->variant) {
            json_object_set_new(object, "variant", json_string(item->variant));
            json_object_set_new(object, "reason", json_string(item->reason));
        }
        json_array_append_new(array, object);
    }
    return array;
}

json_t *report_diff_json(const struct report_diff *diff)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o}", "schema", "sipreuse-diff/1", "old", diff->old->where,
                     "new", diff->latest->where, "worse", (int)report_diff_is_worse(diff), "requirements",
                     diff_list_json(&diff->requirements), "scenarios", diff_list_json(&diff->scenarios));
}

bool report_put_diff_json(const struct report_diff *diff, FILE *out)
{
    json_t *root = report_diff_json(diff);
    bool is_good = root && json_dumpf(root, out, JSON_INDENT(1)) == 0 && fputc('\n', out) != EOF;
    json_decref(root);
    return is_good;
}
