/* device-new: what it was told about a device, and the files that it writes. */
#ifndef CLI_NEW_DEVICE_H
#define CLI_NEW_DEVICE_H

#include "cli/cli.h"

struct new_device {
    const char *name, *folder; /* folder: where the files go; made */
    const char *kind;          /* "proxy", "ua" */
    const char *stimulus;      /* a kind of the schema */
    const char *start;         /* the command, words apart by blanks; "" : it is not started */
    const char *config;        /* a configuration file to begin from; "": none */
    const char *domains;       /* "1", "2" */
    const char *transports;    /* "tcp,tls" */
    const char *ip;            /* "4", "6", "4,6" */
    const char *resolver;      /* "system", "configurable", "none" */
};
/* Exit status; else reported. Nothing that is there is overwritten. */
int new_device_write(const struct new_device *device);

#endif
