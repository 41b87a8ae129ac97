/* The limits of a run: how much of what comes is kept, how long is waited for what. */
#ifndef RUN_LIMITS_H
#define RUN_LIMITS_H

enum {
    RUN_EVENTS_MAX = 20000,         /* of a world; more is a flood */
    RUN_EVENT_BYTES_MAX = 32 << 20, /* that came to a world, kept and journaled */
    RUN_ALL_BYTES_MAX = 48 << 20,   /* that came to all worlds that live: the one with the most has to go */
    RUN_OUTPUT_BYTES_MAX =
        16 << 20,            /* of the device's output in the journal, and four times that in device.log */
    RUN_SESSIONS_MAX = 1000, /* TLS handshakes that the device completes with a world; some 40 KiB each */
    RUN_HOSTS_MAX = 256,     /* of a variant, ua and barrier included */
    RUN_NESTING_MAX = 8,     /* of repeat within repeat */
    RUN_FIBERS_MAX = 64,     /* of a world */
    RUN_WITHIN_MS = 4000,    /* default patience of an expect */
    RUN_BARRIER_MS = 4000,   /* patience for the barrier's answer */
    RUN_CONNECT_MS = 10000,  /* patience for a connection of ours */
    RUN_WARM_MS = 5000,      /* between two requests that keep a connection warm */
    RUN_CLOSE_SIGN_MS = 300, /* how long the device's own sign is waited for before a round trip has to prove
                                that it saw ours */
    RUN_CRASH_MS = 500,      /* a scenario that saw a connection end waits so long for the news of a crash */
    RUN_HANG_MS = 20000,    /* patience for a device that is asked whether it answers anybody at all: hundreds
                               of scenarios at once may keep it busy so long */
    RUN_HANG_FEW_MS = 5000, /* likewise, where few run at once */
    RUN_SETTLE_MS = 20,     /* after a barrier's answer: what the kernel has already got is read first */
    RUN_RAW_KEPT_BYTES = 4096, /* of bytes that are no SIP, in the journal */
    RUN_SENTENCE_MAX = 512
};

#endif
