/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a task has in a map of its own, and memory of a user that such a value points to. */
#include "local.h"

#define UPTR __attribute__((btf_type_tag("uptr")))

struct task_struct {
	int pid;
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

struct memory {
	__u64 n;
	__u32 cell[4];
};
struct value {
	struct memory UPTR *memory;
	__u64 n;
};
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct value);
} tasks SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} elsewhere SEC(".maps");
static __attribute__((noinline)) __u64 sum(struct memory *m)
{
	return m->n;
}

#define OF_TASK(name) SEC("tp_btf/task_newtask") int name(__u64 *ctx)
#define NEXT ((struct task_struct *)ctx[0])
#define VALUE(task)                                                                                          \
	struct value *v = bpf_task_storage_get(&tasks, task, 0, 1);                                          \
	if (!v)                                                                                              \
	return 0

OF_TASK(counted)
{
	VALUE(NEXT);
	return (int)++v->n;
}
OF_TASK(unchecked)
{
	struct value *v = bpf_task_storage_get(&tasks, NEXT, 0, 1);
	return (int)READ(v->n);
}
OF_TASK(beyond_its_end)
{
	VALUE(NEXT);
	return (int)READ((&v->n)[1]);
}
OF_TASK(of_the_current_task)
{
	VALUE(bpf_get_current_task_btf());
	return (int)v->n;
}
OF_TASK(of_the_parent)
{
	VALUE(NEXT->real_parent);
	return (int)v->n;
}
OF_TASK(of_no_task)
{
	VALUE((void *)0);
	return (int)v->n;
}
OF_TASK(of_a_number)
{
	VALUE((void *)HIDE(8ull));
	return (int)v->n;
}
OF_TASK(looked_up_by_key)
{
	int key = 1;
	struct value *v = bpf_map_lookup_elem(&tasks, &key);
	return v ? (int)v->n : 0;
}
OF_TASK(deleted)
{
	return (int)bpf_task_storage_delete(&tasks, NEXT);
}
OF_TASK(of_another_map)
{
	struct value *v = bpf_task_storage_get(&elsewhere, NEXT, 0, 1);
	return v ? (int)v->n : 0;
}
OF_TASK(memory_read_and_written)
{
	VALUE(NEXT);
	struct memory *m = v->memory;
	if (!m)
		return 0;
	m->n += 1;
	return (int)sum(m);
}
OF_TASK(memory_read_unchecked)
{
	VALUE(NEXT);
	return (int)READ(v->memory->n);
}
OF_TASK(memory_beyond_its_end)
{
	VALUE(NEXT);
	struct memory *m = v->memory;
	return m ? (int)READ(m->cell[4]) : 0;
}
OF_TASK(memory_by_index)
{
	VALUE(NEXT);
	struct memory *m = v->memory;
	__u64 i = HIDE(v->n) & 3;
	return m ? (int)READ(m->cell[i]) : 0;
}
OF_TASK(memory_by_any_index)
{
	VALUE(NEXT);
	struct memory *m = v->memory;
	__u64 i = HIDE(v->n);
	return m ? (int)READ(m->cell[i]) : 0;
}
OF_TASK(pointer_stored)
{
	VALUE(NEXT);
	WRITE(v->memory, 0);
	return 0;
}
OF_TASK(pointer_exchanged)
{
	VALUE(NEXT);
	return bpf_kptr_xchg(&v->memory, 0) ? 1 : 0;
}
OF_TASK(half_of_a_pointer)
{
	VALUE(NEXT);
	return *(volatile int *)&v->memory;
}
OF_TASK(in_an_array)
{
	__u32 key = 0;
	struct value *v = bpf_map_lookup_elem(&elsewhere, &key);
	struct memory *m = v ? v->memory : 0;
	return m ? (int)READ(m->n) : 0;
}
