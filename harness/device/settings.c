/* The settings that a run offers. docs/adding-a-device.md says what each is. */
#include "device/device_private.h"

#include <string.h>

const char *const device_setting_names[] = {
    "dut_ip4",
    "dut_ip6",
    "dut_ip4_second",
    "dut_ip6_second",
    "sip_port",
    "sips_port",
    "dns_ip",
    "dns_port",
    "domain_one",
    "domain_two",
    "account_user",
    "account_password",
    "trust_pem",
    "crl_pem",
    "cert_one",
    "key_one",
    "cert_two",
    "key_two",
    "scratch",
    "config",
    "faults",
    "run",
    "self",
    "folder",
    "enum_zone",
    "registrar_uri",
    "registrar_domain",
    "registrar_ip",
    "registrar_port",
    /* of a stimulus alone */
    "uri",
    "uri_user",
    "uri_host",
    "uri_port",
    "uri_transport",
    "ip",
    "dut_ip",
    "method",
    "from",
    "token",
    "number",
    "sctp",
};
const size_t device_setting_name_count = sizeof device_setting_names / sizeof device_setting_names[0];

static bool is_name(const char *candidate, const char *name, size_t length)
{
    return strlen(candidate) == length && memcmp(candidate, name, length) == 0;
}

bool device_setting_is_known(const char *name, size_t length)
{
    for (size_t i = 0; i < device_setting_name_count; i++) {
        if (is_name(device_setting_names[i], name, length))
            return true;
    }
    return false;
}

const char *device_value(const struct device_values *values, const char *name, size_t length)
{
    for (size_t i = 0; i < values->setting_count; i++) {
        if (is_name(values->settings[i].name, name, length) && values->settings[i].value)
            return values->settings[i].value;
    }
    const char *own = is_name("self", name, length)      ? values->self
                      : is_name("config", name, length)  ? values->config
                      : is_name("scratch", name, length) ? values->scratch
                      : is_name("folder", name, length)  ? values->folder
                                                         : NULL;
    return own ? own : "";
}
