/* What the journal says of a scenario: each line names it, and nothing is judged that is not there. */
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

void journal_world_begin(const struct world *world, const char *event)
{
    journal_begin(world->run->journal, event);
    journal_string(world->run->journal, "scenario", world->variant->scenario->id);
    journal_string(world->run->journal, "variant", world->variant->name);
}

uint64_t journal_world_note(const struct world *world, const char *event, const char *name, const char *text)
{
    journal_world_begin(world, event);
    if (name)
        journal_string(world->run->journal, "name", name);
    if (text)
        journal_string(world->run->journal, "text", text);
    return journal_end(world->run->journal);
}

static void write_address(struct journal *journal, const char *name, const struct net_address *address)
{
    char text[NET_ADDRESS_TEXT_MAX];

    net_address_format(address, text);
    journal_string(journal, name, text);
}

void journal_world_start(const struct world *world)
{
    struct journal *journal = world->run->journal;

    journal_world_begin(world, "scenario-start");
    if (world->run->options->repeat > 1)
        journal_integer(journal, "round", world->job->round + 1);
    journal_integer(journal, "instance", world->run->instances);
    journal_boolean(journal, "alone", world->job->is_alone);
    journal_end(journal);
    journal_world_begin(world, "world");
    journal_string(journal, "zone", world->zone_name);
    write_address(journal, "device", &world->device_address);
    journal_open_object(journal, "hosts");
    for (size_t i = 0; i < world->host_count; i++) {
        char ip[NET_ADDRESS_TEXT_MAX];

        net_address_format_ip(&world->hosts[i].address, ip);
        journal_string(journal, world->hosts[i].name, ip);
    }
    journal_close(journal);
    journal_end(journal);
}

void journal_world_connection(const struct wire *wire, const char *opened_by)
{
    struct journal *journal = wire->world->run->journal;

    journal_world_begin(wire->world, "connection");
    journal_integer(journal, "connection", (int64_t)wire->id);
    journal_string(journal, "opened_by", opened_by);
    journal_string(journal, "transport", net_transport_name(wire->transport));
    journal_string(journal, "host", wire->host->name);
    journal_string(journal, "listener",
                   wire->post ? wire->post->is_barrier ? "barrier" : wire->post->name : NULL);
    write_address(journal, "local", &wire->local);
    write_address(journal, "remote", &wire->remote);
    journal_end(journal);
}

static void write_addresses(struct journal *journal, const char *name, const struct net_address *addresses,
                            size_t count)
{
    journal_open_array(journal, name);
    for (size_t i = 0; i < count; i++)
        write_address(journal, NULL, &addresses[i]);
    journal_close(journal);
}

void journal_world_association(const struct wire *wire)
{
    struct journal *journal = wire->world->run->journal;
    const struct net_association_facts *facts = net_connection_association(wire->connection);

    if (!facts)
        return;
    journal_world_begin(wire->world, "association");
    journal_integer(journal, "connection", (int64_t)wire->id);
    journal_integer(journal, "association", (int64_t)facts->id);
    if (wire->transport == NET_TLS_SCTP)
        journal_integer(journal, "stream", net_connection_stream(wire->connection));
    journal_integer(journal, "streams_in", facts->streams_in);
    journal_integer(journal, "streams_out", facts->streams_out);
    write_addresses(journal, "local_addresses", facts->local, facts->local_count);
    write_addresses(journal, "remote_addresses", facts->remote, facts->remote_count);
    journal_end(journal);
}

uint64_t journal_world_ready(const struct wire *wire)
{
    journal_world_begin(wire->world, "ready");
    journal_integer(wire->world->run->journal, "connection", (int64_t)wire->id);
    return journal_end(wire->world->run->journal);
}

static const char *version_name(enum net_tls_version version)
{
    switch (version) {
    case NET_TLS_NONE:
        return NULL;
    case NET_TLS_1_0:
        return "1.0";
    case NET_TLS_1_1:
        return "1.1";
    case NET_TLS_1_2:
        return "1.2";
    case NET_TLS_1_3:
        return "1.3";
    }
    return NULL;
}

