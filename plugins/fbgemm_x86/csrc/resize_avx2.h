/* What the AVX2 and AVX-512 forms of resize.h share: windows of 16 codes. */
#ifndef QF_RESIZE_AVX2_H
#define QF_RESIZE_AVX2_H

#include <qframe/requant_x86.h>

#include "x86.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

#include <qframe/native/resize_windows.h>

QF_TARGET_END

void qf_pick__avx2(const uint8_t *, size_t, const qf_sources *, size_t, uint8_t *);
void qf_copy_pixels__avx2(const uint8_t *, ptrdiff_t, size_t, const qf_sources *, size_t, uint8_t *);

#endif
#endif
