/* Many results as one document: what is counted, what is told, and above all what is not. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/event/event.h"
#include "reports/reports_private.h"

/* One result.json; members in Python's manner would be nicer to read, but a format string has to do. */
static struct report_column *column_make(const char *device, const char *start, const char *publication,
                                         const char *honour, const char *identity, const char *reason)
{
    char path[] = "/tmp/sipreuse-event-XXXXXX", error[256] = "";
    int descriptor = mkstemp(path);
    FILE *out = fdopen(descriptor, "w");
    fprintf(
        out,
        "{\"schema\":\"sipreuse-result/1\",\"complete\":true,\"exit_status\":1,\"start\":\"%s\","
        "\"gate\":{\"met\":false,\"reasons\":[]},\"suite\":{\"name\":\"conformance\"},"
        "\"device\":{\"name\":\"%s\",\"version\":\"%s 5.6.%zu\",\"crashes\":1,\"publication\":%s},"
        "\"requirements\":[{\"id\":\"5923-8.2-identity-cache\",\"level\":\"MUST\",\"derived\":false,"
        "\"status\":\"%s\","
        "\"scenarios\":[\"aliasing/server-wrong-identity\"]},"
        "{\"id\":\"5922-7.2-wildcard\",\"level\":\"MUST\",\"derived\":false,\"status\":\"conformant\","
        "\"scenarios\":[]}],"
        "\"scenarios\":[{\"id\":\"aliasing/"
        "server-honour\",\"variant\":\"tls-tls13-ip4-server\",\"verdict\":\"pass\","
        "\"exercised\":true,\"requirements\":[],\"observations\":%s},"
        "{\"id\":\"aliasing/"
        "server-wrong-identity\",\"variant\":\"tls-tls13-ip4-server\",\"verdict\":\"%s\",\"exercised\":true,"
        "\"reason\":\"%s\",\"requirement\":null,\"requirements\":[\"5923-8.2-identity-cache\"],"
        "\"observations\":[]}]}",
        start, device, device, strlen(device), publication, identity, honour,
        strcmp(identity, "conformant") == 0 ? "pass" : "fail", reason);
    fclose(out);
    struct report_column *column = report_column_load(path, error, sizeof error);
    cr_assert_not_null(column, "%s", error);
    unlink(path);
    return column;
}

static const char reused[] = "[{\"name\":\"reused\",\"value\":true,\"event\":7}]";
static const char reason[] =
    "acme-sbc 5.6.8 sent bob@sip.acme.example's OPTIONS sip:alice@sip.acme.example:5061 "
    "from 192.0.2.7:40123 and [2001:db8::7] over "
    "TLS 1.3, as sip.acme.example said.";

static json_t *event_json(struct report_column *const *columns, size_t count,
                          const struct event_options *options, char **survey)
{
    struct event_source sources[8] = {0};
    char *text = NULL;
    size_t size_bytes = 0;
    for (size_t i = 0; i < count; i++)
        sources[i] = (struct event_source){.column = columns[i], .link = "run/report.html"};
    struct event *event = event_make(sources, count, options);
    cr_assert_not_null(event);
    FILE *out = open_memstream(&text, &size_bytes);
    cr_assert(event_put_json(event, out));
    fclose(out);
    json_t *document = json_loads(text, 0, NULL);
    free(text);
    if (survey) {
        out = open_memstream(survey, &size_bytes);
        event_print_survey(event, out, 100, false);
        fclose(out);
    }
    event_free(event);
    return document;
}

static const char *cell(const json_t *document, size_t requirement, size_t device)
{
    return json_string_value(json_array_get(
        json_object_get(json_array_get(json_object_get(document, "requirements"), requirement), "cells"),
        device));
}

Test(event, devices_in_order_with_their_cells)
{
    struct report_column *columns[] = {
        column_make("zeta", "2026-11-26T10:00:00.000Z", "null", reused, "not-conformant", "It came there."),
        column_make("acme-sbc", "2026-11-26T09:00:00.000Z", "null", "[]", "conformant", ""),
    };
    char *survey = NULL;
    json_t *document = event_json(columns, 2, &(struct event_options){0}, &survey);
    const json_t *devices = json_object_get(document, "devices");
    cr_assert_eq(json_array_size(devices), 2);
    cr_assert_str_eq(json_string_value(json_object_get(json_array_get(devices, 0), "label")), "acme-sbc");
    cr_assert_str_eq(cell(document, 0, 0), "conformant");
    cr_assert_str_eq(cell(document, 0, 1), "not-conformant");
    cr_assert_not_null(strstr(survey, "Survey of 2 implementations"), "%s", survey);
    cr_assert_not_null(strstr(survey, "1 of 2 reuse TLS connections backwards"), "%s", survey);
    cr_assert_not_null(strstr(survey, "0 of 1 only for domains that the peer's certificate names"), "%s",
                       survey);
    cr_assert_not_null(strstr(survey, "2 of 2 crashed"), "%s", survey);
    json_decref(document);
    free(survey);
    report_column_free(columns[0]);
    report_column_free(columns[1]);
}

