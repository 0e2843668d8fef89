/* The objectives as graphs: against the walkthrough, against each other, and in all their settings. */
#include "objective_fixture.h"

/* ---- against the walkthrough ---- */

/* Both call the same scalar functions on the same rows, so that all arrays are equal to the bit; only the
 * terms may be added up in another order, which costs at most a rounding each, 2^-24. */
static void assert_same(double ours, double theirs) {
    assert_true(theirs > 0.1); /* of a loss that means something */
    if (!(fabs(ours - theirs) <= 4 * 0x1p-24 * theirs))
        fail_msg("%.9g is not %.9g", ours, theirs);
}

static const struct tensor *find_term(const struct fixture *f, const char *name) {
    for (size_t i = 0; i < f->objective.term_count; i++)
        if (strcmp(f->objective.terms[i].name, name) == 0)
            return f->objective.terms[i].tensor;
    return NULL;
}

static void assert_term(const struct fixture *f, const char *name, double theirs) {
    float ours;
    const struct tensor *const term = find_term(f, name);
    assert_non_null(term);
    assert_ok(executor_read(f->executor, term, &ours));
    assert_same(ours, theirs);
}

static void test_mae_walkthrough(void **state) {
    (void)state;
    for (int table = POSITION_FOLDED; table <= POSITION_TRUE; table++) {
        struct objective_settings settings = fixture_settings(OBJECTIVE_MAE);
        settings.position_table = (enum position_table)table;
        settings.patch_width = table == POSITION_FOLDED ? 8 : 4; /* 4 x 4 patches */
        struct fixture f;
        fixture_open(&f, &settings, NULL, false);
        const struct walkthrough_weights weights = {fixture_find_weight, &f};
        const struct walkthrough_sizes sizes = fixture_sizes(&settings);
        float *const image = fixture_read(&f, f.objective.image);
        float *const noise = fixture_read(&f, f.objective.mask_noise);
        float theirs;
        assert_ok(walkthrough_mae(&theirs, &weights, &sizes, image, noise));
        assert_same(fixture_loss(&f), theirs);
        free(image);
        free(noise);
        fixture_close(&f);
    }
}

static void compare_pretraining(const struct objective_settings *settings) {
    struct fixture f;
    fixture_open(&f, settings, NULL, false);
    const struct walkthrough_weights weights = {fixture_find_weight, &f};
    const struct walkthrough_sizes sizes = fixture_sizes(settings);
    float *const image = fixture_read(&f, f.objective.image);
    float *const guidance = fixture_read(&f, f.objective.guidance);
    float *const noise = fixture_read(&f, f.objective.mask_noise);
    struct walkthrough_losses theirs;
    if (settings->kind == OBJECTIVE_LMIM)
        assert_ok(walkthrough_lmim(&theirs, &weights, &sizes, image, guidance, noise));
    else
        assert_ok(walkthrough_mnsp(&theirs, &weights, &sizes, image, guidance, noise));
    assert_same(fixture_loss(&f), theirs.loss);
    assert_term(&f, "mim", theirs.mim);
    assert_term(&f, "mla", theirs.mla);
    if (settings->scales > 1)
        assert_term(&f, "nsp", theirs.nsp);
    free(image);
    free(guidance);
    free(noise);
    fixture_close(&f);
}

static void test_lmim_walkthrough(void **state) {
    (void)state;
    const struct objective_settings settings = fixture_settings(OBJECTIVE_LMIM);
    compare_pretraining(&settings);
}

static void test_mnsp_walkthrough(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_MNSP);
    for (settings.scales = 1; settings.scales <= 3; settings.scales++)
        compare_pretraining(&settings);
}

static void test_recognition_walkthrough(void **state) {
    (void)state;
    const struct objective_settings settings = fixture_settings(OBJECTIVE_RECOGNITION);
    struct fixture f;
    fixture_open(&f, &settings, NULL, false);
    const struct walkthrough_weights weights = {fixture_find_weight, &f};
    const struct walkthrough_sizes sizes = fixture_sizes(&settings);
    float *const image = fixture_read(&f, f.objective.image);
    uint32_t target[FIXTURE_BATCH * 5], length[FIXTURE_BATCH];
    assert_ok(executor_read(f.executor, f.objective.target, target));
    assert_ok(executor_read(f.executor, f.objective.length, length));
    float theirs;
    assert_ok(walkthrough_recognition(&theirs, &weights, &sizes, image, target, length));
    assert_same(fixture_loss(&f), theirs);
    free(image);
    fixture_close(&f);
}

