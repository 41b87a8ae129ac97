#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/net_private.h"

/* GnuTLS ends the handshake of a client whose server name is not made of letters, digits, "-" and "." (an
 * IPv6 literal, an underscore), and offers no way to replace that check. Devices send such names, and what
 * they do then has to be seen. So the odd bytes are overwritten after the message has entered the transcript
 * and before the extension is parsed. The one call of ours between the two is the time function, which has no
 * argument: hence the only static state of this folder. It lives within one gnutls_handshake(). */
static _Thread_local struct {
    uint8_t *name;
    size_t size_bytes;
    bool is_hidden; /* whole: GnuTLS then sees one name where there are several of one length */
} odd_name;

static time_t take_time(time_t *out)
{
    for (size_t i = 0; i < odd_name.size_bytes; i++) {
        if (odd_name.is_hidden || !net_server_name_is_plain(odd_name.name[i]))
            odd_name.name[i] = 'x';
    }
    net_hooks_forget_hello();
    return time(out);
}

void net_hooks_forget_hello(void)
{
    odd_name.name = NULL;
    odd_name.size_bytes = 0;
}

void net_hooks_install(void)
{
    gnutls_global_set_time_function(take_time);
}

/* False: out of memory. */
static bool read_client_hello(struct net_connection *connection, uint8_t *body, size_t size_bytes)
{
    size_t place = 0, name_size_bytes = 0;
    bool has_name = net_client_hello_find_server_name(body, size_bytes, &place, &name_size_bytes) ==
                    NET_CLIENT_HELLO_NAME;
    if (has_name) {
        free(connection->server_name);
        connection->server_name = net_server_name_to_text(body + place, name_size_bytes);
        connection->facts.server_name = connection->server_name;
        connection->facts.has_server_name = connection->server_name != NULL;
    }
    /* Asks for the time too, and the message has not entered the transcript yet. */
    if (!net_connection_is_opened_by_us(connection) && !net_resumption_serve(connection))
        return false;
    if (has_name) {
        odd_name.name = body + place;
        odd_name.size_bytes = name_size_bytes;
        odd_name.is_hidden = connection->tls->resumes_across_names;
    }
    return true;
}

static int on_handshake_message(gnutls_session_t session, unsigned type, unsigned when, unsigned is_incoming,
                                const gnutls_datum_t *message)
{
    struct net_connection *connection = gnutls_session_get_ptr(session);
    (void)when;
    if (!is_incoming)
        return 0;
    if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO && !read_client_hello(connection, message->data, message->size))
        return GNUTLS_E_MEMORY_ERROR;
    /* The other effects of this mode are on hellos, which are over by now. What is left of it: a peer's
     * certificate whose key usage forbids what it is used for is handed up like any other, and on_verify
     * decides. */
    if (type == GNUTLS_HANDSHAKE_CERTIFICATE_PKT)
        gnutls_session_enable_compatibility_mode(session);
    return 0;
}

static struct net_credential *choose_credential(struct net_connection *connection)
{
    const struct net_listener *listener = connection->listener;
    if (!connection->has_chosen) {
        connection->has_chosen = true;
        struct net_credential *chosen = NULL;
        if (listener && listener->fd >= 0 && listener->options.on_server_name)
            chosen = listener->options.on_server_name(connection->listener, connection->server_name,
                                                      listener->options.arg);
        connection->chosen = net_credential_ref(chosen ? chosen : connection->tls->credential);
    }
    return connection->chosen;
}

int net_session_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                         gnutls_pcert_st **certificates, unsigned *certificate_count,
                         gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count, gnutls_privkey_t *key,
                         unsigned *flags)
{
    struct net_connection *connection = gnutls_session_get_ptr(session);
    (void)info;
    if (net_connection_is_opened_by_us(connection))
        connection->facts.was_certificate_requested = true;
    struct net_credential *credential = choose_credential(connection);
    *certificates = credential ? credential->chain : NULL;
    *certificate_count = credential ? credential->chain_size : 0;
    *key = credential ? credential->key : NULL;
    *ocsp = NULL;
    *ocsp_count = 0;
    *flags = 0;
    return 0;
}

static int on_peer_certificates(gnutls_session_t session)
{
    struct net_connection *connection = gnutls_session_get_ptr(session);
    net_facts_update(connection);
    connection->has_verified = true;
    if (!net_connection_is_alive(connection) || connection->is_closing)
        return -1;
    if (connection->events.on_verify &&
        !connection->events.on_verify(connection, &connection->facts, connection->arg))
        connection->has_refused = true;
    return connection->has_refused || !net_connection_is_alive(connection) ? -1 : 0;
}

static char *append_hex(char *end, const gnutls_datum_t *bytes)
{
    for (unsigned i = 0; i < bytes->size; i++)
        end += sprintf(end, "%02x", bytes->data[i]);
    return end;
}

static int on_secret(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
    enum { LABEL_MAX = 64, SECRET_MAX = 64, RANDOM_BYTES = 32 };
    struct net_connection *connection = gnutls_session_get_ptr(session);
    const struct net_options *options = &connection->net->options;
    gnutls_datum_t random = {0};
    gnutls_session_get_random(session, &random, NULL);
    if (!options->on_keylog || strlen(label) > LABEL_MAX || secret->size > SECRET_MAX ||
        random.size > RANDOM_BYTES)
        return 0;
    char line[LABEL_MAX + 1 + 2 * RANDOM_BYTES + 1 + 2 * SECRET_MAX + 1];
    char *end = line + sprintf(line, "%s ", label);
    end = append_hex(end, &random);
    *end++ = ' ';
    append_hex(end, secret);
    options->on_keylog(connection, line, options->arg);
    gnutls_memset(line, 0, sizeof line);
    return 0;
}

void net_session_set_hooks(struct net_connection *connection)
{
    gnutls_session_t session = connection->session;
    gnutls_handshake_set_hook_function(session, (unsigned)GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE,
                                       on_handshake_message);
    gnutls_session_set_verify_function(session, on_peer_certificates);
    if (connection->net->options.on_keylog)
        gnutls_session_set_keylog_function(session, on_secret);
}
