/* shader_interface.c: writes the GLSL interface of one operator from spec/operators.def.
 *
 *     shader-interface layernorm build/generated/interface/layernorm/interface.glsl
 *
 * The shader includes it as "interface.glsl" and finds every argument under the name it has in the table:
 * tensors as arrays x[], sizes and reals as push constants, HAS_<name> for optional tensors, and its
 * workgroup size as specialisation constant 1. A shader that wants to see a tensor as another type (vec4,
 * say) defines TYPE_<name> before the include. Errors go to stderr, exit status 1.
 *
 * LOAD_<name>(i) and STORE_<name>(i, value) are x[i]; of a tensor that may be stored in 16 bits they convert,
 * if constant 0 says that it is (shaders/include/format.glsl). Its vec4 must then be four elements of it. A type that
 * is no vec4 is made one by FROM_MEMORY, if the shader defines it (shaders/include/loads.glsl).
 */
#include <stdio.h>
#include <string.h>

enum kind { TENSOR_OUT, TENSOR_OUT_OPTIONAL, TENSOR_IN, TENSOR_OPTIONAL, TENSOR_INOUT, NUMBER };

enum { STORED_16 = 8 };

struct argument {
    const char *name, *type;
    int kind; /* enum kind, and STORED_16 where it may be stored in 16 bits */
};

