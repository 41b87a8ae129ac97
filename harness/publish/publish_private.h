/* What the files of publish/ share. */
#ifndef PUBLISH_PRIVATE_H
#define PUBLISH_PRIVATE_H

#include <curl/curl.h>
#include <jansson.h>

#include "publish/publish.h"

enum {
    PUBLISH_FILES_MAX = 20000,
    PUBLISH_DEPTH_MAX = 8,
    PUBLISH_SHA256_TEXT = 65,     /* hexadecimal, with its NUL */
    PUBLISH_REPLY_MAX = 16 << 20, /* bytes of a marker that somebody else may have written */
    PUBLISH_ATTEMPTS = 5,
    PUBLISH_BACK_OFF_MS = 500,
    PUBLISH_BACK_OFF_MOST_MS = 30000
};
#define PUBLISH_MARKER "complete"

/* ---- files.c: what there is to send */
struct publish_file {
    char *name; /* below the folder, '/' between */
    uint64_t size_bytes;
    char sha256[PUBLISH_SHA256_TEXT];
    bool is_withheld;
};
struct publish_files {
    struct publish_file *items; /* sorted by name */
    size_t count;
};
/* false: error. Symbolic links and what is no ordinary file are left out. */
bool publish_files_find(struct publish_files *files, const char *folder, char *error,
                        size_t error_size_bytes);
void publish_files_fini(struct publish_files *files);
bool publish_sha256(const void *bytes, size_t size_bytes, char out[PUBLISH_SHA256_TEXT]);
void publish_sha256_text(const uint8_t *digest, char out[PUBLISH_SHA256_TEXT]);

/* ---- target.c: where it goes */
struct publish_target {
    const struct publish_options *options;
    bool is_s3;
    CURL *curl; /* one handle: the connection is used again */
    char *base; /* URL of the publication's folder, '/' at its end */
    char *root; /* what the user named, '/' at its end */
};
/* false: error. */
bool publish_target_init(struct publish_target *target, const struct publish_options *options, char *error,
                         size_t error_size_bytes);
void publish_target_fini(struct publish_target *target);
/* URL of a file; heap, NULL: out of memory. */
char *publish_target_url(const struct publish_target *target, const char *name);

/* ---- transfer.c: one request with its repetitions */
enum publish_verb { PUBLISH_PUT, PUBLISH_GET, PUBLISH_HEAD, PUBLISH_DELETE, PUBLISH_MKCOL };
struct publish_request {
    enum publish_verb verb;
    const char *url;
    const char *name;     /* for people */
    const char *path;     /* PUT: a file, or NULL: bytes */
    const uint8_t *bytes; /* PUT */
    uint64_t size_bytes;  /* PUT */
    const char *sha256;   /* PUT */
    bool wants_body;      /* GET: kept in body; else only its digest */
};
struct publish_reply {
    long status;        /* HTTP; 0: none came */
    int64_t size_bytes; /* HEAD, GET: of the body; -1: not said */
    char *body;         /* heap, NUL at its end; NULL: not wanted */
    char sha256[PUBLISH_SHA256_TEXT];
};
/* true: an answer that is no reason to try again came, whatever its status. false: error. reply is to be
 * finished in both cases. */
bool publish_transfer(const struct publish_target *target, const struct publish_request *request,
                      struct publish_reply *reply, char *error, size_t error_size_bytes);
void publish_reply_fini(struct publish_reply *reply);

/* ---- marker.c: the list of what is there */
char *publish_marker_text(const struct publish_files *files,
                          const char *run_id); /* heap; NULL: out of memory */
/* name → {size, sha256}; new reference; NULL: no marker that can be read. */
json_t *publish_marker_parse(const char *text);
bool publish_marker_has(const json_t *marker, const struct publish_file *file);

#endif
