/* JSON out of a profile, with the placeholders of its strings replaced: what stands in a string stays one. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stimulus/stimulus_private.h"

static void put_text(FILE *out, const char *text)
{
    document_write_string(out, text, strlen(text));
}

static bool put_value(struct stimulus *stimulus, FILE *out, const struct document_value *value);

static bool put_members(struct stimulus *stimulus, FILE *out, const struct document_value *value)
{
    bool is_object = document_kind(value) == DOCUMENT_OBJECT;

    fputc(is_object ? '{' : '[', out);
    for (size_t i = 0; i < document_count(value); i++) {
        if (i)
            fputc(',', out);
        if (is_object) {
            put_text(out, document_key(value, i));
            fputc(':', out);
        }
        if (!put_value(stimulus, out, document_at(value, i)))
            return false;
    }
    fputc(is_object ? '}' : ']', out);
    return true;
}

static bool put_value(struct stimulus *stimulus, FILE *out, const struct document_value *value)
{
    char *text;

    switch (document_kind(value)) {
    case DOCUMENT_NULL:
        fputs("null", out);
        return true;
    case DOCUMENT_BOOLEAN:
        fputs(document_boolean(value) ? "true" : "false", out);
        return true;
    case DOCUMENT_INTEGER:
        fprintf(out, "%" PRId64, document_integer(value));
        return true;
    case DOCUMENT_REAL:
        fprintf(out, "%.17g", document_real(value));
        return true;
    case DOCUMENT_STRING:
        text = stimulus_render(stimulus, document_string(value));
        if (text)
            put_text(out, text);
        free(text);
        return text != NULL;
    case DOCUMENT_ARRAY:
    case DOCUMENT_OBJECT:
        return put_members(stimulus, out, value);
    }
    return false;
}

char *body_compose(struct stimulus *stimulus, const struct document_value *value)
{
    char *bytes = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&bytes, &size_bytes);
    bool is_good = out && put_value(stimulus, out, value);

    if (out)
        fclose(out);
    if (is_good)
        return bytes;
    free(bytes);
    return NULL;
}

char *body_compose_rpc(struct stimulus *stimulus, const struct document_value *rpc)
{
    const struct document_value *params = document_member(rpc, "params");
    char *bytes = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&bytes, &size_bytes);
    bool is_good = out != NULL;

    if (out) {
        fputs("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":", out);
        is_good = put_value(stimulus, out, document_member(rpc, "method"));
        if (is_good && params) {
            fputs(",\"params\":", out);
            is_good = put_value(stimulus, out, params);
        }
        fputc('}', out);
        fclose(out);
    }
    if (is_good)
        return bytes;
    free(bytes);
    return NULL;
}
