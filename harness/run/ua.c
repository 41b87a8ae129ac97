/* The UA of a world: one connection to the device, opened when it is first needed and again when the device
 * has closed it, and over SCTP a second one as a witness of what the device has read. It asks for no alias.
 * It shows no certificate, unless the user brought one because the device takes no client without. */
#include "run/registrar.h"
#include "run/run_private.h"

#include <string.h>

static struct wire *by_registration(struct world *world)
{
    if (!registrar_ua(world, 0) && !world->is_over)
        world_end(world, VERDICT_INCONCLUSIVE, 0, "The device is not registered, so it cannot be asked: %s.",
                  registrar_text(world->run));
    return world->is_over ? NULL : world->ua;
}

bool ua_is_ready(const struct world *world)
{
    return world->ua && world->ua->connection && world->ua->is_ready && !world->ua->has_sign;
}

static struct wire *open_over(struct world *world, const char *name, enum net_transport transport)
{
    const struct run *run = world->run;
    struct net_address device = world->device_address;
    struct net_tls_options tls = {
        .server_name = run->domains[0], .credential = run->client, .has_no_resumption = true};

    device.port = sandbox_device_port(run->options->sandbox, net_transport_is_secure(transport));
    return peer_connect(world, name, world->ua_host, NULL, transport, &device, &tls, WIRE_UA);
}

struct wire *ua_open(struct world *world)
{
    bool is_up = world->ua && world->ua->connection && !world->ua->has_sign;

    if (!is_up && world->run->registrar)
        return by_registration(world);
    if (!is_up)
        world->ua = open_over(world, "ua", world->run->options->profile->stimulus_transport);
    return world->ua;
}

struct wire *ua_open_witness(struct world *world, enum net_transport transport)
{
    if (!world->witness || !world->witness->connection || world->witness->has_sign ||
        world->witness->transport != transport)
        world->witness = open_over(world, "ua-witness", transport);
    return world->witness;
}
