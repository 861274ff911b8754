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
            device = self.server.wrap_socket(raw, server_side=True)
            broker = self.client.wrap_socket(socket.create_connection(("127.0.0.1", self.upstream_port)), server_hostname="localhost")
        except OSError:
            raw.close()
            return
        self.connections += 1
        self.subscribed = []
        with device, broker:
            try:
                self._relay(device, broker)
            except OSError:
                pass

    def _relay(self, device, broker):
        """Until one of them ends, or asks for what is refused. One thread for both ways: a TLS connection must not be read and written at once."""
        for end in (device, broker):
            end.setblocking(False)
        sent = b""
        while True:
            select.select([device, broker], [], [])
            from_broker, from_device = self._receive(broker), self._receive(device)
            if from_broker is None or from_device is None:
                return
            self._send(device, from_broker)
            sent += from_device
            while size := self._packet_size(sent):
                packet, sent = sent[:size], sent[size:]
                if packet[0] == 0x82 and not self._allows(packet):
                    return
                self._send(broker, packet)

    @staticmethod
    def _receive(source):
        """All that is there; None at the end."""
        data = b""
        while True:
            try:
                piece = source.recv(65536)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return data
            if not piece:
                return None
            data += piece

    @staticmethod
    def _send(target, data):
        while data:
            try:
                data = data[target.send(data):]
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                select.select([], [target], [], 0.01)

    @staticmethod
    def _packet_size(data):
        """Of the MQTT packet at the beginning; 0: it is not whole yet."""
        length = 0
        for at, digit in enumerate(data[1:5]):
            length |= (digit & 127) << 7 * at
            if digit < 128:
                size = 2 + at + length
                return size if size <= len(data) else 0
        return 0

    def _allows(self, packet):
        for name in self._filters(packet):
            if name.endswith(self.refused):
                return False
            self.subscribed.append(name)
        return True

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
