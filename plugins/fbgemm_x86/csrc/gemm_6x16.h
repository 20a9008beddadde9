/* The 6 x 16 tile for AVX2 and AVX-VNNI.  A kernel includes it inside its target region, after it has said what a step is:
 *     PRODUCTS                    inputs that a step multiplies in each lane; their codes take four bytes
 *     weights8(panel)             the weights of 8 outputs for one step
 *     multiply_add(sum, codes, weights)
 */
#include <qframe/requant_x86.h>

enum { ROWS = 6, STEP = 16 * PRODUCTS }; /* bytes of a panel in one step */

/* The codes of the last step of a run, which may be fewer; those that are 16 bits wide come in pairs. */
QF_INLINE int32_t last_codes(const char *end, size_t rest) {
    return PRODUCTS == 4 ? qf_load_tail(end, rest) : qf_load_i32(end);
}

QF_INLINE __m256i load8(const int32_t *numbers) { return _mm256_loadu_si256((const __m256i *)numbers); }

QF_INLINE void accumulate(const size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start,
                          __m256i sum[ROWS][2]) {
    const size_t rest = a->length % PRODUCTS;
    const ptrdiff_t whole = (ptrdiff_t)((a->length - rest) * (4 / PRODUCTS));
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        sum[r][0] = load8(start);
        sum[r][1] = load8(start + 8);
    }
    for (size_t run = 0; run < a->runs; run++) {
        const char *ends[ROWS]; /* so that one register is both the index and the count */
        QF_UNROLL for (size_t r = 0; r < mr; r++) ends[r] = a->rows[r] + a->offsets[run] + whole;
        for (ptrdiff_t i = -whole; i != 0; i += 4, panel += STEP) {
            __m256i left = weights8(panel), right = weights8(panel + STEP / 2);
            QF_UNROLL for (size_t r = 0; r < mr; r++) {
                __m256i codes = _mm256_set1_epi32(qf_load_i32(ends[r] + i));
                sum[r][0] = multiply_add(sum[r][0], codes, left);
                sum[r][1] = multiply_add(sum[r][1], codes, right);
            }
        }
        if (!rest) continue;
        __m256i left = weights8(panel), right = weights8(panel + STEP / 2);
        panel += STEP;
        QF_UNROLL for (size_t r = 0; r < mr; r++) {
            __m256i codes = _mm256_set1_epi32(last_codes(ends[r], rest));
            sum[r][0] = multiply_add(sum[r][0], codes, left);
            sum[r][1] = multiply_add(sum[r][1], codes, right);
        }
    }
}

/* One row: four sums for each column, since each addition waits for the one before. */
QF_INLINE void accumulate_row(const qf_activations *a, const int8_t *panel, const int32_t *start,
                              __m256i total[2]) {
    const size_t rest = a->length % PRODUCTS, bytes = (a->length - rest) * (4 / PRODUCTS);
    __m256i sum[4][2];
    QF_UNROLL for (int u = 0; u < 4; u++) sum[u][0] = sum[u][1] = _mm256_setzero_si256();
    for (size_t run = 0; run < a->runs; run++) {
        const char *x = a->rows[0] + a->offsets[run];
        size_t i = 0;
        for (; i + 16 <= bytes; i += 16) {
            QF_UNROLL for (int u = 0; u < 4; u++, panel += STEP) {
                __m256i codes = _mm256_set1_epi32(qf_load_i32(x + i + 4 * u));
                sum[u][0] = multiply_add(sum[u][0], codes, weights8(panel));
                sum[u][1] = multiply_add(sum[u][1], codes, weights8(panel + STEP / 2));
            }
        }
        for (; i < bytes + (rest ? 4 : 0); i += 4, panel += STEP) {
            __m256i codes = _mm256_set1_epi32(i < bytes ? qf_load_i32(x + i) : last_codes(x + i, rest));
            sum[0][0] = multiply_add(sum[0][0], codes, weights8(panel));
            sum[0][1] = multiply_add(sum[0][1], codes, weights8(panel + STEP / 2));
        }
    }
    QF_UNROLL for (int half = 0; half < 2; half++) {
        total[half] = _mm256_add_epi32(_mm256_add_epi32(sum[0][half], sum[1][half]),
                                       _mm256_add_epi32(sum[2][half], sum[3][half]));
        total[half] = _mm256_add_epi32(total[half], load8(start + 8 * half));
    }
}

QF_INLINE void store16(__m128i codes, size_t n, uint8_t *to) {
    if (QF_LIKELY(n >= 16)) {
        _mm_storeu_si128((__m128i *)to, codes);
    } else {
        uint8_t row[16];
        _mm_storeu_si128((__m128i *)row, codes);
        memcpy(to, row, n);
    }
}

/* Sums as they are, or with `to` as codes. */
QF_INLINE void store(const size_t mr, __m256i sum[ROWS][2], int32_t *out, const qf_codes *to) {
    if (!to) {
        QF_UNROLL for (size_t r = 0; r < mr; r++) {
            _mm256_storeu_si256((__m256i *)(out + 16 * r), sum[r][0]);
            _mm256_storeu_si256((__m256i *)(out + 16 * r + 8), sum[r][1]);
        }
        return;
    }
    const qf_columns16 columns = qf_load_columns16(&to->requant, 0);
    uint8_t *at = to->out;
    QF_UNROLL for (size_t r = 0; r + 1 < mr; r += 2, at += 2 * to->stride) {
        __m256i codes = qf_codes32(sum[r], sum[r + 1], &columns);
        store16(_mm256_castsi256_si128(codes), to->n, at);
        store16(_mm256_extracti128_si256(codes, 1), to->n, at + to->stride);
    }
    if (mr % 2) store16(_mm256_castsi256_si128(qf_codes32(sum[mr - 1], sum[mr - 1], &columns)), to->n, at);
}

QF_INLINE void tile(const size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start,
                    int32_t *out, const qf_codes *to) {
    __m256i sum[ROWS][2];
    if (mr == 1) accumulate_row(a, panel, start, sum[0]);
    else accumulate(mr, a, panel, start, sum);
    store(mr, sum, out, to);
}

QF_INLINE void any_height(size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start,
                          int32_t *out, const qf_codes *to) {
    switch (mr) {
#define QF_CASE(rows) \
    case rows: tile(rows, a, panel, start, out, to); break;
        QF_CASE(1) QF_CASE(2) QF_CASE(3) QF_CASE(4) QF_CASE(5)
#undef QF_CASE
        default: tile(6, a, panel, start, out, to); break;
    }
}
