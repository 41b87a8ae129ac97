/* Several TLS connections on one association of SCTP: transactions at a time take streams of their own (RFC
 * 4168 §5.1), and what a peer does not take up is done without. */
#include <stdlib.h>

#include "node_fixture.h"

enum { AT_ONCE = 3, MANY = 40, STREAMS_MAX = 8 };

TestSuite(pairs, .init = world_enter_namespace);

static uint64_t seen[MANY + 1]; /* connections on which requests came to b, in their order */
static size_t seen_count;

static void note_request(const struct reference_sight *sight, void *world)
{
    (void)world;
    if (sight->is_incoming && sight->message->is_request && seen_count < MANY + 1) {
        seen[seen_count++] = sight->connection;
    }
}

static size_t distinct(void)
{
    size_t count = 0;
    for (size_t i = 0; i < seen_count; i++) {
        size_t first = 0;
        while (seen[first] != seen[i]) {
            first++;
        }
        count += first == i ? 1 : 0;
    }
    return count;
}

static size_t answered;
static unsigned worst_status;

static void on_answer(struct reference_node *node, unsigned status, void *arg)
{
    (void)node;
    (void)arg;
    answered++;
    worst_status = status > worst_status ? status : worst_status;
}

static bool are_answered(void *arg)
{
    return answered == *(const size_t *)arg;
}

static void send_at_once(struct world *world, struct reference_node *node, size_t count)
{
    size_t expected = answered + count;
    for (size_t i = 0; i < count; i++) {
        cr_assert(
            reference_node_send(node, "OPTIONS", "sip:bob@b.test;transport=tls-sctp", 0, on_answer, NULL));
    }
    world_run_until(world, are_answered, &expected);
}

static struct reference_node *add_a(struct world *world, const char *const *faults)
{
    world_init(world);
    world_dns(world, "_sips._sctp.b SRV 1 1 5061 b");
    world_dns(world, "b A %s", world_ip(world, 2));
    world->watched = "a session resumed on streams";
    return world_node(world,
                      &(struct node_plan){.host = 1, .labels = "a", .faults = faults, .has_sctp = true});
}

static struct reference_node *add_b(struct world *world)
{
    return world_node(
        world, &(struct node_plan){.host = 2, .labels = "b", .has_sctp = true, .on_message = note_request});
}

Test(pairs, transactions_at_a_time_take_streams_of_their_own)
{
    struct world world;
    struct reference_node *a = add_a(&world, NULL);
    struct reference_node *b = add_b(&world);
    send_at_once(&world, a, AT_ONCE);
    cr_expect_eq(worst_status, 200);
    cr_expect_eq(distinct(), AT_ONCE);
    cr_expect_eq(world_counts(a).opened, 1, "one association");
    cr_expect_eq(world_counts(b).accepted, 1);
    cr_expect_eq(world.watched_count % 2, 0, "both ends resume, or none");
    /* One after the other, they need no more. */
    seen_count = 0;
    for (int i = 0; i < AT_ONCE; i++) {
        send_at_once(&world, a, 1);
    }
    cr_expect_eq(distinct(), 1);
    world_fini(&world);
}

Test(pairs, a_session_is_resumed_when_the_ticket_is_there)
{
    struct world world;
    struct reference_node *a = add_a(&world, NULL);
    add_b(&world);
    send_at_once(&world, a, 1); /* brings the ticket */
    cr_expect_eq(world.watched_count, 0);
    send_at_once(&world, a, 2);
    cr_expect_eq(worst_status, 200);
    cr_expect_eq(distinct(), 2);
    cr_expect_eq(world.watched_count, 2, "at both ends");
    world_fini(&world);
}

Test(pairs, there_are_so_many_and_no_more)
{
    struct world world;
    struct reference_node *a = add_a(&world, NULL);
    add_b(&world);
    send_at_once(&world, a, MANY);
    cr_expect_eq(worst_status, 200);
    cr_expect_eq(seen_count, MANY);
    cr_expect_eq(distinct(), STREAMS_MAX);
    cr_expect_eq(world_counts(a).opened, 1);
    world_fini(&world);
}

