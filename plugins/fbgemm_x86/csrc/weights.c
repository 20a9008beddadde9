/* Packing int8 weights: once for each layer, from the weights alone. */
#include <qframe/pack.h>

#include "matrix.h"

static int allocate(qf_weights *w) {
    size_t vector = w->groups * w->padded;
    w->packed = qf_allocate(w->panel_size * w->panels * w->groups);
    w->fast = qf_allocate(w->panels * w->groups);
    w->scales = qf_allocate(4 * vector * sizeof(float));
    if (!w->packed || !w->fast || !w->scales) return 0;
    w->bias = w->scales + vector;
    w->zero_points = (int32_t *)(w->bias + vector);
    w->sums = w->zero_points + vector;
    return 1;
}

/* Each panel gets the layout of the microkernel that may multiply it. */
static void pack_group(qf_weights *w, size_t group, const int8_t *codes) {
    size_t nr = w->ukernels[0]->nr;
    for (size_t panel = 0; panel < w->panels; panel++) {
        size_t rows = qf_min(nr, w->n - panel * nr), place = group * w->panels + panel;
        const int8_t *from = codes + (group * w->n + panel * nr) * w->k;
        int fast = w->ukernels[1] && qf_pairs_fit(from, rows, w->k);
        w->fast[place] = (uint8_t)fast;
        qf_pack_panel(from, rows, w->k, nr, w->ukernels[fast]->kr, w->packed + place * w->panel_size);
    }
}

static void describe_output(qf_weights *w, size_t group, size_t row, const int8_t *codes, const float *scales,
                            const int32_t *zero_points, const float *bias) {
    size_t from = group * w->n + row, to = group * w->padded + row;
    int32_t zero_point = zero_points[w->per_channel ? from : 0];
    w->scales[to] = scales[w->per_channel ? from : 0];
    w->zero_points[to] = zero_point;
    w->sums[to] = qf_sum_i8(codes + from * w->k, w->k) - (int32_t)w->k * zero_point;
    if (bias) w->bias[to] = bias[from];
    if (zero_point) w->asymmetric = 1;
}

qf_weights *qf_weights_pack(const int8_t *codes, size_t groups, size_t n, size_t k, int per_channel,
                            const float *scales, const int32_t *zero_points, const float *bias) {
    qf_weights *w = qf_allocate(sizeof *w);
    if (!w) return NULL;
    w->kernels = qf_active;
    w->ukernels[0] = qf_find_ukernel(w->kernels->gemm);
    w->ukernels[1] = w->kernels->fast_gemm ? qf_find_ukernel(w->kernels->fast_gemm) : NULL;
    w->groups = groups, w->n = n, w->k = k;
    w->panels = qf_ceil_div(n, w->ukernels[0]->nr);
    w->padded = w->panels * w->ukernels[0]->nr;
    w->panel_size = qf_panel_size(k, w->ukernels[0]->nr, 4); /* 4: the largest kr */
    w->per_channel = per_channel, w->has_bias = bias != NULL;
    if (!allocate(w)) {
        qf_weights_free(w);
        return NULL;
    }
    for (size_t group = 0; group < groups; group++) {
        pack_group(w, group, codes);
        for (size_t row = 0; row < n; row++)
            describe_output(w, group, row, codes, scales, zero_points, bias);
    }
    return w;
}

void qf_weights_free(qf_weights *w) {
    if (!w) return;
    qf_release(w->packed);
    qf_release(w->fast);
    qf_release(w->scales);
    qf_release(w);
}

const char *qf_weights_kernel(const qf_weights *weights, int fast) {
    return weights->ukernels[fast] ? weights->ukernels[fast]->name : NULL;
}

size_t qf_weights_panels(const qf_weights *weights, int fast) {
    size_t panels = weights->groups * weights->panels, count = 0;
    for (size_t i = 0; i < panels; i++) count += weights->fast[i] == fast;
    return count;
}

int qf_weights_fit(const int8_t *codes, size_t n, size_t k, int per_channel, const int32_t *zero_points) {
    for (size_t row = 0; row < n; row++)
        if (!qf_sum_fits(codes + row * k, k, zero_points[per_channel ? row : 0])) return 0;
    return 1;
}

void qf_pack_for_test(const int8_t *weight, size_t n, size_t k, size_t nr, size_t kr, int8_t *packed) {
    qf_pack_matrix(weight, n, k, nr, kr, packed);
}
