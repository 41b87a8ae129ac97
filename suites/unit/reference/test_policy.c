/* Which connection may be aliased, which may carry a request: every refusal beside the case that it must not
 * refuse, for connections opened and accepted, and every fault at its point. */
#include <criterion/criterion.h>
#include <string.h>

#include "reference/policy.h"

struct setting {
    struct fault_set faults;
    struct policy policy;
    struct alias_table *table;
    uint64_t dead; /* this connection is not alive */
    size_t load;
    bool has_lost;
};

static bool is_alive(uint64_t connection, void *arg)
{
    const struct setting *setting = arg;
    return connection != setting->dead;
}

static size_t own_load(const struct net_address *address, void *arg)
{
    const struct setting *setting = arg;
    (void)address;
    return setting->load;
}

static bool has_lost(const struct target *target, void *arg)
{
    const struct setting *setting = arg;
    (void)target;
    return setting->has_lost;
}

static void set_up(struct setting *setting)
{
    *setting = (struct setting){.table = alias_table_new()};
    setting->policy = (struct policy){.faults = &setting->faults,
                                      .is_alive = is_alive,
                                      .own_load = own_load,
                                      .has_lost = has_lost,
                                      .arg = setting};
}

static struct net_address address_of(uint8_t host, uint16_t port)
{
    return (struct net_address){.family = 4, .ip = {192, 0, 2, host}, .port = port};
}

static void add(struct setting *setting, const char *identity, uint16_t port, enum net_transport transport,
                uint64_t connection, bool is_opened)
{
    struct identity one = {(char *)(uintptr_t)identity, strlen(identity), true};
    const struct alias_row row = {.address = address_of(1, port),
                                  .transport = transport,
                                  .identities = {&one, identity[0] == '\0' ? 0 : 1},
                                  .connection = connection,
                                  .is_opened_by_us = is_opened};
    cr_assert(alias_table_add(setting->table, &row));
}

/* 0: none may be used. */
static uint64_t choose_at(struct setting *setting, const char *domain, struct net_address address,
                          enum net_transport transport)
{
    struct net_address numeric;
    struct next_hop hop = {.host = (char *)(uintptr_t)domain,
                           .is_numeric = net_address_parse(domain, 0, &numeric)};
    struct target target = {.transport = transport, .address = address};
    const struct reuse_question question = {&hop, &target};
    char why[REASON_MAX];
    const struct alias_row *row = policy_choose(&setting->policy, setting->table, &question, why);
    return row == NULL ? 0 : row->connection;
}

static uint64_t choose(struct setting *setting, const char *domain)
{
    return choose_at(setting, domain, address_of(1, 5061), NET_TLS);
}

static void expect_both(struct setting *setting, const char *what, const char *domain, enum fault fault,
                        uint64_t without, uint64_t with)
{
    cr_expect_eq(choose(setting, domain), without, "%s", what);
    setting->faults.is_set[fault] = true;
    cr_expect_eq(choose(setting, domain), with, "%s, with its fault", what);
    setting->faults.is_set[fault] = false;
}

Test(policy, the_same_identity_rides_and_another_does_not)
{
    for (int is_opened = 0; is_opened < 2; is_opened++) {
        struct setting setting;
        set_up(&setting);
        add(&setting, "a.test", 5061, NET_TLS, 7, is_opened == 1);
        cr_expect_eq(choose(&setting, "a.test"), 7);
        expect_both(&setting, "another domain", "b.test",
                    is_opened ? FAULT_CLIENT_REUSE_BY_ADDRESS : FAULT_SERVER_REUSE_BY_ADDRESS, 0, 7);
        expect_both(&setting, "the other side's fault", "b.test",
                    is_opened ? FAULT_SERVER_REUSE_BY_ADDRESS : FAULT_CLIENT_REUSE_BY_ADDRESS, 0, 0);
        alias_table_free(setting.table);
    }
}

