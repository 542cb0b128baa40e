#!/bin/sh
# A Debian package of what `make install` installs. Usage: deb.sh BUILD; writes BUILD/netpolcheck_<version>_<arch>.deb
set -eu
build=$1
version=$(cat VERSION 2>/dev/null || echo 0)
arch=$(dpkg --print-architecture)
root=$build/deb
rm -rf "$root"
make --no-print-directory BUILD="$build" DESTDIR="$PWD/$root" PREFIX=/usr ZSHDIR=/usr/share/zsh/vendor-completions install >/dev/null

# The packages of the libraries that the program is linked with, and of the programs that the sandbox runs.
depends="nftables, iproute2"
for lib in $(readelf -d "$root/usr/bin/netpolcheck" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
	path=$(ldd "$root/usr/bin/netpolcheck" | awk -v l="$lib" '$1 == l { print $3 }')
	package=$(dpkg -S "$(realpath "$path")" 2>/dev/null || dpkg -S "$path")
	package=${package%%:*}
	case ", $depends, " in *", $package, "*) ;; *) depends="$depends, $package" ;; esac
done
find "$root/usr/share/man" -type f -exec gzip -9n {} +
install -d "$root/usr/share/doc/netpolcheck" "$root/DEBIAN"
install -m 644 LICENSE "$root/usr/share/doc/netpolcheck/copyright"
cat >"$root/DEBIAN/control" <<END
Package: netpolcheck
Version: $version
Architecture: $arch
Maintainer: netpolcheck developers <netpolcheck@localhost>
Installed-Size: $(du -sk "$root/usr" | cut -f 1)
Depends: $depends
Section: net
Priority: optional
Description: conformance tests for Kubernetes NetworkPolicy implementations
 Deploys probe pods, applies NetworkPolicy scenarios, sends real packets from
 inside the pods and holds every outcome against a reference evaluator of the
 API. Without a cluster it runs against one made of network namespaces.
END
dpkg-deb --root-owner-group --build "$root" "$build/netpolcheck_${version}_$arch.deb" >/dev/null
rm -rf "$root"
echo "$build/netpolcheck_${version}_$arch.deb"
