// Functions whose loops are worth compiling for several vector units; the program picks when it starts. All give the
// same bits, as nothing in them is fused or reordered. Sanitizers run before the choice could be made.
#pragma once

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define IGNITION_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define IGNITION_VECTOR_CLONES
#endif