Test(policy, each_column_of_the_resolved_address_counts)
{
    for (int is_opened = 0; is_opened < 2; is_opened++) {
        struct setting setting;
        set_up(&setting);
        add(&setting, "a.test", 5061, NET_TLS, 7, is_opened == 1);
        cr_expect_eq(choose_at(&setting, "a.test", address_of(2, 5061), NET_TLS), 0, "IP address");
        cr_expect_eq(choose_at(&setting, "a.test", address_of(1, 5062), NET_TLS), 0, "port");
        cr_expect_eq(choose_at(&setting, "a.test", address_of(1, 5061), NET_TCP), 0, "transport");
        setting.faults.is_set[FAULT_CLIENT_REUSE_BY_IDENTITY] = true;
        cr_expect_eq(choose_at(&setting, "a.test", address_of(2, 5061), NET_TLS), is_opened ? 7 : 0);
        setting.faults.is_set[FAULT_CLIENT_REUSE_BY_IDENTITY] = false;
        setting.faults.is_set[FAULT_ALIAS_TRANSPORT_IGNORED] = true;
        cr_expect_eq(choose_at(&setting, "a.test", address_of(1, 5061), NET_TCP), is_opened ? 0 : 7);
        alias_table_free(setting.table);
    }
}

Test(policy, plain_connections_serve_the_side_that_opened_them)
{
    struct setting setting;
    const struct net_address address = address_of(1, 5060);
    set_up(&setting);
    add(&setting, "", 5060, NET_TCP, 7, false);
    cr_expect_eq(choose_at(&setting, "a.test", address, NET_TCP), 0);
    setting.faults.is_set[FAULT_ALIAS_OVER_TCP] = true;
    cr_expect_eq(choose_at(&setting, "a.test", address, NET_TCP), 7);
    setting.faults.is_set[FAULT_ALIAS_OVER_TCP] = false;
    add(&setting, "", 5060, NET_TCP, 8, true);
    cr_expect_eq(choose_at(&setting, "a.test", address, NET_TCP), 8);
    setting.faults.is_set[FAULT_CROSS_UNDER_LOAD] = true;
    setting.load = 15;
    cr_expect_eq(choose_at(&setting, "a.test", address, NET_TCP), 8);
    setting.load = 16;
    cr_expect_eq(choose_at(&setting, "a.test", address, NET_TCP), 7);
    setting.faults.is_set[FAULT_CROSS_UNDER_LOAD] = false;
    setting.faults.is_set[FAULT_FALLBACK_TO_PEERS] = true;
    cr_expect_eq(choose_at(&setting, "a.test", address, NET_TCP), 8);
    setting.dead = 8;
    setting.has_lost = true;
    cr_expect_eq(choose_at(&setting, "a.test", address, NET_TCP), 7);
    alias_table_free(setting.table);
}

Test(policy, the_dead_are_asked_last_and_passed_over)
{
    struct setting setting;
    set_up(&setting);
    add(&setting, "a.test", 5061, NET_TLS, 7, true);
    add(&setting, "b.test", 5061, NET_TLS, 8, false);
    add(&setting, "a.test", 5061, NET_TLS, 9, false);
    cr_expect_eq(choose(&setting, "a.test"), 7);
    setting.dead = 7;
    cr_expect_eq(choose(&setting, "a.test"), 9);
    cr_expect_eq(choose(&setting, "b.test"), 8);
    alias_table_free(setting.table);
}

Test(policy, never_reusing_and_new_connection_each_refuse_their_own_side)
{
    struct setting setting;
    set_up(&setting);
    add(&setting, "a.test", 5061, NET_TLS, 7, false);
    add(&setting, "a.test", 5061, NET_TLS, 8, true);
    cr_expect_eq(choose(&setting, "a.test"), 7);
    setting.policy.is_never_reusing = true;
    cr_expect_eq(choose(&setting, "a.test"), 8, "what it opened it goes on using");
    setting.policy.is_never_reusing = false;
    setting.dead = 7;
    expect_both(&setting, "a connection of its own", "a.test", FAULT_NEW_CONNECTION_PER_REQUEST, 8, 0);
    alias_table_free(setting.table);
}

