/* Statistics of float data. */
#include "elementwise.h"

enum { PARTS = 64, COLUMNS = 64, SMALLEST = 1 << 14, BLOCK = 256 };

typedef struct extremes {
    float low, high;
    int ordered;
} extremes;

static extremes no_extremes(void) {
    extremes e = {INFINITY, -INFINITY, 1};
    return e;
}

static void include(extremes *e, const float *x, size_t count) {
    float low, high;
    if (!count) return;
    e->ordered &= qf_active->min_max(x, count, &low, &high);
    e->low = low < e->low ? low : e->low;
    e->high = high > e->high ? high : e->high;
}

/* NaN if there was one; adding 0 makes a negative zero positive, wherever it stood. */
static void report(const extremes *e, float *low, float *high) {
    *low = e->ordered ? e->low + 0.0f : NAN;
    *high = e->ordered ? e->high + 0.0f : NAN;
}

typedef struct whole_job {
    const float *x;
    size_t count, piece;
    extremes parts[PARTS];
} whole_job;

static void min_max_piece(void *context, size_t index) {
    whole_job *j = context;
    extremes own = no_extremes();
    include(&own, j->x + index * j->piece, qf_min(j->piece, j->count - index * j->piece));
    j->parts[index] = own;
}

void qf_min_max(const float *x, size_t count, float *low_high) {
    whole_job j = {.x = x, .count = count, .piece = qf_max(SMALLEST, qf_ceil_div(count, PARTS))};
    size_t parts = qf_ceil_div(count, j.piece);
    extremes all = no_extremes();
    qf_parallel(min_max_piece, &j, parts);
    for (size_t i = 0; i < parts; i++) {
        all.low = j.parts[i].low < all.low ? j.parts[i].low : all.low;
        all.high = j.parts[i].high > all.high ? j.parts[i].high : all.high;
        all.ordered &= j.parts[i].ordered;
    }
    report(&all, low_high, low_high + 1);
}

typedef struct channel_job {
    const float *x;
    size_t outer, channels, inner;
    float *low, *high;
} channel_job;

static void channel_lines(const channel_job *j, size_t channel) {
    extremes own = no_extremes();
    const float *line = j->x + channel * j->inner;
    for (size_t o = 0; o < j->outer; o++, line += j->channels * j->inner) include(&own, line, j->inner);
    report(&own, j->low + channel, j->high + channel);
}

static void channel_columns(const channel_job *j, size_t first, size_t count) {
    float low[COLUMNS], high[COLUMNS];
    int32_t unordered[COLUMNS];
    for (size_t c = 0; c < count; c++) low[c] = INFINITY, high[c] = -INFINITY, unordered[c] = 0;
    qf_active->elementwise->min_max_columns(j->x + first, j->outer, j->channels, count, low, high, unordered);
    for (size_t c = 0; c < count; c++) {
        extremes own = {low[c], high[c], !unordered[c]};
        report(&own, j->low + first + c, j->high + first + c);
    }
}

static void channel_block(void *context, size_t index) {
    const channel_job *j = context;
    size_t first = index * COLUMNS, count = qf_min(COLUMNS, j->channels - first);
    if (j->inner == 1) {
        channel_columns(j, first, count);
        return;
    }
    for (size_t c = 0; c < count; c++) channel_lines(j, first + c);
}

void qf_min_max_per_channel(const float *x, size_t outer, size_t channels, size_t inner, float *low,
                            float *high) {
    channel_job j = {x, outer, channels, inner, low, high};
    qf_parallel(channel_block, &j, qf_ceil_div(channels, COLUMNS));
}

typedef struct histogram_job {
    const float *x;
    size_t count, piece;
    float first, last;
    int32_t bins;
    int64_t *counts;
} histogram_job;

static void count_piece(void *context, size_t index) {
    const histogram_job *j = context;
    int64_t *counts = j->counts + index * ((size_t)j->bins + 1);
    size_t first = index * j->piece, end = qf_min(first + j->piece, j->count);
    int32_t bins[BLOCK];
    for (; first < end; first += BLOCK) {
        size_t count = qf_min(BLOCK, end - first);
        qf_active->elementwise->find_bins(j->x + first, count, j->first, j->last, j->last - j->first, j->bins,
                                          bins);
        for (size_t i = 0; i < count; i++) counts[bins[i]]++;
    }
}

/* counts (parts, bins + 1) starts at 0; the last column gets the elements outside first..last. */
void qf_histogram(const float *x, size_t count, float first, float last, int32_t bins, size_t parts,
                  int64_t *counts) {
    histogram_job j = {x, count, qf_ceil_div(count, parts), first, last, bins, counts};
    qf_parallel(count_piece, &j, j.piece ? qf_ceil_div(count, j.piece) : 0);
}
