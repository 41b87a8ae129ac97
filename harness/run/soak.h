/* A soak: random traffic both ways between the device and an actor's domains, with dialogs and closes, while
 * what has to hold is checked on every message that the actor sees and after every turn.
 *
 * What is sent depends on the seed alone (and on the variant and the round), never on what came back. soak.c
 * plays the turns; soak_judge.c knows the rules. A broken rule ends the world with the line of the journal
 * that shows it. */
#ifndef RUN_SOAK_H
#define RUN_SOAK_H

#include "run/fiber.h"
#include "run/world.h"

enum {
    SOAK_DEVICE_DOMAINS = 2, /* that the device acts for, at most */
    SOAK_BURST_MAX = 6,      /* requests of a turn, each way */
    SOAK_AT_ONCE = 3 * SOAK_BURST_MAX
};

struct soak_request { /* one that the device forwards */
    struct origin *origin;
    size_t domain;       /* of the actor's, asked for */
    unsigned as;         /* of the device's, acted for */
    uint64_t arrived_on; /* connection of its first arrival; 0: none yet */
    bool is_invite, is_acknowledged;
    size_t bye; /* number of the BYE that ended its dialog; 0: none yet */
};
struct soak_exchange { /* one of the actor's own, of this turn */
    char *branch;
    uint64_t connection;
};
struct soak {
    struct world *world;
    struct actor *actor;
    char *domains[REFERENCE_DOMAINS_MAX];
    size_t domain_count, device_domains;
    uint64_t dice;
    unsigned turn, closes, excused;
    bool is_after_close; /* the first request after a close may be lost (RFC 3261 §18.4) */
    /* of all turns; a request is known by its number, which is in its user part */
    struct soak_request *requests;
    size_t request_count, request_room, settled, hung_up; /* settled, hung_up: those before are done with */
    size_t own_sent, own_answered, own_refused;
    struct soak_exchange exchanges[SOAK_AT_ONCE];
    size_t exchange_count;
    /* since the last close: of each pair of domains the most requests of one turn, which is how many
     * connections the device may have opened for it at once */
    unsigned most[REFERENCE_DOMAINS_MAX][SOAK_DEVICE_DOMAINS];
    unsigned now[REFERENCE_DOMAINS_MAX][SOAK_DEVICE_DOMAINS];
    size_t accepted_before; /* connections of the device at that time */
    struct barrier *barrier;
};

/* A number for what is random in a world, from the seed of the run, the variant and its round, which no two
 * worlds of an instance have in common. Never 0. */
uint64_t soak_seed(const struct world *world, const char *what);
void soak_free(struct soak *soak); /* NULL is fine */

/* soak_judge.c */
void soak_see(struct soak *soak, const struct reference_sight *sight);
/* All requests of the turn have their final answers, and calls their ACKs. */
bool soak_is_answered(const struct soak *soak);
/* The turn is over, and what is not answered will not be. What it came to may end the world. */
void soak_judge_turn(struct soak *soak);

#endif
