#include <qframe/requant.h>

#include "api.h"

void mynpu_add(const uint8_t *a, float a_scale, int32_t a_zero_point,
               const uint8_t *b, float b_scale, int32_t b_zero_point, size_t count,
               float scale, int32_t zero_point, int32_t low, int32_t high, uint8_t *out) {
    qf_bounds bounds = qf_make_bounds(low, high, zero_point);
    float reciprocal = 1.0f / scale;
    for (size_t i = 0; i < count; i++) {
        float left = a_scale * (float)(a[i] - a_zero_point);
        float right = b_scale * (float)(b[i] - b_zero_point);
        float sum = left + right; /* each line rounds to float32, as the reference does */
        out[i] = (uint8_t)qf_round_code(sum * reciprocal, bounds);
    }
}
