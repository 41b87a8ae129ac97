/* What the device host's programs resolve names with: our DNS server, and nothing beside it. */
#include "sandbox/parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static bool text_of(const struct sandbox *sandbox, enum sandbox_role role, int family, char *out,
                    socklen_t size_bytes)
{
    struct net_address address;
    return sandbox_address(sandbox, role, family, 0, &address) &&
           inet_ntop(family == 4 ? AF_INET : AF_INET6, address.ip, out, size_bytes);
}

static void write_resolv_conf(const struct sandbox *sandbox, FILE *out)
{
    char text[INET6_ADDRSTRLEN];
    if (text_of(sandbox, SANDBOX_DNS, 4, text, sizeof text) ||
        text_of(sandbox, SANDBOX_DNS, 6, text, sizeof text))
        fprintf(out, "nameserver %s\noptions timeout:2 attempts:2\n", text);
}

static void write_hosts(const struct sandbox *sandbox, FILE *out)
{
    char text[INET6_ADDRSTRLEN], name[256] = "";
    fprintf(out, "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
    gethostname(name, sizeof name - 1);
    for (int family = 4; family <= 6; family += 2) {
        if (name[0] && strcmp(name, "localhost") != 0 &&
            text_of(sandbox, SANDBOX_DEVICE, family, text, sizeof text))
            fprintf(out, "%s %s\n", text, name);
    }
}

/* The system's own but for hosts: "resolve" and "mymachines" would ask daemons outside over UNIX sockets,
 * which no network namespace stops. */
static void write_nsswitch(const struct sandbox *sandbox, FILE *out)
{
    char *line = NULL;
    size_t capacity = 0;
    FILE *in = fopen("/etc/nsswitch.conf", "re");
    (void)sandbox;
    while (in && getline(&line, &capacity, in) > 0) {
        if (strncmp(line, "hosts:", 6) != 0)
            fputs(line, out);
    }
    fprintf(out, "hosts: files dns\n");
    free(line);
    if (in)
        fclose(in);
}

static const struct placed {
    const char *path, *name;
    void (*write)(const struct sandbox *sandbox, FILE *out);
} placed[] = {
    {"/etc/resolv.conf", "resolv.conf", write_resolv_conf},
    {"/etc/hosts", "hosts", write_hosts},
    {"/etc/nsswitch.conf", "nsswitch.conf", write_nsswitch},
};

static bool place(const struct sandbox *sandbox, const char *folder, const struct placed *file, char *error,
                  size_t error_size_bytes)
{
    char source[PATH_MAX + 64], work[PATH_MAX + 64];
    snprintf(source, sizeof source, "%s/%s", folder, file->name);
    snprintf(work, sizeof work, "%s/around-%s", folder, file->name);
    FILE *out = fopen(source, "we");
    if (!out || mkdir(work, 0755) != 0) {
        snprintf(error, error_size_bytes, "no sandbox: %s: %s", source, strerror(errno));
        if (out)
            fclose(out);
        return false;
    }
    file->write(sandbox, out);
    if (fclose(out) != 0) {
        snprintf(error, error_size_bytes, "no sandbox: %s: %s", source, strerror(errno));
        return false;
    }
    return sandbox_place_file(file->path, source, work, error, error_size_bytes);
}

bool sandbox_resolver_place(const struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    char folder[PATH_MAX + 32];
    struct stat status;
    snprintf(folder, sizeof folder, "%s/device-host", sandbox->scratch);
    if (mkdir(folder, 0755) != 0) {
        snprintf(error, error_size_bytes, "no sandbox: %s: %s", folder, strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof placed / sizeof placed[0]; i++) {
        if (!place(sandbox, folder, &placed[i], error, error_size_bytes))
            return false;
    }
    /* The name service cache daemon answers over a UNIX socket too. */
    if (stat("/run/nscd", &status) == 0 &&
        mount("sipreuse", "/run/nscd", "tmpfs", 0, "mode=0755,size=1m") != 0) {
        snprintf(error, error_size_bytes, "no sandbox: covering /run/nscd: %s", strerror(errno));
        return false;
    }
    return true;
}
