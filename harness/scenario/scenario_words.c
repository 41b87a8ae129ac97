/* What an alternative waits for, as a person would say it: for reports. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario.h"

static void put_list(FILE *out, const struct strings *list, const char *none, const char *quote)
{
    if (list->count == 0)
        fputs(none, out);
    for (size_t i = 0; i < list->count; i++)
        fprintf(out, "%s%s%s%s",
                i == 0                 ? ""
                : i + 1 == list->count ? " or "
                                       : ", ",
                quote, list->items[i], quote);
}

static void put_selector(FILE *out, const char *selector)
{
    if (strncmp(selector, "new@", 4) == 0)
        fprintf(out, "a new connection to the listener %s", selector + 4);
    else if (strncmp(selector, "beside@", 7) == 0)
        fprintf(out, "another pair of streams of connection %s", selector + 7);
    else if (strcmp(selector, "new") == 0)
        fputs("a new connection", out);
    else if (strcmp(selector, "any") == 0)
        fputs("any connection", out);
    else if (strcmp(selector, "other") == 0)
        fputs("another connection", out);
    else
        fprintf(out, "connection %s", selector);
}

static void put_connections(FILE *out, const struct strings *on, const char *none)
{
    if (on->count == 0)
        fputs(none, out);
    for (size_t i = 0; i < on->count; i++) {
        fputs(i == 0 ? "" : i + 1 == on->count ? " or " : ", ", out);
        put_selector(out, on->items[i]);
    }
}

static void put_status(FILE *out, unsigned from, unsigned to)
{
    if (from == 200 && to == 699)
        fputs("a final response", out);
    else if (from == to)
        fprintf(out, "a %u", from);
    else if (from / 100 == to / 100)
        fprintf(out, "a %uxx", from / 100);
    else
        fprintf(out, "a %uxx to %uxx", from / 100, to / 100);
}

static void put_range(FILE *out, const struct scenario_range *range, const char *what)
{
    if (range->to == UINT_MAX)
        fprintf(out, "%u or more %s", range->from, what);
    else if (range->from == range->to)
        fprintf(out, "%u %s", range->from, what);
    else
        fprintf(out, "%u to %u %s", range->from, range->to, what);
}

static void put_where(FILE *out, const struct scenario_alternative *alternative)
{
    for (size_t i = 0; i < alternative->where_count; i++)
        fprintf(out, "%s %s %s %s", i ? " and" : ", whose", alternative->where[i].header,
                alternative->where[i].is_negated ? "does not match" : "matches",
                alternative->where[i].pattern);
    if (alternative->via_of)
        fputs(", with the same topmost Via as the request before", out);
}

/* How it came over SCTP. */
static void put_delivery(FILE *out, const struct scenario_alternative *alternative)
{
    if (alternative->has_stream) {
        fputs(", ", out);
        put_range(out, &alternative->stream, "as its SCTP stream");
    }
    if (alternative->has_ordered)
        fputs(alternative->is_ordered ? ", in order" : ", unordered", out);
    if (alternative->has_clear)
        fputs(alternative->is_clear ? ", in the clear" : ", within TLS", out);
    if (alternative->has_ppid) {
        fputs(", ", out);
        put_range(out, &alternative->ppid, "as its payload protocol identifier");
    }
}

static void put_request(FILE *out, const struct scenario_alternative *alternative)
{
    put_list(out, &alternative->methods, "the request", "");
    if (alternative->of.count) {
        fputs(" of ", out);
        put_list(out, &alternative->of, "", "\"");
    }
    fputs(" on ", out);
    put_connections(out, &alternative->on, "any connection");
    put_where(out, alternative);
    put_delivery(out, alternative);
    if (alternative->received > 1)
        fprintf(out, ", %u of them", alternative->received);
}

static void put_tls(FILE *out, const struct scenario_alternative *alternative)
{
    fputs("the handshake of ", out);
    put_connections(out, &alternative->on, "the connection");
    if (alternative->certificate_requested >= 0)
        fprintf(out, ", the device asks for %s certificate", alternative->certificate_requested ? "a" : "no");
    if (alternative->peer_certificate >= 0)
        fprintf(out, ", the device shows %s certificate", alternative->peer_certificate ? "a" : "no");
    if (alternative->resumed >= 0)
        fputs(alternative->resumed ? ", resumed" : ", not resumed", out);
    if (alternative->renegotiation != NET_RENEGOTIATION_NONE)
        fprintf(out, ", renegotiation %s",
                alternative->renegotiation == NET_RENEGOTIATION_DONE      ? "done"
                : alternative->renegotiation == NET_RENEGOTIATION_REFUSED ? "refused"
                                                                          : "unanswered");
    if (alternative->early_data >= 0)
        fputs(alternative->early_data ? ", early data accepted" : ", no early data accepted", out);
    if (alternative->unordered >= 0)
        fputs(alternative->unordered ? ", a record came unordered" : ", every record came in order", out);
    if (alternative->peer_names)
        fprintf(out, ", its names match %s", alternative->peer_names);
    if (alternative->server_name && *alternative->server_name)
        fprintf(out, ", the server name matches %s", alternative->server_name);
    else if (alternative->server_name)
        fputs(", no server name", out);
}

