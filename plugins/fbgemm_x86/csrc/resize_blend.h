/* Blending for interpolation, by vectors.  Included inside a target region, after WIDTH and
 *     SHORTER_PIXELS   the kernel for pixels of less than LANES channels
 */
#include "width.h"

/* The numbers of the first LANES codes. */
QF_INLINE F numbers(__m128i codes, int is_signed) {
    return OP(cvtepi32_ps)(is_signed ? OP(cvtepi8_epi32)(codes) : OP(cvtepu8_epi32)(codes));
}

QF_INLINE F blended(F a, F a_weight, F b, F b_weight) {
    return OP(add_ps)(OP(mul_ps)(a_weight, a), OP(mul_ps)(b_weight, b));
}

/* is_signed is a compile-time constant. */
QF_INLINE void blend_sixteen(__m128i a, __m128i b, const float *a_weight, const float *b_weight, int is_signed,
                             float *out) {
    QF_UNROLL
    for (int i = 0; i < QF_WINDOW; i += LANES) {
        F left = numbers(a, is_signed), right = numbers(b, is_signed);
        left = blended(left, OP(loadu_ps)(a_weight + i), right, OP(loadu_ps)(b_weight + i));
        OP(storeu_ps)(out + i, left);
        a = _mm_srli_si128(a, 8), b = _mm_srli_si128(b, 8);
    }
}

static void blend_codes(const uint8_t *line, size_t length, const qf_sources *sources, size_t count,
                        uint8_t flip, float *out) {
    uint8_t copy[QF_WINDOW] = {0};
    line = qf_readable(line, length, copy);
    for (size_t i = 0; i < count; i += QF_WINDOW) {
        __m128i a = qf_sixteen(line, sources, i, count), b = qf_sixteen(line, sources + 1, i, count);
        if (flip) blend_sixteen(a, b, sources[0].weight + i, sources[1].weight + i, 1, out + i);
        else blend_sixteen(a, b, sources[0].weight + i, sources[1].weight + i, 0, out + i);
    }
}

QF_INLINE F load_numbers(const uint8_t *from, int is_signed) { return numbers(LOAD_LANES(from), is_signed); }

/* At least LANES channels; is_signed is a compile-time constant. */
QF_INLINE void blend_any_pixels(const uint8_t *line, ptrdiff_t stride, size_t channels,
                                const qf_sources *sources, size_t count, int is_signed, float *out) {
    for (size_t i = 0; i < count; i++, out += channels) {
        const uint8_t *a = line + sources[0].index[i] * stride, *b = line + sources[1].index[i] * stride;
        const F a_weight = OP(set1_ps)(sources[0].weight[i]), b_weight = OP(set1_ps)(sources[1].weight[i]);
        for (size_t next = 0; next < channels; next += LANES) {
            size_t c = qf_min(next, channels - LANES); /* the last step overlaps */
            F left = load_numbers(a + c, is_signed), right = load_numbers(b + c, is_signed);
            OP(storeu_ps)(out + c, blended(left, a_weight, right, b_weight));
        }
    }
}

static void blend_pixels(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                         size_t count, uint8_t flip, float *out) {
    if (channels < LANES) SHORTER_PIXELS(line, stride, channels, sources, count, flip, out);
    else if (flip) blend_any_pixels(line, stride, channels, sources, count, 1, out);
    else blend_any_pixels(line, stride, channels, sources, count, 0, out);
}

/* What turns sums into codes; values that leave int16 saturate while they are packed, as they should. */
typedef struct finish {
    F a_weight, b_weight, zero_point, high;
    V offset;
} finish;

QF_INLINE finish make_finish(const qf_blend *blend) {
    int32_t high = 255 - blend->flip - blend->zero_point;
    finish f = {OP(set1_ps)(blend->first_weight), OP(set1_ps)(blend->second_weight),
                OP(set1_ps)((float)blend->zero_point), OP(set1_ps)((float)high),
                OP(set1_epi16)((int16_t)blend->zero_point)};
    return f;
}

QF_INLINE V round_values(const float *a, const float *b, const finish *f) {
    F values = blended(OP(loadu_ps)(a), f->a_weight, OP(loadu_ps)(b), f->b_weight);
    values = OP(min_ps)(OP(sub_ps)(values, f->zero_point), f->high); /* its second operand for NaN */
    return OP(cvtps_epi32)(values);
}

QF_INLINE V codes_of(const float *a, const float *b, const finish *f, int is_signed) {
    V parts[4];
    QF_UNROLL
    for (int i = 0; i < 4; i++) parts[i] = round_values(a + i * LANES, b + i * LANES, f);
    V first = OP(adds_epi16)(OP(packs_epi32)(parts[0], parts[1]), f->offset);
    V second = OP(adds_epi16)(OP(packs_epi32)(parts[2], parts[3]), f->offset);
    return IN_ORDER(is_signed ? OP(packs_epi16)(first, second) : OP(packus_epi16)(first, second));
}

QF_INLINE void blend_any(const float *a, const float *b, size_t count, const qf_blend *blend, int is_signed,
                         uint8_t *out) {
    const finish f = make_finish(blend);
    size_t i = 0;
    for (; i + BYTES <= count; i += BYTES) STORE(out + i, codes_of(a + i, b + i, &f, is_signed));
    if (i < count) {
        uint8_t last[BYTES];
        STORE(last, codes_of(a + i, b + i, &f, is_signed));
        memcpy(out + i, last, count - i);
    }
}

static void blend_lines(const float *a, const float *b, size_t count, const qf_blend *blend, uint8_t *out) {
    if (blend->flip) blend_any(a, b, count, blend, 1, out);
    else blend_any(a, b, count, blend, 0, out);
}
