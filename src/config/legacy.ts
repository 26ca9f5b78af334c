/** Keys of the earlier daemons that no longer do anything, and names that people bring from elsewhere. */

const NO_POLLING = "the daemon wakes at the due second itself";
const NO_MAIL = "the daemon sends no mail; watch its log or btu status";
const NO_TCP = "there is no TCP listener; commands come through the Unix socket or Redis";

/** Accepted with one warning each, which says why the key is not needed or what replaced it. */
export const RETIRED_KEYS: ReadonlyMap<string, string> = new Map([
  ["scheduler_polling_interval", NO_POLLING],
  ["email_address_from", NO_MAIL],
  ["email_host_name", NO_MAIL],
  ["email_host_port", NO_MAIL],
  ["email_account_name", NO_MAIL],
  ["email_account_password", NO_MAIL],
  ["email_addresses", NO_MAIL],
  ["email_on_level", NO_MAIL],
  ["email_when_queuing", NO_MAIL],
  ["slack_webhook_url", "the daemon sends no messages to Slack; watch its log or btu status"],
  ["tcp_socket_port", NO_TCP],
  ["disable_tcp_socket", NO_TCP],
  ["description", "name is the label that is shown"],
  ["debug_mode", "log_level says how much is logged"],
]);

/** What other programs call our keys; told as a suggestion, never accepted. */
export const FOREIGN_NAMES: ReadonlyMap<string, string> = new Map([
  ["db_type", "sql_type"],
  ["db_host", "sql_host"],
  ["db_port", "sql_port"],
  ["db_socket", "sql_socket"],
  ["db_name", "sql_database"],
  ["db_user", "sql_user"],
  ["db_password", "sql_password"],
  ["db_schema", "sql_schema"],
  ["db_ssl_ca", "sql_tls_ca"],
  ["sql_ssl", "sql_tls"],
  ["sql_sslmode", "sql_tls"],
  ["policies", "policy"],
  ["redis_queue", "rq_url"],
  ["redis_url", "rq_url"],
  ["redis_host", "rq_host"],
  ["redis_port", "rq_port"],
  ["redis_db", "rq_db"],
  ["redis_username", "rq_username"],
  ["redis_password", "rq_password"],
  ["rq_ssl", "rq_url"],
  ["site_name", "site"],
  ["timezone", "time_zone_string"],
  ["time_zone", "time_zone_string"],
  ["full_refresh_interval_secs", "full_refresh_internal_secs"],
]);
