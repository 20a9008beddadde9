/* Largest and average codes of windows, AVX2: 32, 16 or 8 channels at once; the last step overlaps. */
#include "elementwise_avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

/* `width` codes, with anything behind them. */
QF_INLINE __m256i load_codes(const uint8_t *from, int width) {
    if (width == 32) return _mm256_loadu_si256((const __m256i *)from);
    if (width == 16) return _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)from));
    return _mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)from));
}

QF_INLINE void store_codes(uint8_t *to, __m256i codes, int width) {
    if (width == 32) _mm256_storeu_si256((__m256i *)to, codes);
    else if (width == 16) _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(codes));
    else _mm_storel_epi64((__m128i *)to, _mm256_castsi256_si128(codes));
}

QF_INLINE __m256i larger(__m256i a, __m256i b, int is_signed) {
    return is_signed ? _mm256_max_epi8(a, b) : _mm256_max_epu8(a, b);
}

/* One window, `vectors` times `width` channels; rows and columns are compile-time constants for 3x3 and 2x2. */
QF_INLINE void max_step(const uint8_t *x, const qf_windows *w, size_t rows, size_t columns, int is_signed,
                        int width, int vectors, uint8_t *out) {
    __m256i most[2];
    most[0] = most[1] = _mm256_set1_epi8(is_signed ? INT8_MIN : 0);
    for (size_t r = 0; r < rows; r++, x += w->row_stride) {
        const uint8_t *pixel = x;
        for (size_t k = 0; k < columns; k++, pixel += w->column_stride)
            for (int v = 0; v < vectors; v++)
                most[v] = larger(most[v], load_codes(pixel + v * width, width), is_signed);
    }
    for (int v = 0; v < vectors; v++) store_codes(out + v * width, most[v], width);
}

QF_INLINE void max_sized(const uint8_t *x, const qf_windows *w, size_t rows, size_t columns, size_t channels,
                         int is_signed, uint8_t *out) {
    for (size_t i = 0; i < w->count; i++, x += w->step, out += channels) {
        if (channels >= 64) {
            QF_FOR_STEPS(c, 64, channels) max_step(x + c, w, rows, columns, is_signed, 32, 2, out + c);
        } else if (channels >= 32) {
            QF_FOR_STEPS(c, 32, channels) max_step(x + c, w, rows, columns, is_signed, 32, 1, out + c);
        } else if (channels >= 16) {
            QF_FOR_STEPS(c, 16, channels) max_step(x + c, w, rows, columns, is_signed, 16, 1, out + c);
        } else if (channels >= 8) {
            QF_FOR_STEPS(c, 8, channels) max_step(x + c, w, rows, columns, is_signed, 8, 1, out + c);
        } else {
            qf_max_window_loop(x, w, channels, is_signed ? 0x80 : 0, out);
        }
    }
}

QF_INLINE void max_any(const uint8_t *x, const qf_windows *w, size_t channels, int is_signed, uint8_t *out) {
    if (w->rows == 3 && w->columns == 3) max_sized(x, w, 3, 3, channels, is_signed, out);
    else if (w->rows == 2 && w->columns == 2) max_sized(x, w, 2, 2, channels, is_signed, out);
    else max_sized(x, w, w->rows, w->columns, channels, is_signed, out);
}

void qf_max_windows__avx2(const uint8_t *x, const qf_windows *w, size_t channels, uint8_t flip, uint8_t *out) {
    if (flip) max_any(x, w, channels, 1, out);
    else max_any(x, w, channels, 0, out);
}

/* Sums of 16 bits are moved to sums of 32 before they can overflow. */
typedef struct sums {
    __m256i narrow[2], wide[4];
    int room;
} sums;

QF_INLINE void widen(sums *s, int width) {
    const __m256i zero = _mm256_setzero_si256();
    s->wide[0] = _mm256_add_epi32(s->wide[0], _mm256_unpacklo_epi16(s->narrow[0], zero));
    s->wide[1] = _mm256_add_epi32(s->wide[1], _mm256_unpackhi_epi16(s->narrow[0], zero));
    s->narrow[0] = zero;
    if (width > 8) {
        s->wide[2] = _mm256_add_epi32(s->wide[2], _mm256_unpacklo_epi16(s->narrow[1], zero));
        s->wide[3] = _mm256_add_epi32(s->wide[3], _mm256_unpackhi_epi16(s->narrow[1], zero));
        s->narrow[1] = zero;
    }
    s->room = 256;
}

