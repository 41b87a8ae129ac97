#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "document/document.h"

static const char schema_text[] =
    "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"type\": \"object\", "
    "\"additionalProperties\": false,"
    " \"required\": [\"id\"], \"properties\": {"
    "  \"id\": {\"title\": \"a small name\", \"type\": \"string\", \"pattern\": \"^[a-z]+$\", \"maxLength\": "
    "8},"
    "  \"level\": {\"enum\": [\"MUST\", \"SHOULD\", 3, null]},"
    "  \"count\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 10},"
    "  \"is\": {\"const\": true},"
    "  \"names\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/name\"}, \"minItems\": 1, "
    "\"maxItems\": 2},"
    "  \"headers\": {\"type\": \"object\", \"propertyNames\": {\"pattern\": \"^[A-Z]\"}, "
    "\"additionalProperties\": {\"type\": [\"string\", \"null\"]}},"
    "  \"x\": {\"type\": \"object\", \"patternProperties\": {\"^n\": {\"type\": \"number\"}}, "
    "\"additionalProperties\": false, \"maxProperties\": 2},"
    "  \"step\": {\"type\": \"object\", \"oneOf\": ["
    "     {\"required\": [\"send\"], \"properties\": {\"send\": {\"type\": \"string\"}}},"
    "     {\"required\": [\"wait\", \"why\"], \"properties\": {\"wait\": {\"type\": \"integer\"}}}]},"
    "  \"either\": {\"oneOf\": [{\"type\": \"string\"}, {\"type\": \"array\", \"items\": {\"type\": "
    "\"string\"}}]},"
    "  \"any\": {\"anyOf\": [{\"type\": \"integer\", \"maximum\": 5}, {\"type\": \"integer\", \"minimum\": "
    "3}]},"
    "  \"deep\": {\"anyOf\": [{\"type\": \"array\", \"items\": {\"type\": \"array\", \"items\": {\"type\": "
    "\"null\"}}},"
    "              {\"type\": \"array\", \"items\": {\"type\": \"string\"}}]},"
    "  \"never\": false, \"whatever\": true"
    " }, \"$defs\": {\"name\": {\"type\": \"string\", \"minLength\": 2}}}";

struct check_case {
    const char *text, *expected; /* NULL: it fits */
};

