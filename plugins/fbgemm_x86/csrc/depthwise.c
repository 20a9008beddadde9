/* Depthwise convolutions: each output channel has an input channel of its own.
 * Weights are held as int16 with their zero point subtracted. */
#include <stdatomic.h>

#include "geometry.h"
#include "kernels.h"

struct qf_depthwise {
    const qf_kernels *kernels;
    size_t channels, taps;
    int per_channel, has_bias;
    int16_t *packed;
    float *scales, *bias;
    int32_t *sums; /* of the centered weights */
};

/* Where the n-th block of lanes starts: the last one overlaps rather than reading behind the end. */
static size_t block_start(size_t block, size_t channels) {
    return block * QF_LANES + QF_LANES <= channels || channels < QF_LANES ? block * QF_LANES
                                                                         : channels - QF_LANES;
}

/* The lane in which AVX2's interleaving leaves a channel of a block: 0-3 and 8-11 come first, then 4-7 and
 * 12-15. */
static size_t lane_of(size_t channel) { return (channel & 4) * 2 + (channel & 8) / 2 + (channel & 3); }

/* For each block, for each pair of taps: lane by lane, both taps side by side. */
static void pack_interleaved(const int16_t *plain, size_t channels, size_t taps, int16_t *packed) {
    for (size_t block = 0; block * QF_LANES < channels; block++) {
        size_t start = block_start(block, channels);
        for (size_t tap = 0; tap < taps; tap += 2, packed += 2 * QF_LANES)
            for (size_t c = 0; c < QF_LANES && start + c < channels; c++)
                for (size_t second = 0; second < 2 && tap + second < taps; second++)
                    packed[2 * lane_of(c) + second] = plain[(tap + second) * channels + start + c];
    }
}

/* (taps, channels), centered; also the sums. */
static void center(qf_depthwise *w, const int8_t *codes, const int32_t *zero_points, int16_t *plain) {
    for (size_t c = 0; c < w->channels; c++)
        for (size_t tap = 0; tap < w->taps; tap++) {
            int32_t value = codes[c * w->taps + tap] - zero_points[w->per_channel ? c : 0];
            plain[tap * w->channels + c] = (int16_t)value;
            w->sums[c] += value;
        }
}

qf_depthwise *qf_depthwise_pack(const int8_t *codes, size_t channels, size_t taps, int per_channel,
                                const float *scales, const int32_t *zero_points, const float *bias) {
    qf_depthwise *w = qf_allocate(sizeof *w);
    size_t padded = qf_round_up(channels, QF_LANES), pairs = (taps + 1) / 2;
    int16_t *plain = qf_allocate(qf_max(1, channels * taps) * sizeof *plain);
    if (w) {
        *w = (qf_depthwise){qf_active, channels, taps, per_channel, bias != NULL, NULL, NULL, NULL, NULL};
        w->packed = w->kernels->interleaved ? qf_allocate(padded * pairs * 2 * sizeof *plain) : plain;
        w->scales = qf_allocate(3 * padded * sizeof(float));
    }
    if (!w || !plain || !w->packed || !w->scales) {
        if (!w || w->packed != plain) qf_release(plain);
        qf_depthwise_free(w);
        return NULL;
    }
    w->bias = w->scales + padded;
    w->sums = (int32_t *)(w->bias + padded);
    center(w, codes, zero_points, plain);
    for (size_t c = 0; c < channels; c++) {
        w->scales[c] = scales[per_channel ? c : 0];
        if (bias) w->bias[c] = bias[c];
    }
    if (w->packed != plain) {
        pack_interleaved(plain, channels, taps, w->packed);
        qf_release(plain);
    }
    return w;
}

void qf_depthwise_free(qf_depthwise *w) {
    if (!w) return;
    qf_release(w->packed);
    qf_release(w->scales);
    qf_release(w);
}

typedef struct job {
    const qf_depthwise *weights;
    const qf_geometry *geometry;
    const uint8_t *x;
    const uint8_t *blank; /* a pixel of zero points */
    int32_t *start;
    qf_requant requant;
    uint8_t *out;
    atomic_int status;
} job;

