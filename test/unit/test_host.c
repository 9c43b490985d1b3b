/* The open view: what is read from netlink, /proc and control groups, and how sockets belong together. */
#include "base/buffer.h"
#include "host/cgroup.h"
#include "host/chains.h"
#include "host/connections.h"
#include "host/diag.h"
#include "host/filtering.h"
#include "host/host.h"
#include "host/join.h"
#include "host/netlink.h"
#include "host/process.h"
#include "host/procnet.h"
#include "host/units.h"

#include <linux/inet_diag.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(span_text(text), &address));
	return address;
}

static void assert_address(const struct address *address, const char *expected)
{
	char text[ADDRESS_TEXT];

	assert_string_equal(address_text(address, text), expected);
}

/* A copy of the exact size, so that a read past the end is seen. */
static void *exact(const void *bytes, size_t length)
{
	void *const copy = malloc(length > 0 ? length : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	return copy;
}

/* ---- netlink ---- */

static void native(struct buffer *b, const void *bytes, size_t length)
{
	buffer_add(b, bytes, length);
}

static void put_attribute(struct buffer *b, uint16_t type, const void *value, uint16_t length)
{
	const uint16_t whole = (uint16_t)(length + 4);

	native(b, &whole, 2);
	native(b, &type, 2);
	buffer_add(b, value, length);
	buffer_fill(b, 0, -(size_t)length & 3);
}

static void messages_are_cut_off_one_by_one(void **unused)
{
	const uint32_t first[] = { 20, 20, 0, 0, 7 }, second[] = { 16, 3, 0, 0 };
	struct buffer b = buffer_new(256);
	struct netlink_message message;
	struct span s;

	(void)unused;
	buffer_add(&b, first, sizeof(first));
	buffer_add(&b, second, sizeof(second));
	s = buffer_read(&b);
	assert_true(netlink_next(&s, &message));
	assert_int_equal(message.type, 20);
	assert_int_equal(native_u32(&message.body), 7);
	assert_true(netlink_next(&s, &message));
	assert_int_equal(message.type, 3);
	assert_int_equal(span_left(message.body), 0);
	assert_false(netlink_next(&s, &message));
	buffer_free(&b);
}

static void a_message_that_lies_about_its_length_ends_the_reading(void **unused)
{
	static const uint32_t lengths[] = { 0, 15, 17, 21, UINT32_MAX };

	(void)unused;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const uint32_t words[] = { lengths[i], 20, 0, 0 };
		struct netlink_message message;
		struct span s = span_of(words, sizeof(words));

		assert_false(netlink_next(&s, &message));
	}
}

static void attributes_stay_inside_their_message(void **unused)
{
	struct buffer b = buffer_new(256);
	struct span s, value;
	uint16_t type;

	(void)unused;
	put_attribute(&b, 0x8000 | 5, "abcde", 5);
	put_attribute(&b, 6, "", 0);
	s = buffer_read(&b);
	assert_true(netlink_attribute(&s, &type, &value));
	assert_int_equal(type, 5);
	assert_true(span_is(value, "abcde"));
	assert_true(netlink_attribute(&s, &type, &value));
	assert_int_equal(span_left(value), 0);
	assert_false(netlink_attribute(&s, &type, &value));
	for (size_t cut = 0; cut < b.length; cut++) {
		uint8_t *const bytes = exact(b.bytes, cut);

		s = span_of(bytes, cut);
		while (netlink_attribute(&s, &type, &value))
			assert_true(value.end <= bytes + cut);
		free(bytes);
	}
	buffer_free(&b);
}

static void put_inet(struct buffer *b, uint8_t family, uint8_t state, const void *local, size_t address_size)
{
	struct inet_diag_msg message = {
		.idiag_family = family,
		.idiag_state = state,
		.id.idiag_sport = __builtin_bswap16(22),
		.id.idiag_dport = __builtin_bswap16(40000),
		.id.idiag_if = 3,
		.idiag_rqueue = 1,
		.idiag_wqueue = 128,
		.idiag_uid = 1000,
		.idiag_inode = 4242,
	};

	memcpy(message.id.idiag_src, local, address_size);
	buffer_add(b, &message, sizeof(message));
	put_attribute(b, INET_DIAG_SKV6ONLY, &(uint8_t){ 1 }, 1);
}

static void a_socket_is_read_from_its_diag_message(void **unused)
{
	struct buffer b = buffer_new(256);
	struct host_socket socket = { 0 };

	(void)unused;
	put_inet(&b, AF_INET, STATE_LISTEN, (uint8_t[]){ 192, 0, 2, 1 }, 4);
	assert_true(diag_read_inet(buffer_read(&b), TRANSPORT_TCP, &socket));
	assert_address(&socket.local, "192.0.2.1");
	assert_int_equal(socket.local_port, 22);
	assert_int_equal(socket.peer_port, 40000);
	assert_int_equal(socket.interface, 3);
	assert_int_equal(socket.receive_queue, 1);
	assert_int_equal(socket.send_queue, 128);
	assert_int_equal(socket.uid, 1000);
	assert_int_equal(socket.inode, 4242);
	assert_int_equal(socket.kind, SOCKET_PASSIVE);
	assert_true(socket.v6_only);
	buffer_free(&b);
}

