# SPDX-License-Identifier: MIT
"""A small MQTT client (3.1.1, and as much of 5 and 3.1 as tests need) that hides nothing: return codes, closed connections, the order of messages."""
import collections
import hashlib
import pathlib
import re
import socket
import ssl
import struct

PATIENCE = 20.0

Message = collections.namedtuple("Message", "topic payload qos retain")


class Closed(Exception):
    """The broker has closed the connection."""


def certificate_id(folder):
    """AWS's certificateId of the certificate in a thing's folder."""
    pem = (pathlib.Path(folder) / "certificate.pem").read_text()
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def certificate_arn(folder):
    return "arn:aws:iot:us-east-1:123456789012:cert/" + certificate_id(folder)


def _text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("!H", len(data)) + data


def _packet(head, body):
    length, out = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        out.append(digit | (128 if length else 0))
        if not length:
            return bytes([head]) + bytes(out) + body


class Client:
    """One connection. `code` is the CONNACK's return code; TLS failures and a closed connection raise. version 3 is MQTT 3.1."""

    def __init__(self, port, folder, client_id, clean=True, will=None, ca=None, host="localhost", version=4,
                 keep_alive=60):
        folder = pathlib.Path(folder)
        context = ssl.create_default_context(cafile=str(ca or folder / "root_ca.pem"))
        if (folder / "certificate.pem").exists():
            context.load_cert_chain(folder / "certificate.pem", folder / "private_key.pem")
        raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._start(context.wrap_socket(raw, server_hostname=host), version)
        self._connect(client_id, clean, will, keep_alive=keep_alive)

    def _start(self, connected, version=4):
        self.socket = connected
        self.version = version
        self.messages = collections.deque()
        self.packet_id = 0
        self.ignored = None  # messages on topics that begin so are acknowledged and forgotten

    def _properties(self):
        """None, but MQTT 5 wants to be told so."""
        return b"\0" if self.version == 5 else b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()

    def _connect(self, client_id, clean, will, login=None, keep_alive=60):
        flags = 2 if clean else 0
        body = _text(client_id)
        if will:
            flags |= 4 | will.qos << 3 | (32 if will.retain else 0)
            body += self._properties() + _text(will.topic) + _text(will.payload)
        if login:
            flags |= 0xC0
            body += _text(login[0]) + _text(login[1])
        name = "MQIsdp" if self.version == 3 else "MQTT"
        self._send(0x10, _text(name) + bytes([self.version, flags]) + struct.pack("!H", keep_alive) + self._properties() + body)
        try:
            answer = self._wait(0x20)
        except Closed:
            self.drop()
            raise
        self.session_present, self.code = bool(answer[0] & 1), answer[1]

    def _send(self, head, body):
        try:
            self.socket.sendall(_packet(head, body))
        except OSError as error:
            raise Closed(str(error)) from None

    def _read_exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                piece = self.socket.recv(count - len(data))
            except socket.timeout:
                raise AssertionError(f"no packet from the broker within {PATIENCE:.0f} s") from None
            except OSError as error:
                raise Closed(str(error)) from None
            if not piece:
                raise Closed("end of stream")
            data += piece
        return data

    def _read(self):
        head = self._read_exactly(1)[0]
        length, shift = 0, 0
        while True:
            digit = self._read_exactly(1)[0]
            length |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return head, self._read_exactly(length)

    def _take_message(self, head, body):
        topic_len = struct.unpack("!H", body[:2])[0]
        topic, rest, qos = body[2:2 + topic_len].decode(), body[2 + topic_len:], head >> 1 & 3
        if qos:
            self._send(0x40, rest[:2])
            rest = rest[2:]
        if self.version == 5:
            rest = rest[1 + rest[0]:]
        if self.ignored and topic.startswith(self.ignored):
            return
        self.messages.append(Message(topic, rest, qos, bool(head & 1)))

    def _wait(self, kind):
        """The body of the next packet of this kind; messages that come before it are kept."""
        while True:
            head, body = self._read()
            if head & 0xF0 == kind:
                return body
            if head & 0xF0 == 0x30:
                self._take_message(head, body)

    def _next_id(self):
        self.packet_id += 1
        return struct.pack("!H", self.packet_id)

    def publish(self, topic, payload=b"", qos=1, retain=False):
        """With QoS 1 it returns after the PUBACK."""
        body = _text(topic) + (self._next_id() if qos else b"") + self._properties()
        body += payload.encode() if isinstance(payload, str) else payload
        self._send(0x30 | qos << 1 | retain, body)
        if qos:
            self._wait(0x40)

    def subscribe(self, *filters, qos=1):
        """The SUBACK's codes."""
        body = b"".join(_text(f) + bytes([qos]) for f in filters)
        self._send(0x82, self._next_id() + self._properties() + body)
        return list(self._wait(0x90)[3 if self.version == 5 else 2:])

    def unsubscribe(self, *filters):
        self._send(0xA2, self._next_id() + self._properties() + b"".join(map(_text, filters)))
        self._wait(0xB0)

    def send_packet(self, head, body):
        """Any packet, also one that MQTT does not allow."""
        self._send(head, body)

    def read_packet(self):
        """The next packet: (first byte, body)."""
        return self._read()

    def ping(self):
        """Returns when the broker has answered: what it had sent before is in `messages`."""
        self._send(0xC0, b"")
        self._wait(0xD0)

    def receive(self):
        """The next message."""
        while not self.messages:
            head, body = self._read()
            if head & 0xF0 == 0x30:
                self._take_message(head, body)
        return self.messages.popleft()

    def is_closed(self):
        """Waits for the broker to close the connection; false when it answers a ping instead."""
        try:
            self.ping()
        except Closed:
            return True
        return False

    def disconnect(self):
        try:
            self._send(0xE0, b"")
        finally:
            self.drop()

    def drop(self):
        """Goes away without a word."""
        self.socket.close()


class LocalClient(Client):
    """A connection as the daemon's own: through the socket in the data directory, with the secret of mosquitto.conf."""

    def __init__(self, data, client_id):
        conf = (pathlib.Path(data) / "mosquitto.conf").read_text()
        secret = re.search(r"^plugin_opt_secret (.*)$", conf, re.M).group(1)
        raw = socket.socket(socket.AF_UNIX)
        raw.settimeout(PATIENCE)
        raw.connect(str(pathlib.Path(data) / "mqtt.sock"))
        self._start(raw)
        self._connect(client_id, True, None, login=("iot-local", secret))
