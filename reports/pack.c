#include "reports/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PACK_DEPTH_MAX = 8, PACK_PIECE_BYTES = 64 << 10 };

struct pack {
    struct archive *archive;
    char *path, *folder;
    int64_t time_s;
    char failure[256]; /* the first */
};

static void pack_fail(struct pack *pack, const char *why)
{
    if (!pack->failure[0])
        snprintf(pack->failure, sizeof pack->failure, "%s: %s", pack->path, why ? why : "cannot be written");
}

struct pack *pack_new(const char *path, const char *folder, int64_t time_s, char *error,
                      size_t error_size_bytes)
{
    struct pack *pack = calloc(1, sizeof *pack);
    int fd = -1;
    if (!pack)
        goto memory;
    pack->path = strdup(path);
    pack->folder = strdup(folder);
    pack->archive = archive_write_new();
    pack->time_s = time_s;
    if (!pack->path || !pack->folder || !pack->archive)
        goto memory;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        snprintf(error, error_size_bytes, "%s: %s", path, strerror(errno));
        goto failed;
    }
    close(fd);
    archive_write_add_filter_gzip(pack->archive);
    archive_write_set_options(pack->archive, "gzip:!timestamp");
    archive_write_set_format_pax_restricted(pack->archive);
    if (archive_write_open_filename(pack->archive, path) == ARCHIVE_OK)
        return pack;
    pack_fail(pack, archive_error_string(pack->archive));
    pack_end(pack, error, error_size_bytes);
    return NULL;
memory:
    snprintf(error, error_size_bytes, "out of memory");
failed:
    if (pack && pack->archive)
        archive_write_free(pack->archive);
    if (pack) {
        free(pack->path);
        free(pack->folder);
    }
    free(pack);
    return NULL;
}

static bool pack_begin(struct pack *pack, const char *name, int64_t size_bytes)
{
    char *path = NULL;
    struct archive_entry *entry = archive_entry_new();
    if (!entry || asprintf(&path, "%s/%s", pack->folder, name) < 0) {
        pack_fail(pack, "out of memory");
        archive_entry_free(entry);
        return false;
    }
    archive_entry_set_pathname(entry, path);
    archive_entry_set_size(entry, size_bytes);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, pack->time_s, 0);
    bool is_good = archive_write_header(pack->archive, entry) == ARCHIVE_OK;
    if (!is_good)
        pack_fail(pack, archive_error_string(pack->archive));
    archive_entry_free(entry);
    free(path);
    return is_good;
}

static void pack_data(struct pack *pack, const void *bytes, size_t size_bytes)
{
    if (archive_write_data(pack->archive, bytes, size_bytes) != (la_ssize_t)size_bytes)
        pack_fail(pack, archive_error_string(pack->archive));
}

void pack_add_text(struct pack *pack, const char *name, const char *text)
{
    if (pack_begin(pack, name, (int64_t)strlen(text)))
        pack_data(pack, text, strlen(text));
}

/* size_bytes was told in the entry's head: a file that grows meanwhile is cut, one that shrinks is an error.
 */
static void pack_copy(struct pack *pack, FILE *stream, int64_t size_bytes)
{
    char piece[PACK_PIECE_BYTES];
    while (size_bytes > 0) {
        size_t part = size_bytes < PACK_PIECE_BYTES ? (size_t)size_bytes : PACK_PIECE_BYTES;
        if (fread(piece, 1, part, stream) != part) {
            pack_fail(pack, "a file changed while it was packed");
            return;
        }
        pack_data(pack, piece, part);
        size_bytes -= (int64_t)part;
    }
}

void pack_add_stream(struct pack *pack, const char *name, FILE *stream)
{
    fflush(stream);
    fseeko(stream, 0, SEEK_END);
    const int64_t size_bytes = ftello(stream);
    rewind(stream);
    if (pack_begin(pack, name, size_bytes))
        pack_copy(pack, stream, size_bytes);
}

/* PEM of any kind of private key ("PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), wherever it
 * stands. */
static bool holds_private_key(FILE *stream)
{
    static const char mark[] = "PRIVATE KEY-----";
    size_t matched = 0;
    for (int byte; (byte = getc(stream)) != EOF;) {
        /* The mark's first letter occurs in it only once: what does not go on can only begin anew. */
        matched = byte == mark[matched] ? matched + 1 : byte == mark[0];
        if (!mark[matched])
            break;
    }
    rewind(stream);
    return !mark[matched];
}

enum pack_file pack_add_file(struct pack *pack, const char *name, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    FILE *stream = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(fd, "rb") : NULL;
    if (!stream) {
        if (fd >= 0)
            close(fd);
        return PACK_MISSING;
    }
    bool is_secret = holds_private_key(stream);
    if (!is_secret)
        pack_add_stream(pack, name, stream);
    fclose(stream);
    return is_secret ? PACK_SECRET : PACK_ADDED;
}

static int is_shown(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void pack_add_below(struct pack *pack, const char *name, const char *path, FILE *left_out, int depth)
{
    struct dirent **entries = NULL;
    int count = depth < PACK_DEPTH_MAX ? scandir(path, &entries, is_shown, alphasort) : 0;
    for (int i = 0; i < count; i++) {
        char *below = NULL, *from = NULL;
        if (asprintf(&below, "%s/%s", name, entries[i]->d_name) >= 0 &&
            asprintf(&from, "%s/%s", path, entries[i]->d_name) >= 0) {
            if (is_folder(from))
                pack_add_below(pack, below, from, left_out, depth + 1);
            else if (pack_add_file(pack, below, from) == PACK_SECRET)
                fprintf(left_out, "- `%s`\n", below);
        }
        free(below);
        free(from);
        free(entries[i]);
    }
    free(entries);
}

void pack_add_folder(struct pack *pack, const char *name, const char *path, FILE *left_out)
{
    pack_add_below(pack, name, path, left_out, 0);
}

bool pack_end(struct pack *pack, char *error, size_t error_size_bytes)
{
    if (archive_write_close(pack->archive) != ARCHIVE_OK)
        pack_fail(pack, archive_error_string(pack->archive));
    archive_write_free(pack->archive);
    const bool is_good = !pack->failure[0];
    if (!is_good) {
        snprintf(error, error_size_bytes, "%s", pack->failure);
        unlink(pack->path);
    }
    free(pack->path);
    free(pack->folder);
    free(pack);
    return is_good;
}
