/* The last file of a publication: a list of all others, so that a reader knows that they are there, whole. */
#include "publish/publish_private.h"

#include <string.h>

#define MARKER_SCHEMA "sipreuse-publication/1"

char *publish_marker_text(const struct publish_files *files, const char *run_id)
{
    json_t *list = json_array();
    for (size_t i = 0; i < files->count; i++)
        if (!files->items[i].is_withheld)
            json_array_append_new(list, json_pack("{s:s, s:I, s:s}", "name", files->items[i].name, "size",
                                                  (json_int_t)files->items[i].size_bytes, "sha256",
                                                  files->items[i].sha256));
    json_t *marker = json_pack("{s:s, s:s, s:o}", "schema", MARKER_SCHEMA, "run", run_id, "files", list);
    char *text = marker ? json_dumps(marker, JSON_INDENT(1)) : NULL;
    json_decref(marker);
    return text;
}

json_t *publish_marker_parse(const char *text)
{
    json_t *marker = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL, *index = NULL;
    const char *schema = json_string_value(json_object_get(marker, "schema"));
    if (schema && strcmp(schema, MARKER_SCHEMA) == 0) {
        const json_t *list = json_object_get(marker, "files");
        index = json_object();
        for (size_t i = 0; index && i < json_array_size(list); i++) {
            json_t *file = json_array_get(list, i);
            const char *name = json_string_value(json_object_get(file, "name"));
            if (name)
                json_object_set(index, name, file);
        }
    }
    json_decref(marker);
    return index;
}

bool publish_marker_has(const json_t *marker, const struct publish_file *file)
{
    const json_t *entry = json_object_get(marker, file->name);
    const char *digest = json_string_value(json_object_get(entry, "sha256"));
    return digest && strcmp(digest, file->sha256) == 0 &&
           json_integer_value(json_object_get(entry, "size")) == (json_int_t)file->size_bytes;
}
