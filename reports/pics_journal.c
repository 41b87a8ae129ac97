/* The PICS of a run: what the journal says that the profile had claimed. */
#include "reports/pics_journal.h"

#include <stdlib.h>
#include <string.h>

static void answer(struct pics_journal *journal, const char *key, const char *value)
{
    if (journal->pics.count < PICS_ANSWERS_MAX)
        journal->answers[journal->pics.count++] = (struct report_pics_answer){key, value};
}

static const char *bool_text(const json_t *value)
{
    return json_is_true(value) ? "yes" : "no";
}

static bool list_has(const json_t *list, const char *word)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));
        if (item && strcmp(item, word) == 0)
            return true;
    }
    return false;
}

static bool list_has_number(const json_t *list, json_int_t number)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_integer_value(json_array_get(list, i)) == number)
            return true;
    return false;
}

static void answer_lists(struct pics_journal *journal, const json_t *device, const json_t *claims)
{
    static const char *const transports[][2] = {{"transport.tcp", "tcp"},
                                                {"transport.tls", "tls"},
                                                {"transport.sctp", "sctp"},
                                                {"transport.tls-sctp", "tls-sctp"}};
    const json_t *list = json_object_get(claims, "transports"), *ip = json_object_get(device, "ip"),
                 *domains = json_object_get(device, "domains");
    for (size_t i = 0; list && i < sizeof transports / sizeof *transports; i++)
        answer(journal, transports[i][0], list_has(list, transports[i][1]) ? "yes" : "no");
    if (ip) {
        answer(journal, "ip.4", list_has_number(ip, 4) ? "yes" : "no");
        answer(journal, "ip.6", list_has_number(ip, 6) ? "yes" : "no");
    }
    size_t size_bytes = 0;
    FILE *out = open_memstream(&journal->domains, &size_bytes);
    if (!out)
        return;
    for (size_t i = 0; i < json_array_size(domains); i++) {
        const char *domain = json_string_value(json_array_get(domains, i));
        fprintf(out, "%s%s", i ? ", " : "", domain ? domain : "");
    }
    fclose(out);
    answer(journal, "domains", journal->domains);
}

void pics_journal_init(struct pics_journal *journal, const struct report *report)
{
    static const char *const texts[][2] = {{"stimulus", "stimulus"},
                                           {"stimulus.transport", "stimulus_transport"},
                                           {"resolver", "resolver"},
                                           {"start", "start"},
                                           {"configuration", "profile"}};
    const json_t *device = json_object_get(report->run, "device");
    json_t *claims = json_object_get(device, "claims"), *value;
    const char *key, *kind = report_text(device, "kind");
    *journal = (struct pics_journal){0};
    journal->pics = (struct report_pics){.device = report_text(device, "name"),
                                         .version = report_text(device, "version"),
                                         .answers = journal->answers};
    if (kind[0]) {
        answer(journal, "role.proxy", strcmp(kind, "proxy") == 0 ? "yes" : "no");
        answer(journal, "role.ua", strcmp(kind, "ua") == 0 ? "yes" : "no");
    }
    json_object_foreach(claims, key, value) if (json_is_boolean(value))
        answer(journal, key, bool_text(value));
    answer_lists(journal, device, claims);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        answer(journal, texts[i][0], report_text(device, texts[i][1]));
}

void pics_journal_fini(struct pics_journal *journal)
{
    free(journal->domains);
}
