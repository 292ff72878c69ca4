"""ERP Sync connector of a plumbing wholesale group, served with spyne."""

import argparse
import json
import logging
import os
import ssl
import sys
import tempfile

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cryptography.hazmat.primitives import serialization

import auth
import bugs
import connections
import erp
import keys
import operations
import soap
import styles
import writing

NAME, VENDOR, VERSION = "Plumbing wholesale ERP Sync", "Interop Python", "1.0"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8810)
    parser.add_argument("--path", default="/erp/connector")
    parser.add_argument("--tls-cert", metavar="FILE", help="serve https with this certificate")
    parser.add_argument("--tls-key", metavar="FILE")
    parser.add_argument("--certificate", metavar="FILE", help="trust tokens signed with this certificate")
    parser.add_argument("--jwks", metavar="URL", help="trust the keys of this JWKS or discovery document")
    parser.add_argument("--application-key", metavar="FILE", required=True, help="RSA XML or PEM private key")
    parser.add_argument("--application-id", metavar="ID", required=True)
    parser.add_argument("--jwt-answer", action="store_true", help="answer with a JWT (format B)")
    parser.add_argument("--variant", choices=("full", "read-only", "no-search"), default="full")
    parser.add_argument("--is-ok", action="store_true", help="write IsOk in every result")
    parser.add_argument("--state", metavar="FILE", help="where connections are kept (default: temporary folder)")
    parser.add_argument("--write-target", metavar="FILE", help="write a target file for the harness")
    parser.add_argument("--bug", action="append", default=[], metavar="NAME", help="plant a bug, see bugs.py")
    parser.add_argument("--style", action="append", default=[], metavar="NAME", help="another way of keeping the contract, see styles.py")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    if bool(options.certificate) == bool(options.jwks):
        parser.error("give exactly one of --certificate and --jwks")
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert and --tls-key belong together")
    return options


def write_target(path, options, url, key):
    """A YAML target file; JSON strings are valid YAML scalars."""
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    quote = json.dumps
    user, passphrase = erp.ACCOUNT
    lines = [
        "profile: erp-sync",
        f"url: {quote(url)}",
        f"allow_http: {'true' if url.startswith('http:') else 'false'}",
        "connector:",
        f"  name: {quote(NAME)}",
        f"  vendor: {quote(VENDOR)}",
        f"  version: {quote(VERSION)}",
        f"application_id: {quote(options.application_id)}",
        "application_key:",
        f"  value: {quote(public)}",
        "connection:",
        "  values:",
        '    Firm: "NORD"',
        f"    ServiceUser: {quote(user)}",
        '    Deadline: "[I:30]"',
        '    NoWrites: "[I:0]"',
        "  second_values:",
        '    Firm: "SUED"',
        f"    ServiceUser: {quote(user)}",
        "  bad_values:",
        '    Firm: "WEST"',
        f"    ServiceUser: {quote(user)}",
        '    Passphrase: "not the passphrase"',
        "  secrets:",
        "    Passphrase:",
        f"      value: {quote(passphrase)}",
        f"allow_writes: {'false' if options.variant == 'read-only' else 'true'}",
    ]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main():
    options = arguments()
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.ERROR, stream=sys.stderr,
        format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("spyne").setLevel(logging.CRITICAL)
    for name in options.bug:
        bugs.plant(name)
    for name in options.style:
        styles.put_on(name)
    path = "/" + options.path.strip("/")
    scheme = "https" if options.tls_cert else "http"
    url = f"{scheme}://127.0.0.1:{options.port}{path}"
    state = options.state or os.path.join(tempfile.gettempdir(), f"erp-python-{options.port}.json")

    connector = writing.attach(operations.Operations(
        connections.Connections(state), options.variant, options.is_ok))
    trust = keys.KeySetTrust(options.jwks) if options.jwks else keys.CertificateTrust(options.certificate)
    trust.warm_up()
    key = keys.load_private_key(options.application_key)
    authenticator = auth.Authenticator(options.application_id, key, trust, options.jwt_answer)
    gate = soap.Gate(soap.ConnectorApplication(connector, authenticator), path)

    server = wsgi.Server(("127.0.0.1", options.port), gate, numthreads=24, timeout=30)
    if options.tls_cert:
        server.ssl_adapter = BuiltinSSLAdapter(options.tls_cert, options.tls_key)
        server.ssl_adapter.context.minimum_version = ssl.TLSVersion.TLSv1_2
    if options.write_target:
        write_target(options.write_target, options, url, key)
    server.prepare()
    print(f"ready: {url}", flush=True)
    try:
        server.serve()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
