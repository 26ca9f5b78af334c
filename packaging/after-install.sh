#!/bin/sh
# After the .deb or .rpm was unpacked: account, configuration, service. An upgrade changes none that is there.
set -e

# dpkg calls with "configure" or with what an interrupted removal takes back; rpm with how many versions are there.
case $1 in
  configure | [0-9]*) ;;
  *) exit 0 ;;
esac

getent group btu >/dev/null || groupadd --system btu
getent passwd btu >/dev/null ||
  useradd --system --gid btu --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin btu

config=/etc/btu_scheduler/btu_scheduler.toml
if [ ! -e "$config" ]; then
  mkdir -p /etc/btu_scheduler
  install -m 640 -o root -g btu /usr/share/doc/btu_scheduler/btu_scheduler.toml.example "$config"
fi

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
  # A daemon that runs goes on with the new executable; one that does not is left alone.
  systemctl try-restart btu_scheduler.service || true
fi
