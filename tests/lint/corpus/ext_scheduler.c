/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Schedulers: the functions of a struct sched_ext_ops. */
#include "corpus.h"

typedef struct cpumask {
	unsigned long bits[1];
} cpumask_t;
struct bpf_cpumask {
	cpumask_t cpumask;
} KERNELS;
struct sched_ext_entity {
	__u32 dsq_flags, weight;
	__u64 slice, dsq_vtime;
	_Bool disallow;
} KERNELS;
struct kernfs_node {
	__u64 id;
} KERNELS;
struct cgroup {
	int level;
	struct kernfs_node *kn;
} KERNELS;
struct task_struct {
	int pid, nr_cpus_allowed;
	unsigned int flags;
	const cpumask_t *cpus_ptr;
	struct task_struct *real_parent, *last_wakee;
	struct sched_ext_entity scx;
} KERNELS;
struct scx_init_task_args {
	_Bool fork;
	struct cgroup *cgroup;
} KERNELS;
enum scx_exit_kind { SCX_EXIT_NONE };
struct scx_exit_info {
	enum scx_exit_kind kind;
	__s64 exit_code;
	const char *reason;
} KERNELS;
struct bpf_iter_scx_dsq {
	__u64 opaque[6];
};
struct bpf_iter_task {
	__u64 opaque[3];
};

struct sched_ext_ops {
	__s32 (*select_cpu)(struct task_struct *, __s32, __u64);
	void (*enqueue)(struct task_struct *, __u64);
	void (*dispatch)(__s32, struct task_struct *);
	void (*running)(struct task_struct *);
	void (*stopping)(struct task_struct *, _Bool);
	_Bool (*yield)(struct task_struct *, struct task_struct *);
	void (*set_cpumask)(struct task_struct *, const struct cpumask *);
	__s32 (*init_task)(struct task_struct *, struct scx_init_task_args *);
	void (*enable)(struct task_struct *);
	__s32 (*init)(void);
	void (*exit)(struct scx_exit_info *);
	char name[128];
};

KFUNC void scx_bpf_dsq_insert(struct task_struct *, __u64, __u64, __u64);
KFUNC void scx_bpf_dsq_insert_vtime(struct task_struct *, __u64, __u64, __u64, __u64);
KFUNC _Bool scx_bpf_dsq_move_to_local(__u64);
KFUNC __s32 scx_bpf_create_dsq(__u64, __s32);
KFUNC __s32 scx_bpf_dsq_nr_queued(__u64);
KFUNC void scx_bpf_kick_cpu(__s32, __u64);
KFUNC __s32 scx_bpf_select_cpu_dfl(struct task_struct *, __s32, __u64, _Bool *);
KFUNC __s32 scx_bpf_pick_idle_cpu(const cpumask_t *, __u64);
KFUNC const cpumask_t *scx_bpf_get_idle_cpumask(void);
KFUNC void scx_bpf_put_cpumask(const cpumask_t *);
KFUNC void scx_bpf_put_idle_cpumask(const cpumask_t *);
KFUNC void scx_bpf_error_bstr(char *, unsigned long long *, __u32);
KFUNC __s32 scx_bpf_task_cpu(const struct task_struct *);
KFUNC _Bool scx_bpf_task_running(const struct task_struct *);
KFUNC struct cgroup *scx_bpf_task_cgroup(struct task_struct *);
KFUNC int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *, __u64, __u64);
KFUNC struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *);
KFUNC void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *);
KFUNC _Bool scx_bpf_dsq_move(struct bpf_iter_scx_dsq *, struct task_struct *, __u64, __u64);
KFUNC struct task_struct *bpf_task_from_pid(__s32);
KFUNC struct task_struct *bpf_task_acquire(struct task_struct *);
KFUNC void bpf_task_release(struct task_struct *);
KFUNC void bpf_cgroup_release(struct cgroup *);
KFUNC struct bpf_cpumask *bpf_cpumask_create(void);
KFUNC void bpf_cpumask_release(struct bpf_cpumask *);
KFUNC void bpf_cpumask_set_cpu(__u32, struct bpf_cpumask *);
KFUNC _Bool bpf_cpumask_test_cpu(__u32, const struct cpumask *);
KFUNC _Bool bpf_cpumask_and(struct bpf_cpumask *, const struct cpumask *, const struct cpumask *);
KFUNC __u32 bpf_cpumask_first(const struct cpumask *);
KFUNC void bpf_rcu_read_lock(void);
KFUNC void bpf_rcu_read_unlock(void);
NEWER void scx_bpf_no_such_function(__u64);

