import { describe, expect, test } from "bun:test";
import { RETIRED_KEYS } from "../../src/config/legacy.ts";
import { meaningOf } from "../../src/config/names.ts";
import { FILE, loadText, SOURCE } from "./load-text.ts";

describe("the sample of the first daemon", () => {
  const text = `name = "BTU Scheduler Daemon"
full_refresh_internal_secs = 90
scheduler_polling_interval=60
mysql_user = "root"
mysql_password = "password_for_mysql_database"
mysql_host = "localhost"
mysql_port = 3313
mysql_database = "my_erpnext_db_name"
rq_host = "127.0.0.1"
rq_port = 11000
socket_path = "/tmp/btu_scheduler.sock"
webserver_ip = "127.0.0.1"
webserver_port = 8000
webserver_token = "token abcdef123456789:abcdef123456789"
`;

  test("works as it is, with one warning", () => {
    const { config, warnings } = loadText(text);
    expect(config).toMatchObject({
      name: "BTU Scheduler Daemon",
      full_refresh_internal_secs: 90,
      sql_type: "mariadb",
      sql_user: "root",
      sql_password: "password_for_mysql_database",
      sql_host: "localhost",
      sql_port: 3313,
      sql_database: "my_erpnext_db_name",
      rq_host: "127.0.0.1",
      rq_port: 11_000,
      socket_path: "/tmp/btu_scheduler.sock",
      webserver_ip: "127.0.0.1",
      webserver_port: 8000,
      webserver_token: "abcdef123456789:abcdef123456789",
      startup_without_database_connections: true,
    });
    expect(warnings).toEqual([
      `${FILE}:3: scheduler_polling_interval has no effect: the daemon wakes at the due second itself`,
    ]);
  });

  test("works with its mail and all else that it once could hold", () => {
    const { config, warnings } = loadText(`${text}
environment_name = "DEV"
time_zone_string = "America/Los_Angeles"
tracing_level = "INFO"
startup_without_database_connections = false
socket_file_group_owner = "erpnext_group"
email_address_from = "a@example.com"
email_host_name = "smtp.example.com"
email_host_port = 587
email_account_name = "a@example.com"
email_account_password = "hunter2hunter2"
email_addresses = ["b@example.com"]
email_on_level = "INFO"
email_when_queuing = true
`);
    expect(config).toMatchObject({
      environment_name: "DEV",
      time_zone_string: "America/Los_Angeles",
      log_level: "info",
      startup_without_database_connections: false,
      socket_file_group_owner: "erpnext_group",
    });
    expect(warnings).toHaveLength(9);
    expect(warnings.join("\n")).not.toContain("hunter2");
  });
});

describe("the settings of the Python daemons", () => {
  test("work as a file", () => {
    const { config, warnings } = loadText(`
name = "BTU Scheduler Daemon"
full_refresh_internal_secs = 30
scheduler_polling_interval = 30
jobs_site_prefix = ""
startup_without_database_connections = true
disable_unix_socket = 0
disable_tcp_socket = true
disable_redis_rpc = false
tcp_socket_port = 8888
sql_type = "postgres"
sql_database = "frappe"
sql_schema = "public"
sql_user = "reader"
sql_password = "hunter2hunter2"
sql_host = "127.0.0.1"
sql_port = 5432
rq_host = "127.0.0.1"
rq_port = 11000
socket_path = "/run/btu_daemon/btu_scheduler.sock"
socket_file_group_owner = ""
webserver_ip = "erp.example.com"
webserver_port = 443
webserver_host_header = "erp.example.com"
webserver_token = "token 12345:67890"
slack_webhook_url = "https://hooks.example.com/hunter2"
`);
    expect(config).toMatchObject({
      sql_type: "postgres",
      disable_unix_socket: false,
      queue_prefix: null,
    });
    expect(warnings).toHaveLength(4);
    expect(warnings.join("\n")).not.toContain("hunter2");
  });

  test("work as an environment, without any file of ours", () => {
    const { config, warnings } = loadText("", {
      env: {
        BTU_SCHEDULER_FULL_REFRESH_INTERNAL_SECS: "30",
        BTU_SCHEDULER_SCHEDULER_POLLING_INTERVAL: "30",
        BTU_SCHEDULER_LOG_LEVEL: "WARNING",
        BTU_SCHEDULER_SQL_TYPE: "MariaDB",
        BTU_SCHEDULER_SQL_HOST: "127.0.0.1",
        BTU_SCHEDULER_SQL_PORT: "3306",
        BTU_SCHEDULER_SQL_DATABASE: "frappe",
        BTU_SCHEDULER_SQL_USER: "reader",
        BTU_SCHEDULER_SQL_PASSWORD: "hunter2",
        BTU_SCHEDULER_RQ_HOST: "127.0.0.1",
        BTU_SCHEDULER_RQ_PORT: "11000",
        BTU_SCHEDULER_RQ_PASSWORD: "hunter3",
        BTU_SCHEDULER_WEBSERVER_IP: "127.0.0.1",
        BTU_SCHEDULER_WEBSERVER_PORT: "8000",
        BTU_SCHEDULER_WEBSERVER_TOKEN: "token 12345:67890",
        BTU_SCHEDULER_LOGGER_PATH: "/var/log/x.log",
        BTU_SCHEDULER_CONNECTIVITY_MODE: "direct",
      },
    });
    expect(config).toMatchObject({
      full_refresh_internal_secs: 30,
      log_level: "warn",
      sql_type: "mariadb",
      sql_port: 3306,
      rq_password: "hunter3",
      webserver_token: "12345:67890",
      log_file: "/var/log/x.log",
      connectivity_mode: "direct",
    });
    expect(warnings).toEqual([
      expect.stringContaining("BTU_SCHEDULER_SCHEDULER_POLLING_INTERVAL has no effect"),
    ]);
  });

  test.each(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"])("tracing_level takes %p", (level) => {
    const { log_level: found } = loadText(`${SOURCE}\ntracing_level = "${level}"`).config;
    expect(found.toUpperCase()).toBe(level);
  });
});

test("every key without effect is warned of once, whatever its value", () => {
  for (const key of RETIRED_KEYS.keys()) {
    expect(meaningOf(key)?.kind).toBe("retired");
    expect(loadText(`${SOURCE}\n${key} = [{ a = 1 }]`).warnings).toEqual([
      expect.stringContaining(`${FILE}:2: ${key} has no effect: `),
    ]);
  }
});