static void an_ipv4_party_of_a_dual_socket_is_ipv4(void **unused)
{
	const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 9 };
	struct buffer b = buffer_new(256);
	struct host_socket socket = { 0 };

	(void)unused;
	put_inet(&b, AF_INET6, STATE_ESTABLISHED, mapped, 16);
	assert_true(diag_read_inet(buffer_read(&b), TRANSPORT_TCP, &socket));
	assert_address(&socket.local, "192.0.2.9");
	assert_true(socket.v6_socket);
	assert_int_equal(socket.kind, SOCKET_ACTIVE);
	buffer_free(&b);
}

static void a_diag_message_may_be_cut_anywhere(void **unused)
{
	struct buffer b = buffer_new(256);

	(void)unused;
	put_inet(&b, AF_INET6, STATE_LISTEN, (uint8_t[16]){ 0x20, 1 }, 16);
	for (size_t cut = 0; cut <= b.length; cut++) {
		uint8_t *const bytes = exact(b.bytes, cut);
		struct host_socket socket = { 0 };

		assert_int_equal(diag_read_inet(span_of(bytes, cut), TRANSPORT_TCP, &socket),
				 cut >= sizeof(struct inet_diag_msg));
		free(bytes);
	}
	buffer_free(&b);
}

static void a_state_that_is_not_known_is_no_socket(void **unused)
{
	static const uint8_t states[] = { 0, SOCKET_STATES, 255 };

	(void)unused;
	for (size_t i = 0; i < sizeof(states); i++) {
		struct buffer b = buffer_new(256);
		struct host_socket socket = { 0 };

		put_inet(&b, AF_INET, states[i], (uint8_t[]){ 192, 0, 2, 1 }, 4);
		assert_false(diag_read_inet(buffer_read(&b), TRANSPORT_TCP, &socket));
		buffer_free(&b);
	}
}

static void udp_is_passive_until_it_is_connected(void **unused)
{
	(void)unused;
	assert_int_equal(diag_kind(TRANSPORT_UDP, STATE_CLOSE), SOCKET_PASSIVE);
	assert_int_equal(diag_kind(TRANSPORT_UDP, STATE_ESTABLISHED), SOCKET_ACTIVE);
	assert_int_equal(diag_kind(TRANSPORT_TCP, STATE_LISTEN), SOCKET_PASSIVE);
	assert_int_equal(diag_kind(TRANSPORT_TCP, STATE_TIME_WAIT), SOCKET_ACTIVE);
}

static void a_packet_socket_has_type_and_interface(void **unused)
{
	const struct packet_diag_msg message = { .pdiag_family = AF_PACKET,
						 .pdiag_num = 0x88cc,
						 .pdiag_ino = 77 };
	const struct packet_diag_info info = { .pdi_index = 2 };
	struct buffer b = buffer_new(256);

	(void)unused;
	buffer_add(&b, &message, sizeof(message));
	put_attribute(&b, PACKET_DIAG_INFO, &info, sizeof(info));
	for (size_t cut = 0; cut <= b.length; cut++) {
		uint8_t *const bytes = exact(b.bytes, cut);
		struct host_socket socket = { 0 };
		const bool good = diag_read_packet(span_of(bytes, cut), &socket);

		assert_int_equal(good, cut >= sizeof(message));
		if (cut == b.length) {
			assert_int_equal(socket.local_port, 0x88cc);
			assert_int_equal(socket.inode, 77);
			assert_int_equal(socket.interface, 2);
		}
		free(bytes);
	}
	buffer_free(&b);
}

/* ---- /proc/net ---- */

static const char raw_line[] = "   1: 0100007F:0001 00000000:0000 07 00000002:00000300 00:00000000 00000000"
			       "  1000        0 12345 2 0000000000000000 0";
static const char raw6_line[] =
	"  58: B80D0120000000000000000001000000:003A 00000000000000000000000000000000:0000 07 "
	"00000000:00000000 00:00000000 00000000     0        0 99 2 0000000000000000 0";

static void a_line_of_proc_net_is_a_socket(void **unused)
{
	struct host_socket socket = { 0 };

	(void)unused;
	assert_true(procnet_read_inet(span_text(raw_line), false, &socket));
	assert_address(&socket.local, "127.0.0.1");
	assert_int_equal(socket.local_port, 1);
	assert_int_equal(socket.state, STATE_CLOSE);
	assert_int_equal(socket.send_queue, 2);
	assert_int_equal(socket.receive_queue, 0x300);
	assert_int_equal(socket.uid, 1000);
	assert_int_equal(socket.inode, 12345);
	assert_true(procnet_read_inet(span_text(raw6_line), true, &socket));
	assert_address(&socket.local, "2001:db8::1");
	assert_int_equal(socket.local_port, 58);
}

