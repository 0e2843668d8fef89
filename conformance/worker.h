/* worker.h: the process in which cases run, so that a driver that crashes or hangs takes down nothing else.
 *
 * It is this program again, started by child.c as `mnsp-conformance --worker` with a socket as descriptor
 * WORKER_SOCKET, on which both sides send JSON objects, one on a line:
 *
 *     runner                                          worker
 *     {"device": "llvmpipe", "validate": false}
 *                                                     {"ready": {device_facts.h}}  or {"refused": text,
 * "status": N}
 *     {"case": name, "seed": "1", "inject": "nothing"}
 *                                                     {"phase": 0}, {"phase": 1}, ...
 *                                                     {"result": {result.h}, "retire": false}
 *     ...
 *
 * After "retire": true (the device is lost, say) the worker ends; it also ends when the socket is closed.
 */
#ifndef MNSP_CONFORMANCE_WORKER_H
#define MNSP_CONFORMANCE_WORKER_H

enum { WORKER_SOCKET = 3 };

#define WORKER_ARGUMENT "--worker"

/* Runs until the socket is closed. Returns the process's exit status. */
int worker_main(void);

#endif
