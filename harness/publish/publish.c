/* One publication: what is there already is found out, the rest is sent, the marker comes last. */
#include "publish/publish_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct publication {
    const struct publish_options *options;
    struct publish_target target;
    struct publish_files files;
    struct publish_count *count;
    json_t *marker; /* of an earlier publication; NULL: none */
    char *error;
    size_t error_size_bytes;
    bool is_marker_stale;
    char *folder; /* made last, '/' at its end; NULL: none yet */
};

/* Says what an answer means and what to do; false always. */
static bool publication_fails(struct publication *publication, const char *name, long status)
{
    const char *advice =
        status == 401 || status == 403
            ? publication->target.is_s3
                  ? "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, the region and this machine's clock"
                  : "check user and password in the environment or in ~/.netrc, and that the folder may be "
                    "written"
        : status == 404 || status == 409 ? "the folder that the URL names has to exist"
        : status == 405 || status == 501
            ? "the server takes no PUT there; switch WebDAV on, or name another URL"
        : status == 413                 ? "the server takes no file as large as this; raise its limit"
        : status == 507                 ? "the server has no room left"
        : status >= 300 && status < 400 ? "it has moved; name the URL that it redirects to"
                                        : "look into the server's log";
    snprintf(publication->error, publication->error_size_bytes, "'%s': the server answered %ld; %s", name,
             status, advice);
    return false;
}

static bool is_success(long status)
{
    return status >= 200 && status < 300;
}

/* An answer came, whatever it is. */
static bool publication_ask(struct publication *publication, struct publish_request *request,
                            struct publish_reply *reply)
{
    char *url = publish_target_url(&publication->target, request->name);
    if (!url) {
        snprintf(publication->error, publication->error_size_bytes, "out of memory; close something");
        return false;
    }
    request->url = url;
    bool is_good = publish_transfer(&publication->target, request, reply, publication->error,
                                    publication->error_size_bytes);
    free(url);
    return is_good;
}

/* The folder of a file, for servers that make none by themselves: nginx answers 500 where one is missing.
 * What a server without WebDAV says to MKCOL does not matter: its answer to PUT will tell. Files come sorted,
 * so each folder is made once. */
static bool publication_make_folder(struct publication *publication, const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t length = slash ? (size_t)(slash + 1 - name) : 0;
    if (publication->target.is_s3 || (publication->folder && strlen(publication->folder) == length &&
                                      strncmp(publication->folder, name, length) == 0))
        return true;
    char *folder = strndup(name, length);
    struct publish_request request = {.verb = PUBLISH_MKCOL, .name = folder};
    struct publish_reply reply = {0};
    bool is_good = folder && publication_ask(publication, &request, &reply);
    publish_reply_fini(&reply);
    if (is_good && (reply.status == 401 || reply.status == 403 || reply.status == 409))
        is_good =
            publication_fails(publication, length ? folder : publication->options->run_id, reply.status);
    free(publication->folder);
    publication->folder = folder;
    return is_good;
}

static bool publication_put(struct publication *publication, struct publish_request *request)
{
    struct publish_reply reply = {0};
    bool is_good =
        publication_make_folder(publication, request->name) && publication_ask(publication, request, &reply);
    publish_reply_fini(&reply);
    return is_good &&
           (is_success(reply.status) || publication_fails(publication, request->name, reply.status));
}

/* The list that an earlier publication has left. */
static bool publication_read_marker(struct publication *publication)
{
    struct publish_request request = {.verb = PUBLISH_GET, .name = PUBLISH_MARKER, .wants_body = true};
    struct publish_reply reply = {0};
    bool is_good = publication_ask(publication, &request, &reply);
    if (is_good && is_success(reply.status))
        publication->marker = publish_marker_parse(reply.body);
    else if (is_good && reply.status != 404 && reply.status != 410 &&
             !(publication->target.is_s3 && reply.status == 403))
        is_good = publication_fails(publication, PUBLISH_MARKER, reply.status);
    publish_reply_fini(&reply);
    return is_good;
}

/* With a marker its digest and the size that is there now; without one, as after a publication that was
 * broken off, the bytes themselves. */
static bool publication_is_there(struct publication *publication, const struct publish_file *file,
                                 bool *is_there)
{
    struct publish_request request = {.verb = PUBLISH_HEAD, .name = file->name};
    struct publish_reply reply = {0};
    *is_there = false;
    if (publication->marker && !publish_marker_has(publication->marker, file))
        return true;
    if (!publication_ask(publication, &request, &reply))
        return false;
    publish_reply_fini(&reply);
    if (!is_success(reply.status) || reply.size_bytes != (int64_t)file->size_bytes)
        return true;
    *is_there = true;
    if (publication->marker)
        return true;
    request.verb = PUBLISH_GET;
    bool is_good = publication_ask(publication, &request, &reply);
    publish_reply_fini(&reply);
    *is_there = is_good && is_success(reply.status) && strcmp(reply.sha256, file->sha256) == 0;
    return is_good;
}