static const struct check_case values_against_a_schema_cases[] = {
    {"{\"id\": \"a\"}", NULL},
    {"{\"id\": \"a\", \"level\": \"MUST\", \"count\": 3, \"is\": true, \"names\": [\"ab\"], \"headers\": "
     "{\"A\": null}, \"x\": {\"n1\": 1.5},"
     " \"step\": {\"send\": \"x\"}, \"either\": [\"a\"], \"any\": 9, \"deep\": [[null]], \"whatever\": "
     "{}}",
     NULL},
    {"{\"id\": \"a\", \"level\": null, \"count\": 2.0, \"any\": 4, \"either\": \"s\", \"step\": "
     "{\"wait\": 1, \"why\": 2}, \"deep\": [\"s\"]}",
     NULL},
    {"[]", "t.json:1:1: /: found an empty array; expected an object"},
    {"{}", "t.json:1:1: /: found no member 'id'; expected the member 'id'"},
    {"{\"di\": \"a\"}",
     "t.json:1:2: /di: found the member 'di'; expected one of 'id', 'level', 'count', 'is', "
     "'names', 'headers', 'x', 'step', "
     "'either', 'any', 'deep', 'never', 'whatever'; nearest 'id'"},
    {"{\"id\": 5}", "t.json:1:8: /id: found 5; expected a small name"},
    {"{\"id\": \"A\"}", "t.json:1:8: /id: found 'A'; expected a small name"},
    {"{\"id\": \"abcdefghi\"}", "t.json:1:8: /id: found 9 characters; expected at most 8"},
    {"{\"id\": \"a\",\n \"level\": \"MUTS\"}",
     "t.json:2:11: /level: found 'MUTS'; expected one of 'MUST', 'SHOULD', 3, null; nearest 'MUST'"},
    {"{\"id\": \"a\", \"count\": 0}", "t.json:1:22: /count: found 0; expected at least 1"},
    {"{\"id\": \"a\", \"count\": 11}", "t.json:1:22: /count: found 11; expected at most 10"},
    {"{\"id\": \"a\", \"count\": 1.5}", "t.json:1:22: /count: found 1.5; expected a whole number"},
    {"{\"id\": \"a\", \"is\": false}", "t.json:1:19: /is: found false; expected true"},
    {"{\"id\": \"a\", \"names\": []}", "t.json:1:22: /names: found 0 elements; expected at least 1"},
    {"{\"id\": \"a\", \"names\": [\"ab\", \"é\"]}",
     "t.json:1:29: /names/1: found 1 character; expected at least 2"},
    {"{\"id\": \"a\", \"names\": [\"ab\", \"cd\", \"ef\"]}",
     "t.json:1:22: /names: found 3 elements; expected at most 2"},
    {"{\"id\": \"a\", \"headers\": {\"a\": null}}",
     "t.json:1:25: /headers/a: found the name 'a'; expected a name that matches ^[A-Z]"},
    {"{\"id\": \"a\", \"headers\": {\"A\": 1}}",
     "t.json:1:30: /headers/A: found 1; expected a string or null"},
    {"{\"id\": \"a\", \"x\": {\"m\": 1}}", "t.json:1:19: /x/m: found the member 'm'; expected no members"},
    {"{\"id\": \"a\", \"x\": {\"n\": \"1\"}}", "t.json:1:24: /x/n: found '1'; expected a number"},
    {"{\"id\": \"a\", \"x\": {\"n\": 1, \"na\": 1, \"nb\": 1}}",
     "t.json:1:18: /x: found 3 members; expected at most 2"},
    {"{\"id\": \"a\", \"step\": {\"send\": 1}}", "t.json:1:30: /step/send: found 1; expected a string"},
    {"{\"id\": \"a\", \"step\": {\"wait\": 1}}",
     "t.json:1:21: /step: found no member 'why'; expected the member 'why'"},
    {"{\"id\": \"a\", \"step\": {\"other\": 1}}",
     "t.json:1:21: /step: found none of them; expected one of 'send', 'wait'"},
    {"{\"id\": \"a\", \"step\": {\"send\": \"x\", \"wait\": 1, \"why\": 1}}",
     "t.json:1:35: /step/wait: found 'send' beside 'wait'; expected one of 'send', 'wait'"},
    {"{\"id\": \"a\", \"either\": 1}", "t.json:1:23: /either: found 1; expected a string or an array"},
    {"{\"id\": \"a\", \"either\": [\"x\", 1]}", "t.json:1:29: /either/1: found 1; expected a string"},
    {"{\"id\": \"a\", \"deep\": [[1]]}", "t.json:1:23: /deep/0/0: found 1; expected null"},
    {"{\"id\": \"a\", \"never\": 1}", "t.json:1:22: /never: found 1; expected nothing"},
};

/* Tests run in processes of their own: they are handed an index, not pointers. */
ParameterizedTestParameters(check, values_against_a_schema)
{
    static size_t indices[sizeof values_against_a_schema_cases / sizeof values_against_a_schema_cases[0]];
    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++)
        indices[i] = i;
    return cr_make_param_array(size_t, indices, sizeof indices / sizeof indices[0]);
}

