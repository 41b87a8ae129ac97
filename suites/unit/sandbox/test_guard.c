/* However it ends, nothing stays. The end of the probe's output is the event: every process of the sandbox
 * holds it, the device too. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

static struct probe probe;

static unsigned usable_ways(struct probe_way out[PROBE_WAYS_MAX])
{
    struct probe_way all[PROBE_WAYS_MAX];
    unsigned count = probe_ways(all), used = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!all[i].is_refused)
            out[used++] = all[i];
    }
    return used;
}

/* The folder that the scratch was mounted on holds nothing of the sandbox's. */
static void expect_no_scratch(void)
{
    char path[256];
    const char *scratch = strstr(probe.text, "scratch ");
    cr_assert_not_null(scratch);
    snprintf(path, sizeof path, "%.*s/device-host", (int)strcspn(scratch + 8, "\n"), scratch + 8);
    cr_expect_eq(access(path, F_OK), -1, "%s is left behind", path);
}

/* No process whose program is the probe's copy. */
static void expect_no_process(const char *folder)
{
    DIR *proc = opendir("/proc");
    cr_assert_not_null(proc);
    for (struct dirent *entry = readdir(proc); entry; entry = readdir(proc)) {
        char path[300], program[512] = "";
        snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
        if (readlink(path, program, sizeof program - 1) < 0)
            continue;
        cr_expect_null(strstr(program, folder), "process %s still runs %s", entry->d_name, program);
    }
    closedir(proc);
}

Test(guard, kill_9_takes_everything_along, .timeout = 60)
{
    struct probe_way ways[PROBE_WAYS_MAX];
    unsigned count = usable_ways(ways);
    for (unsigned i = 0; i < count; i++) {
        char folder[64];
        probe_start(&probe, &ways[i], "hold");
        probe_expect(&probe, "\nholding\n");
        kill(probe.pid, SIGKILL);
        probe_drain(&probe);
        strcpy(folder, probe.folder);
        expect_no_scratch();
        cr_expect_eq(probe_finish(&probe), 1000 + SIGKILL);
        expect_no_process(folder);
    }
}

Test(guard, kill_9_without_a_sandbox_leaves_nothing_either, .timeout = 60)
{
    const struct probe_way way = {.mode = "none", .drops_root = geteuid() == 0};
    char folder[64], scratch[256];
    probe_start(&probe, &way, "hold");
    probe_expect(&probe, "\nholding\n");
    const char *said = strstr(probe.text, "scratch ");
    cr_assert_not_null(said);
    snprintf(scratch, sizeof scratch, "%.*s", (int)strcspn(said + 8, "\n"), said + 8);
    cr_assert_eq(access(scratch, F_OK), 0);
    kill(probe.pid, SIGKILL);
    probe_drain(&probe);
    strcpy(folder, probe.folder);
    cr_expect_eq(access(scratch, F_OK), -1, "%s is left behind", scratch);
    cr_expect_eq(probe_finish(&probe), 1000 + SIGKILL);
    expect_no_process(folder);
}

enum { CROWD = 40, NETWORKS = 256, PORTS = 65536 };

/* Nobody's network or port is another one's, while they all hold them. By chance alone two of forty would
 * meet 98 times of 100. */
Test(guard, many_at_once_without_a_sandbox_share_nothing, .timeout = 60)
{
    static struct probe crowd[CROWD];
    static bool is_network_taken[NETWORKS], is_port_taken[PORTS];
    const struct probe_way way = {.mode = "none"};
    for (unsigned i = 0; i < CROWD; i++)
        probe_start(&crowd[i], &way, "hold");
    for (unsigned i = 0; i < CROWD; i++) {
        unsigned network, ports[2];
        probe_expect(&crowd[i], "\nholding\n");
        const char *said = strstr(crowd[i].text, "address 127.");
        cr_assert_not_null(said, "%s", crowd[i].text);
        cr_assert_eq(sscanf(said, "address 127.%u.%*u.%*u ports %u %u", &network, &ports[0], &ports[1]), 3);
        cr_assert(network < NETWORKS && ports[0] < PORTS && ports[1] < PORTS && ports[0] != ports[1]);
        cr_expect_not(is_network_taken[network], "127.%u is two runs' own", network);
        cr_expect_not(is_port_taken[ports[0]] || is_port_taken[ports[1]]);
        is_network_taken[network] = is_port_taken[ports[0]] = is_port_taken[ports[1]] = true;
    }
    for (unsigned i = 0; i < CROWD; i++)
        kill(crowd[i].pid, SIGKILL);
    for (unsigned i = 0; i < CROWD; i++) {
        probe_drain(&crowd[i]);
        cr_expect_eq(probe_finish(&crowd[i]), 1000 + SIGKILL);
    }
}

static void expect_one(int signum, pid_t (*target)(pid_t pid))
{
    struct probe_way ways[PROBE_WAYS_MAX];
    unsigned count = usable_ways(ways);
    for (unsigned i = 0; i < count; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "signal %d count 1\n", signum);
        probe_start(&probe, &ways[i], "hold");
        probe_expect(&probe, "\nholding\n");
        kill(target(probe.pid), signum);
        probe_drain(&probe);
        cr_expect_not_null(strstr(probe.text, expected), "%s: %s", ways[i].mode, probe.text);
        cr_expect_eq(probe_finish(&probe), 42, "the harness's exit status is the guard's");
    }
}

static pid_t itself(pid_t pid)
{
    return pid;
}

static pid_t group(pid_t pid)
{
    return -pid;
}

Test(guard, forwards_sigint, .timeout = 60)
{
    expect_one(SIGINT, itself);
}

Test(guard, forwards_sigterm, .timeout = 60)
{
    expect_one(SIGTERM, itself);
}

Test(guard, a_signal_to_the_group_arrives_once, .timeout = 60)
{
    expect_one(SIGINT, group);
    expect_one(SIGTERM, group);
}

Test(guard, says_how_the_harness_ended, .timeout = 60)
{
    struct probe_way ways[PROBE_WAYS_MAX];
    unsigned count = usable_ways(ways);
    for (unsigned i = 0; i < count; i++) {
        cr_expect_eq(probe_run(&probe, &ways[i], "crash"), 128 + SIGKILL);
        cr_expect_not_null(strstr(probe.text, "ended by signal 9"), "%s", probe.text);
    }
}
