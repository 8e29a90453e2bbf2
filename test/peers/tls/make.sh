#!/bin/sh
# Makes the certificates of the tests anew (OpenSSL 3). They are valid for 100 years, except `expired`, and worth nothing:
# their keys are public. Run in this folder.
set -eu
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }
authority() { # file, name
  key "$1"
  openssl req -x509 -new -key "$1.key" -subj "/CN=$2" -days 36500 -out "$1.crt" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}
leaf() { # file, CA, name, subjectAltName, extendedKeyUsage, end
  key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$3" -out "$work/$1.csr"
  : >"$work/index.txt"
  printf '%s\n' "[ca]" "default_ca=d" "[d]" "new_certs_dir=$work" "database=$work/index.txt" "default_md=sha256" \
    "policy=p" "rand_serial=yes" "unique_subject=no" "[p]" "commonName=supplied" "[x]" "subjectAltName=$4" \
    "extendedKeyUsage=$5" "basicConstraints=CA:FALSE" >"$work/ca.cnf"
  openssl ca -batch -notext -config "$work/ca.cnf" -extensions x -cert "$2.crt" -keyfile "$2.key" \
    -startdate 20200101000000Z -enddate "$6" -in "$work/$1.csr" -out "$1.crt" 2>/dev/null
}
authority ca "ampbridge test CA"
authority other-ca "another test CA"
leaf server ca localhost "DNS:localhost,IP:127.0.0.1" serverAuth 21251231235959Z
leaf expired ca localhost "DNS:localhost" serverAuth 20210101000000Z
leaf wrong-name ca csms.example.com "DNS:csms.example.com" serverAuth 21251231235959Z
leaf unknown-ca other-ca localhost "DNS:localhost" serverAuth 21251231235959Z
leaf station ca CP-1 "DNS:cp-1.example.com" clientAuth 21251231235959Z
rm other-ca.key ca.key