/* Where each tap of one output pixel reads. */
static void find_taps(const job *j, const qf_place *place, const uint8_t **pixels) {
    const qf_geometry *g = j->geometry;
    for (ptrdiff_t a = 0; a < g->kernel[0]; a++) {
        ptrdiff_t depth = qf_input_at(g, place, 0, a);
        for (ptrdiff_t b = 0; b < g->kernel[1]; b++) {
            ptrdiff_t row = qf_input_at(g, place, 1, b), column = qf_input_at(g, place, 2, 0);
            int inside = qf_inside(g, 0, depth) && qf_inside(g, 1, row);
            const uint8_t *line = inside ? qf_pixel(g, j->x, place->image, depth, row, 0) : NULL;
            for (ptrdiff_t c = 0; c < g->kernel[2]; c++, column += g->dilation[2])
                *pixels++ = inside && qf_inside(g, 2, column) ? line + column * (ptrdiff_t)g->channels
                                                              : j->blank;
        }
    }
}

/* Whether the window of the pixel after `place` reads the same lines, one stride further, inside the input. */
static int moves_on(const qf_geometry *g, const qf_place *place) {
    ptrdiff_t here = qf_input_at(g, place, 2, 0), next = here + g->stride[2];
    return here >= 0 && next + (g->kernel[2] - 1) * g->dilation[2] < g->input[2];
}

/* One line of output pixels. */
static void depthwise_task(void *context, size_t index) {
    job *j = context;
    const qf_depthwise *w = j->weights;
    const qf_geometry *g = j->geometry;
    size_t columns = (size_t)g->output[2], step = (size_t)g->stride[2] * g->channels;
    const uint8_t **pixels = qf_scratch(QF_SLOT_TASK, (w->taps + 1) * sizeof *pixels);
    if (!pixels) {
        atomic_store(&j->status, QF_NO_MEMORY);
        return;
    }
    qf_place place = qf_first_place(g, index * columns);
    uint8_t *out = j->out + index * columns * w->channels;
    int moved = 0;
    for (size_t column = 0; column < columns; column++, out += w->channels, place.at[2]++) {
        if (!moved) find_taps(j, &place, pixels);
        pixels[w->taps] = j->blank; /* a partner for the last of an odd number of taps */
        w->kernels->depthwise(w->packed, w->channels, w->taps, pixels, j->start, &j->requant, out);
        moved = moves_on(g, &place);
        for (size_t tap = 0; moved && tap < w->taps; tap++)
            if (pixels[tap] != j->blank) pixels[tap] += step;
    }
}

/* Vectors of one call, in the order of lanes; 0 without memory. */
static int prepare(job *j, float x_scale, int32_t x_zero_point, float scale) {
    const qf_depthwise *w = j->weights;
    size_t padded = qf_round_up(w->channels, QF_LANES);
    float *multiplier = qf_scratch(QF_SLOT_CALL, padded * 13);
    if (!multiplier) return 0;
    float *bias = multiplier + padded;
    j->start = (int32_t *)(bias + padded);
    for (size_t i = 0; i < padded; i++) {
        size_t block = i / QF_LANES, c = block_start(block, w->channels) + i % QF_LANES;
        size_t to = w->kernels->interleaved ? block * QF_LANES + lane_of(i % QF_LANES) : i;
        if (!w->kernels->interleaved) c = i;
        multiplier[to] = qf_multiplier(x_scale, w->scales[c], scale);
        bias[to] = w->has_bias ? qf_scaled_bias(w->bias[c], x_scale, w->scales[c], w->per_channel) : 0.0f;
        j->start[to] = -x_zero_point * w->sums[c];
    }
    j->blank = memset(j->start + padded, x_zero_point, padded);
    j->requant.multiplier = multiplier;
    j->requant.bias = bias;
    return 1;
}

int qf_depthwise_conv(const qf_depthwise *weights, const uint8_t *x, size_t images, const int32_t *sizes,
                      float x_scale, int32_t x_zero_point, float scale, int32_t zero_point, int32_t low,
                      int32_t high, uint8_t *out) {
    qf_geometry g = qf_read_geometry(sizes);
    g.channels = weights->channels;
    g.group_channels = 1;
    if (!qf_set_output(&g) || !images || !weights->channels) return QF_OK;
    job j = {.weights = weights, .geometry = &g, .x = x, .out = out};
    if (!prepare(&j, x_scale, x_zero_point, scale)) return QF_NO_MEMORY;
    j.requant.bounds = qf_make_bounds(low, high, zero_point);
    atomic_store(&j.status, QF_OK);
    qf_parallel(depthwise_task, &j, images * (size_t)(g.output[0] * g.output[1]));
    return atomic_load(&j.status);
}