static void what_is_no_line_of_proc_net_is_no_socket(void **unused)
{
	static const char *const lines[] = {
		"",
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout",
		"1: 0100007F:0001",
		"1: 0100007F:00010 00000000:0000 07 0:0 00:0 0 0 0 1",
		"1: 0100007G:0001 00000000:0000 07 0:0 00:0 0 0 0 1",
		"1: 0100007F00:0001 00000000:0000 07 0:0 00:0 0 0 0 1",
		"1: 0100007F:0001 00000000:0000 00 0:0 00:0 0 0 0 1",
		"1: 0100007F:0001 00000000:0000 FF 0:0 00:0 0 0 0 1",
		"1: 0100007F:0001 00000000:0000 07 0:0 00:0 0 0 0 99999999999999999999",
		"1: 0100007F:0001 00000000:0000 07 0:0 00:0 0 -1 0 1",
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct host_socket socket = { 0 };

		assert_false(procnet_read_inet(span_text(lines[i]), false, &socket));
	}
}

static void a_line_of_proc_net_may_be_cut_anywhere(void **unused)
{
	(void)unused;
	for (size_t cut = 0; cut < sizeof(raw_line); cut++) {
		char *const bytes = exact(raw_line, cut);
		struct host_socket socket = { 0 };

		procnet_read_inet(span_of(bytes, cut), false, &socket);
		procnet_read_inet(span_of(bytes, cut), true, &socket);
		procnet_read_packet(span_of(bytes, cut), &socket);
		free(bytes);
	}
}

static void packet_sockets_are_read_from_proc_net(void **unused)
{
	struct host_socket socket = { 0 };

	(void)unused;
	assert_true(procnet_read_packet(
		span_text("0000000000000000 3      3    88cc   2     1 0      101    4711"), &socket));
	assert_int_equal(socket.local_port, 0x88cc);
	assert_int_equal(socket.interface, 2);
	assert_int_equal(socket.uid, 101);
	assert_int_equal(socket.inode, 4711);
	assert_false(procnet_read_packet(span_text("sk       RefCnt Type Proto  Iface R Rmem   User   Inode"),
					 &socket));
}

static void the_kernels_count_of_a_protocol_is_found_by_its_name(void **unused)
{
	const struct span text = span_text("protocol  size sockets  memory\n"
					   "MPTCPv6   2064      0       0\nMPTCP     1936      3       0\n");
	uint64_t count;

	(void)unused;
	assert_true(procnet_count(text, "MPTCP", &count) && count == 3);
	assert_true(procnet_count(text, "MPTCPv6", &count) && count == 0);
	assert_false(procnet_count(text, "MPT", &count));
	assert_false(procnet_count(span_text("MPTCP 1936"), "MPTCP", &count));
	assert_false(procnet_has_none(text, "RAW", "RAWv6")); /* a list without TCP is none */
}

static void what_the_kernel_counts_as_none_need_not_be_asked_for(void **unused)
{
	const struct span text = span_text("protocol  size sockets  memory\nRAWv6     1344      2      -1\n"
					   "UDPLITEv6 1472      0       0\nUDP-Lite  1344      0       0\n"
					   "RAW       1152      0      -1\nTCP       2304      5     226\n");

	(void)unused;
	assert_true(procnet_has_none(text, "UDP-Lite", "UDPLITEv6"));
	assert_true(procnet_has_none(text, "SCTP", "SCTPv6"));
	assert_false(procnet_has_none(text, "RAW", "RAWv6"));
	assert_false(procnet_has_none(span_of(NULL, 0), "SCTP", "SCTPv6"));
}

/* ---- processes ---- */

static void a_process_may_have_any_name(void **unused)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ "812 (sshd) S 1 812 812 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0", "sshd" },
		{ "812 (a) b) S (c) S 1 812 812 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0", "a) b) S (c" },
		{ "812 (\n\t\x1b[31m) S 1 812 812 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0", "\n\t\x1b[31m" },
		{ "812 () S 1 812 812 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0", "" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct process_stat stat;

		assert_true(process_read_stat(span_text(cases[i].text), &stat));
		assert_true(span_is(stat.name, cases[i].name));
		assert_int_equal(stat.pid, 812);
		assert_int_equal(stat.parent, 1);
		assert_int_equal(stat.state, 'S');
		assert_int_equal(stat.started, 4711);
	}
}

static void half_a_stat_line_is_no_process(void **unused)
{
	static const char text[] = "812 (sshd) S 1 812 812 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 ";
	struct process_stat stat;

	(void)unused;
	assert_true(process_read_stat(span_text(text), &stat));
	for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
		char *const bytes = exact(text, cut);

		assert_false(process_read_stat(span_of(bytes, cut), &stat));
		free(bytes);
	}
}

static void the_effective_user_counts(void **unused)
{
	uint32_t uid;

	(void)unused;
	assert_true(process_read_uid(span_text("Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t1\t2\t3\t4\n"), &uid));
	assert_int_equal(uid, 0);
	assert_false(process_read_uid(span_text("Name:\tUid:\t5\t5\n"), &uid));
	assert_false(process_read_uid(span_text("Name:\tx\nUid:\t1000"), &uid));
}

/* ---- control groups ---- */

#define ID "3f2a00c0ffee3f2a00c0ffee3f2a00c0ffee3f2a00c0ffee3f2a00c0ffee1234"