ParameterizedTest(size_t *index, check, values_against_a_schema)
{
    const struct check_case *one = &values_against_a_schema_cases[*index];
    struct diagnostic diagnostic = {0};
    struct document *schema = document_parse("s.json", schema_text, strlen(schema_text), &diagnostic);
    cr_assert(schema, "%s", diagnostic.text);
    struct document *document = document_parse("t.json", one->text, strlen(one->text), &diagnostic);
    cr_assert(document, "%s", diagnostic.text);
    bool fits = document_check(schema, document_root(document), &diagnostic);
    cr_expect_eq(fits, one->expected == NULL, "%s", diagnostic.text);
    cr_expect_str_eq(diagnostic.text, one->expected ? one->expected : "");
    cr_expect_eq(document_check(schema, document_root(document), NULL), one->expected == NULL,
                 "again, without a diagnostic");
    document_free(document);
    document_free(schema);
}

static const struct check_case schemas_that_are_wrong_cases[] = {
    {"{\"minLenght\": 3}", "s.json:1:2: /minLenght: found the keyword 'minLenght'; expected a keyword of "
                           "our subset of JSON Schema "
                           "2020-12; nearest 'minLength'"},
    {"{\"properties\": {\"a\": {\"not\": {}}}}",
     "s.json:1:23: /properties/a/not: found the keyword 'not'; expected a keyword of our subset of JSON "
     "Schema 2020-12"},
    {"{\"$ref\": \"#/$defs/absent\"}", "s.json:1:10: /$ref: found '#/$defs/absent'; expected a reference "
                                       "within the file that leads somewhere"},
    {"{\"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"$ref\": \"#/$defs/a\"}}}",
     "s.json:1:10: /$ref: found '#/$defs/a'; expected a reference within the file that leads somewhere"},
    {"{\"pattern\": \"(\"}",
     "s.json:1:13: /pattern: found '('; expected a POSIX extended regular expression"},
    {"{\"oneOf\": []}", "s.json:1:11: /oneOf: found an empty array; expected an array of schemas"},
    {"{\"items\": 3}", "s.json:1:11: /items: found 3; expected a schema"},
    {"{\"$defs\": {\"a\": {\"anyOf\": [{\"$ref\": \"#/$defs/a\"}]}}, \"$ref\": \"#/$defs/a\"}",
     "s.json:1:17: /$defs/a: found an object; expected a schema that comes to an end"},
};

/* Tests run in processes of their own: they are handed an index, not pointers. */
ParameterizedTestParameters(check, schemas_that_are_wrong)
{
    static size_t indices[sizeof schemas_that_are_wrong_cases / sizeof schemas_that_are_wrong_cases[0]];
    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++)
        indices[i] = i;
    return cr_make_param_array(size_t, indices, sizeof indices / sizeof indices[0]);
}

ParameterizedTest(size_t *index, check, schemas_that_are_wrong)
{
    const struct check_case *one = &schemas_that_are_wrong_cases[*index];
    struct diagnostic diagnostic = {0};
    struct document *schema = document_parse("s.json", one->text, strlen(one->text), &diagnostic);
    struct document *document = document_parse("t.json", "{}", 2, &diagnostic);
    cr_assert(schema && document, "%s", diagnostic.text);
    cr_expect_not(document_check(schema, document_root(document), &diagnostic));
    cr_expect_str_eq(diagnostic.text, one->expected);
    document_free(document);
    document_free(schema);
}

Test(check, one_definition_of_a_schema)
{
    struct diagnostic diagnostic = {0};
    struct document *schema = document_parse("s.json", schema_text, strlen(schema_text), &diagnostic);
    struct document *document = document_parse("t.json", "\"a\"", 3, &diagnostic);
    cr_assert(schema && document, "%s", diagnostic.text);
    cr_expect_not(document_check_definition(schema, "name", document_root(document), &diagnostic));
    cr_expect_str_eq(diagnostic.text, "t.json:1:1: /: found 1 character; expected at least 2");
    struct diagnostic absent = {0};
    cr_expect_not(document_check_definition(schema, "nmae", document_root(document), &absent));
    cr_expect_str_eq(absent.text, "s.json:1:1: /: found no such definition; expected nmae");
    document_free(document);
    document_free(schema);
}
