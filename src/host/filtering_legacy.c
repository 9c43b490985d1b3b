/* What legacy iptables left in the kernel (linux/netfilter_ipv4/ip_tables.h). Only tables that are there
 * already are asked about, because asking for another one would make it. */
#include "base/file.h"
#include "host/filtering.h"
#include "host/netlink.h"

#include <errno.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAMES_TEXT = 1024, TABLE_MOST = 64 << 20, VERDICT_DROP = -NF_DROP - 1 };

/* Both families have the same questions, and answers that differ in one place. */
struct family {
	int domain, level;
	const char *list, *program;
	size_t target_offset; /* where an entry says how far its target is */
};

static const struct family families[] = {
	{ AF_INET, IPPROTO_IP, "/proc/thread-self/net/ip_tables_names", "iptables",
	  offsetof(struct ipt_entry, target_offset) },
	{ AF_INET6, IPPROTO_IPV6, "/proc/thread-self/net/ip6_tables_names", "ip6tables",
	  offsetof(struct ip6t_entry, target_offset) },
};

/* The chain ends with its policy, a rule that matches all; what it does stands behind its target's head. */
static bool drops(struct span entry, size_t target_offset)
{
	struct span head = entry;
	uint16_t offset;

	span_skip(&head, target_offset);
	offset = native_u16(&head);
	span_skip(&entry, offset + sizeof(struct xt_entry_target));
	return (int32_t)native_u32(&entry) == VERDICT_DROP && !entry.failed;
}

static bool policy_drops(int fd, const struct family *family, const struct ipt_getinfo *info, unsigned hook)
{
	socklen_t length = (socklen_t)(sizeof(struct ipt_get_entries) + info->size);
	struct ipt_get_entries *const table = info->size <= TABLE_MOST ? calloc(1, length) : NULL;
	struct span entries;
	bool found = false;

	if (table == NULL)
		return false;
	memcpy(table->name, info->name, sizeof(table->name));
	table->size = info->size;
	if (getsockopt(fd, family->level, IPT_SO_GET_ENTRIES, table, &length) == 0) {
		entries = span_of(table->entrytable, info->size);
		span_skip(&entries, info->underflow[hook]);
		found = drops(entries, family->target_offset);
	}
	free(table);
	return found;
}

/* Whether packets to this host meet a rule of the table, or a policy that drops. */
static bool table_filters(int fd, const struct family *family, struct span name)
{
	static const unsigned hooks[] = { NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN };
	struct ipt_getinfo info = { 0 };
	socklen_t length = sizeof(info);

	span_copy_text(name, info.name, sizeof(info.name));
	if (getsockopt(fd, family->level, IPT_SO_GET_INFO, &info, &length) != 0)
		return false;
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if ((info.valid_hooks & 1u << hooks[i]) != 0 &&
		    (info.hook_entry[hooks[i]] != info.underflow[hooks[i]] ||
		     policy_drops(fd, family, &info, hooks[i])))
			return true;
	}
	return false;
}

static void read_family(struct snapshot *snapshot, const struct family *family, struct span names)
{
	struct host *const host = snapshot->host;
	const int fd = socket(family->domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	while (fd >= 0 && span_left(names) > 0 && host->filtering_by == NULL) {
		const struct span name = span_line(&names);
		char text[XT_TABLE_MAXNAMELEN];

		if (name.failed)
			break;
		if (span_is(name, "nat")) /* changes addresses, refuses nothing */
			continue;
		if (!table_filters(fd, family, name))
			continue;
		host->filtering = FILTERING_PRESENT;
		host->filtering_by = arena_format(host->arena, "%s: table %s", family->program,
						  span_copy_text(name, text, sizeof(text)));
	}
	if (fd >= 0)
		close(fd);
}

bool filtering_read_legacy(struct snapshot *snapshot)
{
	bool seen = true;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		char text[NAMES_TEXT];
		const long length = file_read_text(families[i].list, text, sizeof(text));

		if (length >= 0)
			read_family(snapshot, &families[i], span_of(text, (size_t)length));
		else
			seen = seen && errno == ENOENT; /* a kernel without it */
	}
	return seen;
}

static bool family_has(const struct family *family, struct span names)
{
	const int fd = socket(family->domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found = false;

	while (fd >= 0 && span_left(names) > 0 && !found) {
		const struct span name = span_line(&names);

		if (name.failed)
			break;
		found = table_filters(fd, family, name);
	}
	if (fd >= 0)
		close(fd);
	return found;
}

bool filtering_has_legacy(void)
{
	bool found = false;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		char text[NAMES_TEXT];
		const long length = file_read_text(families[i].list, text, sizeof(text));

		if (length > 0)
			found |= family_has(&families[i], span_of(text, (size_t)length));
	}
	return found;
}
