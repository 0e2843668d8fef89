#include "conformance/channel.h"

#include "base/json.h"
#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONGEST_LINE = 1 << 20, PIECE = 1 << 14 };

static enum status send_all(struct channel *channel, const char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t sent = send(channel->descriptor, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return status_set(STATUS_IO, "the other process cannot be reached: %s", strerror(errno));
        bytes += sent;
        size -= (size_t)sent;
    }
    return STATUS_OK;
}

enum status channel_send(struct channel *channel, json_t *value) {
    char *text = value != NULL ? json_dumps(value, JSON_COMPACT) : NULL;
    json_decref(value);
    if (text == NULL)
        return status_set(STATUS_MEMORY, "out of memory while writing a message");
    const size_t length = strlen(text);
    text[length] = '\n'; /* in the place of the final zero: send_all needs none */
    const enum status status = send_all(channel, text, length + 1);
    free(text);
    return status;
}

enum status channel_receive(struct channel *channel, bool wait) {
    TRY(memory_reserve(&channel->bytes, &channel->capacity, channel->used + PIECE, 1));
    ssize_t got;
    do
        got = recv(channel->descriptor, channel->bytes + channel->used, PIECE, wait ? 0 : MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return STATUS_OK;
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        channel->ended = true;
    else if (got < 0)
        return status_set(STATUS_IO, "cannot read from the other process: %s", strerror(errno));
    else
        channel->used += (size_t)got;
    return STATUS_OK;
}

enum status channel_take(struct channel *channel, json_t **out) {
    *out = NULL;
    char *const end = channel->used > 0 ? memchr(channel->bytes, '\n', channel->used) : NULL;
    if (end == NULL) {
        if (channel->used > LONGEST_LINE)
            return status_set(STATUS_INVALID, "a message of more than %d bytes", LONGEST_LINE);
        return STATUS_OK;
    }
    const size_t length = (size_t)(end - channel->bytes);
    enum status status = json_read_text(out, channel->bytes, length, "message");
    channel->used -= length + 1;
    memmove(channel->bytes, end + 1, channel->used);
    if (status == STATUS_OK && !json_is_object(*out)) {
        json_decref(*out);
        *out = NULL;
        status = status_set(STATUS_INVALID, "a message is an array, expected an object");
    }
    return status;
}

void channel_close(struct channel *channel) {
    if (channel->descriptor >= 0)
        close(channel->descriptor);
    free(channel->bytes);
    *channel = (struct channel){.descriptor = -1};
}
