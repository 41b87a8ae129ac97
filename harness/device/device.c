/* A device under test from its start to its end.
 *
 * on_state is the last thing that a callback here does: the owner may free the device in it. */
#include "device/device_private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    READY_DEFAULT_MS = 20000,
    STOP_DEFAULT_MS = 5000,
    STATE_TEXT_MAX = 768,
    LAST_LINE_MAX = 256,
    LOG_MAX_BYTES = 64 << 20
};

struct device {
    struct device_options options;
    enum device_state state;
    struct loop_process *process;   /* NULL once it has ended */
    struct loop_timer *ready_timer; /* the time to get ready */
    struct loop_timer *stop_timer;  /* the time to stop by itself; or the next iteration, to say STOPPED */
    struct device_probe *probe;     /* until it is ready, and whenever it is asked later */
    struct device_probe_options asks;
    char *domain; /* that the probe asks for */
    void (*on_answer)(void *arg);
    void *answer_arg;
    struct device_lines lines;
    char last_line[LAST_LINE_MAX]; /* of its output: what a crash most likely was about */
    bool is_stopping, is_log_full;
    uint64_t ready_ms;
};

static const struct document_value *profile_member(const struct device *device, const char *object,
                                                   const char *name)
{
    return document_member(document_member(document_root(device->options.profile->document), object), name);
}

static uint64_t seconds_or(const struct document_value *value, uint64_t fallback_ms)
{
    return value ? (uint64_t)(document_real(value) * 1000) : fallback_ms;
}

static void enter_state(struct device *device, enum device_state state, const char *text)
{
    device->state = state;
    if (device->options.on_state)
        device->options.on_state(device, state, text, device->options.arg);
}

/* ---- output ---- */
static void write_log(struct device *device, const char *line)
{
    int fd = device->options.log_fd;
    char newline = '\n';
    if (device->is_log_full)
        return;
    if (lseek(fd, 0, SEEK_END) > LOG_MAX_BYTES) {
        device->is_log_full = true;
        line = "(what the device wrote beyond 64 MiB is left out)";
    }
    size_t size_bytes = strlen(line);
    /* A full disk must not stop the run: the journal has the line too. */
    if (write(fd, line, size_bytes) < 0 || write(fd, &newline, 1) < 0)
        errno = 0;
}

static void on_line(const char *line, void *arg)
{
    struct device *device = arg;
    if (device->options.log_fd >= 0)
        write_log(device, line);
    if (line[0])
        snprintf(device->last_line, sizeof device->last_line, "%s", line);
    if (device->options.on_output)
        device->options.on_output(device, line, device->options.arg);
}

static void on_output(struct loop_process *process, const char *bytes, size_t size_bytes, void *arg)
{
    struct device *device = arg;
    (void)process;
    device_lines_push(&device->lines, bytes, size_bytes, on_line, device);
}

/* ---- its end ---- */
static void describe_end(const struct device *device, int exit_status, int term_signal, char *out,
                         size_t size_bytes)
{
    const char *name = device->options.profile->name;
    const char *when = device->state == DEVICE_STARTING ? " before it was ready" : "";
    const char *quote = device->last_line[0] ? "; its last words: " : "";
    if (term_signal)
        snprintf(out, size_bytes, "%s was ended by signal %d (%s)%s%s%s", name, term_signal,
                 strsignal(term_signal), when, quote, device->last_line);
    else
        snprintf(out, size_bytes, "%s ended by itself with exit status %d%s%s%s", name, exit_status, when,
                 quote, device->last_line);
}

/* What it may have left in its group is killed, and nobody has to remember it any longer. */
static void drop_process(struct device *device)
{
    sandbox_release(device->options.sandbox, loop_process_pid(device->process));
    loop_process_free(device->process);
    device->process = NULL;
}

