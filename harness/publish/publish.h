/* publish: carries the output directory of a run to a web server (HTTP PUT, WebDAV) or to an S3 bucket.
 *
 * A publication lives in a folder of its own, <url>/<run id>/, and nothing is ever written elsewhere. Its
 * last file is "complete", a list of every file with its size and SHA-256: who finds it may read the rest.
 * What is there already, whole, is not sent again. Keys never leave: neither the folder keys/ nor any file
 * with a private key in it. Blocking, one transfer at a time; one thread. */
#ifndef PUBLISH_PUBLISH_H
#define PUBLISH_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What authenticates. Strings stay the caller's; NULL or "" where there is none. Never written to any text
 * that comes out. */
struct publish_credentials {
    const char *user, *password; /* HTTP Basic or Digest */
    const char *token;           /* HTTP Bearer; wins over user */
    const char *netrc_path;      /* used where the others are empty; NULL: ~/.netrc if it is there */
    const char *s3_key, *s3_secret, *s3_session;
};

enum publish_outcome {
    PUBLISH_SENT,
    PUBLISH_SKIPPED,  /* it was there whole */
    PUBLISH_WITHHELD, /* it holds a private key */
    PUBLISH_RETRIED,  /* an attempt failed and another follows; text says why */
};

struct publish_options {
    const char *folder; /* the output directory */
    const char *run_id; /* letters, digits, '.', '-', '_'; see publish_is_run_id */
    /* http://HOST/PATH, https://HOST/PATH, or s3://BUCKET/PREFIX. No user, password, query or fragment in it.
     */
    const char *url;
    const char *s3_endpoint; /* NULL: the bucket's host at AWS; else URL of a server that takes /BUCKET/... */
    const char *s3_region;   /* NULL: us-east-1 */
    const char *ca_path;     /* PEM; NULL: the system's trust anchors */
    unsigned attempts;       /* for each file; 0: 5 */
    uint64_t back_off_ms;    /* before the second attempt, then doubled, 30 s at most; 0: 500 */
    struct publish_credentials credentials;
    void (*on_file)(const char *name, enum publish_outcome outcome, const char *text,
                    void *arg); /* may be NULL */
    void *arg;
};
struct publish_count {
    size_t sent, skipped, withheld;
    uint64_t sent_bytes;
};
enum publish_status {
    PUBLISH_DONE,
    PUBLISH_BAD_USAGE, /* the URL, the run id, missing credentials */
    PUBLISH_FAILED     /* a file, the server, the network */
};
bool publish_is_run_id(const char *text);
/* error gets one sentence that says what to do, unless DONE. The marker is there only when everything is. */
enum publish_status publish_folder(const struct publish_options *options, struct publish_count *count,
                                   char *error, size_t error_size_bytes);

#endif