static void write_certificate(struct run *run, const char *name, const uint8_t *der, size_t size_bytes)
{
    const struct certs_facts *read = facts_of(run, der, size_bytes);

    if (!read)
        return;
    journal_open_object(run->journal, name);
    journal_string(run->journal, "subject", read->subject);
    journal_string(run->journal, "issuer", read->issuer);
    journal_string(run->journal, "names", read->names);
    journal_string(run->journal, "common_name", read->common_name);
    journal_string(run->journal, "fingerprint", read->fingerprint);
    journal_close(run->journal);
}

static void write_certificates(struct run *run, const struct net_tls_facts *facts)
{
    struct journal *journal = run->journal;

    if (facts->own_certificate)
        write_certificate(run, "own_certificate", facts->own_certificate, facts->own_certificate_size);
    journal_open_array(journal, "peer_certificates");
    for (size_t i = 0; i < facts->peer_certificate_count; i++)
        write_certificate(run, NULL, facts->peer_certificates[i], facts->peer_certificate_sizes[i]);
    journal_close(journal);
}

void journal_world_tls(const struct wire *wire)
{
    const struct net_tls_facts *facts = net_connection_tls(wire->connection);
    struct journal *journal = wire->world->run->journal;

    journal_world_begin(wire->world, "tls");
    journal_integer(journal, "connection", (int64_t)wire->id);
    journal_boolean(journal, "complete", wire->is_ready);
    journal_string(journal, "version", version_name(facts->version));
    journal_string(journal, "cipher_suite", facts->cipher_suite);
    journal_string(journal, "server_name", facts->has_server_name ? facts->server_name : NULL);
    journal_boolean(journal, "certificate_requested", facts->was_certificate_requested);
    journal_boolean(journal, "resumed", facts->is_resumed);
    write_certificates(wire->world->run, facts);
    journal_end(journal);
}

static const char *renegotiation_name(enum net_renegotiation outcome)
{
    switch (outcome) {
    case NET_RENEGOTIATION_NONE:
        return "asked";
    case NET_RENEGOTIATION_UNANSWERED:
        return "unanswered";
    case NET_RENEGOTIATION_REFUSED:
        return "refused";
    case NET_RENEGOTIATION_DONE:
        return "done";
    }
    return "";
}

void journal_world_renegotiation(const struct wire *wire)
{
    const struct net_tls_facts *facts = wire->connection ? net_connection_tls(wire->connection) : NULL;
    struct journal *journal = wire->world->run->journal;

    journal_world_begin(wire->world, "renegotiation");
    journal_integer(journal, "connection", (int64_t)wire->id);
    journal_string(journal, "outcome", renegotiation_name(wire->renegotiation));
    if (facts && wire->renegotiation == NET_RENEGOTIATION_DONE && facts->own_certificate)
        write_certificate(wire->world->run, "own_certificate", facts->own_certificate,
                          facts->own_certificate_size);
    journal_end(journal);
}

uint64_t journal_world_sign(const struct wire *wire, const struct net_end *end)
{
    struct journal *journal = wire->world->run->journal;

    journal_world_begin(wire->world, "sign");
    journal_integer(journal, "connection", (int64_t)wire->id);
    journal_string(journal, "sign", net_sign_name(end->sign));
    if (end->alert >= 0)
        journal_integer(journal, "alert", end->alert);
    journal_string(journal, "alert_name", end->alert_name);
    journal_string(journal, "text", end->text);
    return journal_end(journal);
}

/* The first line of bytes, for people: what is no UTF-8 is marked by the journal. */
static void write_first_line(struct journal *journal, const uint8_t *bytes, size_t size_bytes)
{
    char line[256];
    size_t length = 0;

    while (length < size_bytes && length < sizeof line - 1 && bytes[length] != '\r' &&
           bytes[length] != '\n' && bytes[length]) {
        line[length] = (char)bytes[length];
        length++;
    }
    line[length] = '\0';
    journal_string(journal, "first_line", line);
}

static void write_how(struct journal *journal, unsigned stream, bool is_ordered, uint32_t payload_protocol,
                      bool is_clear)
{
    journal_open_object(journal, "sctp");
    journal_integer(journal, "stream", stream);
    journal_boolean(journal, "ordered", is_ordered);
    journal_integer(journal, "ppid", (int64_t)payload_protocol);
    if (is_clear)
        journal_boolean(journal, "clear", true); /* past the TLS of its streams */
    journal_close(journal);
}

