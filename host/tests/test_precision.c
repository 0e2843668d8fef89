/* Rounding to 16 bits, by what is promised about all 65,536 of them. */
#include "base/precision.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The numbers of a format that are not negative, in order: 0 up to infinity. */
static uint16_t infinity_of(enum precision precision) {
    return precision == PRECISION_F16 ? 0x7C00 : 0x7F80;
}

/* What follows the largest number, were there no infinity; or the number itself. */
static double value_of(uint16_t narrow, enum precision precision) {
    if (narrow == infinity_of(precision))
        return precision == PRECISION_F16 ? 0x1p16 : 0x1p128;
    return (double)precision_widen(narrow, precision);
}

static void test_every_number_stays(void **state) {
    (void)state;
    for (enum precision p = PRECISION_F16; p < PRECISION_COUNT; p++)
        for (uint32_t narrow = 0; narrow <= 0xFFFF; narrow++) {
            const float x = precision_widen((uint16_t)narrow, p);
            if (isnan(x))
                assert_true(isnan(precision_round(x, p)));
            else
                assert_int_equal(precision_narrow(x, p), narrow);
            assert_int_equal(isnan(x), (narrow & 0x7FFF) > infinity_of(p));
        }
}

/* Between two neighbours: half way to the even one, and otherwise to the nearer. */
static void test_what_lies_between(void **state) {
    (void)state;
    for (enum precision p = PRECISION_F16; p < PRECISION_COUNT; p++)
        for (uint16_t below = 0; below < infinity_of(p); below++) {
            const uint16_t above = below + 1, even = below % 2 ? above : below;
            const float middle = (float)((value_of(below, p) + value_of(above, p)) / 2);
            assert_int_equal(precision_narrow(middle, p), even);
            assert_int_equal(precision_narrow(nextafterf(middle, 0), p), below);
            assert_int_equal(precision_narrow(nextafterf(middle, INFINITY), p), above);
            assert_int_equal(precision_narrow(-middle, p), even | 0x8000);
        }
}

static void test_known_values(void **state) {
    (void)state;
    assert_int_equal(precision_narrow(1, PRECISION_F16), 0x3C00);
    assert_int_equal(precision_narrow(-65504, PRECISION_F16), 0xFBFF);
    assert_int_equal(precision_narrow(0x1p-24F, PRECISION_F16), 0x0001);
    assert_int_equal(precision_narrow(0x1p-14F, PRECISION_F16), 0x0400);
    assert_int_equal(precision_narrow(1e30F, PRECISION_F16), 0x7C00);
    assert_int_equal(precision_narrow(1e-30F, PRECISION_F16), 0);
    assert_int_equal(precision_narrow(-INFINITY, PRECISION_F16), 0xFC00);
    assert_int_equal(precision_narrow(1, PRECISION_BF16), 0x3F80);
    assert_int_equal(precision_narrow(3.14159265F, PRECISION_BF16), 0x4049);
    assert_int_equal(precision_narrow(-INFINITY, PRECISION_BF16), 0xFF80);
    assert_true(precision_round(0.1F, PRECISION_F32) == 0.1F);
    assert_true(precision_round(0.1F, PRECISION_F16) == 0x1.998p-4F);
    assert_true(precision_round(0.1F, PRECISION_BF16) == 0x1.9Ap-4F);
}

static void test_names(void **state) {
    (void)state;
    for (enum precision p = PRECISION_F32; p < PRECISION_COUNT; p++) {
        enum precision found = PRECISION_COUNT;
        assert_true(precision_by_name(&found, precision_name(p)));
        assert_int_equal(found, p);
    }
    enum precision unused;
    assert_false(precision_by_name(&unused, "f8"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_stays),
        cmocka_unit_test(test_what_lies_between),
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
