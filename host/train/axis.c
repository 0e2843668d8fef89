#include "train/axis.h"

#include <math.h>
#include <stdio.h>

enum { LOGARITHMIC_FROM = 30 };

struct axis axis_fit(double low, double high, bool may_logarithmic, double from, double to) {
    if (!(low <= high))
        low = 0, high = 1;
    struct axis axis = {low, high, false, from, to};
    axis.logarithmic = may_logarithmic && low > 0 && high / low > LOGARITHMIC_FROM;
    if (axis.logarithmic)
        axis.low = log10(low), axis.high = log10(high);
    else if (low > 0 && low < 0.4 * high)
        axis.low = 0; /* nearly down to it anyway */
    const double room = axis.high > axis.low ? 0.06 * (axis.high - axis.low) : 0.5 * fabs(axis.high) + 0.1;
    axis.high += room;
    axis.low -= axis.low == 0 ? 0 : room;
    return axis;
}

double axis_place(const struct axis *axis, double value) {
    const double number = axis->logarithmic ? log10(value) : value;
    return axis->from + (number - axis->low) / (axis->high - axis->low) * (axis->to - axis->from);
}

/* 1, 2 or 5 times a power of ten, so that `count` steps about fill `range`. */
static double tick_step(double range, int count) {
    const double raw = range / count, power = pow(10, floor(log10(raw))), part = raw / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

/* 1, 2 and 5 in every power of ten, or powers alone when there are many. */
static size_t logarithmic_ticks(const struct axis *axis, int count, double ticks[AXIS_TICKS]) {
    static const double parts[] = {1, 2, 5};
    const int used = axis->high - axis->low < 0.5 * count ? 3 : 1;
    size_t made = 0;
    for (int power = (int)floor(axis->low); power <= (int)ceil(axis->high); power++)
        for (int i = 0; i < used && made < AXIS_TICKS; i++) {
            const double value = parts[i] * pow(10, power);
            if (log10(value) >= axis->low && log10(value) <= axis->high)
                ticks[made++] = value;
        }
    return made;
}

size_t axis_ticks(const struct axis *axis, int count, bool whole, double ticks[AXIS_TICKS]) {
    if (axis->logarithmic)
        return logarithmic_ticks(axis, count, ticks);
    double step = tick_step(axis->high - axis->low, count > 4 ? count : 4);
    if (whole && step < 1)
        step = 1;
    size_t made = 0;
    const double first = ceil(axis->low / step);
    while (made < AXIS_TICKS && (first + (double)made) * step <= axis->high + step * 1e-9) {
        ticks[made] = (first + (double)made) * step;
        made++;
    }
    return made;
}

const char *axis_text(double value, char text[AXIS_TEXT_SIZE]) {
    snprintf(text, AXIS_TEXT_SIZE, "%.6g", fabs(value) < 1e-12 ? 0 : value);
    return text;
}
