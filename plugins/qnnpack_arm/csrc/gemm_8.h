/* The tile loop of all ARM kernels: 8 columns, 16 inputs at a time.  A kernel includes it inside its target region,
 * after it has said what a step is:
 *     ROWS, KR                    of its tile and its panel
 *     SUMS                        vectors of sums that a row has
 *     multiply_add(mr, codes, panel, groups, sums)
 *                                 `groups` (at most 16 / KR) groups of KR inputs of each of mr rows, as vectors of codes;
 *                                 mr is a constant
 *     total(mr, sums, row, totals)
 *                                 the sums of a row's columns in two vectors
 */
#include <qframe/requant_arm.h>

enum { COLUMNS = 8, INPUTS = 16 };

/* The last codes of a run, fewer than 16, with zeros behind them; nothing else is read. */
QF_INLINE uint8x16_t load_rest(const uint8_t *from, size_t count) {
    uint64_t low = 0, high = 0;
    if (count >= 8) {
        memcpy(&low, from, 8);
        memcpy(&high, from + count - 8, 8);
        high = count > 8 ? high >> (8 * (16 - count)) : 0;
    } else if (count >= 4) {
        low = (uint32_t)qf_load_i32(from);
        low |= (uint64_t)(uint32_t)qf_load_i32(from + count - 4) << (8 * (count - 4));
    } else {
        low = from[0] | (uint64_t)from[count / 2] << (8 * (count / 2)) | (uint64_t)from[count - 1] << (8 * (count - 1));
    }
    return vcombine_u8(vcreate_u8(low), vcreate_u8(high));
}

QF_INLINE void accumulate(const size_t mr, const qf_activations *a, const int8_t *panel, int32x4_t sums[ROWS][SUMS]) {
    const size_t rest = a->length % INPUTS, groups = (rest + KR - 1) / KR;
    QF_UNROLL for (size_t r = 0; r < mr; r++)
        QF_UNROLL for (size_t s = 0; s < SUMS; s++) sums[r][s] = vdupq_n_s32(0);
    for (size_t run = 0; run < a->runs; run++) {
        const uint8_t *at[ROWS];
        uint8x16_t codes[ROWS];
        QF_UNROLL for (size_t r = 0; r < mr; r++) at[r] = (const uint8_t *)a->rows[r] + a->offsets[run];
        for (size_t i = rest; i < a->length; i += INPUTS, panel += COLUMNS * INPUTS) {
            QF_UNROLL for (size_t r = 0; r < mr; r++, at[r - 1] += INPUTS) codes[r] = vld1q_u8(at[r]);
            multiply_add(mr, codes, panel, INPUTS / KR, sums);
        }
        if (!rest) continue;
        QF_UNROLL for (size_t r = 0; r < mr; r++) codes[r] = load_rest(at[r], rest);
        multiply_add(mr, codes, panel, groups, sums);
        panel += groups * KR * COLUMNS;
    }
}

QF_INLINE void store_codes(uint8x8_t codes, size_t n, uint8_t *to) {
    if (QF_LIKELY(n >= COLUMNS)) {
        vst1_u8(to, codes);
    } else {
        uint8_t row[COLUMNS];
        vst1_u8(row, codes);
        memcpy(to, row, n);
    }
}

/* Sums as they are, or with `to` as codes, of two rows at once. */
QF_INLINE void store(const size_t mr, int32x4_t (*sums)[2], int32_t *out, const qf_codes *to) {
    if (!to) {
        QF_UNROLL for (size_t r = 0; r < mr; r++) {
            vst1q_s32(out + COLUMNS * r, sums[r][0]);
            vst1q_s32(out + COLUMNS * r + 4, sums[r][1]);
        }
        return;
    }
    const float32x4_t bias[2] = {vld1q_f32(to->requant.bias), vld1q_f32(to->requant.bias + 4)};
    const float32x4_t multiplier[2] = {vld1q_f32(to->requant.multiplier), vld1q_f32(to->requant.multiplier + 4)};
    const qf_bounds16 bounds = qf_make_bounds16(to->requant.bounds);
    uint8_t *at = to->out;
    QF_UNROLL for (size_t r = 0; r < mr; r += 2, at += 2 * to->stride) {
        const size_t next = r + 1 < mr ? r + 1 : r;
        float32x4_t values[4];
        QF_UNROLL for (int half = 0; half < 2; half++) {
            values[half] = qf_scaled4(sums[r][half], bias[half], multiplier[half]);
            values[2 + half] = qf_scaled4(sums[next][half], bias[half], multiplier[half]);
        }
        uint8x16_t codes = qf_round16(values, &bounds);
        store_codes(vget_low_u8(codes), to->n, at);
        if (next > r) store_codes(vget_high_u8(codes), to->n, at + to->stride);
    }
}

QF_INLINE void tile(const size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start, int32_t *out,
                    const qf_codes *to) {
    int32x4_t sums[ROWS][SUMS], totals[ROWS][2];
    accumulate(mr, a, panel, sums);
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        total(mr, sums, r, totals[r]);
        totals[r][0] = vaddq_s32(totals[r][0], vld1q_s32(start));
        totals[r][1] = vaddq_s32(totals[r][1], vld1q_s32(start + 4));
    }
    store(mr, totals, out, to);
}

QF_INLINE void any_height(size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start, int32_t *out,
                          const qf_codes *to) {
    switch (mr) {
#define QF_CASE(rows) \
    case rows: tile(rows, a, panel, start, out, to); break;
        QF_CASE(1) QF_CASE(2)
#if ROWS_ARE_8
        QF_CASE(3) QF_CASE(4) QF_CASE(5) QF_CASE(6) QF_CASE(7)
#endif
#undef QF_CASE
        default: tile(ROWS, a, panel, start, out, to); break;
    }
}
