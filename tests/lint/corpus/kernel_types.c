/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs that are called with objects of the kernel's: what fields may be read of them, and what may not.
 */
#include "corpus.h"

/* As much of the kernel's structs as is used here; where their fields lie is the kernel's to say. */
struct mm_struct;
struct css_set;
struct task_struct {
	int pid, tgid, no_such_field;
	char comm[16];
	struct task_struct *real_parent, *group_leader;
	struct mm_struct *mm;
	struct css_set *cgroups;
	__u64 start_time;
} KERNELS;
struct file;
struct mm_struct {
	struct file *exe_file;
	struct vm_area_struct *mmap;
	unsigned long start_stack;
} KERNELS;
struct super_block {
	unsigned long s_magic;
} KERNELS;
struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block *i_sb;
} KERNELS;
struct file {
	struct inode *f_inode;
	unsigned int f_flags;
	void *private_data;
} KERNELS;
struct linux_binprm {
	struct file *file;
	struct mm_struct *mm;
	int argc;
} KERNELS;
struct sock_common {
	unsigned short skc_family;
} KERNELS;
struct sock {
	struct sock_common __sk_common;
} KERNELS;
struct sk_buff {
	unsigned int len;
	struct sock *sk;
	char cb[48];
} KERNELS;
struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
} KERNELS;
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} KERNELS;
struct bpf_map {
	unsigned int id, max_entries;
} KERNELS;
struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
} KERNELS;

KFUNC void bpf_rcu_read_lock(void);
KFUNC void bpf_rcu_read_unlock(void);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

#define IN(section, name) SEC(section) int name(__u64 *ctx)
#define ARG(n, type) ((type *)ctx[n])
#define TASK(n) ARG(n, struct task_struct)

/* Functions: the arguments, and the result behind them. */
IN("fentry/wake_up_new_task", field)
{
	return READ(TASK(0)->pid) ? 0 : 0;
}
IN("fentry/wake_up_new_task", field_of_field)
{
	return READ(TASK(0)->real_parent->tgid) ? 0 : 0;
}
IN("fentry/wake_up_new_task", field_of_maybe_null)
{
	return READ(TASK(0)->mm->start_stack) ? 0 : 0;
}
IN("fentry/wake_up_new_task", field_of_checked)
{
	struct mm_struct *mm = TASK(0)->mm;
	return mm && READ(mm->start_stack) ? 0 : 0;
}
IN("fentry/wake_up_new_task", field_that_is_not_there)
{
	return READ(TASK(0)->no_such_field) ? 0 : 0;
}
IN("fentry/wake_up_new_task", field_asked_for)
{
	struct task_struct *task = TASK(0);
	if (__builtin_preserve_field_info(task->no_such_field, 2))
		return READ(task->no_such_field) ? 0 : 0;
	return 0;
}
IN("fentry/wake_up_new_task", bytes_of_array)
{
	return READ(TASK(0)->comm[3]) ? 0 : 0;
}
IN("fentry/wake_up_new_task", written)
{
	*(volatile int *)&TASK(0)->pid = 1;
	return 0;
}
IN("fentry/wake_up_new_task", added_to)
{
	__sync_fetch_and_add(&TASK(0)->pid, 1);
	return 0;
}
IN("fentry/wake_up_new_task", past_the_end)
{
	return *(volatile int *)((char *)TASK(0) + 30000) ? 0 : 0;
}
IN("fentry/wake_up_new_task", before_the_beginning)
{
	return *(volatile int *)((char *)TASK(0) - 8) ? 0 : 0;
}
IN("fentry/wake_up_new_task", by_index)
{
	__u64 i = bpf_get_prandom_u32() & 15;
	char *p = TASK(0)->comm;
	asm volatile("%0 += %1" : "+r"(p) : "r"(i));
	return *(volatile char *)p ? 0 : 0;
}
IN("fentry/wake_up_new_task", half_a_pointer)
{
	return *(volatile int *)&TASK(0)->real_parent ? 0 : 0;
}
IN("fentry/wake_up_new_task", argument_written)
{
	ctx[0] = 1;
	return 0;
}
IN("fentry/wake_up_new_task", second_of_one)
{
	return READ(ctx[1]) ? 0 : 0;
}
IN("fentry/wake_up_new_task", half_an_argument)
{
	return *(volatile int *)ctx ? 0 : 0;
}
IN("fentry/wake_up_new_task", argument_misaligned)
{
	return *(volatile int *)((char *)ctx + 4) ? 0 : 0;
}
IN("fentry/wake_up_new_task", returns_one)
{
	return 1;
}
IN("fentry/wake_up_new_task", read_by_helper)
{
	int pid = 0;
	bpf_probe_read_kernel(&pid, sizeof pid, &TASK(0)->pid);
	return pid ? 0 : 0;
}
IN("fentry/wake_up_new_task", number_to_map)
{
	__u32 key = TASK(0)->pid;
	__u64 value = TASK(0)->start_time;
	bpf_map_update_elem(&table, &key, &value, 0);
	return 0;
}
IN("fentry/wake_up_new_task", field_as_key)
{
	bpf_map_lookup_elem(&table, &TASK(0)->pid);
	return 0;
}
IN("fentry/wake_up_new_task", field_as_size)
{
	char bytes[16];
	return (int)bpf_get_current_comm(bytes, READ(TASK(0)->pid)) ? 0 : 0;
}
IN("fentry/wake_up_new_task", task_kept_on_stack)
{
	struct task_struct *volatile task = TASK(0);
	bpf_get_prandom_u32();
	return READ(task->pid) ? 0 : 0;
}
IN("fentry/wake_up_new_task", walked_in_a_loop)
{
	struct task_struct *task = TASK(0);
	for (int i = 0; i < 8; i++)
		task = task->real_parent;
	return READ(task->pid) ? 0 : 0;
}
IN("fexit/wake_up_new_task", result_of_void)
{
	return READ(ctx[1]) ? 0 : 0;
}
IN("fentry/vfs_read", file_of_read)
{
	return READ(ARG(0, struct file)->f_inode->i_ino) ? 0 : 0;
}
IN("fentry/vfs_read", memory_of_user)
{
	return *(volatile char *)ctx[1] ? 0 : 0;
}
IN("fentry/vfs_read", size_of_read)
{
	return READ(ctx[2]) > 5 ? 0 : 0;
}
IN("fentry/vfs_read", position_of_read)
{
	return *(volatile __u64 *)ctx[3] ? 0 : 0;
}
IN("fentry/vfs_read", void_of_file)
{
	return *(volatile char *)ARG(0, struct file)->private_data ? 0 : 0;
}
IN("fexit/vfs_read", result_of_read)
{
	return READ(ctx[4]) ? 0 : 0;
}
IN("fexit/vfs_read", more_than_the_result)
{
	return READ(ctx[5]) ? 0 : 0;
}
IN("fentry/vfs_read", result_before)
{
	return READ(ctx[4]) ? 0 : 0;
}
IN("fentry/vfs_read", number_or_file)
{
	struct file *file = ARG(0, struct file);
	__u64 p = ctx[2] > 3 ? (__u64)file : ctx[2];
	return *(volatile int *)HIDE(p) ? 0 : 0;
}