static void on_exit_of_process(struct loop_process *process, int exit_status, int term_signal, void *arg)
{
    struct device *device = arg;
    char text[STATE_TEXT_MAX];
    device_lines_finish(&device->lines, on_line, device);
    (void)process;
    drop_process(device);
    device_probe_free(device->probe);
    device->probe = NULL;
    loop_timer_stop(device->ready_timer);
    loop_timer_stop(device->stop_timer);
    if (device->is_stopping) {
        snprintf(text, sizeof text,
                 term_signal == SIGKILL ? "%s did not stop when asked and was killed" : "%s stopped",
                 device->options.profile->name);
        enter_state(device, DEVICE_STOPPED, text);
    } else {
        describe_end(device, exit_status, term_signal, text, sizeof text);
        enter_state(device, DEVICE_CRASHED, text);
    }
}

static void on_stop_timer(struct loop_timer *timer, void *arg)
{
    struct device *device = arg;
    (void)timer;
    if (device->process)
        loop_process_kill(device->process, SIGKILL); /* on_exit_of_process follows */
    else
        enter_state(device, DEVICE_STOPPED, "it had ended before");
}

static int stop_signal(const struct device *device)
{
    int signum = device_signal_parse(document_string(profile_member(device, "stop", "signal")));
    return signum ? signum : SIGTERM;
}

bool device_tell_to_close(struct device *device)
{
    int signum = device->options.profile->close_signal;
    if (!signum || !device->process || device->is_stopping)
        return false;
    loop_process_kill(device->process, signum);
    return true;
}

void device_stop(struct device *device)
{
    if (device->is_stopping)
        return;
    device->is_stopping = true;
    device_probe_free(device->probe);
    device->probe = NULL;
    loop_timer_stop(device->ready_timer);
    if (device->process)
        loop_process_kill(device->process, stop_signal(device));
    loop_timer_start(
        device->stop_timer,
        device->process ? seconds_or(profile_member(device, "stop", "timeout_s"), STOP_DEFAULT_MS) : 0);
}

/* ---- its beginning ---- */
static void on_ready(void *arg)
{
    struct device *device = arg;
    char text[STATE_TEXT_MAX];
    device_probe_free(device->probe);
    device->probe = NULL;
    loop_timer_stop(device->ready_timer);
    snprintf(text, sizeof text, "%s is ready", device->options.profile->name);
    enter_state(device, DEVICE_READY, text);
}

static void on_ready_timer(struct loop_timer *timer, void *arg)
{
    struct device *device = arg;
    char text[STATE_TEXT_MAX], asked[200] = "";
    (void)timer;
    if (!device->options.profile->has_start) {
        on_ready(device);
        return;
    }
    if (device->probe)
        device_probe_describe(device->probe, asked, sizeof asked);
    device_probe_free(device->probe);
    device->probe = NULL;
    snprintf(text, sizeof text, "%s runs, but did not answer within %llu ms%s%s%s%s%s",
             device->options.profile->name, (unsigned long long)device->ready_ms, *asked ? " (" : "", asked,
             *asked ? ")" : "", device->last_line[0] ? "; its last words: " : "", device->last_line);
    enter_state(device, DEVICE_NEVER_READY, text);
}

static bool spawn(struct device *device, const struct device_values *values, char *error,
                  size_t error_size_bytes)
{
    const struct sandbox *sandbox = device->options.sandbox;
    struct device_launch launch;
    int error_number;
    if (!device_launch_init(&launch, device->options.profile, sandbox_device_prefix(sandbox), values, error,
                            error_size_bytes))
        return false;
    const struct loop_process_options options = {
        .argv = (const char *const *)launch.argv,
        .env = launch.environment,
        .cwd = device_value(values, "scratch", strlen("scratch")),
        .on_output = on_output,
        .on_exit = on_exit_of_process,
        .arg = device,
    };
    device->process = loop_process_spawn(device->options.loop, &options, &error_number);
    if (device->process)
        sandbox_adopt(sandbox, loop_process_pid(device->process));
    else
        snprintf(error, error_size_bytes, "cannot start %s: %s", launch.argv[0], strerror(error_number));
    device_launch_fini(&launch);
    return device->process != NULL;
}

