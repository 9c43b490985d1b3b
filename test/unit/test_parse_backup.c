/* What is read of disks over the network and of backups: words of real programs where they can be had. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void iscsi_tells_targets_of_a_discovery(void **unused)
{
	(void)unused;
	talk_tcp("iscsi",
		 "{\"weakness\":\"iscsi-open-discovery\",\"evidence\":\"discovery by "
		 "iqn.2026-01.example:porter\"}\n"
		 "{\"iscsi\":{\"initiator_name\":\"iqn.2026-01.example:porter\",\"session_type\":"
		 "\"discovery\",\"status\":\"success\",\"targets\":[\"iqn.2026-01.example:doors\",\"iqn.2026-"
		 "01.example:closed\"],\"header_digest\":false,\"data_digest\":false,\"requests\":0,\"bytes_"
		 "read\":0,\"bytes_written\":0,\"errors\":0,\"rejected\":0}}\n",
		 talk_first("iscsi.client.tcp.libiscsi-discovery"),
		 talk_first("iscsi.server.tcp.tgt-discovery"));
}

static void iscsi_tells_commands_and_logins(void **unused)
{
	(void)unused;
	talk_tcp("iscsi",
		 "{\"iscsi\":{\"initiator_name\":\"iqn.2026-01.example:porter\",\"target_name\":\"iqn.2026-"
		 "01.example:closed\",\"session_type\":\"normal\",\"user\":\"porter\",\"header_digest\":"
		 "false,\"data_digest\":false,\"commands\":{\"test_unit_ready\":2,\"inquiry\":2},"
		 "\"requests\":4,\"bytes_read\":130,\"bytes_written\":0,\"errors\":0,\"rejected\":0}}\n",
		 talk_first("iscsi.client.tcp.libiscsi"));
}

static void iscsi_reads_on_with_checksums(void **unused)
{
	(void)unused;
	talk_tcp("iscsi",
		 "{\"weakness\":\"iscsi-no-auth\",\"evidence\":\"session of iqn.2001-04.example:anna with "
		 "iqn.2001-04.example:disk\"}\n"
		 "{\"iscsi\":{\"initiator_name\":\"iqn.2001-04.example:anna\",\"target_name\":\"iqn.2001-04."
		 "example:disk\",\"target_alias\":\"cellar\",\"session_type\":\"normal\",\"status\":"
		 "\"success\",\"header_digest\":true,\"data_digest\":true,\"commands\":{\"read_10\":1,"
		 "\"write_10\":1},\"requests\":2,\"bytes_read\":512,\"bytes_written\":512,\"errors\":1,"
		 "\"rejected\":1}}\n",
		 talk_first("iscsi.client.tcp.specification-checksums"),
		 talk_first("iscsi.server.tcp.specification-checksums"),
		 CLIENT("\1\301\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\2\0\0\0\0\0\0\0\0\0("
			"\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0CRC1\1\241\0\0\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0\2\0\0\2"
			"\0\0\0\0\0\0\0\0\0*\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0CRC2datadataCRC3"),
		 SERVER("%\201\0\0\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0\0CRC4bytes\0\0\0CRC5!"
			"\200\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0CRC6\77\200\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0CRC7"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iscsi_tells_targets_of_a_discovery),
		cmocka_unit_test(iscsi_tells_commands_and_logins),
		cmocka_unit_test(iscsi_reads_on_with_checksums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
