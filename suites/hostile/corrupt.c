/* What the device sends over IPv4 is changed on its way to the kernel or into TLS. The linker puts these
 * functions between the device and the real ones (--wrap), so that the device itself is the one that users
 * run. */
#include "hostile.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/net.h"

enum corruption {
    CORRUPT_NOTHING,
    CORRUPT_TEXT,    /* garbage in the place of SIP */
    CORRUPT_RECORDS, /* garbage in the place of TLS records */
    CORRUPT_EXTRA    /* before what is sent, a batch that nobody asked for */
};
static const struct {
    const char *mode;
    enum corruption corruption;
    payload_fn *payload;
} MODES[] = {{"answers-garbage", CORRUPT_TEXT, payload_garbage},
             {"answers-broken-records", CORRUPT_RECORDS, payload_garbage},
             {"answers-endless-header", CORRUPT_EXTRA, payload_endless_header},
             {"answers-responses", CORRUPT_EXTRA, payload_responses},
             {"answers-requests", CORRUPT_EXTRA, payload_requests}};
enum { EXTRA_TURNS = 20 };

static enum corruption corruption;
static payload_fn *payload;
static bool is_armed; /* a scenario has begun; the ready probe is left alone */
static uint8_t bytes_of_ours[PAYLOAD_MAX_BYTES];

bool corrupt_set_mode(const char *mode)
{
    for (size_t i = 0; i < sizeof MODES / sizeof *MODES; i++) {
        if (strcmp(MODES[i].mode, mode))
            continue;
        corruption = MODES[i].corruption;
        payload = MODES[i].payload;
        return true;
    }
    return false;
}

static void look_at(const void *bytes, size_t size_bytes)
{
    const char *text = bytes;

    if (size_bytes < 8 || text[0] < 'A' || text[0] > 'Z') /* a TLS record, a ping */
        return;
    is_armed |= !memmem(bytes, size_bytes, "z9hG4bK-ready-", strlen("z9hG4bK-ready-"));
    death_on_text(bytes, size_bytes);
}

static bool is_harmed_socket(int fd)
{
    struct sockaddr_storage peer;
    socklen_t size_bytes = sizeof peer;

    return is_armed && getpeername(fd, (struct sockaddr *)&peer, &size_bytes) == 0 &&
           peer.ss_family == AF_INET;
}

static bool is_harmed_session(gnutls_session_t session)
{
    const struct net_connection *connection = gnutls_transport_get_ptr(session);

    return is_armed && net_connection_remote(connection)->family == 4;
}

/* TLS records begin with their type. */
static bool is_text(const void *bytes, size_t size_bytes)
{
    return size_bytes > 0 && ((const uint8_t *)bytes)[0] >= ' ';
}

ssize_t __real_recv(int fd, void *bytes, size_t size_bytes, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t size_bytes, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t size_bytes, int flags)
{
    ssize_t got = __real_recv(fd, bytes, size_bytes, flags);

    if (got > 0)
        look_at(bytes, (size_t)got);
    return got;
}

ssize_t __real_gnutls_record_recv(gnutls_session_t session, void *bytes, size_t size_bytes);
ssize_t __wrap_gnutls_record_recv(gnutls_session_t session, void *bytes, size_t size_bytes);
ssize_t __wrap_gnutls_record_recv(gnutls_session_t session, void *bytes, size_t size_bytes)
{
    ssize_t got = __real_gnutls_record_recv(session, bytes, size_bytes);

    if (got > 0)
        look_at(bytes, (size_t)got);
    return got;
}

static void fill(void *out, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        ((uint8_t *)out)[i] = (uint8_t)rand();
}

ssize_t __real_send(int fd, const void *bytes, size_t size_bytes, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size_bytes, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size_bytes, int flags)
{
    bool is_plain = is_text(bytes, size_bytes);
    enum corruption fits =
        corruption == CORRUPT_NOTHING || !is_harmed_socket(fd) ? CORRUPT_NOTHING : corruption;

    if ((fits == CORRUPT_TEXT && is_plain) || (fits == CORRUPT_RECORDS && !is_plain)) {
        size_t most = size_bytes < sizeof bytes_of_ours ? size_bytes : sizeof bytes_of_ours;

        fill(bytes_of_ours, most);
        return __real_send(fd, bytes_of_ours, most, flags);
    }
    for (uint64_t i = 0; fits == CORRUPT_EXTRA && is_plain && i < EXTRA_TURNS; i++) {
        if (__real_send(fd, bytes_of_ours, payload(bytes_of_ours, i), flags) < 0)
            break; /* the harness reads no faster; what did not fit is one more broken message */
    }
    return __real_send(fd, bytes, size_bytes, flags);
}

ssize_t __real_gnutls_record_send(gnutls_session_t session, const void *bytes, size_t size_bytes);
ssize_t __wrap_gnutls_record_send(gnutls_session_t session, const void *bytes, size_t size_bytes);
ssize_t __wrap_gnutls_record_send(gnutls_session_t session, const void *bytes, size_t size_bytes)
{
    if ((corruption != CORRUPT_TEXT && corruption != CORRUPT_EXTRA) || !is_harmed_session(session))
        return __real_gnutls_record_send(session, bytes, size_bytes);
    if (corruption == CORRUPT_TEXT) {
        size_t most = size_bytes < sizeof bytes_of_ours ? size_bytes : sizeof bytes_of_ours;

        fill(bytes_of_ours, most);
        return __real_gnutls_record_send(session, bytes_of_ours, most);
    }
    for (uint64_t i = 0; i < EXTRA_TURNS; i++)
        __real_gnutls_record_send(session, bytes_of_ours, payload(bytes_of_ours, i));
    return __real_gnutls_record_send(session, bytes, size_bytes);
}
