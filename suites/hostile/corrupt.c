/* What the device sends over IPv4 is changed on its way to the kernel or into TLS. The linker puts these
 * functions between the device and the real ones (--wrap), so that the device itself is the one that users
 * run. */
#include "hostile.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/net.h"

enum corruption {
    CORRUPT_NOTHING,
    CORRUPT_TEXT,    /* garbage in the place of SIP */
    CORRUPT_RECORDS, /* garbage in the place of TLS records */
    CORRUPT_EXTRA,   /* before what is sent, a batch that nobody asked for */
    CORRUPT_MARKUP   /* SIP that holds what a careless report would interpret */
};
static const struct {
    const char *mode;
    enum corruption corruption;
    payload_fn *payload;
} MODES[] = {{"answers-garbage", CORRUPT_TEXT, payload_garbage},
             {"answers-broken-records", CORRUPT_RECORDS, payload_garbage},
             {"answers-endless-header", CORRUPT_EXTRA, payload_endless_header},
             {"answers-responses", CORRUPT_EXTRA, payload_responses},
             {"answers-requests", CORRUPT_EXTRA, payload_requests},
             {"answers-markup", CORRUPT_MARKUP, payload_nothing}};
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

/* Elements, ends of elements and attributes, quotes, bytes that are no UTF-8, characters that turn text
 * around. It stays good SIP: the scenarios go on, and what they show ends up in the report. */
static const char MARKUP[] =
    "Subject: <script>window.sipreuseRan=1</script></title></textarea>\r\n"
    "X-Attribute: \"><img src=x onerror=\"window.sipreuseRan=1\">' `{{data}}` \xff\xfe\x80\r\n"
    "X-Comment: <!-- ]]> &lt;b&gt; &#60; \\u003c javascript:window.sipreuseRan=1\r\n"
    "X-Turned: \xe2\x80\xae\xe2\x81\xa6"
    "turned\xe2\x81\xa9 \xe2\x80\x8b\x1b[31m\r\n";

/* The message with the markup behind its start line, and in the reason phrase. Returns its size; 0: it is no
 * message, or too large. */
static size_t put_markup(const void *bytes, size_t size_bytes)
{
    const char *text = bytes, *end = memmem(bytes, size_bytes, "\r\n", 2);
    size_t line = end ? (size_t)(end - text) : 0, used = 0;

    if (line < strlen("SIP/2.0 200") || size_bytes + 2 * sizeof MARKUP > sizeof bytes_of_ours ||
        text[0] < 'A' || text[0] > 'Z')
        return 0;
    if (!strncmp(text, "SIP/2.0 ", 8))
        used = (size_t)sprintf((char *)bytes_of_ours, "%.11s <script>window.sipreuseRan=1</script>\r\n%s",
                               text, MARKUP);
    else
        used = (size_t)sprintf((char *)bytes_of_ours, "%.*s\r\n%s", (int)line, text, MARKUP);
    memcpy(bytes_of_ours + used, end + 2, size_bytes - line - 2);
    return used + size_bytes - line - 2;
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
    size_t marked = fits == CORRUPT_MARKUP && is_plain ? put_markup(bytes, size_bytes) : 0;
    if (marked)
        return __real_send(fd, bytes_of_ours, marked, flags) < 0 ? -1 : (ssize_t)size_bytes;
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
    if ((corruption != CORRUPT_TEXT && corruption != CORRUPT_EXTRA && corruption != CORRUPT_MARKUP) ||
        !is_harmed_session(session))
        return __real_gnutls_record_send(session, bytes, size_bytes);
    if (corruption == CORRUPT_MARKUP) {
        size_t marked = put_markup(bytes, size_bytes);
        ssize_t sent = marked ? __real_gnutls_record_send(session, bytes_of_ours, marked)
                              : __real_gnutls_record_send(session, bytes, size_bytes);

        return marked && sent > 0 ? (ssize_t)size_bytes : sent;
    }
    if (corruption == CORRUPT_TEXT) {
        size_t most = size_bytes < sizeof bytes_of_ours ? size_bytes : sizeof bytes_of_ours;

        fill(bytes_of_ours, most);
        return __real_gnutls_record_send(session, bytes_of_ours, most);
    }
    for (uint64_t i = 0; i < EXTRA_TURNS; i++)
        __real_gnutls_record_send(session, bytes_of_ours, payload(bytes_of_ours, i));
    return __real_gnutls_record_send(session, bytes, size_bytes);
}
