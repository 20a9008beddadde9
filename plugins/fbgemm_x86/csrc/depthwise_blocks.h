/* All blocks of a depthwise line; included after the functions of depthwise_x86.h. */

/* `row_taps` is 0 where neighbouring windows are not taken together. */
QF_INLINE void blocks(const qf_depthwise_line *line, const size_t taps, const size_t row_taps) {
    size_t from = 0;
#ifdef WIDE_BLOCKS
    for (; from + 32 < line->channels; from += 64)
        block512(line, from, row_taps ? row_block512(line, from, taps, row_taps) : 0, taps);
#endif
    for (; from < line->channels; from += 32)
        block256(line, from, row_taps ? row_block256(line, from, taps, row_taps) : 0, taps);
}

#include <qframe/native/depthwise_run.h>
