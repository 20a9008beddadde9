/* Accumulators to codes and to floats, AVX2. */
#include <qframe/requant_x86.h>

#include "avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

void qf_requant_rows__avx2(const int32_t *acc, size_t rows, size_t acc_stride, const qf_requant *requant,
                           size_t n, uint8_t *out, size_t out_stride) {
    for (size_t from = 0; from < n; from += 16) {
        const qf_columns16 columns = qf_load_columns16(requant, from);
        for (size_t r = 0; r < rows; r++) {
            const __m256i *at = (const __m256i *)(acc + r * acc_stride + from);
            __m256i sums[2] = {_mm256_loadu_si256(at), _mm256_loadu_si256(at + 1)};
            uint8_t codes[32];
            _mm256_storeu_si256((__m256i *)codes, qf_codes32(sums, sums, &columns));
            memcpy(out + r * out_stride + from, codes, qf_min(16, n - from));
        }
    }
}

#define WIDTH 256
#include "rescale_rows.h"

void qf_rescale_rows__avx2(const int32_t *acc, size_t rows, size_t acc_stride, const float *scale, const float *bias,
                            int relu, size_t n, float *out, size_t out_stride) {
    rescale_rows(acc, rows, acc_stride, scale, bias, relu, n, out, out_stride);
}

QF_TARGET_END
#endif
