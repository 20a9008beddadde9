/* What each ARM instruction set provides, as native/kernels.h asks for it. */
#ifndef QF_ARM_H
#define QF_ARM_H

#include <qframe/native/kernels.h>

#if QF_ARM64
extern const qf_kernels qf_kernels_neon, qf_kernels_dotprod, qf_kernels_i8mm;
#endif

#endif
