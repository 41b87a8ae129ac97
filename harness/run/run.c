#include "run/make.h"
#include "run/next_hop.h"
#include "run/registrar.h"
#include "run/run_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_MS = 200, LAG_UNIT_MS = 50, SCALE_MAX = 20 };

double run_scale(const struct run *run)
{
    double measured = 1.0 + (double)loop_lag_ms(run->loop) / LAG_UNIT_MS;
    double wanted = run->options->timeout_scale > 0 ? run->options->timeout_scale : 1.0;

    if (measured > SCALE_MAX)
        measured = SCALE_MAX;
    return measured > wanted ? measured : wanted;
}

uint64_t run_scaled_ms(const struct run *run, uint64_t ms)
{
    return (uint64_t)((double)ms * run_scale(run));
}

void run_wake(struct run *run)
{
    loop_timer_start(run->tick, 0);
}

void run_fail(struct run *run, enum run_outcome outcome, const char *format, ...)
{
    va_list arguments;

    if (run->outcome != RUN_DONE)
        return;
    run->outcome = outcome;
    va_start(arguments, format);
    run->failure = text_format_list(format, arguments);
    va_end(arguments);
    run_wake(run);
}

/* ---- callbacks */

static void on_tick(struct loop_timer *timer, void *arg)
{
    (void)timer;
    schedule_tick(arg);
}

static void on_progress_time(struct loop_timer *timer, void *arg)
{
    schedule_report_progress(arg);
    loop_timer_start(timer, PROGRESS_MS);
}

static void on_signal(struct loop_signal *signal, int signum, void *arg)
{
    struct run *run = arg;

    (void)signal;
    (void)signum;
    run->is_interrupted = true;
    run_wake(run);
}

static void on_query(const struct dns_query *query, void *arg)
{
    struct world *world = query->zone ? dns_zone_user(query->zone) : NULL;

    remote_query(arg, query);
    if (!world || world->is_over)
        return;
    inbox_count(world, 0);
    journal_world_query(world, query);
}

/* The addresses, as a comment: whose session it is, so that a scenario's evidence takes its own keys only. */
static void on_keylog(const struct net_connection *connection, const char *line, void *arg)
{
    const struct run *run = arg;
    char local[NET_ADDRESS_TEXT_MAX], remote[NET_ADDRESS_TEXT_MAX];

    net_address_format(net_connection_local(connection), local);
    net_address_format(net_connection_remote(connection), remote);
    char *text = text_format("# %s %s\n%s\n", local, remote, line);
    size_t length = strlen(text);

    /* Losing the keys costs the reader of a capture some comfort, and no verdict. */
    if (run->keylog_fd >= 0 && write(run->keylog_fd, text, length) != (ssize_t)length)
        errno = 0;
    free(text);
}

/* ---- setting up */

/* The IP versions that the device has addresses of: a variant with hosts of the other version wants both,
 * even where no variant that runs is of that other one. */
static void find_families(struct run *run)
{
    for (size_t i = 0; i < run->options->plan->count; i++) {
        const struct run_plan_entry *entry = &run->options->plan->entries[i];
        bool is_mixed = entry->variant->other_hosts > 0;

        run->has_ip4 |= entry->runs && (is_mixed || entry->variant->ip == 4);
        run->has_ip6 |= entry->runs && (is_mixed || entry->variant->ip == 6);
    }
}

static int open_output(const struct run *run, const char *name, mode_t mode)
{
    char *path = text_format("%s/%s", run->out_dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode);

    free(path);
    return fd;
}

static bool set_up_loop(struct run *run)
{
    struct net_options options = {.sctp = run->options->sctp, .on_keylog = on_keylog, .arg = run};

    run->loop = loop_new();
    if (!run->loop)
        return false;
    run->net = net_new(run->loop, &options);
    run->tick = loop_timer_new(run->loop, on_tick, run);
    run->progress_timer = loop_timer_new(run->loop, on_progress_time, run);
    run->on_int = loop_signal_new(run->loop, SIGINT, on_signal, run);
    run->on_term = loop_signal_new(run->loop, SIGTERM, on_signal, run);
    return run->net && run->tick && run->progress_timer && run->on_int && run->on_term;
}

static bool set_up_dns(struct run *run)
{
    struct net_address addresses[2];
    size_t count = 0;

    /* A resolver across a network asks over the IP version that it likes, whatever the scenarios use. */
    if ((run->has_ip4 || run->options->remote) &&
        sandbox_dns_address(run->options->sandbox, 4, &addresses[count]))
        count++;
    if ((run->has_ip6 || run->options->remote) &&
        sandbox_dns_address(run->options->sandbox, 6, &addresses[count]))
        count++;
    if (!count) /* --dns none: the zones are there, and only this process could ask for them */
        addresses[count++] = (struct net_address){.family = 4, .ip = {127, 0, 0, 1}};
    run->dns = dns_server_new(run->net, addresses, count, on_query, run);
    if (!run->dns && run->options->remote)
        run_fail(
            run, RUN_FAILED,
            "the DNS server cannot listen on port %u: %s; stop what listens there, or give --dns another "
            "port, to which a resolver then forwards",
            (unsigned)addresses[0].port, strerror(errno));
    else if (!run->dns)
        run_fail(run, RUN_FAILED, "the DNS server cannot listen: %s", strerror(errno));
    return run->dns != NULL;
}

