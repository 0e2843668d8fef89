#include "graph/attention_teams.h"
#include "graph/operator_index.h"

void dispatch_attention(struct dispatch *dispatch, const union operator_value *values,
                        const struct gpu_properties *device) {
    const struct attention_teams teams = ATTENTION_TEAMS(attention, queries, keys, 2);
    attention_dispatch(dispatch, &teams, device);
}
