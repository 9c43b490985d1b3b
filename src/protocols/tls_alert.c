/* tls_alert.c: what an alert says (RFC 8446 6), of TLS and of DTLS. */
#include "protocols/tls_hello.h"

static const char *alert_text(uint8_t alert)
{
	static const struct {
		uint8_t number;
		const char *name;
	} names[] = {
		{ 0, "close_notify" },
		{ 10, "unexpected_message" },
		{ 20, "bad_record_mac" },
		{ 40, "handshake_failure" },
		{ 42, "bad_certificate" },
		{ 43, "unsupported_certificate" },
		{ 44, "certificate_revoked" },
		{ 45, "certificate_expired" },
		{ 46, "certificate_unknown" },
		{ 47, "illegal_parameter" },
		{ 48, "unknown_ca" },
		{ 49, "access_denied" },
		{ 50, "decode_error" },
		{ 51, "decrypt_error" },
		{ 70, "protocol_version" },
		{ 71, "insufficient_security" },
		{ 80, "internal_error" },
		{ 86, "inappropriate_fallback" },
		{ 90, "user_canceled" },
		{ 109, "missing_extension" },
		{ 112, "unrecognized_name" },
		{ 116, "certificate_required" },
		{ 120, "no_application_protocol" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == alert)
			return names[i].name;
	return "unknown";
}

void tls_write_alert(struct json *json, uint8_t level, uint8_t alert)
{
	json_open_object(json, "alert");
	json_text(json, "level", level == TLS_ALERT_FATAL ? "fatal" : "warning");
	json_text(json, "description", alert_text(alert));
	json_unsigned(json, "code", alert);
	json_end(json);
}