Test(policy, the_uri_counts_and_neither_srv_target_nor_literal)
{
    struct setting setting;
    set_up(&setting);
    add(&setting, "a.test", 5061, NET_TLS, 7, false);
    expect_both(&setting, "a numeric URI", "192.0.2.1", FAULT_IP_URI_MATCHES_ANY, 0, 7);
    struct next_hop hop = {.host = (char *)(uintptr_t) "b.test",
                           .request_host = (char *)(uintptr_t) "a.test"};
    struct target target = {
        .transport = NET_TLS, .address = address_of(1, 5061), .server_name = (char *)(uintptr_t) "a.test"};
    const struct reuse_question question = {&hop, &target};
    char why[REASON_MAX];
    cr_expect_null(policy_choose(&setting.policy, setting.table, &question, why));
    cr_expect_str_eq(why, "connection 7: its peer proved to be someone else");
    setting.faults.is_set[FAULT_MATCH_SRV_TARGET] = true;
    cr_expect_not_null(policy_choose(&setting.policy, setting.table, &question, why));
    setting.faults = (struct fault_set){0};
    setting.faults.is_set[FAULT_MATCH_REQUEST_URI] = true;
    cr_expect_not_null(policy_choose(&setting.policy, setting.table, &question, why));
    alias_table_free(setting.table);
}

/* ---- making aliases ---- */

struct claim_row {
    const char *title;
    struct alias_claim claim;
    bool is_aliased;
    int fault; /* with which the answer is the other one; -1: none */
};

static const struct claim_row CLAIMS[] = {
    {"good", {true, true, NET_TLS, "TLS", true, true, 1}, true, -1},
    {"transport in lower case", {true, true, NET_TLS, "tls", true, true, 1}, true, -1},
    {"not asked for", {false, true, NET_TLS, "TLS", true, true, 1}, false, FAULT_ALIAS_ALWAYS},
    {"our own connection", {true, false, NET_TLS, "TLS", true, true, 1}, false, -1},
    {"TCP", {true, true, NET_TCP, "TCP", false, false, 0}, false, FAULT_ALIAS_OVER_TCP},
    {"TCP that says TLS",
     {true, true, NET_TCP, "TLS", false, false, 0},
     false,
     FAULT_ALIAS_TRUST_VIA_TRANSPORT},
    {"TLS that says TCP", {true, true, NET_TLS, "TCP", true, true, 1}, false, -1},
    {"no certificate", {true, true, NET_TLS, "TLS", false, false, 0}, false, FAULT_ALIAS_WITHOUT_CERTIFICATE},
    {"no valid certificate",
     {true, true, NET_TLS, "TLS", true, false, 1},
     false,
     FAULT_ALIAS_WITHOUT_VALIDATION},
    {"no valid certificate, otherwise",
     {true, true, NET_TLS, "TLS", true, false, 1},
     false,
     FAULT_SERVER_SKIP_VERIFY},
    {"no identity", {true, true, NET_TLS, "TLS", true, true, 0}, false, FAULT_ACCEPT_NO_IDENTITY},
};

Test(policy, an_alias_is_made_when_nothing_is_against_it)
{
    for (size_t i = 0; i < sizeof(CLAIMS) / sizeof(CLAIMS[0]); i++) {
        const struct claim_row *row = &CLAIMS[i];
        struct fault_set faults = {0};
        struct policy policy = {.faults = &faults};
        cr_expect_eq(policy_refuse_alias(&policy, &row->claim) == NULL, row->is_aliased, "%s", row->title);
        if (row->fault >= 0) {
            faults.is_set[row->fault] = true;
            cr_expect_eq(policy_refuse_alias(&policy, &row->claim) == NULL, !row->is_aliased,
                         "%s, with its fault", row->title);
        }
        faults = (struct fault_set){0};
        policy.is_never_reusing = true;
        cr_expect_not_null(policy_refuse_alias(&policy, &row->claim), "%s, never reusing", row->title);
    }
}