static const float *find_nothing(void *context, const char *name, size_t count) {
    (void)context;
    (void)name;
    (void)count;
    return NULL;
}

static void test_walkthrough_without_weights(void **state) {
    (void)state;
    const struct objective_settings settings = fixture_settings(OBJECTIVE_MAE);
    struct walkthrough_sizes sizes = fixture_sizes(&settings);
    const float image[FIXTURE_BATCH * 3 * 8 * 32] = {0}, noise[FIXTURE_BATCH * 32] = {0};
    float loss;
    const struct walkthrough_weights weights = {find_nothing, NULL};
    assert_int_equal(walkthrough_mae(&loss, &weights, &sizes, image, noise), STATUS_INVALID);
    assert_non_null(strstr(status_message(), "pos_embed"));
    sizes.patch_width = 0;
    assert_int_equal(walkthrough_mae(&loss, &weights, &sizes, image, noise), STATUS_USAGE);
}

/* ---- MNSP at one scale is LMIM, to the bit, dropout included ---- */

static void test_one_scale_is_lmim(void **state) {
    (void)state;
    struct fixture lmim, mnsp;
    struct objective_settings settings = fixture_settings(OBJECTIVE_LMIM);
    settings.decoder_dropout = 0.25F;
    fixture_open(&lmim, &settings, NULL, true);
    settings.kind = OBJECTIVE_MNSP;
    settings.scales = 1;
    fixture_open(&mnsp, &settings, NULL, true);
    assert_true(fixture_loss(&lmim) == fixture_loss(&mnsp));
    size_t compared = 0;
    for (size_t i = 0; i < graph_tensor_count(lmim.graph); i++) {
        const struct tensor *const p = graph_tensor(lmim.graph, i);
        if (!fixture_is_parameter(p))
            continue;
        const struct tensor *const q = graph_find(mnsp.graph, p->name);
        assert_non_null(q);
        assert_int_equal(p->differentiable, q->differentiable);
        if (!p->differentiable)
            continue;
        float *const a = fixture_read(&lmim, graph_gradient(lmim.graph, p));
        float *const b = fixture_read(&mnsp, graph_gradient(mnsp.graph, q));
        assert_memory_equal(a, b, p->elements * sizeof *a);
        free(a);
        free(b);
        compared++;
    }
    assert_true(compared > 70);
    fixture_close(&lmim);
    fixture_close(&mnsp);
}

/* ---- gradients reach what they should ---- */

static double norm(const float *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * values[i];
    return sqrt(sum);
}

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Every trainable parameter has a gradient that is finite and not zero; what is frozen has none. */
static void check_all_gradients(struct fixture *f) {
    const float loss = fixture_loss(f);
    assert_true(loss > 0 && isfinite(loss));
    for (size_t i = 0; i < graph_tensor_count(f->graph); i++) {
        const struct tensor *const p = graph_tensor(f->graph, i);
        if (!fixture_is_parameter(p))
            continue;
        const struct tensor *const gradient = graph_gradient(f->graph, p);
        const bool frozen = strncmp(p->name, "model_maeenc_momentum.", 22) == 0 ||
                            ends_with(p->name, "pos_embed") || ends_with(p->name, "position_table");
        assert_int_equal(p->differentiable, !frozen);
        if (frozen) {
            assert_null(gradient);
            continue;
        }
        if (gradient == NULL)
            fail_msg("%s has no gradient", p->name);
        float *const values = fixture_read(f, gradient);
        const double size = norm(values, p->elements);
        if (!(size > 1e-6 && isfinite(size)))
            fail_msg("the gradient of %s has the norm %g", p->name, size);
        free(values);
    }
}

/* Opens, checks, and says whether the graph has parameters of these names. */
static void check_settings(const struct objective_settings *settings, const char *has, const char *lacks) {
    struct fixture f;
    fixture_open(&f, settings, NULL, true);
    check_all_gradients(&f);
    if (has != NULL)
        assert_non_null(graph_find(f.graph, has));
    if (lacks != NULL)
        assert_null(graph_find(f.graph, lacks));
    fixture_close(&f);
}

static void test_default_settings(void **state) {
    (void)state;
    for (int kind = OBJECTIVE_MAE; kind <= OBJECTIVE_RECOGNITION; kind++) {
        const struct objective_settings settings = fixture_settings((enum objective_kind)kind);
        check_settings(&settings, NULL, NULL);
    }
}

static void test_coupling(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_MNSP);
    check_settings(&settings, "nsp_query", "nsp_pred.weight");
    settings.coupling = OBJECTIVE_COUPLING_FUSED;
    check_settings(&settings, "nsp_embed.weight", "nsp_query");
    settings.align = OBJECTIVE_ALIGN_OFF;
    check_settings(&settings, "scale_embed", "decoder_scale_embed");
}

