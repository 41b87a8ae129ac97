/* The address plan, without a kernel. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/parts.h"

static const char *text_of(const struct sandbox *sandbox, enum sandbox_role role, int family, size_t index)
{
    static char text[INET6_ADDRSTRLEN];
    struct net_address address;
    if (!sandbox_address(sandbox, role, family, index, &address))
        return "none";
    cr_expect_eq(address.family, family);
    cr_expect_eq(address.port, 0);
    return inet_ntop(family == 4 ? AF_INET : AF_INET6, address.ip, text, sizeof text);
}

Test(addresses, of_the_hosts)
{
    const struct sandbox sandbox = {
        .mode = SANDBOX_USER, .harness_addresses = 60000, .has_ip4 = true, .has_ip6 = true};
    static const struct {
        enum sandbox_role role;
        int family;
        size_t index;
        const char *text;
    } rows[] = {
        {SANDBOX_DNS, 4, 0, "198.18.0.53"},
        {SANDBOX_DNS, 6, 0, "2001:2:0:1::53"},
        {SANDBOX_DEVICE, 4, 0, "198.18.0.9"},
        {SANDBOX_DEVICE, 6, 0, "2001:2:0:1::9"},
        {SANDBOX_HARNESS, 4, 0, "198.19.0.1"},
        {SANDBOX_HARNESS, 4, 249, "198.19.0.250"},
        {SANDBOX_HARNESS, 4, 250, "198.19.1.1"},
        {SANDBOX_HARNESS, 4, 59999, "198.19.239.250"},
        {SANDBOX_HARNESS, 6, 0, "2001:2:0:2::1"},
        {SANDBOX_HARNESS, 6, 254, "2001:2:0:2::ff"},
        {SANDBOX_HARNESS, 6, 255, "2001:2:0:2::100"},
        {SANDBOX_HARNESS, 6, 59999, "2001:2:0:2::ea60"},
        {SANDBOX_HARNESS, 4, 60000, "none"},
        {SANDBOX_HARNESS, 6, 60000, "none"},
        {SANDBOX_HARNESS, 5, 0, "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_str_eq(text_of(&sandbox, rows[i].role, rows[i].family, rows[i].index), rows[i].text);
}

Test(addresses, of_a_family_that_is_not_wanted)
{
    const struct sandbox sandbox = {.mode = SANDBOX_USER, .harness_addresses = 2, .has_ip6 = true};
    cr_expect_str_eq(text_of(&sandbox, SANDBOX_HARNESS, 4, 0), "none");
    cr_expect_str_eq(text_of(&sandbox, SANDBOX_DNS, 4, 0), "none");
    cr_expect_str_eq(text_of(&sandbox, SANDBOX_HARNESS, 6, 1), "2001:2:0:2::2");
}

Test(addresses, without_a_sandbox)
{
    const struct sandbox sandbox = {.mode = SANDBOX_NONE,
                                    .harness_addresses = 1000,
                                    .has_ip4 = true,
                                    .has_ip6 = true,
                                    .loopback_net = 77};
    cr_expect_str_eq(text_of(&sandbox, SANDBOX_HARNESS, 4, 0), "127.77.1.1");
    cr_expect_str_eq(text_of(&sandbox, SANDBOX_HARNESS, 4, 999), "127.77.4.250");
    cr_expect_str_eq(text_of(&sandbox, SANDBOX_DNS, 4, 0), "127.77.0.53");
    cr_expect_str_eq(text_of(&sandbox, SANDBOX_DEVICE, 4, 0), "127.77.0.9");
    cr_expect_str_eq(text_of(&sandbox, SANDBOX_HARNESS, 6, 0), "::1");
    cr_expect_str_eq(text_of(&sandbox, SANDBOX_HARNESS, 6, 1), "none");
}

static char *batch(const struct sandbox *sandbox, pid_t device_host)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (device_host)
        sandbox_write_harness_batch(sandbox, device_host, out);
    else
        sandbox_write_device_batch(sandbox, out);
    fclose(out);
    return text;
}

Test(addresses, batches_for_ip)
{
    const struct sandbox both = {
        .mode = SANDBOX_USER, .harness_addresses = 2, .has_ip4 = true, .has_ip6 = true};
    const struct sandbox four = {.mode = SANDBOX_USER, .harness_addresses = 1, .has_ip4 = true};
    struct sandbox each = both;
    char *text = batch(&both, 42);
    cr_expect_str_eq(text, "link add sip0 address 02:00:00:00:00:53 type veth peer name sip0 address "
                           "02:00:00:00:00:09 netns 42\n"
                           "link set lo up\nlink set sip0 addrgenmode none\nlink set sip0 up\n"
                           "addr add 198.18.0.53/15 dev sip0\naddr add 2001:2:0:1::53/48 dev sip0 nodad\n"
                           "neigh add 198.18.0.9 lladdr 02:00:00:00:00:09 dev sip0 nud permanent\n"
                           "neigh add 2001:2:0:1::9 lladdr 02:00:00:00:00:09 dev sip0 nud permanent\n"
                           "route add local 198.19.0.0/16 dev lo\nroute add local 2001:2:0:2::/64 dev lo\n");
    free(text);
    each.needs_each_ip6 = true;
    text = batch(&each, 42);
    cr_expect_null(strstr(text, "local 2001"), "%s", text);
    cr_expect_not_null(strstr(text, "addr add 2001:2:0:2::1/128 dev sip0 nodad\n"
                                    "addr add 2001:2:0:2::2/128 dev sip0 nodad\n"),
                       "%s", text);
    free(text);
    text = batch(&four, 0);
    cr_expect_str_eq(text, "link set lo up\nlink set sip0 addrgenmode none\nlink set sip0 up\n"
                           "addr add 198.18.0.9/15 dev sip0\n"
                           "neigh add 198.18.0.53 lladdr 02:00:00:00:00:53 dev sip0 nud permanent\n"
                           "route add 198.19.0.0/16 via 198.18.0.53 dev sip0\n");
    free(text);
    text = batch(&four, 42);
    cr_expect_null(strstr(text, "2001:"), "%s", text);
    free(text);
}

Test(modes, have_names)
{
    enum sandbox_mode mode;
    for (int i = SANDBOX_AUTO; i <= SANDBOX_NONE; i++) {
        cr_expect(sandbox_mode_parse(sandbox_mode_name((enum sandbox_mode)i), &mode));
        cr_expect_eq((int)mode, i);
    }
    cr_expect_not(sandbox_mode_parse("chroot", &mode));
    cr_expect_not(sandbox_mode_parse("", &mode));
}

Test(enter, too_many_addresses)
{
    char error[256] = "";
    const struct sandbox_plan plan = {.mode = SANDBOX_NONE, .harness_addresses = 60001, .needs_ip4 = true};
    cr_expect_null(sandbox_enter(&plan, error, sizeof error));
    cr_expect_not_null(strstr(error, "60001 harness addresses"));
}
