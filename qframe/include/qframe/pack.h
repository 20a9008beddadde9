/* Laying out weight matrices in panels, for any microkernel: only nr and kr matter.
 *
 * A matrix of `n` outputs and `k` inputs becomes ceil(n / nr) panels.  A panel holds, for each group
 * of kr inputs, nr outputs with kr consecutive inputs each; what is missing at both ends is 0:
 *     panel[(input / kr) * nr * kr + output * kr + input % kr]
 */
#ifndef QFRAME_PACK_H
#define QFRAME_PACK_H

#include "base.h"

QF_INLINE size_t qf_panel_size(size_t k, size_t nr, size_t kr) { return qf_round_up(k, kr) * nr; }

/* One panel of int8 weights from `rows` (<= nr) rows of k inputs. */
QF_INLINE void qf_pack_panel(const int8_t *weight, size_t rows, size_t k, size_t nr, size_t kr,
                             int8_t *panel) {
    memset(panel, 0, qf_panel_size(k, nr, kr));
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < k; i++) panel[i / kr * nr * kr + row * kr + i % kr] = weight[row * k + i];
}

QF_INLINE void qf_pack_matrix(const int8_t *weight, size_t n, size_t k, size_t nr, size_t kr,
                              int8_t *packed) {
    for (size_t row = 0; row < n; row += nr, packed += qf_panel_size(k, nr, kr))
        qf_pack_panel(weight + row * k, qf_min(nr, n - row), k, nr, kr, packed);
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

/* Whether products with unsigned codes can be added in pairs in 16 bits: 255 * 128 is the most that fits. */
QF_INLINE int qf_pairs_fit(const int8_t *weight, size_t rows, size_t k) {
    for (size_t row = 0; row < rows; row++, weight += k)
        for (size_t i = 0; i < k; i += 2) {
            int a = weight[i], b = i + 1 < k ? weight[i + 1] : 0;
            int most = (a > 0 ? a : 0) + (b > 0 ? b : 0), least = (a < 0 ? a : 0) + (b < 0 ? b : 0);
            if (most > 128 || least < -128) return 0;
        }
    return 1;
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
