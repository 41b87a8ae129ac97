#include "scan.h"

const char *sip_error_text(enum sip_error error)
{
    switch (error) {
#define X(code, text)                                                                                        \
    case code:                                                                                               \
        return text;
        SIP_ERROR_MAP(X)
#undef X
    }
    return "unknown error";
}

/* RFC 3261 §20 and the IANA registry of compact forms. */
static const char *long_name_of(const char *name)
{
    static const char *const LONG_NAMES['z' - 'a' + 1] = {
        ['a' - 'a'] = "Accept-Contact",
        ['b' - 'a'] = "Referred-By",
        ['c' - 'a'] = "Content-Type",
        ['d' - 'a'] = "Request-Disposition",
        ['e' - 'a'] = "Content-Encoding",
        ['f' - 'a'] = "From",
        ['i' - 'a'] = "Call-ID",
        ['j' - 'a'] = "Reject-Contact",
        ['k' - 'a'] = "Supported",
        ['l' - 'a'] = "Content-Length",
        ['m' - 'a'] = "Contact",
        ['o' - 'a'] = "Event",
        ['r' - 'a'] = "Refer-To",
        ['s' - 'a'] = "Subject",
        ['t' - 'a'] = "To",
        ['u' - 'a'] = "Allow-Events",
        ['v' - 'a'] = "Via",
        ['x' - 'a'] = "Session-Expires",
        ['y' - 'a'] = "Identity",
    };
    char letter = sip_lower(name[0]);
    if (letter < 'a' || letter > 'z' || name[1] != '\0' || !LONG_NAMES[letter - 'a'])
        return name;
    return LONG_NAMES[letter - 'a'];
}

bool sip_header_is(const struct sip_header *header, const char *name)
{
    return sip_equals_nocase(long_name_of(header->name), long_name_of(name));
}

bool sip_header_is_list(const char *name)
{
    static const char *const LISTS[] = {"Via", "Route", "Record-Route", "Contact"};
    const char *long_name = long_name_of(name);
    for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++)
        if (sip_equals_nocase(long_name, LISTS[i]))
            return true;
    return false;
}

static const struct {
    unsigned status;
    const char *phrase;
} PHRASES[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {428, "Use Identity Header"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
};

const char *sip_reason_phrase(unsigned status)
{
    for (size_t i = 0; i < sizeof PHRASES / sizeof *PHRASES; i++)
        if (PHRASES[i].status == status)
            return PHRASES[i].phrase;
    static const char *const CLASSES[] = {"Progress",     "Success",      "Redirection",
                                          "Client Error", "Server Error", "Global Failure"};
    return status >= 100 && status < 700 ? CLASSES[status / 100 - 1] : "Unknown";
}
