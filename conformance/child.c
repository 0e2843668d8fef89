#include "conformance/child.h"

#include "base/clock.h"
#include "base/memory.h"
#include "conformance/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const double most_end_seconds = 20; /* that a process may take to end; dumping core takes time */

/* ---- starting ---- */

/* In the new process. Only calls that are allowed between fork and exec. */
static _Noreturn void become_worker(const char *program, int socket, int output, pid_t parent) {
    static const char *const arguments[] = {"mnsp-conformance", WORKER_ARGUMENT, NULL};
    setpgid(0, 0); /* the terminal's interrupt is for the runner, which then ends its workers */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before the call */
        _exit(EXIT_FAILURE);
    const int nothing = open("/dev/null", O_RDONLY);
    if (nothing > STDIN_FILENO)
        dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (socket == WORKER_SOCKET)
        fcntl(socket, F_SETFD, 0);
    else
        dup2(socket, WORKER_SOCKET);
    execv(program != NULL ? program : "/proc/self/exe", (char *const *)arguments);
    static const char message[] = "mnsp-conformance: cannot start itself as a worker\n";
    (void)!write(STDERR_FILENO, message, sizeof message - 1);
    _exit(127);
}

static enum status fail(const int sockets[2], const int output[2]) {
    const int error = errno;
    for (int i = 0; i < 2; i++) {
        if (sockets[i] >= 0)
            close(sockets[i]);
        if (output[i] >= 0)
            close(output[i]);
    }
    return status_set(STATUS_IO, "cannot start a worker process: %s", strerror(error));
}

enum status child_start(struct child *child, const char *program) {
    int sockets[2] = {-1, -1}, output[2] = {-1, -1};
    *child = (struct child){.channel = {.descriptor = -1}, .output = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0 || pipe2(output, O_CLOEXEC) != 0)
        return fail(sockets, output);
    const pid_t parent = getpid();
    const pid_t process = fork();
    if (process < 0)
        return fail(sockets, output);
    if (process == 0)
        become_worker(program, sockets[1], output[1], parent);
    setpgid(process, process); /* both do, since either may be first */
    close(sockets[1]);
    close(output[1]);
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    child->process = process;
    child->channel.descriptor = sockets[0];
    child->output = output[0];
    return STATUS_OK;
}

/* ---- what it prints ---- */

static void keep(struct child *child, const char *bytes, size_t count) {
    if (child->printed_count + count > CHILD_OUTPUT) {
        const size_t drop = child->printed_count + count - CHILD_OUTPUT;
        memmove(child->printed, child->printed + drop, child->printed_count - drop);
        child->printed_count -= drop;
    }
    memcpy(child->printed + child->printed_count, bytes, count);
    child->printed_count += count;
}

void child_collect_output(struct child *child) {
    char piece[CHILD_OUTPUT / 4];
    while (child->output >= 0) {
        const ssize_t got = read(child->output, piece, sizeof piece);
        if (got < 0) /* nothing more at present */
            return;
        if (got > 0) {
            keep(child, piece, (size_t)got);
        } else {
            close(child->output);
            child->output = -1;
        }
    }
}

void child_clear_output(struct child *child) {
    child_collect_output(child);
    child->printed_count = 0;
}

/* Bytes of a UTF-8 sequence that begins here; 0 when none does. Overlong and too large ones are not told
 * apart: jansson refuses them, and the caller asks it. */
static size_t sequence_length(const char *bytes, size_t left) {
    const unsigned char first = (unsigned char)*bytes;
    const size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
    if (length == 0 || length > left)
        return 0;
    json_t *const probe = json_stringn(bytes, length);
    json_decref(probe);
    return probe != NULL ? length : 0;
}

enum status child_output_text(char **out, const struct child *child) {
    TRY(memory_new(out, child->printed_count + 1, 1));
    char *to = *out;
    for (size_t i = 0; i < child->printed_count;) {
        const char *const at = child->printed + i;
        const size_t length = sequence_length(at, child->printed_count - i);
        if (length == 0 || ((unsigned char)*at < ' ' && *at != '\n') || *at == 0x7F) {
            *to++ = '?';
            i++;
        } else {
            memcpy(to, at, length);
            to += length;
            i += length;
        }
    }
    return STATUS_OK;
}

/* ---- its end ---- */

static void describe_end(char how[CHILD_END_TEXT], int status) {
    if (WIFSIGNALED(status))
        snprintf(how, CHILD_END_TEXT, "ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(how, CHILD_END_TEXT, "ended by itself with exit status %d", WEXITSTATUS(status));
}

static void release(struct child *child) {
    child_collect_output(child);
    channel_close(&child->channel);
    if (child->output >= 0)
        close(child->output);
    child->output = -1;
    child->process = 0;
}

void child_await(struct child *child, char how[CHILD_END_TEXT]) {
    how[0] = '\0';
    if (child->process == 0)
        return;
    const double start = clock_seconds();
    const struct timespec pause = {.tv_nsec = 2000000};
    int status;
    while (waitpid(child->process, &status, WNOHANG) == 0) {
        if (clock_seconds() - start > most_end_seconds) {
            child_kill(child);
            snprintf(how, CHILD_END_TEXT, "stuck at its end");
            return;
        }
        child_collect_output(child); /* a full pipe would keep it from ending */
        nanosleep(&pause, NULL);
    }
    describe_end(how, status);
    release(child);
}

void child_kill(struct child *child) {
    if (child->process == 0)
        return;
    kill(-child->process, SIGKILL);
    kill(child->process, SIGKILL);
    const double start = clock_seconds();
    const struct timespec pause = {.tv_nsec = 2000000};
    /* A process that the kernel's driver holds does not end; it is left behind then. */
    while (waitpid(child->process, NULL, WNOHANG) == 0 && clock_seconds() - start < most_end_seconds)
        nanosleep(&pause, NULL);
    release(child);
}
