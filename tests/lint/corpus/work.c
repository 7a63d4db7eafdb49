/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Work for later: workqueues, work for tasks (since Linux 6.18, by other names since 7.0), and timers beside
 * them. What is called for these may sleep, whoever asked for it; a timer's function may not. */
#include "local.h"

struct task_struct {
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));
struct bpf_wq {
	__u64 opaque[2];
};
struct bpf_task_work {
	__u64 opaque;
};
typedef int work_function(void *map, int *key, void *value);
struct bpf_map {
	unsigned int id;
} __attribute__((preserve_access_index));
typedef int task_function(struct bpf_map *map, void *key, void *value);
NEWER int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags);
NEWER int bpf_wq_start(struct bpf_wq *wq, unsigned int flags);
NEWER int bpf_wq_set_callback_impl(struct bpf_wq *wq, work_function f, unsigned int flags, void *aux);
NEWER int bpf_wq_set_callback(struct bpf_wq *wq, work_function f, unsigned int flags);
NEWER int bpf_task_work_schedule_signal_impl(
	struct task_struct *task, struct bpf_task_work *work, void *map, task_function f, void *aux);
NEWER int bpf_task_work_schedule_signal(
	struct task_struct *task, struct bpf_task_work *work, void *map, task_function f);
KFUNC struct task_struct *bpf_task_acquire(struct task_struct *task);
KFUNC void bpf_task_release(struct task_struct *task);

struct value {
	__u64 n;
	struct bpf_wq work;
};
struct task_value {
	__u64 n;
	struct bpf_task_work work;
};
struct timed {
	__u64 n;
	struct bpf_timer timer;
};
#define ARRAY(name, type_)                                                                                   \
	struct {                                                                                             \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                            \
		__uint(max_entries, 4);                                                                      \
		__type(key, __u32);                                                                          \
		__type(value, type_);                                                                        \
	} name SEC(".maps")
ARRAY(values, struct value);
ARRAY(others, struct value);
ARRAY(of_tasks, struct task_value);
ARRAY(other_tasks, struct task_value);
ARRAY(clocks, struct timed);
OF_MAP(A) struct bpf_spin_lock lock;

#define SLEEPS(name) SEC("syscall") int name(void *ctx)
#define VALUE(map, type)                                                                                     \
	__u32 key = bpf_get_prandom_u32();                                                                   \
	struct type *v = bpf_map_lookup_elem(&map, &key);                                                    \
	if (!v)                                                                                              \
	return 0
#define SET(v, f)                                                                                            \
	(bpf_ksym_exists(bpf_wq_set_callback) ? bpf_wq_set_callback(&v->work, f, 0)                          \
					      : bpf_wq_set_callback_impl(&v->work, f, 0, 0))
#define SCHEDULE(task, work, map, f)                                                                         \
	(bpf_ksym_exists(bpf_task_work_schedule_signal)                                                      \
			? bpf_task_work_schedule_signal(task, work, map, f)                                  \
			: bpf_task_work_schedule_signal_impl(task, work, map, f, 0))
#define CURRENT ((struct task_struct *)bpf_get_current_task_btf())

static __attribute__((always_inline)) int parent(void)
{
	struct task_struct *task = CURRENT->real_parent;
	task = bpf_task_acquire(task);
	if (task)
		bpf_task_release(task);
	return 0;
}
static __attribute__((always_inline)) int copies(void)
{
	char text[8];
	return bpf_copy_from_user(text, sizeof text, (void *)8) ? 0 : text[0] & 0;
}

/* ---- what is called ---- */

static int counts(void *map, int *key, void *value)
{
	((struct value *)value)->n += (__u32)*key;
	return 0;
}
static int sleeps(void *map, int *key, void *value)
{
	return copies();
}
static int sleeps_under_a_lock(void *map, int *key, void *value)
{
	bpf_rcu_read_lock();
	copies();
	bpf_rcu_read_unlock();
	return 0;
}
static int gives_one(void *map, int *key, void *value)
{
	return 1;
}
static int reads_what_is_the_kernels(void *map, int *key, void *value)
{
	return READ(((struct value *)value)->work.opaque[0]) & 0;
}
static int reads_beyond(void *map, int *key, void *value)
{
	return READ(((struct value *)value)[1].n) & 0;
}
static int asks_the_map(void *map, int *key, void *value)
{
	__u32 next = (__u32)*key + 1;
	struct value *v = bpf_map_lookup_elem(map, &next);
	return v ? (int)v->n & 0 : 0;
}
static int finds_a_parent(void *map, int *key, void *value)
{
	return parent();
}
static int finds_a_parent_in_a_section(void *map, int *key, void *value)
{
	bpf_rcu_read_lock();
	parent();
	bpf_rcu_read_unlock();
	return 0;
}
static int once_more(void *map, int *key, void *value)
{
	struct value *v = value;
	if (++v->n < 7 && !SET(v, once_more))
		bpf_wq_start(&v->work, 0);
	return 0;
}

/* ---- workqueues ---- */