/* How the user message went that holds these bytes (RFC 4168 §5). */
static void write_carriage(const struct wire *wire, bool is_incoming)
{
    struct journal *journal = wire->world->run->journal;
    const struct net_message_facts *in = wire->connection ? net_connection_message(wire->connection) : NULL;

    if (is_incoming && in)
        write_how(journal, in->stream, !in->is_unordered, in->payload_protocol, in->is_clear);
    else if (in && wire->transport == NET_SCTP)
        write_how(journal, wire->how.stream, wire->how.is_ordered, wire->how.payload_protocol, false);
}

uint64_t journal_world_message(const struct wire *wire, bool is_incoming, const struct sip_message *message,
                               const uint8_t *bytes, size_t size_bytes, const char *of)
{
    struct journal *journal = wire->world->run->journal;

    journal_world_begin(wire->world, "message");
    journal_integer(journal, "connection", (int64_t)wire->id);
    journal_string(journal, "name", wire->name);
    journal_string(journal, "direction", is_incoming ? "in" : "out");
    write_first_line(journal, bytes, size_bytes);
    journal_string(journal, "call_id", message ? sip_message_header(message, "Call-ID") : NULL);
    journal_string(journal, "of", of);
    write_carriage(wire, is_incoming);
    journal_bytes(journal, "bytes", bytes, size_bytes);
    return journal_end(journal);
}

void journal_world_raw(const struct wire *wire, const uint8_t *bytes, size_t size_bytes, const char *why)
{
    struct journal *journal = wire->world->run->journal;

    journal_world_begin(wire->world, "raw");
    journal_integer(journal, "connection", (int64_t)wire->id);
    journal_string(journal, "text", why);
    journal_integer(journal, "size_bytes", (int64_t)size_bytes);
    write_carriage(wire, true);
    journal_bytes(journal, "bytes", bytes,
                  bytes ? (size_bytes < RUN_RAW_KEPT_BYTES ? size_bytes : RUN_RAW_KEPT_BYTES) : 0);
    journal_end(journal);
}

void journal_world_query(const struct world *world, const struct dns_query *query)
{
    struct journal *journal = world->run->journal;

    journal_world_begin(world, "dns-query");
    journal_string(journal, "name", query->name);
    journal_string(journal, "type", query->type);
    journal_string(journal, "rcode", query->rcode);
    journal_string(journal, "answer", query->answer);
    journal_boolean(journal, "tcp", query->is_tcp);
    write_address(journal, "from", &query->from);
    journal_end(journal);
}

void journal_world_step(const struct fiber *fiber)
{
    struct journal *journal = fiber->world->run->journal;

    journal_world_begin(fiber->world, "step");
    journal_string(journal, "verb", scenario_verb_name(fiber->step->verb));
    journal_integer(journal, "line", fiber->step->line);
    if (fiber_turn(fiber))
        journal_integer(journal, "turn", fiber_turn(fiber));
    journal_end(journal);
}

void journal_world_actor(const struct actor *actor)
{
    struct journal *journal = actor->world->run->journal;
    struct reference_counts counts;

    reference_node_counts(actor->node, &counts);
    journal_world_begin(actor->world, "actor");
    journal_string(journal, "name", actor->recipe->name);
    journal_integer(journal, "opened", (int64_t)counts.opened);
    journal_integer(journal, "accepted", (int64_t)counts.accepted);
    journal_integer(journal, "open_now", (int64_t)counts.open_now);
    journal_integer(journal, "requests_received", (int64_t)counts.requests_received);
    journal_integer(journal, "requests_sent", (int64_t)counts.requests_sent);
    journal_integer(journal, "answered", (int64_t)counts.answered);
    journal_integer(journal, "requests_received_on_opened", (int64_t)counts.requests_received_on_opened);
    journal_integer(journal, "requests_sent_on_accepted", (int64_t)counts.requests_sent_on_accepted);
    journal_end(journal);
}
