/* Tables of 256 codes, AVX-512 VBMI: vpermi2b finds entries among 128. */
#include "elementwise_avx2.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512VBMI)

typedef struct quarters {
    __m512i part[4];
} quarters;

QF_INLINE __m512i look_up64(const quarters *t, __m512i codes) {
    __m512i low = _mm512_permutex2var_epi8(t->part[0], codes, t->part[1]);
    __m512i high = _mm512_permutex2var_epi8(t->part[2], codes, t->part[3]);
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(codes), low, high);
}

void qf_lookup__avx512vbmi(const uint8_t *x, size_t rows, size_t length, const uint8_t *table, uint8_t *out,
                           size_t out_stride) {
    quarters t;
    QF_UNROLL for (int i = 0; i < 4; i++) t.part[i] = _mm512_loadu_si512(table + 64 * i);
    for (size_t r = 0; r < rows; r++, x += length, out += out_stride) {
        size_t i = qf_first_bytes(out, length);
        qf_store64(out, i, look_up64(&t, qf_load64(x, i)));
        for (; i + 64 <= length; i += 64)
            _mm512_storeu_si512(out + i, look_up64(&t, _mm512_loadu_si512(x + i)));
        if (i < length) qf_store64(out + i, length - i, look_up64(&t, qf_load64(x + i, length - i)));
    }
}

QF_TARGET_END
#endif
