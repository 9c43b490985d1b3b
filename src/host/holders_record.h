/* holders_record.h: what holders.bpf.c writes for each socket that a task has open, in this machine's order.
 * Included by the program in the kernel as well, which has no other header to lean on. */
#ifndef HOST_HOLDERS_RECORD_H
#define HOST_HOLDERS_RECORD_H

struct holders_record {
	unsigned int pid;  /* of the process */
	unsigned int task; /* of the thread whose files these are: usually the same */
	unsigned int fd, unused;
	unsigned long long inode;
	unsigned long long started_ns; /* of the process, since boot */
};

#endif
