/* Debian's Kamailio in a sandbox, with each of its profiles. Not skipped where it is missing: the error names
 * the package. */
#include <criterion/criterion.h>
#include <string.h>

#include "trial.h"

static struct trial_result result;

static void serves(const char *name)
{
    static const char *const parts[] = {
        "version kamailio 5.",
        "state READY: ",
        "answer tcp ip4: SIP/2.0 200 ",
        "answer tcp ip6: SIP/2.0 200 ",
        "answer tls ip4: SIP/2.0 200 ",
        "answer tls ip6: SIP/2.0 200 ",
        "state STOPPED: ",
    };
    trial_run(&result, "auto", SIPREUSE_SOURCE_DIR "/devices", name);
    cr_assert_eq(result.status, 0, "%s: %s", name, result.text);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_expect_not_null(strstr(result.text, parts[i]), "%s: '%s' is not in:\n%s", name, parts[i],
                           result.text);
    cr_expect_null(strstr(result.text, "killed"), "%s", result.text);
    cr_expect_null(strstr(result.text, " ERROR: "), "%s", result.text);
}

Test(kamailio, with_aliases, .timeout = 90)
{
    serves("kamailio");
}

Test(kamailio, without_aliases, .timeout = 90)
{
    serves("kamailio-noalias");
}

Test(kamailio, of_one_domain, .timeout = 90)
{
    serves("kamailio-single");
    cr_expect_null(strstr(result.text, "two.dut"), "%s", result.text);
}
