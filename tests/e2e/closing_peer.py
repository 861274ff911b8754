# SPDX-License-Identifier: MIT
"""A peer that stands before a broker and closes the connection on a SUBSCRIBE that it does not allow, as AWS IoT does (iot-local's own broker
answers 0x80). It ends TLS with the broker's certificate and goes on under the device's."""
import pathlib
import select
import socket
import ssl
import threading


class Closing:
    """`refused`: endings of filters. `connections` counts, `subscribed` keeps the filters that went through, of the last connection."""

    def __init__(self, test, cloud, folder, refused):
        self.folder, self.refused = pathlib.Path(folder), tuple(refused)
        self.upstream_port = cloud.mqtt_port
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(cloud.data / "server.pem", cloud.data / "server.key")
        self.client = ssl.create_default_context(cafile=str(self.folder / "root_ca.pem"))
        self.client.load_cert_chain(self.folder / "certificate.pem", self.folder / "private_key.pem")
        self.connections, self.subscribed = 0, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        (self.folder / "port").write_text(f"{self.port}\n")
        test.addCleanup(self.listener.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        try:
            with self.server.wrap_socket(raw, server_side=True) as device, \
                 socket.create_connection(("127.0.0.1", self.upstream_port)) as plain, \
                 self.client.wrap_socket(plain, server_hostname="localhost") as broker:
                self.connections += 1
                self.subscribed = []
                self._relay(device, broker)
        except OSError:
            pass  # one of them has gone

    def _relay(self, device, broker):
        """One thread for both directions: a TLS connection is not read and written at once."""
        rest = b""
        while True:
            if not (device.pending() or broker.pending()):
                select.select([device, broker], [], [])
            data = self._read(broker)
            if data:
                device.sendall(data)
            rest += self._read(device)
            while packet := self._first_packet(rest):
                rest = rest[len(packet):]
                if packet[0] == 0x82 and not self._allow(packet):
                    return
                broker.sendall(packet)

    @staticmethod
    def _read(source):
        """What is there now. OSError at the end."""
        source.settimeout(0)
        try:
            data = source.recv(65536)
        except (ssl.SSLWantReadError, BlockingIOError):
            return b""
        finally:
            source.settimeout(10)
        if not data:
            raise ConnectionError("the end")
        return data

    @staticmethod
    def _first_packet(data):
        """The first MQTT packet, when it is whole."""
        length, shift, at = 0, 0, 1
        while at < len(data):
            length |= (data[at] & 127) << shift
            shift += 7
            at += 1
            if data[at - 1] < 128:
                return data[:at + length] if len(data) >= at + length else b""
        return b""

    def _allow(self, packet):
        at = 1
        while packet[at] & 128:
            at += 1
        at += 3  # the length's last byte, and the packet id
        while at < len(packet):
            size = packet[at] << 8 | packet[at + 1]
            name = packet[at + 2:at + 2 + size].decode()
            if name.endswith(self.refused):
                return False
            self.subscribed.append(name)
            at += 2 + size + 1
        return True
