/* What the files of run/ share: a run, its jobs, and the worlds in which the jobs live.
 *
 * struct run   one execution: loop, network, DNS server, authority, device, jobs. (schedule.h)
 * struct job   one variant to be executed once (once more after a crash of the device); keeps what came out.
 * struct world everything a job has while it runs: zone, addresses, credentials, listeners, wires
 * (connections), the inbox of events, origins (requests that we sent), actors (world.h) and fibers, the
 * threads of steps (fiber.h). It goes when the job ends. Network callbacks only put events into the inbox;
 * fibers look at it in the world's wake timer, never inside a callback of net/.
 *
 * match.h and verdict.h are what decides, without socket or clock. */
#ifndef RUN_RUN_PRIVATE_H
#define RUN_RUN_PRIVATE_H

#include "run/fiber.h"
#include "run/limits.h"
#include "run/match.h"
#include "run/schedule.h"
#include "run/text.h"
#include "run/verdict.h"
#include "run/world.h"

#endif
