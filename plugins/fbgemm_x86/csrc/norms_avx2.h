/* AVX2 kernels of norms.h, which AVX-512 uses for what is short. */
#ifndef QF_NORMS_AVX2_H
#define QF_NORMS_AVX2_H

#include <qframe/simd.h>
#include <qframe/native/norms_loops.h>

#include "x86.h"

/* Where a mask for the last n of 32 codes begins: at 32 + n; for the last n of 64: at n. */
extern const uint8_t qf_last_codes[128];

void qf_norm_sums__avx2(const uint8_t *, size_t, uint8_t, uint64_t *, uint64_t *);
void qf_norm_column_sums__avx2(const uint8_t *, size_t, size_t, uint8_t, uint32_t *, uint32_t *);
void qf_norm_run__avx2(const uint8_t *, size_t, float, float, float, const qf_norm_codes *, uint8_t *);
void qf_norm_row__avx2(const uint8_t *, size_t, float, float, const float *, const float *,
                       const qf_norm_codes *, uint8_t *);
void qf_norm_pixels__avx2(const uint8_t *, size_t, const float *, const float *, const float *,
                          const qf_norm_codes *, uint8_t *);

#endif
