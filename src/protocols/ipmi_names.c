/* ipmi_names.c: what the numbers of IPMI are called: commands (IPMI v2.0, appendix G), privileges, algorithms
 * (tables 13-17 to 13-19), cipher suites and statuses. */
#include "protocols/ipmi.h"

static const struct code_name commands[] = {
	{ 0x0001, "get_chassis_status" },
	{ IPMI_CHASSIS_CONTROL, "chassis_control" },
	{ 0x0004, "chassis_identify" },
	{ 0x0008, "set_boot_options" },
	{ 0x0009, "get_boot_options" },
	{ 0x042d, "get_sensor_reading" },
	{ IPMI_DEVICE, "get_device_id" },
	{ 0x0602, "cold_reset" },
	{ 0x0603, "warm_reset" },
	{ 0x0604, "get_self_test_results" },
	{ 0x0608, "get_device_guid" },
	{ 0x0622, "reset_watchdog" },
	{ 0x0624, "set_watchdog" },
	{ 0x0625, "get_watchdog" },
	{ 0x0637, "get_system_guid" },
	{ 0x0638, "get_channel_authentication_capabilities" },
	{ IPMI_CHALLENGE, "get_session_challenge" },
	{ IPMI_ACTIVATE, "activate_session" },
	{ 0x063b, "set_session_privilege_level" },
	{ 0x063c, "close_session" },
	{ 0x063d, "get_session_info" },
	{ 0x0640, "set_channel_access" },
	{ 0x0641, "get_channel_access" },
	{ 0x0642, "get_channel_info" },
	{ 0x0643, "set_user_access" },
	{ 0x0644, "get_user_access" },
	{ 0x0645, "set_user_name" },
	{ 0x0646, "get_user_name" },
	{ 0x0647, "set_user_password" },
	{ 0x0648, "activate_payload" },
	{ 0x0649, "deactivate_payload" },
	{ 0x0652, "master_write_read" },
	{ 0x0654, "get_channel_cipher_suites" },
	{ 0x0a10, "get_fru_area_info" },
	{ 0x0a11, "read_fru_data" },
	{ 0x0a12, "write_fru_data" },
	{ 0x0a20, "get_sdr_repository_info" },
	{ 0x0a22, "reserve_sdr_repository" },
	{ 0x0a23, "get_sdr" },
	{ 0x0a40, "get_sel_info" },
	{ 0x0a43, "get_sel_entry" },
	{ 0x0a47, "clear_sel" },
	{ 0x0c01, "set_lan_configuration" },
	{ 0x0c02, "get_lan_configuration" },
	{ IPMI_GROUP, "group_extension" },
	{ IPMI_MAKER, "oem" },
};

static const struct code_name privileges[] = {
	{ 1, "callback" }, { 2, "user" }, { 3, "operator" }, { 4, "administrator" }, { 5, "oem" },
};
static const struct code_name types[] = {
	{ 0, "none" }, { 1, "md2" }, { 2, "md5" }, { 4, "password" }, { 5, "oem" },
};
static const struct code_name authentications[] = {
	{ 0, "none" },
	{ 1, "hmac-sha1" },
	{ 2, "hmac-md5" },
	{ 3, "hmac-sha256" },
};
static const struct code_name integrities[] = {
	{ 0, "none" },    { 1, "hmac-sha1-96" },    { 2, "hmac-md5-128" },
	{ 3, "md5-128" }, { 4, "hmac-sha256-128" },
};
static const struct code_name encryptions[] = {
	{ 0, "none" },
	{ 1, "aes-cbc-128" },
	{ 2, "xrc4-128" },
	{ 3, "xrc4-40" },
};
/* Table 13-15, and of 1.5 the completion codes of 22.16 and 22.17. */
static const struct code_name statuses[] = {
	{ 0x01, "insufficient_resources" },
	{ 0x02, "invalid_session" },
	{ 0x03, "invalid_payload_type" },
	{ 0x04, "invalid_authentication" },
	{ 0x05, "invalid_integrity" },
	{ 0x06, "no_authentication_payload" },
	{ 0x07, "no_integrity_payload" },
	{ 0x08, "inactive_session" },
	{ 0x09, "invalid_role" },
	{ 0x0a, "unauthorized_role" },
	{ 0x0b, "insufficient_resources_for_role" },
	{ 0x0c, "invalid_name_length" },
	{ 0x0d, "unauthorized_name" },
	{ 0x0e, "unauthorized_guid" },
	{ 0x0f, "invalid_integrity_check" },
	{ 0x10, "invalid_confidentiality" },
	{ 0x11, "no_cipher_suite" },
	{ 0x12, "illegal_parameter" },
	{ 0x81, "invalid_user_name" },
	{ 0x82, "null_user_disabled" },
	{ 0x83, "no_session_slot_for_user" },
	{ 0x86, "privilege_exceeds_limit" },
	{ 0xcc, "invalid_data" },
};
static const struct code_name controls[] = {
	{ 0, "power_down" },           { 1, "power_up" },      { 2, "power_cycle" }, { 3, "hard_reset" },
	{ 4, "diagnostic_interrupt" }, { 5, "soft_shutdown" },
};

void ipmi_emit_commands(struct json *json, const char *key, const struct tally *counted)
{
	EMIT_TALLY(json, key, counted, commands);
}

const char *ipmi_privilege(uint32_t privilege)
{
	return CODE_TEXT(privileges, privilege);
}

const char *ipmi_type(uint32_t type)
{
	return CODE_TEXT(types, type);
}

const char *ipmi_algorithm(unsigned kind, uint32_t algorithm)
{
	return kind == 0   ? CODE_TEXT(authentications, algorithm)
	       : kind == 1 ? CODE_TEXT(integrities, algorithm)
			   : CODE_TEXT(encryptions, algorithm);
}

const char *ipmi_status(uint32_t status)
{
	return CODE_TEXT(statuses, status);
}

const char *ipmi_control(uint32_t control)
{
	return CODE_TEXT(controls, control);
}

/* Table 22-20: the suites are numbered so that each authentication has its integrities, and each of these its
 * encryptions. */
int ipmi_suite(const uint8_t algorithms[3])
{
	static const uint8_t suites[][3] = {
		{ 0, 0, 0 }, { 1, 0, 0 }, { 1, 1, 0 }, { 1, 1, 1 }, { 1, 1, 2 }, { 1, 1, 3 }, { 2, 0, 0 },
		{ 2, 2, 0 }, { 2, 2, 1 }, { 2, 2, 2 }, { 2, 2, 3 }, { 2, 3, 0 }, { 2, 3, 1 }, { 2, 3, 2 },
		{ 2, 3, 3 }, { 3, 0, 0 }, { 3, 4, 0 }, { 3, 4, 1 }, { 3, 4, 2 }, { 3, 4, 3 },
	};

	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++)
		if (memcmp(suites[i], algorithms, sizeof(*suites)) == 0)
			return (int)i;
	return -1;
}