struct own {
	__u64 slice;
	__u32 runs;
};
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct own);
} stores SEC(".maps");
struct masked {
	struct bpf_cpumask __attribute__((btf_type_tag("kptr"))) * mask;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct masked);
} masks SEC(".maps");

#define TASK ((struct task_struct *)ctx[0])
#define SLICE 20000000
#define IN_OPS(section, member, fn)                                                                          \
	SEC(section) __u64 fn(__u64 *ctx);                                                                   \
	SEC(".struct_ops.link")                                                                              \
	struct sched_ext_ops ops_##fn = {.member = (void *)fn, .name = "corpus"};                            \
	__u64 fn(__u64 *ctx)
#define MEMBER(member, fn) IN_OPS("struct_ops/" #member, member, fn)
#define SLEEPS(member, fn) IN_OPS("struct_ops.s/" #member, member, fn)

/* A simple scheduler. */
MEMBER(enqueue, one_queue)
{
	scx_bpf_dsq_insert(TASK, 0, SLICE, ctx[1]);
	return 0;
}
MEMBER(enqueue, by_time)
{
	__u64 vtime = READ(TASK->scx.dsq_vtime);
	if (vtime < 1000)
		vtime = 1000;
	scx_bpf_dsq_insert_vtime(TASK, 0, SLICE, vtime, ctx[1]);
	return 0;
}
MEMBER(dispatch, to_local)
{
	scx_bpf_dsq_move_to_local(0);
	return 0;
}
MEMBER(select_cpu, default_cpu)
{
	_Bool idle = 0;
	__s32 cpu = scx_bpf_select_cpu_dfl(TASK, ctx[1], ctx[2], &idle);
	if (idle)
		scx_bpf_dsq_insert(TASK, 2, SLICE, 0);
	return cpu;
}
MEMBER(stopping, charged)
{
	WRITE(TASK->scx.dsq_vtime, READ(TASK->scx.dsq_vtime) + SLICE - READ(TASK->scx.slice));
	return 0;
}
MEMBER(enable, vtime_set)
{
	WRITE(TASK->scx.dsq_vtime, 7);
	return 0;
}
SLEEPS(init, queue_made)
{
	return scx_bpf_create_dsq(0, -1);
}
MEMBER(exit, exit_code)
{
	struct scx_exit_info *info = (void *)ctx[0];
	return READ(info->exit_code) + READ(info->kind);
}

/* What goes wrong with it. */
MEMBER(running, inserted_while_running)
{
	scx_bpf_dsq_insert(TASK, 0, SLICE, 0);
	return 0;
}
MEMBER(enqueue, moved_in_enqueue)
{
	scx_bpf_dsq_move_to_local(0);
	return 0;
}
MEMBER(init, queue_made_without_sleeping)
{
	return scx_bpf_create_dsq(0, -1);
}
SLEEPS(enqueue, enqueue_that_sleeps)
{
	return 0;
}
MEMBER(stopping, weight_set)
{
	WRITE(TASK->scx.weight, 100);
	return 0;
}
MEMBER(stopping, slice_and_behind)
{
	struct {
		__u64 a, b;
	} *both = (void *)&TASK->scx.dsq_vtime;
	*(volatile __u64 *)((char *)both + 4) = 0;
	return 0;
}
MEMBER(stopping, slice_by_half)
{
	*((volatile __u32 *)&TASK->scx.slice + 1) = 0;
	return 0;
}
MEMBER(init_task, disallowed)
{
	WRITE(TASK->scx.disallow, 1);
	return 0;
}
MEMBER(stopping, flags_set)
{
	WRITE(TASK->flags, 1);
	return 0;
}
MEMBER(running, of_a_parent)
{
	struct task_struct *parent = TASK->real_parent;
	WRITE(parent->scx.slice, 1);
	return 0;
}
MEMBER(enqueue, fourth_argument)
{
	scx_bpf_dsq_insert((void *)ctx[2], 0, SLICE, 0);
	return 0;
}
MEMBER(select_cpu, idle_flag_is_one_byte)
{
	_Bool *idle = (void *)&ctx[1];
	return scx_bpf_select_cpu_dfl(TASK, ctx[1], ctx[2], idle);
}
MEMBER(select_cpu, idle_flag_is_null)
{
	return scx_bpf_select_cpu_dfl(TASK, ctx[1], ctx[2], 0);
}

