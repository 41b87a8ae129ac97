/* The command `sipreuse device`: run in a process of its own, as a user runs it. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "certs/certs.h"
#include "document/document.h"
#include "reference/device_main.h"

enum { OUTPUT_MAX = 65536, ARGUMENTS_MAX = 16 };

struct outcome {
    int status;
    char out[OUTPUT_MAX], err[OUTPUT_MAX];
};
struct started {
    pid_t pid;
    int out, err;
};

static struct started start(const char *const *arguments)
{
    int out[2];
    int err[2];
    struct started started;
    cr_assert_eq(pipe(out), 0);
    cr_assert_eq(pipe(err), 0);
    fflush(NULL);
    started.pid = fork();
    cr_assert_neq(started.pid, -1);
    if (started.pid == 0) {
        char *argv[ARGUMENTS_MAX] = {(char *)(uintptr_t) "device"};
        int argc = 1;
        for (; arguments[argc - 1] != NULL; argc++) {
            argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
        }
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        int status = reference_device_main(argc, argv);
        fflush(NULL);
        _exit(status);
    }
    close(out[1]);
    close(err[1]);
    started.out = out[0];
    started.err = err[0];
    return started;
}

static void read_all(int fd, char *into)
{
    size_t size_bytes = strlen(into);
    for (ssize_t got; (got = read(fd, into + size_bytes, OUTPUT_MAX - 1 - size_bytes)) > 0;) {
        size_bytes += (size_t)got;
    }
    into[size_bytes] = '\0';
    close(fd);
}

static void finish(const struct started *started, struct outcome *outcome)
{
    int status;
    read_all(started->out, outcome->out);
    read_all(started->err, outcome->err);
    cr_assert_eq(waitpid(started->pid, &status, 0), started->pid);
    outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void run(const char *const *arguments, struct outcome *outcome)
{
    struct started started = start(arguments);
    outcome->out[0] = outcome->err[0] = '\0';
    finish(&started, outcome);
}

static void expect_usage(const char *const *arguments, const char *part)
{
    struct outcome *outcome = malloc(sizeof(*outcome));
    run(arguments, outcome);
    cr_expect_eq(outcome->status, 2, "%s", outcome->err);
    cr_expect_not_null(strstr(outcome->err, part), "%s", outcome->err);
    const char *end = strchr(outcome->err, '\n');
    cr_expect(end != NULL && end[1] == '\0', "one line: %s", outcome->err);
    free(outcome);
}

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(device, mistakes_are_one_line_and_status_2)
{
    expect_usage(ARGUMENTS("--nonsense"), "--nonsense");
    expect_usage(ARGUMENTS("--listen"), "--listen");
    expect_usage(ARGUMENTS("stray"), "stray");
    expect_usage(ARGUMENTS("--listen", "udp:127.0.0.1:5060"), "udp");
    expect_usage(ARGUMENTS("--listen", "tcp:nowhere:5060"), "nowhere");
    expect_usage(ARGUMENTS("--listen", "tcp:127.0.0.1:99999"), "99999");
    expect_usage(ARGUMENTS("--domain", "a.test=only"), "a.test=only");
    expect_usage(ARGUMENTS("--domain", "a.test=/nonexistent,/nonexistent"), "/nonexistent");
    expect_usage(ARGUMENTS("--fault", "no-such-fault"), "no-such-fault");
    expect_usage(ARGUMENTS("--dns", "nowhere"), "nowhere");
    expect_usage(ARGUMENTS("--trust", "/nonexistent"), "/nonexistent");
    expect_usage(ARGUMENTS("--config", "/nonexistent"), "/nonexistent");
    expect_usage(ARGUMENTS("--domain", "a.test"), "--listen");
}

static const char *write_file(const char *text)
{
    static char path[] = "/tmp/reference-test-XXXXXX";
    strcpy(path, "/tmp/reference-test-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static void expect_bad_config(const char *text, const char *part)
{
    const char *path = write_file(text);
    expect_usage(ARGUMENTS("--config", path), part);
    unlink(path);
}

Test(device, mistakes_in_the_file_are_shown_where_they_are)
{
    expect_bad_config("{", ":1:");
    expect_bad_config("{\"listen\": [], \"domains\": [{\"name\": \"a.test\"}]}", "/listen");
    expect_bad_config("{\n \"listen\": [{\"transport\": \"udp\", \"address\": \"127.0.0.1\"}], \"domains\": "
                      "[{\"name\": \"a\"}]}",
                      ":2:");
    expect_bad_config("{\"listen\": [{\"transport\": \"tcp\", \"address\": \"127.0.0.1\"}], \"domain\": []}",
                      "domain");
    expect_bad_config(
        "{\"listen\": [{\"transport\": \"tcp\", \"address\": \"x\"}], \"domains\": [{\"name\": \"a\"}]}",
        "'x'");
}

Test(device, faults_are_listed_for_people_and_programs)
{
    struct outcome *outcome = malloc(sizeof(*outcome));
    run(ARGUMENTS("--list-faults"), outcome);
    cr_expect_eq(outcome->status, 0);
    cr_expect_not_null(strstr(outcome->out, "alias-over-tcp"));
    run(ARGUMENTS("--list-faults", "--json"), outcome);
    struct diagnostic diagnostic = {0};
    struct document *document = document_parse("faults", outcome->out, strlen(outcome->out), &diagnostic);
    cr_assert_not_null(document, "%s", diagnostic.text);
    cr_expect_gt(document_count(document_member(document_root(document), "faults")), 60);
    document_free(document);
    run(ARGUMENTS("--help"), outcome);
    cr_expect_eq(outcome->status, 0);
    cr_expect_not_null(strstr(outcome->out, "--never-reuse"));
    free(outcome);
}

/* Reads output until a line with the text is there. */
static void wait_for(const struct started *started, char *out, const char *text)
{
    size_t size_bytes = strlen(out);
    while (strstr(out, text) == NULL) {
        ssize_t got = read(started->out, out + size_bytes, OUTPUT_MAX - 1 - size_bytes);
        cr_assert_gt(got, 0, "it ended without '%s': %s", text, out);
        size_bytes += (size_t)got;
        out[size_bytes] = '\0';
    }
}

