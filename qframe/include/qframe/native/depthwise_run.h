/* What a depthwise kernel runs, included behind
 *     blocks(line, taps, row_taps)     all blocks of channels; row_taps is 0 where neighbouring windows are not taken
 *                                      together; both are constants where that helps
 */

/* 3x3 and 5x5 are unrolled. */
static void run(const qf_depthwise_line *line) {
    int together = line->neighbours && line->count >= qf_row_windows(line->row_taps);
    if (line->taps == 9 && together && line->row_taps == 3) blocks(line, 9, 3);
    else if (line->taps == 25 && together && line->row_taps == 5) blocks(line, 25, 5);
    else if (line->taps == 9) blocks(line, 9, 0);
    else if (line->taps == 25) blocks(line, 25, 0);
    else blocks(line, line->taps, 0);
}
