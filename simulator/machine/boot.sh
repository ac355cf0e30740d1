#!/bin/sh
# Called as the first process of new namespaces: lays what a kernel and a boot loader would, and
# becomes systemd. Nothing of it is seen outside.
# $VIGIE_WITHOUT names the rights that no process of it has: those over what is the host's alone.
#   boot.sh ROOT NAME [SOURCE=TARGET ...]     folders and files of the host, read-only
set -eu
root=$1 name=$2
shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
# The kernel is the host's: of its settings only those of the network are this system's own.
mount --bind -o ro "$root/proc/sys" "$root/proc/sys"
mount -o remount,ro,bind "$root/proc/sys"
mount --bind /proc/sys/net "$root/proc/sys/net"
mount -o remount,rw,bind "$root/proc/sys/net"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for bind in "$@"; do
    source=${bind%%=*} target=$root${bind#*=}
    if [ -d "$source" ]; then mkdir -p "$target"; else mkdir -p "${target%/*}" && touch "$target"; fi
    mount --bind "$source" "$target"
    mount -o remount,ro,bind "$target"
done
hostname "$name"
echo "$name" > "$root/etc/hostname"
ip link set lo up
exec env -i container=vigie PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    setpriv --bounding-set "$VIGIE_WITHOUT" chroot "$root" /lib/systemd/systemd
