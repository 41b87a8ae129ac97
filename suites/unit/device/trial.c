#include "trial.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/wait.h>

void trial_run(struct trial_result *result, const char *mode, const char *devices_dir, const char *name)
{
    char command[2048];
    snprintf(command, sizeof command, "'%s' '%s' '%s' '%s' 2>&1", DEVICE_TRIAL, mode, devices_dir, name);
    FILE *out = popen(command, "r");
    cr_assert_not_null(out);
    size_t length = fread(result->text, 1, sizeof result->text - 1, out);
    result->text[length] = '\0';
    result->status = WEXITSTATUS(pclose(out));
}
