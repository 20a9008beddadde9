/* Sums to floats, row by row.  An instruction set includes this inside its target region, after
 *     WIDTH      256 or 512
 * and gets the function rescale_rows. */
#include "width.h"

/* The first n lanes, at most all. */
QF_INLINE void store_reals(float *out, size_t n, F values) {
#if WIDTH == 512
    _mm512_mask_storeu_ps(out, (__mmask16)(UINT16_MAX >> (16 - qf_min(16, n))), values);
#else
    if (QF_LIKELY(n >= 8)) {
        _mm256_storeu_ps(out, values);
    } else {
        float row[8];
        _mm256_storeu_ps(row, values);
        memcpy(out, row, n * sizeof *out);
    }
#endif
}

QF_INLINE void rescale_rows(const int32_t *acc, size_t rows, size_t acc_stride, const float *scale, const float *bias,
                            int relu, size_t n, float *out, size_t out_stride) {
    for (size_t from = 0; from < n; from += LANES) {
        const F scales = OP(loadu_ps)(scale + from);
        const F shift = bias ? OP(loadu_ps)(bias + from) : OP(setzero_ps)();
        for (size_t r = 0; r < rows; r++) {
            F values = OP(mul_ps)(OP(cvtepi32_ps)(LOAD(acc + r * acc_stride + from)), scales);
            if (bias) values = OP(add_ps)(values, shift); /* -0 + 0 would be another number */
            if (relu) values = OP(max_ps)(values, OP(setzero_ps)()); /* which it is for NaN and -0 too */
            store_reals(out + r * out_stride + from, n - from, values);
        }
    }
}
