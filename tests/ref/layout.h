/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* layout.h: what lies where in nop.c's image; pack.c writes the manifest from it. */
#ifndef REF_LAYOUT_H
#define REF_LAYOUT_H

#include "../../runtime/image.h"

#define SQ_ENTRIES 8
#define CQ_ENTRIES 16
#define LOG_SLOTS 8

#define WAITS_OFF 0x200   /* 8 nodes: main, worker[4], the lists of the two pools */
#define LOG_OFF 0x400     /* 8 slots of 256 bytes */
#define N_OFF 0xc40       /* param u64 n */
#define SAY_OFF 0xc48     /* param u64 say = 0 */
#define MODE_OFF 0xc50    /* param u32 mode = 0 */
#define STARTED_OFF 0xc58 /* private */
#define TIME_OFF 0xc60    /* struct __kernel_timespec */
#define FLAG_OFF 0xc70    /* param bool flag = true */
#define SMALL_OFF 0xc72   /* param s16 small = -7 */
#define NAME_OFF 0xc80    /* param string name = "ref" */
#define IN_OFF 0xca0      /* param fd in : read */
#define IN_STREAM_OFF 0xca4
#define OUT_OFF 0xca8 /* param fd out : create */
#define OUT_STREAM_OFF 0xcac
#define DIR_OFF 0xcb0 /* param fd bare */
#define DIR_STREAM_OFF 0xcb4
#define MAIN_POOL_OFF 0xcc0   /* struct rl_pool, and one more word */
#define WORKER_POOL_OFF 0xce0 /* and four */
#define READY_OFF 0xd00
#define READY_SLOTS 8
#define FRAME_OFF 0xe00  /* main: its state, u32, and since when, at 8 */
#define WORKER_OFF 0xe10 /* worker[4]: 16 bytes each, the same */
#define RING_OFF 0x1000
#define RING_SIZE 0x1000
#define SQES_OFF 0x2000
#define SHARED_OFF 0x3000
#define DONE_OFF 0x3000 /* shared u64 done */
#define PATH_OFF 0x3010 /* shared u8 path[64] */
#define GRID_OFF 0x3080 /* shared u32 grid[2][4] */
#define PAGE_OFF 0x4000 /* fixed shared u8 page[4096] */
#define IMAGE_SIZE 0x5000

/* What happens after the last NOP. */
enum { MODE_DONE, MODE_ERROR, MODE_FAIL, MODE_TRAP, MODE_DEADLOCK, MODE_HANG };

#endif
