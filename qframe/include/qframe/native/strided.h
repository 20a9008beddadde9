/* Operands with any strides, walked in the memory order of a dense result. */
#ifndef QF_STRIDED_H
#define QF_STRIDED_H

#include <qframe/base.h>

enum { QF_MAX_DIMS = 64, QF_OPERANDS = 3 }; /* NumPy has at most 64 dimensions; operand 0 is the result */

typedef struct qf_strided {
    size_t dims, shape[QF_MAX_DIMS];
    ptrdiff_t strides[QF_OPERANDS][QF_MAX_DIMS];
} qf_strided;

QF_INLINE void qf_append_dim(qf_strided *s, size_t length, const ptrdiff_t *strides) {
    size_t at = s->dims++;
    for (; at && s->strides[0][at - 1] < strides[0]; at--) { /* the result's longest strides first */
        s->shape[at] = s->shape[at - 1];
        for (int o = 0; o < QF_OPERANDS; o++) s->strides[o][at] = s->strides[o][at - 1];
    }
    s->shape[at] = length;
    for (int o = 0; o < QF_OPERANDS; o++) s->strides[o][at] = strides[o];
}

/* Whether dimension d continues d - 1 for all operands. */
QF_INLINE int qf_continues(const qf_strided *s, size_t d, const ptrdiff_t *outer) {
    for (int o = 0; o < QF_OPERANDS; o++)
        if (outer[o] != s->strides[o][d] * (ptrdiff_t)s->shape[d]) return 0;
    return 1;
}

/* Order the dimensions, leave out those of length 1, merge those that continue each other.  `strides` has
 * those of the result, which is dense, then those of the operands. */
QF_INLINE void qf_make_strided(qf_strided *s, size_t dims, const int64_t *shape, const int64_t *strides) {
    s->dims = 0;
    for (size_t d = 0; d < dims; d++) {
        ptrdiff_t steps[QF_OPERANDS];
        for (int o = 0; o < QF_OPERANDS; o++) steps[o] = (ptrdiff_t)strides[(size_t)o * dims + d];
        if (shape[d] != 1) qf_append_dim(s, (size_t)shape[d], steps);
    }
    size_t kept = 0;
    for (size_t d = 1; d < s->dims; d++) {
        ptrdiff_t outer[QF_OPERANDS];
        for (int o = 0; o < QF_OPERANDS; o++) outer[o] = s->strides[o][kept];
        size_t length = qf_continues(s, d, outer) ? s->shape[kept] : 0;
        kept += !length;
        s->shape[kept] = length ? length * s->shape[d] : s->shape[d];
        for (int o = 0; o < QF_OPERANDS; o++) s->strides[o][kept] = s->strides[o][d];
    }
    s->dims = s->dims ? kept + 1 : 0;
}

/* For short rows, of which there are many. */
QF_INLINE void qf_copy_short(const uint8_t *from, size_t count, uint8_t *to) {
    size_t i = 0;
    if (count >= 256) {
        memcpy(to, from, count);
        return;
    }
    for (; i + 16 <= count; i += 16) memcpy(to + i, from + i, 16);
    for (; i < count; i++) to[i] = from[i];
}

QF_INLINE void qf_copy_line(const uint8_t *from, ptrdiff_t stride, size_t count, uint8_t *to) {
    if (stride == 1) qf_copy_short(from, count, to);
    else if (stride == 0) memset(to, *from, count);
    else
        for (size_t i = 0; i < count; i++) to[i] = from[(ptrdiff_t)i * stride];
}

/* Elements first .. first + count of an operand, side by side: in place if they lie so, else in `scratch`. */
QF_INLINE const uint8_t *qf_take(const qf_strided *s, int operand, const uint8_t *x, size_t first, size_t count,
                                 uint8_t *scratch) {
    const ptrdiff_t *strides = s->strides[operand];
    size_t at[QF_MAX_DIMS], last = s->dims - 1;
    if (!s->dims || (s->dims == 1 && strides[0] == 1)) return x + first;
    for (size_t d = s->dims; d-- > 0; first /= s->shape[d]) {
        at[d] = first % s->shape[d];
        x += (ptrdiff_t)at[d] * strides[d];
    }
    for (size_t done = 0, part; done < count; done += part) {
        part = qf_min(s->shape[last] - at[last], count - done);
        qf_copy_line(x, strides[last], part, scratch + done);
        x -= (ptrdiff_t)at[last] * strides[last];
        at[last] = 0; /* only the last line may end early */
        for (size_t d = last; d-- > 0;) {
            x += strides[d];
            if (++at[d] < s->shape[d]) break;
            x -= (ptrdiff_t)s->shape[d] * strides[d];
            at[d] = 0;
        }
    }
    return scratch;
}

#endif
