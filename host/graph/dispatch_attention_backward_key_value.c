#include "graph/attention_teams.h"
#include "graph/operator_index.h"

void dispatch_attention_backward_key_value(struct dispatch *dispatch, const union operator_value *values,
                                           const struct gpu_properties *device) {
    const struct attention_teams teams = ATTENTION_TEAMS(attention_backward_key_value, keys, queries, 4);
    attention_dispatch(dispatch, &teams, device);
}
