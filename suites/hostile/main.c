/* sipreuse-hostile MODE MARKER --config FILE: the reference device, and the harm of one mode. */
#include "hostile.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "reference/device_main.h"

enum { EXIT_USAGE = 2 };

int main(int argc, char **argv)
{
    const struct attack *attack = argc > 3 ? attack_find(argv[1]) : NULL;
    bool shakes_hands = argc > 3 && !strcmp(argv[1], "full-handshakes");

    if (argc < 4 ||
        (!attack && !shakes_hands && !corrupt_set_mode(argv[1]) && !death_set_mode(argv[1], argv[2]))) {
        fprintf(stderr,
                "usage: sipreuse-hostile MODE MARKER --config FILE; the modes are in suites/hostile\n");
        return EXIT_USAGE;
    }
    death_at_start();
    if ((attack || shakes_hands) && fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (shakes_hands)
            handshakes_run();
        attack_run(attack);
    }
    argv[2] = argv[0];
    return reference_device_main(argc - 2, argv + 2);
}
