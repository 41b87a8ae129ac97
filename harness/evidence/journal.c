#include "evidence/evidence.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "evidence/evidence_private.h"

struct journal {
    int fd;
    int error;
    uint64_t seq;
    uint64_t start_ns;
    struct line line;
    bool is_begun;
    size_t depth;
    bool is_array[JOURNAL_MAX_DEPTH]; /* by depth; depth 0 is the event itself */
    bool has_member[JOURNAL_MAX_DEPTH];
};

static uint64_t journal_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

struct journal *journal_new_fd(int fd)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (!journal) {
        close(fd);
        errno = ENOMEM;
        return NULL;
    }
    journal->fd = fd;
    return journal;
}

struct journal *journal_new(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
    return fd < 0 ? NULL : journal_new_fd(fd);
}

void journal_free(struct journal *journal)
{
    if (!journal)
        return;
    close(journal->fd);
    line_fini(&journal->line);
    free(journal);
}

int journal_error(const struct journal *journal)
{
    return journal->error;
}

/* Comma, and the name where one belongs. */
static void journal_put_name(struct journal *journal, const char *name)
{
    assert(journal->is_begun);
    if (journal->has_member[journal->depth])
        line_put(&journal->line, ",", 1);
    journal->has_member[journal->depth] = true;
    if (journal->is_array[journal->depth])
        return;
    assert(name);
    line_put_json(&journal->line, name);
    line_put(&journal->line, ":", 1);
}

void journal_begin(struct journal *journal, const char *event)
{
    assert(!journal->is_begun);
    uint64_t now_ns = journal_now_ns();
    if (journal->seq == 0)
        journal->start_ns = now_ns;
    line_clear(&journal->line);
    journal->is_begun = true;
    journal->depth = 0;
    journal->has_member[0] = journal->is_array[0] = false;
    journal->seq++;
    line_put(&journal->line, "{", 1);
    journal_put_name(journal, "seq");
    line_put_unsigned(&journal->line, journal->seq);
    journal_put_name(journal, "ns");
    line_put_unsigned(&journal->line, now_ns - journal->start_ns);
    journal_string(journal, "event", event);
}

void journal_string(struct journal *journal, const char *name, const char *value)
{
    journal_put_name(journal, name);
    if (value)
        line_put_json(&journal->line, value);
    else
        line_put_text(&journal->line, "null");
}

void journal_integer(struct journal *journal, const char *name, int64_t value)
{
    journal_put_name(journal, name);
    line_put_integer(&journal->line, value);
}

void journal_boolean(struct journal *journal, const char *name, bool value)
{
    journal_put_name(journal, name);
    line_put_text(&journal->line, value ? "true" : "false");
}

void journal_bytes(struct journal *journal, const char *name, const void *bytes, size_t size_bytes)
{
    journal_put_name(journal, name);
    line_put_base64(&journal->line, bytes, size_bytes);
}

static void journal_open(struct journal *journal, const char *name, bool is_array)
{
    journal_put_name(journal, name);
    assert(journal->depth + 1 < JOURNAL_MAX_DEPTH);
    line_put(&journal->line, is_array ? "[" : "{", 1);
    journal->depth++;
    journal->is_array[journal->depth] = is_array;
    journal->has_member[journal->depth] = false;
}

void journal_open_object(struct journal *journal, const char *name)
{
    journal_open(journal, name, false);
}

void journal_open_array(struct journal *journal, const char *name)
{
    journal_open(journal, name, true);
}

void journal_close(struct journal *journal)
{
    assert(journal->is_begun && journal->depth > 0);
    line_put(&journal->line, journal->is_array[journal->depth] ? "]" : "}", 1);
    journal->depth--;
}

/* One write(2) is the rule. A short write is what a disk that fills up gives: the rest is tried once more,
 * and its error kept. */
static int journal_write(int fd, const char *bytes, size_t size_bytes)
{
    while (size_bytes > 0) {
        ssize_t wrote = write(fd, bytes, size_bytes);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? errno : EIO;
        bytes += wrote;
        size_bytes -= (size_t)wrote;
    }
    return 0;
}

uint64_t journal_end(struct journal *journal)
{
    assert(journal->is_begun && journal->depth == 0);
    line_put(&journal->line, "}\n", 2);
    journal->is_begun = false;
    if (!journal->error)
        journal->error = journal->line.error;
    if (!journal->error)
        journal->error = journal_write(journal->fd, journal->line.bytes, journal->line.size_bytes);
    return journal->seq;
}