#define WORK(name, f)                                                                                        \
	TC(name)                                                                                             \
	{                                                                                                    \
		VALUE(values, value);                                                                        \
		if (bpf_wq_init(&v->work, &values, 0) || SET(v, f))                                          \
			return 0;                                                                            \
		return bpf_wq_start(&v->work, 0) & 1;                                                        \
	}
WORK(work, counts)
WORK(work_that_sleeps, sleeps)
WORK(work_that_sleeps_under_a_lock, sleeps_under_a_lock)
WORK(work_with_a_wrong_result, gives_one)
WORK(work_that_reads_what_is_the_kernels, reads_what_is_the_kernels)
WORK(work_that_reads_beyond, reads_beyond)
WORK(work_that_asks_the_map, asks_the_map)
WORK(work_that_finds_a_parent, finds_a_parent)
WORK(work_that_finds_a_parent_in_a_section, finds_a_parent_in_a_section)
WORK(work_once_more, once_more)
SLEEPS(work_of_who_sleeps)
{
	VALUE(values, value);
	return SET(v, sleeps) & 1;
}
TC(work_in_another_map)
{
	VALUE(values, value);
	return bpf_wq_init(&v->work, &others, 0) & 1;
}
TC(work_in_a_value_that_may_be_null)
{
	__u32 key = ctx->len;
	struct value *v = bpf_map_lookup_elem(&values, &key);
	return bpf_wq_init(&v->work, &values, 0) & 1;
}
TC(work_beside_its_place)
{
	VALUE(values, value);
	return bpf_wq_start((void *)v, 0) & 1;
}
TC(work_on_the_stack)
{
	struct bpf_wq wq = {0};
	return bpf_wq_start(&wq, 0) & 1;
}
TC(work_with_a_lock)
{
	VALUE(values, value);
	bpf_spin_lock(&lock);
	bpf_wq_start(&v->work, 0);
	bpf_spin_unlock(&lock);
	return 0;
}
TC(place_is_read)
{
	VALUE(values, value);
	return (int)READ(v->work.opaque[0]) & 1;
}

/* ---- work for tasks ---- */

static int of_a_task(struct bpf_map *map, void *key, void *value)
{
	struct task_value *v = value;
	return (int)v->n;
}
static int of_a_task_that_sleeps(struct bpf_map *map, void *key, void *value)
{
	return copies() + 7;
}
static int of_a_task_beyond(struct bpf_map *map, void *key, void *value)
{
	return (int)READ(((struct task_value *)value)[1].n);
}
TC(for_a_task)
{
	VALUE(of_tasks, task_value);
	return SCHEDULE(CURRENT, &v->work, &of_tasks, of_a_task) & 1;
}
TC(for_a_task_that_sleeps)
{
	VALUE(of_tasks, task_value);
	return SCHEDULE(CURRENT, &v->work, &of_tasks, of_a_task_that_sleeps) & 1;
}
TC(for_a_task_beyond)
{
	VALUE(of_tasks, task_value);
	return SCHEDULE(CURRENT, &v->work, &of_tasks, of_a_task_beyond) & 1;
}
TC(for_a_task_of_another_map)
{
	VALUE(of_tasks, task_value);
	return SCHEDULE(CURRENT, &v->work, &other_tasks, of_a_task) & 1;
}
TC(for_no_task)
{
	VALUE(of_tasks, task_value);
	return SCHEDULE(0, &v->work, &of_tasks, of_a_task) & 1;
}
TC(for_what_is_no_task)
{
	VALUE(of_tasks, task_value);
	return SCHEDULE((void *)bpf_get_current_task(), &v->work, &of_tasks, of_a_task) & 1;
}
TC(for_a_task_beside_its_place)
{
	VALUE(of_tasks, task_value);
	return SCHEDULE(CURRENT, (void *)v, &of_tasks, of_a_task) & 1;
}

/* ---- timers ---- */

static int clock_sleeps(void *map, int *key, struct timed *v)
{
	return copies();
}
static int clock_finds_a_parent(void *map, int *key, struct timed *v)
{
	return parent();
}
static int clock_once_more(void *map, int *key, struct timed *v)
{
	if (++v->n < 7 && !bpf_timer_set_callback(&v->timer, clock_once_more))
		bpf_timer_start(&v->timer, 1, 0);
	return 0;
}
TC(timer_once_more)
{
	VALUE(clocks, timed);
	return bpf_timer_set_callback(&v->timer, clock_once_more) & 1;
}
TC(timer_that_sleeps)
{
	VALUE(clocks, timed);
	return bpf_timer_set_callback(&v->timer, clock_sleeps) & 1;
}
SLEEPS(timer_that_sleeps_of_who_does)
{
	VALUE(clocks, timed);
	return bpf_timer_set_callback(&v->timer, clock_sleeps) & 1;
}
TC(timer_that_finds_a_parent)
{
	VALUE(clocks, timed);
	return bpf_timer_set_callback(&v->timer, clock_finds_a_parent) & 1;
}
SLEEPS(timer_that_finds_a_parent_of_who_sleeps)
{
	VALUE(clocks, timed);
	return bpf_timer_set_callback(&v->timer, clock_finds_a_parent) & 1;
}
