/* All reports of an output folder: one table of what there is. */
#include "reports/reports_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By name, as interfaces.md has them. */
static const struct {
    const char *name;
    bool (*write)(const struct report *report, const char *path);
    bool is_always_made; /* a page of an older version shows less */
} writers[] = {{"result.json", report_write_result, false},
               {"junit.xml", report_write_junit, false},
               {"report.html", report_write_html, true}};

static bool folder_has_packets(const char *path)
{
    DIR *folder = opendir(path);
    bool is_there = false;
    for (struct dirent *entry; folder && !is_there && (entry = readdir(folder));) {
        const char *end = strrchr(entry->d_name, '.');
        is_there = end && strcmp(end, ".pcapng") == 0;
    }
    if (folder)
        closedir(folder);
    return is_there;
}

static char *folder_join(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

struct folder_writing {
    const struct report *report;
    const char *folder;
    FILE *made;
    const char *separator;
    int error; /* of the first that could not be written */
};

/* is_quiet: it was there already. */
static void folder_note(struct folder_writing *writing, bool is_good, bool is_quiet, const char *name)
{
    if (!is_good && !writing->error)
        writing->error = errno ? errno : EIO;
    if (!is_good || is_quiet)
        return;
    fprintf(writing->made, "%s%s", writing->separator, name);
    writing->separator = ", ";
}

bool report_write_folder(const struct report *report, const char *folder,
                         const struct report_folder_options *options, char **made)
{
    size_t size_bytes = 0;
    struct folder_writing writing = {
        .report = report, .folder = folder, .made = open_memstream(made, &size_bytes), .separator = ""};
    if (!writing.made)
        return false;
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        char *path = folder_join(folder, writers[i].name);
        if (!path || !options->keeps_files || writers[i].is_always_made || access(path, F_OK) != 0) {
            const bool was_there = path && options->keeps_files && access(path, F_OK) == 0;
            folder_note(&writing, path && writers[i].write(report, path), was_there, writers[i].name);
        }
        free(path);
    }
    char *packets = folder_join(folder, "pcap");
    if (!options->has_no_packets && !(options->keeps_files && packets && folder_has_packets(packets))) {
        bool is_good = report_write_packets(report, folder);
        /* A run without any message has none. */
        if (!is_good || (packets && folder_has_packets(packets)))
            folder_note(&writing, is_good, false, "pcap/*.pcapng");
    }
    free(packets);
    fclose(writing.made);
    errno = writing.error;
    return writing.error == 0;
}
