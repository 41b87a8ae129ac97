/* What the files of scenario/ share: memory, names in scope, and the building of one variant out of one
 * document. */
#ifndef SCENARIO_SCENARIO_PRIVATE_H
#define SCENARIO_SCENARIO_PRIVATE_H

#include "scenario/scenario.h"

/* ---- memory: everything of a scenario, suite or catalogue goes at once ---- */
struct arena_block;
struct arena {
    struct arena_block *blocks;
};
/* Zeroed. Never NULL: a catalogue is a few megabytes at start-up, and without memory for it there is nothing
 * to save: it aborts. */
void *arena_take(struct arena *arena, size_t count, size_t size_bytes);
char *arena_text(struct arena *arena, const char *text); /* NULL stays NULL */
struct strings arena_strings(struct arena *arena,
                             const struct document_value *list); /* as they stand there */
void arena_fini(struct arena *arena);

struct scenario_store { /* what a struct scenario is in */
    struct scenario scenario;
    struct arena arena;
};
struct catalogue_store {
    struct catalogue catalogue;
    struct arena arena; /* the requirements */
};
struct suite_store {
    struct suite suite;
    struct arena arena;
};

/* ---- names in scope, in the order of the steps ---- */
enum scope_kind {
    SCOPE_HOST = 1,
    SCOPE_CERTIFICATE = 2,
    SCOPE_ACTOR = 4,
    SCOPE_LISTENER = 8,
    SCOPE_CONNECTION = 16,
    SCOPE_SEND = 32,
    SCOPE_STIMULUS = 64,
    SCOPE_REQUEST = 128
};
struct scope_name {
    struct scope_name *next; /* defined before */
    enum scope_kind kind;
    const char *name;
    bool is_hidden;    /* of another branch of the same "parallel" */
    bool is_ours;      /* connection: by a connect step, so that its source port is known */
    bool is_resumable; /* connection of ours: its session can be offered again */
    bool is_invite;    /* stimulus, send */
    bool is_raw;       /* send */
    unsigned times;    /* stimulus, send */
    size_t domains;    /* actor */
    const char *host;  /* listener: with port and transport what it occupies */
    unsigned port;
    enum net_transport transport;
};

/* ---- building a variant ---- */
/* Functions that take something out of a document say so in the diagnostic when it is wrong and then give
 * NULL, 0 or nothing; whoever builds looks at the diagnostic once per step. */
struct build {
    struct arena *arena;
    struct diagnostic *diagnostic; /* never NULL */
    const struct catalogue *catalogue;
    struct scenario_variant *variant;
    struct scope_name *scope;
    struct observed *observed; /* names of the observations that the variant can make */
    unsigned repeats;          /* depth of "repeat" */
    bool is_slow;
};
struct observed {
    struct observed *next;
    const char *name;
};
static inline bool build_failed(const struct build *build)
{
    return build->diagnostic->is_set;
}

/* scenario_scope.c */
/* Defines a name; a second one of the kind is a mistake unless may_repeat. Never NULL. */
struct scope_name *scope_define(struct build *build, enum scope_kind kind, const struct document_value *value,
                                bool may_repeat);
/* The name in value, which has to be defined before, of one of the kinds; NULL: it is not. */
const struct scope_name *scope_use(struct build *build, unsigned kinds, const struct document_value *value);
/* Without a diagnostic. */
const struct scope_name *scope_find(const struct build *build, unsigned kinds, const char *name);
/* "NAME" of a list member, copied; NULL when value is NULL or the name is not defined. */
char *scope_take(struct build *build, unsigned kinds, const struct document_value *value);
/* A connection selector: NAME, "new", "new@LISTENER", "any", "other". */
char *scope_take_selector(struct build *build, const struct document_value *value);

/* scenario_message.c */
/* How it is to be sent over SCTP. */
struct net_message_options delivery_take(const struct document_value *value);

/* scenario_text.c: texts with placeholders */
enum text_use {
    TEXT_PLAIN,
    TEXT_STATIC, /* at the start of the world: no connection, no count */
    TEXT_PATTERN /* POSIX extended; compiled on trial */
};
/* Fixed placeholders replaced, the others checked. NULL for NULL. */
char *text_take(struct build *build, const struct document_value *value, enum text_use use);
struct strings texts_take(struct build *build, const struct document_value *list, enum text_use use);
/* A string or a list of strings, each through take. */
struct strings texts_take_each(struct build *build, const struct document_value *value,
                               char *(*take)(struct build *build, const struct document_value *value));
/* With sample values for what only a run knows; heap. */
char *text_sample(const struct build *build, const char *text);
bool variant_needs(const struct scenario_variant *variant, const char *claim); /* it is among "needs" */

/* scenario_value.c: small things in strings; NULL gives the default */
uint64_t value_time_ms(const struct document_value *value, uint64_t otherwise);
int64_t value_offset_s(const struct document_value *value);
struct scenario_range value_range(struct build *build, const struct document_value *value);
void value_status(struct build *build, const struct document_value *value, unsigned *from, unsigned *to);
enum net_close_mode value_close_mode(const struct document_value *value);
enum net_tls_version value_tls_version(const struct document_value *value);
enum net_transport value_transport(const struct document_value *value, enum net_transport otherwise);
unsigned value_unsigned(const struct document_value *value, unsigned otherwise);
bool value_boolean(const struct document_value *value, bool otherwise);
bool value_is(const struct document_value *value, const char *word);

