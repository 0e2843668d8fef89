/* channel.h: JSON values, one on a line, to and from another process through a socket.
 *
 *     struct channel channel = {.descriptor = socket};
 *     TRY(channel_send(&channel, json_pack("{s:s}", "case", name)));
 *     TRY(channel_receive(&channel, true));          waits for bytes
 *     TRY(channel_take(&channel, &message));         the next whole line, NULL when there is none yet
 *     channel_close(&channel);
 *
 * What comes from the other side is not trusted: it may have been damaged by what it ran.
 */
#ifndef MNSP_CONFORMANCE_CHANNEL_H
#define MNSP_CONFORMANCE_CHANNEL_H

#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>

struct channel {
    int descriptor;
    bool ended; /* the other side closed it */
    char *bytes;
    size_t used, capacity;
};

/* Sends a value and releases it. Errors: STATUS_IO when the other side is gone, STATUS_MEMORY also when
 * `value` is NULL. */
MNSP_NODISCARD enum status channel_send(struct channel *channel, json_t *value);

/* Takes in what has arrived; with `wait`, waits for some. Errors: STATUS_IO. */
MNSP_NODISCARD enum status channel_receive(struct channel *channel, bool wait);

/* The next whole line as a JSON object, to be released with json_decref(); NULL when there is none. Errors:
 * STATUS_INVALID when it is no JSON object or too long, STATUS_MEMORY. */
MNSP_NODISCARD enum status channel_take(struct channel *channel, json_t **out);

void channel_close(struct channel *channel);

#endif
