/* The UA of a world: one connection to the device, opened when it is first needed and again when the device
 * has closed it. It asks for no alias. It shows no certificate, unless the user brought one because the
 * device takes no client without. */
#include "run/run_private.h"

#include <string.h>

bool ua_is_ready(const struct world *world)
{
    return world->ua && world->ua->connection && world->ua->is_ready && !world->ua->has_sign;
}

struct wire *ua_open(struct world *world)
{
    const struct run *run = world->run;
    enum net_transport transport = run->options->profile->stimulus_transport;
    struct net_address device = world->device_address;
    struct net_tls_options tls = {
        .server_name = run->domains[0], .credential = run->client, .has_no_resumption = true};

    if (world->ua && world->ua->connection && !world->ua->has_sign)
        return world->ua;
    device.port = sandbox_device_port(run->options->sandbox, net_transport_is_secure(transport));
    world->ua = peer_connect(world, "ua", world->ua_host, transport, &device, &tls, WIRE_UA);
    return world->ua;
}
