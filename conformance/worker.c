#include "conformance/worker.h"

#include "base/json.h"
#include "conformance/channel.h"
#include "conformance/device_facts.h"
#include "conformance/execute.h"
#include "conformance/inject.h"
#include "conformance/selection.h"

#include <stdio.h>
#include <stdlib.h>

struct worker {
    struct channel channel;
    struct gpu_device *device;
    struct selection cases; /* all there are, with the random sizes of `seed` */
    uint64_t seed;
    size_t number; /* of the case, from 0 */
    enum inject inject;
};

/* NULL: the runner wants no more. */
static enum status next_message(struct worker *worker, json_t **out) {
    for (;;) {
        TRY(channel_take(&worker->channel, out));
        if (*out != NULL || worker->channel.ended)
            return STATUS_OK;
        TRY(channel_receive(&worker->channel, true));
    }
}

/* ---- starting ---- */

static enum status open_device(struct worker *worker, const json_t *hello) {
    const json_t *const selector = json_object_get(hello, "device");
    const struct gpu_options options = {.validate = json_is_true(json_object_get(hello, "validate"))};
    const enum status status = gpu_device_open(&worker->device, json_string_value(selector), &options);
    if (status == STATUS_OK)
        return channel_send(&worker->channel,
                            json_pack("{s:o}", "ready", device_facts(gpu_device_properties(worker->device))));
    TRY(channel_send(&worker->channel, json_pack("{s:s}", "refused", status_message())));
    return status;
}

/* ---- one case ---- */

static void enter_phase(void *context, enum phase phase) {
    struct worker *const worker = context;
    /* A runner that is gone is noticed with the result. */
    (void)!channel_send(&worker->channel, json_pack("{s:i}", "phase", (int)phase));
    inject_into_phase(worker->inject, phase, worker->number);
}

static enum status answer(struct worker *worker, const struct case_result *result, bool retire) {
    json_t *const object = json_object();
    const enum status status = result_to_json(object, result);
    if (status != STATUS_OK) {
        json_decref(object);
        return status;
    }
    if (worker->inject == INJECT_GARBAGE)
        return channel_send(&worker->channel, json_pack("{s:s}", "result", "damaged"));
    return channel_send(&worker->channel, json_pack("{s:o, s:b}", "result", object, "retire", (int)retire));
}

static enum status find_case(const struct conformance_case **out, struct worker *worker, const char *name,
                             uint64_t seed) {
    if (worker->cases.count == 0 || worker->seed != seed) {
        selection_destroy(&worker->cases);
        TRY(selection_create(&worker->cases, &(struct selection_options){.set = SET_FULL, .seed = seed}));
        worker->seed = seed;
    }
    *out = selection_find(&worker->cases, name);
    return *out != NULL ? STATUS_OK : status_set(STATUS_INTERNAL, "the worker knows no case %s", name);
}

/* Sets *retire when the device cannot be used any more. */
static enum status serve(struct worker *worker, const json_t *request, bool *retire) {
    const char *name, *seed, *inject;
    TRY(json_need_text(&name, request, "case", "request"));
    TRY(json_need_text(&seed, request, "seed", "request"));
    TRY(json_need_text(&inject, request, "inject", "request"));
    const struct conformance_case *one;
    TRY(find_case(&one, worker, name, strtoull(seed, NULL, 10)));
    worker->inject = inject_by_name(inject);
    const struct phase_listener listener = {enter_phase, worker};
    struct case_result result;
    execute_case(&result, one,
                 &(struct execution){
                     .device = worker->device, .explain = true, .seed = worker->seed, .listener = &listener});
    inject_into_result(worker->inject, &result);
    *retire = execution_spoils_device(worker->device) || result.outcome == OUTCOME_DEVICE_LOST;
    worker->number++;
    return answer(worker, &result, *retire);
}

static enum status run(struct worker *worker) {
    json_t *message;
    bool retire = false;
    TRY(next_message(worker, &message));
    if (message == NULL)
        return STATUS_OK;
    enum status status = open_device(worker, message);
    json_decref(message);
    while (status == STATUS_OK && !retire) {
        TRY(next_message(worker, &message));
        if (message == NULL)
            break;
        status = serve(worker, message, &retire);
        json_decref(message);
    }
    return status;
}

int worker_main(void) {
    struct worker worker = {.channel = {.descriptor = WORKER_SOCKET}};
    const enum status status = run(&worker);
    if (status != STATUS_OK)
        fprintf(stderr, "mnsp-conformance: %s\n", status_message());
    /* A lost device may hang when it is closed; the system tidies up as well. */
    if (worker.device != NULL && !execution_spoils_device(worker.device))
        gpu_device_close(worker.device);
    selection_destroy(&worker.cases);
    channel_close(&worker.channel);
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
