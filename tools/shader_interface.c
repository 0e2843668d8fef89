/* shader_interface.c: writes the GLSL interface of one operator from spec/operators.def.
 *
 *     shader-interface layernorm build/generated/interface/layernorm/interface.glsl
 *
 * The shader includes it as "interface.glsl" and finds every argument under the name it has in the table:
 * tensors as arrays x[], sizes and reals as push constants, HAS_<name> for optional tensors, and its
 * workgroup size as specialisation constant 1. A shader that wants to see a tensor as another type (vec4,
 * say) defines TYPE_<name> before the include. Errors go to stderr, exit status 1.
 */
#include <stdio.h>
#include <string.h>

enum kind { TENSOR_OUT, TENSOR_OUT_OPTIONAL, TENSOR_IN, TENSOR_OPTIONAL, TENSOR_INOUT, NUMBER };

struct argument {
    const char *name, *type;
    enum kind kind;
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

static void write_interface(FILE *file, const char *name, const struct argument *arguments, size_t count) {
    fprintf(file, "// Generated from spec/operators.def for %s; see tools/shader_interface.c.\n", name);
    fprintf(file, "layout(constant_id = 0) const uint PRESENT = 0xFFFFFFFFu;\n");
    fprintf(file, "layout(local_size_x = 256, local_size_y = 1, local_size_z = 1) in;\n");
    fprintf(file, "layout(local_size_x_id = 1) in;\n");
    for (size_t i = 0; i < count; i++) {
        const struct argument *const a = &arguments[i];
        if (a->kind == NUMBER)
            continue;
        fprintf(file, "#ifndef TYPE_%s\n#define TYPE_%s %s\n#endif\n", a->name, a->name, a->type);
        fprintf(file, "layout(std430, set = 0, binding = %zu) %sbuffer Buffer_%s { TYPE_%s %s[]; };\n", i,
                a->kind == TENSOR_IN || a->kind == TENSOR_OPTIONAL ? "readonly " : "", a->name, a->name,
                a->name);
        if (a->kind == TENSOR_OPTIONAL || a->kind == TENSOR_OUT_OPTIONAL)
            fprintf(file, "#define HAS_%s ((PRESENT & %uu) != 0u)\n", a->name, 1u << i);
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
