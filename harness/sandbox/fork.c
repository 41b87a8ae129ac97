#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

pid_t sandbox_fork(int type, int *fd)
{
    int ends[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    fflush(NULL); /* else what is buffered could be written twice */
    pid_t pid = fork();
    int error = errno;
    close(ends[pid != 0]);
    if (pid < 0)
        close(ends[0]);
    else
        *fd = ends[pid == 0];
    errno = error;
    return pid;
}
