/* One .tar.gz that is written entry by entry. Files are copied in pieces; those whose text holds a private
 * key are left out, whatever their name is. */
#ifndef REPORTS_PACK_H
#define REPORTS_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct pack;
/* Everything in it lies in a folder of the given name. The file must not exist. NULL: error. */
struct pack *pack_new(const char *path, const char *folder, int64_t time_s, char *error,
                      size_t error_size_bytes);
void pack_add_text(struct pack *pack, const char *name, const char *text);
/* What the stream holds, from its beginning. */
void pack_add_stream(struct pack *pack, const char *name, FILE *stream);
enum pack_file { PACK_ADDED, PACK_MISSING, PACK_SECRET };
/* A regular file, symbolic links are not followed. */
enum pack_file pack_add_file(struct pack *pack, const char *name, const char *path);
/* Regular files of a folder and those below it, in the order of their names. left_out gets a line for each
 * that holds a private key. */
void pack_add_folder(struct pack *pack, const char *name, const char *path, FILE *left_out);
/* Frees it; a file that could not be written whole is removed. false: error. */
bool pack_end(struct pack *pack, char *error, size_t error_size_bytes);

#endif