/* An address of 127/8 that is this process's own. */
static const char *own_ip(void)
{
    static char ip[32];
    snprintf(ip, sizeof(ip), "127.%d.%d.7", 192 + getpid() % 60, getpid() / 60 % 256);
    return ip;
}

Test(device, listens_dumps_its_tables_and_ends_on_signals)
{
    static const int SIGNALS[] = {SIGTERM, SIGINT};
    char listen[64];
    snprintf(listen, sizeof(listen), "tcp:%s:5060", own_ip());
    for (size_t i = 0; i < 2; i++) {
        struct outcome *outcome = calloc(1, sizeof(*outcome));
        struct started started =
            start(ARGUMENTS("--domain", "a.test", "--listen", listen, "--fault", "alias-over-tcp"));
        wait_for(&started, outcome->out, "listening on tcp");
        kill(started.pid, SIGUSR1);
        wait_for(&started, outcome->out, "alias table of a.test: 0 rows");
        /* A second one finds the address taken. */
        struct outcome *second = malloc(sizeof(*second));
        run(ARGUMENTS("--domain", "a.test", "--listen", listen), second);
        cr_expect_eq(second->status, 3);
        cr_expect_not_null(strstr(second->err, "cannot listen"), "%s", second->err);
        free(second);
        kill(started.pid, SIGNALS[i]);
        finish(&started, outcome);
        cr_expect_eq(outcome->status, 0, "%s", outcome->err);
        free(outcome);
    }
}

Test(device, reads_domains_with_certificates_from_a_file)
{
    static const struct certs_san SAN = {CERTS_SAN_DNS, (const uint8_t *)"a.test", 6, NULL};
    const struct certs_recipe recipe = {.sans = &SAN, .san_count = 1};
    const char *error = NULL;
    char text[256] = "";
    char certificate[64];
    char key[64];
    char trust[64];
    char config[2][2048];
    struct certs_minted minted;
    struct certs_authority *authority = certs_authority_new((int64_t)time(NULL), &error);
    cr_assert(certs_mint(authority, &recipe, &minted, text, sizeof(text)), "%s", text);
    strcpy(certificate, write_file(minted.chain_pem));
    strcpy(key, write_file(minted.key_pem));
    strcpy(trust, write_file(certs_authority_trust_pem(authority)));
    static const char *const FAULTS[] = {"bad-one", "reject-alias"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(config[i], sizeof(config[i]),
                 "{\"listen\": [{\"transport\": \"tls\", \"address\": \"%s\", \"port\": 5061}],\n"
                 "\"domains\": [{\"name\": \"a.test\", \"certificate\": \"%s\", \"key\": \"%s\"}], "
                 "\"trust\": \"%s\",\n"
                 "\"dns_server\": {\"address\": \"127.0.0.1\", \"port\": 5353}, \"never_reuse\": true, "
                 "\"faults\": [\"%s\"]}",
                 own_ip(), certificate, key, trust, FAULTS[i]);
    }
    expect_bad_config(config[0], "bad-one");
    const char *path = write_file(config[1]);
    struct outcome *outcome = calloc(1, sizeof(*outcome));
    struct started started = start(ARGUMENTS("--config", path));
    wait_for(&started, outcome->out, "listening on tls");
    kill(started.pid, SIGTERM);
    finish(&started, outcome);
    cr_expect_eq(outcome->status, 0, "%s", outcome->err);
    free(outcome);
    unlink(path);
    unlink(certificate);
    unlink(key);
    unlink(trust);
    certs_minted_fini(&minted);
    certs_authority_free(authority);
}