static void test_targets(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_MNSP);
    settings.nsp_target = OBJECTIVE_NSP_TEACHER;
    check_settings(&settings, NULL, "nsp_pred.weight");
    settings.nsp_target = OBJECTIVE_NSP_PIXELS;
    check_settings(&settings, "nsp_pred.weight", NULL);
    settings.mim_target = OBJECTIVE_MIM_PIXELS; /* no teacher at all, one head for both */
    check_settings(&settings, NULL, "nsp_pred.weight");
    check_settings(&settings, NULL, "model_maeenc_momentum.cls_token");
    settings.nsp_target = OBJECTIVE_NSP_POOLED;
    check_settings(&settings, "nsp_pred.weight", NULL);
    settings = fixture_settings(OBJECTIVE_LMIM);
    settings.mim_target = OBJECTIVE_MIM_PIXELS;
    check_settings(&settings, NULL, "model_maeenc_momentum.cls_token");
}

static void test_weights(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_MNSP);
    settings.weight_mim = settings.weight_mla = 0; /* next-scale prediction alone */
    struct fixture f;
    fixture_open(&f, &settings, NULL, true);
    assert_null(f.objective.guidance);
    assert_null(f.objective.mask_noise);
    assert_int_equal(f.objective.term_count, 1);
    check_all_gradients(&f);
    fixture_close(&f);

    settings.weight_mim = 0.5;
    settings.weight_nsp = 2;
    settings.weight_mla = 4;
    fixture_open(&f, &settings, NULL, false);
    const float loss = fixture_loss(&f);
    float mim, nsp, mla;
    assert_ok(executor_read(f.executor, find_term(&f, "mim"), &mim));
    assert_ok(executor_read(f.executor, find_term(&f, "nsp"), &nsp));
    assert_ok(executor_read(f.executor, find_term(&f, "mla"), &mla));
    assert_same(loss, 0.5 * mim + 2 * nsp + 4 * mla);
    fixture_close(&f);
}

/* ---- alignment ---- */

static float alignment_loss(const struct objective_settings *settings, float **query_gradient) {
    struct fixture f;
    fixture_open(&f, settings, NULL, true);
    const float loss = fixture_loss(&f);
    const struct tensor *const p = graph_find(f.graph, "model_maeenc.norm.weight");
    *query_gradient = fixture_read(&f, graph_gradient(f.graph, p));
    fixture_close(&f);
    return loss;
}

static void test_alignment(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_MNSP);
    settings.align = OBJECTIVE_ALIGN_ADJACENT;
    check_settings(&settings, NULL, NULL);
    settings.align = OBJECTIVE_ALIGN_OFF;
    check_settings(&settings, NULL, NULL);

    /* At one scale, adjacent and all are the same. Stopping the gradient leaves the loss as it is. */
    settings.scales = 1;
    float *all, *adjacent, *stopped;
    settings.align = OBJECTIVE_ALIGN_ALL;
    const float loss = alignment_loss(&settings, &all);
    settings.align = OBJECTIVE_ALIGN_ADJACENT;
    assert_true(alignment_loss(&settings, &adjacent) == loss);
    assert_memory_equal(all, adjacent, settings.width * sizeof *all);
    settings.align_stop_gradient = true;
    assert_true(alignment_loss(&settings, &stopped) == loss);
    assert_memory_not_equal(all, stopped, settings.width * sizeof *all);
    free(all);
    free(adjacent);
    free(stopped);
}

/* ---- a teacher that follows ---- */

