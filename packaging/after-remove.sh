#!/bin/sh
# After the package's files have gone. The configuration goes only when dpkg is told to purge.
set -e

if [ "$1" = purge ]; then
  rm -rf /etc/btu_scheduler /var/log/btu_scheduler
  userdel btu 2>/dev/null || true
  groupdel btu 2>/dev/null || true
fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
