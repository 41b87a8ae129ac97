/* `sipreuse report --event`: many results as the pages of an event. */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/event/event.h"
#include "reports/reports.h"

enum { EVENT_DEPTH_MAX = 3 };

struct gathering {
    const struct cli_event *request;
    char *target; /* absolute path of the event's folder */
    struct event_source *sources;
    struct report_column **columns;
    char **links;
    size_t count, capacity;
    size_t unfinished; /* published folders without their marker */
};

static bool has_file(const char *folder, const char *name)
{
    char *path = cli_path_join(folder, name);
    bool is_there = access(path, F_OK) == 0;
    free(path);
    return is_there;
}

/* The way from the event's folder to a file: both absolute. Heap. */
static char *relative_path(const char *from, const char *to)
{
    size_t common = 0, ups = 0;
    for (size_t i = 0; from[i] && from[i] == to[i]; i++)
        if (to[i + 1] == '/' && (from[i + 1] == '/' || from[i + 1] == '\0'))
            common = i + 1;
    for (const char *at = from + common; *at; at++)
        ups += *at == '/' && at[1];
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return NULL;
    for (size_t i = 0; i < ups; i++)
        fputs("../", out);
    for (const char *at = to + common + (to[common] == '/'); *at; at++)
        if (strchr("%#?\"'<>&\\ ", *at) || (unsigned char)*at < ' ')
            fprintf(out, "%%%02X", (unsigned)(unsigned char)*at);
        else
            fputc(*at, out);
    fclose(out);
    return text;
}

/* The page of that run, if there is one; heap, NULL: none. */
static char *gathering_link(const struct gathering *gathering, const char *folder)
{
    char *page = cli_path_join(folder, "report.html"), *whole = realpath(page, NULL);
    char *link = whole ? relative_path(gathering->target, whole) : NULL;
    free(page);
    free(whole);
    return link;
}

static int gathering_add(struct gathering *gathering, const char *folder, struct report_column *column)
{
    if (gathering->count == gathering->capacity) {
        size_t capacity = gathering->capacity ? 2 * gathering->capacity : 64;
        struct report_column **columns = realloc(gathering->columns, capacity * sizeof *columns);
        gathering->columns = columns ? columns : gathering->columns;
        char **links = realloc(gathering->links, capacity * sizeof *links);
        gathering->links = links ? links : gathering->links;
        if (!columns || !links) {
            report_column_free(column);
            return cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
        }
        gathering->capacity = capacity;
    }
    gathering->columns[gathering->count] = column;
    gathering->links[gathering->count++] = gathering_link(gathering, folder);
    return CLI_GOOD;
}

static int gathering_walk(struct gathering *gathering, const char *folder, unsigned depth);

