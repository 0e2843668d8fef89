/* The rewriting of cooperative matrices from NVIDIA's extension to Khronos's (tools/khr_matrices.c), with
 * 16-bit floats as they are and as bfloat16: a module of which every word is known, and modules that are
 * refused. */
#include "data_files.h"

#include <sys/wait.h>

#define OPERATION(code, words) ((uint32_t)(words) << 16 | (code))

enum {
    VOID = 1,
    UINT,
    FLOAT,
    HALF,
    SCOPE,
    M,
    N,
    K,
    BOOL,
    TRUE,
    FALSE,
    C,
    A,
    B,
    STRIDE,
    X,
    Y,
    Z,
    POINTER,
    D,
    BOUND
};

/* Not a whole shader: what the tool passes over may be anything. */
/* clang-format off */
static const uint32_t module[] = {
    0x07230203, 0x00010500, 7, BOUND, 0,
    OPERATION(17, 2), 1,    /* capability Shader */
    OPERATION(17, 2), 9,    /* Float16 */
    OPERATION(17, 2), 5357, /* and that of the older extension */
    OPERATION(10, 8), 0x5F565053, 0x635F564E, 0x65706F6F, 0x69746172, 0x6D5F6576, 0x69727461, 0x78,
    OPERATION(21, 4), UINT, 32, 0,
    OPERATION(22, 3), FLOAT, 32,
    OPERATION(22, 3), HALF, 16,
    OPERATION(43, 4), UINT, SCOPE, 3,
    OPERATION(50, 4), UINT, M, 16,
    OPERATION(50, 4), UINT, N, 16,
    OPERATION(50, 4), UINT, K, 16,
    OPERATION(43, 4), UINT, STRIDE, 8,
    OPERATION(20, 2), BOOL,
    OPERATION(41, 3), BOOL, TRUE,
    OPERATION(42, 3), BOOL, FALSE,
    OPERATION(5358, 6), C, FLOAT, SCOPE, M, N,
    OPERATION(5358, 6), A, HALF, SCOPE, M, K,
    OPERATION(5358, 6), B, HALF, SCOPE, K, N,
    OPERATION(5359, 8), A, X, POINTER, STRIDE, FALSE, 0x28, SCOPE,
    OPERATION(5359, 6), B, Y, POINTER, STRIDE, TRUE,
    OPERATION(1, 3), C, Z,
    OPERATION(5361, 6), C, D, X, Y, Z,
    OPERATION(5360, 5), POINTER, D, STRIDE, FALSE,
};

enum { ZERO = BOUND, ONE, TWO }; /* the constants that the tool adds */

static const uint32_t rewritten[] = {
    0x07230203, 0x00010500, 7, BOUND + 3, 0,
    OPERATION(17, 2), 1,
    OPERATION(17, 2), 9,
    OPERATION(17, 2), 6022,
    OPERATION(10, 8), 0x5F565053, 0x5F52484B, 0x706F6F63, 0x74617265, 0x5F657669, 0x7274616D, 0x7869,
    OPERATION(21, 4), UINT, 32, 0,
    OPERATION(43, 4), UINT, ZERO, 0,
    OPERATION(43, 4), UINT, ONE, 1,
    OPERATION(43, 4), UINT, TWO, 2,
    OPERATION(22, 3), FLOAT, 32,
    OPERATION(22, 3), HALF, 16,
    OPERATION(43, 4), UINT, SCOPE, 3,
    OPERATION(50, 4), UINT, M, 16,
    OPERATION(50, 4), UINT, N, 16,
    OPERATION(50, 4), UINT, K, 16,
    OPERATION(43, 4), UINT, STRIDE, 8,
    OPERATION(20, 2), BOOL,
    OPERATION(41, 3), BOOL, TRUE,
    OPERATION(42, 3), BOOL, FALSE,
    OPERATION(4456, 7), C, FLOAT, SCOPE, M, N, TWO,
    OPERATION(4456, 7), A, HALF, SCOPE, M, K, ZERO,
    OPERATION(4456, 7), B, HALF, SCOPE, K, N, ONE,
    OPERATION(4457, 8), A, X, POINTER, ZERO, STRIDE, 0x28, SCOPE,
    OPERATION(4457, 6), B, Y, POINTER, ONE, STRIDE,
    OPERATION(1, 3), C, Z,
    OPERATION(4459, 6), C, D, X, Y, Z,
    OPERATION(4458, 5), POINTER, D, ZERO, STRIDE,
};

static const uint32_t rewritten_bf16[] = {
    0x07230203, 0x00010500, 7, BOUND + 3, 0,
    OPERATION(17, 2), 1,
    OPERATION(17, 2), 5116, /* BFloat16TypeKHR */
    OPERATION(17, 2), 6022,
    OPERATION(17, 2), 5118, /* BFloat16CooperativeMatrixKHR */
    OPERATION(10, 8), 0x5F565053, 0x5F52484B, 0x706F6F63, 0x74617265, 0x5F657669, 0x7274616D, 0x7869,
    OPERATION(10, 6), 0x5F565053, 0x5F52484B, 0x6F6C6662, 0x36317461, 0,
    OPERATION(21, 4), UINT, 32, 0,
    OPERATION(43, 4), UINT, ZERO, 0,
    OPERATION(43, 4), UINT, ONE, 1,
    OPERATION(43, 4), UINT, TWO, 2,
    OPERATION(22, 3), FLOAT, 32,
    OPERATION(22, 4), HALF, 16, 0,
    OPERATION(43, 4), UINT, SCOPE, 3,
    OPERATION(50, 4), UINT, M, 16,
    OPERATION(50, 4), UINT, N, 16,
    OPERATION(50, 4), UINT, K, 16,
    OPERATION(43, 4), UINT, STRIDE, 8,
    OPERATION(20, 2), BOOL,
    OPERATION(41, 3), BOOL, TRUE,
    OPERATION(42, 3), BOOL, FALSE,
    OPERATION(4456, 7), C, FLOAT, SCOPE, M, N, TWO,
    OPERATION(4456, 7), A, HALF, SCOPE, M, K, ZERO,
    OPERATION(4456, 7), B, HALF, SCOPE, K, N, ONE,
    OPERATION(4457, 8), A, X, POINTER, ZERO, STRIDE, 0x28, SCOPE,
    OPERATION(4457, 6), B, Y, POINTER, ONE, STRIDE,
    OPERATION(1, 3), C, Z,
    OPERATION(4459, 6), C, D, X, Y, Z,
    OPERATION(4458, 5), POINTER, D, ZERO, STRIDE,
};

