/* A request of ours once more, with what a challenge asked for (RFC 3261 §22.2, §22.3). */
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

/* The response that challenged the latest request of that name; NULL: none did. */
static const struct event *find_challenge(const struct world *world, const char *of)
{
    for (size_t i = world->event_count; i--;) {
        const struct event *event = world->events[i];
        const struct group *group = event->origin ? event->origin->group : NULL;

        if (event->kind == OBSERVED_RESPONSE && !event->is_echo && group && group->name &&
            !strcmp(group->name, of) && (event->message->status == 401 || event->message->status == 407))
            return event;
    }
    return NULL;
}

bool challenge_continue(struct world *world, struct origin *origin, const char *of)
{
    const struct event *event = find_challenge(world, of);

    if (!event) {
        world_end(world, VERDICT_INCONCLUSIVE, 0,
                  "\"%s\" was not challenged (401, 407): there is nothing to answer.", of);
        return false;
    }
    origin_set_call_id(origin, text_copy(event->origin->call_id));
    origin->cseq = event->origin->cseq + 1;
    origin->next_cseq = origin->cseq;
    return true;
}

/* The first challenge that can be answered is the one that the device prefers (RFC 8760 §2.4). */
static char *answer_any(const struct sip_message *response, const char *field,
                        const struct sip_digest *account)
{
    char *answer = NULL, *value;

    for (size_t i = 0; !answer && (value = sip_message_value(response, field, i)); i++) {
        struct sip_auth auth;

        if (sip_auth_parse(value, &auth) == SIP_OK) {
            answer = sip_digest_answer(&auth, account);
            sip_auth_fini(&auth);
        }
        free(value);
    }
    return answer;
}

void challenge_answer(struct world *world, struct origin *origin, const char *of)
{
    const struct event *event = find_challenge(world, of);
    const struct device_profile *profile = world->run->options->profile;
    bool is_proxy = event && event->message->status == 407;
    const char *field = is_proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
    const struct sip_digest account = {.user = profile->account_user,
                                       .password = profile->account_password,
                                       .method = origin->method,
                                       .uri = origin->request->request_uri,
                                       .cnonce = origin->token};
    char *answer = event && profile->account_user && profile->account_password
                       ? answer_any(event->message, field, &account)
                       : NULL;

    if (answer)
        sip_message_append(origin->request, is_proxy ? "Proxy-Authorization" : "Authorization", answer);
    else
        world_end(
            world, VERDICT_INCONCLUSIVE, event ? event->seq : 0,
            "The challenge of \"%s\" cannot be answered: Digest with MD5 or SHA-256, and with qop=auth or "
            "none, is what this tool knows.",
            of);
    free(answer);
}
