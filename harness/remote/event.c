/* The folder of an event. */
#include "remote/remote.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "certs/certs.h"

enum { FILE_MAX_BYTES = 64 << 10, ZONE_MAX_BYTES = 180 /* what a scenario puts before it has to fit */ };

static char *path_of(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

bool remote_write_file(const char *folder, const char *name, const char *text, bool is_secret, char *error,
                       size_t error_size_bytes)
{
    char *path = path_of(folder, name), *temporary = NULL;
    size_t size_bytes = strlen(text);
    if (!path || asprintf(&temporary, "%s.new", path) < 0) {
        free(path);
        snprintf(error, error_size_bytes, "out of memory");
        return false;
    }
    unlink(temporary); /* of a run that was cut off; its mode may be another */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, is_secret ? 0600 : 0644);
    bool is_written = fd >= 0 && write(fd, text, size_bytes) == (ssize_t)size_bytes;
    if (fd >= 0 && close(fd) != 0)
        is_written = false;
    is_written = is_written && rename(temporary, path) == 0;
    if (!is_written)
        snprintf(error, error_size_bytes, "%s cannot be written: %s", path, strerror(errno));
    free(temporary);
    free(path);
    return is_written;
}

/* Heap; "" when there is none; NULL: error is set. */
static char *read_file(const char *folder, const char *name, char *error, size_t error_size_bytes)
{
    char *path = path_of(folder, name), *text = calloc(1, FILE_MAX_BYTES + 1);
    FILE *in = path && text ? fopen(path, "re") : NULL;
    bool is_there = in != NULL, is_absent = !in && errno == ENOENT;
    size_t size_bytes = in ? fread(text, 1, FILE_MAX_BYTES, in) : 0;
    bool is_bad = in && (ferror(in) || memchr(text, '\0', size_bytes));
    if (in)
        fclose(in);
    if (text && !is_bad && (is_there || is_absent)) {
        free(path);
        return text;
    }
    snprintf(error, error_size_bytes, "%s cannot be read: %s", path ? path : name,
             is_bad ? "it holds bytes that are no text" : strerror(errno));
    free(path);
    free(text);
    return NULL;
}

static bool make_label(char out[REMOTE_LABEL_MAX])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char random[6];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    for (size_t i = 0; i < sizeof random; i++)
        out[i] = letters[random[i] % (i == 0 ? 24 : sizeof letters - 1)];
    out[sizeof random] = '\0';
    return true;
}

static bool is_label(const char *text)
{
    size_t length = strlen(text);
    for (const char *at = text; *at; at++)
        if (!islower((unsigned char)*at) && !isdigit((unsigned char)*at))
            return false;
    return length > 0 && length < REMOTE_LABEL_MAX;
}

static bool is_zone(const char *text)
{
    size_t label = 0;
    for (const char *at = text; *at; at++) {
        if (*at == '.' ? label == 0
                       : !(islower((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '-'))
            return false;
        label = *at == '.' ? 0 : label + 1;
        if (label > 63)
            return false;
    }
    return label > 0 && strlen(text) <= ZONE_MAX_BYTES;
}

static bool make_anchor(struct remote_event *event, char *error, size_t error_size_bytes)
{
    const char *why = "";
    struct certs_authority *authority = certs_authority_new((int64_t)time(NULL), &why);
    if (authority) {
        event->trust_pem = strdup(certs_authority_trust_pem(authority));
        event->key_pem = certs_authority_key_pem(authority);
    }
    certs_authority_free(authority);
    if (event->trust_pem && event->key_pem)
        return remote_write_file(event->folder, "anchor.key", event->key_pem, true, error,
                                 error_size_bytes) &&
               remote_write_file(event->folder, "anchor.pem", event->trust_pem, false, error,
                                 error_size_bytes);
    snprintf(error, error_size_bytes, "no trust anchor can be made: %s", *why ? why : "out of memory");
    return false;
}

static bool load_anchor(struct remote_event *event, char *error, size_t error_size_bytes)
{
    free(event->trust_pem);
    free(event->key_pem);
    event->trust_pem = read_file(event->folder, "anchor.pem", error, error_size_bytes);
    event->key_pem =
        event->trust_pem ? read_file(event->folder, "anchor.key", error, error_size_bytes) : NULL;
    if (!event->key_pem)
        return false;
    if (!event->trust_pem[0] && !event->key_pem[0]) {
        free(event->trust_pem);
        free(event->key_pem);
        event->trust_pem = event->key_pem = NULL;
        event->is_new = true;
        return make_anchor(event, error, error_size_bytes);
    }
    if (event->trust_pem[0] && event->key_pem[0])
        return true;
    snprintf(error, error_size_bytes,
             "%s has one of anchor.pem and anchor.key only; restore the other, or use a "
             "new folder",
             event->folder);
    return false;
}

static void cut_line(char *text)
{
    text[strcspn(text, "\r\n")] = '\0';
}

static bool load_names(struct remote_event *event, const char *zone, char *error, size_t error_size_bytes)
{
    char *label = read_file(event->folder, "label", error, error_size_bytes);
    event->zone = label ? read_file(event->folder, "zone", error, error_size_bytes) : NULL;
    bool is_good = event->zone != NULL;
    if (is_good) {
        cut_line(label);
        cut_line(event->zone);
        snprintf(event->label, sizeof event->label, "%s", label);
        if (!label[0])
            is_good = make_label(event->label) &&
                      remote_write_file(event->folder, "label", event->label, false, error, error_size_bytes);
    }
    free(label);
    if (is_good && (zone || !event->zone[0])) {
        free(event->zone);
        event->zone = NULL;
        if (zone)
            event->zone = strndup(zone, strlen(zone) - (zone[0] && zone[strlen(zone) - 1] == '.'));
        else if (asprintf(&event->zone, "%s.sipreuse.test", event->label) < 0)
            event->zone = NULL;
        is_good = event->zone && is_zone(event->zone) &&
                  remote_write_file(event->folder, "zone", event->zone, false, error, error_size_bytes);
    }
    if (is_good && is_zone(event->zone) && is_label(event->label))
        return true;
    if (!error[0])
        snprintf(error, error_size_bytes,
                 "'%s' is no zone: a domain name in lower case of at most %d characters is one",
                 zone          ? zone
                 : event->zone ? event->zone
                               : "",
                 ZONE_MAX_BYTES);
    return false;
}

static bool read_fingerprint(struct remote_event *event, char *error, size_t error_size_bytes)
{
    if (certs_pem_fingerprint(event->trust_pem, event->fingerprint))
        return true;
    snprintf(error, error_size_bytes, "%s/anchor.pem holds no certificate", event->folder);
    return false;
}

bool remote_event_open(const char *folder, const char *zone, struct remote_event *out, char *error,
                       size_t error_size_bytes)
{
    *out = (struct remote_event){0};
    error[0] = '\0';
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        snprintf(error, error_size_bytes, "%s cannot be made: %s", folder, strerror(errno));
        return false;
    }
    out->folder = realpath(folder, NULL);
    if (!out->folder) {
        snprintf(error, error_size_bytes, "%s: %s", folder, strerror(errno));
        return false;
    }
    if (load_names(out, zone, error, error_size_bytes) && load_anchor(out, error, error_size_bytes) &&
        read_fingerprint(out, error, error_size_bytes))
        return true;
    remote_event_fini(out);
    return false;
}

void remote_event_fini(struct remote_event *event)
{
    free(event->folder);
    free(event->zone);
    free(event->trust_pem);
    free(event->key_pem);
    *event = (struct remote_event){0};
}
