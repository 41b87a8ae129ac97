/* Any bytes as a message: parsing never fails but with an error, and what was parsed comes back the same from
 * its wire form. */
#include <stdlib.h>
#include <string.h>

#include "sip/sip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void ask_everything(const struct sip_message *message)
{
    static const char *const NAMES[] = {"Via", "Route", "Contact", "To", "Subject"};
    const char *detail = NULL;
    enum sip_error error = sip_message_check(message, &detail);
    require((error == SIP_OK) == (detail == NULL) || error == SIP_ERROR_MEMORY);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        size_t count = sip_message_value_count(message, NAMES[i]);
        require((count > 0) == (sip_message_header(message, NAMES[i]) != NULL));
        char *last = count > 0 ? sip_message_value(message, NAMES[i], count - 1) : NULL;
        require((count > 0) == (last != NULL));
        free(last);
        require(!sip_message_value(message, NAMES[i], count));
        free(sip_message_tag(message, NAMES[i]));
    }
    struct sip_via via;
    if (sip_message_top_via(message, &via) == SIP_OK)
        sip_via_fini(&via);
}

static void compare(const struct sip_message *a, const struct sip_message *b)
{
    require(a->is_request == b->is_request && a->status == b->status && a->header_count == b->header_count);
    require(a->body_size_bytes == b->body_size_bytes);
    require(a->body_size_bytes == 0 || memcmp(a->body, b->body, a->body_size_bytes) == 0);
    for (size_t i = 0; i < a->header_count; i++) {
        require(strcmp(a->headers[i].name, b->headers[i].name) == 0);
        require(strcmp(a->headers[i].value, b->headers[i].value) == 0);
    }
}

static void round_trip(const struct sip_message *message)
{
    size_t size = 0;
    uint8_t *bytes = sip_message_serialize(message, &size);
    require(bytes != NULL);
    struct sip_message *again = NULL;
    /* ": " and CRLF may have made it longer than what is parsed. */
    if (size <= SIP_MESSAGE_MAX_BYTES) {
        require(sip_message_parse(bytes, size, &again) == SIP_OK);
        compare(message, again);
    }
    sip_message_free(again);
    free(bytes);
}

static void edit(const struct sip_message *message)
{
    struct sip_message *copy = sip_message_copy(message);
    struct sip_message *response = sip_response_to(message, 200, NULL, "tag");
    if (copy) {
        size_t count = sip_message_value_count(copy, "Via");
        if (count > 0) {
            require(sip_message_replace_value(copy, "Via", count - 1, "x"));
            require(sip_message_value_count(copy, "Via") == count);
            sip_message_remove_value(copy, "Via", count / 2);
            require(sip_message_value_count(copy, "Via") == count - 1);
        }
        sip_message_remove(copy, "Via");
        require(sip_message_value_count(copy, "Via") == 0);
    }
    sip_message_free(copy);
    sip_message_free(response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sip_message *message = NULL;
    if (sip_message_parse(data, size, &message) != SIP_OK)
        return 0;
    require(message->raw_size_bytes == size && memcmp(message->raw, data, size) == 0);
    ask_everything(message);
    round_trip(message);
    edit(message);
    sip_message_free(message);
    return 0;
}
