/* Where the keys of a person come from. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

bool cli_operator_is_there(const char *file)
{
    if (strcmp(file, "-") == 0 || access(file, R_OK | W_OK) == 0)
        return true;
    cli_fail(CLI_USAGE, "--operator '%s' cannot be opened; name a pipe that mkfifo made, or -", file);
    return false;
}

int cli_operator_open(const char *file)
{
    if (!file)
        return isatty(STDIN_FILENO) ? STDIN_FILENO : -1;
    if (strcmp(file, "-") == 0)
        return STDIN_FILENO;
    /* Writable too: a named pipe does not end when one of its writers goes. */
    return open(file, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

void cli_operator_close(int fd)
{
    if (fd > STDIN_FILENO)
        close(fd);
}
