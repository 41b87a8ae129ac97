/* Child processes. A child's exit and the end of its output are two events; on_exit follows the later of the
 * two, so that the last words of a crashing device are never lost. A grandchild that holds the pipe open does
 * not delay on_exit for ever: see drain. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "loop_private.h"

enum { DRAIN_MS = 200 };

struct loop_process {
    uv_process_t uv;
    uv_pipe_t output;
    uv_timer_t drain; /* runs from the exit until the output's end */
    struct loop_process_options options;
    char buffer[16384];
    int exit_status, term_signal;
    pid_t pid;
    unsigned open_handles; /* libuv handles not closed yet; the memory goes with the last */
    bool has_exited, has_output_ended, is_reported, is_freed;
};

static void handle_closed(uv_handle_t *handle)
{
    struct loop_process *process = handle->data;
    if (--process->open_handles == 0 && process->is_freed)
        free(process);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, handle_closed);
}

static void report_exit(struct loop_process *process)
{
    if (process->is_reported || !process->has_exited || !process->has_output_ended)
        return;
    process->is_reported = true;
    close_handle((uv_handle_t *)&process->drain);
    if (!process->is_freed && process->options.on_exit)
        process->options.on_exit(process, process->exit_status, process->term_signal, process->options.arg);
}

static void end_output(struct loop_process *process)
{
    process->has_output_ended = true;
    close_handle((uv_handle_t *)&process->output);
    report_exit(process);
}

static void drain_expired(uv_timer_t *timer)
{
    end_output(timer->data);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct loop_process *process = handle->data;
    *out = uv_buf_init(process->buffer, sizeof process->buffer);
}

static void read_output(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct loop_process *process = stream->data;
    if (size > 0 && !process->is_freed && process->options.on_output)
        process->options.on_output(process, buffer->base, (size_t)size, process->options.arg);
    else if (size < 0)
        end_output(process);
}

static void child_exited(uv_process_t *handle, int64_t exit_status, int term_signal)
{
    struct loop_process *process = handle->data;
    process->has_exited = true;
    process->exit_status = (int)exit_status;
    process->term_signal = term_signal;
    close_handle((uv_handle_t *)handle);
    if (!process->has_output_ended && !process->is_freed)
        uv_timer_start(&process->drain, drain_expired, DRAIN_MS, 0);
    report_exit(process);
}

/* One pipe for both outputs: libuv's own would be one each. *end: what the child writes to. */
static bool open_output(struct loop_process *process, uv_os_fd_t *end)
{
    uv_os_fd_t ends[2];
    if (uv_pipe(ends, UV_NONBLOCK_PIPE, 0) != 0)
        return false;
    *end = ends[1];
    return uv_pipe_open(&process->output, ends[0]) == 0;
}

/* 0, or an error of libuv. */
static int start_child(struct loop *loop, struct loop_process *process, uv_os_fd_t output)
{
    const struct loop_process_options *options = &process->options;
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}};
    for (int i = 1; i < 3; i++) {
        stdio[i].flags = UV_INHERIT_FD;
        stdio[i].data.fd = output;
    }
    uv_process_options_t spawn = {
        .file = options->argv[0],
        .args = (char **)(uintptr_t)options->argv,
        .env = (char **)(uintptr_t)options->env,
        .cwd = options->cwd,
        .stdio = stdio,
        .stdio_count = 3,
        .flags = UV_PROCESS_DETACHED, /* a session and process group of its own, so that a kill reaches all of
                                         a device */
        .exit_cb = child_exited,
    };
    return uv_spawn(&loop->uv, &process->uv, &spawn);
}

struct loop_process *loop_process_spawn(struct loop *loop, const struct loop_process_options *options,
                                        int *error)
{
    struct loop_process *process = calloc(1, sizeof *process);
    if (!process) {
        *error = ENOMEM;
        return NULL;
    }
    process->options = *options;
    process->open_handles = 3;
    process->uv.data = process->output.data = process->drain.data = process;
    uv_pipe_init(&loop->uv, &process->output, 0);
    uv_timer_init(&loop->uv, &process->drain);

    uv_os_fd_t output;
    if (!open_output(process, &output)) {
        *error = EMFILE;
        process->has_exited = process->has_output_ended = process->is_freed = true;
        process->open_handles = 2;
        uv_close((uv_handle_t *)&process->output, handle_closed);
        uv_close((uv_handle_t *)&process->drain, handle_closed);
        return NULL;
    }
    int result = start_child(loop, process, output);
    uv_fs_t request;
    uv_fs_close(NULL, &request, output, NULL);
    uv_fs_req_cleanup(&request);
    if (result != 0) {
        *error = -result;
        process->is_freed = true;
        close_handle((uv_handle_t *)&process->uv);
        close_handle((uv_handle_t *)&process->output);
        close_handle((uv_handle_t *)&process->drain);
        return NULL;
    }
    process->pid = process->uv.pid;
    uv_read_start((uv_stream_t *)&process->output, give_buffer, read_output);
    return process;
}

pid_t loop_process_pid(const struct loop_process *process)
{
    return process->pid;
}

int loop_process_kill(struct loop_process *process, int signum)
{
    return kill(-process->pid, signum) == 0 ? 0 : -1;
}

void loop_process_free(struct loop_process *process)
{
    if (!process || process->is_freed)
        return;
    process->is_freed = true;
    kill(-process->pid, SIGKILL); /* also what a dead leader left in its group */
    if (!process->has_exited)
        waitpid(process->pid, NULL,
                0); /* libuv forgets a closed handle's child, and nobody else would reap it */
    close_handle((uv_handle_t *)&process->uv);
    close_handle((uv_handle_t *)&process->output);
    close_handle((uv_handle_t *)&process->drain);
    if (process->open_handles == 0)
        free(process);
}
