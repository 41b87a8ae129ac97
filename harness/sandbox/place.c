/* A file of ours in the place of one of the system's, in this mount namespace alone.
 *
 * Where the place is a file, or a symbolic link to one, a bind mount covers it. Where nothing is there (a
 * dangling link, no file at all) nothing may be created in the real folder: the nearest existing folder is
 * rebuilt on a tmpfs out of bind mounts of its entries, the missing one is added, and the whole covers the
 * original. */
#include "sandbox/parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40 };

static bool fail(const char *what, const char *path, char *error, size_t error_size_bytes)
{
    snprintf(error, error_size_bytes, "no sandbox: %s %s: %s", what, path, strerror(errno));
    return false;
}

static bool touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Follows links until the name that does not exist; path is rewritten in place. false: a circle, or too long.
 */
static bool follow_dangling(char *path, size_t size_bytes)
{
    for (int i = 0; i < LINKS_MAX; i++) {
        char target[PATH_MAX], joined[2 * PATH_MAX];
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length < 0)
            return errno == ENOENT || errno == EINVAL || errno == ENOTDIR;
        target[length] = '\0';
        const char *slash = strrchr(path, '/');
        int folder = target[0] == '/' || !slash ? 0 : (int)(slash - path) + 1;
        int written = snprintf(joined, sizeof joined, "%.*s%s", folder, path, target);
        if (written < 0 || (size_t)written >= size_bytes)
            return false;
        memcpy(path, joined, (size_t)written + 1);
    }
    return false;
}

/* One entry of the rebuilt folder. What vanishes meanwhile, or may not be bound, is left out: the device
 * loses that entry only. */
static void mirror_entry(int from_dir, const char *name, const char *from, const char *to)
{
    struct stat status;
    char target[PATH_MAX];
    if (fstatat(from_dir, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (S_ISLNK(status.st_mode)) {
        ssize_t length = readlinkat(from_dir, name, target, sizeof target - 1);
        if (length < 0)
            return;
        target[length] = '\0';
        if (symlink(target, to) != 0)
            return;
    } else if (S_ISDIR(status.st_mode) ? mkdir(to, 0755) == 0 : touch(to)) {
        if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) != 0)
            return;
    }
}

static bool mirror_folder(const char *folder, const char *work)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return false;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char from[PATH_MAX], to[PATH_MAX];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int a = snprintf(from, sizeof from, "%s/%s", folder, entry->d_name);
        int b = snprintf(to, sizeof to, "%s/%s", work, entry->d_name);
        if (a > 0 && b > 0 && (size_t)a < sizeof from && (size_t)b < sizeof to)
            mirror_entry(dirfd(dir), entry->d_name, from, to);
    }
    closedir(dir);
    return true;
}

/* Makes the folders of rest ("a/b/file") below base and the empty file itself. */
static bool make_missing(const char *base, const char *rest)
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", base, rest);
    for (char *slash = path + strlen(base) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return touch(path);
}

static bool rebuild_around(const char *path, const char *work, char *error, size_t error_size_bytes)
{
    char folder[PATH_MAX];
    struct stat status;
    snprintf(folder, sizeof folder, "%s", path);
    char *end = folder + strlen(folder);
    do {
        while (end > folder && *end != '/')
            end--;
        *end = '\0';
    } while (end > folder && stat(folder, &status) != 0);
    if (folder[0] == '\0') {
        errno = ENOENT; /* rebuilding the root itself is out of question */
        return fail("no folder for", path, error, error_size_bytes);
    }
    if (mount("sipreuse", work, "tmpfs", 0, "mode=0755,size=1m") != 0 || !mirror_folder(folder, work) ||
        !make_missing(work, path + strlen(folder) + 1))
        return fail("rebuilding", folder, error, error_size_bytes);
    if (mount(work, folder, NULL, MS_BIND | MS_REC, NULL) != 0)
        return fail("covering", folder, error, error_size_bytes);
    return true;
}

bool sandbox_place_file(const char *path, const char *source, const char *work, char *error,
                        size_t error_size_bytes)
{
    struct stat status;
    char real[PATH_MAX];
    snprintf(real, sizeof real, "%s", path);
    if (stat(path, &status) != 0) {
        if (!follow_dangling(real, sizeof real)) {
            errno = ELOOP;
            return fail("following", path, error, error_size_bytes);
        }
        if (!rebuild_around(real, work, error, error_size_bytes))
            return false;
    }
    if (mount(source, real, NULL, MS_BIND, NULL) != 0)
        return fail("covering", real, error, error_size_bytes);
    return true;
}
