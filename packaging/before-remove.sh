#!/bin/sh
# Before the package's files go. rpm calls with 1 when only an older version goes; dpkg with "upgrade".
set -e

case $1 in
  remove | 0)
    if [ -d /run/systemd/system ]; then systemctl disable --now btu_scheduler.service || true; fi
    ;;
esac
