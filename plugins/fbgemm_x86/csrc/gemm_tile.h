/* A tile of 6 x 16 (AVX2, AVX-VNNI) or 12 x 32 (AVX-512).  A kernel includes it inside its target region, after
 *     WIDTH      256 or 512
 *     PRODUCTS   inputs that a step multiplies in each lane: 2, widened to 16 bits, or 4; four bytes in both cases
 *     DPBUSD     the intrinsic that adds four products exactly; without it, vpmaddubsw adds two in 16 bits
 */
#include <qframe/requant_x86.h>

#include "width.h"

enum { ROWS = WIDTH == 512 ? 12 : 6, STEP = 2 * LANES * PRODUCTS }; /* bytes of a panel in one step */

/* The weights of as many outputs as there are lanes, for one step. */
QF_INLINE V load_weights(const int8_t *panel) {
#if PRODUCTS == 4
    return LOAD(panel);
#elif WIDTH == 512
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)panel));
#else
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)panel));
#endif
}

QF_INLINE V multiply_add(V sum, V codes, V weights) {
#if PRODUCTS == 2
    return OP(add_epi32)(sum, OP(madd_epi16)(codes, weights));
#elif defined(DPBUSD)
    return DPBUSD(sum, codes, weights);
#else
    return OP(add_epi32)(sum, OP(madd_epi16)(OP(maddubs_epi16)(codes, weights), OP(set1_epi16)(1)));
#endif
}

/* The codes of the last step of a run, which may be fewer; those that are 16 bits wide come in pairs. */
QF_INLINE int32_t last_codes(const char *end, size_t rest) {
    return PRODUCTS == 4 ? qf_load_tail(end, rest) : qf_load_i32(end);
}

/* One step of a row: as many vectors of columns as there are weights for. */
QF_INLINE void add_step(V *sum, V codes, const V *weights, const size_t vectors) {
    QF_UNROLL for (size_t v = 0; v < vectors; v++) sum[v] = multiply_add(sum[v], codes, weights[v]);
}

QF_INLINE void load_step(V *weights, const int8_t *panel, const size_t vectors) {
    QF_UNROLL for (size_t v = 0; v < vectors; v++) weights[v] = load_weights(panel + STEP / 2 * v);
}

/* Heights and `vectors`, 1 where only the first half of the columns is wanted, are compile-time constants. */
QF_INLINE void accumulate(const size_t mr, const size_t vectors, const qf_activations *a, const int8_t *panel,
                          const int32_t *start, V sum[ROWS][2]) {
    const size_t rest = a->length % PRODUCTS;
    const ptrdiff_t whole = (ptrdiff_t)((a->length - rest) * (4 / PRODUCTS));
    V weights[2];
    QF_UNROLL for (size_t r = 0; r < mr; r++)
        QF_UNROLL for (size_t v = 0; v < vectors; v++) sum[r][v] = LOAD(start + LANES * v);
    for (size_t run = 0; run < a->runs; run++) {
        const char *ends[ROWS]; /* so that one register is both the index and the count */
        QF_UNROLL for (size_t r = 0; r < mr; r++) ends[r] = a->rows[r] + a->offsets[run] + whole;
        for (ptrdiff_t i = -whole; i != 0; i += 4, panel += STEP) {
            load_step(weights, panel, vectors);
            QF_UNROLL for (size_t r = 0; r < mr; r++)
                add_step(sum[r], OP(set1_epi32)(qf_load_i32(ends[r] + i)), weights, vectors);
        }
        if (!rest) continue;
        load_step(weights, panel, vectors);
        panel += STEP;
        QF_UNROLL for (size_t r = 0; r < mr; r++)
            add_step(sum[r], OP(set1_epi32)(last_codes(ends[r], rest)), weights, vectors);
    }
}

/* One row: four sums for each column, since each addition waits for the one before. */
QF_INLINE void accumulate_row(const size_t vectors, const qf_activations *a, const int8_t *panel,
                              const int32_t *start, V total[2]) {
    const size_t rest = a->length % PRODUCTS, bytes = (a->length - rest) * (4 / PRODUCTS);
    V sum[4][2], weights[2];
    QF_UNROLL for (int u = 0; u < 4; u++) sum[u][0] = sum[u][1] = ZERO;
    for (size_t run = 0; run < a->runs; run++) {
        const char *x = a->rows[0] + a->offsets[run];
        size_t i = 0;
        for (; i + 16 <= bytes; i += 16) {
            QF_UNROLL for (int u = 0; u < 4; u++, panel += STEP) {
                load_step(weights, panel, vectors);
                add_step(sum[u], OP(set1_epi32)(qf_load_i32(x + i + 4 * u)), weights, vectors);
            }
        }
        for (; i < bytes + (rest ? 4 : 0); i += 4, panel += STEP) {
            load_step(weights, panel, vectors);
            V codes = OP(set1_epi32)(i < bytes ? qf_load_i32(x + i) : last_codes(x + i, rest));
            add_step(sum[0], codes, weights, vectors);
        }
    }
    QF_UNROLL for (size_t v = 0; v < vectors; v++) {
        V first = OP(add_epi32)(sum[0][v], sum[1][v]), second = OP(add_epi32)(sum[2][v], sum[3][v]);
        total[v] = OP(add_epi32)(OP(add_epi32)(first, second), LOAD(start + LANES * v));
    }
}