/* clang-format on */

static char said[4096];

/* Runs the tool on words and returns its exit status; what it said is in `said`. */
static int run(const char *option, const uint32_t *words, size_t bytes) {
    static char command[2048];
    write_bytes(in_folder("in.spv"), words, bytes);
    snprintf(command, sizeof command, "'%s' %s '%s' '%s' 2>'%s'", MNSP_KHR_MATRICES, option,
             in_folder("in.spv"), in_folder("out.spv"), in_folder("said"));
    const int status = system(command);
    FILE *const file = fopen(in_folder("said"), "rb");
    assert_non_null(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void assert_becomes(const char *option, const uint32_t *expected, size_t bytes) {
    static uint32_t out[256];
    assert_int_equal(run(option, module, sizeof module), 0);
    FILE *const file = fopen(in_folder("out.spv"), "rb");
    assert_non_null(file);
    assert_int_equal(fread(out, 1, sizeof out, file), bytes);
    fclose(file);
    assert_memory_equal(out, expected, bytes);
}

static void every_word_is_as_it_should_be(void **state) {
    (void)state;
    assert_becomes("", rewritten, sizeof rewritten);
    assert_becomes("--bf16", rewritten_bf16, sizeof rewritten_bf16);
}

static void assert_refuses_with(const char *option, size_t word, uint32_t old, uint32_t new,
                                const char *reason) {
    uint32_t words[sizeof module / sizeof module[0]];
    memcpy(words, module, sizeof module);
    assert_int_equal(words[word], old);
    words[word] = new;
    assert_int_equal(run(option, words, sizeof words), 1);
    if (strstr(said, reason) == NULL)
        fail_msg("'%s' is not in '%s'", reason, said);
}

static void assert_refuses(size_t word, uint32_t old, uint32_t new, const char *reason) {
    assert_refuses_with("", word, old, new, reason);
}

/* The place of an instruction, counted from the end: -1 is the last word. */
static size_t from_end(size_t words) {
    return sizeof module / sizeof module[0] - words;
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    assert_refuses(0, 0x07230203, 0x07230204, "no SPIR-V");
    assert_refuses(3, BOUND, 0, "bound");
    assert_refuses(3, BOUND, D, "below the module's bound");
    assert_refuses(from_end(5), OPERATION(5360, 5), OPERATION(5360, 6), "cut off");
    assert_refuses(from_end(5), OPERATION(5360, 5), OPERATION(5360, 0), "cut off");
    assert_refuses(from_end(5), OPERATION(5360, 5), OPERATION(5362, 5), "lengths");
    assert_refuses(from_end(1), FALSE, STRIDE, "no expression");
    assert_refuses(from_end(7), Y, X, "is both");
    assert_refuses(from_end(7), Y, POINTER, "nothing is known");
    assert_refuses(from_end(11), OPERATION(5361, 6), OPERATION(4459, 6), "no product");
}

/* A sum of matrices, one that is converted, one that is filled with a number; a
 * number; an array of numbers. */
static void bfloat16_is_for_matrices_alone(void **state) {
    (void)state;
    const size_t type_of_a = from_end(40), first_load = from_end(28), second_load = from_end(20),
                 undefined = from_end(14);
    const char *const reason = "not in matrices alone";
    assert_refuses_with("--bf16", first_load, OPERATION(5359, 8), OPERATION(129, 8), reason);
    assert_refuses_with("--bf16", second_load, OPERATION(5359, 6), OPERATION(115, 6), reason);
    assert_refuses_with("--bf16", second_load, OPERATION(5359, 6), OPERATION(80, 6), reason);
    assert_refuses_with("--bf16", undefined + 1, C, HALF, reason);
    assert_refuses_with("--bf16", type_of_a, OPERATION(5358, 6), OPERATION(28, 6), reason);
}

static void modules_without_16_bit_floats_are_refused(void **state) {
    (void)state;
    enum { HALF_WIDTH = 28 };
    assert_refuses_with("--bf16", HALF_WIDTH, 16, 64, "no 16-bit floats");
}

static void files_that_are_cut_off_are_refused(void **state) {
    (void)state;
    for (size_t words = 0; words < sizeof module / sizeof module[0]; words++) {
        const int status = run("", module, words * 4);
        assert_in_range(status, 0, 1); /* some prefixes are whole modules */
        if (words < 5)
            assert_int_equal(status, 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_as_it_should_be),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(bfloat16_is_for_matrices_alone),
        cmocka_unit_test(modules_without_16_bit_floats_are_refused),
        cmocka_unit_test(files_that_are_cut_off_are_refused),
    };
    return cmocka_run_group_tests_name("khr_matrices", tests, make_test_folder, remove_test_folder);
}
