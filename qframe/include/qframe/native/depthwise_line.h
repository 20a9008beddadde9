/* One block of channels of a depthwise line, for any width of registers; included inside a target region after
 *     NAMED(name)          gives each function of this width its name
 *     V, CHANNELS          registers, and how many codes one holds
 *     GROUP                taps that are multiplied at once: 4, or 2 whose codes become 16 bits wide
 *     LOAD(at), ZERO, LOAD_CODES(at)
 *                          the last one of activations, which may be lowered
 *     ZIP8_LOW(a, b), ZIP8_HIGH(a, b), and ZIP16_LOW and ZIP16_HIGH for GROUP 4
 *                          interleave the halves of each 16 bytes
 *     NAMED(multiply_add)(pixels, weights, sums)       four registers of each
 *     NAMED(finish), NAMED(load_finish)(requant, from), NAMED(codes)(sums, finish)
 *                          from sums, in the order that interleaving leaves, to codes
 *     STORE_SOME(out, count, codes), where registers can be stored in part
 */

/* GROUP pixels, interleaved in four registers in the order that unpacking leaves.  Absent pixels count as 0. */
QF_INLINE void NAMED(interleave)(const uint8_t *x, const ptrdiff_t *offsets, size_t present, V *out) {
    V a = LOAD_CODES(x + offsets[0]), b = present > 1 ? LOAD_CODES(x + offsets[1]) : ZERO;
    V ab_low = ZIP8_LOW(a, b), ab_high = ZIP8_HIGH(a, b);
#if GROUP == 4
    V c = present > 2 ? LOAD_CODES(x + offsets[2]) : ZERO, d = present > 3 ? LOAD_CODES(x + offsets[3]) : ZERO;
    V cd_low = ZIP8_LOW(c, d), cd_high = ZIP8_HIGH(c, d);
    out[0] = ZIP16_LOW(ab_low, cd_low), out[1] = ZIP16_HIGH(ab_low, cd_low);
    out[2] = ZIP16_LOW(ab_high, cd_high), out[3] = ZIP16_HIGH(ab_high, cd_high);
#else /* codes become 16 bits wide */
    const V zero = ZERO;
    out[0] = ZIP8_LOW(ab_low, zero), out[1] = ZIP8_HIGH(ab_low, zero);
    out[2] = ZIP8_LOW(ab_high, zero), out[3] = ZIP8_HIGH(ab_high, zero);
#endif
}

QF_INLINE void NAMED(store)(V codes, size_t count, uint8_t *out) {
    if (QF_LIKELY(count >= CHANNELS)) {
        memcpy(out, &codes, CHANNELS);
#ifdef STORE_SOME
    } else {
        STORE_SOME(out, count, codes);
#else
    } else {
        uint8_t part[CHANNELS];
        memcpy(part, &codes, CHANNELS);
        memcpy(out, part, count);
#endif
    }
}

/* What the windows of one block share. */
typedef struct NAMED(shared) {
    NAMED(finish) finish;
    V start[4];
    size_t count; /* channels that there are */
} NAMED(shared);

QF_INLINE NAMED(shared) NAMED(load_shared)(const qf_depthwise_line *line, size_t from) {
    NAMED(shared) s = {.finish = NAMED(load_finish)(&line->requant, from), .count = line->channels - from};
    QF_UNROLL for (int j = 0; j < 4; j++) s.start[j] = LOAD(line->start + from + (size_t)j * (CHANNELS / 4));
    return s;
}

/* Windows first .. line->count of the block that starts at channel `from`; `taps` is a constant where that helps. */
QF_INLINE void NAMED(block)(const qf_depthwise_line *line, size_t from, size_t first, const size_t taps) {
    const size_t groups = (taps + GROUP - 1) / GROUP, step = line->step, channels = line->channels;
    const V *weights = (const V *)((const char *)line->weights + from * groups * 4);
    const NAMED(shared) s = NAMED(load_shared)(line, from);
    const ptrdiff_t *offsets = line->offsets;
    const uint8_t *x = line->x + from + first * step;
    uint8_t *out = line->out + from + first * channels;
    for (size_t left = line->count - first; left > 0; left--, x += step, out += channels) {
        V sums[4] = {s.start[0], s.start[1], s.start[2], s.start[3]};
        QF_OPAQUE(weights);
        QF_UNROLL for (size_t g = 0; g < groups; g++) {
            V pixels[4];
            NAMED(interleave)(x, offsets + g * GROUP, taps - g * GROUP, pixels);
            NAMED(multiply_add)(pixels, weights + 4 * g, sums);
        }
        NAMED(store)(NAMED(codes)(sums, &s.finish), s.count, out);
    }
}

/* `windows` neighbours at once, as row_weights has it; returns how many are done. */
QF_INLINE size_t NAMED(row_block)(const qf_depthwise_line *line, size_t from, const size_t taps,
                                  const size_t row_taps) {
    const size_t windows = qf_row_windows(row_taps), rows = taps / row_taps, channels = line->channels;
    const size_t groups = (row_taps + windows - 1) / GROUP, done = line->count / windows * windows;
    const V *weights = (const V *)((const char *)line->row_weights + from * rows * groups * windows * 4);
    const NAMED(shared) s = NAMED(load_shared)(line, from);
    const ptrdiff_t *offsets = line->offsets;
    const uint8_t *x = line->x + from;
    uint8_t *out = line->out + from;
    ptrdiff_t pixel[GROUP];
    QF_UNROLL for (int g = 0; g < GROUP; g++) pixel[g] = (ptrdiff_t)((size_t)g * channels);
    for (size_t left = done; left > 0; left -= windows, x += windows * channels) {
        V sums[4][4]; /* of each window */
        QF_OPAQUE(weights);
        QF_UNROLL for (size_t w = 0; w < windows; w++)
            QF_UNROLL for (int j = 0; j < 4; j++) sums[w][j] = s.start[j];
        QF_UNROLL for (size_t row = 0; row < rows; row++)
            QF_UNROLL for (size_t g = 0; g < groups; g++) {
                V pixels[4];
                NAMED(interleave)(x + offsets[row * row_taps] + g * GROUP * channels, pixel, GROUP, pixels);
                QF_UNROLL for (size_t w = 0; w < windows; w++)
                    NAMED(multiply_add)(pixels, weights + ((row * groups + g) * windows + w) * 4, sums[w]);
            }
        QF_UNROLL for (size_t w = 0; w < windows; w++, out += channels)
            NAMED(store)(NAMED(codes)(sums[w], &s.finish), s.count, out);
    }
    return done;
}
