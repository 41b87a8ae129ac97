/* The commands of a profile that did not come with the program: shown, and run only when somebody has agreed.
 *
 * An agreement on a terminal is remembered by a digest of the profile and everything in its folder, so that a
 * change is asked about again; --yes agrees for one run and is not remembered. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

enum { FILES_MAX = 256, FILE_MAX_BYTES = 4 << 20, DIGEST_BYTES = 32 };

/* ---- what came with the program */

static bool is_shipped(const struct device_profile *profile)
{
    struct cli_paths paths;
    char devices[PATH_MAX];
    bool is_inside = false;
    if (!cli_paths_find(&paths, NULL, NULL, NULL))
        return false;
    if (realpath(paths.devices, devices)) {
        size_t length = strlen(devices);
        is_inside = strncmp(profile->folder, devices, length) == 0 && profile->folder[length] == '/';
    }
    cli_paths_fini(&paths);
    return is_inside;
}

/* ---- the digest */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool digest_file(gnutls_hash_hd_t hash, const char *folder, const char *name)
{
    char *path = cli_path_join(folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    char bytes[4096];
    ssize_t size = -1;
    free(path);
    if (fd < 0)
        return false;
    bool is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_MAX_BYTES;
    gnutls_hash(hash, name, strlen(name) + 1);
    while (is_file && (size = read(fd, bytes, sizeof bytes)) > 0)
        gnutls_hash(hash, bytes, (size_t)size);
    close(fd);
    return !is_file || size == 0; /* what is no file has no say in what is run from it */
}

static size_t list_folder(const char *folder, char **names)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t count = 0;
    while (dir && count < FILES_MAX && (entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            names[count++] = strdup(entry->d_name);
    if (dir)
        closedir(dir);
    qsort(names, count, sizeof *names, compare_names);
    return count;
}

/* As hexadecimal digits; false: it cannot be told, and nothing is remembered. */
static bool digest_folder(const char *folder, char out[2 * DIGEST_BYTES + 1])
{
    char *names[FILES_MAX] = {0};
    unsigned char digest[DIGEST_BYTES];
    gnutls_hash_hd_t hash;
    size_t count = list_folder(folder, names);
    bool is_good = count > 0 && count < FILES_MAX && gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) == 0;
    bool is_begun = is_good;
    if (is_begun)
        gnutls_hash(hash, folder, strlen(folder) + 1);
    for (size_t i = 0; i < count; i++) {
        is_good = is_good && digest_file(hash, folder, names[i]);
        free(names[i]);
    }
    if (is_begun)
        gnutls_hash_deinit(hash, digest);
    for (size_t i = 0; is_good && i < DIGEST_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return is_good;
}

/* ---- what is remembered */

static char *memory_folder(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *folder = NULL;
    int size = state && *state ? asprintf(&folder, "%s/sipreuse", state)
               : home && *home ? asprintf(&folder, "%s/.local/state/sipreuse", home)
                               : -1;
    return size < 0 ? NULL : folder;
}

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
}

static bool is_remembered(const char *digest)
{
    char *folder = memory_folder(), *path = folder ? cli_path_join(folder, digest) : NULL;
    bool is_there = path && access(path, F_OK) == 0;
    free(folder);
    free(path);
    return is_there;
}

static void remember(const char *digest)
{
    char *folder = memory_folder();
    if (!folder)
        return;
    make_folders(folder);
    char *path = cli_path_join(folder, digest);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd); /* not remembered: asked again, which is no harm */
    free(path);
    free(folder);
}

/* ---- showing and asking */

static void show_text(const char *text, FILE *out)
{
    for (; text && *text; text++)
        fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

static void show_words(const char *what, const struct document_value *words, FILE *out)
{
    if (document_count(words) == 0)
        return;
    fprintf(out, "  %-9s", what);
    for (size_t i = 0; i < document_count(words); i++) {
        fputc(' ', out);
        show_text(document_string(document_at(words, i)), out);
    }
    fputc('\n', out);
}

void cli_commands_show(const struct device_profile *profile, FILE *out)
{
    const struct document_value *root = document_root(profile->document);
    const struct document_value *stimulus = document_member(root, "stimulus");
    const struct document_value *http = document_member(stimulus, "http");
    const struct document_value *auth = document_member(http, "auth");
    fprintf(out, "%s runs, as you:\n", profile->path);
    show_words("start", document_member(document_member(root, "start"), "argv"), out);
    show_words("stimulus", document_member(stimulus, "argv"), out);
    show_words("version", document_member(document_member(root, "version"), "argv"), out);
    if (!http)
        return;
    fprintf(out, "  %-9s ", "requests");
    show_text(document_string(document_member(http, "url")), out);
    if (document_member(auth, "password_env"))
        fprintf(out, ", with what $%s holds", document_string(document_member(auth, "password_env")));
    else if (auth)
        fputs(", with what ~/.netrc ($NETRC) has for that host", out);
    fputc('\n', out);
}

static bool runs_anything(const struct device_profile *profile)
{
    const struct document_value *root = document_root(profile->document);
    const struct document_value *stimulus = document_member(root, "stimulus");
    return document_member(root, "start") || document_member(root, "version") ||
           document_member(stimulus, "argv") || document_member(stimulus, "http");
}

static bool ask(const struct device_profile *profile)
{
    char answer[16] = "";
    cli_commands_show(profile, stderr);
    fprintf(stderr, "It did not come with sipreuse. Run it? [y/N] ");
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

int cli_consent(const struct device_profile *profile, bool is_agreed)
{
    char digest[2 * DIGEST_BYTES + 1] = "";
    if (is_agreed || !runs_anything(profile) || is_shipped(profile))
        return CLI_GOOD;
    bool has_digest = digest_folder(profile->folder, digest);
    if (has_digest && is_remembered(digest))
        return CLI_GOOD;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        cli_commands_show(profile, stderr);
        return cli_fail(CLI_USAGE,
                        "this profile did not come with sipreuse, and nobody can be asked; add --yes when "
                        "these commands may be run");
    }
    if (!ask(profile))
        return cli_fail(CLI_USAGE, "nothing was run");
    if (has_digest)
        remember(digest);
    return CLI_GOOD;
}
