/* Ends of connections that do what a test says. */
#include "node_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static void on_ready(struct net_connection *connection, void *arg)
{
    struct script *script = arg;
    (void)connection;
    script->is_ready = true;
}

static void on_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    struct script *script = arg;
    (void)connection;
    cr_assert(sip_framer_push(script->framer, bytes, size_bytes));
    for (;;) {
        struct sip_frame frame = sip_framer_next(script->framer);
        if (frame.kind != SIP_FRAME_MESSAGE) {
            cr_assert_eq(frame.kind, SIP_FRAME_NONE);
            return;
        }
        cr_assert_lt(script->message_count, SCRIPT_MESSAGES_MAX);
        cr_assert_eq(
            sip_message_parse(frame.bytes, frame.size_bytes, &script->messages[script->message_count]),
            SIP_OK);
        script->message_count++;
    }
}

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    struct script *script = arg;
    script->sign = script->sign == NET_SIGN_NONE ? end->sign : script->sign;
    net_connection_close(connection, NET_CLOSE_GRACEFUL);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    struct script *script = arg;
    script->is_closed = true;
    script->is_ready = false;
    if (script->connection == connection) {
        script->connection = NULL;
    }
    net_connection_free(connection);
}

static const struct net_connection_events SCRIPT_EVENTS = {
    .on_ready = on_ready, .on_data = on_data, .on_sign = on_sign, .on_closed = on_closed};

static struct script *script_new(struct world *world)
{
    struct script *script = calloc(1, sizeof(*script));
    cr_assert_not_null(script);
    script->world = world;
    script->framer = sip_framer_new(1 << 18);
    return script;
}

static struct net_credential *credential_of(const struct certs_minted *shown)
{
    const char *error = NULL;
    struct net_credential *credential =
        shown == NULL ? NULL : net_credential_new(shown->chain_pem, shown->key_pem, &error);
    cr_assert(shown == NULL || credential != NULL, "%s", error == NULL ? "" : error);
    return credential;
}

struct script *script_connect(struct world *world, uint8_t from, uint8_t to, enum net_transport transport,
                              const struct certs_minted *shown, const char *server_name)
{
    struct script *script = script_new(world);
    struct net_credential *credential = credential_of(shown);
    const struct net_connect_options options = {
        .transport = transport,
        .local = world_address(world, from, 0),
        .remote = world_address(world, to, net_transport_default_port(transport)),
        .tls = {.credential = credential, .server_name = server_name}};
    script->connection = net_connect(world->net, &options, &SCRIPT_EVENTS, script);
    cr_assert_not_null(script->connection);
    net_credential_unref(credential);
    script_wait_ready(script);
    return script;
}

static void on_accept(struct net_listener *listener, struct net_connection *connection,
                      struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct script *script = arg;
    (void)listener;
    cr_assert_null(script->connection, "a second connection came");
    script->connection = connection;
    script->is_closed = false;
    *events = SCRIPT_EVENTS;
    *connection_arg = script;
}

struct script *script_listen(struct world *world, uint8_t host, enum net_transport transport,
                             const struct certs_minted *shown)
{
    struct script *script = script_new(world);
    struct net_credential *credential = credential_of(shown);
    const struct net_listen_options options = {
        .transport = transport,
        .local = world_address(world, host, net_transport_default_port(transport)),
        .tls = {.credential = credential, .request_certificate = true},
        .on_accept = on_accept,
        .arg = script};
    script->listener = net_listen(world->net, &options);
    cr_assert_not_null(script->listener);
    net_credential_unref(credential);
    return script;
}

static bool is_ready(void *arg)
{
    const struct script *script = arg;
    return script->is_ready;
}

void script_wait_ready(struct script *script)
{
    world_run_until(script->world, is_ready, script);
}

void script_send(struct script *script, const char *text)
{
    cr_assert_not_null(script->connection);
    cr_assert_eq(net_connection_write(script->connection, text, strlen(text)), 0);
}

struct wanted {
    const struct script *script;
    size_t count;
};

static bool has_messages(void *arg)
{
    const struct wanted *wanted = arg;
    return wanted->script->message_count >= wanted->count;
}

struct sip_message *script_wait_message(struct script *script, size_t index)
{
    struct wanted wanted = {script, index + 1};
    world_run_until(script->world, has_messages, &wanted);
    return script->messages[index];
}

void script_respond(struct script *script, const struct sip_message *request, unsigned status)
{
    struct sip_message *response = sip_response_to(request, status, NULL, status == 100 ? NULL : "scripted");
    size_t size_bytes = 0;
    uint8_t *bytes = sip_message_serialize(response, &size_bytes);
    cr_assert_not_null(script->connection);
    cr_assert_eq(net_connection_write(script->connection, bytes, size_bytes), 0);
    free(bytes);
    sip_message_free(response);
}

static bool is_closed(void *arg)
{
    const struct script *script = arg;
    return script->is_closed;
}

void script_close(struct script *script, enum net_close_mode mode)
{
    net_connection_close(script->connection, mode);
    world_run_until(script->world, is_closed, script);
}

void script_free(struct script *script)
{
    net_connection_free(script->connection);
    net_listener_free(script->listener);
    for (size_t i = 0; i < script->message_count; i++) {
        sip_message_free(script->messages[i]);
    }
    sip_framer_free(script->framer);
    free(script);
}

const char *request_text(const struct world *world, const char *method, const char *uri, uint8_t host,
                         uint16_t port, const char *transport, const char *via_params,
                         const char *more_headers)
{
    static char text[4096];
    static unsigned branch;
    branch++;
    snprintf(text, sizeof(text),
             "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s:%u;branch=z9hG4bKt%u%s\r\nMax-Forwards: 70\r\nFrom: "
             "<sip:tester@test>;tag=t\r\n"
             "To: <%s>\r\nCall-ID: %u@test\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
             method, uri, transport, world_ip(world, host), port, branch, via_params, uri, branch, method,
             more_headers);
    return text;
}