/* Tracepoints: what they are given is trusted, and some of it may be NULL. */
IN("tp_btf/sched_switch", switched)
{
	return READ(TASK(1)->pid) + READ(TASK(2)->pid);
}
IN("tp_btf/sched_switch", switched_parent)
{
	return READ(TASK(2)->real_parent->pid);
}
IN("tp_btf/sched_switch", preempted)
{
	return READ(ctx[0]) ? 1 : 0;
}
IN("tp_btf/sched_switch", fifth_of_four)
{
	return READ(ctx[4]) ? 1 : 0;
}
IN("tp_btf/sched_switch", any_result)
{
	return 1000;
}
IN("tp_btf/sched_switch", exe_file_not_checked)
{
	struct mm_struct *mm = TASK(2)->mm;
	return mm ? READ(mm->exe_file->f_flags) : 0;
}
IN("tp_btf/sched_switch", name_by_helper)
{
	char name[16];
	bpf_probe_read_kernel_str(name, sizeof name, TASK(2)->comm);
	return name[0];
}
IN("tp_btf/sched_switch", current_task)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	return READ(task->group_leader->pid);
}
IN("tp_btf/sched_switch", current_task_written)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	*(volatile int *)&task->pid = 0;
	return 0;
}
IN("tp_btf/sched_switch", compared_with_null)
{
	struct task_struct *task = HIDE(TASK(2));
	if (!task)
		return *(volatile int *)8;
	return READ(task->pid);
}
IN("tp_btf/kfree_skb", length_of_packet)
{
	return READ(ARG(0, struct sk_buff)->len);
}
IN("tp_btf/kfree_skb", scratch_of_packet)
{
	return *(volatile int *)&ARG(0, struct sk_buff)->cb[4];
}
IN("tp_btf/kfree_skb", socket_of_packet_not_checked)
{
	return READ(ARG(0, struct sk_buff)->sk->__sk_common.skc_family);
}
IN("tp_btf/kfree_skb", socket_of_packet)
{
	struct sock *sk = ARG(0, struct sk_buff)->sk;
	return sk ? READ(sk->__sk_common.skc_family) : 0;
}
IN("tp_btf/sched_pi_setprio", may_be_null)
{
	return READ(TASK(1)->pid);
}
IN("tp_btf/sched_pi_setprio", may_be_null_checked)
{
	struct task_struct *task = TASK(1);
	return task ? READ(task->pid) : 0;
}
static __attribute__((noinline)) int pid_of(struct task_struct *task)
{
	return READ(task->pid);
}
IN("tp_btf/sched_switch", passed_to_function)
{
	return pid_of(TASK(1)) + pid_of(TASK(2));
}

