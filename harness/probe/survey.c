/* The contacts of a probe, one after the other, and what they showed. */
#include "probe/probe.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/certs.h"
#include "loop/loop.h"
#include "reference/reference.h"

enum step {
    STEP_TCP,      /* OPTIONS */
    STEP_TLS,      /* OPTIONS, alias, pieces, two, ping */
    STEP_VERSIONS, /* four handshakes */
    STEP_NO_SNI,
    STEP_ODD_SNI,
    STEP_IDLE, /* OPTIONS, idle, OPTIONS, close */
    STEP_DONE
};
#define ODD_NAME "nobody.sipreuse.invalid"

struct probe_survey {
    struct probe_options options;
    struct loop_timer *timer;
    struct contact *contact;
    enum step step;
    size_t version;
    struct contact_facts facts;
    struct probe_findings findings;
    bool is_judged; /* the facts belong to step, and it is under way */
};

static const enum net_tls_version versions[PROBE_VERSIONS] = {NET_TLS_1_0, NET_TLS_1_1, NET_TLS_1_2,
                                                              NET_TLS_1_3};

static enum probe_answer yes(bool is_so)
{
    return is_so ? PROBE_YES : PROBE_NO;
}

static bool has_tls(const struct probe_survey *survey)
{
    return survey->findings.tls_speaks == PROBE_YES;
}

/* ---- what was seen ---- */
static void join_identities(struct probe_findings *findings, const struct identities *identities)
{
    size_t used = 0;
    findings->identity_count = identities->count;
    for (size_t i = 0; i < identities->count && used < sizeof findings->identities; i++) {
        const struct identity *one = &identities->items[i];
        for (size_t k = 0; k < one->size_bytes + (i > 0 ? 2 : 0) && used + 1 < sizeof findings->identities;
             k++) {
            size_t at = i > 0 ? k - 2 : k;
            unsigned char byte = i > 0 && k < 2 ? (unsigned char)", "[k] : (unsigned char)one->name[at];
            findings->identities[used++] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
        }
    }
}

/* Facts by certs/; which identities these are, and whether the domain is one of them, by reference/ alone. */
static void read_certificate(struct probe_survey *survey)
{
    struct probe_findings *findings = &survey->findings;
    struct certs_facts facts;
    struct identities identities = {0};
    if (!survey->facts.certificate_bytes ||
        !certs_read(survey->facts.certificate, survey->facts.certificate_bytes, &facts))
        return;
    findings->has_certificate = true;
    snprintf(findings->subject, sizeof findings->subject, "%s", facts.subject ? facts.subject : "");
    snprintf(findings->issuer, sizeof findings->issuer, "%s", facts.issuer ? facts.issuer : "");
    snprintf(findings->names, sizeof findings->names, "%s", facts.names ? facts.names : "");
    snprintf(findings->fingerprint, sizeof findings->fingerprint, "%s", facts.fingerprint);
    findings->not_before_s = facts.not_before_s;
    findings->not_after_s = facts.not_after_s;
    certs_facts_fini(&facts);
    if (identities_read(survey->facts.certificate, survey->facts.certificate_bytes, &identities)) {
        join_identities(findings, &identities);
        if (survey->options.has_domain)
            findings->matches_domain = yes(identities_match(&identities, survey->options.domain));
        identities_fini(&identities);
    }
}

static bool is_same_certificate(const struct probe_survey *survey)
{
    struct certs_facts facts;
    if (!certs_read(survey->facts.certificate, survey->facts.certificate_bytes, &facts))
        return false;
    bool is_same = strcmp(facts.fingerprint, survey->findings.fingerprint) == 0;
    certs_facts_fini(&facts);
    return is_same;
}

static void keep_trouble(struct probe_survey *survey)
{
    const struct contact_facts *facts = &survey->facts;
    if (facts->has_end && facts->end.text[0])
        snprintf(survey->findings.trouble, sizeof survey->findings.trouble, "%s: %s",
                 survey->step == STEP_TCP ? "TCP" : "TLS", facts->end.text);
    if (facts->foreign[0])
        snprintf(survey->findings.foreign, sizeof survey->findings.foreign, "%s", facts->foreign);
}

