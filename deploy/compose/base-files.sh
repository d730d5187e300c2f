#!/bin/sh
# base-files.sh <root of the image> <Java runtime>: what packages' scripts would have done.
set -eu
root=$1
mkdir -p "$root/opt" "$root/usr/local/bin" "$root/tmp"
cp -a "$2" "$root/opt/java"
chroot "$root" /usr/bin/busybox --install -s /usr/local/bin
ln -sf busybox "$root/usr/bin/sh"
chmod 1777 "$root/tmp"
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
cat >"$root/etc/passwd" <<'USERS'
root:x:0:0:root:/root:/usr/bin/sh
appuser:x:1000:1000:Kafka:/:/usr/bin/sh
mosquitto:x:1883:1883:Mosquitto:/:/usr/bin/sh
fqt:x:10001:10001:gateway and streams:/:/usr/bin/sh
nobody:x:65534:65534:nobody:/:/usr/bin/sh
USERS
cut -d: -f1,2,4 "$root/etc/passwd" | sed 's/$/:/' >"$root/etc/group"
# The mirror and the lists of the machine that built this are nobody's business here; nor are manuals.
rm -rf "$root/etc/apt/sources.list" "$root/usr/share/doc" "$root/usr/share/man" \
  "$root/usr/share/locale"
