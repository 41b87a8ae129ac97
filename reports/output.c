/* Files that are either there whole or not at all. */
#include "reports/reports_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool report_output_begin(struct report_output *output, const char *path)
{
    *output = (struct report_output){.path = strdup(path)};
    if (!output->path || asprintf(&output->temporary, "%s.%ld.tmp", path, (long)getpid()) < 0) {
        free(output->path);
        errno = ENOMEM;
        return false;
    }
    output->file = fopen(output->temporary, "wxe");
    if (output->file)
        return true;
    int error = errno;
    free(output->path);
    free(output->temporary);
    errno = error;
    return false;
}

bool report_output_end(struct report_output *output, bool is_good)
{
    int error = is_good ? 0 : ENOMEM;
    errno = 0;
    if (fflush(output->file) != 0 || ferror(output->file))
        error = errno ? errno : EIO;
    if (fclose(output->file) != 0 && !error)
        error = errno;
    if (!error && rename(output->temporary, output->path) != 0)
        error = errno;
    if (error)
        unlink(output->temporary);
    free(output->path);
    free(output->temporary);
    errno = error;
    return !error;
}