/* Only what the connection lived for is known. */
static enum probe_answer act_answer(const struct contact_facts *facts, size_t index)
{
    return facts->acts[index].is_begun ? yes(facts->acts[index].is_answered) : PROBE_UNKNOWN;
}

static void judge_talk(struct probe_survey *survey)
{
    const struct contact_facts *facts = &survey->facts;
    struct probe_findings *findings = &survey->findings;
    const struct contact_act_result *plain = &facts->acts[0], *alias = &facts->acts[1];
    snprintf(findings->software, sizeof findings->software, "%s", facts->software);
    if (!plain->is_answered)
        return;
    if (alias->is_begun)
        findings->tolerates_alias = yes(alias->is_answered && alias->status / 100 == plain->status / 100);
    findings->pieces = act_answer(facts, 2);
    findings->two_in_one = act_answer(facts, 3);
    findings->ping = act_answer(facts, 4);
}

static void judge_idle(struct probe_survey *survey)
{
    const struct contact_facts *facts = &survey->facts;
    struct probe_findings *findings = &survey->findings;
    if (!facts->acts[0].is_answered)
        return;
    findings->stays_idle = act_answer(facts, 1);
    findings->answers_after_idle = act_answer(facts, 2);
    if (!facts->acts[3].is_begun)
        return;
    /* On TLS a close_notify is answered with one (RFC 8446 §6.1 lets it be left out: the grade says B, no
     * more). */
    findings->closes_politely =
        yes((has_tls(survey) ? facts->has_close_notify : facts->has_fin) && !facts->has_rst);
    snprintf(findings->closing, sizeof findings->closing, "%s%s%s",
             facts->has_close_notify ? "close_notify, " : "",
             facts->has_rst   ? "RST"
             : facts->has_fin ? "FIN"
                              : "",
             facts->has_end ? "" : "nothing within the time");
}

static void judge(struct probe_survey *survey)
{
    const struct contact_facts *facts = &survey->facts;
    struct probe_findings *findings = &survey->findings;
    switch (survey->step) {
    case STEP_TCP:
        findings->tcp_answers = yes(facts->acts[0].is_answered);
        findings->tcp_status = facts->acts[0].status;
        if (findings->tcp_answers == PROBE_NO)
            keep_trouble(survey);
        if (!survey->options.sips_port)
            judge_talk(survey);
        break;
    case STEP_TLS:
        /* Who answers a ClientHello with an alert speaks it too; who says nothing does not. */
        findings->tls_speaks =
            yes(facts->is_ready || facts->certificate_count > 0 || facts->end.sign == NET_SIGN_ALERT);
        findings->tls_answers = yes(facts->acts[0].is_answered);
        findings->tls_status = facts->acts[0].status;
        findings->requests_certificate =
            has_tls(survey) ? yes(facts->was_certificate_requested) : PROBE_UNKNOWN;
        snprintf(findings->cipher_suite, sizeof findings->cipher_suite, "%s", facts->cipher_suite);
        if (findings->tls_answers == PROBE_NO)
            keep_trouble(survey);
        read_certificate(survey);
        judge_talk(survey);
        break;
    case STEP_VERSIONS: /* a refusal of our missing certificate comes after the version was agreed upon */
        findings->versions[survey->version] = yes(
            facts->is_ready || (facts->certificate_count > 0 && facts->version == versions[survey->version]));
        break;
    case STEP_NO_SNI:
        findings->same_without_sni =
            facts->certificate_bytes ? yes(is_same_certificate(survey)) : PROBE_UNKNOWN;
        break;
    case STEP_ODD_SNI:
        findings->takes_unknown_sni = yes(facts->certificate_count > 0);
        break;
    case STEP_IDLE:
        judge_idle(survey);
        break;
    case STEP_DONE:
        break;
    }
}

/* ---- contacts ---- */
static void on_contact(struct contact *contact, const struct contact_facts *facts, void *arg)
{
    struct probe_survey *survey = arg;
    (void)contact;
    survey->facts = *facts;
    loop_timer_start(survey->timer, 0);
}

