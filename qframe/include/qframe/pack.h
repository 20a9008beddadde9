/* Laying out weight matrices in panels, for any microkernel: only nr and kr matter.
 *
 * A matrix of `n` outputs and runs * length inputs becomes ceil(n / nr) panels.  A panel holds, for each group
 * of kr inputs of a run, nr outputs with kr consecutive inputs each; what is missing at both ends is 0:
 *     panel[run * round_up(length, kr) * nr + (input / kr) * nr * kr + output * kr + input % kr]
 */
#ifndef QFRAME_PACK_H
#define QFRAME_PACK_H

#include "base.h"

QF_INLINE size_t qf_panel_size(size_t runs, size_t length, size_t nr, size_t kr) {
    return runs * qf_round_up(length, kr) * nr;
}

/* One panel of int8 weights from `rows` (<= nr) rows of runs * length inputs. */
QF_INLINE void qf_pack_panel(const int8_t *weight, size_t rows, size_t runs, size_t length, size_t nr, size_t kr,
                             int8_t *panel) {
    memset(panel, 0, qf_panel_size(runs, length, nr, kr));
    for (size_t row = 0; row < rows; row++) {
        int8_t *to = panel + row * kr;
        for (size_t run = 0; run < runs; run++, to += qf_round_up(length, kr) * nr)
            for (size_t i = 0; i < length; i++) to[i / kr * nr * kr + i % kr] = *weight++;
    }
}

/* Panels of half-precision weights (kr = 1). */
QF_INLINE void qf_pack_matrix16(const uint16_t *weight, size_t n, size_t k, size_t nr, uint16_t *packed) {
    for (size_t first = 0; first < n; first += nr, packed += k * nr) {
        memset(packed, 0, k * nr * sizeof *packed);
        for (size_t row = 0; row < qf_min(nr, n - first); row++)
            for (size_t i = 0; i < k; i++) packed[i * nr + row] = weight[(first + row) * k + i];
    }
}

QF_INLINE int32_t qf_sum_i8(const int8_t *values, size_t count) {
    int32_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return sum;
}

/* The largest unsigned code (at most 255) whose products with these weights can be added in pairs in 16 bits. */
QF_INLINE int qf_largest_exact(const int8_t *weight, size_t rows, size_t runs, size_t length) {
    int largest = 128; /* magnitude of a pair's sum; 255 * 128 fits */
    for (size_t run = 0; run < rows * runs; run++, weight += length)
        for (size_t i = 0; i < length; i += 2) {
            int a = weight[i], b = i + 1 < length ? weight[i + 1] : 0;
            int most = (a > 0 ? a : 0) + (b > 0 ? b : 0), least = (a < 0 ? a : 0) + (b < 0 ? b : 0);
            largest = most > largest ? most : -least > largest ? -least : largest;
        }
    return INT16_MAX / largest;
}

/* Whether sums of (activation - zero point) * (weight - zero_point) always fit 32 bits. */
QF_INLINE int qf_sum_fits(const int8_t *weight, size_t k, int32_t zero_point) {
    int64_t magnitude = 0;
    for (size_t i = 0; i < k; i++) {
        int32_t centered = weight[i] - zero_point;
        magnitude += centered < 0 ? -centered : centered;
    }
    return magnitude * 255 <= INT32_MAX;
}

#endif
