/* Holders from a BPF iterator: the kernel walks all open files itself and hands over the few that are wanted.
 * The program is holders.bpf.c, which is part of this one as bytes. */
#include "base/file.h"
#include "host/bpf_calls.h"
#include "host/holders.h"
#include "host/holders_record.h"
#include "host/netlink.h"
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

extern const unsigned char holders_program[];
extern const size_t holders_program_length;

enum { READ_SIZE = 1 << 16, RECORD = sizeof(struct holders_record) };
static const uint64_t nanoseconds = 1000000000;

/* One reading of the iterator's records, which stand together by process. */
struct reading {
	struct snapshot *snapshot;
	uint32_t pid, process; /* the last one looked at; NO_PROCESS when it has ended */
	int64_t offset_ns;     /* between this time namespace's boot and the kernel's */
	uint64_t tick_ns;
};

static int64_t boot_offset_ns(void)
{
	char text[256];
	const long length = file_read_text("/proc/self/timens_offsets", text, sizeof(text));
	struct span lines = span_of(text, length > 0 ? (size_t)length : 0);

	while (span_left(lines) > 0) {
		struct span line = span_line(&lines), seconds;
		bool negative;
		uint64_t number;

		if (line.failed)
			break;
		if (!span_is(span_word(&line), "boottime"))
			continue;
		seconds = span_word(&line);
		negative = span_peek(seconds, 0) == '-';
		span_skip(&seconds, negative);
		if (span_number(seconds, INT32_MAX, &number))
			return (negative ? -1 : 1) * (int64_t)(number * nanoseconds);
	}
	return 0;
}

/* Threads with files of their own come after other processes, when theirs may be known already. */
static uint32_t known_process(const struct host *host, uint32_t pid)
{
	for (size_t i = host->process_count; i > 0; i--) {
		if (host->processes[i - 1].pid == pid)
			return (uint32_t)(i - 1);
	}
	return NO_PROCESS;
}

static uint32_t find_process(struct reading *reading, const struct holders_record *record)
{
	const uint64_t started = (uint64_t)((int64_t)record->started_ns + reading->offset_ns);
	char name[16];
	uint32_t process = NO_PROCESS;
	int folder;

	if (record->task != record->pid)
		process = known_process(reading->snapshot->host, record->pid);
	if (process != NO_PROCESS)
		return process;
	snprintf(name, sizeof(name), "%u", record->pid);
	folder = openat(reading->snapshot->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return NO_PROCESS;
	process = process_add(reading->snapshot, folder, started / reading->tick_ns);
	close(folder);
	return process;
}

static void take_record(struct reading *reading, struct span bytes)
{
	const struct holders_record record = {
		.pid = native_u32(&bytes),
		.task = native_u32(&bytes),
		.fd = native_u32(&bytes),
		.unused = native_u32(&bytes),
		.inode = native_u64(&bytes),
		.started_ns = native_u64(&bytes),
	};

	if (bytes.failed || !holders_wanted(reading->snapshot, record.inode))
		return;
	if (record.pid != reading->pid) {
		reading->pid = record.pid;
		reading->process = find_process(reading, &record);
	}
	if (reading->process != NO_PROCESS)
		holders_add(reading->snapshot, reading->process, record.fd, record.inode);
}

static bool read_records(struct reading *reading, int iterator, struct error *err)
{
	uint8_t bytes[READ_SIZE];
	ssize_t got;

	/* The kernel hands over whole records only. */
	while ((got = read(iterator, bytes, sizeof(bytes))) > 0 || (got < 0 && errno == EAGAIN)) {
		struct span s = span_of(bytes, got > 0 ? (size_t)got : 0);

		while (span_left(s) >= RECORD)
			take_record(reading, span_take(&s, RECORD));
	}
	return got == 0 || error_system(err, errno, "sockets of processes: the BPF iterator");
}

static bool run(struct snapshot *snapshot, struct bpf_object *object, struct error *err)
{
	struct bpf_program *const program = bpf_object__find_program_by_name(object, "holders");
	struct bpf_link *const link = program != NULL ? bpf_program__attach_iter(program, NULL) : NULL;
	const int iterator = link != NULL ? bpf_iter_create(bpf_link__fd(link)) : -1;
	struct reading reading = {
		.snapshot = snapshot,
		.process = NO_PROCESS,
		.offset_ns = boot_offset_ns(),
		.tick_ns = nanoseconds / (uint64_t)sysconf(_SC_CLK_TCK),
	};
	bool good = false;

	if (iterator < 0)
		error_system(err, errno, "sockets of processes: the BPF iterator cannot be attached");
	else
		good = read_records(&reading, iterator, err);
	if (iterator >= 0)
		close(iterator);
	bpf_link__destroy(link);
	return good;
}

bool holders_read_bpf(struct snapshot *snapshot, struct error *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "holders");
	struct bpf_object *object;
	bool good = false;

	if (!process_namespace_is_first())
		return error_set(err, "sockets of processes: BPF sees the pids of another pid namespace; "
				      "use --attribution proc");
	if (!bpf_load(err))
		return false;
	libbpf_set_print(NULL);
	object = bpf_object__open_mem(holders_program, holders_program_length, &options);
	if (object == NULL)
		return error_system(err, errno, "sockets of processes: the BPF program");
	if (bpf_object__load(object) != 0)
		error_system(err, errno, "sockets of processes: the kernel takes no BPF program here");
	else
		good = run(snapshot, object, err);
	bpf_object__close(object);
	return good;
}
