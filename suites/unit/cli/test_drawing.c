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