static int by_name(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static int gathering_walk_below(struct gathering *gathering, const char *folder, unsigned depth)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, by_name), status = CLI_GOOD;
    for (int i = 0; i < count; i++) {
        struct stat info;
        char *path = cli_path_join(folder, entries[i]->d_name);
        if (status == CLI_GOOD && entries[i]->d_name[0] != '.' && stat(path, &info) == 0 &&
            S_ISDIR(info.st_mode))
            status = gathering_walk(gathering, path, depth + 1);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* A folder with a result, or with folders that have some. */
static int gathering_walk(struct gathering *gathering, const char *folder, unsigned depth)
{
    if (!has_file(folder, "result.json") && !has_file(folder, "events.jsonl"))
        return depth < EVENT_DEPTH_MAX ? gathering_walk_below(gathering, folder, depth) : CLI_GOOD;
    if (gathering->request->is_published && !has_file(folder, "complete")) {
        gathering->unfinished++;
        return CLI_GOOD;
    }
    struct report_column *column = cli_result_open(folder);
    return column ? gathering_add(gathering, folder, column) : CLI_USAGE;
}

static int gathering_take(struct gathering *gathering, const char *word)
{
    struct stat info;
    size_t before = gathering->count + gathering->unfinished;
    if (stat(word, &info) != 0)
        return cli_fail(CLI_USAGE, "'%s': %s; name output folders of runs, or a folder of such folders", word,
                        strerror(errno));
    if (S_ISDIR(info.st_mode)) {
        int status = gathering_walk(gathering, word, 0);
        if (status == CLI_GOOD && gathering->count + gathering->unfinished == before)
            status = cli_fail(
                CLI_USAGE,
                "'%s' has no result in it; name output folders of runs, or a folder of such folders", word);
        return status;
    }
    struct report_column *column = cli_result_open(word);
    char *folder = strdup(word), *slash = folder ? strrchr(folder, '/') : NULL;
    if (slash)
        *slash = '\0';
    int status = column && folder ? gathering_add(gathering, slash ? folder : ".", column) : CLI_USAGE;
    free(folder);
    return status;
}

/* ---- what is written */

static int write_file(const struct event *event, const char *folder, const char *name,
                      bool (*put)(const struct event *event, FILE *out))
{
    char *path = cli_path_join(folder, name), *temporary = NULL;
    if (asprintf(&temporary, "%s.tmp", path) < 0)
        temporary = NULL;
    FILE *out = temporary ? fopen(temporary, "we") : NULL;
    bool is_good = out && put(event, out);
    if (out && fclose(out) != 0)
        is_good = false;
    is_good = is_good && rename(temporary, path) == 0;
    int status =
        is_good ? CLI_GOOD : cli_fail(CLI_IMPOSSIBLE, "'%s' could not be written: %s", path, strerror(errno));
    free(path);
    free(temporary);
    return status;
}

static bool put_survey(const struct event *event, FILE *out)
{
    event_print_survey(event, out, 0, false);
    return !ferror(out);
}

static int gathering_write(struct gathering *gathering)
{
    const struct cli_event *request = gathering->request;
    struct event_options options = {
        .title = request->title, .is_anonymous = request->is_anonymous, .named = request->named};
    if (getrandom(&options.chance, sizeof options.chance, 0) != (ssize_t)sizeof options.chance)
        return cli_fail(CLI_IMPOSSIBLE, "the system gives no random numbers: %s", strerror(errno));
    gathering->sources = calloc(gathering->count + 1, sizeof *gathering->sources);
    for (size_t i = 0; gathering->sources && i < gathering->count; i++)
        gathering->sources[i] =
            (struct event_source){.column = gathering->columns[i], .link = gathering->links[i]};
    struct event *event =
        gathering->sources ? event_make(gathering->sources, gathering->count, &options) : NULL;
    if (!event)
        return cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
    int status = write_file(event, gathering->target, "event.json", event_put_json);
    if (status == CLI_GOOD)
        status = write_file(event, gathering->target, "survey.txt", put_survey);
    if (status == CLI_GOOD)
        status = write_file(event, gathering->target, "index.html", event_put_page);
    if (status == CLI_GOOD) {
        event_print_survey(event, stdout, cli_width(), cli_is_coloured());
        printf("\n%zu runs of %zu devices: %s/index.html, event.json, survey.txt\n", gathering->count,
               event_device_count(event), request->folder);
        if (gathering->unfinished)
            printf("Left out: %zu runs whose publication is not complete\n", gathering->unfinished);
    }
    event_free(event);
    return status;
}

int cli_event_make(const struct cli_event *request)
{
    struct gathering gathering = {.request = request};
    int status = CLI_GOOD;
    if (mkdir(request->folder, 0777) != 0 && errno != EEXIST)
        return cli_fail(CLI_IMPOSSIBLE, "the folder '%s' cannot be made: %s", request->folder,
                        strerror(errno));
    gathering.target = realpath(request->folder, NULL);
    if (!gathering.target)
        return cli_fail(CLI_IMPOSSIBLE, "'%s': %s", request->folder, strerror(errno));
    for (size_t i = 0; status == CLI_GOOD && i < request->word_count; i++)
        status = gathering_take(&gathering, request->words[i]);
    if (status == CLI_GOOD && gathering.count == 0)
        status = cli_fail(CLI_USAGE, "none of the %zu publications is complete yet; try again when one is",
                          gathering.unfinished);
    if (status == CLI_GOOD)
        status = gathering_write(&gathering);
    for (size_t i = 0; i < gathering.count; i++) {
        report_column_free(gathering.columns[i]);
        free(gathering.links[i]);
    }
    free(gathering.columns);
    free(gathering.links);
    free(gathering.sources);
    free(gathering.target);
    return status;
}
