/* trial: runs device_trial on a profile and keeps what it said. */
#ifndef SUITES_UNIT_DEVICE_TRIAL_H
#define SUITES_UNIT_DEVICE_TRIAL_H

enum { TRIAL_OUTPUT_MAX = 1 << 18 };
struct trial_result {
    int status;
    char text[TRIAL_OUTPUT_MAX];
};
/* mode: of sandbox.h. devices_dir: absolute. */
void trial_run(struct trial_result *result, const char *mode, const char *devices_dir, const char *name);

#endif
