/* Packing int8 weights: once for each layer, from the weights alone. */
#include <qframe/pack.h>

#include "matrix.h"

static int allocate(qf_weights *w) {
    size_t vector = w->groups * w->padded;
    w->largest = qf_allocate(w->panels * w->groups);
    w->scales = qf_allocate(5 * vector * sizeof(float));
    if (!w->largest || !w->scales) return 0;
    w->bias = w->scales + vector;
    w->zero_points = (int32_t *)(w->bias + vector);
    w->sums = w->zero_points + vector;
    w->lost = w->ukernels[0]->lowered[0] ? w->sums + vector : NULL;
    return 1;
}

static size_t panel_rows(const qf_weights *w, size_t panel) {
    size_t nr = w->ukernels[0]->nr;
    return qf_min(nr, w->n - panel * nr);
}

/* The weights of a panel's first output. */
static const int8_t *panel_codes(const qf_weights *w, const int8_t *codes, size_t group, size_t panel) {
    return codes + (group * w->n + panel * w->ukernels[0]->nr) * w->runs * w->length;
}

/* Returns whether the faster microkernel will do for all panels, whatever the activations. */
static int prove_exact(qf_weights *w, const int8_t *codes) {
    int always = w->ukernels[1] != NULL;
    for (size_t i = 0; always && i < w->groups * w->panels; i++) {
        size_t group = i / w->panels, panel = i % w->panels;
        const int8_t *from = panel_codes(w, codes, group, panel);
        w->largest[i] = (uint8_t)qf_largest_exact(from, panel_rows(w, panel), w->runs, w->length);
    }
    for (size_t i = 0; i < w->groups * w->panels; i++) always &= w->largest[i] == 255;
    return always;
}

/* Pack for one of the microkernels; 0 without memory. */
static int pack_layout(qf_weights *w, int fast, const int8_t *codes) {
    const qf_ukernel *u = w->ukernels[fast];
    w->panel_sizes[fast] = qf_panel_size(w->runs, w->length, u->nr, u->kr);
    w->packed[fast] = qf_allocate(w->panel_sizes[fast] * w->panels * w->groups);
    if (!w->packed[fast]) return 0;
    int8_t *to = w->packed[fast];
    for (size_t group = 0; group < w->groups; group++)
        for (size_t panel = 0; panel < w->panels; panel++, to += w->panel_sizes[fast])
            qf_pack_panel(panel_codes(w, codes, group, panel), panel_rows(w, panel), w->runs, w->length, u->nr,
                          u->kr, to);
    return 1;
}

/* What an output loses since its activations are lowered. */
static int32_t lost_sum(const qf_weights *w, const int8_t *codes) {
    const qf_ukernel *u = w->ukernels[0];
    uint32_t sum = 0; /* may wrap, as sums without their zero points may */
    for (size_t i = 0; i < w->runs * w->length; i++)
        sum += (uint32_t)codes[i] * (uint32_t)u->lowered[i % w->length % u->kr >= u->kr / 2];
    return (int32_t)sum;
}

static void describe_output(qf_weights *w, size_t group, size_t row, const int8_t *codes, const float *scales,
                            const int32_t *zero_points, const float *bias) {
    size_t inputs = w->runs * w->length, from = group * w->n + row, to = group * w->padded + row;
    int32_t zero_point = zero_points[w->per_channel ? from : 0];
    w->scales[to] = scales[w->per_channel ? from : 0];
    w->zero_points[to] = zero_point;
    w->sums[to] = qf_sum_i8(codes + from * inputs, inputs) - (int32_t)inputs * zero_point;
    if (bias) w->bias[to] = bias[from];
    if (w->lost) w->lost[to] = lost_sum(w, codes + from * inputs);
    if (zero_point) w->asymmetric = 1;
}

static int pack(qf_weights *w, const int8_t *codes, const float *scales, const int32_t *zero_points,
                const float *bias) {
    if (!allocate(w)) return 0;
    int always = prove_exact(w, codes);
    if (w->ukernels[1] && !pack_layout(w, 1, codes)) return 0;
    if (!always && !pack_layout(w, 0, codes)) return 0;
    for (size_t group = 0; group < w->groups; group++)
        for (size_t row = 0; row < w->n; row++)
            describe_output(w, group, row, codes, scales, zero_points, bias);
    return 1;
}

qf_weights *qf_weights_pack(const int8_t *codes, size_t groups, size_t n, size_t runs, size_t length,
                            int per_channel, const float *scales, const int32_t *zero_points, const float *bias) {
    qf_weights *w = qf_allocate(sizeof *w);
    if (!w) return NULL;
    w->kernels = qf_active;
    w->ukernels[0] = qf_find_ukernel(w->kernels->gemm);
    w->ukernels[1] = w->kernels->fast_gemm ? qf_find_ukernel(w->kernels->fast_gemm) : NULL;
    w->groups = groups, w->n = n, w->runs = runs, w->length = length;
    w->panels = qf_ceil_div(n, w->ukernels[0]->nr);
    w->padded = w->panels * w->ukernels[0]->nr;
    w->per_channel = per_channel, w->has_bias = bias != NULL;
    if (!pack(w, codes, scales, zero_points, bias)) {
        qf_weights_free(w);
        return NULL;
    }
    return w;
}

void qf_weights_free(qf_weights *w) {
    if (!w) return;
    for (int fast = 0; fast < 2; fast++) qf_release(w->packed[fast]);
    qf_release(w->largest);
    qf_release(w->scales);
    qf_release(w);
}

const char *qf_weights_kernel(const qf_weights *weights, int fast) {
    return weights->ukernels[fast] ? weights->ukernels[fast]->name : NULL;
}

size_t qf_weights_panels(const qf_weights *weights) { return weights->panels * weights->groups; }

size_t qf_weights_fast_panels(const qf_weights *weights, int largest) {
    size_t count = 0;
    if (!weights->ukernels[1]) return 0;
    for (size_t i = 0; i < qf_weights_panels(weights); i++) count += weights->largest[i] >= largest;
    return count;
}

size_t qf_panel_width(void) { return qf_find_ukernel(qf_active->gemm)->nr; }

int qf_weights_fit(const int8_t *codes, size_t n, size_t k, int per_channel, const int32_t *zero_points) {
    for (size_t row = 0; row < n; row++)
        if (!qf_sum_fits(codes + row * k, k, zero_points[per_channel ? row : 0])) return 0;
    return 1;
}

void qf_pack_for_test(const int8_t *weight, size_t n, size_t runs, size_t length, size_t nr, size_t kr,
                      int8_t *packed) {
    for (size_t row = 0; row < n; row += nr, packed += qf_panel_size(runs, length, nr, kr))
        qf_pack_panel(weight + row * runs * length, qf_min(nr, n - row), runs, length, nr, kr, packed);
}
