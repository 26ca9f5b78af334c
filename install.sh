#!/bin/sh
# Installs, upgrades, rolls back and removes BTU Scheduler: one executable under the names btu and btu-daemon.
set -eu
umask 022

# The GitHub repository ("owner/name") whose releases are installed; written here when a release is packaged.
REPOSITORY=${BTU_SCHEDULER_REPOSITORY:-}
# The minisign key that releases are signed with; written here when a release is packaged with one.
MINISIGN_KEY=${BTU_SCHEDULER_MINISIGN_KEY:-}

NAMES="btu btu-daemon btu_scheduler_daemon"
SERVICE=btu_scheduler
ACCOUNT=btu
CONFIG_DIR=/etc/btu_scheduler
CONFIG=$CONFIG_DIR/btu_scheduler.toml
UNIT=/etc/systemd/system/$SERVICE.service

usage() {
  cat <<'TEXT'
Usage: sh install.sh [options]

Installs BTU Scheduler, or upgrades it in place. Needs root, unless DESTDIR, or --prefix and --no-service, are given.

  --version X      install this version; default: the newest release
  --from FILE|DIR  take a release archive, a folder with archives, or an unpacked archive, and no network; the install.sh
                   of an unpacked archive takes that by itself
  --target T       linux-x64, linux-arm64, linux-x64-musl or linux-arm64-musl; default: this machine's
  --prefix DIR     install below DIR, the executables in DIR/bin; default: /usr/local
  --web-user USER  let this user, whom the web server runs as, use the daemon's socket
  --no-service     install no systemd unit
  --rollback       go back to the version before the last upgrade; once more comes back
  --uninstall      remove everything; asks before it deletes the configuration, and keeps it where nobody can answer
  --purge          with --uninstall: delete the configuration and the logs too, without a question
  --help           print this

DESTDIR in the environment is put before every path, for those who make packages and images. With DESTDIR, or with both
--prefix and --no-service, no user, group or service is touched; the latter leaves everything outside DIR alone.

BTU_SCHEDULER_RELEASES in the environment is where releases are downloaded from, such as
https://github.com/OWNER/NAME/releases.
TEXT
}

say() { printf '%s\n' "$*"; }
warn() { printf 'install.sh: warning: %s\n' "$*" >&2; }
die() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}
wrong_usage() {
  printf 'install.sh: %s\nTry: sh install.sh --help\n' "$*" >&2
  exit 2
}
has() { command -v "$1" >/dev/null 2>&1; }

# --- Arguments ----------------------------------------------------------------------------------

action=install
version=
from=
target=
prefix=
web_user=
with_service=yes
purge=no

need_value() { [ -n "$2" ] || wrong_usage "$1: expected a value after it"; }

parse_arguments() {
  while [ $# -gt 0 ]; do
    flag=$1
    shift
    case $flag in
      --*=*) set -- "${flag#*=}" "$@" && flag=${flag%%=*} ;;
    esac
    case $flag in
      --version | --from | --target | --prefix | --web-user)
        need_value "$flag" "${1:-}"
        case $flag in
          --version) version=${1#v} ;;
          --from) from=$1 ;;
          --target) target=$1 ;;
          --prefix) prefix=$1 ;;
          --web-user) web_user=$1 ;;
        esac
        shift
        ;;
      --no-service) with_service=no ;;
      --rollback) action=rollback ;;
      --uninstall) action=uninstall ;;
      --purge) purge=yes ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) wrong_usage "unknown argument \"$flag\"" ;;
    esac
  done
}

absolute() {
  case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$(pwd)" "$1" ;;
  esac
}

# Sets the places, and whether the system around them is ours to change.
settle_places() {
  dest=${DESTDIR:-}
  [ -z "$dest" ] || dest=$(absolute "${dest%/}")
  system=yes
  config_wanted=yes
  if [ -n "$dest" ]; then
    system=no
  elif [ -n "$prefix" ] && [ "$with_service" = no ]; then
    system=no
    config_wanted=no
  fi
  prefix=$(absolute "${prefix:-/usr/local}")
  prefix=${prefix%/}
  case $prefix in
    *[!A-Za-z0-9/._+@-]*) wrong_usage "--prefix \"$prefix\": only letters, digits and /._+@- can be used" ;;
  esac
  bin=$dest$prefix/bin
  lib=$dest$prefix/lib/btu_scheduler
  share=$dest$prefix/share
  made=$lib/made
  [ -z "$web_user" ] || [ "$system" = yes ] ||
    wrong_usage "--web-user: no user can be changed with DESTDIR, or with --prefix and --no-service"
  [ "$purge" = no ] || [ "$action" = uninstall ] || wrong_usage "--purge: goes with --uninstall"
  if [ "$system" = yes ] && [ "$(id -u)" != 0 ]; then
    die "run this as root, or install for yourself with --prefix DIR --no-service"
  fi
}

