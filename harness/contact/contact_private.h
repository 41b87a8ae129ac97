/* What the files of this folder share. */
#ifndef CONTACT_CONTACT_PRIVATE_H
#define CONTACT_CONTACT_PRIVATE_H

#include <stdio.h>

#include "contact/contact.h"
#include "sip/sip.h"

struct contact {
    struct net *net;
    enum net_transport transport;
    struct net_connection *connection;
    struct sip_framer *framer;
    struct loop_timer *timer;
    struct net_address from;
    uint16_t sent_by_port;
    char *uri;
    char token[20]; /* of Call-ID, branch and tag: nobody else's */
    unsigned requests;
    enum contact_act acts[CONTACT_ACTS_MAX];
    size_t act_count, act; /* act: the one under way, or the next */
    bool is_acting, is_lingering, is_finishing, is_closed;
    uint64_t began_ms, act_began_ms, answer_ms, ping_ms, idle_ms;
    struct contact_facts facts;
    void (*on_done)(struct contact *contact, const struct contact_facts *facts, void *arg);
    void *arg;
};

/* ---- request.c ---- */
bool contact_make_token(struct contact *contact); /* false: no random numbers */
/* One request, or two for CONTACT_TWO. false: they cannot be sent. */
bool contact_send_requests(struct contact *contact, enum contact_act act);
/* What came while an act is under way. */
void contact_take_message(struct contact *contact, struct contact_act_result *act,
                          const struct sip_frame *frame);

/* It is no SIP, and the first that is none: an HTTP server's page, another protocol's greeting. */
void contact_keep_foreign(struct contact *contact, const uint8_t *bytes, size_t size_bytes);

#endif