Test(event, history_tells_what_changed)
{
    struct report_column *columns[] = {
        column_make("acme-sbc", "2026-11-26T11:00:00.000Z", "null", reused, "conformant", ""),
        column_make("acme-sbc", "2026-11-25T11:00:00.000Z", "null", reused, "not-conformant",
                    "It came there."),
    };
    json_t *document = event_json(columns, 2, &(struct event_options){0}, NULL);
    const json_t *device = json_array_get(json_object_get(document, "devices"), 0),
                 *runs = json_object_get(device, "runs");
    cr_assert_eq(json_array_size(json_object_get(document, "devices")), 1);
    cr_assert_eq(json_array_size(runs), 2);
    cr_assert_eq(json_integer_value(json_object_get(device, "shown")), 1);
    const json_t *better = json_object_get(json_object_get(json_array_get(runs, 1), "changes"), "better");
    cr_assert_str_eq(json_string_value(json_object_get(json_array_get(better, 0), "id")),
                     "5923-8.2-identity-cache");
    cr_assert_str_eq(cell(document, 0, 0), "conformant");
    json_decref(document);
    report_column_free(columns[0]);
    report_column_free(columns[1]);
}

/* At an event people try one scenario again: that is no result of the device. */
Test(event, a_run_of_one_scenario_does_not_replace_the_whole)
{
    struct report_column *columns[] = {
        column_make("acme-sbc", "2026-11-25T11:00:00.000Z", "null", reused, "not-conformant",
                    "It came there."),
        column_make("acme-sbc", "2026-11-26T11:00:00.000Z", "null", reused, "conformant", ""),
    };
    json_array_remove(json_object_get(columns[1]->result, "requirements"), 1);
    json_t *document = event_json(columns, 2, &(struct event_options){0}, NULL);
    const json_t *device = json_array_get(json_object_get(document, "devices"), 0);
    cr_assert_eq(json_integer_value(json_object_get(device, "shown")), 0);
    cr_assert_eq(json_array_size(json_object_get(device, "runs")), 2, "it is in the history");
    cr_assert_str_eq(cell(document, 0, 0), "not-conformant");
    cr_assert_str_eq(cell(document, 1, 0), "conformant");
    json_decref(document);
    report_column_free(columns[0]);
    report_column_free(columns[1]);
}

Test(event, an_anonymous_document_names_nobody)
{
    struct report_column *columns[] = {
        column_make("acme-sbc", "2026-11-26T10:00:00.000Z", "null", reused, "not-conformant", reason),
        column_make("zeta", "2026-11-26T10:00:00.000Z", "{\"named\":true,\"redact\":[]}", reused,
                    "not-conformant", "Zeta did it."),
    };
    json_t *document =
        event_json(columns, 2, &(struct event_options){.is_anonymous = true, .chance = 4}, NULL);
    char *text = json_dumps(document, 0);
    static const char *const secrets[] = {"acme", "alice", "bob", "192.0.2.7", "2001:db8", "5.6.8"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        cr_assert_null(strcasestr(text, secrets[i]), "'%s' stands in %s", secrets[i], text);
    cr_assert_not_null(strstr(text, "Device 1"));
    cr_assert_not_null(strstr(text, "\"zeta\""), "who has agreed is named");
    cr_assert_not_null(strstr(text, "Zeta did it."));
    cr_assert_not_null(strstr(text, "TLS 1.3"), "a version of TLS is no host name: %s", text);
    cr_assert_not_null(strstr(text, "sip:user-"), "%s", text);
    free(text);
    json_decref(document);
    report_column_free(columns[0]);
    report_column_free(columns[1]);
}

Test(event, the_same_thing_has_the_same_stand_in)
{
    struct report_column *columns[] = {
        column_make("acme-sbc", "2026-11-26T10:00:00.000Z", "null", reused, "not-conformant", reason)};
    json_t *document = event_json(columns, 1, &(struct event_options){.is_anonymous = true}, NULL);
    const json_t *reasons =
        json_object_get(json_array_get(json_object_get(document, "requirements"), 0), "reasons");
    const char *text = json_string_value(json_object_get(reasons, "0"));
    const char *first = strstr(text, "name-");
    cr_assert_not_null(first, "%s", text);
    cr_assert_not_null(strstr(first + 6, "as name-"), "%s", text);
    cr_assert_eq(first[5], strstr(first + 6, "name-")[5], "%s", text);
    json_decref(document);
    report_column_free(columns[0]);
}

Test(event, what_the_owner_keeps_back_is_withheld)
{
    const char *publication = "{\"named\":false,\"redact\":[\"5922-*\",\"flux capacitor\"]}";
    struct report_column *columns[] = {column_make("acme-sbc", "2026-11-26T10:00:00.000Z", publication,
                                                   reused, "not-conformant", "The Flux Capacitor sent it.")};
    json_t *document = event_json(columns, 1, &(struct event_options){.is_anonymous = true}, NULL);
    char *text = json_dumps(document, 0);
    cr_assert_str_eq(cell(document, 1, 0), "withheld");
    cr_assert_null(strcasestr(text, "capacitor"), "%s", text);
    cr_assert_not_null(strstr(text, "[redacted]"));
    free(text);
    json_decref(document);
    report_column_free(columns[0]);
}