static void test_momentum_teacher(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_LMIM);
    settings.teacher = OBJECTIVE_TEACHER_MOMENTUM;
    settings.teacher_momentum = 0.75;
    struct graph *g;
    struct objective objective;
    assert_ok(graph_create(&g));
    assert_ok(objective_build(g, &settings, FIXTURE_BATCH, &objective));
    const uint32_t start = objective_teacher_start(g, &settings), update = graph_segment(g);
    objective_after_update(g, &settings, NULL);
    struct fixture f = {.settings = settings, .graph = g};
    assert_ok(executor_create(&f.executor, g, NULL, false));
    fixture_write_parameters(&f);

    const struct tensor *const student = graph_find(g, "model_maeenc.blocks.1.mlp.fc1.weight");
    const struct tensor *const teacher = graph_find(g, "model_maeenc_momentum.blocks.1.mlp.fc1.weight");
    float *const s = fixture_read(&f, student), *const before = fixture_read(&f, teacher);
    assert_ok(executor_run(f.executor, update));
    float *const after = fixture_read(&f, teacher);
    for (size_t i = 0; i < teacher->elements; i++)
        assert_true(fabs(after[i] - (0.75 * before[i] + 0.25 * s[i])) <= 0x1p-24 * fabs(after[i]) + 0x1p-149);
    assert_memory_not_equal(before, after, teacher->elements * sizeof *after);

    assert_ok(executor_run(f.executor, start));
    size_t followed = 0;
    for (size_t i = 0; i < graph_tensor_count(g); i++) {
        const char *const name = graph_tensor(g, i)->name;
        if (strncmp(name, "model_maeenc_momentum.", 22) != 0)
            continue;
        char other[FIXTURE_NAME];
        snprintf(other, sizeof other, "model_maeenc.%s", name + 22);
        float *const a = fixture_read(&f, graph_tensor(g, i)), *const b =
                                                                   fixture_read(&f, graph_find(g, other));
        assert_memory_equal(a, b, graph_tensor(g, i)->elements * sizeof *a);
        free(a);
        free(b);
        followed++;
    }
    assert_int_equal(followed, 6 + 12 * settings.depth); /* 4 of the images, norm, blocks */
    free(s);
    free(before);
    free(after);
    fixture_close(&f);
}

static void test_frozen_teacher(void **state) {
    (void)state;
    const struct objective_settings settings = fixture_settings(OBJECTIVE_LMIM);
    struct graph *g;
    struct objective objective;
    assert_ok(graph_create(&g));
    assert_ok(objective_build(g, &settings, FIXTURE_BATCH, &objective));
    const size_t nodes = graph_node_count(g);
    (void)objective_teacher_start(g, &settings);
    objective_after_update(g, &settings, NULL);
    assert_int_equal(graph_node_count(g), nodes);
    graph_destroy(g);
}

/* ---- masks ---- */

static void test_kept_tokens(void **state) {
    (void)state;
    assert_int_equal(objective_kept_tokens(256, 0.8), 51);
    assert_int_equal(objective_kept_tokens(256, 0.75), 64);
    assert_int_equal(objective_kept_tokens(256, 0.6), 102);
    assert_int_equal(objective_kept_tokens(100, 0.9), 9); /* 100 * (1 - 0.9) is 9.999..., as in Python */
}

static void test_drawn_masks(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_MAE);
    settings.given_noise = false;
    struct fixture f;
    fixture_open(&f, &settings, NULL, false);
    assert_null(f.objective.mask_noise);
    const struct tensor *const removed = objective_output(&f.objective, "removed");
    uint32_t masks[2][FIXTURE_BATCH * 32];
    assert_int_equal(removed->elements, FIXTURE_BATCH * 32);
    for (uint32_t step = 0; step < 2; step++) {
        const uint32_t random[4] = {5, 0, step, 0};
        assert_ok(executor_write(f.executor, graph_find(f.graph, "random"), random));
        assert_true(isfinite(fixture_loss(&f)));
        assert_ok(executor_read(f.executor, removed, masks[step]));
        for (size_t b = 0; b < FIXTURE_BATCH; b++) {
            size_t count = 0;
            for (size_t i = 0; i < 32; i++)
                count += masks[step][b * 32 + i];
            assert_int_equal(count, 32 - objective_kept_tokens(32, settings.mask_ratio));
        }
    }
    assert_memory_not_equal(masks[0], masks[1], sizeof masks[0]);
    assert_memory_not_equal(masks[0], masks[0] + 32, 32 * sizeof(uint32_t));
    fixture_close(&f);
}

/* ---- outputs ---- */

static void check_same_gradients(const struct fixture *a, const struct fixture *b) {
    for (size_t i = 0; i < graph_tensor_count(a->graph); i++) {
        const struct tensor *const p = graph_tensor(a->graph, i);
        if (!fixture_is_parameter(p) || graph_gradient(a->graph, p) == NULL)
            continue;
        const struct tensor *const q = graph_find(b->graph, p->name);
        float *const x = fixture_read(a, graph_gradient(a->graph, p));
        float *const y = fixture_read(b, graph_gradient(b->graph, q));
        assert_memory_equal(x, y, p->elements * sizeof *x);
        free(x);
        free(y);
    }
}