/* Arguments that may be NULL. */
MEMBER(dispatch, previous)
{
	struct task_struct *prev = (void *)ctx[1];
	if (prev && READ(prev->flags))
		scx_bpf_kick_cpu(0, 0);
	return 0;
}
MEMBER(dispatch, previous_not_compared)
{
	return READ(((struct task_struct *)ctx[1])->flags);
}
MEMBER(yield, to_nobody)
{
	return READ(((struct task_struct *)ctx[1])->pid) > 1;
}
MEMBER(yield, to_somebody)
{
	struct task_struct *to = (void *)ctx[1];
	return to ? READ(to->pid) > 1 : 0;
}
MEMBER(dispatch, previous_inserted)
{
	scx_bpf_dsq_insert((void *)ctx[1], 0, SLICE, 0);
	return 0;
}

/* Tasks and masks of processors that are held. */
MEMBER(select_cpu, idle_mask)
{
	const cpumask_t *idle = scx_bpf_get_idle_cpumask();
	__s32 cpu = bpf_cpumask_test_cpu(3, idle) ? 3 : 0;
	scx_bpf_put_idle_cpumask(idle);
	return cpu;
}
MEMBER(select_cpu, idle_mask_kept)
{
	return bpf_cpumask_first(scx_bpf_get_idle_cpumask());
}
MEMBER(select_cpu, idle_mask_after_release)
{
	const cpumask_t *idle = scx_bpf_get_idle_cpumask();
	scx_bpf_put_idle_cpumask(idle);
	return bpf_cpumask_first(idle);
}
MEMBER(select_cpu, released_twice)
{
	const cpumask_t *idle = scx_bpf_get_idle_cpumask();
	scx_bpf_put_idle_cpumask(idle);
	scx_bpf_put_idle_cpumask(idle);
	return 0;
}
MEMBER(select_cpu, what_is_not_held_released)
{
	scx_bpf_put_cpumask(TASK->cpus_ptr);
	return 0;
}
MEMBER(select_cpu, cpus_of_the_task)
{
	return scx_bpf_pick_idle_cpu(TASK->cpus_ptr, 0);
}
MEMBER(set_cpumask, mask_of_argument)
{
	return bpf_cpumask_first((void *)ctx[1]);
}
MEMBER(set_cpumask, mask_of_a_task)
{
	return bpf_cpumask_first((void *)ctx[0]);
}
SLEEPS(init, mask_made)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();
	if (!mask)
		return -12;
	bpf_cpumask_set_cpu(1, mask);
	__u32 first = bpf_cpumask_first((const struct cpumask *)mask);
	bpf_cpumask_release(mask);
	return first;
}
SLEEPS(init, mask_not_compared)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();
	bpf_cpumask_set_cpu(1, mask);
	return 0;
}
SLEEPS(init, mask_put_away)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();
	__u32 key = 0;
	struct masked *m = bpf_map_lookup_elem(&masks, &key);
	if (!mask)
		return -12;
	if (!m) {
		bpf_cpumask_release(mask);
		return -2;
	}
	mask = bpf_kptr_xchg(&m->mask, mask);
	if (mask)
		bpf_cpumask_release(mask);
	return 0;
}
SLEEPS(init, argument_masks_swapped)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();
	if (!mask)
		return -12;
	bpf_cpumask_and((void *)(__u64)bpf_get_prandom_u32(), (const struct cpumask *)mask,
		(const struct cpumask *)mask);
	bpf_cpumask_release(mask);
	return 0;
}
MEMBER(running, parent_acquired)
{
	struct task_struct *parent = TASK->real_parent;
	parent = bpf_task_acquire(parent);
	if (parent)
		bpf_task_release(parent);
	return 0;
}
MEMBER(running, by_number)
{
	struct task_struct *task = bpf_task_from_pid(1);
	if (!task)
		return 0;
	__u64 running = scx_bpf_task_running(task);
	bpf_task_release(task);
	return running;
}
MEMBER(running, by_number_kept)
{
	struct task_struct *task = bpf_task_from_pid(1);
	return task ? scx_bpf_task_cpu(task) : 0;
}
/* What is held is written as what the program was called with. */
MEMBER(running, slice_by_number)
{
	struct task_struct *task = bpf_task_from_pid(1);
	if (!task)
		return 0;
	task->scx.slice = 1;
	bpf_task_release(task);
	return 0;
}
MEMBER(running, slice_of_one_that_may_be_gone)
{
	TASK->last_wakee->scx.slice = 1;
	return 0;
}
MEMBER(running, group_of_task)
{
	struct cgroup *group = scx_bpf_task_cgroup(TASK);
	int level = READ(group->level);
	bpf_cgroup_release(group);
	return level;
}
MEMBER(running, group_released_as_task)
{
	struct cgroup *group = scx_bpf_task_cgroup(TASK);
	bpf_task_release((void *)group);
	return 0;
}
SLEEPS(init_task, group_of_arguments)
{
	struct scx_init_task_args *args = (void *)ctx[1];
	return READ(args->fork) && READ(args->cgroup->level) > 100 ? -1 : 0;
}

