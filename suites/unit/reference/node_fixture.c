#include "node_fixture.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WATCHDOG_MS = 30000, DNS_HOST = 250 };

static void on_watchdog(struct loop_timer *timer, void *arg)
{
    (void)timer;
    (void)arg;
    cr_assert_fail("nothing happened for too long");
}

static void on_query(const struct dns_query *query, void *arg)
{
    struct world *world = arg;
    (void)query;
    world->query_count++;
}

struct net_address world_address(const struct world *world, uint8_t host, uint16_t port)
{
    return (struct net_address){.family = 4, .ip = {127, world->net_a, world->net_b, host}, .port = port};
}

const char *world_ip(const struct world *world, uint8_t host)
{
    static char texts[2][NET_ADDRESS_TEXT_MAX];
    static unsigned turn;
    char *text = texts[turn++ % 2];
    const struct net_address address = world_address(world, host, 0);
    net_address_format_ip(&address, text);
    return text;
}

void world_enter_namespace(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP};
    cr_assert(unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    snprintf(request.ifr_name, sizeof(request.ifr_name), "lo");
    cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

void world_init(struct world *world)
{
    const char *error = NULL;
    *world = (struct world){.loop = loop_new(), .prints = getenv("REFERENCE_LOG") != NULL};
    cr_assert_not_null(world->loop);
    world->net = net_new(world->loop, NULL);
    world->watchdog = loop_timer_new(world->loop, on_watchdog, NULL);
    /* The process id gives addresses that no other test has just now. */
    unsigned id = (unsigned)getpid();
    world->net_a = (uint8_t)(64 + id % 128);
    world->net_b = (uint8_t)(id / 128 % 256);
    world->dns_address = world_address(world, DNS_HOST, 5353);
    world->dns = dns_server_new(world->net, &world->dns_address, 1, on_query, world);
    cr_assert_not_null(world->dns);
    world->zone = dns_zone_new(world->dns, "test.", NULL);
    world->authority = certs_authority_new((int64_t)time(NULL), &error);
    cr_assert_not_null(world->authority, "%s", error == NULL ? "" : error);
}

void world_fini(struct world *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        reference_node_free(world->nodes[i]);
    }
    certs_authority_free(world->authority);
    dns_server_free(world->dns);
    loop_timer_free(world->watchdog);
    net_free(world->net);
    loop_free(world->loop);
}

void world_dns(struct world *world, const char *format, ...)
{
    char line[512];
    char error[256] = "";
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    cr_assert(dns_zone_add(world->zone, line, error, sizeof(error)), "%s: %s", line, error);
}

void world_serve(struct world *world, const char *label, uint8_t host)
{
    world_dns(world, "_sips._tcp.%s SRV 1 1 5061 %s", label, label);
    world_dns(world, "_sip._tcp.%s SRV 1 1 5060 %s", label, label);
    world_dns(world, "%s A %s", label, world_ip(world, host));
}

void world_mint(struct world *world, const char *labels, struct certs_minted *out)
{
    char names[16][128];
    struct certs_san sans[16];
    size_t count = 0;
    char *copy = strdup(labels);
    char *rest = copy;
    for (char *label; (label = strtok_r(NULL, " ", &rest)) != NULL;) {
        snprintf(names[count], sizeof(names[count]), "sip:%s.test", label);
        sans[count] =
            (struct certs_san){CERTS_SAN_URI, (const uint8_t *)names[count], strlen(names[count]), NULL};
        count++;
    }
    free(copy);
    const struct certs_recipe recipe = {.sans = sans, .san_count = count};
    char error[256] = "";
    cr_assert(certs_mint(world->authority, &recipe, out, error, sizeof(error)), "%s", error);
}

static void on_log(const char *line, void *arg)
{
    struct world *world = arg;
    world->watched_count += world->watched != NULL && strstr(line, world->watched) != NULL ? 1 : 0;
    if (world->prints) {
        fprintf(stderr, "%s\n", line);
    }
}

struct reference_node *world_node(struct world *world, const struct node_plan *plan)
{
    struct reference_domain domains[4];
    char names[4][128];
    struct certs_minted minted[4];
    size_t count = 0;
    char *copy = strdup(plan->labels);
    char *rest = copy;
    for (char *label; (label = strtok_r(NULL, " ", &rest)) != NULL; count++) {
        world_mint(world, label, &minted[count]);
        snprintf(names[count], sizeof(names[count]), "%s.test", label);
        domains[count] =
            (struct reference_domain){names[count], minted[count].chain_pem, minted[count].key_pem};
    }
    free(copy);
    const struct reference_listen listen[] = {
        {.transport = NET_TCP, .address = world_address(world, plan->host, 0)},
        {.transport = NET_TLS, .address = world_address(world, plan->host, 0)},
        {.transport = NET_TLS_SCTP, .address = world_address(world, plan->host, 0)}};
    const struct reference_options options = {.listen = listen,
                                              .listen_count = plan->has_sctp ? 3 : 2,
                                              .domains = domains,
                                              .domain_count = count,
                                              .trust_pem = certs_authority_trust_pem(world->authority),
                                              .dns_server = world->dns_address,
                                              .is_never_reusing = plan->is_never_reusing,
                                              .account_user = plan->account_user,
                                              .account_password = plan->account_password,
                                              .answers_users = !plan->is_proxy,
                                              .faults = plan->faults,
                                              .seed = 1 + world->node_count,
                                              .on_log = on_log,
                                              .on_message = plan->on_message,
                                              .arg = world};
    char error[256] = "";
    struct reference_node *node = reference_node_new(world->net, &options, error, sizeof(error));
    cr_assert_not_null(node, "%s", error);
    for (size_t i = 0; i < count; i++) {
        certs_minted_fini(&minted[i]);
    }
    world->nodes[world->node_count++] = node;
    return node;
}

/* ---- running ---- */

struct condition {
    struct world *world;
    bool (*holds)(void *arg);
    void *arg;
};

static void on_tick(struct loop_timer *timer, void *arg)
{
    struct condition *condition = arg;
    if (condition->holds(condition->arg)) {
        loop_stop(condition->world->loop);
    } else {
        loop_timer_start(timer, 1);
    }
}

void world_run_until(struct world *world, bool (*holds)(void *arg), void *arg)
{
    struct condition condition = {world, holds, arg};
    struct loop_timer *timer = loop_timer_new(world->loop, on_tick, &condition);
    loop_timer_start(world->watchdog, WATCHDOG_MS);
    loop_timer_start(timer, 0);
    loop_run(world->loop);
    loop_timer_stop(world->watchdog);
    loop_timer_free(timer);
}

struct answer {
    bool is_there;
    unsigned status;
};

static void on_answer(struct reference_node *node, unsigned status, void *arg)
{
    struct answer *answer = arg;
    (void)node;
    cr_assert(!answer->is_there, "answered twice");
    *answer = (struct answer){true, status};
}

static bool is_answered(void *arg)
{
    const struct answer *answer = arg;
    return answer->is_there;
}

unsigned world_send(struct world *world, struct reference_node *node, const char *uri, size_t domain)
{
    struct answer answer = {0};
    cr_assert(reference_node_send(node, "OPTIONS", uri, domain, on_answer, &answer));
    world_run_until(world, is_answered, &answer);
    return answer.status;
}

struct reference_counts world_counts(const struct reference_node *node)
{
    struct reference_counts counts;
    reference_node_counts(node, &counts);
    return counts;
}