/* Without its outputs an objective computes the same, in less memory. */
static void test_unwanted_outputs(void **state) {
    (void)state;
    for (enum objective_kind kind = OBJECTIVE_MAE; kind <= OBJECTIVE_RECOGNITION; kind++) {
        struct objective_settings settings = fixture_settings(kind);
        struct fixture wanted, unwanted;
        fixture_open(&wanted, &settings, NULL, true);
        settings.keep_outputs = false;
        fixture_open(&unwanted, &settings, NULL, true);
        assert_true(wanted.objective.output_count > 0);
        assert_int_equal(unwanted.objective.output_count, 0);
        assert_true(fixture_loss(&wanted) == fixture_loss(&unwanted));
        check_same_gradients(&wanted, &unwanted);
        assert_true(plan_bytes(executor_plan(unwanted.executor)) <
                    plan_bytes(executor_plan(wanted.executor)));
        fixture_close(&wanted);
        fixture_close(&unwanted);
    }
}

/* ---- settings that cannot be ---- */

static void refuse(const struct objective_settings *settings, size_t batch, const char *word) {
    struct graph *g;
    struct objective objective;
    assert_ok(graph_create(&g));
    assert_int_equal(objective_build(g, settings, batch, &objective), STATUS_USAGE);
    if (strstr(status_message(), word) == NULL)
        fail_msg("\"%s\" does not say %s", status_message(), word);
    graph_destroy(g);
}

static void test_bad_settings(void **state) {
    (void)state;
    const struct objective_settings good = fixture_settings(OBJECTIVE_MNSP);
    struct objective_settings s = good;
    refuse(&s, 0, "batch");
    s.mask_ratio = 1;
    refuse(&s, 2, "mask_ratio");
    s.mask_ratio = 0;
    refuse(&s, 2, "mask_ratio");
    s.mask_ratio = NAN;
    refuse(&s, 2, "mask_ratio");
    s = good;
    s.heads = 5;
    refuse(&s, 2, "heads");
    s = good;
    s.decoder_heads = 0;
    refuse(&s, 2, "heads");
    s = good;
    s.patch_width = 5;
    refuse(&s, 2, "patches");
    s = good;
    s.patch_height = 0;
    refuse(&s, 2, "patches");
    s = good;
    s.scales = 4; /* 4 rows of patches can be halved twice */
    refuse(&s, 2, "scales");
    s.scales = 0;
    refuse(&s, 2, "scales");
    s = good;
    s.position_table = POSITION_FOLDED;
    refuse(&s, 2, "square");
    s = good;
    s.weight_mim = s.weight_nsp = s.weight_mla = 0;
    refuse(&s, 2, "weight");
    s = fixture_settings(OBJECTIVE_RECOGNITION);
    s.max_length = 201;
    refuse(&s, 2, "positions");
    s = fixture_settings(OBJECTIVE_RECOGNITION);
    s.recognition_depth = 33;
    refuse(&s, 2, "layers");
    s = fixture_settings(OBJECTIVE_RECOGNITION);
    s.recognition_heads = 4;
    refuse(&s, 2, "heads");
}

/* The published networks have the published numbers of parameters. */
static size_t trainable(enum objective_kind kind, const char *prefix) {
    const struct objective_settings settings = objective_defaults(kind);
    struct graph *g;
    struct objective objective;
    size_t count = 0;
    assert_ok(graph_create(&g));
    assert_ok(objective_build(g, &settings, 1, &objective));
    for (size_t i = 0; i < graph_tensor_count(g); i++) {
        const struct tensor *const p = graph_tensor(g, i);
        if (fixture_is_parameter(p) && p->differentiable && strncmp(p->name, prefix, strlen(prefix)) == 0)
            count += p->elements;
    }
    graph_destroy(g);
    return count;
}

static void test_published_sizes(void **state) {
    (void)state;
    assert_int_equal(trainable(OBJECTIVE_LMIM, "model_maeenc."), 21313536);
    assert_int_equal(trainable(OBJECTIVE_LMIM, ""), 21313536 + 9000832);
    assert_int_equal(trainable(OBJECTIVE_RECOGNITION, ""), 35791457);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mae_walkthrough),
        cmocka_unit_test(test_lmim_walkthrough),
        cmocka_unit_test(test_mnsp_walkthrough),
        cmocka_unit_test(test_recognition_walkthrough),
        cmocka_unit_test(test_walkthrough_without_weights),
        cmocka_unit_test(test_one_scale_is_lmim),
        cmocka_unit_test(test_default_settings),
        cmocka_unit_test(test_coupling),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_momentum_teacher),
        cmocka_unit_test(test_frozen_teacher),
        cmocka_unit_test(test_kept_tokens),
        cmocka_unit_test(test_drawn_masks),
        cmocka_unit_test(test_unwanted_outputs),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_published_sizes),
    };
    return cmocka_run_group_tests_name("objectives", tests, NULL, NULL);
}
