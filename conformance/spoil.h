/* spoil.h: a dispatch that leaves shared memory full of NaN, to go before one that is tested. */
#ifndef MNSP_CONFORMANCE_SPOIL_H
#define MNSP_CONFORMANCE_SPOIL_H

#include "gpu/gpu.h"

/* Makes the buffer that it writes, which must outlive the recording, and records it. */
MNSP_NODISCARD enum status spoil_record(struct gpu_recording *recording, struct gpu_device *device,
                                        struct gpu_buffer **buffer);

#endif
