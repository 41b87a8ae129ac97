/* What the device answers to each message of RFC 4475 and RFC 5118, as the tables beside the parser's tests
 * say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_fixture.h"

enum { DEVICE = 1, UA = 2 };

struct outcome {
    struct script *script;
    struct script *barrier;
    size_t barrier_count; /* messages of it that show that the device has got past */
};

static const struct sip_message *final_of(const struct script *script)
{
    for (size_t i = 0; i < script->message_count; i++) {
        if (!script->messages[i]->is_request && script->messages[i]->status >= 200) {
            return script->messages[i];
        }
    }
    return NULL;
}

static bool is_decided(void *arg)
{
    const struct outcome *outcome = arg;
    return final_of(outcome->script) != NULL || outcome->script->is_closed;
}

static bool is_past(void *arg)
{
    const struct outcome *outcome = arg;
    return outcome->barrier->message_count >= outcome->barrier_count;
}

static bool allows(const char *allowed, const struct outcome *outcome)
{
    const struct sip_message *final = final_of(outcome->script);
    char *copy = strdup(allowed);
    char *rest = copy;
    bool is_allowed = false;
    for (char *word; (word = strtok_r(NULL, "|\n", &rest)) != NULL;) {
        if (final == NULL) {
            is_allowed |= strcmp(word, outcome->script->is_closed ? "close" : "none") == 0;
        } else if (strcmp(word, "accepted") == 0) {
            is_allowed |= final->status != 400 && final->status != 505;
        } else if (strcmp(word, "2xx") == 0) {
            is_allowed |= final->status / 100 == 2;
        } else {
            is_allowed |= (unsigned)atoi(word) == final->status;
        }
    }
    free(copy);
    return is_allowed;
}

static void send_file(struct script *script, const char *folder, const char *file)
{
    char path[2048];
    static char bytes[65536];
    snprintf(path, sizeof(path), "%s/suites/unit/sip/%s/%s", SIPREUSE_SOURCE_DIR, folder, file);
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in, "%s", path);
    size_t size_bytes = fread(bytes, 1, sizeof(bytes), in);
    fclose(in);
    cr_assert_eq(net_connection_write(script->connection, bytes, size_bytes), 0);
}

static void try_file(struct world *world, struct script *barrier, const char *folder, const char *file,
                     const char *allowed)
{
    struct outcome outcome = {.script = script_connect(world, UA, DEVICE, NET_TCP, NULL, NULL),
                              .barrier = barrier};
    send_file(outcome.script, folder, file);
    if (strstr(allowed, "none") != NULL) {
        /* Silence is allowed: the device has had its turn when it has answered what was sent later, twice
         * over. */
        for (int i = 0; i < 2; i++) {
            outcome.barrier_count = barrier->message_count + 1;
            script_send(barrier, request_text(world, "OPTIONS", "sip:dut.test", UA, 5060, "TCP", "", ""));
            world_run_until(world, is_past, &outcome);
        }
    } else {
        world_run_until(world, is_decided, &outcome);
    }
    const struct sip_message *final = final_of(outcome.script);
    cr_expect(allows(allowed, &outcome), "%s/%s: %u, %s; allowed %s", folder, file,
              final == NULL ? 0 : final->status, outcome.script->is_closed ? "closed" : "open", allowed);
    script_free(outcome.script);
}

static void try_table(const char *folder)
{
    struct world world;
    char path[2048];
    char line[1024];
    size_t rows = 0;
    world_init(&world);
    world_serve(&world, "dut", DEVICE);
    world_node(&world, &(struct node_plan){.host = DEVICE, .labels = "dut", .is_proxy = true});
    struct script *barrier = script_connect(&world, UA, DEVICE, NET_TCP, NULL, NULL);
    snprintf(path, sizeof(path), "%s/suites/unit/sip/%s.csv", SIPREUSE_SOURCE_DIR, folder);
    FILE *table = fopen(path, "r");
    cr_assert_not_null(table, "%s", path);
    cr_assert_not_null(fgets(line, sizeof(line), table));
    while (fgets(line, sizeof(line), table) != NULL) {
        const char *allowed = strrchr(line, ',') + 1;
        char *comma = strchr(line, ',');
        *comma = '\0';
        try_file(&world, barrier, folder, line, allowed);
        rows++;
    }
    fclose(table);
    cr_expect_geq(rows, 10);
    script_free(barrier);
    world_fini(&world);
}

Test(torture, rfc4475)
{
    try_table("rfc4475");
}

Test(torture, rfc5118)
{
    try_table("rfc5118");
}
