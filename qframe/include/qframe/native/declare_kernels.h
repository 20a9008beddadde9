/* Declares the kernels that an instruction set has under the names of kernels.h, after
 *     NAMED(name)     gives each of them its name
 */
#include "elementwise.h"

void NAMED(qf_requant_rows)(const int32_t *, size_t, size_t, const qf_requant *, size_t, uint8_t *, size_t);
void NAMED(qf_rescale_rows)(const int32_t *, size_t, size_t, const float *, const float *, int, size_t, float *, size_t);
void NAMED(qf_start)(const int32_t *, size_t, int32_t, int32_t *);
void NAMED(qf_transform)(const float *, const float *, size_t, int, float, float, float *, float *);
void NAMED(qf_interleave)(const uint8_t *, size_t, size_t, size_t, uint8_t *);
void NAMED(qf_widen)(const uint8_t *, size_t, int16_t *);
int32_t NAMED(qf_sum_u8)(const uint8_t *, size_t);
uint8_t NAMED(qf_max_u8)(const uint8_t *, size_t);
int NAMED(qf_min_max)(const float *, size_t, float *, float *);
void NAMED(qf_quantize8)(const float *, size_t, float, qf_bounds, uint8_t *);
void NAMED(qf_dequantize_u8)(const uint8_t *, size_t, float, int32_t, float *);
void NAMED(qf_dequantize_i8)(const int8_t *, size_t, float, int32_t, float *);
void NAMED(qf_half_6x16)(size_t, size_t, const float *, size_t, const uint16_t *, float *);
void NAMED(qf_half_row)(size_t, size_t, const float *, const uint16_t *, float *);
void NAMED(qf_cell)(int, const float *, const float *, size_t, float *, float *);
void NAMED(qf_max_windows)(const uint8_t *, const qf_windows *, size_t, uint8_t, uint8_t *);
void NAMED(qf_average_windows)(const uint8_t *, const qf_windows *, size_t, const qf_average *, uint8_t *);
#undef NAMED

/* What all sets that share these have in common, for the initializer of a qf_kernels. */
#define QF_COMMON_KERNELS(set)                                                                          \
    .start = qf_start__##set, .transform = qf_transform__##set, .interleave = qf_interleave__##set,    \
    .widen = qf_widen__##set, .sum_u8 = qf_sum_u8__##set, .max_u8 = qf_max_u8__##set,                  \
    .min_max = qf_min_max__##set, .half_tile = qf_half_6x16__##set, .half_row = qf_half_row__##set
