/* Linear layers: codes to codes, and floats to floats with activations quantized on the way. */
#include <math.h>

#include "matrix.h"

int qf_linear(const qf_weights *weights, const uint8_t *x, size_t rows, float x_scale, int32_t x_zero_point,
              float scale, int32_t zero_point, int32_t low, int32_t high, uint8_t *out) {
    qf_product p = {.weights = weights, .rows = rows, .x = x, .x_stride = weights->length,
                    .x_zero_point = (uint8_t)x_zero_point, .codes = out};
    if (!qf_product_vectors(&p)) return QF_NO_MEMORY;
    qf_set_requant(&p, x_scale, scale, zero_point, low, high);
    return qf_run_product(&p);
}

/* qparams.choose_dynamic_qparams, in float64 like there. */
static void choose_dynamic_qparams(float least, float most, int reduce_range, double *scale,
                                   int32_t *zero_point) {
    double quant_max = reduce_range ? 127 : 255;
    double low = least < 0 ? least : 0, high = most > 0 ? most : 0;
    *scale = (high - low) / quant_max;
    if ((float)*scale == 0 || isinf(1.0f / (float)*scale)) *scale = 0.1;
    double from_low = -low / *scale, from_high = quant_max - high / *scale;
    int low_is_more_exact = -fabs(low / *scale) < quant_max - fabs(high / *scale);
    double best = low_is_more_exact ? from_low : from_high;
    best = best > 0 ? best : 0;
    *zero_point = (int32_t)rint(best < quant_max ? best : quant_max);
}

int qf_linear_dynamic(const qf_weights *weights, const float *x, size_t rows, int relu, int reduce_range,
                      float *out) {
    size_t count = rows * weights->length;
    float range[2] = {0, 0};
    double scale;
    int32_t zero_point;
    if (count) qf_min_max(x, count, range);
    if (!isfinite(range[0]) || !isfinite(range[1])) return QF_NOT_FINITE;
    choose_dynamic_qparams(range[0], range[1], reduce_range, &scale, &zero_point);
    uint8_t *codes = qf_scratch(QF_SLOT_CODES, count + 1);
    if (!codes) return QF_NO_MEMORY;
    qf_quantize8(x, count, (float)scale, zero_point, 0, 255, codes);
    qf_product p = {.weights = weights, .rows = rows, .x = codes, .x_stride = weights->length,
                    .x_zero_point = (uint8_t)zero_point, .floats = out, .relu = relu};
    if (!qf_product_vectors(&p)) return QF_NO_MEMORY;
    for (size_t i = 0; i < weights->groups * weights->padded; i++)
        p.multiplier[i] = (float)scale * weights->scales[i];
    return qf_run_product(&p);
}
