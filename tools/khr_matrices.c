/* khr_matrices.c: rewrites a SPIR-V module from SPV_NV_cooperative_matrix to SPV_KHR_cooperative_matrix.
 *
 *     khr-matrices [--bf16] IN.spv OUT.spv
 *
 * Drivers of all vendors have the KHR extension; glslang compiles it from version 13 on, and Debian 12 has
 * 12. The older NV extension, which every glslang since 2019 compiles, says the same in other words:
 *
 *                 NV                                    KHR
 *     type        component scope rows columns          ... and what it is used for: A, B or C of a product
 *     load        pointer stride column-major (a bool)  pointer layout (0 rows, 1 columns) stride
 *     store       pointer object stride column-major    pointer object layout stride
 *     product     A B C                                 the same
 *
 * What a type is used for follows from the products. So types of different use must be different types: the
 * constants of M, N and K are three constants, not one.
 *
 * --bf16 also makes bfloat16 of the 16-bit floats (SPV_KHR_bfloat16), which glslang compiles from version
 * 15.3 on: their type gets an encoding, and the module other capabilities. Nothing may be done with them
 * but what that extension lets matrices do: they are loaded, copied and multiplied.
 *
 * Caveats: elements and lengths of a matrix are not rewritten; converting it, arithmetic on it, and filling
 * it with a constant need not be. A module that does not fit is refused with exit status 1 and a message on
 * stderr.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From the SPIR-V specification and its three extensions. */
enum {
    MAGIC = 0x07230203,
    HEADER_WORDS = 5,
    BOUND = 3, /* the header's word */
    OP_EXTENSION = 10,
    OP_CAPABILITY = 17,
    OP_TYPE_INT = 21,
    OP_TYPE_FLOAT = 22,
    OP_TYPE_VECTOR = 23,
    OP_TYPE_ARRAY = 28,
    OP_TYPE_RUNTIME_ARRAY = 29,
    OP_TYPE_STRUCT = 30,
    OP_TYPE_POINTER = 32,
    OP_TYPE_FUNCTION = 33,
    OP_CONSTANT_TRUE = 41,
    OP_CONSTANT_FALSE = 42,
    OP_CONSTANT = 43,
    CAPABILITY_FLOAT16 = 9,
    CAPABILITY_BFLOAT16 = 5116,
    CAPABILITY_BFLOAT16_MATRICES = 5118,
    CAPABILITY_NV = 5357,
    CAPABILITY_KHR = 6022,
    ENCODING_BFLOAT16 = 0,
    TYPE_NV = 5358,
    TYPE_KHR = 4456,
    LOAD_NV = 5359,
    LOAD_KHR = 4457,
    STORE_NV = 5360,
    STORE_KHR = 4458,
    PRODUCT_NV = 5361,
    PRODUCT_KHR = 4459,
    LENGTH_NV = 5362,
};

static const char extension_nv[] = "SPV_NV_cooperative_matrix",
                  extension_khr[] = "SPV_KHR_cooperative_matrix", extension_bfloat16[] = "SPV_KHR_bfloat16";

enum use { USE_A, USE_B, USE_C, USE_COUNT, USE_NONE = USE_COUNT };

struct module {
    const uint32_t *words;
    size_t count;
    uint32_t bound;
    uint32_t *type_of;  /* of each result, where it is known; by id */
    uint8_t *use_of;    /* of each matrix type; by id */
    int8_t *value_of;   /* of each bool constant: 0, 1, or -1 for other ids */
    uint32_t constants; /* the first of three ids of our own: the uints 0, 1, 2 */
    bool has_constants;
    bool bfloat16;     /* 16-bit floats are to become bfloat16 */
    uint32_t half;     /* their type; 0: there is none yet */
    bool *is_bfloat16; /* whether a type is that, or a matrix of it; by id */
    uint32_t *out;
    size_t out_count;
};

