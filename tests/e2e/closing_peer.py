# SPDX-License-Identifier: MIT
"""A peer that stands before a broker and closes the connection on a SUBSCRIBE that it does not allow, as AWS IoT does (iot-local's own broker
answers 0x80). It ends TLS with the broker's certificate and goes on under the device's."""
import pathlib
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
            device = self.server.wrap_socket(raw, server_side=True)
            broker = self.client.wrap_socket(socket.create_connection(("127.0.0.1", self.upstream_port)), server_hostname="localhost")
        except OSError:
            raw.close()
            return
        self.connections += 1
        self.subscribed = []
        threading.Thread(target=self._copy, args=(broker, device), daemon=True).start()
        try:
            self._filter(device, broker)
        except OSError:
            pass
        for end in (device, broker):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    @staticmethod
    def _copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
        except (OSError, ValueError):
            pass

    def _filter(self, device, broker):
        while packet := self._packet(device):
            if packet[0] == 0x82:
                for name in self._filters(packet):
                    if name.endswith(self.refused):
                        return
                    self.subscribed.append(name)
            broker.sendall(packet)

    @staticmethod
    def _exactly(source, count):
        data = b""
        while len(data) < count:
            piece = source.recv(count - len(data))
            if not piece:
                return b""
            data += piece
        return data

    def _packet(self, source):
        """One MQTT packet, whole; empty at the end."""
        head = self._exactly(source, 1)
        length, shift = 0, 0
        while head:
            digit = self._exactly(source, 1)
            if not digit:
                return b""
            head += digit
            length |= (digit[0] & 127) << shift
            shift += 7
            if digit[0] < 128:
                return head + (self._exactly(source, length) if length else b"")
        return b""

    @staticmethod
    def _filters(packet):
        at = 1
        while packet[at] & 128:
            at += 1
        at += 3  # the length's last byte, and the packet id
        while at < len(packet):
            size = packet[at] << 8 | packet[at + 1]
            yield packet[at + 2:at + 2 + size].decode()
            at += 2 + size + 1
