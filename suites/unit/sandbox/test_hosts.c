/* Both hosts, from inside. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

static struct probe probe;

static void expect_refusal(const struct probe_way *way, const char *command)
{
    cr_expect_eq(probe_run(&probe, way, command), 3, "%s", probe.text);
    cr_expect_not_null(strstr(probe.text, "no sandbox: "), "%s", probe.text);
    cr_expect_not_null(strstr(probe.text, "--sandbox none"), "%s", probe.text);
    cr_expect_eq(strchr(probe.text, '\n'), probe.text + strlen(probe.text) - 1, "one line: %s", probe.text);
}

/* Runs the command in every way there is; each has to end well. */
static void in_each_way(const char *command, void (*check)(const struct probe_way *way, const char *text))
{
    struct probe_way ways[PROBE_WAYS_MAX];
    unsigned count = probe_ways(ways);
    for (unsigned i = 0; i < count; i++) {
        if (ways[i].is_refused) {
            expect_refusal(&ways[i], command);
            continue;
        }
        cr_expect_eq(probe_run(&probe, &ways[i], command), 0, "%s%s: %s", ways[i].mode,
                     ways[i].is_chrooted ? " in a chroot" : "", probe.text);
        check(&ways[i], probe.text);
    }
}

static void has(const char *text, const char *part)
{
    cr_expect_not_null(strstr(text, part), "'%s' is not in:\n%s", part, text);
}

static void check_show(const struct probe_way *way, const char *text)
{
    const char *device = strstr(text, "-- device");
    cr_assert_not_null(device);
    has(text, strcmp(way->mode, "user") == 0 ? "mode user" : "mode root");
    has(text, "scratch writable");
    has(text, "address lo 127.0.0.1 up");
    has(text, "address sip0 198.18.0.53 up");
    has(text, "address sip0 2001:2:0:1::53 up");
    has(text, "300 addresses of IPv4 bound");
    has(text, "300 addresses of IPv6 bound");
    has(device, "address lo 127.0.0.1 up");
    has(device, "address lo ::1 up");
    has(device, "address sip0 198.18.0.9 up");
    has(device, "address sip0 2001:2:0:1::9 up");
    has(device, "/etc/resolv.conf: nameserver 198.18.0.53\n");
    has(device, "/etc/hosts: 127.0.0.1 localhost\n");
    has(device, "/etc/nsswitch.conf: hosts: files dns\n");
    cr_expect_null(strstr(device, "sip0\t00000000"), "the device has a default route:\n%s", device);
}

Test(hosts, have_addresses_and_a_resolver, .timeout = 60)
{
    in_each_way("show", check_show);
}

static void check_talk(const struct probe_way *way, const char *text)
{
    (void)way;
    has(text, "exchanged 4");
    has(text, "exchanged 6");
}

Test(hosts, both_bind_5061_and_talk, .timeout = 60)
{
    in_each_way("talk", check_talk);
}

static void check_lose(const struct probe_way *way, const char *text)
{
    static const char *const wanted[] = {"sctp 4 without mark kept", "sctp 4 with mark sent",
                                         "before 4 refused",         "lost 4 ",
                                         "another 4 refused",        "regained 4 refused",
                                         "sctp 6 without mark kept", "sctp 6 with mark sent",
                                         "before 6 refused",         "lost 6 ",
                                         "another 6 refused",        "regained 6 refused"};
    (void)way;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        has(text, wanted[i]);
    cr_expect_null(strstr(text, "lost 4 refused"), "%s", text);
    cr_expect_null(strstr(text, "lost 6 refused"), "%s", text);
}

Test(hosts, lose_an_address_and_the_kernels_sctp, .timeout = 60)
{
    in_each_way("lose", check_lose);
}

static void check_place(const struct probe_way *way, const char *text)
{
    (void)way;
    has(text, "place dangling: ours");
    has(text, "place dangling-absolute: ours");
    has(text, "place absent: ours");
    has(text, "place link: ours");
    has(text, "place circle: no sandbox: following etc/circle");
    has(text, "neighbour: theirs");
}

Test(hosts, files_are_placed_over_whatever_is_there, .timeout = 60)
{
    in_each_way("place", check_place);
}

Test(hosts, leave_the_machine_as_it_was, .timeout = 60)
{
    static char before[1 << 16], after[1 << 16];
    FILE *file = fopen("/proc/self/mountinfo", "r");
    cr_assert_not_null(file);
    before[fread(before, 1, sizeof before - 1, file)] = '\0';
    fclose(file);
    in_each_way("talk", check_talk);
    file = fopen("/proc/self/mountinfo", "r");
    cr_assert_not_null(file);
    after[fread(after, 1, sizeof after - 1, file)] = '\0';
    fclose(file);
    cr_expect_str_eq(before, after);
}

Test(hosts, none_is_the_loopback, .timeout = 60)
{
    const struct probe_way way = {.mode = "none", .drops_root = geteuid() == 0};
    probe_start(&probe, &way, "bare");
    probe_drain(&probe);
    cr_expect_eq(probe_finish(&probe), 0, "%s", probe.text);
    has(probe.text, "mode none");
    has(probe.text, "harness 4 bound");
    has(probe.text, "dns 4 bound");
    has(probe.text, "second ::1 absent");
    char *scratch = strstr(probe.text, "scratch ");
    cr_assert_not_null(scratch);
    scratch += strlen("scratch ");
    scratch[strcspn(scratch, "\n")] = '\0';
    cr_expect_eq(access(scratch, F_OK), -1, "%s is left behind", scratch);
}
