# SPDX-License-Identifier: MIT
"""What the device refuses to talk to: wrong CA, wrong server name, expired server certificate (docs/protocol.md 8).

The other side is a plain mosquitto with certificates that openssl makes for the occasion.
"""
import pathlib
import socket
import subprocess
import unittest

from harness import CloudTest, Device, Process, free_port, wait_for

MOSQUITTO = "/usr/sbin/mosquitto"


def openssl(*words, cwd):
    subprocess.run(["openssl", *map(str, words)], cwd=cwd, check=True, stdout=subprocess.PIPE,
                   stderr=subprocess.PIPE)


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=test authority", "-days", "30", "-keyout", "ca.key", "-out", "ca.pem", cwd=self.folder)
        (self.folder / "index.txt").write_text("")
        (self.folder / "serial").write_text("1000\n")
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ncertificate=ca.pem\n"
            "private_key=ca.key\ndefault_md=sha256\npolicy=p\nx509_extensions=x\nunique_subject=no\n"
            "[p]\ncommonName=supplied\n[x]\nsubjectAltName=$ENV::SAN\n")

    def server(self, name, start="20250101000000Z", end="20991231000000Z"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server",
                "-keyout", "server.key", "-out", "server.csr", cwd=self.folder)
        kind = "IP" if name[0].isdigit() else "DNS"
        subprocess.run(["openssl", "ca", "-batch", "-config", "ca.cnf", "-in", "server.csr", "-out", "server.pem",
                        "-startdate", start, "-enddate", end], cwd=self.folder, check=True,
                       env={"SAN": f"{kind}:{name}", "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE)


class ServerRefused(CloudTest):
    def setUp(self):
        super().setUp()
        self.folder = self.cloud.thing("lamp")
        self.host = (self.folder / "host").read_text().strip()
        self.authority = Authority(self.cloud.folder / "authority")

    def broker(self, name, **validity):
        """A mosquitto whose server certificate comes from our authority."""
        self.authority.server(name, **validity)
        port = free_port()
        config = self.authority.folder / "mosquitto.conf"
        folder = self.authority.folder
        config.write_text(f"listener {port} 127.0.0.1\ncafile {folder}/ca.pem\ncertfile {folder}/server.pem\n"
                          f"keyfile {folder}/server.key\nallow_anonymous true\nuser root\n")
        process = Process([MOSQUITTO, "-c", config])
        self.addCleanup(process.stop)

        def is_up():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_for(is_up, "the foreign broker")
        (self.folder / "port").write_text(f"{port}\n")
        return process

    def refused(self, pattern):
        device = Device(self, self.folder)
        device.wait_line(pattern)
        self.assertFalse([line for line in device.lines if "connected to " in line and "not" not in line
                          and "dis" not in line], device.tail())

    def trust_authority(self):
        (self.folder / "root_ca.pem").write_text((self.authority.folder / "ca.pem").read_text())

    def test_good_certificate_connects(self):
        """So that the refusals below are not refused for another reason."""
        self.broker(self.host)
        self.trust_authority()
        Device(self, self.folder).wait_connected()

    def test_wrong_ca(self):
        self.broker(self.host)
        self.refused(r"(?i)root ca|authority|issuer|self.signed")

    def test_wrong_server_name(self):
        self.broker("other.example")
        self.trust_authority()
        self.refused(r"(?i)certificate is not for|name|mismatch")

    def test_expired_server_certificate(self):
        self.broker(self.host, start="20250101000000Z", end="20250201000000Z")
        self.trust_authority()
        self.refused(r"(?i)expired")


if __name__ == "__main__":
    unittest.main()
