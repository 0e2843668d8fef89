/* attention_sizes.h: the sizes on which the three attention operators are tested: one of everything; primes,
 * one array for q, k and v; masks of both kinds; dropout; scores that overflow exp; the encoder, a decoder
 * that looks at it, and a decoder of characters; factors of 16 bits, with numbers between two of them. To be
 * included into a list.
 */
#define NO_MASK     ",lengths=none,random=none"
#define NO_LENGTHS  ",lengths=none"
#define NO_RANDOM   ",random=none"
#define PACKED_48   ",q_pitch=48,k_pitch=48,k_offset=16,v_pitch=48,v_offset=32"
#define PACKED_1152 ",q_pitch=1152,k_pitch=1152,k_offset=384,v_pitch=1152,v_offset=768"

{"batch=1,heads=1,queries=1,keys=1,head_width=1,scale=1" NO_MASK, AS_REAL},
    {"batch=2,heads=3,queries=5,keys=7,head_width=11,scale=0.3" NO_MASK, AS_REAL},
    {"batch=3,heads=2,queries=9,keys=9,head_width=8,scale=0.35" PACKED_48 NO_MASK, AS_REAL},
    {"batch=4,heads=2,queries=7,keys=13,head_width=8,scale=0.35" NO_RANDOM, AS_REAL},
    {"batch=3,heads=2,queries=17,keys=17,head_width=8,causal=1,scale=0.35" PACKED_48 NO_RANDOM, AS_REAL},
    {"batch=2,heads=2,queries=13,keys=5,head_width=16,causal=1,scale=0.25" NO_MASK, AS_REAL},
    {"batch=2,heads=3,queries=19,keys=23,head_width=16,stream=4,scale=0.25,dropout=0.1" NO_LENGTHS, AS_REAL},
    {"batch=2,heads=3,queries=19,keys=23,head_width=32,causal=1,stream=9,scale=0.2,dropout=0.5", AS_REAL},
    {"batch=1,heads=2,queries=33,keys=65,head_width=64,scale=4" NO_MASK, AS_REAL},
    {"batch=1,heads=6,queries=65,keys=65,head_width=64,scale=0.125" PACKED_1152 NO_MASK, AS_REAL},
    {"batch=2,heads=3,queries=5,keys=1,head_width=12,scale=0.3,rounding=1" NO_MASK, AS_HARD},
    {"batch=2,heads=3,queries=5,keys=1,head_width=12,scale=0.3,rounding=2" NO_MASK, AS_HARD},
    {"batch=3,heads=2,queries=17,keys=19,head_width=11,causal=1,scale=1.5,rounding=1" NO_RANDOM, AS_HARD},
    {"batch=3,heads=2,queries=17,keys=19,head_width=11,causal=1,scale=1.5,rounding=2" NO_RANDOM, AS_HARD},
    {"batch=1,heads=3,queries=19,keys=23,head_width=16,stream=4,rounding=1,scale=4,dropout=0.1" NO_LENGTHS,
     AS_HARD},
    {"batch=1,heads=3,queries=19,keys=23,head_width=16,stream=4,rounding=2,scale=4,dropout=0.1" NO_LENGTHS,
     AS_HARD},
    {"batch=1,heads=6,queries=65,keys=65,head_width=64,rounding=1,scale=0.125" PACKED_1152 NO_MASK, AS_REAL},
    {"batch=1,heads=6,queries=65,keys=65,head_width=64,rounding=2,scale=0.125" PACKED_1152 NO_MASK, AS_REAL},
    {"batch=1,heads=6,queries=257,keys=257,head_width=64,scale=0.125" PACKED_1152 NO_MASK, AS_REAL},
    {"batch=1,heads=16,queries=256,keys=65,head_width=24,scale=0.204" NO_MASK, AS_REAL},
    {"batch=4,heads=8,queries=26,keys=26,head_width=48,causal=1,scale=0.144", AS_REAL},