static bool set_up_authority(struct run *run)
{
    const char *text = "";

    if (run->options->remote)
        return remote_prepare(run);

    run->authority = certs_authority_new((int64_t)time(NULL), &text);
    if (!run->authority)
        run_fail(run, RUN_FAILED, "the certification authority of the run cannot be made: %s", text);
    return run->authority != NULL;
}

static bool set_up(struct run *run)
{
    char error[RUN_SENTENCE_MAX] = "";

    run->out_dir = realpath(run->options->out_dir, NULL); /* the device may run in another folder */
    if (!run->out_dir) {
        run_fail(run, RUN_FAILED, "%s: %s", run->options->out_dir, strerror(errno));
        return false;
    }
    if (!set_up_dns(run) || !set_up_authority(run))
        return false;
    if (!dut_prepare(run, error, sizeof error)) {
        run_fail(run, RUN_FAILED, "%s", error);
        return false;
    }
    if (!registrar_open(run, error, sizeof error)) {
        run_fail(run, RUN_FAILED, "%s", error);
        return false;
    }
    dut_make_settings(run);
    run->config_dir = text_format("%s/device", run->out_dir);
    if (!make_open(run, error, sizeof error)) {
        run_fail(run, RUN_FAILED, "%s", error);
        return false;
    }
    run->log_fd = open_output(run, "device.log", 0644);
    run->keylog_fd = open_output(run, "keys/tls.keylog", 0600);
    if (run->log_fd >= 0)
        return true;
    run_fail(run, RUN_FAILED, "device.log cannot be written: %s", strerror(errno));
    return false;
}

/* ---- taking down, in the order of who knows whom */

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void take_down(struct run *run)
{
    schedule_fini(run);
    stimulator_free(run->stimulator);
    registrar_fini(run);
    instance_drop(run);
    remote_fini(run);
    told_hop_fini(run);
    dns_server_free(run->dns);
    loop_timer_free(run->tick);
    loop_timer_free(run->progress_timer);
    hang_fini(run);
    loop_signal_free(run->on_int);
    loop_signal_free(run->on_term);
    net_free(run->net);
    loop_free(run->loop);
    dut_fini(run);
    certs_authority_free(run->authority);
    facts_fini(run);
    close_fd(run->log_fd);
    close_fd(run->keylog_fd);
    free(run->out_dir);
    free(run->config_dir);
    free(run->device_text);
    free(run->failure);
}

static const char *outcome_name(const struct run *run)
{
    switch (run->outcome) {
    case RUN_DONE:
        return run->is_stopping_early ? "fail-fast" : "done";
    case RUN_INTERRUPTED:
        return "interrupted";
    case RUN_DEVICE_FAILED:
        return "device-failed";
    case RUN_FAILED:
        return "failed";
    }
    return "";
}

static bool is_complete(const struct run *run)
{
    return run->outcome == RUN_DONE && run->resolved == run->job_count;
}

static void go(struct run *run)
{
    journal_run_head(run);
    journal_run_plan(run);
    if (run->options->has_capture && run->out_dir)
        capture_run_begin(run);
    if (run->job_count && run->outcome == RUN_DONE) {
        run_wake(run);
        loop_timer_start(run->progress_timer, PROGRESS_MS);
        loop_run(run->loop);
    }
    if (run->is_interrupted && run->outcome == RUN_DONE)
        run_fail(run, RUN_INTERRUPTED, "interrupted by a signal");
    else
        settle_jobs(run, true);
    capture_run_end(run);
    if (journal_error(run->journal))
        run_fail(run, RUN_FAILED, "the journal cannot be written: %s", strerror(journal_error(run->journal)));
    journal_run_end(run, is_complete(run), outcome_name(run));
}

enum run_outcome run_execute(const struct run_options *options, char *error, size_t error_size_bytes)
{
    struct run *run = run_allocate(1, sizeof *run);
    enum run_outcome outcome;

    run->options = options;
    run->journal = options->journal;
    run->start_ns = loop_now_ns();
    run->log_fd = run->keylog_fd = -1;
    text_run_label(options->seed, run->label);
    find_families(run);
    if (!set_up_loop(run)) {
        run->outcome = RUN_FAILED;
        run->failure = text_format("the event loop cannot be made");
    } else if (schedule_make(run)) {
        set_up(run); /* its failure is the run's outcome */
    }
    go(run);
    outcome = run->outcome;
    if (outcome != RUN_DONE)
        snprintf(error, error_size_bytes, "%s", run->failure ? run->failure : "");
    take_down(run);
    free(run);
    return outcome;
}
