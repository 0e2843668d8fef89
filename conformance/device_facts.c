#include "conformance/device_facts.h"

#include <stdio.h>
#include <string.h>

enum { VENDOR_NVIDIA = 0x10DE };

/* Copies the first number of the text that has a point in it, such as 25.0.7. */
static bool find_dotted(char out[DRIVER_VERSION_TEXT], const char *text) {
    for (const char *at = text; *(at += strcspn(at, "0123456789")) != '\0';) {
        size_t length = strspn(at, "0123456789.");
        const char *const next = at + length;
        while (at[length - 1] == '.')
            length--;
        if (memchr(at, '.', length) != NULL && length < DRIVER_VERSION_TEXT) {
            snprintf(out, DRIVER_VERSION_TEXT, "%.*s", (int)length, at);
            return true;
        }
        at = next;
    }
    return false;
}

void driver_version_text(char out[DRIVER_VERSION_TEXT], const struct gpu_properties *properties) {
    const uint32_t version = properties->driver_version;
    if (find_dotted(out, properties->driver))
        return;
    if (properties->vendor_id == VENDOR_NVIDIA) /* 10, 8, 8 and 6 bits */
        snprintf(out, DRIVER_VERSION_TEXT, "%u.%u.%u.%u", version >> 22, version >> 14 & 0xFF,
                 version >> 6 & 0xFF, version & 0x3F);
    else /* as Vulkan packs its own: 10, 10 and 12 bits */
        snprintf(out, DRIVER_VERSION_TEXT, "%u.%u.%u", version >> 22, version >> 12 & 0x3FF, version & 0xFFF);
}

static const char *type_name(enum gpu_device_type type) {
    static const char *const names[] = {
        [GPU_TYPE_OTHER] = "other",       [GPU_TYPE_INTEGRATED] = "integrated",
        [GPU_TYPE_DISCRETE] = "discrete", [GPU_TYPE_VIRTUAL] = "virtual",
        [GPU_TYPE_CPU] = "cpu",
    };
    return names[type];
}

/* Drivers' names are bytes from outside; JSON takes UTF-8 only. */
static json_t *text(const char *bytes) {
    json_t *const value = json_string(bytes);
    return value != NULL ? value : json_string("(not UTF-8)");
}

json_t *device_facts(const struct gpu_properties *p) {
    char version[DRIVER_VERSION_TEXT], vendor[16], device[16], api[32];
    driver_version_text(version, p);
    snprintf(vendor, sizeof vendor, "0x%04x", p->vendor_id);
    snprintf(device, sizeof device, "0x%04x", p->device_id);
    snprintf(api, sizeof api, "%u.%u.%u", p->api_version >> 22 & 0x7F, p->api_version >> 12 & 0x3FF,
             p->api_version & 0xFFF);
    return json_pack(
        "{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, "
        "s:b, s:b, s:b, s:b, s:b}",
        "name", text(p->name), "driver", text(p->driver), "driver_version", version, "vendor_id", vendor,
        "device_id", device, "api_version", api, "type", type_name(p->type), "max_invocations",
        (json_int_t)p->max_invocations, "max_shared_bytes", (json_int_t)p->max_shared_bytes, "max_push_bytes",
        (json_int_t)p->max_push_bytes, "max_storage_range", (json_int_t)p->max_storage_range,
        "max_allocation", (json_int_t)p->max_allocation, "memory_bytes", (json_int_t)p->memory_bytes,
        "subgroup_size", (json_int_t)p->subgroup_size, "subgroup_min", (json_int_t)p->subgroup_min,
        "subgroup_max", (json_int_t)p->subgroup_max, "subgroup_arithmetic", p->subgroup_arithmetic,
        "subgroup_quad", p->subgroup_quad, "int64", p->int64, "float16", p->float16, "storage16",
        p->storage16, "timestamps", p->timestamps);
}