static void call(struct probe_survey *survey, bool is_tls, const enum contact_act *acts, size_t act_count,
                 const char *server_name)
{
    enum net_tls_version version = survey->step == STEP_VERSIONS ? versions[survey->version] : NET_TLS_NONE;
    struct contact_options options = {.net = survey->options.net,
                                      .transport = is_tls ? NET_TLS : NET_TCP,
                                      .from = survey->options.from,
                                      .to = survey->options.to,
                                      .tls = {.min_version = version,
                                              .max_version = version,
                                              .server_name = server_name,
                                              .has_no_resumption = true},
                                      .domain = survey->options.domain,
                                      .acts = acts,
                                      .act_count = act_count,
                                      .idle_ms = survey->options.idle_ms,
                                      .on_done = on_contact,
                                      .arg = survey};
    options.to.port = is_tls ? survey->options.sips_port : survey->options.sip_port;
    survey->findings.connections++;
    survey->is_judged = true;
    survey->facts = (struct contact_facts){0};
    survey->contact = contact_new(&options);
    if (!survey->contact)
        loop_timer_start(survey->timer, 0); /* no socket: nothing is known */
}

static bool begin(struct probe_survey *survey)
{
    static const enum contact_act talk[] = {CONTACT_OPTIONS, CONTACT_OPTIONS_ALIAS, CONTACT_PIECES,
                                            CONTACT_TWO, CONTACT_PING};
    static const enum contact_act idle[] = {CONTACT_OPTIONS, CONTACT_IDLE, CONTACT_OPTIONS, CONTACT_CLOSE};
    const struct probe_options *options = &survey->options;
    const char *name = options->has_domain ? options->domain : NULL;
    switch (survey->step) {
    case STEP_TCP:
        if (options->sip_port)
            call(survey, false, talk, options->sips_port ? 1 : 5, NULL);
        return options->sip_port != 0;
    case STEP_TLS:
        if (options->sips_port)
            call(survey, true, talk, 5, name);
        return options->sips_port != 0;
    case STEP_VERSIONS:
        if (has_tls(survey))
            call(survey, true, NULL, 0, name);
        return has_tls(survey);
    case STEP_NO_SNI:
    case STEP_ODD_SNI:
        if (has_tls(survey))
            call(survey, true, NULL, 0, survey->step == STEP_ODD_SNI ? ODD_NAME : NULL);
        return has_tls(survey);
    case STEP_IDLE:
        if (survey->findings.tls_answers == PROBE_YES)
            call(survey, true, idle, 4, name);
        else if (survey->findings.tcp_answers == PROBE_YES)
            call(survey, false, idle, 4, NULL);
        return survey->findings.tls_answers == PROBE_YES || survey->findings.tcp_answers == PROBE_YES;
    case STEP_DONE:
        break;
    }
    return false;
}

static void on_timer(struct loop_timer *timer, void *arg)
{
    struct probe_survey *survey = arg;
    (void)timer;
    contact_free(survey->contact);
    survey->contact = NULL;
    if (survey->is_judged) {
        judge(survey);
        survey->is_judged = false;
        if (survey->step == STEP_VERSIONS && ++survey->version < PROBE_VERSIONS && begin(survey))
            return;
        survey->step++;
    }
    while (survey->step < STEP_DONE && !begin(survey))
        survey->step++;
    if (survey->step == STEP_DONE)
        survey->options.on_done(survey, &survey->findings, survey->options.arg); /* may free it */
}

struct probe_survey *probe_survey_new(const struct probe_options *options)
{
    struct probe_survey *survey = calloc(1, sizeof *survey);
    if (!survey)
        return NULL;
    survey->options = *options;
    survey->findings.address = options->to;
    survey->findings.sip_port = options->sip_port;
    survey->findings.sips_port = options->sips_port;
    survey->findings.idle_ms = options->idle_ms;
    survey->findings.now_s = (int64_t)time(NULL);
    snprintf(survey->findings.domain, sizeof survey->findings.domain, "%s", options->domain);
    survey->timer = loop_timer_new(net_loop(options->net), on_timer, survey);
    if (!survey->timer) {
        free(survey);
        return NULL;
    }
    loop_timer_start(survey->timer, 0);
    return survey;
}

void probe_survey_free(struct probe_survey *survey)
{
    if (!survey)
        return;
    contact_free(survey->contact);
    loop_timer_free(survey->timer);
    free(survey);
}
