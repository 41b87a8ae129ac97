/* What only one run on this machine may have at once, and no namespace keeps apart: a claim is a name among
 * the kernel's abstract sockets. It ends with the last process that holds it, however that ends, and leaves
 * nothing in the file system. */
#include "sandbox/parts.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int sandbox_claim(const char *what, unsigned number)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    /* A name that begins with a zero is of no file. */
    int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "sipreuse/%s/%u", what, number);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&name, size) == 0)
        return fd;
    close(fd);
    return -1;
}
