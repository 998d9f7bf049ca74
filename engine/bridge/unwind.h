/*
 * unwind.h - what the guest's unwinder is told about callbacks (unwind.c).
 */
#ifndef BRIDGE_UNWIND_H
#define BRIDGE_UNWIND_H

#include "bridge/bridge.h"

/* Offsets in the record on the guest's stack that describes the guest caller of native code. */
enum br_record {
    BR_RECORD_SAVED = 0, /* RBX RBP R12 R13 R14 R15 */
    BR_RECORD_RSP = 48,
    BR_RECORD_SIZE = 64,
};

void br_unwind_init(gaddr bridge);
/* Where a callback from inside a wrapped call returns to, with RBX = its record. */
gaddr br_return_bridge(void);
/* The .eh_frame_hdr that holds for br_return_bridge. */
gaddr br_unwind_header(void);

#endif