# --- What this machine is -----------------------------------------------------------------------

is_musl() {
  [ -f /etc/alpine-release ] && return 0
  has ldd && ldd --version 2>&1 | grep -qi musl
}

own_target() {
  [ "$(uname -s)" = Linux ] || die "this machine runs $(uname -s): there are builds for Linux only"
  case $(uname -m) in
    x86_64 | amd64) machine=linux-x64 ;;
    aarch64 | arm64) machine=linux-arm64 ;;
    *) die "this machine is a $(uname -m): there are builds for x86_64 and aarch64 only" ;;
  esac
  if is_musl; then machine=$machine-musl; fi
  printf '%s' "$machine"
}

check_machine() {
  machine=$(own_target)
  target=${target:-$machine}
  case $target in
    linux-x64 | linux-arm64 | linux-x64-musl | linux-arm64-musl) ;;
    *) wrong_usage "--target \"$target\": expected linux-x64, linux-arm64, linux-x64-musl or linux-arm64-musl" ;;
  esac
  [ "$target" = "$machine" ] || return 0
  case $target in
    *-musl)
      [ -e /usr/lib/libstdc++.so.6 ] || [ -e /lib/libstdc++.so.6 ] ||
        die "the C++ library is missing, which this build needs: apk add libstdc++"
      ;;
  esac
  if [ "$target" = linux-x64 ] && [ -r /proc/cpuinfo ]; then
    grep -q sse4_2 /proc/cpuinfo || die "this processor lacks SSE 4.2, which this build needs"
  fi
}

# --- Getting a release --------------------------------------------------------------------------

work=
cleanup() {
  [ -z "$work" ] || rm -rf "$work"
  [ -z "${staging:-}" ] || rm -rf "$staging"
}

fetch() { # URL FILE
  if has curl; then
    curl -fsSL --retry 3 --connect-timeout 20 -o "$2" "$1"
  elif has wget; then
    wget -q -O "$2" "$1"
  else
    die "neither curl nor wget is here: install one, or download a release and use --from"
  fi
}

sha256_of() {
  if has sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  fi
}