QF_INLINE void add_codes(sums *s, __m256i codes, int width) {
    const __m256i zero = _mm256_setzero_si256();
    s->narrow[0] = _mm256_add_epi16(s->narrow[0], _mm256_unpacklo_epi8(codes, zero));
    if (width > 8) s->narrow[1] = _mm256_add_epi16(s->narrow[1], _mm256_unpackhi_epi8(codes, zero));
    if (!QF_LIKELY(--s->room)) widen(s, width);
}

QF_INLINE void average_step(const uint8_t *x, const qf_windows *w, const qf_average *a, uint8_t *out,
                            int width) {
    const __m256i flips = _mm256_set1_epi8((char)a->flip), zero = _mm256_setzero_si256();
    const __m256i offset = _mm256_set1_epi32(a->offset);
    const __m256 multiplier = _mm256_set1_ps(a->multiplier);
    const qf_bounds8 bounds = qf_make_bounds8(a->bounds);
    sums s = {{zero, zero}, {offset, offset, offset, offset}, 256};
    for (size_t r = 0; r < w->rows; r++, x += w->row_stride) {
        const uint8_t *pixel = x;
        for (size_t k = 0; k < w->columns; k++, pixel += w->column_stride)
            add_codes(&s, _mm256_xor_si256(load_codes(pixel, width), flips), width);
    }
    widen(&s, width);
    for (int i = 0; i < (width > 8 ? 4 : 2); i++)
        s.wide[i] = qf_round_codes8(_mm256_mul_ps(_mm256_cvtepi32_ps(s.wide[i]), multiplier), &bounds);
    __m256i codes = _mm256_packus_epi16(_mm256_packs_epi32(s.wide[0], s.wide[1]),
                                        _mm256_packs_epi32(s.wide[2], s.wide[3]));
    store_codes(out, _mm256_xor_si256(codes, flips), width);
}

/* One channel whose codes lie side by side. */
static int32_t sum_line(const uint8_t *x, size_t count, uint8_t flip) {
    const __m256i flips = _mm256_set1_epi8((char)flip), zero = _mm256_setzero_si256();
    __m256i sum = zero;
    uint64_t parts[4], total;
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __m256i codes = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(x + i)), flips);
        sum = _mm256_add_epi64(sum, _mm256_sad_epu8(codes, zero));
    }
    _mm256_storeu_si256((__m256i *)parts, sum);
    total = parts[0] + parts[1] + parts[2] + parts[3];
    for (; i < count; i++) total += x[i] ^ flip;
    return (int32_t)total;
}

static uint8_t average_lines(const uint8_t *x, const qf_windows *w, const qf_average *a) {
    int32_t sum = 0;
    for (size_t r = 0; r < w->rows; r++, x += w->row_stride) sum += sum_line(x, w->columns, a->flip);
    return qf_average_code(sum, a);
}

static void average_window(const uint8_t *x, const qf_windows *w, size_t channels, const qf_average *a,
                           uint8_t *out) {
    if (channels >= 32) {
        QF_FOR_STEPS(c, 32, channels) average_step(x + c, w, a, out + c, 32);
    } else if (channels >= 16) {
        QF_FOR_STEPS(c, 16, channels) average_step(x + c, w, a, out + c, 16);
    } else if (channels >= 8) {
        QF_FOR_STEPS(c, 8, channels) average_step(x + c, w, a, out + c, 8);
    } else if (channels == 1 && w->column_stride == 1) {
        out[0] = average_lines(x, w, a);
    } else {
        qf_average_window_loop(x, w, channels, a, out);
    }
}

void qf_average_windows__avx2(const uint8_t *x, const qf_windows *w, size_t channels, const qf_average *a,
                              uint8_t *out) {
    for (size_t i = 0; i < w->count; i++, x += w->step, out += channels) average_window(x, w, channels, a, out);
}

QF_TARGET_END
#endif
