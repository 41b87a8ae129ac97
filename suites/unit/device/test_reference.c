/* The reference device, started as a device under test is: profile, template, sandbox. */
#include <criterion/criterion.h>
#include <string.h>

#include "trial.h"

static struct trial_result result;

static void serves(const char *mode, const char *name)
{
    trial_run(&result, mode, SIPREUSE_SOURCE_DIR "/devices", name);
    cr_assert_eq(result.status, 0, "%s: %s", name, result.text);
    cr_expect_not_null(strstr(result.text, "state READY: "), "%s", result.text);
    cr_expect_not_null(strstr(result.text, "answer tcp ip4: SIP/2.0 200 "), "%s", result.text);
    cr_expect_not_null(strstr(result.text, "answer tls ip4: SIP/2.0 200 "), "%s", result.text);
    cr_expect_not_null(strstr(result.text, "answer tcp ip6: SIP/2.0 200 "), "%s", result.text);
    cr_expect_not_null(strstr(result.text, "answer tls ip6: SIP/2.0 200 "), "%s", result.text);
    cr_expect_not_null(strstr(result.text, "state STOPPED: "), "%s", result.text);
    cr_expect_null(strstr(result.text, "killed"), "%s", result.text);
}

Test(reference, of_two_domains, .timeout = 60)
{
    serves("auto", "reference");
}

Test(reference, of_one_domain, .timeout = 60)
{
    serves("auto", "reference-single");
}

Test(reference, that_never_reuses, .timeout = 60)
{
    serves("auto", "reference-never");
}

Test(reference, without_a_sandbox, .timeout = 60)
{
    serves("none", "reference");
}
