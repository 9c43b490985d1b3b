/* holders.bpf.c: runs in the kernel, once for each open file of each task: says which task holds which inet
 * or packet socket. The few fields of kernel structures that it reads are declared here; libbpf finds where
 * they are in the running kernel (BPF CO-RE), so no header of a certain kernel is needed. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

enum bpf_map_type { BPF_MAP_TYPE_UNSPEC };

#include <bpf/bpf_helpers.h>

#include "holders_record.h"

enum { AF_INET = 2, AF_INET6 = 10, AF_PACKET = 17 };

#define KERNEL __attribute__((preserve_access_index))

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} KERNEL;

struct inode {
	unsigned long i_ino;
} KERNEL;

struct file {
	struct inode *f_inode;
} KERNEL;

struct sock_common {
	unsigned short skc_family;
} KERNEL;

struct sock {
	struct sock_common __sk_common;
} KERNEL;

struct socket {
	struct sock *sk;
} KERNEL;

struct task_struct {
	int pid, tgid;
	struct task_struct *group_leader;
	__u64 start_boottime;
} KERNEL;

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} KERNEL;

SEC("iter/task_file")
int holders(struct bpf_iter__task_file *context)
{
	struct task_struct *const task = context->task;
	struct file *const file = context->file;
	struct holders_record record = {};
	struct socket *socket;
	struct sock *sock;

	if (task == 0 || file == 0)
		return 0;
	socket = bpf_sock_from_file(file);
	if (socket == 0)
		return 0;
	sock = socket->sk;
	if (sock == 0)
		return 0;
	switch (sock->__sk_common.skc_family) {
	case AF_INET:
	case AF_INET6:
	case AF_PACKET: break;
	default: return 0;
	}
	record.pid = (__u32)task->tgid;
	record.task = (__u32)task->pid;
	record.fd = context->fd;
	record.inode = file->f_inode->i_ino;
	record.started_ns = task->group_leader->start_boottime;
	bpf_seq_write(context->meta->seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