static _Noreturn void stop(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("khr-matrices: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

static void *allocate(size_t count, size_t size) {
    void *const memory = calloc(count ? count : 1, size);
    if (memory == NULL)
        stop("out of memory");
    return memory;
}

/* ---- instructions ---- */

static uint32_t opcode(const uint32_t *instruction) {
    return instruction[0] & 0xFFFF;
}

static uint32_t length(const uint32_t *instruction) {
    return instruction[0] >> 16;
}

/* Whether what follows the opcode is the type and the id of a result: everything that can make a matrix. */
static bool has_typed_result(uint32_t code) {
    static const uint16_t codes[] = {1 /* undef */,     46 /* null */,      44 /* composite */,
                                     51 /* the same */, 55 /* parameter */, 57 /* call */,
                                     61 /* load */,     80 /* construct */, 81 /* extract */,
                                     83 /* copy */,     115 /* convert */,  127 /* negate */,
                                     129 /* add */,     131 /* subtract */, 143 /* scale */,
                                     169 /* select */,  245 /* phi */,      LOAD_NV,
                                     PRODUCT_NV};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* The fewest words of what is rewritten or looked at; 1 for the rest. */
static uint32_t least_length(uint32_t code) {
    switch (code) {
    case OP_EXTENSION:
    case OP_CAPABILITY:
        return 2;
    case OP_CONSTANT_TRUE:
    case OP_CONSTANT_FALSE:
    case OP_TYPE_FLOAT:
    case OP_TYPE_VECTOR:
    case OP_TYPE_ARRAY:
    case OP_TYPE_RUNTIME_ARRAY:
        return 3;
    case OP_TYPE_INT:
    case OP_TYPE_POINTER:
        return 4;
    case STORE_NV:
        return 5;
    case TYPE_NV:
    case LOAD_NV:
    case PRODUCT_NV:
        return 6;
    default:
        return has_typed_result(code) ? 3 : 1;
    }
}

static uint32_t checked(const struct module *module, uint32_t id) {
    if (id == 0 || id >= module->bound)
        stop("id %u is not below the module's bound of %u", id, module->bound);
    return id;
}

/* Calls a function for every instruction. */
static void walk(struct module *module, void (*visit)(struct module *, const uint32_t *)) {
    for (size_t at = HEADER_WORDS; at < module->count;) {
        const uint32_t *const instruction = module->words + at;
        const uint32_t words = length(instruction);
        if (words < least_length(opcode(instruction)) || words > module->count - at)
            stop("the instruction at word %zu is cut off", at);
        visit(module, instruction);
        at += words;
    }
}

/* ---- looking ---- */

static void learn_types(struct module *module, const uint32_t *instruction) {
    const uint32_t code = opcode(instruction);
    if (has_typed_result(code))
        module->type_of[checked(module, instruction[2])] = checked(module, instruction[1]);
    else if (code == OP_CONSTANT_TRUE || code == OP_CONSTANT_FALSE)
        module->value_of[checked(module, instruction[2])] = code == OP_CONSTANT_TRUE;
    else if (code == LENGTH_NV)
        stop("lengths of matrices cannot be rewritten");
}

static void learn_use(struct module *module, uint32_t operand, enum use use) {
    const uint32_t type = module->type_of[checked(module, operand)];
    if (type == 0)
        stop("nothing is known of the type of %%%u, a factor of a product", operand);
    if (module->use_of[type] != USE_NONE && module->use_of[type] != use)
        stop(
            "the matrix type %%%u is both '%c' and '%c' of a product: M, N and K need constants of their own",
            type, "ABC"[module->use_of[type]], "ABC"[use]);
    module->use_of[type] = (uint8_t)use;
}

static void learn_uses(struct module *module, const uint32_t *instruction) {
    if (opcode(instruction) != PRODUCT_NV)
        return;
    for (int i = 0; i < USE_COUNT; i++)
        learn_use(module, instruction[3 + i], (enum use)i);
}

/* ---- 16-bit floats, where they are to become bfloat16 ---- */

static void learn_bfloat16(struct module *module, const uint32_t *instruction) {
    const uint32_t code = opcode(instruction);
    if (code == OP_TYPE_FLOAT && instruction[2] == 16) {
        module->half = checked(module, instruction[1]);
        module->is_bfloat16[module->half] = true;
    } else if (code == TYPE_NV && checked(module, instruction[2]) == module->half) {
        module->is_bfloat16[checked(module, instruction[1])] = true;
    }
}

/* Whether a type other than a matrix is made of 16-bit floats. */
static bool holds_half(const struct module *module, const uint32_t *instruction) {
    switch (opcode(instruction)) {
    case OP_TYPE_VECTOR:
    case OP_TYPE_ARRAY:
    case OP_TYPE_RUNTIME_ARRAY:
        return instruction[2] == module->half;
    case OP_TYPE_POINTER:
        return instruction[3] == module->half;
    case OP_TYPE_STRUCT:
    case OP_TYPE_FUNCTION:
        for (uint32_t i = 2; i < length(instruction); i++)
            if (instruction[i] == module->half)
                return true;
        return false;
    default:
        return false;
    }
}

/* What may have a matrix of bfloat16 as its result: nothing that computes or converts. */
static bool passes_on(uint32_t code) {
    static const uint16_t codes[] = {1 /* undef */, 55 /* parameter */, 57 /* call */, 61 /* load */,
                                     83 /* copy */, 169 /* select */,   245 /* phi */, LOAD_NV};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static void check_bfloat16(struct module *module, const uint32_t *instruction) {
    const uint32_t code = opcode(instruction), first = length(instruction) > 2 ? instruction[1] : 0;
    const bool declares = code == OP_TYPE_FLOAT || code == TYPE_NV;
    const bool makes = !declares && first < module->bound && module->is_bfloat16[first];
    if (holds_half(module, instruction) || (makes && (first == module->half || !passes_on(code))))
        stop("16-bit floats that are to become bfloat16 are used by instruction %u, not in matrices alone",
             code);
}

/* ---- writing ---- */

static void put(struct module *module, uint32_t word) {
    module->out[module->out_count++] = word;
}

static void put_all(struct module *module, const uint32_t *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        put(module, words[i]);
}

static void put_extension(struct module *module, const char *name) {
    uint32_t words[sizeof extension_khr / 4 + 1] = {0};
    const size_t bytes = strlen(name) + 1;
    memcpy(words, name, bytes);
    const uint32_t count = (uint32_t)(bytes / 4 + (bytes % 4 != 0));
    put(module, (count + 1) << 16 | OP_EXTENSION);
    put_all(module, words, count);
}

static void put_capability(struct module *module, uint32_t capability) {
    put(module, 2u << 16 | OP_CAPABILITY);
    put(module, capability);
}

static void put_bfloat16_type(struct module *module, const uint32_t *instruction) {
    put(module, 4u << 16 | OP_TYPE_FLOAT);
    put_all(module, instruction + 1, 2);
    put(module, ENCODING_BFLOAT16);
}

static bool is_extension_nv(const uint32_t *instruction) {
    const size_t bytes = (length(instruction) - 1) * sizeof *instruction;
    return bytes >= sizeof extension_nv && memcmp(instruction + 1, extension_nv, sizeof extension_nv) == 0;
}

/* An unsigned integer of 32 bits, behind which our constants can stand. */
static void put_int_type(struct module *module, const uint32_t *instruction) {
    put_all(module, instruction, length(instruction));
    if (module->has_constants || instruction[2] != 32 || instruction[3] != 0)
        return;
    for (uint32_t value = 0; value < 3; value++) {
        const uint32_t constant[] = {4u << 16 | OP_CONSTANT, instruction[1], module->constants + value,
                                     value};
        put_all(module, constant, 4);
    }
    module->has_constants = true;
}

static uint32_t constant(const struct module *module, uint32_t value) {
    if (!module->has_constants)
        stop("a matrix comes before the type uint");
    return module->constants + value;
}

static void put_type(struct module *module, const uint32_t *instruction) {
    const uint8_t use = module->use_of[checked(module, instruction[1])];
    if (use == USE_NONE)
        stop("no product says what the matrix type %%%u is for", instruction[1]);
    put(module, 7u << 16 | TYPE_KHR);
    put_all(module, instruction + 1, 5);
    put(module, constant(module, use));
}

/* Loads and stores: `before` words up to the pointer or the object, then stride and column-major, then what
 * says how memory is accessed. */
static void put_access(struct module *module, const uint32_t *instruction, uint32_t code, uint32_t before) {
    const uint32_t stride = instruction[1 + before], columns = checked(module, instruction[2 + before]);
    if (module->value_of[columns] < 0)
        stop("whether a matrix is stored by columns must be 'true' or 'false', no expression");
    put(module, length(instruction) << 16 | code);
    put_all(module, instruction + 1, before);
    put(module, constant(module, (uint32_t)module->value_of[columns]));
    put(module, stride);
    put_all(module, instruction + 3 + before, length(instruction) - 3 - before);
}

static void put_rewritten(struct module *module, const uint32_t *instruction) {
    const uint32_t code = opcode(instruction);
    if (code == OP_CAPABILITY && instruction[1] == CAPABILITY_NV) {
        put_capability(module, CAPABILITY_KHR);
        if (module->bfloat16)
            put_capability(module, CAPABILITY_BFLOAT16_MATRICES);
    } else if (code == OP_CAPABILITY && instruction[1] == CAPABILITY_FLOAT16 && module->bfloat16) {
        put_capability(module, CAPABILITY_BFLOAT16);
    } else if (code == OP_EXTENSION && is_extension_nv(instruction)) {
        put_extension(module, extension_khr);
        if (module->bfloat16)
            put_extension(module, extension_bfloat16);
    } else if (code == OP_TYPE_FLOAT && instruction[2] == 16 && module->bfloat16) {
        put_bfloat16_type(module, instruction);
    } else if (code == OP_TYPE_INT) {
        put_int_type(module, instruction);
    } else if (code == TYPE_NV) {
        put_type(module, instruction);
    } else if (code == LOAD_NV) {
        put_access(module, instruction, LOAD_KHR, 3);
    } else if (code == STORE_NV) {
        put_access(module, instruction, STORE_KHR, 2);
    } else if (code == PRODUCT_NV) {
        put(module, length(instruction) << 16 | PRODUCT_KHR);
        put_all(module, instruction + 1, length(instruction) - 1);
    } else {
        put_all(module, instruction, length(instruction));
    }
}

static void rewrite(struct module *module) {
    if (module->count < HEADER_WORDS || module->words[0] != MAGIC)
        stop("this is no SPIR-V");
    module->bound = module->words[BOUND];
    if (module->bound == 0 || module->bound > 1u << 22)
        stop("a bound of %u ids", module->bound);
    module->constants = module->bound;
    module->type_of = allocate(module->bound, sizeof *module->type_of);
    module->use_of = allocate(module->bound, sizeof *module->use_of);
    module->value_of = allocate(module->bound, sizeof *module->value_of);
    module->is_bfloat16 = allocate(module->bound, sizeof *module->is_bfloat16);
    memset(module->use_of, USE_NONE, module->bound);
    memset(module->value_of, -1, module->bound);
    module->out = allocate(2 * module->count + 64, sizeof *module->out); /* no instruction doubles */
    walk(module, learn_types);
    walk(module, learn_uses);
    if (module->bfloat16) {
        walk(module, learn_bfloat16);
        walk(module, check_bfloat16);
        if (module->half == 0)
            stop("there are no 16-bit floats to become bfloat16");
    }
    put_all(module, module->words, HEADER_WORDS);
    walk(module, put_rewritten);
    module->out[BOUND] = module->bound + 3;
}

/* ---- files ---- */

static uint32_t *read_words(const char *path, size_t *count) {
    enum { MOST_WORDS = 1 << 22 };
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        stop("%s: %s", path, strerror(errno));
    uint32_t *const words = allocate(MOST_WORDS, sizeof *words);
    *count = fread(words, sizeof *words, MOST_WORDS, file);
    if (ferror(file) || *count == MOST_WORDS)
        stop("%s: cannot be read, or is too large", path);
    fclose(file);
    return words;
}

static void write_words(const char *path, const uint32_t *words, size_t count) {
    FILE *const file = fopen(path, "wb");
    if (file == NULL || fwrite(words, sizeof *words, count, file) != count || fclose(file) != 0)
        stop("%s: cannot be written: %s", path, strerror(errno));
}

int main(int count, char **values) {
    struct module module = {.bfloat16 = count == 4 && strcmp(values[1], "--bf16") == 0};
    if (count != (module.bfloat16 ? 4 : 3))
        stop("usage: khr-matrices [--bf16] IN.spv OUT.spv");
    uint32_t *const words = read_words(values[count - 2], &module.count);
    module.words = words;
    rewrite(&module);
    write_words(values[count - 1], module.out, module.out_count);
    free(words);
    free(module.type_of);
    free(module.use_of);
    free(module.value_of);
    free(module.is_bfloat16);
    free(module.out);
    return EXIT_SUCCESS;
}