static void control_groups_tell_unit_slice_and_container(void **unused)
{
	static const struct {
		const char *text, *unit, *slice, *container;
	} cases[] = {
		{ "0::/system.slice/ssh.service\n", "ssh.service", "system.slice", "" },
		{ "0::/user.slice/user-0.slice/session-3.scope\n", "session-3.scope", "user-0.slice", "" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n", "web.service",
		  "app.slice", "" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "init.scope",
		  "user-1000.slice", "" },
		{ "0::/system.slice/_cgroup.service\n", "cgroup.service", "system.slice", "" },
		{ "0::/\n", "", "", "" },
		{ "12:pids:/system.slice/cron.service\n1:name=systemd:/system.slice/cron.service\n0::/\n",
		  "cron.service", "system.slice", "" },
		{ "9:name=systemd:/\n4:memory:/docker/" ID "\n0::/system.slice/x.service\n", "x.service",
		  "system.slice", "docker:3f2a00c0ffee" },
		{ "0::/system.slice/docker-" ID ".scope\n", "docker-" ID ".scope", "system.slice",
		  "docker:3f2a00c0ffee" },
		{ "0::/machine.slice/libpod-" ID ".scope/container\n", "libpod-" ID ".scope", "machine.slice",
		  "podman:3f2a00c0ffee" },
		{ "0::/machine.slice/libpod-conmon-" ID ".scope\n", "libpod-conmon-" ID ".scope",
		  "machine.slice", "" },
		{ "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope\n",
		  "cri-containerd-" ID ".scope", "kubepods-pod1.slice", "containerd:3f2a00c0ffee" },
		{ "0::/kubepods.slice/kubepods-pod1.slice/crio-" ID ".scope\n", "crio-" ID ".scope",
		  "kubepods-pod1.slice", "cri-o:3f2a00c0ffee" },
		{ "1:name=systemd:/kubepods/burstable/pod12/" ID "\n", "", "", "kubepods:3f2a00c0ffee" },
		{ "0::/lxc.payload.web/system.slice/nginx.service\n", "nginx.service", "system.slice",
		  "lxc:web" },
		{ "4:memory:/lxc/web\n", "", "", "lxc:web" },
		{ "0::/lxc.monitor.web\n", "", "", "" },
		{ "0::/machine.slice/systemd-nspawn@deb.service/payload\n", "systemd-nspawn@deb.service",
		  "machine.slice", "nspawn:deb" },
		{ "0::/machine.slice/machine-my\\x2dbox.scope/payload\n", "machine-my\\x2dbox.scope",
		  "machine.slice", "nspawn:my-box" },
		{ "0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope\n", "machine-qemu\\x2d1\\x2dvm.scope",
		  "machine.slice", "" },
		{ "0::/system.slice/docker-tooshort.scope\n", "docker-tooshort.scope", "system.slice", "" },
		{ "0::/docker/" ID "x\n", "", "", "" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cgroup cgroup;

		assert_true(cgroup_read(span_text(cases[i].text), &cgroup));
		assert_string_equal(cgroup.unit, cases[i].unit);
		assert_string_equal(cgroup.slice, cases[i].slice);
		assert_string_equal(cgroup.container, cases[i].container);
	}
}

static void control_groups_that_make_no_sense_do_no_harm(void **unused)
{
	static const char text[] = "0::/a.slice/docker-" ID ".scope/\\x/\\x4/_/.slice/.service\n:::\n\n1:\n";
	char long_name[5000];
	struct cgroup cgroup;

	(void)unused;
	assert_false(cgroup_read(span_text(""), &cgroup));
	assert_false(cgroup_read(span_text("nonsense\n"), &cgroup));
	for (size_t cut = 0; cut < sizeof(text); cut++) {
		char *const bytes = exact(text, cut);

		cgroup_read(span_of(bytes, cut), &cgroup);
		free(bytes);
	}
	memset(long_name, 'a', sizeof(long_name));
	memcpy(long_name, "0::/", 4);
	memcpy(long_name + sizeof(long_name) - 9, ".service\n", 9);
	assert_true(cgroup_read(span_of(long_name, sizeof(long_name)), &cgroup));
	assert_int_equal(strlen(cgroup.unit), CGROUP_NAME - 1);
}

/* ---- packet filters ---- */

static void put_chain(struct buffer *b, uint8_t family, uint32_t hook, const char *type, uint32_t uses,
		      uint32_t policy)
{
	struct buffer nested = buffer_new(64);
	const uint32_t hook_order = __builtin_bswap32(hook), uses_order = __builtin_bswap32(uses);
	const uint32_t policy_order = __builtin_bswap32(policy);

	buffer_add(b, (uint8_t[]){ family, 0, 0, 0 }, 4);
	put_attribute(b, NFTA_CHAIN_TABLE, "filter", 7);
	put_attribute(b, NFTA_CHAIN_NAME, "in", 3);
	put_attribute(&nested, NFTA_HOOK_HOOKNUM, &hook_order, 4);
	put_attribute(b, NFTA_CHAIN_HOOK, nested.bytes, (uint16_t)nested.length);
	put_attribute(b, NFTA_CHAIN_TYPE, type, (uint16_t)(strlen(type) + 1));
	put_attribute(b, NFTA_CHAIN_USE, &uses_order, 4);
	put_attribute(b, NFTA_CHAIN_POLICY, &policy_order, 4);
	buffer_free(&nested);
}

static void only_chains_that_can_refuse_stand_before_a_door(void **unused)
{
	enum { INET = 1, ARP = 3, NETDEV = 5, PREROUTING = 0, INPUT = 1, OUTPUT = 3, INGRESS = 5 };
	static const struct {
		uint8_t family;
		uint32_t hook;
		const char *type;
		uint32_t uses, policy;
		bool expected;
	} cases[] = {
		{ INET, INPUT, "filter", 3, 1, true },      { INET, INPUT, "filter", 0, 1, false },
		{ INET, INPUT, "filter", 0, 0, true },      { INET, OUTPUT, "filter", 3, 0, false },
		{ INET, PREROUTING, "filter", 1, 1, true }, { INET, PREROUTING, "nat", 1, 1, false },
		{ NETDEV, 0, "filter", 1, 1, true },        { INET, INGRESS, "filter", 1, 1, true },
		{ ARP, INPUT, "filter", 1, 1, false },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer b = buffer_new(512);
		struct base_chain chain;

		put_chain(&b, cases[i].family, cases[i].hook, cases[i].type, cases[i].uses, cases[i].policy);
		assert_true(chain_read(buffer_read(&b), &chain));
		assert_int_equal(filtering_stands_before(&chain), cases[i].expected);
		for (size_t cut = 0; cut < b.length; cut++) {
			uint8_t *const bytes = exact(b.bytes, cut);

			chain_read(span_of(bytes, cut), &chain);
			free(bytes);
		}
		buffer_free(&b);
	}
}

/* ---- counters and tracked connections ---- */

static void put_nested(struct buffer *b, uint16_t type, struct buffer *inner)
{
	put_attribute(b, type, inner->bytes, (uint16_t)inner->length);
	buffer_clear(inner);
}

static void put_expression(struct buffer *list, const char *name, uint64_t packets, uint64_t bytes)
{
	struct buffer data = buffer_new(256), expression = buffer_new(256);
	uint8_t number[8];

	for (unsigned i = 0; i < 8; i++)
		number[i] = (uint8_t)(bytes >> (56 - 8 * i));
	put_attribute(&data, NFTA_COUNTER_BYTES, number, 8);
	for (unsigned i = 0; i < 8; i++)
		number[i] = (uint8_t)(packets >> (56 - 8 * i));
	put_attribute(&data, NFTA_COUNTER_PACKETS, number, 8);
	put_attribute(&expression, NFTA_EXPR_NAME, name, (uint16_t)(strlen(name) + 1));
	put_nested(&expression, NFTA_EXPR_DATA, &data);
	put_nested(list, NFTA_LIST_ELEM, &expression);
	buffer_free(&data);
	buffer_free(&expression);
}

static void the_first_counter_of_a_rule_is_read(void **unused)
{
	struct buffer message = buffer_new(1024), list = buffer_new(1024);
	struct chain_counter counter;

	(void)unused;
	put_expression(&list, "limit", 1, 2);
	put_expression(&list, "counter", 3, 180);
	put_expression(&list, "counter", 7, 9);
	buffer_u32(&message, 0x01000000);
	put_attribute(&message, NFTA_RULE_CHAIN, "rule-shop", 10);
	put_nested(&message, NFTA_RULE_EXPRESSIONS, &list);
	assert_true(chain_counter_read(buffer_read(&message), &counter));
	assert_string_equal(counter.chain, "rule-shop");
	assert_int_equal(counter.packets, 3);
	assert_int_equal(counter.bytes, 180);
	for (size_t cut = 0; cut < message.length; cut++) {
		uint8_t *const bytes = exact(message.bytes, cut);

		chain_counter_read(span_of(bytes, cut), &counter);
		free(bytes);
	}
	buffer_free(&message);
	buffer_free(&list);
}

static void put_tracked(struct buffer *message, uint8_t tcp_state)
{
	static const uint8_t from[] = { 192, 0, 2, 7 }, to[] = { 192, 0, 2, 1 }, from_port[] = { 0x9c, 0x40 },
			     to_port[] = { 0, 22 }, status[] = { 0, 0, 0, 0x0e }, id[] = { 0, 0, 1, 2 },
			     tcp = 6;
	struct buffer part = buffer_new(256), tuple = buffer_new(256);

	buffer_u32(message, 0x02000000);
	put_attribute(&part, CTA_IP_V4_SRC, from, 4);
	put_attribute(&part, CTA_IP_V4_DST, to, 4);
	put_nested(&tuple, CTA_TUPLE_IP, &part);
	put_attribute(&part, CTA_PROTO_NUM, &tcp, 1);
	put_attribute(&part, CTA_PROTO_SRC_PORT, from_port, 2);
	put_attribute(&part, CTA_PROTO_DST_PORT, to_port, 2);
	put_nested(&tuple, CTA_TUPLE_PROTO, &part);
	put_nested(message, CTA_TUPLE_ORIG, &tuple);
	put_attribute(message, CTA_STATUS, status, 4);
	put_attribute(message, CTA_ID, id, 4);
	put_attribute(&part, CTA_PROTOINFO_TCP_STATE, &tcp_state, 1);
	put_nested(&tuple, CTA_PROTOINFO_TCP, &part);
	put_nested(message, CTA_PROTOINFO, &tuple);
	buffer_free(&part);
	buffer_free(&tuple);
}

static void a_tracked_connection_is_read_as_it_began(void **unused)
{
	enum { ESTABLISHED = 3, TIME_WAIT = 7 };
	struct buffer message = buffer_new(1024);
	struct tracked tracked;
	char text[ADDRESS_TEXT];

	(void)unused;
	put_tracked(&message, ESTABLISHED);
	assert_true(tracked_read(buffer_read(&message), &tracked));
	assert_string_equal(address_text(&tracked.source, text), "192.0.2.7");
	assert_string_equal(address_text(&tracked.destination, text), "192.0.2.1");
	assert_int_equal(tracked.source_port, 40000);
	assert_int_equal(tracked.destination_port, 22);
	assert_int_equal(tracked.transport, TRANSPORT_TCP);
	assert_int_equal(tracked.id, 258);
	assert_true(tracked.answered);
	for (size_t cut = 0; cut < message.length; cut++) {
		uint8_t *const bytes = exact(message.bytes, cut);

		tracked_read(span_of(bytes, cut), &tracked);
		free(bytes);
	}
	buffer_clear(&message);
	put_tracked(&message, TIME_WAIT);
	assert_true(tracked_read(buffer_read(&message), &tracked));
	assert_false(tracked.answered);
	buffer_free(&message);
}

/* ---- doors and connections ---- */

/* A host that is put together by hand. */
struct made {
	struct host host;
	struct host_options options;
	struct snapshot snapshot;
};

static void make(struct made *made)
{
	*made = (struct made){ .host.arena = arena_new(1 << 20) };
	made->snapshot = (struct snapshot){ .host = &made->host, .options = &made->options };
	assert_non_null(made->host.arena);
}

static uint32_t put_socket(struct made *made, enum socket_kind kind, const char *local, uint16_t port)
{
	struct host_socket *const socket = snapshot_add_socket(&made->snapshot);

	assert_non_null(socket);
	socket->kind = (uint8_t)kind;
	socket->state = kind == SOCKET_PASSIVE ? STATE_LISTEN : STATE_ESTABLISHED;
	socket->transport = TRANSPORT_TCP;
	socket->local = address_of(local);
	socket->local_port = port;
	socket->inode = 100 + made->host.socket_count;
	return (uint32_t)(made->host.socket_count - 1);
}

/* Process i holds socket i, but for those that one process holds all of. */
static void put_holders(struct made *made, bool one_process)
{
	const size_t count = made->host.socket_count;

	made->host.holders = calloc(count, sizeof(*made->host.holders));
	assert_non_null(made->host.holders);
	made->host.holder_count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct host_process *const process = snapshot_add_process(&made->snapshot);

		assert_non_null(process);
		process->pid = 100 + i;
		made->host.holders[i].process = one_process ? 0 : i;
		made->host.sockets[i].holder = i;
		made->host.sockets[i].holder_count = 1;
	}
}

