/* Depthwise convolutions: each output channel has an input channel of its own. */
#include "depthwise.h"

#include <stdatomic.h>

#include "geometry.h"

struct qf_depthwise {
    const qf_depthwise_kernel *kernel;
    size_t channels, taps, padded; /* channels filled up to whole blocks */
    size_t row_taps;
    int per_channel, has_bias;
    void *packed, *row_packed;
    float *scales, *bias; /* these three in the order of lanes */
    int32_t *sums;        /* of the centered weights */
};

enum { WIDEST_BLOCK = 64, LARGEST_GROUP = 4 };

/* The place of a channel in the order of the kernel's lanes. */
static size_t place_of(const qf_depthwise *w, size_t channel) {
    const qf_depthwise_kernel *k = w->kernel;
    if (!k->lanes) return channel;
    size_t block = 16 * k->lanes, from = channel / block * block;
    size_t lanes = qf_block_lanes(k, w->channels - from), lane = channel % block / 16;
    return from + (channel % 16 / 4 * lanes + lane) * 4 + channel % 4;
}

/* Where the weight of a tap and a channel goes. */
static size_t index_of(const qf_depthwise *w, size_t tap, size_t channel) {
    const qf_depthwise_kernel *k = w->kernel;
    if (!k->lanes) return tap * w->channels + channel;
    size_t block = 16 * k->lanes, from = channel / block * block, groups = qf_ceil_div(w->taps, k->group);
    size_t size = 16 * qf_block_lanes(k, w->channels - from);
    size_t inside = tap / k->group * size + place_of(w, channel) - from;
    return (from * groups + inside) * k->group + tap % k->group;
}

/* Groups of pixels that the windows of one row cover together. */
static size_t row_groups(const qf_depthwise *w) {
    return (w->row_taps + qf_row_windows(w->row_taps) - 1) / w->kernel->group;
}

/* The same in row_weights, of the n-th of the windows that are taken together. */
static size_t row_index_of(const qf_depthwise *w, size_t tap, size_t window, size_t channel) {
    const qf_depthwise_kernel *k = w->kernel;
    size_t block = 16 * k->lanes, from = channel / block * block, windows = qf_row_windows(w->row_taps);
    size_t size = 16 * qf_block_lanes(k, w->channels - from), pixel = window + tap % w->row_taps;
    size_t group = tap / w->row_taps * row_groups(w) + pixel / k->group;
    size_t inside = (group * windows + window) * size + place_of(w, channel) - from;
    return (from * (w->taps / w->row_taps) * row_groups(w) * windows + inside) * k->group + pixel % k->group;
}

static int fit_int8(const qf_depthwise *w, const int8_t *codes, const int32_t *zero_points) {
    for (size_t i = 0; i < w->channels * w->taps; i++) {
        int32_t centered = codes[i] - zero_points[w->per_channel ? i / w->taps : 0];
        if (centered != (int8_t)centered) return 0;
    }
    return 1;
}

static void set_weight(const qf_depthwise *w, void *packed, size_t index, int32_t value) {
    if (w->kernel->weight_bytes == 1) ((int8_t *)packed)[index] = (int8_t)value;
    else ((int16_t *)packed)[index] = (int16_t)value;
}

static void pack(qf_depthwise *w, const int8_t *codes, const int32_t *zero_points) {
    for (size_t c = 0; c < w->channels; c++)
        for (size_t tap = 0; tap < w->taps; tap++) {
            int32_t value = codes[c * w->taps + tap] - zero_points[w->per_channel ? c : 0];
            set_weight(w, w->packed, index_of(w, tap, c), value);
            for (size_t window = 0; w->row_packed && window < qf_row_windows(w->row_taps); window++)
                set_weight(w, w->row_packed, row_index_of(w, tap, window, c), value);
            w->sums[place_of(w, c)] += value;
        }
}

/* 0 without memory. */
static int allocate(qf_depthwise *w) {
    const qf_depthwise_kernel *k = w->kernel;
    size_t windows = k->lanes ? qf_row_windows(w->row_taps) : 0;
    size_t weights = w->padded * k->weight_bytes, rows = windows ? w->taps / w->row_taps : 0;
    w->packed = qf_allocate(qf_max(1, weights * qf_round_up(w->taps, k->group)));
    w->scales = qf_allocate(qf_max(1, 3 * w->padded * sizeof(float)));
    if (windows) w->row_packed = qf_allocate(weights * rows * row_groups(w) * windows * k->group);
    if (!w->packed || !w->scales || (windows && !w->row_packed)) return 0;
    w->bias = w->scales + w->padded;
    w->sums = (int32_t *)(w->bias + w->padded);
    return 1;
}

