/* sipreuse-hostile MODE MARKER --config FILE: the reference device, and the harm of one mode. */
#include "hostile.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "reference/device_main.h"

enum { EXIT_USAGE = 2 };

int main(int argc, char **argv)
{
    const struct attack *attack = argc > 3 ? attack_find(argv[1]) : NULL;

    if (argc < 4 || (!attack && !corrupt_set_mode(argv[1]) && !death_set_mode(argv[1], argv[2]))) {
        fprintf(stderr,
                "usage: sipreuse-hostile MODE MARKER --config FILE; the modes are in suites/hostile\n");
        return EXIT_USAGE;
    }
    death_at_start();
    if (attack && fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        attack_run(attack);
    }
    argv[2] = argv[0];
    return reference_device_main(argc - 2, argv + 2);
}