static void a_connection_came_from_the_door_that_is_bound_closest(void **unused)
{
	struct made made;
	uint32_t any, one, other, accepted, elsewhere;

	(void)unused;
	make(&made);
	any = put_socket(&made, SOCKET_PASSIVE, "0.0.0.0", 80);
	one = put_socket(&made, SOCKET_PASSIVE, "192.0.2.1", 80);
	other = put_socket(&made, SOCKET_PASSIVE, "192.0.2.2", 80);
	accepted = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 80);
	elsewhere = put_socket(&made, SOCKET_ACTIVE, "192.0.2.3", 80);
	put_holders(&made, true);
	join_doors(&made.snapshot);
	assert_int_equal(made.host.sockets[accepted].door, one);
	assert_int_equal(made.host.sockets[elsewhere].door, any);
	assert_int_equal(made.host.sockets[one].connections, 1);
	assert_int_equal(made.host.sockets[other].connections, 0);
	assert_int_equal(made.host.sockets[any].connections, 1);
	host_free(&made.host);
}

/* The closer door may have been opened after the connection came in through the wider one. */
static void of_two_doors_that_nobody_of_the_connection_holds_none_is_named(void **unused)
{
	struct made made;
	uint32_t accepted;

	(void)unused;
	make(&made);
	put_socket(&made, SOCKET_PASSIVE, "0.0.0.0", 80);
	put_socket(&made, SOCKET_PASSIVE, "192.0.2.1", 80);
	accepted = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 80);
	put_holders(&made, false);
	join_doors(&made.snapshot);
	assert_int_equal(made.host.sockets[accepted].door, NO_SOCKET);
	host_free(&made.host);
}

