#include "train/events.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct events {
    char *path;
    int descriptor;
};

/* ---- bytes ---- */

uint32_t events_crc(const void *bytes, size_t size) {
    const uint8_t *const from = bytes;
    uint32_t crc = ~0U;
    for (size_t i = 0; i < size; i++) {
        crc ^= from[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0x82F63B78U & -(crc & 1));
    }
    return ~crc;
}

/* As TFRecord stores it: a CRC of data that contains CRCs would be weak. */
static uint32_t masked_crc(const void *bytes, size_t size) {
    const uint32_t crc = events_crc(bytes, size);
    return (crc >> 15 | crc << 17) + 0xA282EAD8U;
}

/* Little-endian, on any machine. */
static void add_fixed(struct buffer *out, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        buffer_add_bytes(out, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

/* ---- fields of protocol buffers ---- */

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static void add_varint(struct buffer *out, uint64_t value) {
    for (; value >= 128; value >>= 7)
        buffer_add_bytes(out, &(uint8_t){(uint8_t)(value | 128)}, 1);
    buffer_add_bytes(out, &(uint8_t){(uint8_t)value}, 1);
}

static void add_key(struct buffer *out, unsigned field, unsigned wire) {
    add_varint(out, field << 3 | wire);
}

static void add_number(struct buffer *out, unsigned field, uint64_t value) {
    add_key(out, field, WIRE_VARINT);
    add_varint(out, value);
}

static void add_double(struct buffer *out, unsigned field, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_key(out, field, WIRE_64);
    add_fixed(out, bits, sizeof bits);
}

static void add_float(struct buffer *out, unsigned field, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_key(out, field, WIRE_32);
    add_fixed(out, bits, sizeof bits);
}

static void add_field(struct buffer *out, unsigned field, const void *bytes, size_t size) {
    add_key(out, field, WIRE_BYTES);
    add_varint(out, size);
    buffer_add_bytes(out, bytes, size);
}

/* Puts a message into another one, and releases it. */
static void add_message(struct buffer *out, unsigned field, struct buffer *message) {
    add_field(out, field, message->bytes, message->used);
    out->failed = out->failed || message->failed;
    free(message->bytes);
    *message = (struct buffer){0};
}

/* ---- events ---- */

/* The numbers of the fields that are used, by message. */
enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION = 7 };
enum { SESSION_STATUS = 1, SESSION_START = 1 };
enum { SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_NUMBER = 2, VALUE_IMAGE = 4 };
enum { IMAGE_HEIGHT = 1, IMAGE_WIDTH = 2, IMAGE_COLOURS = 3, IMAGE_PNG = 4 };

static struct buffer new_event(uint64_t step) {
    struct buffer event = {0};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    add_double(&event, EVENT_TIME, (double)now.tv_sec + (double)now.tv_nsec * 1e-9);
    if (step != 0)
        add_number(&event, EVENT_STEP, step);
    return event;
}

/* Appends the event as a record, in one piece, and releases it. */
static enum status put(struct events *events, struct buffer *event) {
    struct buffer record = {0};
    add_fixed(&record, event->used, 8);
    add_fixed(&record, record.failed ? 0 : masked_crc(record.bytes, 8), 4);
    buffer_add_bytes(&record, event->bytes, event->used);
    add_fixed(&record, masked_crc(event->bytes, event->used), 4);
    record.failed = record.failed || event->failed;
    free(event->bytes);
    enum status status = buffer_status(&record);
    for (size_t done = 0; status == STATUS_OK && done < record.used;) {
        const ssize_t written = write(events->descriptor, record.bytes + done, record.used - done);
        if (written >= 0)
            done += (size_t)written;
        else if (errno != EINTR)
            status = file_failure(events->path, "write", errno);
    }
    free(record.bytes);
    return status;
}

/* A new event of the file's beginning, and of where it goes on. */
static enum status put_head(struct events *events, uint64_t resumed_at) {
    static const char version[] = "brain.Event:2";
    struct buffer event = new_event(0), session = {0};
    add_field(&event, EVENT_VERSION, version, sizeof version - 1);
    TRY(put(events, &event));
    if (resumed_at == 0)
        return STATUS_OK;
    event = new_event(resumed_at + 1);
    add_number(&session, SESSION_STATUS, SESSION_START);
    add_message(&event, EVENT_SESSION, &session);
    return put(events, &event);
}

/* ---- the file ---- */

static enum status create(struct events *events, const char *folder) {
    char host[128] = "";
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0' || strchr(host, '/') != NULL)
        strcpy(host, "host");
    for (unsigned number = 0;; number++) {
        free(events->path);
        TRY(memory_format(&events->path, "%s/events.out.tfevents.%010lld.%s.%ld.%u", folder,
                          (long long)time(NULL), host, (long)getpid(), number));
        events->descriptor = open(events->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (events->descriptor >= 0)
            return STATUS_OK;
        if (errno != EEXIST)
            return file_failure(events->path, "create", errno);
    }
}

enum status events_open(struct events **out, const char *folder, uint64_t resumed_at) {
    *out = NULL;
    struct events *events;
    TRY(memory_new(&events, 1, sizeof *events));
    events->descriptor = -1;
    enum status status = create(events, folder);
    if (status == STATUS_OK)
        status = put_head(events, resumed_at);
    if (status == STATUS_OK)
        *out = events;
    else
        events_close(events);
    return status;
}

void events_close(struct events *events) {
    if (events == NULL)
        return;
    if (events->descriptor >= 0)
        close(events->descriptor);
    free(events->path);
    free(events);
}

/* ---- summaries ---- */

enum status events_scalars(struct events *events, uint64_t step, const struct events_scalar *scalars,
                           size_t count) {
    struct buffer event = new_event(step), summary = {0};
    for (size_t i = 0; i < count; i++) {
        struct buffer value = {0};
        add_field(&value, VALUE_TAG, scalars[i].tag, strlen(scalars[i].tag));
        add_float(&value, VALUE_NUMBER, (float)scalars[i].value);
        add_message(&summary, SUMMARY_VALUE, &value);
    }
    add_message(&event, EVENT_SUMMARY, &summary);
    return put(events, &event);
}

enum status events_picture(struct events *events, uint64_t step, const char *tag,
                           const struct events_png *png) {
    struct buffer event = new_event(step), summary = {0}, value = {0}, image = {0};
    add_number(&image, IMAGE_HEIGHT, png->height);
    add_number(&image, IMAGE_WIDTH, png->width);
    add_number(&image, IMAGE_COLOURS, 3);
    add_field(&image, IMAGE_PNG, png->bytes, png->size);
    add_field(&value, VALUE_TAG, tag, strlen(tag));
    add_message(&value, VALUE_IMAGE, &image);
    add_message(&summary, SUMMARY_VALUE, &value);
    add_message(&event, EVENT_SUMMARY, &summary);
    return put(events, &event);
}
