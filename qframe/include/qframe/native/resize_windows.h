/* Windows of 16 codes of a line, and picking codes with them.  Included inside a target region. */
#include <qframe/native/resize_loops.h>
#include <qframe/simd.h>

/* The line itself, or a copy that whole windows can be read from. */
QF_INLINE const uint8_t *qf_readable(const uint8_t *line, size_t length, uint8_t *copy) {
    if (length >= QF_WINDOW) return line;
    memcpy(copy, line, length);
    return copy;
}

QF_INLINE qf_bytes qf_shuffled(const uint8_t *from, const uint8_t *lanes) {
    return qf_shuffle_bytes(qf_load_bytes(from), qf_load_bytes(lanes));
}

/* The codes of outputs i .. i + 16, of which there are `count` in all. */
QF_INLINE qf_bytes qf_sixteen(const uint8_t *line, const qf_sources *sources, size_t i, size_t count) {
    const qf_window *window = sources->windows + i / QF_WINDOW;
    const uint8_t *from = line + window->base;
    uint8_t apart[QF_WINDOW] = {0};
    if (QF_LIKELY(window->reach == QF_NEAR)) return qf_shuffled(from, window->lanes);
    if (window->reach == QF_FAR)
        return qf_or_bytes(qf_shuffled(from, window->lanes), qf_shuffled(from + QF_WINDOW, window->far_lanes));
    qf_pick_loop(line, sources->index + i, qf_min(QF_WINDOW, count - i), apart);
    return qf_load_bytes(apart);
}

QF_INLINE void qf_pick_windows(const uint8_t *line, size_t length, const qf_sources *sources, size_t count,
                               uint8_t *out) {
    uint8_t copy[QF_WINDOW] = {0}, last[QF_WINDOW];
    line = qf_readable(line, length, copy);
    for (size_t i = 0; i < count; i += QF_WINDOW) {
        qf_bytes codes = qf_sixteen(line, sources, i, count);
        if (QF_LIKELY(i + QF_WINDOW <= count)) {
            qf_store_bytes(out + i, codes);
        } else {
            qf_store_bytes(last, codes);
            memcpy(out + i, last, count - i);
        }
    }
}

/* So many bytes in steps of `width`, a compile-time constant, the last of which overlaps. */
QF_INLINE void qf_copy_steps(const uint8_t *from, size_t count, size_t width, uint8_t *to) {
    size_t i = 0;
    for (; i + width <= count; i += width) memcpy(to + i, from + i, width);
    if (i < count) memcpy(to + count - width, from + count - width, width);
}

QF_INLINE void qf_copy_sized(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                             size_t count, size_t width, uint8_t *out) {
    for (size_t i = 0; i < count; i++, out += channels)
        qf_copy_steps(line + sources->index[i] * stride, channels, width, out);
}

QF_INLINE void qf_copy_pixels_in_steps(const uint8_t *line, ptrdiff_t stride, size_t channels,
                                       const qf_sources *sources, size_t count, uint8_t *out) {
    if (channels == 64) qf_copy_sized(line, stride, 64, sources, count, 32, out);
    else if (channels >= 32) qf_copy_sized(line, stride, channels, sources, count, 32, out);
    else if (channels >= 16) qf_copy_sized(line, stride, channels, sources, count, 16, out);
    else if (channels >= 8) qf_copy_sized(line, stride, channels, sources, count, 8, out);
    else qf_copy_sized(line, stride, channels, sources, count, 1, out);
}
