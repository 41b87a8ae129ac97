/* Finding a device's programs, and asking them for their version. */
#include "device/device_private.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VERSION_TIMEOUT_MS = 5000, VERSION_MAX_BYTES = 512, VERSION_ARGV_MAX = 16 };

static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static char *find_in(const char *folders, const char *name)
{
    while (*folders) {
        size_t length = strcspn(folders, ":");
        char *path = NULL;
        if (asprintf(&path, "%.*s/%s", (int)length, folders, name) < 0)
            return NULL;
        if (length && is_program(path))
            return path;
        free(path);
        folders += length + (folders[length] == ':');
    }
    return NULL;
}

char *device_program_find(const char *name)
{
    const char *path = getenv("PATH");
    if (strchr(name, '/'))
        return is_program(name) ? strdup(name) : NULL;
    char *found = find_in(path ? path : "", name);
    return found ? found : find_in("/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", name);
}

static bool is_file_there(const char *pattern)
{
    glob_t matches = {0};
    bool is_there = glob(pattern, 0, NULL, &matches) == 0;
    globfree(&matches);
    return is_there;
}

static bool is_met(const struct document_value *requirement, const char **what)
{
    const char *program = document_string(document_member(requirement, "program"));
    const char *file = document_string(document_member(requirement, "file"));
    char *found = program ? device_program_find(program) : NULL;
    bool is_good = program ? found != NULL : is_file_there(file);
    *what = program ? program : file;
    free(found);
    return is_good;
}

bool device_is_available(const struct device_profile *profile, char *missing, size_t missing_size_bytes)
{
    const struct document_value *all = document_member(document_root(profile->document), "requires");
    for (size_t i = 0; i < document_count(all); i++) {
        const char *what;
        const char *package = document_string(document_member(document_at(all, i), "package"));
        if (is_met(document_at(all, i), &what))
            continue;
        const char *how = package ? "install the package "
                          : strncmp(what, "/proc/", 6) == 0
                              ? "the kernel has it with the right module (modprobe)"
                              : "install it";
        snprintf(missing, missing_size_bytes, "%s: %s%s", what, how, package ? package : "");
        return false;
    }
    return true;
}

/* ---- version ---- */
static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static _Noreturn void exec_version(char *const *argv, int out)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execv(argv[0], argv);
    _exit(127);
}

/* The first line, or what came of it within the time. */
static size_t read_line(int fd, char *out, size_t size_bytes)
{
    int64_t deadline_ms = now_ms() + VERSION_TIMEOUT_MS;
    size_t used = 0;
    while (used < size_bytes - 1) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        int64_t left_ms = deadline_ms - now_ms();
        if (left_ms <= 0 || poll(&readable, 1, (int)left_ms) <= 0)
            break;
        ssize_t length = read(fd, out + used, size_bytes - 1 - used);
        if (length <= 0)
            break;
        used += (size_t)length;
        if (memchr(out, '\n', used))
            break;
    }
    out[used] = '\0';
    size_t length = strcspn(out, "\r\n");
    while (length > 0 && out[length - 1] == ' ')
        length--;
    out[length] = '\0';
    return length;
}

static char *ask(char *const *argv)
{
    char line[VERSION_MAX_BYTES];
    int pipe_fds[2], status = 0;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return NULL;
    pid_t pid = fork();
    if (pid == 0)
        exec_version(argv, pipe_fds[1]);
    close(pipe_fds[1]);
    size_t length = pid > 0 ? read_line(pipe_fds[0], line, sizeof line) : 0;
    close(pipe_fds[0]);
    if (pid > 0) {
        kill(pid, SIGKILL); /* it has said what was asked, or hangs */
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    bool is_missing = WIFEXITED(status) && WEXITSTATUS(status) == 127;
    /* "version: kamailio 5.6.3": that it is the version is said beside it everywhere. */
    static const char said[] = "version: ";
    const char *text = strncasecmp(line, said, sizeof said - 1) == 0 ? line + sizeof said - 1 : line;
    return length && !is_missing ? strdup(text) : NULL;
}

char *device_version(const struct device_profile *profile)
{
    const struct document_value *words =
        document_member(document_member(document_root(profile->document), "version"), "argv");
    char *argv[VERSION_ARGV_MAX + 1] = {0};
    char *version = NULL, error[128];
    /* The link works for a child whatever namespace it was left from. */
    struct device_values values = {.self = "/proc/self/exe"};
    size_t count = document_count(words);
    bool is_good = count > 0 && count <= VERSION_ARGV_MAX;
    for (size_t i = 0; is_good && i < count; i++) {
        char *word = device_word_render(document_string(document_at(words, i)), &values, error, sizeof error);
        argv[i] = i == 0 && word ? device_program_find(word) : word;
        if (i == 0)
            free(word);
        is_good = argv[i] != NULL;
    }
    if (is_good)
        version = ask(argv);
    for (size_t i = 0; i < VERSION_ARGV_MAX; i++)
        free(argv[i]);
    return version;
}
