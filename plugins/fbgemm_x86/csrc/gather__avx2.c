/* Windows of a convolution, as bytes or widened to 16 bits, AVX2.
 * Runs are copied in whole vectors; the last vector overlaps the one before, so that nothing outside a
 * run is read or written. */
#include <qframe/simd.h>

#include "avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

QF_INLINE void widen16(const uint8_t *from, int16_t *to) {
    _mm256_storeu_si256((__m256i *)to, _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)from)));
}

QF_INLINE void widen8(const uint8_t *from, int16_t *to) {
    _mm_storeu_si128((__m128i *)to, _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)from)));
}

QF_INLINE char *copy_wide(const uint8_t *from, size_t count, char *end) {
    int16_t *to = (int16_t *)end;
    if (count >= 16) {
        for (size_t i = 0; i + 16 < count; i += 16) widen16(from + i, to + i);
        widen16(from + count - 16, to + count - 16);
    } else if (count >= 8) {
        widen8(from, to);
        widen8(from + count - 8, to + count - 8);
    } else {
        for (size_t i = 0; i < count; i++) to[i] = from[i];
    }
    return end + 2 * count;
}

QF_INLINE char *fill_wide(uint8_t code, size_t count, char *end) {
    for (size_t i = 0; i < count; i++) ((int16_t *)end)[i] = code;
    return end + 2 * count;
}

QF_INLINE char *copy_bytes(const uint8_t *from, size_t count, char *to) {
    if (count >= 32) {
        size_t last = count - 32;
        for (size_t i = 0; i < last; i += 32)
            _mm256_storeu_si256((__m256i *)(to + i), _mm256_loadu_si256((const __m256i *)(from + i)));
        _mm256_storeu_si256((__m256i *)(to + last), _mm256_loadu_si256((const __m256i *)(from + last)));
    } else if (count >= 16) {
        _mm_storeu_si128((__m128i *)to, _mm_loadu_si128((const __m128i *)from));
        _mm_storeu_si128((__m128i *)(to + count - 16), _mm_loadu_si128((const __m128i *)(from + count - 16)));
    } else {
        memcpy(to, from, count);
    }
    return to + count;
}

QF_INLINE char *fill_bytes(uint8_t code, size_t count, char *to) {
    memset(to, code, count);
    return to + count;
}

void qf_gather_i16__avx2(const qf_geometry *g, const uint8_t *x, size_t offset, uint8_t zero_point,
                         size_t first, size_t rows, char *to, size_t to_stride) {
    qf_gather_rows(g, x + offset, zero_point, first, rows, to, to_stride, 2, copy_wide, fill_wide);
}

void qf_gather_u8__avx2(const qf_geometry *g, const uint8_t *x, size_t offset, uint8_t zero_point,
                        size_t first, size_t rows, char *to, size_t to_stride) {
    qf_gather_rows(g, x + offset, zero_point, first, rows, to, to_stride, 1, copy_bytes, fill_bytes);
}

QF_TARGET_END
#endif
