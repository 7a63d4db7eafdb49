/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Objects of the kernel that are acquired and released, and pointers to them in the values of maps. */
#include "corpus.h"

#define KPTR __attribute__((btf_type_tag("kptr")))
#define KPTR_UNTRUSTED __attribute__((btf_type_tag("kptr_untrusted")))

struct task_struct {
	int pid;
	struct task_struct *real_parent;
} KERNELS;
struct cgroup {
	int level;
} KERNELS;
struct file {
	unsigned int f_flags;
} KERNELS;

KFUNC struct task_struct *bpf_task_acquire(struct task_struct *p);
KFUNC struct task_struct *bpf_task_from_pid(int pid);
KFUNC void bpf_task_release(struct task_struct *p);
KFUNC struct cgroup *bpf_cgroup_from_id(__u64 id);
KFUNC struct cgroup *bpf_cgroup_ancestor(struct cgroup *p, int level);
KFUNC struct cgroup *bpf_cgroup_acquire(struct cgroup *p);
KFUNC void bpf_cgroup_release(struct cgroup *p);
KFUNC void bpf_rcu_read_lock(void);
KFUNC void bpf_rcu_read_unlock(void);

struct value {
	__u64 n;
	struct task_struct KPTR *task;
	struct cgroup KPTR *group;
	struct file KPTR_UNTRUSTED *file;
	struct task_struct KPTR_UNTRUSTED *seen;
	__u64 behind;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} hashed SEC(".maps");
/* As an argument it is whole in the debug information. */
static __attribute__((noinline)) __u64 count(struct value *v)
{
	return ++v->n;
}

#define IN(section, name) SEC(section) int name(__u64 *ctx)
#define OF_SWITCH(name) IN("tp_btf/task_newtask", name)
#define NEXT ((struct task_struct *)ctx[0])
#define VALUE                                                                                                \
	__u32 key = bpf_get_prandom_u32();                                                                   \
	struct value *v = bpf_map_lookup_elem(&values, &key);                                                \
	if (!v)                                                                                              \
	return 0