static void of_more_doors_than_can_be_compared_none_is_named(void **unused)
{
	struct made made;
	uint32_t accepted;

	(void)unused;
	make(&made);
	for (int i = 0; i < 100; i++)
		put_socket(&made, SOCKET_PASSIVE, "0.0.0.0", 80);
	accepted = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 80);
	put_holders(&made, true);
	join_doors(&made.snapshot);
	assert_int_equal(made.host.sockets[accepted].door, NO_SOCKET);
	host_free(&made.host);
}

static void other_ports_and_namespaces_and_beginnings_have_no_door(void **unused)
{
	struct made made;
	uint32_t port, space, sent;

	(void)unused;
	make(&made);
	put_socket(&made, SOCKET_PASSIVE, "0.0.0.0", 80);
	port = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 81);
	space = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 80);
	sent = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 80);
	made.host.sockets[space].space = 1;
	made.host.sockets[sent].state = STATE_SYN_SENT;
	join_doors(&made.snapshot);
	assert_int_equal(made.host.sockets[port].door, NO_SOCKET);
	assert_int_equal(made.host.sockets[space].door, NO_SOCKET);
	assert_int_equal(made.host.sockets[sent].door, NO_SOCKET);
	host_free(&made.host);
}

static void a_door_of_one_interface_takes_no_connection_of_another(void **unused)
{
	struct made made;
	uint32_t door, same, other;

	(void)unused;
	make(&made);
	door = put_socket(&made, SOCKET_PASSIVE, "0.0.0.0", 80);
	same = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 80);
	other = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 80);
	made.host.sockets[door].interface = 2;
	made.host.sockets[same].interface = 2;
	made.host.sockets[other].interface = 3;
	join_doors(&made.snapshot);
	assert_int_equal(made.host.sockets[same].door, door);
	assert_int_equal(made.host.sockets[other].door, NO_SOCKET);
	host_free(&made.host);
}

