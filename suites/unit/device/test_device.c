/* A device's life, from outside: small devices of our own, without a sandbox. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "trial.h"

static struct trial_result result;

static void run(const char *name, int status)
{
    trial_run(&result, "none", SIPREUSE_SOURCE_DIR "/suites/unit/device/profiles", name);
    cr_expect_eq(result.status, status, "status %d: %s", result.status, result.text);
}

static void says(const char *part)
{
    cr_expect_not_null(strstr(result.text, part), "'%s' is not in:\n%s", part, result.text);
}

Test(device, gets_ready_and_stops, .timeout = 60)
{
    run("good", 0);
    says("version trial 1.2.3\n");
    says("state READY: good is ready");
    says("answer tcp ip4: SIP/2.0 501"); /* any status is an answer */
    says("state STOPPED: good stopped");
}

Test(device, output_comes_in_lines_and_to_the_log, .timeout = 60)
{
    run("chatty", 0);
    says("output one\noutput two\n");
    says("output three without an end\n");
    says("log written");
}

Test(device, crash_before_ready, .timeout = 60)
{
    run("crash-at-start", 0);
    says("state CRASHED: crash-at-start ended by itself with exit status 7 before it was ready; "
         "its last words: cannot open the configuration\n");
    cr_expect_null(strstr(result.text, "READY"));
}

Test(device, crash_later, .timeout = 60)
{
    run("crash-later", 1); /* 1: the request that killed it got no answer */
    says("state READY");
    says("state CRASHED: crash-later was ended by signal 6");
    says("state STOPPED: it had ended before");
}

Test(device, never_ready, .timeout = 60)
{
    run("never-ready", 0);
    says("state NEVER_READY: never-ready runs, but did not answer within 500 ms (OPTIONS over TCP at ");
    says("; its last words: waiting for better times");
    says("state STOPPED");
    cr_expect_null(strstr(result.text, "state READY"));
}

Test(device, that_does_not_stop_is_killed, .timeout = 60)
{
    run("stubborn", 0);
    says("state STOPPED: stubborn did not stop when asked and was killed");
}

Test(device, that_is_not_installed, .timeout = 60)
{
    run("missing", 4);
    says("missing: no-such-telephone-switch: install the package telephone-switch");
    run("no-module", 4);
    says("missing: /proc/no-such-protocol: the kernel has it with the right module (modprobe)");
    run("not-there", 1);
    says("error the program no-such-telephone-switch is not there");
}

Test(device, template_without_its_value, .timeout = 60)
{
    run("no-value", 1);
    says("profiles/no-value/switch.cfg.in:2: no value in this run for 'crl_pem'");
}

Test(device, gets_environment_configuration_and_folder, .timeout = 60)
{
    run("environment", 0);
    says("variable is :{x}:one.dut.trial.test, config four \"127.");
    says(".0.9\" [] a@b c@d, folder 1\n");
}