#define OUT(n)                                                                                               \
    { #n, "float", TENSOR_OUT }
#define OUT_U(n)                                                                                             \
    { #n, "uint", TENSOR_OUT }
#define OUT_OPTIONAL(n)                                                                                      \
    { #n, "float", TENSOR_OUT_OPTIONAL }
#define IN(n)                                                                                                \
    { #n, "float", TENSOR_IN }
#define IN_U(n)                                                                                              \
    { #n, "uint", TENSOR_IN }
#define OPTIONAL(n)                                                                                          \
    { #n, "float", TENSOR_OPTIONAL }
#define OPTIONAL_U(n)                                                                                        \
    { #n, "uint", TENSOR_OPTIONAL }
#define INOUT(n)                                                                                             \
    { #n, "float", TENSOR_INOUT }
#define SIZE(n)                                                                                              \
    { #n, "uint", NUMBER }
#define REAL(n)                                                                                              \
    { #n, "float", NUMBER }
#define OUT_16(n, row)                                                                                       \
    { #n, "float", TENSOR_OUT | STORED_16 }
#define OUT_OPTIONAL_16(n, row)                                                                              \
    { #n, "float", TENSOR_OUT_OPTIONAL | STORED_16 }
#define IN_16(n, row)                                                                                        \
    { #n, "float", TENSOR_IN | STORED_16 }
#define OPTIONAL_16(n, row)                                                                                  \
    { #n, "float", TENSOR_OPTIONAL | STORED_16 }
#define OPERATOR(name, gradient, bound, grid, ...)                                                           \
    static const struct argument arguments_##name[] = {__VA_ARGS__};
#include "spec/operators.def"

static const struct {
    const char *name;
    const struct argument *arguments;
    size_t count;
} operators[] = {
#define OPERATOR(name, gradient, bound, grid, ...)                                                           \
    {#name, arguments_##name, sizeof arguments_##name / sizeof arguments_##name[0]},
#include "spec/operators.def"
};

static enum kind kind_of(const struct argument *a) {
    return a->kind & ~STORED_16;
}

static int may_be_16(const struct argument *a) {
    return (a->kind & STORED_16) != 0;
}

static int is_read_only(const struct argument *a) {
    return kind_of(a) == TENSOR_IN || kind_of(a) == TENSOR_OPTIONAL;
}

/* A block, and a second one at the same binding if there are two ways to store the tensor: of each
 * dispatch, one of them is in use. */
static void write_blocks(FILE *file, const struct argument *a, size_t binding) {
    const char *const access = is_read_only(a) ? "readonly " : "";
    fprintf(file, "#ifndef TYPE_%s\n#define TYPE_%s %s\n#endif\n", a->name, a->name, a->type);
    fprintf(file, "layout(std430, set = 0, binding = %zu) %sbuffer Buffer_%s { TYPE_%s %s[]; };\n", binding,
            access, a->name, a->name, a->name);
    if (may_be_16(a))
        fprintf(file, "layout(std430, set = 0, binding = %zu) %sbuffer Words_%s { uvec2 words_%s[]; };\n",
                binding, access, a->name, a->name);
}

static void write_access(FILE *file, const struct argument *a, size_t binding) {
    const char *const n = a->name;
    if (!may_be_16(a)) {
        fprintf(file, "#define LOAD_%s(i) FROM_MEMORY(%s[i])\n", n, n);
        if (!is_read_only(a))
            fprintf(file, "#define STORE_%s(i, value) %s[i] = value;\n", n, n);
        return;
    }
    fprintf(file, "const uint FORMAT_%s = (STORED >> %zuu & 3u) - 1u;\n", n, 2 * binding);
    fprintf(file,
            "#define LOAD_%s(i) (FORMAT_%s == F32 ? FROM_MEMORY(%s[i]) : wide(words_%s[i], FORMAT_%s))\n", n,
            n, n, n, n);
    if (is_read_only(a)) {
        fprintf(file,
                "#define LOAD_ONE_%s(i) (FORMAT_%s == F32 ? %s[i] : "
                "wide_one(words_%s[(i) / 4u][(i) / 2u %% 2u], i, FORMAT_%s))\n",
                n, n, n, n, n);
        fprintf(file, "#define ROUNDED_%s(value) (FORMAT_%s == PRECISION ? value : rounded(value))\n", n, n);
    } else {
        fprintf(file,
                "#define STORE_%s(i, value) { if (FORMAT_%s == F32) %s[i] = value; "
                "else words_%s[i] = narrow(value, FORMAT_%s); }\n",
                n, n, n, n, n);
    }
}

static void write_interface(FILE *file, const char *name, const struct argument *arguments, size_t count) {
    fprintf(file, "// Generated from spec/operators.def for %s; see tools/shader_interface.c.\n", name);
    fprintf(file, "#ifndef FROM_MEMORY\n#define FROM_MEMORY(x) x\n#endif\n");
    fprintf(file, "layout(constant_id = 0) const uint STORED = 0x55555555u;\n");
    fprintf(file, "layout(local_size_x = 256, local_size_y = 1, local_size_z = 1) in;\n");
    fprintf(file, "layout(local_size_x_id = 1) in;\n");
    for (size_t i = 0; i < count; i++)
        if (may_be_16(&arguments[i])) {
            fprintf(file, "#include \"format.glsl\"\n");
            break;
        }
    for (size_t i = 0; i < count; i++) {
        const struct argument *const a = &arguments[i];
        if (a->kind == NUMBER)
            continue;
        write_blocks(file, a, i);
        write_access(file, a, i);
        if (kind_of(a) == TENSOR_OPTIONAL || kind_of(a) == TENSOR_OUT_OPTIONAL)
            fprintf(file, "#define HAS_%s ((STORED >> %zuu & 3u) != 0u)\n", a->name, 2 * i);
    }
    fprintf(file, "layout(push_constant) uniform Parameters {\n");
    for (size_t i = 0; i < count; i++)
        if (arguments[i].kind == NUMBER)
            fprintf(file, "    %s %s;\n", arguments[i].type, arguments[i].name);
    fprintf(file, "};\n");
}

int main(int count, char **values) {
    if (count != 3) {
        fprintf(stderr, "usage: shader-interface OPERATOR FILE\n");
        return 1;
    }
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (strcmp(operators[i].name, values[1]) != 0)
            continue;
        FILE *const file = fopen(values[2], "w");
        if (file == NULL) {
            perror(values[2]);
            return 1;
        }
        write_interface(file, operators[i].name, operators[i].arguments, operators[i].count);
        if (fclose(file) != 0) {
            perror(values[2]);
            return 1;
        }
        return 0;
    }
    fprintf(stderr, "shader-interface: no operator '%s' in spec/operators.def\n", values[1]);
    return 1;
}