/* Hooks. */
IN("lsm/file_open", opened)
{
	return READ(ARG(0, struct file)->f_inode->i_sb->s_magic) == 5 ? -1 : 0;
}
IN("lsm/file_open", returns_positive)
{
	return READ(ARG(0, struct file)->f_flags) ? 1 : 0;
}
IN("lsm/file_open", returns_anything)
{
	return READ(ARG(0, struct file)->f_flags);
}
IN("lsm/file_open", returns_errno)
{
	return -4095;
}
IN("lsm/file_open", returns_less)
{
	return -4096;
}
IN("lsm/file_open", returns_before)
{
	return (int)READ(ctx[1]);
}
IN("lsm/bprm_check_security", program_run)
{
	struct linux_binprm *p = ARG(0, struct linux_binprm);
	return READ(p->file->f_inode->i_mode) == 7 && READ(p->argc) ? -1 : 0;
}
IN("lsm/bprm_committed_creds", of_nothing)
{
	return READ(ARG(0, struct linux_binprm)->argc);
}
IN("lsm/bprm_committed_creds", written_by_hook)
{
	*(volatile int *)&ARG(0, struct linux_binprm)->argc = 1;
	return 0;
}
IN("lsm.s/file_open", copied_from_user)
{
	char bytes[8];
	return bpf_copy_from_user(bytes, sizeof bytes, (void *)16) ? -1 : 0;
}
IN("lsm/file_open", copied_from_user_asleep)
{
	char bytes[8];
	return bpf_copy_from_user(bytes, sizeof bytes, (void *)16) ? -1 : 0;
}
IN("lsm.s/bprm_check_security", sleeps_and_walks)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	return READ(task->real_parent->real_parent->pid) == 1 ? -1 : 0;
}
IN("lsm.s/bprm_check_security", walks_in_section)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bpf_rcu_read_lock();
	int pid = READ(task->real_parent->pid);
	bpf_rcu_read_unlock();
	return pid == 1 ? -1 : 0;
}
IN("lsm.s/bprm_check_security", kept_over_section)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	bpf_rcu_read_lock();
	task = HIDE(task->real_parent);
	bpf_rcu_read_unlock();
	return READ(task->pid) == 1 ? -1 : 0;
}

/* Iterators. */
SEC("iter/task") int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	if (!task)
		return 0;
	return READ(task->pid) == 1;
}
SEC("iter/task") int tasks_not_checked(struct bpf_iter__task *ctx)
{
	return READ(ctx->task->pid) == 1;
}
SEC("iter/task") int tasks_printed(struct bpf_iter__task *ctx)
{
	static const char format[] = "%d\n";
	struct task_struct *task = ctx->task;
	if (!task)
		return 0;
	__u64 pid = task->pid;
	bpf_seq_printf(ctx->meta->seq, format, sizeof format, &pid, sizeof pid);
	return 0;
}
SEC("iter/task") int tasks_written(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	if (!task)
		return 0;
	return (int)bpf_seq_write(ctx->meta->seq, task, 64) ? 1 : 0;
}
SEC("iter/task") int tasks_to_no_file(struct bpf_iter__task *ctx)
{
	__u64 x = 1;
	return (int)bpf_seq_write((void *)ctx->meta, &x, 8) ? 1 : 0;
}
SEC("iter/task") int tasks_and_two(struct bpf_iter__task *ctx)
{
	return 2;
}
SEC("iter/bpf_map") int maps(struct bpf_iter__bpf_map *ctx)
{
	struct bpf_map *map = ctx->map;
	return map && READ(map->max_entries) == 3;
}
SEC("iter/bpf_map") int maps_not_checked(struct bpf_iter__bpf_map *ctx)
{
	return READ(ctx->map->max_entries) == 3;
}