/* Acquired and released. */
OF_SWITCH(acquired)
{
	struct task_struct *task = bpf_task_acquire(NEXT);
	if (!task)
		return 0;
	int pid = READ(task->pid);
	bpf_task_release(task);
	return pid;
}
OF_SWITCH(acquired_and_lost)
{
	struct task_struct *task = bpf_task_acquire(NEXT);
	return task ? READ(task->pid) : 0;
}
OF_SWITCH(acquired_and_released_unchecked)
{
	bpf_task_release(bpf_task_acquire(NEXT));
	return 0;
}
OF_SWITCH(acquired_and_read_unchecked)
{
	struct task_struct *task = bpf_task_acquire(NEXT);
	int pid = READ(task->pid);
	if (task)
		bpf_task_release(task);
	return pid;
}
OF_SWITCH(released_twice)
{
	struct task_struct *task = bpf_task_acquire(NEXT);
	if (!task)
		return 0;
	bpf_task_release(task);
	bpf_task_release(task);
	return 0;
}
OF_SWITCH(read_after_release)
{
	struct task_struct *task = bpf_task_acquire(NEXT);
	if (!task)
		return 0;
	bpf_task_release(task);
	return READ(task->pid);
}
OF_SWITCH(argument_released)
{
	bpf_task_release(NEXT);
	return 0;
}
OF_SWITCH(parent_acquired)
{
	struct task_struct *task = bpf_task_acquire(NEXT->real_parent);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(grandparent_acquired)
{
	struct task_struct *task = bpf_task_acquire(NEXT->real_parent->real_parent);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(null_acquired)
{
	struct task_struct *task = bpf_task_acquire(0);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(number_acquired)
{
	struct task_struct *task = bpf_task_acquire((void *)HIDE(8ull));
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(moved_acquired)
{
	struct task_struct *task = bpf_task_acquire((void *)HIDE((char *)NEXT + 8));
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(released_moved)
{
	struct task_struct *task = bpf_task_acquire(NEXT);
	if (task)
		bpf_task_release((void *)HIDE((char *)task + 8));
	return 0;
}
OF_SWITCH(group_acquired_as_task)
{
	struct cgroup *group = bpf_cgroup_from_id(1);
	if (group)
		bpf_task_release((void *)group);
	return 0;
}
OF_SWITCH(from_pid)
{
	struct task_struct *task = bpf_task_from_pid(1);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(from_pid_lost)
{
	return bpf_task_from_pid(1) ? 1 : 0;
}
OF_SWITCH(ancestor)
{
	struct cgroup *group = bpf_cgroup_from_id(1), *above;
	if (!group)
		return 0;
	above = bpf_cgroup_ancestor(group, 1);
	if (above)
		bpf_cgroup_release(above);
	bpf_cgroup_release(group);
	return 0;
}
OF_SWITCH(ancestor_after_release)
{
	struct cgroup *group = bpf_cgroup_from_id(1), *above;
	if (!group)
		return 0;
	bpf_cgroup_release(group);
	above = bpf_cgroup_ancestor(group, 1);
	if (above)
		bpf_cgroup_release(above);
	return 0;
}
OF_SWITCH(ancestor_lost)
{
	struct cgroup *group = bpf_cgroup_from_id(1), *above;
	if (!group)
		return 0;
	above = bpf_cgroup_ancestor(group, 1);
	bpf_cgroup_release(group);
	return above ? 1 : 0;
}
SEC("kprobe/do_nanosleep") int of_a_probe(void *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);
	if (task)
		bpf_task_release(task);
	return 0;
}
SEC("tc") int of_a_packet(struct __sk_buff *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);
	if (!task)
		return 0;
	int pid = READ(task->pid);
	bpf_task_release(task);
	return pid;
}
SEC("socket") int of_a_filter(struct __sk_buff *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);
	if (task)
		bpf_task_release(task);
	return 0;
}

/* Kept in a map. */
OF_SWITCH(exchanged)
{
	VALUE;
	count(v);
	struct task_struct *task = bpf_task_acquire(NEXT);
	if (!task)
		return 0;
	task = bpf_kptr_xchg(&v->task, task);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(exchanged_and_lost)
{
	VALUE;
	struct task_struct *task = bpf_task_acquire(NEXT);
	if (!task)
		return 0;
	return bpf_kptr_xchg(&v->task, task) ? 1 : 0;
}
OF_SWITCH(exchanged_for_null)
{
	VALUE;
	struct task_struct *task = bpf_kptr_xchg(&v->task, 0);
	if (!task)
		return 0;
	int pid = READ(task->pid);
	bpf_task_release(task);
	return pid;
}
OF_SWITCH(exchanged_unchecked)
{
	VALUE;
	struct task_struct *task = bpf_kptr_xchg(&v->task, bpf_task_acquire(NEXT));
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(exchanged_not_held)
{
	VALUE;
	struct task_struct *task = bpf_kptr_xchg(&v->task, NEXT);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(exchanged_and_released_too)
{
	VALUE;
	struct task_struct *task = bpf_task_acquire(NEXT), *old;
	if (!task)
		return 0;
	old = bpf_kptr_xchg(&v->task, task);
	bpf_task_release(task);
	if (old)
		bpf_task_release(old);
	return 0;
}
OF_SWITCH(exchanged_read_after)
{
	VALUE;
	struct task_struct *task = bpf_task_acquire(NEXT), *old;
	if (!task)
		return 0;
	old = bpf_kptr_xchg(&v->task, task);
	if (old)
		bpf_task_release(old);
	return READ(task->pid);
}
OF_SWITCH(exchanged_for_group)
{
	VALUE;
	struct task_struct *task = bpf_task_acquire(NEXT);
	if (!task)
		return 0;
	struct cgroup *group = bpf_kptr_xchg(&v->group, (void *)task);
	if (group)
		bpf_cgroup_release(group);
	return 0;
}
OF_SWITCH(exchanged_in_number)
{
	VALUE;
	struct task_struct *task = bpf_kptr_xchg((struct task_struct **)&v->behind, 0);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(exchanged_in_unowned)
{
	VALUE;
	struct task_struct *task = bpf_kptr_xchg(&v->seen, 0);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(exchanged_in_unchecked)
{
	__u32 key = bpf_get_prandom_u32();
	struct value *v = bpf_map_lookup_elem(&values, &key);
	struct task_struct *task = bpf_kptr_xchg(&v->task, 0);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(loaded)
{
	VALUE;
	struct task_struct *task = v->task;
	return task ? READ(task->pid) : 0;
}
OF_SWITCH(loaded_unchecked)
{
	VALUE;
	return READ(v->task->pid);
}
OF_SWITCH(loaded_and_acquired)
{
	VALUE;
	struct task_struct *task = v->task;
	if (!task)
		return 0;
	task = bpf_task_acquire(task);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(loaded_and_released)
{
	VALUE;
	struct task_struct *task = v->task;
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(loaded_and_written)
{
	VALUE;
	struct task_struct *task = v->task;
	if (task)
		*(volatile int *)&task->pid = 0;
	return 0;
}
OF_SWITCH(half_loaded)
{
	VALUE;
	return *(volatile int *)&v->task;
}
OF_SWITCH(half_of_two_loaded)
{
	VALUE;
	return (int)*(volatile __u64 *)((char *)v + 12);
}
OF_SWITCH(loaded_by_index)
{
	VALUE;
	__u64 i = HIDE((__u64)bpf_get_prandom_u32()) & 8;
	return *(volatile __u64 *)((char *)v + 8 + i) ? 1 : 0;
}
OF_SWITCH(stored)
{
	VALUE;
	READ(v->task) = NEXT;
	return 0;
}
OF_SWITCH(null_stored)
{
	VALUE;
	READ(v->task) = 0;
	return 0;
}
OF_SWITCH(stored_unowned)
{
	VALUE;
	READ(v->seen) = NEXT;
	return 0;
}
OF_SWITCH(null_stored_unowned)
{
	VALUE;
	READ(v->seen) = 0;
	return 0;
}
OF_SWITCH(number_stored_unowned)
{
	VALUE;
	*(volatile __u64 *)&v->seen = 5;
	return 0;
}
OF_SWITCH(task_stored_as_file)
{
	VALUE;
	*(void *volatile *)&v->file = NEXT;
	return 0;
}
OF_SWITCH(loaded_unowned)
{
	VALUE;
	struct file *file = v->file;
	return file ? READ(file->f_flags) : 0;
}
OF_SWITCH(loaded_unowned_acquired)
{
	VALUE;
	struct task_struct *task = v->seen;
	if (task)
		task = bpf_task_acquire(task);
	if (task)
		bpf_task_release(task);
	return 0;
}
OF_SWITCH(beside)
{
	VALUE;
	v->n = v->behind;
	return 0;
}
OF_SWITCH(copied_out)
{
	VALUE;
	char bytes[8];
	bpf_probe_read_kernel(v, 16, ctx);
	return 0;
}
OF_SWITCH(updated)
{
	__u32 key = 1;
	struct value value = {1};
	bpf_map_update_elem(&hashed, &key, &value, 0);
	return 0;
}
IN("iter.s/task", asleep_loaded_and_acquired)
{
	VALUE;
	struct task_struct *task = v->task;
	if (!task)
		return 0;
	task = bpf_task_acquire(task);
	if (task)
		bpf_task_release(task);
	return 0;
}
IN("iter.s/task", in_section_loaded_and_acquired)
{
	VALUE;
	bpf_rcu_read_lock();
	struct task_struct *task = v->task;
	if (task)
		task = bpf_task_acquire(task);
	bpf_rcu_read_unlock();
	if (task)
		bpf_task_release(task);
	return 0;
}
IN("iter.s/task", after_section_acquired)
{
	VALUE;
	bpf_rcu_read_lock();
	struct task_struct *task = v->task;
	bpf_rcu_read_unlock();
	if (task)
		task = bpf_task_acquire(task);
	if (task)
		bpf_task_release(task);
	return 0;
}
SEC("tc") int packets_keep_groups(struct __sk_buff *ctx)
{
	VALUE;
	struct cgroup *group = bpf_cgroup_from_id(ctx->len);
	if (!group)
		return 0;
	group = bpf_kptr_xchg(&v->group, group);
	if (group)
		bpf_cgroup_release(group);
	return 0;
}