static void a_door_for_ipv6_alone_takes_no_ipv4(void **unused)
{
	for (int v6_only = 0; v6_only <= 1; v6_only++) {
		struct made made;
		uint32_t door, v4, v6;

		(void)unused;
		make(&made);
		door = put_socket(&made, SOCKET_PASSIVE, "::", 80);
		v4 = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 80);
		v6 = put_socket(&made, SOCKET_ACTIVE, "2001:db8::1", 80);
		made.host.sockets[door].v6_socket = true;
		made.host.sockets[door].v6_only = v6_only;
		join_doors(&made.snapshot);
		assert_int_equal(made.host.sockets[v4].door, v6_only ? NO_SOCKET : door);
		assert_int_equal(made.host.sockets[v6].door, door);
		host_free(&made.host);
	}
}

/* Two sockets share one address and port (SO_REUSEPORT). */
static void of_two_equal_doors_the_one_of_the_same_process_is_meant(void **unused)
{
	struct made made;
	uint32_t first, second, accepted, unknown;

	(void)unused;
	make(&made);
	first = put_socket(&made, SOCKET_PASSIVE, "0.0.0.0", 80);
	second = put_socket(&made, SOCKET_PASSIVE, "0.0.0.0", 80);
	accepted = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 80);
	unknown = put_socket(&made, SOCKET_ACTIVE, "192.0.2.1", 80);
	put_holders(&made, false);
	made.host.holders[accepted].process = second;
	join_doors(&made.snapshot);
	assert_int_equal(made.host.sockets[accepted].door, second);
	assert_int_equal(made.host.sockets[unknown].door, NO_SOCKET);
	assert_int_equal(made.host.sockets[first].connections, 0);
	host_free(&made.host);
}

static void the_tcp_below_an_mptcp_socket_is_not_listed_twice(void **unused)
{
	struct made made;
	uint32_t carrier, plain, whole;

	(void)unused;
	make(&made);
	carrier = put_socket(&made, SOCKET_PASSIVE, "0.0.0.0", 80);
	plain = put_socket(&made, SOCKET_PASSIVE, "0.0.0.0", 80);
	whole = put_socket(&made, SOCKET_PASSIVE, "0.0.0.0", 80);
	made.host.sockets[whole].mptcp = true;
	made.host.sockets[carrier].inode = made.host.sockets[whole].inode;
	join_mptcp(&made.snapshot);
	assert_int_equal(made.host.socket_count, 2);
	assert_int_equal(made.host.sockets[0].inode, 100 + plain + 1);
	assert_true(made.host.sockets[1].mptcp);
	host_free(&made.host);
}

/* ---- exposure ---- */

static void put_interface(struct made *made, uint32_t index, bool up, const char *address)
{
	struct host_interface *const interface = snapshot_add_interface(&made->snapshot);

	assert_non_null(interface);
	interface->index = index;
	interface->name = index == 1 ? "lo" : "eth0";
	interface->up = up;
	interface->loopback = index == 1;
	interface->addresses = arena_array(made->host.arena, 1, sizeof(*interface->addresses));
	assert_non_null(interface->addresses);
	interface->addresses[0] = address_of(address);
	interface->address_count = 1;
}