/* What is kept of a task. */
SLEEPS(init_task, stored)
{
	return bpf_task_storage_get(&stores, TASK, 0, BPF_LOCAL_STORAGE_GET_F_CREATE) ? 0 : -12;
}
MEMBER(running, stored_counted)
{
	struct own *own = bpf_task_storage_get(&stores, TASK, 0, 0);
	if (own)
		own->runs++;
	return 0;
}
MEMBER(running, stored_not_compared)
{
	struct own *own = bpf_task_storage_get(&stores, TASK, 0, 0);
	own->runs++;
	return 0;
}
MEMBER(running, stored_of_a_group)
{
	struct cgroup *group = scx_bpf_task_cgroup(TASK);
	int found = !!bpf_task_storage_get(&stores, (void *)group, 0, 0);
	bpf_cgroup_release(group);
	return found;
}

/* Queues gone through. */
MEMBER(dispatch, queue_walked)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	bpf_rcu_read_lock();
	bpf_iter_scx_dsq_new(&it, 0, 0);
	while ((p = bpf_iter_scx_dsq_next(&it)))
		if (READ(p->nr_cpus_allowed) == 1 && scx_bpf_dsq_move(&it, p, 2, 0))
			break;
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}
MEMBER(dispatch, queue_walked_without_lock)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	int n = 0;
	bpf_iter_scx_dsq_new(&it, 0, 0);
	while ((p = bpf_iter_scx_dsq_next(&it)))
		n += READ(p->nr_cpus_allowed);
	bpf_iter_scx_dsq_destroy(&it);
	return n;
}
MEMBER(dispatch, queue_walk_not_ended)
{
	struct bpf_iter_scx_dsq it;
	bpf_iter_scx_dsq_new(&it, 0, 0);
	return !!bpf_iter_scx_dsq_next(&it);
}
MEMBER(dispatch, queue_walk_not_begun)
{
	struct bpf_iter_scx_dsq it;
	return !!bpf_iter_scx_dsq_next(&it);
}
MEMBER(dispatch, queue_walk_written_into)
{
	struct bpf_iter_scx_dsq it;
	bpf_iter_scx_dsq_new(&it, 0, 0);
	*(volatile __u64 *)((char *)&it + 16) = 0;
	bpf_iter_scx_dsq_destroy(&it);
	return 0;
}
MEMBER(dispatch, task_after_the_walk)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	bpf_iter_scx_dsq_new(&it, 0, 0);
	p = bpf_iter_scx_dsq_next(&it);
	bpf_iter_scx_dsq_destroy(&it);
	return p ? READ(p->pid) : 0;
}

/* Texts, and functions that not every kernel has. */
static char error[] = "no task %d";
MEMBER(enqueue, error_told)
{
	unsigned long long data[1] = {1};
	scx_bpf_error_bstr(error, data, sizeof data);
	return 0;
}
MEMBER(enqueue, error_told_of_too_much)
{
	unsigned long long data[1] = {1};
	scx_bpf_error_bstr(error, data, 4096);
	return 0;
}
MEMBER(enqueue, error_of_a_size_not_bounded)
{
	unsigned long long data[1] = {1};
	scx_bpf_error_bstr(error, data, bpf_get_prandom_u32());
	return 0;
}
MEMBER(enqueue, asked_whether_it_is_there)
{
	if (scx_bpf_no_such_function)
		scx_bpf_no_such_function(0);
	else
		scx_bpf_dsq_insert(TASK, 0, SLICE, 0);
	return 0;
}
MEMBER(running, pid_of_current)
{
	return bpf_get_current_task_btf() == TASK;
}
