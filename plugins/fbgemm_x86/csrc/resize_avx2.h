/* What the AVX2 and AVX-512 forms of resize.h share: windows of 16 codes. */
#ifndef QF_RESIZE_AVX2_H
#define QF_RESIZE_AVX2_H

#include <qframe/requant_x86.h>
#include <qframe/native/resize_loops.h>

#include "x86.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

/* The line itself, or a copy that whole windows can be read from. */
QF_INLINE const uint8_t *qf_readable(const uint8_t *line, size_t length, uint8_t *copy) {
    if (length >= QF_WINDOW) return line;
    memcpy(copy, line, length);
    return copy;
}

QF_INLINE __m128i qf_shuffled(const uint8_t *from, const uint8_t *lanes) {
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)from), _mm_loadu_si128((const __m128i *)lanes));
}

/* The codes of outputs i .. i + 16, of which there are `count` in all. */
QF_INLINE __m128i qf_sixteen(const uint8_t *line, const qf_sources *sources, size_t i, size_t count) {
    const qf_window *window = sources->windows + i / QF_WINDOW;
    const uint8_t *from = line + window->base;
    uint8_t apart[QF_WINDOW] = {0};
    if (QF_LIKELY(window->reach == QF_NEAR)) return qf_shuffled(from, window->lanes);
    if (window->reach == QF_FAR)
        return _mm_or_si128(qf_shuffled(from, window->lanes), qf_shuffled(from + QF_WINDOW, window->far_lanes));
    qf_pick_loop(line, sources->index + i, qf_min(QF_WINDOW, count - i), apart);
    return _mm_loadu_si128((const __m128i *)apart);
}

QF_TARGET_END

void qf_pick__avx2(const uint8_t *, size_t, const qf_sources *, size_t, uint8_t *);
void qf_copy_pixels__avx2(const uint8_t *, ptrdiff_t, size_t, const qf_sources *, size_t, uint8_t *);

#endif
#endif
