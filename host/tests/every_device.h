/* every_device.h: the same test on each device of the machine. */
#ifndef MNSP_TESTS_EVERY_DEVICE_H
#define MNSP_TESTS_EVERY_DEVICE_H

#include "gpu/gpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Skips the test where there is no device that can be used. */
static inline void on_every_device(void (*check)(struct gpu_device *device, void *context), void *context) {
    struct gpu_properties *list;
    size_t count, used = 0;
    const char *why;
    if (gpu_devices_list(&list, &count, &why) != STATUS_OK)
        fail_msg("%s", status_message());
    for (size_t i = 0; i < count; i++) {
        if (list[i].missing[0] != '\0')
            continue;
        char selector[32];
        struct gpu_device *device;
        snprintf(selector, sizeof selector, "%zu", i);
        if (gpu_device_open(&device, selector, &(struct gpu_options){0}) != STATUS_OK)
            fail_msg("%s", status_message());
        check(device, context);
        gpu_device_close(device);
        used++;
    }
    free(list);
    if (used == 0)
        skip();
}

#endif
