#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define TEXT(literal) ((char[]){literal})

static char *drawn(const struct scenario_variant *variant, unsigned width)
{
    char *text = NULL;
    size_t size_bytes = 0;
    struct page page = {.out = open_memstream(&text, &size_bytes), .width = width};
    drawing_print(&page, variant);
    fclose(page.out);
    return text;
}

Test(drawing, hosts_are_columns_and_time_goes_down)
{
    char *hosts[] = {TEXT("peer")}, *of[] = {TEXT("call-b")}, *on[] = {TEXT("c1")},
         *fresh[] = {TEXT("new@direct")};
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_REQUEST,
         .of = {of, 1},
         .on = {on, 1},
         .verdict = VERDICT_FAIL,
         .reason = TEXT("It came over c1.")},
        {.match = MATCH_REQUEST, .of = {of, 1}, .on = {fresh, 1}, .verdict = VERDICT_PASS},
        {.match = MATCH_RESPONSE,
         .of = {of, 1},
         .status_from = 300,
         .status_to = 699,
         .verdict = VERDICT_PASS},
        {.match = MATCH_SILENCE, .verdict = VERDICT_PASS},
    };
    struct scenario_step steps[] = {
        {.verb = STEP_LISTEN,
         .listen = {.name = TEXT("direct"),
                    .host = TEXT("peer"),
                    .transport = NET_TLS,
                    .certificate = TEXT("b"),
                    .request_certificate = true}},
        {.verb = STEP_CONNECT,
         .connect =
             {.name = TEXT("c1"), .host = TEXT("peer"), .transport = NET_TLS, .certificate = TEXT("a")}},
        {.verb = STEP_SEND,
         .send = {.name = TEXT("register-alias"),
                  .on = TEXT("c1"),
                  .times = 1,
                  .message = {.method = TEXT("OPTIONS"), .uri = TEXT("sip:{dut.one}"), .alias = true}}},
        {.verb = STEP_STIMULATE,
         .stimulate = {.name = TEXT("call-b"),
                       .times = 1,
                       .message = {.method = TEXT("OPTIONS"), .uri = TEXT("sip:bob@b.{zone}")}}},
        {.verb = STEP_EXPECT, .expect = {.alternatives = alternatives, .count = 4}},
    };
    const struct scenario_variant variant = {.hosts = {hosts, 1}, .steps = {steps, 5}};
    static const char expected[] =
        "     ua                  device                 peer\n"
        "      |                     |                     |\n"
        "      |                     |                     o  peer listens, 'direct': tls, certificate b\n"
        "      |                     |<======= c1 =========|  peer opens c1 over tls, shows certificate a\n"
        "      |                     |<---- OPTIONS -------|  register-alias: sip:{dut.one}, Via with alias\n"
        "      |                     |                     |  on c1\n"
        "      |----- OPTIONS ------>|                     |  call-b: for sip:bob@b.{zone}\n"
        "      |                     |                     |  whichever is seen first:\n"
        "      |                     |------ call-b ------>|    call-b on c1 → fail: It came over c1.\n"
        "      |                     |------ call-b ------>|    call-b on new@direct → pass\n"
        "      |<---- 3xx-6xx -------|                     |    response 3xx-6xx to call-b → pass\n"
        "      |                     |                     |    nothing comes, and the device still works →\n"
        "      |                     |                     |    pass\n"
        "      |                     |                     |  at the end, without a verdict: pass\n";
    char *text = drawn(&variant, 100);
    cr_assert_str_eq(text, expected, "%s", text);
    free(text);
}

Test(drawing, fits_narrow_terminals)
{
    char *hosts[] = {TEXT("first-with-a-long-name"), TEXT("second")};
    struct scenario_step steps[] = {
        {.verb = STEP_CONNECT, .connect = {.name = TEXT("c1"), .host = TEXT("second"), .transport = NET_TCP}},
        {.verb = STEP_CLOSE, .close = {.on = TEXT("c1"), .mode = NET_CLOSE_RST}},
        {.verb = STEP_WAIT, .wait = {.ms = 1500, .why = TEXT("the rule is about time")}},
    };
    const struct scenario_variant variant = {.hosts = {hosts, 2}, .steps = {steps, 3}};
    char *text = drawn(&variant, 80);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        cr_assert(page_columns(line, strlen(line)) <= 80, "%s", line);
    free(text);
}

Test(drawing, many_hosts_and_names_stay_in_bounds)
{
    char names[40][16], *hosts[40];
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "host%d", i);
        hosts[i] = names[i];
    }
    const struct scenario_variant variant = {.hosts = {hosts, 40}};
    char *text = drawn(&variant, 120);
    cr_assert_not_null(strstr(text, "host5"));
    free(text);
}

static void note_verbs(const struct scenario_steps *steps, bool *is_seen)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct scenario_step *step = &steps->items[i];
        is_seen[step->verb] = true;
        if (step->verb == STEP_REPEAT)
            note_verbs(&step->repeat.steps, is_seen);
        for (size_t k = 0; step->verb == STEP_PARALLEL && k < step->parallel.count; k++)
            note_verbs(&step->parallel.branches[k], is_seen);
    }
}

/* Whatever verbs there are: each of them but observe is in some scenario of ours. */
Test(drawing, every_scenario_can_be_drawn)
{
    struct diagnostic diagnostic = {0};
    struct catalogue *catalogue = catalogue_load(SIPREUSE_SOURCE_DIR "/scenarios", &diagnostic);
    bool is_seen[STEP_OBSERVE + 1] = {false};
    cr_assert_not_null(catalogue, "%s", diagnostic.text);
    for (size_t i = 0; i < catalogue->scenario_count; i++) {
        const struct scenario_variant *variant = &catalogue->scenarios[i]->variants[0];
        char *text = drawn(variant, 400);
        cr_expect_not_null(strstr(text, "at the end, without a verdict"), "%s", catalogue->scenarios[i]->id);
        note_verbs(&variant->steps, is_seen);
        free(text);
    }
    struct scenario_step observe = {.verb = STEP_OBSERVE, .observe = {TEXT("reused"), TEXT("yes")}};
    const struct scenario_variant observing = {.steps = {&observe, 1}};
    char *observed = drawn(&observing, 100);
    cr_expect_not_null(strstr(observed, "observed: reused = yes"), "%s", observed);
    free(observed);
    for (size_t verb = 0; verb < STEP_OBSERVE; verb++)
        cr_expect(is_seen[verb], "no scenario has the verb %s", scenario_verb_name((enum scenario_verb)verb));
    catalogue_free(catalogue);
}
