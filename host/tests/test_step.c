/* The parts of a training step that are not operators: settings for the objective, the learning rate, what is
 * decayed and how fast a layer trains. */
#include "train/step.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The word of a choice stands at the same place in settings.def as the enumerator in objective.h. */
static void check_word(const char *setting, int enumerator, const char *word) {
    const struct setting *const row = settings_find(setting);
    assert_non_null(row);
    assert_string_equal(row->words[enumerator], word);
}

static void test_choices_agree(void **state) {
    (void)state;
    check_word("objective", OBJECTIVE_MAE, "mae");
    check_word("objective", OBJECTIVE_LMIM, "lmim");
    check_word("objective", OBJECTIVE_MNSP, "mnsp");
    check_word("objective", OBJECTIVE_RECOGNITION, "recognition");
    check_word("position_table", POSITION_FOLDED, "folded");
    check_word("position_table", POSITION_TRUE, "true");
    check_word("mim_target", OBJECTIVE_MIM_FEATURES, "features");
    check_word("mim_target", OBJECTIVE_MIM_PIXELS, "pixels");
    check_word("head", OBJECTIVE_HEAD_ATTENTION, "attention");
    check_word("head", OBJECTIVE_HEAD_CTC, "ctc");
    check_word("teacher_kind", OBJECTIVE_TEACHER_FROZEN, "frozen");
    check_word("teacher_kind", OBJECTIVE_TEACHER_MOMENTUM, "momentum");
    check_word("align", OBJECTIVE_ALIGN_ALL, "all");
    check_word("align", OBJECTIVE_ALIGN_ADJACENT, "adjacent");
    check_word("align", OBJECTIVE_ALIGN_OFF, "off");
    check_word("coupling", OBJECTIVE_COUPLING_JOINT, "joint");
    check_word("coupling", OBJECTIVE_COUPLING_FUSED, "fused");
    check_word("nsp_target", OBJECTIVE_NSP_POOLED, "pooled");
    check_word("nsp_target", OBJECTIVE_NSP_TEACHER, "teacher");
    check_word("nsp_target", OBJECTIVE_NSP_PIXELS, "pixels");
    check_word("tiles", TILES_FIXED, "fixed");
    check_word("tiles", TILES_KNOWN, "known");
    check_word("tiles", TILES_MEASURED, "measured");
}

/* The small presets' sizes reach the objective; without dropout, there is none anywhere. */
static void test_objective_settings(void **state) {
    (void)state;
    struct settings settings;
    settings_defaults(&settings);
    settings.objective = SETTINGS_OBJECTIVE_LMIM;
    struct objective_settings o = train_objective_settings(&settings, 0);
    const struct objective_settings published = objective_defaults(OBJECTIVE_LMIM);
    assert_int_equal(o.width, published.width);
    assert_int_equal(o.depth, published.depth);
    assert_int_equal(o.heads, published.heads);
    assert_int_equal(o.inner, published.inner);
    assert_int_equal(o.decoder_width, published.decoder_width);
    assert_int_equal(o.decoder_depth, published.decoder_depth);
    assert_int_equal(o.decoder_heads, published.decoder_heads);
    assert_int_equal(o.decoder_inner, published.decoder_inner);
    assert_int_equal(o.recognition_inner, published.recognition_inner);
    assert_int_equal(o.characters, 94);
    assert_true(o.decoder_dropout == 0.1F && o.recognition_dropout == 0.1F);
    settings.dropout = false;
    o = train_objective_settings(&settings, 7937);
    assert_true(o.decoder_dropout == 0 && o.recognition_dropout == 0);
    assert_int_equal(o.characters, 7937);
}

static void test_rate(void **state) {
    (void)state;
    struct settings settings;
    settings_defaults(&settings);
    settings.rate = 0.5;
    settings.min_rate = 0.1;
    assert_true(train_rate(&settings, 0, 110, 10) == 0);
    assert_true(fabs(train_rate(&settings, 5, 110, 10) - 0.25) < 1e-12);
    assert_true(fabs(train_rate(&settings, 10, 110, 10) - 0.5) < 1e-12);
    assert_true(fabs(train_rate(&settings, 60, 110, 10) - 0.3) < 1e-12); /* half way down */
    assert_true(fabs(train_rate(&settings, 110, 110, 10) - 0.1) < 1e-12);
    assert_true(fabs(train_rate(&settings, 500, 110, 10) - 0.1) < 1e-12); /* past the end: the least */
    settings.rate = 0;
    settings.base_rate = 1.5e-4;
    settings.batch = 512;
    assert_true(fabs(train_rate(&settings, 0, 10, 0) - 3e-4) < 1e-15);
}

static struct tensor parameter(const char *name, struct shape shape) {
    return (struct tensor){.name = name, .shape = shape};
}

static void test_decay(void **state) {
    (void)state;
    const struct tensor matrix = parameter("blocks.0.attn.qkv.weight", SHAPE(6, 2)),
                        bias = parameter("blocks.0.attn.qkv.bias", SHAPE(6)),
                        norm = parameter("norm.weight", SHAPE(2)),
                        class = parameter("model_maeenc.cls_token", SHAPE(1, 1, 2)),
                        mask = parameter("mask_token", SHAPE(1, 1, 2));
    for (int fine_tuning = 0; fine_tuning < 2; fine_tuning++) {
        assert_true(train_decays(&matrix, fine_tuning));
        assert_true(train_decays(&mask, fine_tuning));
        assert_false(train_decays(&bias, fine_tuning));
        assert_false(train_decays(&norm, fine_tuning));
        assert_true(train_decays(&class, fine_tuning) == !fine_tuning);
    }
}

/* 0.75^(13 - id) with id 0 for patches and class token, i + 1 for block i of 12; 1 behind the encoder. */
static void test_layer_decay(void **state) {
    (void)state;
    assert_true(fabs(train_rate_scale("encoder.patch_embed.proj.weight", 0.75, 12) - pow(0.75, 13)) < 1e-15);
    assert_true(fabs(train_rate_scale("encoder.cls_token", 0.75, 12) - pow(0.75, 13)) < 1e-15);
    assert_true(fabs(train_rate_scale("encoder.blocks.0.norm1.bias", 0.75, 12) - pow(0.75, 12)) < 1e-15);
    assert_true(fabs(train_rate_scale("encoder.blocks.11.mlp.fc1.weight", 0.75, 12) - 0.75) < 1e-15);
    assert_true(train_rate_scale("encoder.norm.weight", 0.75, 12) == 1);
    assert_true(train_rate_scale("linear_norm.0.weight", 0.75, 12) == 1);
    assert_true(train_rate_scale("decoder.classifier.weight", 0.75, 12) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices_agree), cmocka_unit_test(test_objective_settings),
        cmocka_unit_test(test_rate),          cmocka_unit_test(test_decay),
        cmocka_unit_test(test_layer_decay),
    };
    return cmocka_run_group_tests_name("step", tests, NULL, NULL);
}
