/* The files of an output directory, each with its digest; keys are found and left behind. */
#include "publish/publish_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char key_sign[] = "PRIVATE KEY-----";

void publish_sha256_text(const uint8_t *digest, char out[PUBLISH_SHA256_TEXT])
{
    for (size_t i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

bool publish_sha256(const void *bytes, size_t size_bytes, char out[PUBLISH_SHA256_TEXT])
{
    uint8_t digest[32];
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, size_bytes, digest) != 0)
        return false;
    publish_sha256_text(digest, out);
    return true;
}

/* Reads the file once: its digest, and whether a private key is in it. The end of each block is looked at
 * again with the next one, so that no sign is cut in two. */
static bool file_read(struct publish_file *file, int descriptor)
{
    enum { BLOCK = 1 << 16, OVERLAP = sizeof key_sign - 2 };
    uint8_t *block = malloc(OVERLAP + BLOCK), digest[32];
    gnutls_hash_hd_t hash;
    if (!block || gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) != 0) {
        free(block);
        errno = ENOMEM;
        return false;
    }
    size_t kept = 0;
    ssize_t got;
    file->size_bytes = 0;
    while ((got = read(descriptor, block + kept, BLOCK)) > 0) {
        gnutls_hash(hash, block + kept, (size_t)got);
        file->size_bytes += (size_t)got;
        size_t have = kept + (size_t)got;
        file->is_withheld |= memmem(block, have, key_sign, sizeof key_sign - 1) != NULL;
        kept = have < OVERLAP ? have : OVERLAP;
        memmove(block, block + have - kept, kept);
    }
    gnutls_hash_deinit(hash, digest);
    publish_sha256_text(digest, file->sha256);
    free(block);
    return got == 0;
}

static bool files_add(struct publish_files *files, int folder, const char *entry, const char *name)
{
    struct publish_file file = {.name = strdup(name)};
    struct publish_file *more = realloc(files->items, (files->count + 1) * sizeof *more);
    if (more)
        files->items = more;
    int descriptor = file.name && more ? openat(folder, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    bool is_good = descriptor >= 0 && file_read(&file, descriptor);
    int error = errno;
    if (descriptor >= 0)
        close(descriptor);
    errno = error;
    if (!is_good) {
        free(file.name);
        return false;
    }
    files->items[files->count++] = file;
    return true;
}

static bool is_left_out(const char *name)
{
    size_t length = strlen(name);
    return strcmp(name, "keys") == 0 || strcmp(name, PUBLISH_MARKER) == 0 ||
           (length > 4 && strcmp(name + length - 4, ".tmp") == 0);
}

/* false: failing is the name of what could not be read. */
static bool files_walk(struct publish_files *files, int folder, const char *prefix, unsigned depth,
                       char **failing)
{
    DIR *stream = fdopendir(folder);
    bool is_good = stream != NULL;
    for (struct dirent *entry; is_good && (entry = readdir(stream));) {
        struct stat status;
        char *name = NULL;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (asprintf(&name, "%s%s", prefix, entry->d_name) < 0 || is_left_out(name) ||
            fstatat(dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
            free(name);
            continue;
        }
        if (S_ISREG(status.st_mode)) {
            errno = EMFILE;
            is_good =
                files->count < PUBLISH_FILES_MAX && files_add(files, dirfd(stream), entry->d_name, name);
        } else if (S_ISDIR(status.st_mode) && depth < PUBLISH_DEPTH_MAX) {
            char *below = NULL;
            int inner = openat(dirfd(stream), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
            is_good = inner >= 0 && asprintf(&below, "%s/", name) >= 0 &&
                      files_walk(files, inner, below, depth + 1, failing);
            free(below);
        }
        if (!is_good && !*failing)
            *failing = strdup(name);
        free(name);
    }
    if (stream)
        closedir(stream);
    else
        close(folder);
    return is_good;
}

static int files_compare(const void *left, const void *right)
{
    const struct publish_file *a = left, *b = right;
    return strcmp(a->name, b->name);
}

bool publish_files_find(struct publish_files *files, const char *folder, char *error, size_t error_size_bytes)
{
    char *failing = NULL;
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *files = (struct publish_files){0};
    bool is_good = descriptor >= 0 && files_walk(files, descriptor, "", 0, &failing);
    if (!is_good)
        snprintf(error, error_size_bytes, "'%s%s%s' cannot be read: %s", folder, failing ? "/" : "",
                 failing ? failing : "", strerror(errno));
    free(failing);
    if (files->count)
        qsort(files->items, files->count, sizeof *files->items, files_compare);
    return is_good;
}

void publish_files_fini(struct publish_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->items[i].name);
    free(files->items);
    *files = (struct publish_files){0};
}
