/* device_main: the command `sipreuse device`, the reference implementation as a proxy of its own.
 *
 * Reads a JSON configuration or flags (--help names both), logs one line a decision on standard output,
 * prints the alias tables on SIGUSR1 and ends on SIGTERM or SIGINT. Blocks until then. */
#ifndef REFERENCE_DEVICE_MAIN_H
#define REFERENCE_DEVICE_MAIN_H

/* argv[0] is the command's name, the options follow. Returns the exit status: 0; 2 usage or a bad file; 3 it
 * could not be done (an address that cannot be bound, certificates that do not fit). One line on standard
 * error says which. */
int reference_device_main(int argc, char **argv);

#endif
