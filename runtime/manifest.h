/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * manifest.h: what an object says about itself, and where.
 *
 * A program object is an ordinary libbpf ELF object plus
 *
 *   section .ringlet.manifest   the manifest, JSON, UTF-8, not NUL-terminated
 *   section .ringlet.<arch>     the native step: position-independent code, no relocation
 *   the last 16 bytes           struct rl_trailer: CRC-32 of everything before it
 *
 * The program's maps are the image, section `.bss.image`, and the struct_ops map
 * `ops`, section `.struct_ops.link`. The program itself is `loop_step`.
 *
 * The manifest (every offset is from the start of the image, in bytes):
 *
 *   { "ringlet": 7,                      RL_FORMAT: another number is refused
 *     "compiler": "0.1.0",
 *     "source": "copy.rlt",
 *     "image": { "size": N,
 *                "log": OFF, "log_slots": N,          0 slots: the program never logs
 *                "ready": OFF, "ready_slots": N,
 *                "waits": OFF, "nwaits": N, "pools": N,   struct rl_wait; the list of the first pool
 *                "ring": OFF, "ring_size": N, "cq_entries": N,
 *                "sqes": OFF, "sq_entries": N,
 *                "setup": N,                          set-up flags of its entries, see image.h; left out: 0
 *                "files": N,                          slots of the table of direct descriptors
 *                "shared": OFF, "shared_size": N },
 *     "init":   [ [OFF, "hex bytes"], ... ],          what is not zero at the start
 *     "params": [ { "name": "src", "type": "fd", "kind": "read", "help": "...",
 *                   "offset": OFF, "size": 4, "required": true }, ... ],
 *     "shared": [ { "name": "block", "type": "u8", "dims": [32, 131072],
 *                   "offset": OFF, "size": N, "fixed": false }, ... ],
 *     "region": { "name": "pool", "type": "u8", "dims": [4096],       only in a program that has one; of
 *                 "size": 4096, "fixed": false, "index": 0 },         an element; the number of a fixed one
 *     "structs": [ { "name": "conn", "size": N, "fields": [            those that shared variables and the
 *                    { "name": "fd", "type": "fd", "dims": [],         region are made of
 *                      "offset": OFF_IN_STRUCT, "size": 4 }, ... ] }, ... ],
 *     "tasks":  [ { "name": "copier", "count": 32, "pool": OFF,                   struct rl_pool
 *                   "frame": OFF, "frame_size": N, "state": OFF_IN_FRAME,
 *                   "since": OFF_IN_FRAME, "node": N, "nodes": N, "requests": N,
 *                   "states": [ {"op": "read", "file": "std/io.rlt", "line": 3, "col": 9}, ... ] }, ... ],
 *     "queues": [ { "name": "ticks", "kind": "", "tag": N, "offset": OFF, "size": N, "n": 1,
 *                   "capacity": 64, "entries": 64,                              struct rl_queue
 *                   "slots": OFF_IN_QUEUE, "list": N }, ... ],
 *     "buffers": [ { "name": "pool", "group": 0, "n": 64, "size": 4096,
 *                    "ring": OFF, "memory": OFF, "control": OFF }, ... ],      control: struct rl_buffers
 *     "zcrx":   [ { "name": "pages", "group": 0, "n": 64, "size": 4096,   only in a program that has any
 *                   "ring": OFF, "memory": OFF, "control": OFF,
 *                   "pieces": 64,                                  entries of the ring
 *                   "device": OFF, "queue": OFF }, ... ],          parameters of the script, or left out
 *     "sites":  [ { "file": "copy.rlt", "line": 19, "col": 17, "what": "read_full" }, ... ],
 *     "logs":   [ { "file": ..., "line": ..., "format": "got %d\n",
 *                   "args": ["s32", "slice"] }, ... ],
 *     "ops":    [ { "name": "read", "opcode": 22, "since": "5.6",
 *                   "struct": "epoll_event", "bytes": 12, "instead": "..." }, ... ],
 *     "trace":  { "records": OFF, "step": [N, ...], "text": [N, ...] },  left out: it cannot be traced
 *     "native": [ { "arch": "x86_64", "section": ".ringlet.x86_64", "entry": 0, "switches": [N, ...] }, ... ]
 * }
 *
 * An argument of a log is of an integer type, a "slice", or "text": a whole array, of which what is before a
 * zero counts. Types of parameters: u8 u16 u32 u64 s8 s16 s32 s64 bool fd, and "string" (a u8 array;
 * NUL-terminated and zero-padded). A struct has "type": "struct NAME".
 * A shared variable, an element of the region or a field that is a struct, or an array of such, has "struct":
 * the number of its row in "structs"; of a field that is lower than its struct's own. Without it nothing is
 * known of the layout.
 * Kinds of fd parameters: read, write, rdwr, create, append, dir, tcp_listen; "" for a bare descriptor.
 * A parameter of type fd also has "stream": OFF, a u32 that the runtime sets to 1 where the descriptor has no
 * position of its own to read or write at: lseek says ESPIPE, or it is open with O_APPEND. std.io keeps
 * requests to a stream in the order of their offsets.
 * An instance's frame has at "state" the number of the await site that it waits at, and at "since" what
 * control.now was when it began to. `states` has one entry
 * per resume point; entry 0 is the start of the task ("op": "start"). What it waits for other than requests
 * is in its nodes, struct rl_wait: "nodes" of them, those of the first instance from "node" on. Requests have
 * numbers below "requests" in their user_data (RL_UD_ARM_SHIFT).
 * A declaration of queues is "n" queues of "size" bytes, one after the other; requests that are steered there
 * have "tag" where others have the number of a task, and "slots" is 0 where there are none. "kind" is "in",
 * "out" or "".
 * "trace": the records, struct rl_trace, and where the switches are in the sections of the step and .text;
 * "switches" those of a native step. Bytes from the section's start.
 * "struct" of an operation is one of the kernel's that it has, and that is not the same on every machine;
 * "bytes" is the size of it in this object, "instead" what to do where it has another. A pool of buffers is a
 * ring of "n" provided buffers of "size" bytes, group "group". One of kind zcrx is "n" pages, or buffers of
 * "size" bytes, that are the "group"th of the ring's instances of zcrx.
 */
#ifndef RINGLET_MANIFEST_H
#define RINGLET_MANIFEST_H

#include <stdint.h>

#define RL_FORMAT 7
#define RL_MANIFEST_SECTION ".ringlet.manifest"
#define RL_IMAGE_SECTION ".bss.image"
#define RL_REGION_SECTION ".rodata.region" /* struct rl_region: only in a program that has a region */
#define RL_GET_REGION "bpf_io_uring_get_region"
#define RL_OPS_MAP "ops"
#define RL_PROGRAM "loop_step"
#define RL_STEP_SECTION "struct_ops.s/" RL_PROGRAM

#define RL_TRAILER_MAGIC "ringlet"
struct rl_trailer {
	char magic[8]; /* RL_TRAILER_MAGIC with its NUL */
	uint32_t format;
	uint32_t crc; /* zlib's crc32 of all bytes before the trailer, continued over magic and format */
};

#endif
