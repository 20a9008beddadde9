/* All blocks of a depthwise line; included after the functions of depthwise_line.h. */

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

/* 3x3 and 5x5 are unrolled. */
static void run(const qf_depthwise_line *line) {
    int together = line->row_weights && line->count >= qf_row_windows(line->row_taps);
    if (line->taps == 9 && together && line->row_taps == 3) blocks(line, 9, 3);
    else if (line->taps == 25 && together && line->row_taps == 5) blocks(line, 25, 5);
    else if (line->taps == 9) blocks(line, 9, 0);
    else if (line->taps == 25) blocks(line, 25, 0);
    else blocks(line, line->taps, 0);
}
