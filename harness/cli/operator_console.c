/* Where the keys of a person come from. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

int cli_operator_open(const char *file)
{
    if (!file)
        return isatty(STDIN_FILENO) ? STDIN_FILENO : -1;
    if (strcmp(file, "-") == 0)
        return STDIN_FILENO;
    /* Writable too: a named pipe does not end when one of its writers goes. */
    int fd = open(file, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        cli_fail(CLI_USAGE, "--operator '%s' cannot be opened; name a pipe that mkfifo made, or -", file);
    return fd;
}

void cli_operator_close(int fd)
{
    if (fd > STDIN_FILENO)
        close(fd);
}