/* scenario_world.c, scenario_certificate.c */
void world_take(struct build *build, const struct document_value *root, const struct document_value *part);
void certificates_take(struct build *build, const struct document_value *certificates);
/* A recipe alone, for files that hold one. */
bool certificate_check(const struct document_value *recipe, struct diagnostic *diagnostic);

/* scenario_steps.c, scenario_actions.c, scenario_message.c, scenario_alternative.c */
struct scenario_steps steps_take(struct build *build, const struct document_value *steps);
void step_take_listen(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_connect(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_close_port(struct build *build, const struct document_value *value,
                          struct scenario_step *step);
void step_take_tell(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_lose(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_renegotiate(struct build *build, const struct document_value *value,
                           struct scenario_step *step);
void step_take_close(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_respond(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_change_dns(struct build *build, const struct document_value *value,
                          struct scenario_step *step);
void step_take_wait(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_actor_send(struct build *build, const struct document_value *value,
                          struct scenario_step *step);
void step_take_soak(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_actor_close(struct build *build, const struct document_value *value,
                           struct scenario_step *step);
void step_take_observe(struct build *build, const struct document_value *value, struct scenario_step *step);
struct scenario_header *headers_take(struct build *build, const struct document_value *headers,
                                     size_t *count);
/* Of a text in which bytes are written as \\r, \\n, \\0, \\xHH. */
void escapes_check(struct build *build, const struct document_value *value);
void step_take_send(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_stimulate(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_expect(struct build *build, const struct document_value *value, struct scenario_step *step);
void step_take_check(struct build *build, const struct document_value *value, struct scenario_step *step);
/* {NAME: VALUE} or NAME. A denial ("", "no", "false", "0") is recorded but nothing that a control shows. */
void observation_take(struct build *build, const struct document_value *value, char **name, char **text);
/* Which member of an alternative is its matcher. */
enum scenario_match alternative_match(const struct document_value *alternative,
                                      const struct document_value **matcher);
void matcher_take(struct build *build, const struct document_value *matcher,
                  struct scenario_alternative *out);
/* Checks zone-file lines with sample values. */
struct strings dns_take(struct build *build, const struct document_value *lines, enum text_use use);

/* ---- loading files ---- */
struct loaded_variant { /* beside each struct scenario_variant, while controls are not resolved yet */
    const struct document_value *control; /* NULL: none */
    struct observed *observed;
};
struct loaded_file {
    struct scenario_store *store;
    struct document *document;
    struct document **copies; /* one for each case */
    size_t copy_count;
    struct loaded_variant *variants;
};
struct loading {
    const char *scenarios_dir;
    struct document *schema;
    struct catalogue_store *catalogue;
    struct loaded_file *files;
    size_t file_count, file_capacity;
    struct diagnostic *diagnostic;
};
/* scenario_loading.c */
bool loading_init(struct loading *loading, const char *scenarios_dir, struct diagnostic *diagnostic);
void loading_fini(struct loading *loading);  /* what was not handed over is freed */
void loading_clear(struct loading *loading); /* frees the files that were added */
bool loading_add_file(struct loading *loading, const char *path, const char *id);
/* The document is taken over. id NULL: whatever the file says. */
bool loading_add_document(struct loading *loading, struct document *document, const char *id);
struct loaded_file *loading_find(const struct loading *loading, const char *id);

/* scenario_expand.c: all variants of a file whose cases are laid out in copies. */
bool scenario_expand(struct loading *loading, struct loaded_file *file);

/* scenario_cases.c: one copy of the document per case, "{case.X}" replaced, each checked for its shape. */
bool cases_lay_out(struct loaded_file *file, const struct document *schema, struct diagnostic *diagnostic);
const char *cases_name(const struct loaded_file *file, size_t index); /* NULL: a file without cases */

/* scenario_control.c */
bool controls_resolve(struct loading *loading);

/* requirement.c */
bool requirements_load(struct catalogue_store *store, const char *scenarios_dir,
                       struct diagnostic *diagnostic);
bool requirements_check(const char *scenarios_dir, struct document *document, struct diagnostic *diagnostic);

/* suite.c */
struct suite_store *suite_read(struct document *document, const char *schema_path, const char *name,
                               const struct catalogue *catalogue, struct diagnostic *diagnostic);

/* selection.c: whether a selector chooses any variant of a catalogue; else the nearest id, or NULL. */
bool selector_matches_any(const struct catalogue *catalogue, const char *selector, const char **nearest);

/* scenario_files.c: paths of files below a folder ("a/b.json"), sorted; heap, NULL at the end. Not below
 * "schema", nor in the folder itself. */
char **files_below(const char *dir);
void files_free(char **files);
char *path_join(const char *dir, const char *name); /* heap; aborts without memory */

#endif
