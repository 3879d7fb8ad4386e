"""A bare Kafka protocol connection and what the benchmark asks through it (Python standard library only)."""
import socket
import struct
import time


class Wire:
    """One connection; requests of old, non-flexible versions only."""

    def __init__(self, address, timeout=60):
        host, port = address.rsplit(":", 1)
        self.sock = socket.create_connection((host, int(port)), timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.correlation_id = 0

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def send(self, key, version, body=b""):
        self.correlation_id += 1
        head = struct.pack(">hhih", key, version, self.correlation_id, -1)
        self.sock.sendall(struct.pack(">i", len(head) + len(body)) + head + body)

    def receive(self):
        size = struct.unpack(">i", self._exactly(4))[0]
        return Reader(self._exactly(size)[4:])

    def call(self, key, version, body=b""):
        self.send(key, version, body)
        return self.receive()

    def _exactly(self, n):
        data = bytearray()
        while len(data) < n:
            got = self.sock.recv(n - len(data))
            if not got:
                raise ConnectionError("closed by the broker")
            data += got
        return bytes(data)

    def api_versions(self):
        return self.call(18, 0).i16()

    def metadata(self, topics=()):
        """-> (node ids, {topic: (error, {partition: (error, leader, ISR)})})"""
        r = self.call(3, 4, array([string(t) for t in topics]) + b"\0")
        r.i32()
        nodes = []
        for _ in range(r.i32()):
            nodes.append(r.i32())
            r.string(), r.i32(), r.string()
        r.string(), r.i32()
        found = {}
        for _ in range(r.i32()):
            error, name, _ = r.i16(), r.string(), r.i8()
            partitions = {}
            for _ in range(r.i32()):
                partition_error, index, leader = r.i16(), r.i32(), r.i32()
                r.ints()
                partitions[index] = (partition_error, leader, r.ints())
            found[name] = (error, partitions)
        return nodes, found

    def create_topic(self, name, partitions, configs, replicas=1):
        topic = (string(name) + struct.pack(">ih", partitions, replicas) + array([])
                 + array([string(k) + string(v) for k, v in configs.items()]))
        r = self.call(19, 2, array([topic]) + struct.pack(">i?", 60_000, False))
        r.i32(), r.i32(), r.string()
        return r.i16(), r.string()

    def alter_topic(self, name, configs):
        """Sets some configs by IncrementalAlterConfigs."""
        set_each = array([string(k) + b"\0" + string(v) for k, v in configs.items()])
        r = self.call(44, 0, array([b"\2" + string(name) + set_each]) + b"\0")
        r.i32(), r.i32()
        error, message = r.i16(), r.string()
        if error:
            raise RuntimeError(f"configs of {name}: error {error} {message}")

    def delete_topic(self, name):
        r = self.call(20, 1, array([string(name)]) + struct.pack(">i", 60_000))
        r.i32(), r.i32(), r.string()
        return r.i16()

    def list_offsets(self, topic, partitions):
        """-> {partition: (error, end offset)}"""
        r = self.call(2, 1, struct.pack(">i", -1) + array(
            [string(topic) + array([struct.pack(">iq", p, -1) for p in partitions])]))
        found = {}
        for _ in range(r.i32()):
            r.string()
            for _ in range(r.i32()):
                index, error, _, offset = r.i32(), r.i16(), r.i64(), r.i64()
                found[index] = (error, offset)
        return found

    def park_fetch(self, topic, wait_ms):
        """Sends a Fetch at the end of partition 0 that waits for data; nobody reads the answer."""
        end = self.list_offsets(topic, [0])[0][1]
        partition = struct.pack(">iqi", 0, end, 1 << 20)
        self.send(1, 4, struct.pack(">iiiib", -1, wait_ms, 1, 50 << 20, 0)
                  + array([string(topic) + array([partition])]))

    def fetch_into(self, buffer, topic, offset, max_bytes):
        """Fetches from partition 0; the answer is left in the buffer. -> where its records end; they begin at
        records_at(topic), since no transactions were aborted."""
        partition = struct.pack(">iqi", 0, offset, max_bytes)
        self.send(1, 4, struct.pack(">iiiib", -1, 500, 1, max_bytes, 0)
                  + array([string(topic) + array([partition])]))
        view, got, wanted = memoryview(buffer), 0, 4
        while got < wanted:
            n = self.sock.recv_into(view[got:])
            if not n:
                raise ConnectionError("closed by the broker")
            got += n
            if wanted == 4 and got >= 4:
                wanted += struct.unpack_from(">i", buffer)[0]
        start = self.records_at(topic)
        error = struct.unpack_from(">h", buffer, start - 26)[0]
        if error:
            raise RuntimeError(f"Fetch of {topic} at {offset}: error {error}")
        return start + max(0, struct.unpack_from(">i", buffer, start - 4)[0])

    @staticmethod
    def records_at(topic):
        """Size, correlation id, throttle time, one topic, one partition with error, two ends, none aborted, size."""
        return 16 + len(string(topic)) + 4 + 4 + 2 + 8 + 8 + 4 + 4

    def find_coordinator(self, group):
        """Creates __consumer_offsets when it is missing. -> error"""
        r = self.call(10, 0, string(group))
        return r.i16()

    def offset_fetch(self, group, topic=None):
        """-> (error of the group, offset of partition 0)"""
        topics = array([string(topic) + array([struct.pack(">i", 0)])] if topic else [])
        r = self.call(9, 2, string(group) + topics)
        offset = None
        for _ in range(r.i32()):
            r.string()
            for _ in range(r.i32()):
                _, offset, _, _ = r.i32(), r.i64(), r.string(), r.i16()
        return r.i16(), offset


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def _next(self, code, size):
        value = struct.unpack_from(">" + code, self.data, self.at)[0]
        self.at += size
        return value

    def i8(self):
        return self._next("b", 1)

    def i16(self):
        return self._next("h", 2)

    def i32(self):
        return self._next("i", 4)

    def i64(self):
        return self._next("q", 8)

    def string(self):
        size = self.i16()
        if size < 0:
            return None
        value = self.data[self.at:self.at + size].decode()
        self.at += size
        return value

    def ints(self):
        return [self.i32() for _ in range(self.i32())]


def string(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


def wait_answering(address, since, process, timeout=180):
    """Polls until Metadata names the broker. -> (seconds to the first answer, seconds to Metadata)"""
    first = None
    while time.monotonic() - since < timeout:
        if process.poll() is not None:
            raise RuntimeError(f"the broker ended with {process.returncode}")
        try:
            with Wire(address, 5) as w:
                if w.api_versions() == 0 and first is None:
                    first = time.monotonic() - since
                while time.monotonic() - since < timeout:
                    if w.metadata()[0]:
                        return first, time.monotonic() - since
                    time.sleep(0.002)
        except (OSError, struct.error):
            time.sleep(0.005)
    raise TimeoutError("the broker does not answer")


def wait_available(address, topic, partitions, since, timeout=300):
    """Until every partition has a leader and that leader answers ListOffsets. -> seconds"""
    while time.monotonic() - since < timeout:
        try:
            with Wire(address) as w:
                while time.monotonic() - since < timeout:
                    error, found = w.metadata([topic])[1].get(topic, (3, {}))
                    if error == 0 and len(found) == partitions and all(
                            e == 0 and leader >= 0 for e, leader, _ in found.values()):
                        offsets = w.list_offsets(topic, list(found))
                        if all(e == 0 for e, _ in offsets.values()):
                            return time.monotonic() - since
                    time.sleep(0.02)
        except (OSError, struct.error):
            time.sleep(0.02)
    raise TimeoutError(f"topic {topic} does not become available")


def wait_coordinators(address, timeout=120):
    """Until groups of every partition of __consumer_offsets are served."""
    end = time.monotonic() + timeout
    with Wire(address) as w:
        # So many names that no partition of fifty is left out.
        for group in (f"wait-{i}" for i in range(500)):
            while w.find_coordinator(group) or w.offset_fetch(group)[0]:
                if time.monotonic() > end:
                    raise TimeoutError("the coordinators do not answer")
                time.sleep(0.02)


def wait_offset(address, group, topic, since, timeout=300):
    """Until the group's offset of partition 0 is known. -> seconds"""
    with Wire(address) as w:
        while time.monotonic() - since < timeout:
            error, offset = w.offset_fetch(group, topic)
            if not error and offset is not None and offset >= 0:
                return time.monotonic() - since
            time.sleep(0.005)
    raise TimeoutError(f"no offset of group {group}")


def create_topic(address, topic, partitions=1, **configs):
    """Creates a topic and waits until it is usable. -> seconds from the request on"""
    since = time.monotonic()
    with Wire(address, 120) as w:
        error, message = w.create_topic(
            topic, partitions, {k.replace("_", "."): v for k, v in configs.items()})
    if error:
        raise RuntimeError(f"topic {topic}: error {error} {message}")
    return wait_available(address, topic, partitions, since)


def delete_topic(address, topic):
    with Wire(address, 120) as w:
        w.delete_topic(topic)