qf_depthwise *qf_depthwise_pack(const int8_t *codes, size_t channels, size_t taps, size_t row_taps, int per_channel,
                                const float *scales, const int32_t *zero_points, const float *bias) {
    qf_depthwise *w = qf_allocate(sizeof *w);
    if (!w) return NULL;
    *w = (qf_depthwise){.channels = channels, .taps = taps, .row_taps = row_taps, .per_channel = per_channel,
                        .has_bias = bias != NULL};
    w->kernel = qf_active->depthwise[fit_int8(w, codes, zero_points)];
    w->padded = qf_round_up(channels, WIDEST_BLOCK);
    if (!allocate(w)) {
        qf_depthwise_free(w);
        return NULL;
    }
    for (size_t c = 0; c < channels; c++) {
        w->scales[place_of(w, c)] = scales[per_channel ? c : 0];
        if (bias) w->bias[place_of(w, c)] = bias[c];
    }
    pack(w, codes, zero_points);
    return w;
}

void qf_depthwise_free(qf_depthwise *w) {
    if (!w) return;
    qf_release(w->packed);
    qf_release(w->row_packed);
    qf_release(w->scales);
    qf_release(w);
}

const char *qf_depthwise_kernel_name(const qf_depthwise *weights) { return weights->kernel->name; }

typedef struct job {
    const qf_depthwise *weights;
    const qf_geometry *geometry;
    const uint8_t *x, *end; /* all of the input */
    const uint8_t *blank;   /* a line of zero points, for rows outside the input */
    size_t lines, block;    /* of output pixels: all, those of one task */
    ptrdiff_t first, last;  /* columns of output pixels whose windows do not jut out sideways; past the end */
    const int32_t *start;
    qf_requant requant;
    uint8_t *out;
    atomic_int status;
} job;

/* Bytes that the kernel may read of a pixel. */
static size_t pixel_reach(const qf_depthwise *w) {
    return w->kernel->lanes ? qf_round_up(w->channels, 16 * w->kernel->lanes) : w->channels;
}

/* A line of the input, or zero points where there is none. */
static const uint8_t *line_at(const job *j, const qf_place *place, ptrdiff_t a, ptrdiff_t b) {
    const qf_geometry *g = j->geometry;
    ptrdiff_t depth = qf_input_at(g, place, 0, a), row = qf_input_at(g, place, 1, b);
    int inside = qf_inside(g, 0, depth) && qf_inside(g, 1, row);
    return inside ? qf_pixel(g, j->x, place->image, depth, row, 0) : j->blank;
}

/* Offsets of the taps from the input's first byte, and of some more up to a whole group; returns the last byte that
 * is read for the last of `count` windows. */
static const uint8_t *set_offsets(const job *j, const qf_place *place, size_t count, ptrdiff_t *offsets) {
    const qf_geometry *g = j->geometry;
    const uint8_t *furthest = j->x;
    const ptrdiff_t column = qf_input_at(g, place, 2, 0), channels = (ptrdiff_t)g->channels;
    const ptrdiff_t step = g->dilation[2] * channels, blank = (ptrdiff_t)((intptr_t)j->blank - (intptr_t)j->x);
    ptrdiff_t *to = offsets;
    for (ptrdiff_t a = 0; a < g->kernel[0]; a++)
        for (ptrdiff_t b = 0; b < g->kernel[1]; b++) {
            const uint8_t *line = line_at(j, place, a, b);
            ptrdiff_t at = (ptrdiff_t)((intptr_t)line - (intptr_t)j->x) + column * channels, last = column;
            for (ptrdiff_t c = 0; c < g->kernel[2]; c++, at += step) {
                int inside = qf_inside(g, 2, column + c * g->dilation[2]);
                *to++ = inside ? at : blank;
                last = inside ? column + c * g->dilation[2] : last;
            }
            if (line != j->blank && last >= 0) furthest = line + last * channels > furthest ? line + last * channels : furthest;
        }
    for (size_t i = 0; i < LARGEST_GROUP; i++) *to++ = offsets[0];
    return furthest + (count - 1) * (size_t)(g->stride[2] * channels) + pixel_reach(j->weights);
}

/* One window whose last channels are so near the input's end that the kernel would read behind it: from copies of
 * its pixels; 0 without memory. */
static int run_copied(const job *j, qf_depthwise_line *line, ptrdiff_t *offsets) {
    size_t reach = pixel_reach(j->weights);
    uint8_t *copies = qf_scratch(QF_SLOT_CODES, line->taps * reach);
    if (!copies) return 0;
    for (size_t tap = 0; tap < line->taps; tap++) {
        memcpy(copies + tap * reach, line->x + offsets[tap], line->channels);
        offsets[tap] = (ptrdiff_t)(tap * reach);
    }
    for (size_t i = 0; i < LARGEST_GROUP; i++) offsets[line->taps + i] = 0;
    line->x = copies;
    j->weights->kernel->run(line);
    return 1;
}

