/* All reports of an output folder. */
#include "reports/reports_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    const struct report_format *format;
    for (size_t i = 0; (format = report_format_at(i)); i++) {
        char *path = folder_join(folder, format->file);
        if (!path || !options->keeps_files || access(path, F_OK) != 0)
            folder_note(&writing, path && report_write_format(report, format, path), false, format->file);
        free(path);
    }
    /* Anew each time: a page of an older version shows less. */
    char *page = folder_join(folder, "report.html");
    const bool was_there = page && options->keeps_files && access(page, F_OK) == 0;
    folder_note(&writing, page && report_write_html(report, page), was_there, "report.html");
    free(page);
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
