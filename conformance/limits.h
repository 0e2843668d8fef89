/* limits.h: cases at the device's own limits, whose sizes it decides: limits/range binds a range
 * as long as it allows, writes all of it and reads it at places up to its end, where offsets in
 * bytes no longer fit 31 bits.
 */
#ifndef MNSP_CONFORMANCE_LIMITS_H
#define MNSP_CONFORMANCE_LIMITS_H

#include "conformance/execute.h"

extern const struct conformance_group conformance_limits;

#endif
