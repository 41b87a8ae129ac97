#include "hostile.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum death {
    DEATH_NONE,
    DEATH_AT_START,  /* it crashes */
    DEATH_NOT_READY, /* it runs and does nothing, not even end */
    DEATH_ON_TEXT,   /* it crashes whenever the text arrives */
    DEATH_ONCE,      /* it crashes when the text arrives, once in its lives */
    DEATH_HANG,      /* it does nothing any more once the text has arrived, not even end */
    DEATH_HANG_ONCE, /* likewise, once in its lives */
    DEATH_CHATTY     /* it fills its log */
};
static const struct {
    const char *mode;
    enum death death;
} MODES[] = {{"crash-at-start", DEATH_AT_START},
             {"never-ready", DEATH_NOT_READY},
             {"crash-on", DEATH_ON_TEXT},
             {"crash-once", DEATH_ONCE},
             {"hang-on", DEATH_HANG},
             {"hang-once", DEATH_HANG_ONCE},
             {"chatty", DEATH_CHATTY}};

static enum death death;
static const char *text, *marker_path;

bool death_set_mode(const char *mode, const char *marker)
{
    const char *colon = strchr(mode, ':');
    size_t length = colon ? (size_t)(colon - mode) : strlen(mode);

    marker_path = marker;
    text = colon ? colon + 1 : "";
    for (size_t i = 0; i < sizeof MODES / sizeof *MODES; i++) {
        if (strlen(MODES[i].mode) == length && !strncmp(MODES[i].mode, mode, length))
            death = MODES[i].death;
    }
    return death != DEATH_NONE;
}

static void hang(void)
{
    signal(SIGTERM, SIG_IGN);
    for (;;)
        pause();
}

static void talk_in_a_child(void)
{
    static char line[4096];

    if (fork())
        return;
    memset(line, 'c', sizeof line);
    line[sizeof line - 1] = '\n';
    while (write(STDOUT_FILENO, line, sizeof line) > 0)
        continue;
    _exit(0);
}

void death_at_start(void)
{
    if (death == DEATH_CHATTY)
        talk_in_a_child();
    if (death == DEATH_NOT_READY)
        hang();
    if (death == DEATH_AT_START) {
        fputs("the configuration is not to my taste\n", stderr);
        abort();
    }
}

/* True for the first life only. */
static bool is_first_time(void)
{
    int fd = open(marker_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

void death_on_text(const uint8_t *bytes, size_t size_bytes)
{
    bool is_waiting =
        death == DEATH_ON_TEXT || death == DEATH_ONCE || death == DEATH_HANG || death == DEATH_HANG_ONCE;

    if (!is_waiting || !memmem(bytes, size_bytes, text, strlen(text)))
        return;
    if ((death == DEATH_ONCE || death == DEATH_HANG_ONCE) && !is_first_time())
        return;
    if (death == DEATH_HANG || death == DEATH_HANG_ONCE)
        hang();
    fprintf(stderr, "assertion failed: no %s\n", text);
    abort();
}