static void publication_tell(struct publication *publication, const struct publish_file *file,
                             enum publish_outcome outcome)
{
    if (publication->options->on_file)
        publication->options->on_file(file->name, outcome, "", publication->options->arg);
}

/* The list of what is there must not outlive what it lists. */
static bool publication_drop_marker(struct publication *publication)
{
    struct publish_request request = {.verb = PUBLISH_DELETE, .name = PUBLISH_MARKER};
    struct publish_reply reply = {0};
    if (!publication->marker || publication->is_marker_stale)
        return true;
    publication->is_marker_stale = true;
    bool is_good = publication_ask(publication, &request, &reply);
    publish_reply_fini(&reply);
    return is_good && (is_success(reply.status) || reply.status == 404 ||
                       publication_fails(publication, PUBLISH_MARKER, reply.status));
}

static bool publication_send(struct publication *publication, const struct publish_file *file)
{
    bool is_there = false;
    if (file->is_withheld) {
        publication->count->withheld++;
        publication_tell(publication, file, PUBLISH_WITHHELD);
        return true;
    }
    if (!publication_is_there(publication, file, &is_there))
        return false;
    if (is_there) {
        publication->count->skipped++;
        publication_tell(publication, file, PUBLISH_SKIPPED);
        return true;
    }
    char *path = NULL;
    if (asprintf(&path, "%s/%s", publication->options->folder, file->name) < 0) {
        snprintf(publication->error, publication->error_size_bytes, "out of memory; close something");
        return false;
    }
    struct publish_request request = {.verb = PUBLISH_PUT,
                                      .name = file->name,
                                      .path = path,
                                      .size_bytes = file->size_bytes,
                                      .sha256 = file->sha256};
    bool is_good = publication_drop_marker(publication) && publication_put(publication, &request);
    free(path);
    if (is_good) {
        publication->count->sent++;
        publication->count->sent_bytes += file->size_bytes;
        publication_tell(publication, file, PUBLISH_SENT);
    }
    return is_good;
}

static bool publication_finish(struct publication *publication)
{
    if (publication->marker && !publication->is_marker_stale)
        return true;
    char *text = publish_marker_text(&publication->files, publication->options->run_id),
         sha256[PUBLISH_SHA256_TEXT];
    if (!text || !publish_sha256(text, strlen(text), sha256)) {
        free(text);
        snprintf(publication->error, publication->error_size_bytes, "out of memory; close something");
        return false;
    }
    struct publish_request request = {.verb = PUBLISH_PUT,
                                      .name = PUBLISH_MARKER,
                                      .bytes = (const uint8_t *)text,
                                      .size_bytes = strlen(text),
                                      .sha256 = sha256};
    bool is_good = publication_put(publication, &request);
    free(text);
    return is_good;
}

static bool publication_run(struct publication *publication)
{
    if (!publication_read_marker(publication))
        return false;
    for (size_t i = 0; i < publication->files.count; i++)
        if (!publication_send(publication, &publication->files.items[i]))
            return false;
    return publication_finish(publication);
}

enum publish_status publish_folder(const struct publish_options *options, struct publish_count *count,
                                   char *error, size_t error_size_bytes)
{
    struct publication publication = {
        .options = options, .count = count, .error = error, .error_size_bytes = error_size_bytes};
    *count = (struct publish_count){0};
    if (!publish_is_run_id(options->run_id)) {
        snprintf(error, error_size_bytes, "'%s' cannot name a folder; use letters, digits, '.', '-' and '_'",
                 options->run_id);
        return PUBLISH_BAD_USAGE;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        snprintf(error, error_size_bytes, "libcurl cannot be used");
        return PUBLISH_FAILED;
    }
    enum publish_status status = PUBLISH_BAD_USAGE;
    if (publish_target_init(&publication.target, options, error, error_size_bytes)) {
        status = publish_files_find(&publication.files, options->folder, error, error_size_bytes) &&
                         publication_run(&publication)
                     ? PUBLISH_DONE
                     : PUBLISH_FAILED;
        publish_files_fini(&publication.files);
        json_decref(publication.marker);
    }
    free(publication.folder);
    publish_target_fini(&publication.target);
    curl_global_cleanup();
    return status;
}
