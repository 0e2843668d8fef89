#include "conformance/extremes.h"

#define ADAMW   "rate_scale=1,beta1=0.9,beta2=0.95,epsilon=1e-8,weight_decay=0.05"
#define NO_MASK "lengths=none,random=none"
#define EXACTLY (AS_INTEGER | AS_BITS)

/* An invocation per element: 65,626 workgroups of 256. An invocation per four elements, as random numbers come: so
 * many times four, which devices with the least range of a binding, 128 MiB, do not support. */
#define MANY         "16800001"
#define MANY_BY_FOUR "67200001"

/* clang-format off */
static const struct extreme extremes[] = {
    {OPERATOR_matmul, {"batch=0,m=3,n=5,k=7", AS_INTEGER}},
    {OPERATOR_matmul, {"batch=2,m=0,n=5,k=7,bias=none", AS_INTEGER}},
    {OPERATOR_matmul, {"batch=2,m=3,n=0,k=7,transpose_b=1", AS_INTEGER}},
    {OPERATOR_matmul, {"batch=2,m=3,n=5,k=0", AS_INTEGER | AS_REAL}},
    {OPERATOR_matmul, {"batch=2,m=4,n=8,k=0,transpose_a=1,transpose_b=1,bias=none", AS_INTEGER}},
    {OPERATOR_matmul, {"batch=70001,m=1,n=1,k=3", AS_INTEGER}},
    {OPERATOR_matmul, {"batch=1,m=768,n=705,k=9,bias=none", AS_INTEGER}},   /* enough tiles for a GPU's middle */
    {OPERATOR_matmul, {"batch=1,m=1409,n=1537,k=19,transpose_b=1", AS_INTEGER}}, /* and for its large ones */
    {OPERATOR_layernorm, {"rows=0,width=5,eps=1e-6", AS_REAL}},
    {OPERATOR_layernorm_backward, {"rows=0,width=5", AS_INTEGER}},
    {OPERATOR_layernorm_backward, {"rows=70001,width=3", AS_REAL}},
    {OPERATOR_layernorm_backward_affine, {"rows=0,width=5", AS_INTEGER}},
    {OPERATOR_layernorm_backward_affine, {"rows=1,width=" MANY, AS_INTEGER | IN_FULL}},
    {OPERATOR_attention, {"batch=0,heads=2,queries=3,keys=5,head_width=4,scale=1," NO_MASK, AS_REAL}},
    {OPERATOR_attention, {"batch=2,heads=2,queries=0,keys=5,head_width=4,scale=1," NO_MASK, AS_REAL}},
    {OPERATOR_attention, {"batch=2,heads=2,queries=3,keys=0,head_width=4,scale=1,random=none", AS_REAL}},
    {OPERATOR_attention, {"batch=2,heads=2,queries=5,keys=5,head_width=5,causal=1,scale=1,dropout=0.9", AS_REAL}},
    {OPERATOR_attention, {"batch=140003,heads=1,queries=1,keys=1,head_width=4,scale=1," NO_MASK, AS_REAL}},
    {OPERATOR_attention, {"batch=4200001,heads=1,queries=1,keys=1,head_width=1,scale=1," NO_MASK, AS_REAL | IN_FULL}},
    {OPERATOR_attention_backward_query, {"batch=0,heads=2,queries=3,keys=5,head_width=4,scale=1," NO_MASK, AS_REAL}},
    {OPERATOR_attention_backward_query, {"batch=2,heads=2,queries=0,keys=5,head_width=4,scale=1," NO_MASK, AS_REAL}},
    {OPERATOR_attention_backward_query, {"batch=2,heads=2,queries=3,keys=0,head_width=4,scale=1,random=none", AS_REAL}},
    {OPERATOR_attention_backward_query, {"batch=140003,heads=1,queries=1,keys=1,head_width=4,scale=1," NO_MASK, AS_REAL}},
    {OPERATOR_attention_backward_key_value, {"batch=0,heads=2,queries=3,keys=5,head_width=4,scale=1," NO_MASK, AS_REAL}},
    {OPERATOR_attention_backward_key_value, {"batch=2,heads=2,queries=0,keys=5,head_width=4,scale=1," NO_MASK, AS_REAL}},
    {OPERATOR_attention_backward_key_value, {"batch=2,heads=2,queries=3,keys=0,head_width=4,scale=1,random=none", AS_REAL}},
    {OPERATOR_attention_backward_key_value, {"batch=140003,heads=1,queries=1,keys=1,head_width=4,scale=1," NO_MASK, AS_REAL}},
    {OPERATOR_gelu, {"count=0", AS_REAL}},
    {OPERATOR_gelu, {"count=" MANY, AS_REAL | IN_FULL}},
    {OPERATOR_gelu_backward, {"count=0", AS_REAL}},
    {OPERATOR_gelu_backward, {"count=" MANY, AS_REAL | IN_FULL}},
    {OPERATOR_add, {"count=0", AS_INTEGER}},
    {OPERATOR_add, {"count=" MANY, AS_INTEGER | IN_FULL}},
    {OPERATOR_scale, {"count=0,factor=2", AS_INTEGER}},
    {OPERATOR_scale, {"count=" MANY ",factor=2", AS_INTEGER | IN_FULL}},
    {OPERATOR_dropout, {"count=0,stream=1,rate=0.5", AS_REAL}},
    {OPERATOR_dropout, {"count=" MANY_BY_FOUR ",stream=1,rate=0.5", AS_REAL | IN_FULL}},
    {OPERATOR_random_uniform, {"count=0,stream=1", AS_BITS}},
    {OPERATOR_random_uniform, {"count=" MANY_BY_FOUR ",stream=1", AS_BITS | IN_FULL}},
    {OPERATOR_softmax, {"rows=0,width=5", AS_REAL}},
    {OPERATOR_softmax_backward, {"rows=0,width=5", AS_INTEGER}},
    {OPERATOR_softmax_backward, {"rows=70001,width=3", AS_INTEGER}},
    {OPERATOR_add_rows, {"rows=0,width=5,period=3,first=2", AS_INTEGER}},
    {OPERATOR_add_rows, {"rows=" MANY ",width=1,period=3,first=2", AS_INTEGER | IN_FULL}},
    {OPERATOR_broadcast_rows, {"rows=0,width=5,period=3", EXACTLY}},
    {OPERATOR_broadcast_rows, {"rows=" MANY ",width=1,period=3", AS_BITS | IN_FULL}},
    {OPERATOR_sum_rows, {"rows=0,width=5,period=3", AS_INTEGER}},
    {OPERATOR_sum_rows, {"rows=3,width=0,period=3", AS_INTEGER}},
    {OPERATOR_sum_rows, {"rows=1,width=" MANY ",period=1", AS_INTEGER | IN_FULL}},
    {OPERATOR_concatenate, {"outer=0,a_rows=2,b_rows=3,width=5", EXACTLY}},
    {OPERATOR_concatenate, {"outer=2,a_rows=0,b_rows=3,width=5", EXACTLY}},
    {OPERATOR_concatenate, {"outer=2,a_rows=2,b_rows=0,width=5", EXACTLY}},
    {OPERATOR_concatenate, {"outer=8400001,a_rows=1,b_rows=1,width=1", AS_BITS | IN_FULL}},
    {OPERATOR_slice, {"outer=0,rows=7,first=2,count=3,width=5", EXACTLY}},
    {OPERATOR_slice, {"outer=2,rows=7,first=7,count=0,width=5", EXACTLY}},
    {OPERATOR_slice, {"outer=" MANY ",rows=1,first=0,count=1,width=1", AS_BITS | IN_FULL}},
    {OPERATOR_slice_backward, {"outer=0,rows=7,first=2,count=3,width=5", EXACTLY}},
    {OPERATOR_slice_backward, {"outer=2,rows=7,first=2,count=0,width=5", EXACTLY}},
    {OPERATOR_slice_backward, {"outer=8400001,rows=2,first=1,count=1,width=1", AS_BITS | IN_FULL}},
    {OPERATOR_gather_rows, {"batch=0,rows=7,count=3,width=5", EXACTLY}},
    {OPERATOR_gather_rows, {"batch=2,rows=7,count=0,width=5", EXACTLY}},
    {OPERATOR_gather_rows, {"batch=2,rows=0,count=3,width=5", EXACTLY}},
    {OPERATOR_gather_rows, {"batch=" MANY ",rows=1,count=1,width=1", AS_BITS | IN_FULL}},
    {OPERATOR_gather_rows_backward, {"batch=0,rows=7,count=3,width=5", AS_INTEGER}},
    {OPERATOR_gather_rows_backward, {"batch=2,rows=7,count=0,width=5", AS_INTEGER}},
    {OPERATOR_gather_rows_backward, {"batch=8400001,rows=2,count=1,width=1", AS_INTEGER | IN_FULL}},
    {OPERATOR_patchify, {"batch=0,channels=3,height=4,width=6,patch_height=2,patch_width=3", EXACTLY}},
    {OPERATOR_patchify, {"batch=700001,channels=1,height=4,width=6,patch_height=2,patch_width=3", AS_BITS | IN_FULL}},
    {OPERATOR_mean_pool, {"batch=0,height=4,width=6,channels=5", AS_INTEGER}},
    {OPERATOR_mean_pool, {"batch=2,height=1,width=6,channels=5", AS_INTEGER}},
    {OPERATOR_mean_pool, {"batch=" MANY ",height=2,width=2,channels=1", AS_INTEGER | IN_FULL}},
    {OPERATOR_mask_tokens, {"batch=0,tokens=7,kept=3", EXACTLY}},
    {OPERATOR_mask_tokens, {"batch=2,tokens=7,kept=0", EXACTLY}},
    {OPERATOR_mask_tokens, {"batch=2,tokens=7,kept=7", EXACTLY}},
    {OPERATOR_mask_tokens, {"batch=5600001,tokens=3,kept=1", AS_BITS | IN_FULL}},
    {OPERATOR_masked_mse, {"rows=0,width=5,factor=1", AS_INTEGER}},
    {OPERATOR_masked_mse, {"rows=3,width=0,factor=1,removed=none", AS_INTEGER}},
    {OPERATOR_masked_mse, {"rows=70001,width=3,factor=1", AS_INTEGER}},
    {OPERATOR_masked_mse_backward, {"rows=0,width=5,factor=1", AS_INTEGER}},
    {OPERATOR_masked_mse_backward, {"rows=" MANY ",width=1,factor=1", AS_INTEGER | IN_FULL}},
    {OPERATOR_cross_entropy, {"rows=0,classes=5,ignore=1,factor=1", AS_REAL}},
    {OPERATOR_cross_entropy, {"rows=70001,classes=3,ignore=1,factor=1", AS_REAL}},
    {OPERATOR_cross_entropy_backward, {"rows=0,classes=5,ignore=1,factor=1", AS_REAL}},
    {OPERATOR_cross_entropy_backward, {"rows=5600001,classes=3,ignore=1,factor=1", AS_REAL | IN_FULL}},
    {OPERATOR_accumulate, {"count=0,factor=1", AS_INTEGER}},
    {OPERATOR_accumulate, {"count=" MANY ",factor=0.5", AS_INTEGER | IN_FULL}},
    {OPERATOR_square_sum, {"count=0,first=2,parts=3", AS_INTEGER}},
    {OPERATOR_square_sum, {"count=140001,first=1,parts=70001", AS_INTEGER}},
    {OPERATOR_clip_factor, {"count=0,limit=1", AS_REAL}},
    {OPERATOR_adamw, {"count=0," ADAMW, AS_REAL}},
    {OPERATOR_adamw, {"count=" MANY "," ADAMW, AS_REAL | IN_FULL}},
    {OPERATOR_ema, {"count=0,momentum=0.5", AS_INTEGER}},
    {OPERATOR_ema, {"count=" MANY ",momentum=0.5", AS_INTEGER | IN_FULL}},
};
/* clang-format on */

const struct extreme *extremes_list(size_t *count) {
    *count = sizeof extremes / sizeof extremes[0];
    return extremes;
}