static void put_closed(FILE *out, const struct scenario_alternative *alternative)
{
    put_connections(out, &alternative->on, "the connection");
    fputs(" is ended by the device", out);
    for (size_t i = 0; i < alternative->sign_count; i++)
        fprintf(out, "%s%s", i ? " or " : ", with ", net_sign_name(alternative->signs[i]));
    if (alternative->alert)
        fprintf(out, ", alert like %s", alternative->alert);
}

static void put_counts(FILE *out, const struct scenario_alternative *alternative)
{
    const char *listener = alternative->listener ? alternative->listener : "any";
    if (alternative->match == MATCH_REQUESTS) {
        put_range(out, &alternative->count, "requests received at the listener ");
        fputs(listener, out);
        return;
    }
    if (alternative->has_count)
        put_range(out, &alternative->count, "connections in all");
    if (alternative->has_live) {
        fputs(alternative->has_count ? ", " : "", out);
        put_range(out, &alternative->live, "connections open");
    }
    fprintf(out, " at the listener %s", listener);
}

static void put_association(FILE *out, const struct scenario_alternative *alternative)
{
    const struct {
        bool is_asked;
        const struct scenario_range *range;
        const char *what;
    } facts[] = {{alternative->has_streams_in, &alternative->streams_in, "streams from the device"},
                 {alternative->has_streams_out, &alternative->streams_out, "streams to the device"},
                 {alternative->has_addresses, &alternative->addresses, "addresses of the device"}};
    const char *separator = " has ";
    fputs("the association of ", out);
    put_connections(out, &alternative->on, "the connection");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (!facts[i].is_asked)
            continue;
        fputs(separator, out);
        put_range(out, facts[i].range, facts[i].what);
        separator = ", ";
    }
}

static void put_actor(FILE *out, const struct scenario_alternative *alternative)
{
    fprintf(out, "the peer %s counts", alternative->actor ? alternative->actor : "");
    const struct {
        bool is_asked;
        const struct scenario_range *range;
        const char *what;
    } counts[] = {{alternative->has_answered, &alternative->answered, "requests answered"},
                  {alternative->has_received, &alternative->received_range, "requests received"},
                  {alternative->has_connections, &alternative->connections, "connections open"},
                  {alternative->has_opened, &alternative->opened, "connections opened"}};
    const char *separator = " ";
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (!counts[i].is_asked)
            continue;
        fputs(separator, out);
        put_range(out, counts[i].range, counts[i].what);
        separator = ", ";
    }
}

char *scenario_alternative_words(const struct scenario_alternative *alternative)
{
    char *words = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&words, &size_bytes);
    if (!out)
        return NULL;
    switch (alternative->match) {
    case MATCH_REQUEST:
        put_request(out, alternative);
        break;
    case MATCH_RESPONSE:
        put_status(out, alternative->status_from, alternative->status_to);
        fputs(alternative->is_again ? " once more to " : " to ", out);
        put_list(out, &alternative->of, "any request", "\"");
        put_where(out, alternative);
        put_delivery(out, alternative);
        break;
    case MATCH_CONNECTION:
        fprintf(out, "a connection of the device to the listener %s",
                alternative->listener ? alternative->listener : "any");
        break;
    case MATCH_CLOSED:
        put_closed(out, alternative);
        break;
    case MATCH_SILENCE:
        fputs("nothing, and the device answers what is sent after it", out);
        break;
    case MATCH_CONNECTIONS:
    case MATCH_REQUESTS:
        put_counts(out, alternative);
        break;
    case MATCH_TLS:
        put_tls(out, alternative);
        break;
    case MATCH_ASSOCIATION:
        put_association(out, alternative);
        break;
    case MATCH_ACTOR:
        put_actor(out, alternative);
        break;
    case MATCH_OTHERWISE:
        fputs("none of these", out);
        break;
    }
    fclose(out);
    return words;
}
