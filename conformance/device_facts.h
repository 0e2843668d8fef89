/* device_facts.h: what reports say about a device, as JSON.
 *
 * Keys: name, driver, driver_version ("25.0.7"), vendor_id ("0x10005"), device_id, api_version, type ("cpu"),
 * and the limits and features of struct gpu_properties. spec/conformance.md describes them.
 */
#ifndef MNSP_CONFORMANCE_DEVICE_FACTS_H
#define MNSP_CONFORMANCE_DEVICE_FACTS_H

#include "gpu/gpu.h"

#include <jansson.h>

enum { DRIVER_VERSION_TEXT = 48 };

/* The version of a driver: the first dotted number in its words ("Mesa 25.0.7"), since several drivers leave
 * the other at 1; without one there, the number it gives, unpacked as its vendor packs it. */
void driver_version_text(char out[DRIVER_VERSION_TEXT], const struct gpu_properties *properties);

/* NULL when memory is out. */
json_t *device_facts(const struct gpu_properties *properties);

#endif
