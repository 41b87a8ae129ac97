/* The libraries that a run stood on, for the report. The only place of this folder that knows their headers.
 */
#include "run/run_private.h"

#include <ares.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <ldns/ldns.h>
#include <uv.h>

void versions_write(struct journal *journal)
{
    journal_open_object(journal, "libraries");
    journal_string(journal, "libuv", uv_version_string());
    journal_string(journal, "gnutls", gnutls_check_version(NULL));
    journal_string(journal, "jansson", JANSSON_VERSION);
    journal_string(journal, "ldns", ldns_version());
    journal_string(journal, "c-ares", ares_version(NULL));
    journal_close(journal);
}