static void exposure_is_as_wide_as_the_widest_interface_that_is_up(void **unused)
{
	static const struct {
		const char *local;
		bool v6, v6_only;
		uint32_t interface;
		enum exposure expected;
	} cases[] = {
		{ "127.0.0.1", false, false, 0, EXPOSED_HOST },
		{ "::1", true, false, 0, EXPOSED_HOST },
		{ "10.0.0.1", false, false, 0, EXPOSED_PRIVATE },
		{ "fe80::1", true, false, 2, EXPOSED_LINK },
		{ "9.9.9.9", false, false, 0, EXPOSED_PUBLIC },
		{ "0.0.0.0", false, false, 0, EXPOSED_PRIVATE },
		{ "::", true, false, 0, EXPOSED_PUBLIC },
		{ "::", true, true, 0, EXPOSED_PUBLIC },
		{ "0.0.0.0", false, false, 1, EXPOSED_HOST },
		{ "0.0.0.0", false, false, 2, EXPOSED_PRIVATE },
		{ "0.0.0.0", false, false, 4, EXPOSED_NOWHERE },
		{ "224.0.0.251", false, false, 0, EXPOSED_LINK },
	};
	struct made made;

	(void)unused;
	make(&made);
	put_interface(&made, 1, true, "127.0.0.1");
	put_interface(&made, 2, true, "10.0.0.1");
	put_interface(&made, 3, true, "2a00::1");
	put_interface(&made, 4, false, "9.9.9.9");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint32_t index = put_socket(&made, SOCKET_PASSIVE, cases[i].local, 80);
		struct host_socket *const socket = &made.host.sockets[index];

		socket->v6_socket = cases[i].v6;
		socket->v6_only = cases[i].v6_only;
		socket->interface = cases[i].interface;
		assert_string_equal(exposure_text(host_exposure(&made.host, socket)),
				    exposure_text(cases[i].expected));
	}
	host_free(&made.host);
}

/* ---- socket units ---- */

static void addresses_of_socket_units_are_read(void **unused)
{
	static const struct {
		const char *text, *address;
		uint16_t port;
	} cases[] = {
		{ "[::]:22", "::", 22 },
		{ "0.0.0.0:631", "0.0.0.0", 631 },
		{ "[2001:db8::1]:80", "2001:db8::1", 80 },
		{ "127.0.0.1:65535", "127.0.0.1", 65535 },
	};
	static const char *const others[] = { "",           "/run/x.sock",     "@abstract", "vsock:2:22",
					      "[::]:70000", "[::]22",          "[::]:",     ":22",
					      "[]:22",      "kobject-uevent 1" };
	struct address address;
	uint16_t port;

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(units_read_address(span_text(cases[i].text), &address, &port));
		assert_address(&address, cases[i].address);
		assert_int_equal(port, cases[i].port);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(units_read_address(span_text(others[i]), &address, &port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_cut_off_one_by_one),
		cmocka_unit_test(a_message_that_lies_about_its_length_ends_the_reading),
		cmocka_unit_test(attributes_stay_inside_their_message),
		cmocka_unit_test(a_socket_is_read_from_its_diag_message),
		cmocka_unit_test(an_ipv4_party_of_a_dual_socket_is_ipv4),
		cmocka_unit_test(a_diag_message_may_be_cut_anywhere),
		cmocka_unit_test(a_state_that_is_not_known_is_no_socket),
		cmocka_unit_test(udp_is_passive_until_it_is_connected),
		cmocka_unit_test(a_packet_socket_has_type_and_interface),
		cmocka_unit_test(a_line_of_proc_net_is_a_socket),
		cmocka_unit_test(what_is_no_line_of_proc_net_is_no_socket),
		cmocka_unit_test(a_line_of_proc_net_may_be_cut_anywhere),
		cmocka_unit_test(packet_sockets_are_read_from_proc_net),
		cmocka_unit_test(the_kernels_count_of_a_protocol_is_found_by_its_name),
		cmocka_unit_test(what_the_kernel_counts_as_none_need_not_be_asked_for),
		cmocka_unit_test(a_process_may_have_any_name),
		cmocka_unit_test(half_a_stat_line_is_no_process),
		cmocka_unit_test(the_effective_user_counts),
		cmocka_unit_test(control_groups_tell_unit_slice_and_container),
		cmocka_unit_test(control_groups_that_make_no_sense_do_no_harm),
		cmocka_unit_test(only_chains_that_can_refuse_stand_before_a_door),
		cmocka_unit_test(the_first_counter_of_a_rule_is_read),
		cmocka_unit_test(a_tracked_connection_is_read_as_it_began),
		cmocka_unit_test(a_connection_came_from_the_door_that_is_bound_closest),
		cmocka_unit_test(of_two_doors_that_nobody_of_the_connection_holds_none_is_named),
		cmocka_unit_test(of_more_doors_than_can_be_compared_none_is_named),
		cmocka_unit_test(other_ports_and_namespaces_and_beginnings_have_no_door),
		cmocka_unit_test(a_door_of_one_interface_takes_no_connection_of_another),
		cmocka_unit_test(a_door_for_ipv6_alone_takes_no_ipv4),
		cmocka_unit_test(of_two_equal_doors_the_one_of_the_same_process_is_meant),
		cmocka_unit_test(the_tcp_below_an_mptcp_socket_is_not_listed_twice),
		cmocka_unit_test(exposure_is_as_wide_as_the_widest_interface_that_is_up),
		cmocka_unit_test(addresses_of_socket_units_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
