/* What the files of this folder share. */
#ifndef DEVICE_DEVICE_PRIVATE_H
#define DEVICE_DEVICE_PRIVATE_H

#include "device/device.h"

/* ---- settings.c: the names that templates and argv may use, and their values in one run ---- */
extern const char *const device_setting_names[];
extern const size_t device_setting_name_count;
bool device_setting_is_known(const char *name, size_t length);

/* The caller's settings first, then what this folder knows by itself: self, config, scratch. */
struct device_values {
    const struct device_setting *settings;
    size_t setting_count;
    const char *self, *config, *scratch, *folder;
};
const char *device_value(const struct device_values *values, const char *name,
                         size_t length); /* "" when unset */

/* ---- template.c: pure text in, text out ---- */
/* values NULL: nothing is rendered, names are checked only. NULL with a sentence (name:line: …) in error.
 * Heap; caller frees. */
char *device_template_render(const char *name, const char *text, const struct device_values *values,
                             char *error, size_t error_size_bytes);
/* One word of argv, with {placeholder} and {{. */
char *device_word_render(const char *word, const struct device_values *values, char *error,
                         size_t error_size_bytes);

/* ---- files.c ---- */
char *device_file_read(const char *path, size_t max_bytes, char *error,
                       size_t error_size_bytes); /* heap; NULL: error is set */
/* Renders every template of the profile into values->config, which is made. */
bool device_files_render(const struct device_profile *profile, const struct device_values *values,
                         char *error, size_t error_size_bytes);

/* ---- launch.c: with what words and in what environment the device's program is started ---- */
struct device_launch {
    char **argv; /* prefix (the sandbox's words), then the profile's with the program's full path */
    const char **environment; /* what the profile sets, before what is inherited */
    char **own;               /* texts of the former */
};
/* false: error is set, and there is nothing to free. */
bool device_launch_init(struct device_launch *launch, const struct device_profile *profile,
                        const char *const *prefix, const struct device_values *values, char *error,
                        size_t error_size_bytes);
void device_launch_fini(struct device_launch *launch);

/* ---- profile_stimulus.c: how the device is made to send ---- */
void device_stimulus_read(struct device_profile *profile, const struct document_value *stimulus);
void device_stimulus_fini(struct device_profile *profile);
/* What the schema cannot say: which members belong to which kind. */
bool device_stimulus_check(const struct device_profile *profile, const struct document_value *root,
                           struct diagnostic *diagnostic);

/* ---- probe.c: asks a starting device until it answers ---- */
struct device_probe;
struct device_probe_options {
    struct net *net;
    struct net_address from, tcp, tls; /* family 0: that transport is not asked */
    const char *domain;                /* in the Request-URI and as SNI */
    bool takes_anything;               /* any bytes over TCP are an answer: it lives, whatever it says */
    void (*on_ready)(void *arg);
    void *arg;
};
struct device_probe *device_probe_new(const struct device_probe_options *options);
/* What it waits for: "a TLS handshake at 192.0.2.9:5061: connection refused". */
void device_probe_describe(const struct device_probe *probe, char *out, size_t out_size_bytes);
void device_probe_free(struct device_probe *probe);

/* ---- lines.c: output cut into lines ---- */
enum { DEVICE_LINE_MAX_BYTES = 16 << 10 };
struct device_lines {
    char *bytes; /* DEVICE_LINE_MAX_BYTES + 1 */
    size_t size_bytes;
};
typedef void (*device_line_cb)(const char *line, void *arg);
/* What is longer than DEVICE_LINE_MAX_BYTES comes in pieces; NUL bytes come as '?'. false: no memory. */
bool device_lines_push(struct device_lines *lines, const char *bytes, size_t size_bytes, device_line_cb cb,
                       void *arg);
void device_lines_finish(struct device_lines *lines, device_line_cb cb,
                         void *arg); /* what is left without a newline */
void device_lines_fini(struct device_lines *lines);

/* "TERM", "USR2", …; 0: none of those, or NULL. */
int device_signal_parse(const char *name);

#endif