static bool start_probe(struct device *device, const struct device_values *values)
{
    const struct device_profile *profile = device->options.profile;
    const struct sandbox *sandbox = device->options.sandbox;
    const char *domain = device_value(values, "domain_one", strlen("domain_one"));
    struct device_probe_options *asks = &device->asks;
    struct net_address address = {0};
    device->domain = domain ? strdup(domain) : NULL;
    *asks = (struct device_probe_options){.net = device->options.net,
                                          .from = device->options.probe_from,
                                          .domain = device->domain,
                                          .on_ready = on_ready,
                                          .arg = device};
    sandbox_device_address(sandbox, asks->from.family, &address);
    if (profile->has_transport[NET_TCP]) {
        asks->tcp = address;
        asks->tcp.port = sandbox_device_port(sandbox, false);
    }
    /* Over TLS only where somebody accepts: a client may have a TCP port to be asked at, and no TLS server.
     */
    if (profile->has_transport[NET_TLS] && !(profile->accepts_nothing && profile->has_transport[NET_TCP])) {
        asks->tls = address;
        asks->tls.port = sandbox_device_port(sandbox, true);
    }
    device->probe = device->domain ? device_probe_new(asks) : NULL;
    return device->probe != NULL;
}

static void on_answered_again(void *arg)
{
    struct device *device = arg;
    device_probe_free(device->probe);
    device->probe = NULL;
    device->on_answer(device->answer_arg);
}

bool device_ask(struct device *device, void (*on_answer)(void *arg), void *arg)
{
    if (device->state != DEVICE_READY || device->is_stopping)
        return true; /* there is nobody to answer */
    device_probe_free(device->probe);
    device->asks.on_ready = on_answered_again;
    device->asks.takes_anything = true;
    device->on_answer = on_answer;
    device->answer_arg = arg;
    device->probe = device_probe_new(&device->asks);
    return device->probe != NULL;
}

static bool prepare(struct device *device, char *error, size_t error_size_bytes)
{
    const struct device_options *options = &device->options;
    const struct device_values values = {
        .settings = options->settings,
        .setting_count = options->setting_count,
        .self = sandbox_program(options->sandbox),
        .config = options->config_dir,
        .scratch = sandbox_scratch(options->sandbox),
        .folder = options->profile->folder,
    };
    device->ready_timer = loop_timer_new(options->loop, on_ready_timer, device);
    device->stop_timer = loop_timer_new(options->loop, on_stop_timer, device);
    device->ready_ms = options->ready_timeout_ms
                           ? options->ready_timeout_ms
                           : seconds_or(profile_member(device, "start", "ready_timeout_s"), READY_DEFAULT_MS);
    snprintf(error, error_size_bytes, "out of memory");
    if (!device->ready_timer || !device->stop_timer ||
        !device_files_render(options->profile, &values, error, error_size_bytes))
        return false;
    if (!options->profile->has_start)
        return true; /* ready at once: there is nothing that could answer a probe */
    return spawn(device, &values, error, error_size_bytes) && start_probe(device, &values);
}

struct device *device_start(const struct device_options *options, char *error, size_t error_size_bytes)
{
    struct device *device = calloc(1, sizeof *device);
    if (!device) {
        snprintf(error, error_size_bytes, "out of memory");
        return NULL;
    }
    device->options = *options;
    if (!prepare(device, error, error_size_bytes)) {
        device_free(device);
        return NULL;
    }
    loop_timer_start(device->ready_timer, options->profile->has_start ? device->ready_ms : 0);
    return device;
}

enum device_state device_state(const struct device *device)
{
    return device->state;
}

void device_free(struct device *device)
{
    if (!device)
        return;
    if (device->process)
        drop_process(device);
    device_probe_free(device->probe);
    loop_timer_free(device->ready_timer);
    loop_timer_free(device->stop_timer);
    device_lines_fini(&device->lines);
    free(device->domain);
    free(device);
}
