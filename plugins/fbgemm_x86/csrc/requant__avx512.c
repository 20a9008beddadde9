/* Accumulators to codes and to floats, AVX-512. */
#include <qframe/requant_x86.h>
#include <qframe/native/kernels.h>

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

void qf_requant_rows__avx512(const int32_t *acc, size_t rows, size_t acc_stride, const qf_requant *requant,
                             size_t n, uint8_t *out, size_t out_stride) {
    for (size_t from = 0; from < n; from += 32) {
        const qf_columns32 columns = qf_load_columns32(requant, from);
        const __mmask32 mask = (__mmask32)(UINT32_MAX >> (32 - qf_min(32, n - from)));
        for (size_t r = 0; r < rows; r++) {
            const int32_t *at = acc + r * acc_stride + from;
            __m512i sums[2] = {_mm512_loadu_si512(at), _mm512_loadu_si512(at + 16)};
            __m512i codes = qf_codes64(sums, sums, &columns);
            _mm256_mask_storeu_epi8(out + r * out_stride + from, mask, _mm512_castsi512_si256(codes));
        }
    }
}

#define WIDTH 512
#include "rescale_rows.h"

void qf_rescale_rows__avx512(const int32_t *acc, size_t rows, size_t acc_stride, const float *scale, const float *bias,
                            int relu, size_t n, float *out, size_t out_stride) {
    rescale_rows(acc, rows, acc_stride, scale, bias, relu, n, out, out_stride);
}

QF_TARGET_END
#endif