# Compares an archive with its line in SHA256SUMS.
check_sum() { # ARCHIVE SUMS
  name=${1##*/}
  wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$2")
  [ -n "$wanted" ] || die "check \"$name\": it is not listed in ${2##*/}"
  [ "$(sha256_of "$1")" = "$wanted" ] ||
    die "check \"$name\": its SHA-256 is not the one in ${2##*/}; it is damaged or not ours, nothing was changed"
  say "The SHA-256 of $name is right."
}

# Checks who signed SHA256SUMS, where a program that can is here. GET names a function that puts a file beside it.
check_signature() { # SUMS GET
  if has cosign && [ -n "$REPOSITORY" ]; then
    "$2" SHA256SUMS.sigstore.json || die "check the signature: the release has no SHA256SUMS.sigstore.json"
    cosign verify-blob --bundle "${1%/*}/SHA256SUMS.sigstore.json" \
      --certificate-identity-regexp "^https://github\\.com/$REPOSITORY/\\.github/workflows/release\\.yml@refs/tags/v" \
      --certificate-oidc-issuer https://token.actions.githubusercontent.com "$1" >/dev/null 2>&1 ||
      die "check the signature: cosign does not accept it; nothing was changed"
    say "The signature is right (cosign)."
  elif has minisign && [ -n "$MINISIGN_KEY" ]; then
    "$2" SHA256SUMS.minisig || die "check the signature: the release has no SHA256SUMS.minisig"
    minisign -V -q -P "$MINISIGN_KEY" -m "$1" >/dev/null 2>&1 ||
      die "check the signature: minisign does not accept it; nothing was changed"
    say "The signature is right (minisign)."
  fi
}

get_online() { fetch "$place/$1" "$work/$1" 2>/dev/null; }
get_beside() { [ -f "$place/$1" ]; }

# The version in the name of this target's archive, from a list of names.
versions_in() {
  sed -n "s/^.*btu-scheduler-\([0-9][0-9A-Za-z.+-]*\)-$target\.tar\.gz\$/\1/p"
}

download() {
  releases=${BTU_SCHEDULER_RELEASES:-${REPOSITORY:+https://github.com/$REPOSITORY/releases}}
  [ -n "$releases" ] ||
    die "where to download from is not known: set BTU_SCHEDULER_RELEASES to the page of the releases, or use --from"
  place=$releases/latest/download
  [ -z "$version" ] || place=$releases/download/v$version
  fetch "$place/SHA256SUMS" "$work/SHA256SUMS" || die "download $place/SHA256SUMS: it failed; is the version right?"
  version=${version:-$(versions_in <"$work/SHA256SUMS" | head -n 1)}
  [ -n "$version" ] || die "the release has no build for $target"
  check_signature "$work/SHA256SUMS" get_online
  archive=$work/btu-scheduler-$version-$target.tar.gz
  say "Downloading ${archive##*/}"
  fetch "$place/${archive##*/}" "$archive" || die "download $place/${archive##*/}: it failed"
  check_sum "$archive" "$work/SHA256SUMS"
  unpack "$archive"
}

take_archive() { # FILE
  archive=$(absolute "$1")
  place=${archive%/*}
  if [ -f "$place/SHA256SUMS" ]; then
    if get_beside SHA256SUMS.sigstore.json || get_beside SHA256SUMS.minisig; then
      check_signature "$place/SHA256SUMS" get_beside
    fi
    check_sum "$archive" "$place/SHA256SUMS"
  else
    warn "no SHA256SUMS lies beside ${archive##*/}: it was not checked"
  fi
  unpack "$archive"
}

take_folder() { # DIR
  if [ -f "$1/btu" ] && [ -f "$1/VERSION" ]; then
    tree=$(absolute "${1%/}")
    return
  fi
  found=$(find "$1" -maxdepth 1 -type f | versions_in)
  if [ -n "$version" ]; then
    found=$(printf '%s\n' "$found" | grep -Fx -- "$version") || die "\"$1\" has no version $version for $target"
  fi
  [ -n "$found" ] || die "\"$1\" has no archive for $target (btu-scheduler-VERSION-$target.tar.gz)"
  [ "$(printf '%s\n' "$found" | wc -l)" -eq 1 ] ||
    die "\"$1\" has several versions for $target: choose one with --version" "$found"
  take_archive "${1%/}/btu-scheduler-$found-$target.tar.gz"
}

unpack() { # ARCHIVE
  mkdir "$work/tree"
  tar -xzf "$1" -C "$work/tree" || die "unpack \"$1\": it failed"
  tree=$(printf '%s' "$work"/tree/*)
  if [ ! -f "$tree/btu" ] || [ ! -f "$tree/VERSION" ]; then die "\"$1\" is no archive of BTU Scheduler"; fi
}

# The unpacked archive that this script lies in; nothing where it is the installed one, or came through a pipe.
own_tree() {
  [ "${0##*/}" = install.sh ] || return 0
  own=$(cd "$(dirname "$0")" && pwd -P)
  if [ ! -f "$own/VERSION" ] || [ ! -f "$own/btu" ]; then return 0; fi
  case $own in
    */lib/btu_scheduler/*) ;;
    *) printf '%s' "$own" ;;
  esac
}

# Sets `tree` to a folder laid out like the archive.
obtain() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/btu-install.XXXXXX")
  [ -n "$from$version" ] || from=$(own_tree)
  if [ -z "$from" ]; then
    download
  elif [ -d "$from" ]; then
    take_folder "$from"
  elif [ -f "$from" ]; then
    take_archive "$from"
  else
    die "--from \"$from\": there is no such file or folder"
  fi
  [ "$target" != "$machine" ] || "$tree/btu" --version >/dev/null ||
    die "this build does not run on this machine; nothing was changed"
}

# --- Putting files in place ---------------------------------------------------------------------

# Makes a folder and remembers which ones were not there before.
make_dir() {
  [ -d "$1" ] && return
  make_dir "${1%/*}"
  mkdir "$1"
  new_dirs="$1
$new_dirs"
}
new_dirs=

remember() { # LINE
  grep -qxF -- "$1" "$made" 2>/dev/null || printf '%s\n' "$1" >>"$made"
}

put() { # FILE PLACE MODE
  make_dir "${2%/*}"
  cp "$1" "$2.new"
  chmod "$3" "$2.new"
  mv -f "$2.new" "$2"
}

# Every file of a release tree that goes below share/, as "PATH-IN-TREE PLACE".
shared_files() { # TREE
  (
    cd "$1"
    for file in man/man*/*; do
      [ ! -f "$file" ] || printf '%s %s\n' "$file" "$file"
    done
    [ ! -f completions/btu.bash ] || printf '%s %s\n' completions/btu.bash bash-completion/completions/btu
    [ ! -f completions/_btu ] || printf '%s %s\n' completions/_btu zsh/site-functions/_btu
    [ ! -f completions/btu.fish ] || printf '%s %s\n' completions/btu.fish fish/vendor_completions.d/btu.fish
    for file in README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE btu_scheduler.toml.example; do
      [ ! -f "$file" ] || printf '%s doc/btu_scheduler/%s\n' "$file" "$file"
    done
  )
}

place_shared() { # TREE
  shared_files "$1" | while read -r file to; do printf '%s\n' "$share/$to"; done >"$lib/.shared"
  # Folders are made here and not in the pipe, which could not tell which ones are new.
  while read -r to; do make_dir "${to%/*}"; done <"$lib/.shared"
  rm -f "$lib/.shared"
  shared_files "$1" | while read -r file to; do put "$1/$file" "$share/$to" 644; done
}

remove_shared() { # TREE
  shared_files "$1" | while read -r file to; do rm -f "$share/$to"; done
}

# What somebody else's program left under our names is kept, and comes back when we go.
set_aside() { # PATH
  [ -e "$1" ] || [ -L "$1" ] || return 0
  make_dir "$lib/replaced"
  mv -f "$1" "$lib/replaced/${1##*/}"
  warn "$1 was another program's: it is kept in $lib/replaced"
}

# One file under all its names, each put in place by a rename.
place_names() { # TREE
  make_dir "$bin"
  source=$1/btu
  for name in $NAMES; do
    # No link leads to another file system.
    ln -f "$source" "$bin/.$name.new" 2>/dev/null || cp "$source" "$bin/.$name.new"
    mv -f "$bin/.$name.new" "$bin/$name"
    source=$bin/btu
    # A rename between two names of one file leaves both.
    rm -f "$bin/.$name.new"
  done
}

place_unit() { # TREE
  [ "$with_service" = yes ] || return 0
  [ -n "$dest" ] || has systemctl || [ -d /etc/systemd/system ] || return 0
  sed "s|/usr/local/|$prefix/|g" "$1/btu_scheduler.service" >"$lib/.unit"
  put "$lib/.unit" "$dest$UNIT" 644
  rm -f "$lib/.unit"
}

# Puts the release in $lib/current before everybody's eyes.
place_current() {
  place_names "$lib/current"
  place_shared "$lib/current"
  place_unit "$lib/current"
  if [ "$system" = yes ] && has restorecon; then
    restorecon -RF "$lib" 2>/dev/null || true
    # The same file: its label must be that of a program, so these names come last.
    for name in $NAMES; do restorecon -F "$bin/$name" 2>/dev/null || true; done
  fi
}

version_of() { cut -d ' ' -f 1 <"$1/VERSION" 2>/dev/null || true; }

store_tree() {
  make_dir "$lib"
  staging=$lib/.staging.$$
  rm -rf "$staging"
  mkdir "$staging"
  case $tree in
    # What was unpacked just now need not be kept.
    "$work"/*) mv "$tree"/* "$staging/" ;;
    *) cp -R "$tree/." "$staging/" ;;
  esac
  rm -f "$staging/btu-daemon"
  chmod 755 "$staging/btu"
  chmod 755 "$staging"
  [ "$system" = no ] || chown -R 0:0 "$staging"
  if [ -d "$lib/current" ]; then
    remove_shared "$lib/current"
    if cmp -s "$lib/current/btu" "$staging/btu"; then
      rm -rf "$lib/current"
    else
      rm -rf "$lib/previous"
      mv "$lib/current" "$lib/previous"
    fi
  else
    for name in $NAMES; do set_aside "$bin/$name"; done
    [ "$with_service" = no ] || set_aside "$dest$UNIT"
  fi
  mv "$staging" "$lib/current"
}

# --- User, group, configuration, service --------------------------------------------------------

make_account() {
  if ! grep -q "^$ACCOUNT:" /etc/group && ! { has getent && getent group "$ACCOUNT" >/dev/null; }; then
    if has groupadd; then groupadd --system "$ACCOUNT"; else addgroup -S "$ACCOUNT"; fi
    remember "group $ACCOUNT"
  fi
  if ! id "$ACCOUNT" >/dev/null 2>&1; then
    if has useradd; then
      useradd --system --gid "$ACCOUNT" --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$ACCOUNT"
    else
      adduser -S -D -H -h /nonexistent -s /sbin/nologin -G "$ACCOUNT" "$ACCOUNT"
    fi
    remember "user $ACCOUNT"
  fi
  [ -n "$web_user" ] || return 0
  if ! id -Gn "$web_user" | tr ' ' '\n' | grep -qxF "$ACCOUNT"; then
    if has usermod; then usermod -aG "$ACCOUNT" "$web_user"; else addgroup "$web_user" "$ACCOUNT"; fi
    remember "member $web_user"
  fi
}

place_config() {
  [ "$config_wanted" = yes ] || return 0
  make_dir "$dest$CONFIG_DIR"
  if [ ! -e "$dest$CONFIG" ]; then
    put "$lib/current/btu_scheduler.toml.example" "$dest$CONFIG" 640
  fi
  [ "$system" = yes ] || return 0
  # Its content is the administrator's; that the daemon may read it is our matter.
  readable=$(find "$CONFIG" -prune \( -user "$ACCOUNT" -perm -400 \) -o \( -group "$ACCOUNT" -perm -040 \) -o -perm -004)
  if [ -z "$readable" ]; then
    chgrp "$ACCOUNT" "$CONFIG"
    chmod g+r "$CONFIG"
  fi
}

has_systemd() { [ "$system" = yes ] && [ "$with_service" = yes ] && [ -d /run/systemd/system ] && has systemctl; }

reload_units() { if has_systemd; then systemctl daemon-reload; fi; }

# A daemon that runs goes on with the new executable.
restart_service() {
  restarted=no
  if has_systemd && systemctl is-active --quiet $SERVICE; then
    systemctl restart $SERVICE || die "the service does not start: see journalctl -u $SERVICE; back with --rollback"
    restarted=yes
  fi
}

# --- The three actions --------------------------------------------------------------------------

tell_next() {
  daemon=$prefix/bin/btu-daemon
  say
  say "Next:"
  if [ "$config_wanted" = no ]; then
    say "  1. Write a configuration after $prefix/share/doc/btu_scheduler/btu_scheduler.toml.example"
    say "  2. $daemon --config FILE"
    return
  fi
  say "  1. Edit $CONFIG"
  say "  2. $daemon --check-config"
  if [ "$with_service" = yes ] && { [ -n "$dest" ] || has_systemd; }; then
    say "  3. systemctl enable --now $SERVICE"
  else
    say "  3. Let your service manager run $daemon as user $ACCOUNT; it stays in the foreground"
  fi
  say "  4. $prefix/bin/btu status"
  if [ -n "$web_user" ]; then
    say "The web server's processes must be started again, so that they get the group $ACCOUNT."
  fi
}

install_release() {
  check_machine
  [ -z "$web_user" ] || id "$web_user" >/dev/null 2>&1 || die "--web-user \"$web_user\": there is no such user"
  obtain
  was=
  [ ! -d "$lib/current" ] || was=$(version_of "$lib/current")
  store_tree
  place_current
  [ "$system" = no ] || make_account
  place_config
  printf '%s' "$new_dirs" | while read -r dir; do [ -z "$dir" ] || remember "dir $dir"; done
  reload_units
  now=$(version_of "$lib/current")
  if [ -z "$was" ]; then
    say "BTU Scheduler $now is installed in $dest$prefix/bin."
    tell_next
    # Another program's service of this name: when to switch is the administrator's matter.
    if has_systemd && systemctl is-active --quiet $SERVICE; then
      warn "the service $SERVICE runs an earlier program: it goes on until systemctl restart $SERVICE"
    fi
    return
  fi
  restart_service
  if [ "$was" = "$now" ]; then
    say "BTU Scheduler $now is in place anew."
  else
    say "BTU Scheduler was $was and is $now now."
  fi
  [ "$restarted" = no ] || say "The service was started again."
  [ ! -d "$lib/previous" ] || say "Back to $(version_of "$lib/previous"): sh $lib/current/install.sh --rollback"
}

rollback() {
  [ -d "$lib/previous" ] || die "there is no version to go back to in $lib/previous"
  was=$(version_of "$lib/current")
  [ -f "$dest$UNIT" ] || with_service=no
  remove_shared "$lib/current"
  mv "$lib/current" "$lib/.swap"
  mv "$lib/previous" "$lib/current"
  mv "$lib/.swap" "$lib/previous"
  place_current
  reload_units
  restart_service
  say "BTU Scheduler was $was and is $(version_of "$lib/current") again."
  [ "$restarted" = no ] || say "The service was started again."
}

# Whether the configuration is to go too.
may_delete_config() {
  [ "$purge" = no ] || return 0
  [ -t 0 ] || return 1
  printf 'Delete the configuration in %s too? [y/N] ' "$dest$CONFIG_DIR"
  read -r answer || return 1
  case $answer in
    y | Y | yes) return 0 ;;
    *) return 1 ;;
  esac
}

remove_config() {
  [ "$config_wanted" = yes ] || return 0
  if may_delete_config; then
    rm -rf "$dest$CONFIG_DIR" "$dest/var/log/btu_scheduler"
    return
  fi
  [ -d "$dest$CONFIG_DIR" ] || return 0
  # The group goes: its number may become somebody else's.
  [ "$system" = no ] || chgrp -R 0 "$CONFIG_DIR"
  say "The configuration stays in $dest$CONFIG_DIR."
}

remove_account() { # MADE
  sed -n 's/^member //p' "$1" | while read -r name; do
    if has gpasswd; then gpasswd -d "$name" "$ACCOUNT" >/dev/null; else delgroup "$name" "$ACCOUNT"; fi ||
      warn "user $name could not be taken out of group $ACCOUNT"
  done
  if grep -q '^user ' "$1"; then
    if has userdel; then userdel "$ACCOUNT"; else deluser "$ACCOUNT"; fi || warn "user $ACCOUNT could not be taken away"
  fi
  grep -q '^group ' "$1" || return 0
  # Its group may have gone with the user.
  grep -q "^$ACCOUNT:" /etc/group || return 0
  if has groupdel; then groupdel "$ACCOUNT"; else delgroup "$ACCOUNT"; fi || warn "group $ACCOUNT could not be taken away"
}

bring_back() {
  [ -d "$lib/replaced" ] || return 0
  for file in "$lib/replaced"/*; do
    case $file in
      *.service) mv "$file" "$dest$UNIT" ;;
      *) mv "$file" "$bin/${file##*/}" ;;
    esac
  done
}

uninstall() {
  [ -d "$lib/current" ] || die "there is no installation in $lib"
  if [ -f "$dest$UNIT" ]; then
    if has_systemd; then systemctl disable --now --quiet $SERVICE || true; fi
    rm -f "$dest$UNIT"
  fi
  remove_shared "$lib/current"
  for name in $NAMES; do rm -f "$bin/$name"; done
  bring_back
  left=$(mktemp "${TMPDIR:-/tmp}/btu-uninstall.XXXXXX")
  if [ -f "$made" ]; then cat "$made" >"$left"; fi
  remove_config
  if [ "$system" = yes ]; then
    remove_account "$left"
    rmdir /var/log/btu_scheduler 2>/dev/null || true
  fi
  rm -rf "$lib"
  reload_units
  # Those below were remembered later.
  sed -n 's/^dir //p' "$left" | sort -r | while read -r dir; do rmdir "$dir" 2>/dev/null || true; done
  rm -f "$left"
  say "BTU Scheduler is removed."
}

main() {
  parse_arguments "$@"
  settle_places
  trap cleanup EXIT
  trap 'exit 130' HUP INT TERM
  case $action in
    install) install_release ;;
    rollback) rollback ;;
    uninstall) uninstall ;;
  esac
}

# Down here, so that a download that broke off does nothing.
main "$@"