/* Output pixels of one line, of which all or none have windows that jut out sideways; 0 without memory. */
static int run_pixels(const job *j, size_t first, size_t count, ptrdiff_t *offsets) {
    const qf_depthwise *w = j->weights;
    qf_place place = qf_first_place(j->geometry, first);
    int neighbours = j->geometry->stride[2] == 1 && j->geometry->dilation[2] == 1;
    qf_depthwise_line line = {.channels = w->channels, .taps = w->taps, .weights = w->packed, .start = j->start,
                              .row_taps = w->row_taps, .neighbours = neighbours, .row_weights = neighbours ? w->row_packed : NULL,
                              .step = (size_t)j->geometry->stride[2] * w->channels, .requant = j->requant,
                              .x = j->x, .offsets = offsets, .out = j->out + first * w->channels};
    const uint8_t *end = set_offsets(j, &place, count, offsets);
    size_t excess = end > j->end ? qf_min(count, qf_ceil_div((size_t)(end - j->end), line.step)) : 0;
    line.count = count - excess;
    if (line.count) w->kernel->run(&line);
    for (size_t i = count - excess; i < count; i++) {
        place.at[2] = (ptrdiff_t)((first + i) % (size_t)j->geometry->output[2]);
        set_offsets(j, &place, 1, offsets);
        line.x = j->x, line.count = 1, line.out = j->out + (first + i) * w->channels;
        if (!run_copied(j, &line, offsets)) return 0;
    }
    return 1;
}

static int run_line(const job *j, size_t index, ptrdiff_t *offsets) {
    size_t columns = (size_t)j->geometry->output[2], first = index * columns;
    for (size_t column = 0, count; column < columns; column += count) {
        int inner = (ptrdiff_t)column == j->first && j->last > j->first;
        count = inner ? (size_t)(j->last - j->first) : 1;
        if (!run_pixels(j, first + column, count, offsets)) return 0;
    }
    return 1;
}

static void depthwise_task(void *context, size_t index) {
    job *j = context;
    ptrdiff_t *offsets = qf_scratch(QF_SLOT_TASK, (j->weights->taps + LARGEST_GROUP) * sizeof *offsets);
    size_t first = index * j->block, last = qf_min(j->lines, first + j->block);
    for (size_t i = first; i < last; i++)
        if (!offsets || !run_line(j, i, offsets)) atomic_store(&j->status, QF_NO_MEMORY);
}

/* The columns of output pixels that neither padding touches. */
static void find_inner_columns(job *j) {
    const qf_geometry *g = j->geometry;
    ptrdiff_t room = g->input[2] + g->padding[2] - (ptrdiff_t)qf_extent(g, 2, 1);
    j->first = (ptrdiff_t)qf_ceil_div((size_t)g->padding[2], (size_t)g->stride[2]);
    j->last = room < 0 ? 0 : room / g->stride[2] + 1;
    if (j->last > g->output[2]) j->last = g->output[2];
}

/* Vectors of one call, in the order of lanes, and the blank line; 0 without memory. */
static int prepare(job *j, float x_scale, int32_t x_zero_point, float scale) {
    const qf_depthwise *w = j->weights;
    size_t blank = (size_t)j->geometry->input[2] * w->channels + pixel_reach(w);
    float *multiplier = qf_scratch(QF_SLOT_CALL, 3 * w->padded * sizeof(float) + blank);
    if (!multiplier) return 0;
    float *bias = multiplier + w->padded;
    int32_t *start = (int32_t *)(bias + w->padded);
    qf_active->transform(w->scales, w->has_bias ? w->bias : NULL, w->padded, w->per_channel, x_scale, scale,
                         multiplier, bias);
    qf_active->start(w->sums, w->padded, x_zero_point - (int32_t)w->kernel->lowered, start);
    j->start = start;
    j->blank = memset(start + w->padded, x_zero_point, blank);
    j->requant.multiplier = multiplier;
    j->requant.bias = bias;
    return 1;
}

enum { TASKS_PER_THREAD = 4 };

int qf_depthwise_conv(const qf_depthwise *weights, const uint8_t *x, size_t images, const int32_t *sizes,
                      float x_scale, int32_t x_zero_point, float scale, int32_t zero_point, int32_t low,
                      int32_t high, uint8_t *out) {
    qf_geometry g = qf_read_geometry(sizes);
    g.channels = g.group_channels = weights->channels;
    if (!qf_set_output(&g) || !images || !weights->channels) return QF_OK;
    job j = {.weights = weights, .geometry = &g, .x = x, .out = out};
    if (!prepare(&j, x_scale, x_zero_point, scale)) return QF_NO_MEMORY;
    j.requant.bounds = qf_make_bounds(low, high, zero_point);
    j.end = x + images * qf_pixels(g.input) * g.channels;
    find_inner_columns(&j);
    j.lines = images * (size_t)(g.output[0] * g.output[1]);
    j.block = qf_ceil_div(j.lines, (size_t)qf_get_threads() * TASKS_PER_THREAD);
    atomic_store(&j.status, QF_OK);
    qf_parallel(depthwise_task, &j, qf_ceil_div(j.lines, j.block));
    return atomic_load(&j.status);
}