Test(pairs, one_stream_for_all_is_seen)
{
    static const char *const faults[] = {"one-stream-for-all", NULL};
    struct world world;
    struct reference_node *a = add_a(&world, faults);
    add_b(&world);
    send_at_once(&world, a, AT_ONCE);
    cr_expect_eq(worst_status, 200);
    cr_expect_eq(distinct(), 1);
    world_fini(&world);
}

/* What is under way then is lost with the association, but the next ones are not. */
Test(pairs, who_aborts_for_another_one_is_asked_once)
{
    static const char *const faults[] = {"one-tls-per-association", NULL};
    struct world world;
    struct reference_node *a = add_a(&world, NULL);
    world_node(&world,
               &(struct node_plan){
                   .host = 2, .labels = "b", .has_sctp = true, .faults = faults, .on_message = note_request});
    send_at_once(&world, a, AT_ONCE);
    worst_status = 0;
    seen_count = 0;
    send_at_once(&world, a, AT_ONCE);
    send_at_once(&world, a, AT_ONCE);
    cr_expect_eq(worst_status, 200);
    cr_expect_eq(seen_count, 2 * AT_ONCE);
    cr_expect_eq(distinct(), 1);
    world_fini(&world);
}

/* ---- a peer that serves the first pair alone */

static struct sip_framer *framer;

static bool verify_first(struct net_connection *connection, const struct net_tls_facts *facts, void *arg)
{
    (void)facts;
    (void)arg;
    return net_connection_stream(connection) == 0;
}

static void answer(struct net_connection *connection, const struct sip_message *request)
{
    struct sip_message *response = sip_response_to(request, 200, NULL, NULL);
    size_t size_bytes = 0;
    uint8_t *bytes = sip_message_serialize(response, &size_bytes);
    cr_assert_eq(net_connection_write(connection, bytes, size_bytes), 0);
    free(bytes);
    sip_message_free(response);
}

static void on_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    (void)arg;
    cr_assert(sip_framer_push(framer, bytes, size_bytes));
    for (struct sip_frame frame; (frame = sip_framer_next(framer)).kind == SIP_FRAME_MESSAGE;) {
        struct sip_message *message = NULL;
        cr_assert_eq(sip_message_parse(frame.bytes, frame.size_bytes, &message), SIP_OK);
        seen[seen_count++] = net_connection_id(connection);
        answer(connection, message);
        sip_message_free(message);
    }
}

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    (void)end;
    (void)arg;
    net_connection_close(connection, NET_CLOSE_NOW);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    (void)arg;
    net_connection_free(connection);
}

static void on_accept(struct net_listener *listener, struct net_connection *connection,
                      struct net_connection_events *events, void **connection_arg, void *arg)
{
    (void)listener;
    (void)connection;
    (void)connection_arg;
    (void)arg;
    *events = (struct net_connection_events){
        .on_verify = verify_first, .on_data = on_data, .on_sign = on_sign, .on_closed = on_closed};
}

Test(pairs, who_refuses_another_one_is_served_on_the_first)
{
    struct world world;
    struct reference_node *a = add_a(&world, NULL);
    struct certs_minted shown;
    const char *error = NULL;
    world_mint(&world, "b", &shown);
    struct net_credential *credential = net_credential_new(shown.chain_pem, shown.key_pem, &error);
    cr_assert_not_null(credential, "%s", error);
    /* Over TLS 1.3 the client would be ready before it hears of the refusal. */
    const struct net_listen_options options = {.transport = NET_TLS_SCTP,
                                               .local = world_address(&world, 2, 5061),
                                               .tls = {.max_version = NET_TLS_1_2,
                                                       .credential = credential,
                                                       .request_certificate = true,
                                                       .has_no_resumption = true},
                                               .on_accept = on_accept};
    struct net_listener *listener = net_listen(world.net, &options);
    cr_assert_not_null(listener, "%m");
    framer = sip_framer_new(1 << 16);
    send_at_once(&world, a, AT_ONCE);
    cr_expect_eq(worst_status, 200);
    cr_expect_eq(seen_count, AT_ONCE);
    cr_expect_eq(distinct(), 1);
    send_at_once(&world, a, AT_ONCE); /* it is not asked again */
    cr_expect_eq(worst_status, 200);
    cr_expect_eq(distinct(), 1);
    net_listener_free(listener);
    net_credential_unref(credential);
    certs_minted_fini(&shown);
    sip_framer_free(framer);
    world_fini(&world);
}
