/* One life of the device: started for a batch of jobs, stopped after it, and watched all the while. Callbacks
 * of device/ only leave a note; schedule.c acts on it in its next tick. */
#include "run/registrar.h"
#include "run/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell(const struct run *run, const char *line)
{
    if (run->options->on_message)
        run->options->on_message(line, run->options->arg);
}

static void note(struct run *run, const char *text)
{
    free(run->device_text);
    run->device_text = text_copy(text ? text : "");
}

static const char *state_name(enum device_state state)
{
    switch (state) {
    case DEVICE_STARTING:
        return "starting";
    case DEVICE_READY:
        return "ready";
    case DEVICE_STOPPED:
        return "stopped";
    case DEVICE_CRASHED:
        return "crashed";
    case DEVICE_NEVER_READY:
        return "never-ready";
    }
    return "";
}

static void on_state(struct device *device, enum device_state state, const char *text, void *arg)
{
    struct run *run = arg;

    (void)device;
    if (state == DEVICE_READY && run->registrar) { /* it has to register first */
        registrar_await(run);
        return;
    }
    journal_run_text(run, "device", state_name(state), text);
    switch (state) {
    case DEVICE_STARTING:
        break;
    case DEVICE_READY:
        run->is_ready = true;
        break;
    case DEVICE_STOPPED:
        run->has_stopped = true;
        break;
    case DEVICE_CRASHED:
        run->has_crashed = true;
        note(run, text);
        break;
    case DEVICE_NEVER_READY:
        run->is_never_ready = true;
        note(run, text);
        break;
    }
    run_wake(run);
}

void instance_take_output(struct run *run, const char *line)
{
    run->output_bytes += strlen(line) + 1;
    if (run->output_bytes <= RUN_OUTPUT_BYTES_MAX)
        journal_run_text(run, "device-output", NULL, line);
    else
        run->output_dropped++;
}

static void on_output(struct device *device, const char *line, void *arg)
{
    (void)device;
    instance_take_output(arg, line);
}

bool instance_start(struct run *run)
{
    registrar_forget(run);
    if (run->options->remote)
        return remote_start(run);

    char error[RUN_SENTENCE_MAX] = "";
    struct device_options options = {.loop = run->loop,
                                     .net = run->net,
                                     .sandbox = run->options->sandbox,
                                     .profile = run->options->profile,
                                     .config_dir = run->config_dir,
                                     .settings = run->settings,
                                     .setting_count = run->setting_count,
                                     .log_fd = run->log_fd,
                                     .on_state = on_state,
                                     .on_output = on_output,
                                     .arg = run};

    run->is_ready = run->has_stopped = run->has_crashed = run->is_never_ready = false;
    run->instances++;
    sandbox_harness_address(run->options->sandbox, run->has_ip4 ? 4 : 6, 0, &options.probe_from);
    journal_run_text(run, "device", state_name(DEVICE_STARTING), NULL);
    run->device = device_start(&options, error, sizeof error);
    if (!run->device)
        run_fail(run, RUN_DEVICE_FAILED, "%s", error);
    return run->device != NULL;
}

void instance_stop(struct run *run)
{
    if (run->device)
        device_stop(run->device);
    if (run->options->remote) /* it stays as it is */
        run->has_stopped = true;
}

void instance_drop(struct run *run)
{
    hang_forget(run);
    device_free(run->device);
    run->device = NULL;
}

static void report_end(struct run *run, const char *event, const char *what)
{
    char *line =
        text_format("The device %s: %s; %zu scenario%s in flight will run again, few at once", what,
                    run->device_text ? run->device_text : "", run->running, run->running == 1 ? "" : "s");

    journal_run_text(run, event, NULL, run->device_text);
    tell(run, line);
    free(line);
}

void instance_report_crash(struct run *run)
{
    report_end(run, "crash", "crashed");
}

void instance_report_hang(struct run *run)
{
    char *text = text_format("%s runs, but has stopped answering, even on new connections",
                             run->options->profile->name);

    note(run, text);
    report_end(run, "hang", "hangs and is restarted");
    free(text);
}