/* Codes of two rows, one behind the other, each of 2 * LANES; or of four rows of LANES. */
#if WIDTH == 512
typedef qf_columns32 columns;
#define LOAD_COLUMNS qf_load_columns32
#define TWO_ROWS qf_codes64
#define FIRST_ROW _mm512_castsi512_si256
#define SECOND_ROW(codes) _mm512_extracti64x4_epi64(codes, 1)
typedef __mmask32 row_part; /* the first so many codes */
QF_INLINE row_part first_codes(size_t n) { return (__mmask32)(UINT32_MAX >> (32 - n)); }
QF_INLINE void store_row(__m256i codes, row_part part, uint8_t *to) { _mm256_mask_storeu_epi8(to, part, codes); }
typedef __m128i half_row;
#define HALF_ROW(codes, i) _mm512_extracti32x4_epi32(codes, i)
QF_INLINE void store_half_row(half_row codes, row_part part, uint8_t *to) {
    _mm_mask_storeu_epi8(to, (__mmask16)part, codes);
}
#else
typedef qf_columns16 columns;
#define LOAD_COLUMNS qf_load_columns16
#define TWO_ROWS qf_codes32
#define FIRST_ROW _mm256_castsi256_si128
#define SECOND_ROW(codes) _mm256_extracti128_si256(codes, 1)
typedef size_t row_part;
QF_INLINE row_part first_codes(size_t n) { return n; }
QF_INLINE void store_row(__m128i codes, row_part n, uint8_t *to) {
    if (QF_LIKELY(n == 16)) {
        _mm_storeu_si128((__m128i *)to, codes);
    } else {
        uint8_t row[16];
        _mm_storeu_si128((__m128i *)row, codes);
        memcpy(to, row, n);
    }
}
typedef long long half_row;
#define HALF_ROW(codes, i) _mm256_extract_epi64(codes, i)
QF_INLINE void store_half_row(half_row codes, row_part n, uint8_t *to) {
    if (QF_LIKELY(n == 8)) memcpy(to, &codes, 8);
    else memcpy(to, &codes, n);
}
#endif

QF_INLINE void store_sums(const size_t mr, V sum[ROWS][2], int32_t *out) {
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        STORE(out + 2 * LANES * r, sum[r][0]);
        STORE(out + 2 * LANES * r + LANES, sum[r][1]);
    }
}

QF_INLINE void store_codes(const size_t mr, V sum[ROWS][2], const qf_codes *to) {
    const columns shared = LOAD_COLUMNS(&to->requant, 0);
    const row_part part = first_codes(qf_min(2 * LANES, to->n));
    const size_t stride = to->stride; /* read once: for all the compiler knows, codes overwrite it */
    uint8_t *at = to->out;
    QF_UNROLL for (size_t r = 0; r + 1 < mr; r += 2, at += 2 * stride) {
        V codes = TWO_ROWS(sum[r], sum[r + 1], &shared);
        store_row(FIRST_ROW(codes), part, at);
        store_row(SECOND_ROW(codes), part, at + stride);
    }
    if (mr % 2) store_row(FIRST_ROW(TWO_ROWS(sum[mr - 1], sum[mr - 1], &shared)), part, at);
}

/* Where the first half of the columns is all. */
QF_INLINE void store_narrow_codes(const size_t mr, V sum[ROWS][2], const qf_codes *to) {
    columns shared = LOAD_COLUMNS(&to->requant, 0);
    shared.bias[1] = shared.bias[0];
    shared.multiplier[1] = shared.multiplier[0];
    const row_part part = first_codes(to->n);
    const size_t stride = to->stride;
    uint8_t *at = to->out;
    QF_UNROLL for (size_t r = 0; r < mr; r += 4) {
        V rows[4];
        QF_UNROLL for (size_t i = 0; i < 4; i++) rows[i] = sum[qf_min(r + i, mr - 1)][0];
        V codes = TWO_ROWS(rows, rows + 2, &shared);
        const half_row halves[4] = {HALF_ROW(codes, 0), HALF_ROW(codes, 1), HALF_ROW(codes, 2), HALF_ROW(codes, 3)};
        QF_UNROLL for (size_t i = 0; i < 4; i++)
            if (r + i < mr) store_half_row(halves[i], part, at + (r + i) * stride);
    }
}

QF_INLINE void tile(const size_t mr, const size_t vectors, const qf_activations *a, const int8_t *panel,
                    const int32_t *start, int32_t *out, const qf_codes *to) {
    V sum[ROWS][2];
    if (mr == 1) accumulate_row(vectors, a, panel, start, sum[0]);
    else accumulate(mr, vectors, a, panel, start, sum);
    if (vectors == 1) store_narrow_codes(mr, sum, to);
    else if (to) store_codes(mr, sum, to);
    else store_sums(mr, sum, out);
}

QF_INLINE void any_height(size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start,
                          int32_t *out, const qf_codes *to) {
    const int is_narrow = to && to->n <= LANES;
    switch (is_narrow ? mr + ROWS : mr) {
#define QF_CASE(rows)                                                       \
    case rows: tile(rows, 2, a, panel, start, out, to); break;              \
    case rows + ROWS: tile(rows, 1, a, panel, start, NULL, to); break;
        QF_CASE(1) QF_CASE(2) QF_CASE(3) QF_CASE(4) QF_CASE(5)
#if WIDTH == 512
        QF_CASE(6) QF_CASE(7) QF_CASE(8) QF_CASE(9) QF_CASE(10) QF_CASE(11)
#endif
        QF_CASE(ROWS)
#undef QF_CASE
    }
}
